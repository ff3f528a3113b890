/* links: bridge/keys.c */
#include "bridge/keys.h"
#include "tests/test.h"

struct story {
	const char *story, *pressed;
	bool host;
	const char *commands;
};

/* Every press is 0.2 s after the last; '~' is a pause of 4 s.  One letter per command. */
static void run(const struct story *st)
{
	static const char letters[] = { [KEY_MUTE] = 'm',
		[KEY_HAND] = 'h',
		[KEY_COUNT] = 'c',
		[KEY_ROLL_CALL] = 'r',
		[KEY_HELP] = '?',
		[KEY_QUIETER] = '-',
		[KEY_LOUDER] = '+',
		[KEY_LOCK] = 'L',
		[KEY_MUTE_ALL] = 'M',
		[KEY_RECORD] = 'R',
		[KEY_ADMIT] = 'A',
		[KEY_END] = 'E',
		[KEY_DRIVE] = 'D',
		[KEY_NOT_ALLOWED] = 'x' };
	struct keys k = { .n = 0 };
	uint64_t now_us = 1000000;
	char got[64] = "";

	for (const char *p = st->pressed; *p; p++) {
		enum key_command command;

		now_us += *p == '~' ? 4000000 : 200000;
		if (*p == '~')
			continue;
		command = keys_press(&k, keys_default, keys_default_n, st->host, *p, now_us);
		if (command != KEY_NONE)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%c", letters[command]);
	}
	CHECK_STR(st->commands, got, st->story);
}

TEST(sequences_act_on_their_last_key)
{
	static const struct story stories[] = {
		{ "mute and unmute", "*6*6", false, "mm" },
		{ "all of a caller's", "*6*9*2*3*0*4*7", false, "mhcr?-+" },
		{ "all of a host's", "*5*8*1**##*#", true, "LMRAED" },
		{ "a host's keys in a caller's hand", "*5*8*1**##*#", false, "xxxxxx" },
		{ "a stray # of the PIN does no harm", "#*6", true, "m" },
		{ "digits alone mean nothing", "123456", true, "" },
		{ "too slow is not a sequence", "*~6", false, "" },
		{ "slow ## does not end a meeting", "#~#", true, "" },
		{ "three # end it once", "###", true, "E" },
		{ "a wrong second key does not swallow the next star", "*A*6", false, "m" },
		{ "letters", "ABCD*6", false, "m" },
	};

	for (size_t i = 0; i < sizeof(stories) / sizeof(*stories); i++)
		run(&stories[i]);
}

TEST(ambiguous_sets_are_found)
{
	static const struct key_rule bad[] = { { "*6", KEY_MUTE, false }, { "*61", KEY_HAND, false } };
	static const struct key_rule twice[] = { { "*6", KEY_MUTE, false }, { "*6", KEY_HAND, false } };
	const char *a, *b;

	CHECK(!keys_ambiguous(keys_default, keys_default_n, &a, &b), "the default set");
	CHECK(keys_ambiguous(bad, 2, &a, &b), "one begins the other");
	CHECK_STR("*6", a, "names the shorter");
	CHECK_STR("*61", b, "names the longer");
	CHECK(keys_ambiguous(twice, 2, &a, &b), "the same twice");
}

TESTS(sequences_act_on_their_last_key, ambiguous_sets_are_found)
