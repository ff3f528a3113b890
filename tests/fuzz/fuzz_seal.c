/* links: mixer/seal.c mixer/cipher.c mixer/err.c */
#include "mixer/seal.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

/* First byte: suite, length of the key number, RTP or RTCP, opened as it is or after it was sealed.  What was sealed opens
 * to the same bytes, once; what was not, does not. */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct seal_key key = { .master = { 1, 2, 3 } };
	struct seal *tx = NULL, *rx = NULL;
	uint8_t *sealed, *open;
	size_t n = 0, m = 0;
	bool rtcp, seals;

	if (len < 1 || len > 2000)
		return 0;
	key.suite = (enum seal_suite)(1 + (p[0] & 3));
	key.mki_len = p[0] >> 2 & 3;
	rtcp = p[0] >> 4 & 1;
	seals = p[0] >> 5 & 1;
	p++, len--;
	sealed = malloc(len + SEAL_TAIL_MAX);
	open = malloc(len + SEAL_TAIL_MAX);
	if (!sealed || !open || seal_alloc(&tx, &key, true) || seal_alloc(&rx, &key, false))
		abort();
	if (!seals) {
		uint8_t *exact = malloc(len ? len : 1);

		if (!exact)
			abort();
		memcpy(exact, p, len);
		if ((rtcp ? seal_open_rtcp : seal_open_rtp)(rx, exact, len, open, len, &m) == MIX_OK &&
			m > len)
			abort();
		free(exact);
	} else if ((rtcp ? seal_rtcp : seal_rtp)(tx, p, len, sealed, len + SEAL_TAIL_MAX, &n) == MIX_OK) {
		if (n > len + SEAL_TAIL_MAX ||
			(rtcp ? seal_open_rtcp : seal_open_rtp)(
				rx, sealed, n, open, len + SEAL_TAIL_MAX, &m) != MIX_OK ||
			m != len || memcmp(open, p, len) != 0)
			abort();
		if ((rtcp ? seal_open_rtcp : seal_open_rtp)(rx, sealed, n, open, len + SEAL_TAIL_MAX, &m) !=
			MIX_STALE)
			abort();
	}
	seal_free(tx);
	seal_free(rx);
	free(sealed);
	free(open);
	return 0;
}
