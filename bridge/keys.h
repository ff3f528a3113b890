/* keys.h - what a participant's key presses mean in a meeting (DESIGN.md section 7, keys for callers).
 *
 * How: presses are matched against a table of sequences of which none begins another, so a
 * sequence acts on its last key without waiting; one that is not finished within KEYS_PAUSE_US is dropped.
 * A key that begins nothing is dropped alone, so "#*6" is still "*6".
 *
 * Thread: control; pure, time injected.
 */
#ifndef BRIDGE_KEYS_H
#define BRIDGE_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KEYS_SEQUENCE = 8 };
#define KEYS_PAUSE_US 3000000ull

enum key_command {
	KEY_NONE,
	KEY_MUTE,
	KEY_HAND,
	KEY_COUNT,
	KEY_ROLL_CALL,
	KEY_HELP,
	KEY_QUIETER,
	KEY_LOUDER,
	KEY_LOCK,
	KEY_MUTE_ALL,
	KEY_RECORD,
	KEY_ADMIT,
	KEY_END,
	KEY_DRIVE,
	KEY_NOT_ALLOWED /* a host's sequence, pressed by somebody else */
};

struct key_rule {
	char sequence[KEYS_SEQUENCE];
	enum key_command command;
	bool host_only;
};
extern const struct key_rule keys_default[];
extern const size_t keys_default_n;

/* Does one sequence equal or begin another?  Such a set is refused (C10). */
bool keys_ambiguous(const struct key_rule *rules, size_t n, const char **first, const char **second);

struct keys {
	char pressed[KEYS_SEQUENCE];
	unsigned n;
	uint64_t last_us;
}; /* zero-initialise */
enum key_command keys_press(
	struct keys *k, const struct key_rule *rules, size_t n, bool host, char digit, uint64_t now_us);
#endif
