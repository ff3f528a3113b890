/* links: mixer/doze.c mixer/opus_peek.c */
/* fuzz_opus_peek.c - any bytes as Opus packets: what they say of themselves, and a leg that dozes through them.
 *
 * Input: packets, each a length byte and its bytes; the length's lowest bit says whether the leg may doze.
 */
#include "mixer/doze.h"
#include "mixer/opus_peek.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct doze_packet kept[DOZE_KEPT];
	struct doze d = { .kept = kept };

	for (size_t at = 0; at < n;) {
		const bool may = p[at] & 1;
		size_t len = p[at++] * (size_t)6;
		uint8_t *copy;

		len = len < n - at ? len : n - at;
		copy = malloc(len ? len : 1); /* so that one byte too far is seen */
		assert(copy);
		memcpy(copy, p + at, len);
		assert(peek_opus(copy, len) <= PEEK_UNTOLD);
		switch (doze_packet(&d, copy, len, may)) {
		case DOZE_DECODE: assert(!d.asleep); break;
		case DOZE_SLEEP: assert(may && d.asleep && len <= DOZE_BYTES); break;
		case DOZE_GLANCE:
			if (len % 2) /* too quiet to be heard, or not */
				doze_glanced(&d, copy, len);
			else
				doze_woken(&d);
			break;
		case DOZE_WAKE: doze_woken(&d); break;
		}
		assert(d.n_kept <= DOZE_KEPT);
		if (!may && len % 7 == 0)
			doze_pass(&d, copy, len);
		free(copy);
		at += len;
	}
	return 0;
}
