/* links: mixer/xr.c */
#include "mixer/xr.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

/* Our SSRC is 0x11223344, as in the seeds.  What is refused tells nothing; what was read can be written and read again. */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct xr x, again, nothing;
	uint8_t out[XR_MAX];
	size_t n = 0;

	memset(&nothing, 0, sizeof(nothing));
	if (len > 65535)
		return 0;
	if (xr_read(&x, 0x11223344, p, len) != MIX_OK) {
		if (memcmp(&x, &nothing, sizeof(x)) != 0)
			abort();
		return 0;
	}
	if (xr_round_trip_us(&x, 0xb7108000ull << 16) > 31000000)
		abort();
	if (xr_write(out, sizeof(out), &n, x.from, &x) != MIX_OK || n > sizeof(out) ||
		xr_read(&again, 0x11223344, out, n) != MIX_OK ||
		memcmp(&again.voip, &x.voip, sizeof(x.voip)) != 0 || again.ntp != x.ntp ||
		again.last_rr != x.last_rr || again.delay_since != x.delay_since)
		abort();
	return 0;
}
