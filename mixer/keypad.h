/* keypad.h - keys pressed on a phone: received in three ways, reported once, and sent.
 *
 * How: RFC 4733 events, SIP INFO and in-band tones all come to keypad_*(); a press that
 * was reported by one way within KEYPAD_SAME_MS of the other way's report of the same
 * key is the same press (D15).  An event is identified by its RTP timestamp, so lost
 * markers, repeated or missing end packets, ends with other timestamps and duration 0 are all one key.  Two presses
 * of one key are two timestamps, two tones with a gap, or two INFOs.
 * Use:  keypad_event() per telephone-event payload, keypad_sound() per decoded frame at
 *       8 kHz, keypad_info() per INFO; each says which key (if any) was pressed now.
 *
 * Thread: the worker that owns the leg.
 */
#ifndef MIXER_KEYPAD_H
#define MIXER_KEYPAD_H

#include "mixer/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KEYPAD_SAME_MS = 400 };

struct keypad;
enum mix_err keypad_alloc(struct keypad **out);
struct keypad *keypad_free(struct keypad *k);

/* Each returns '0'..'9' '*' '#' 'A'..'D' for a new press, 0 for none. */
char keypad_event(struct keypad *k, const uint8_t *payload, size_t len, uint32_t timestamp, uint64_t now_us);
char keypad_sound(struct keypad *k, const int16_t *pcm8k, size_t n, uint64_t now_us);
char keypad_info(struct keypad *k, char digit, uint64_t now_us);

/* In place of keypad_sound() for sound that concealment made up: it may complete a tone, but a hole in one
 * is no new press. */
char keypad_made_up(struct keypad *k, const int16_t *pcm8k, size_t n, uint64_t now_us);

/* True while a key is being held (event without end, or a tone): the leg's sound
 * stays out of the mix. */
void keypad_warm(const struct keypad *k); /* it is asked soon; see warm.h */
bool keypad_busy(const struct keypad *k, uint64_t now_us);

/* Sending (RFC 4733 section 2.5.1): one key as event packets. */
struct keypad_tx { /* zero-initialise; idle when digit is 0 */
	char digit;
	uint32_t timestamp; /* of the event: constant for all its packets */
	uint16_t duration;  /* RTP clock units so far */
	uint16_t total;     /* RTP clock units of the press */
	uint8_t ends_left;  /* end packets still to send (three) */
	bool first;         /* next packet carries the marker */
};
enum { KEYPAD_EVENT_LEN = 4 };

/* Begins a press of `ms` milliseconds; MIX_RANGE: no such key; MIX_FULL: one is on. */
enum mix_err keypad_press(
	struct keypad_tx *k, char digit, unsigned ms, unsigned clock_hz, uint32_t timestamp);

/* The payload for this packet; `step` RTP clock units have gone by since the last.
 * MIX_EMPTY: nothing to send. */
enum mix_err keypad_next(struct keypad_tx *k, uint16_t step, uint8_t payload[KEYPAD_EVENT_LEN], bool *marker);
#endif
