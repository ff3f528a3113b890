/* keypad_tx.c - a key on its way to the far end, as RFC 4733 event packets.
 */
#include "mixer/keypad.h"

#include <string.h>

enum { VOLUME_DBM0 = 10, END_PACKETS = 3 /* RFC 4733 section 2.5.1.4 */, END_BIT = 0x80 };

static const char keys[] = "0123456789*#ABCD"; /* by event code, RFC 4733 section 3.2 */

enum mix_err keypad_press(struct keypad_tx *k, char digit, unsigned ms, unsigned clock_hz, uint32_t timestamp)
{
	uint64_t total = (uint64_t)ms * clock_hz / 1000;

	if (digit == 0 || !strchr(keys, digit) || total == 0 || total > UINT16_MAX)
		return MIX_RANGE;
	if (k->digit)
		return MIX_FULL;
	*k = (struct keypad_tx){ .digit = digit,
		.timestamp = timestamp,
		.total = (uint16_t)total,
		.ends_left = END_PACKETS,
		.first = true };
	return MIX_OK;
}

enum mix_err keypad_next(struct keypad_tx *k, uint16_t step, uint8_t payload[KEYPAD_EVENT_LEN], bool *marker)
{
	if (!k->digit)
		return MIX_EMPTY;
	uint32_t duration = (uint32_t)k->duration + step;
	if (duration > k->total)
		duration = k->total;
	k->duration = (uint16_t)duration;
	bool end = k->duration == k->total;

	payload[0] = (uint8_t)(strchr(keys, k->digit) - keys);
	payload[1] = (uint8_t)(VOLUME_DBM0 | (end ? END_BIT : 0));
	payload[2] = (uint8_t)(k->duration >> 8);
	payload[3] = (uint8_t)k->duration;
	*marker = k->first;
	k->first = false;
	if (end && --k->ends_left == 0)
		*k = (struct keypad_tx){ 0 };
	return MIX_OK;
}
