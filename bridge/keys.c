#include "bridge/keys.h"
#include <string.h>

const struct key_rule keys_default[] = {
	{ "*6", KEY_MUTE, false },
	{ "*9", KEY_HAND, false },
	{ "*2", KEY_COUNT, false },
	{ "*3", KEY_ROLL_CALL, false },
	{ "*0", KEY_HELP, false },
	{ "*4", KEY_QUIETER, false },
	{ "*7", KEY_LOUDER, false },
	{ "*5", KEY_LOCK, true },
	{ "*8", KEY_MUTE_ALL, true },
	{ "*1", KEY_RECORD, true },
	{ "**", KEY_ADMIT, true },
	{ "##", KEY_END, true },
	{ "*#", KEY_DRIVE, true },
};
const size_t keys_default_n = sizeof(keys_default) / sizeof(*keys_default);

static bool begins(const char *whole, const char *start)
{
	return strncmp(whole, start, strlen(start)) == 0;
}

bool keys_ambiguous(const struct key_rule *rules, size_t n, const char **first, const char **second)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			if (i == j || !begins(rules[j].sequence, rules[i].sequence))
				continue;
			*first = rules[i].sequence;
			*second = rules[j].sequence;
			return true;
		}
	}
	return false;
}

enum key_command keys_press(
	struct keys *k, const struct key_rule *rules, size_t n, bool host, char digit, uint64_t now_us)
{
	if (k->n && now_us - k->last_us > KEYS_PAUSE_US)
		k->n = 0;
	if (k->n + 1 >= KEYS_SEQUENCE)
		k->n = 0;
	k->pressed[k->n++] = digit;
	k->pressed[k->n] = '\0';
	k->last_us = now_us;

	while (k->n) {
		bool partial = false;

		for (size_t i = 0; i < n; i++) {
			if (strcmp(rules[i].sequence, k->pressed) == 0) {
				k->n = 0;
				return rules[i].host_only && !host ? KEY_NOT_ALLOWED : rules[i].command;
			}
			partial = partial || begins(rules[i].sequence, k->pressed);
		}
		if (partial)
			return KEY_NONE;
		k->n--;
		memmove(k->pressed, k->pressed + 1, k->n + 1);
	}
	return KEY_NONE;
}
