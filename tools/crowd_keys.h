/* crowd_keys.h - what a caller keys in: "483920175#,,4821#" read into steps.
 *
 * Grammar: 0-9 * # A-D press that key; ',' waits half a second; 'w' waits until nothing has been heard
 * for a second (the prompt has ended), CROWD_KEYS_WAIT_MS at most; blanks are ignored.
 *
 * Thread: any; no state.
 */
#ifndef TOOLS_CROWD_KEYS_H
#define TOOLS_CROWD_KEYS_H

#include <stdbool.h>
#include <stddef.h>

enum {
	CROWD_KEYS_MAX = 128,
	CROWD_KEYS_PAUSE_MS = 500,
	CROWD_KEYS_QUIET_MS = 1000,
	CROWD_KEYS_WAIT_MS = 30000
};

enum crowd_digits_by { CROWD_BY_EVENT = 1, CROWD_BY_INFO = 2, CROWD_BY_INBAND = 4 };

struct crowd_keys {
	char steps[CROWD_KEYS_MAX]; /* a key, ',' or 'w' each */
	unsigned n;
};

/* False: *why names the character that is no key. */
bool crowd_keys_read(struct crowd_keys *out, const char *text, char *why, size_t why_cap);

/* "event", "info+inband" ... as bits of enum crowd_digits_by; 0: not one of these. */
unsigned crowd_digits_by_read(const char *text);

/* Replaces "{}" by `value` zero-padded to `width`; false: does not fit. */
bool crowd_template(char *out, size_t cap, const char *text, unsigned long long value, unsigned width);
#endif
