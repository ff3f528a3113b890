/* links: mixer/keypad.c mixer/keypad_tx.c mixer/err.c */
/* fuzz_keypad.c - telephone-events of any bytes, INFOs and sound in any order; a way cannot report
 * more keys than it was given.
 *
 * Input: records of eight bytes: way, ms since the last, timestamp (low 16 bits), payload.
 */
#include "mixer/keypad.h"

#include <assert.h>
#include <string.h>

enum { RECORD = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct keypad *k = NULL;
	int16_t pcm[160];
	uint64_t now_us = 1000000;

	if (n > 65536 || keypad_alloc(&k) != MIX_OK)
		return 0;
	for (; n >= RECORD; p += RECORD, n -= RECORD) {
		char key = 0;
		now_us += p[1] * 4000u;
		if (p[0] % 4 == 0)
			key = keypad_event(k, p + 4, p[0] / 4 % 5, (uint32_t)(p[2] << 8 | p[3]), now_us);
		else if (p[0] % 4 == 1)
			key = keypad_info(k, (char)p[4], now_us);
		else {
			for (unsigned i = 0; i < 160; i++)
				pcm[i] = (int16_t)(p[4 + i % 4] << 8 | p[2 + i % 2]);
			key = p[0] % 4 == 2 ? keypad_made_up(k, pcm, 160, now_us)
					    : keypad_sound(k, pcm, 160, now_us);
		}
		assert(key == 0 || strchr("0123456789*#ABCD", key));
		keypad_busy(k, now_us);
	}
	keypad_free(k);
	return 0;
}
