/* links: sip/sdes.c */
#include "sip/sdes.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

/* First byte: the suite, or, above, one that stands in front of the parameters.  What is refused leaves no key; what is taken can
 * be written and read again. */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct sdp_crypto line = { .tag = 1 }, written;
	struct sdes_key key, again;
	size_t n;

	if (len < 1)
		return 0;
	n = len - 1 < sizeof(line.params) - 1 ? len - 1 : sizeof(line.params) - 1;
	memcpy(line.params, p + 1, n);
	memcpy(line.suite, sdes_suite_name((enum sdes_suite)(p[0] % SDES_SUITES)),
		strlen(sdes_suite_name((enum sdes_suite)(p[0] % SDES_SUITES))));
	if (sdes_read(&key, &line) != CALL_OK) {
		static const struct sdes_key nothing;

		if (memcmp(&key, &nothing, sizeof(key)) != 0)
			abort();
		return 0;
	}
	sdes_write(&written, &key);
	if (sdes_read(&again, &written) != CALL_OK || again.suite != key.suite ||
		memcmp(again.master, key.master, sizeof(key.master)) != 0)
		abort();
	return 0;
}
