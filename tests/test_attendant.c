/* links: bridge/attendant.c bridge/say.c */
/* The attendant's script as stories: what is keyed and said, and the whole list of what it does.
 *
 *   input   digits, * and # are keys; '.' the prompt has ended by itself; '~N ' N seconds go by
 *   output  S(a b) it says prompts a b; H it hushes; E(id role) it opens the door; L(q850) it hangs up
 */
#include "bridge/attendant.h"
#include "sip/cause.h"
#include "tests/test.h"
#include <stdlib.h>

struct stage {
	struct attendant a;
	char did[1024];
	enum door door;
	uint64_t now_us;
};

static const struct attendant_meeting meetings[] = {
	{ "483920175", "900911", "4821" }, /* both PINs */
	{ "100", "", "" },                 /* open to all */
	{ "200", "77", "" },               /* only hosts have one */
	{ "3000", "", "5" },               /* only guests have one */
};

static void note(struct stage *s, const char *text)
{
	size_t len = strlen(s->did);

	snprintf(s->did + len, sizeof(s->did) - len, "%s%s", len ? " " : "", text);
}

static bool find(void *arg, const char *id, struct attendant_meeting *out)
{
	(void)arg;
	for (size_t i = 0; i < sizeof(meetings) / sizeof(*meetings); i++) {
		if (strcmp(meetings[i].id, id) == 0) {
			*out = meetings[i];
			return true;
		}
	}
	return false;
}

static size_t longest_id(void *arg)
{
	(void)arg;
	return 9;
}

static enum door enter(void *arg, const char *id, enum role role)
{
	struct stage *s = arg;
	char text[64];

	snprintf(text, sizeof(text), "E(%s %s)", id, role_name(role));
	note(s, text);
	return s->door;
}

static void say(void *arg, const struct say *what)
{
	static const char *const names[] = { [PROMPT_WELCOME] = "welcome",
		[PROMPT_ENTER_ID] = "id?",
		[PROMPT_WRONG_ID] = "wrong-id",
		[PROMPT_ENTER_PIN] = "pin?",
		[PROMPT_WRONG_PIN] = "wrong-pin",
		[PROMPT_NO_INPUT] = "no-input",
		[PROMPT_GIVE_UP] = "give-up",
		[PROMPT_FULL] = "full",
		[PROMPT_LOCKED] = "locked",
		[PROMPT_ENDED] = "ended",
		[PROMPT_INVITED] = "invited",
		[PROMPT_PRESS_ONE] = "1?",
		[PROMPT_NOT_VALID] = "invalid",
		[PROMPT_GOODBYE] = "bye" };
	char text[64] = "S(";

	for (size_t i = 0; i < what->n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			names[what->list[i]]);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), ")");
	note(arg, text);
}

static void hush(void *arg)
{
	note(arg, "H");
}

static void leave(void *arg, unsigned q850, const char *why)
{
	char text[16];

	CHECK(why && *why, "a hang-up says why");
	snprintf(text, sizeof(text), "L(%u)", q850);
	note(arg, text);
}

static const struct attendant_world world = { find, longest_id, enter, say, hush, leave };

static void play(struct stage *s, const char *input)
{
	while (*input) {
		if (*input == '~') {
			uint64_t until = s->now_us + strtoull(input + 1, (char **)&input, 10) * 1000000;

			for (; s->now_us < until; s->now_us += 100000)
				attendant_tick(&s->a, s->now_us);
			attendant_tick(&s->a, s->now_us);
			continue;
		}
		if (*input == ' ') {
			input++;
			continue;
		}
		if (*input == '!')
			attendant_beep(&s->a);
		else if (*input == '(' || *input == ')')
			attendant_talk(&s->a, *input == '(', s->now_us);
		else if (*input == '.')
			attendant_said(&s->a, s->now_us);
		else
			attendant_key(&s->a, *input, s->now_us);
		input++;
		s->now_us += 50000;
	}
}

struct story {
	const char *story, *input, *does;
};

static void check_all(const struct story *stories, size_t n, const char *direct, enum door door)
{
	for (size_t i = 0; i < n; i++) {
		struct stage s = { .door = door, .now_us = 1000000 };

		if (direct)
			attendant_start_direct(&s.a, &world, &s, direct, s.now_us);
		else
			attendant_start(&s.a, &world, &s);
		play(&s, stories[i].input);
		CHECK_STR(stories[i].does, s.did, stories[i].story);
	}
}
#define CHECK_STORIES(list, direct, door) check_all(list, sizeof(list) / sizeof(*list), direct, door)

TEST(asks_id_then_pin_then_opens_the_door)
{
	static const struct story stories[] = {
		{ "waits for each prompt", ".483920175.4821", "S(welcome id?) S(pin?) E(483920175 guest)" },
		{ "type-ahead over the greeting joins at once", "4839201754821",
			"S(welcome id?) H S(pin?) H E(483920175 guest)" },
		{ "with # after each", "483920175#4821#", "S(welcome id?) H S(pin?) H E(483920175 guest)" },
		{ "the host's PIN gives the host's role", ".483920175.900911",
			"S(welcome id?) S(pin?) E(483920175 host)" },
		{ "no PINs: nobody is asked", ".100", "S(welcome id?) E(100 guest)" },
		{ "only hosts have a PIN: # enters as guest", ".200..#.#",
			"S(welcome id?) S(pin?) E(200 guest)" },
		{ "only hosts have a PIN: waiting enters as guest", ".200.~11",
			"S(welcome id?) S(pin?) E(200 guest)" },
		{ "only hosts have a PIN: it makes a host", ".200.77", "S(welcome id?) S(pin?) E(200 host)" },
		{ "a key during the PIN prompt is its first digit", ".30005",
			"S(welcome id?) S(pin?) H E(3000 guest)" },
		{ "letters of a keypad's fourth column are not digits", ".A1B0C0",
			"S(welcome id?) E(100 guest)" },
	};

	CHECK_STORIES(stories, NULL, DOOR_OPEN);
}

TEST(star_restarts_an_entry)
{
	static const struct story stories[] = {
		{ "a mistyped ID", ".48*100", "S(welcome id?) S(id?) H E(100 guest)" },
		{ "a mistyped PIN", ".483920175.49*.4821",
			"S(welcome id?) S(pin?) S(pin?) E(483920175 guest)" },
		{ "an untouched PIN goes back to the ID", ".3000.*.100",
			"S(welcome id?) S(pin?) S(id?) E(100 guest)" },
	};

	CHECK_STORIES(stories, NULL, DOOR_OPEN);
}

/* A machine's greeting ends the call; what people say does not, nor what comes after digits of ours.  "(~3)": they talk for 3 s; "!": a beep. */
TEST(a_greeting_is_a_machines)
{
	static const struct {
		const char *story, *input, *does;
		bool listens;
	} stories[] = {
		{ "a greeting", "(~7", "S(invited 1?) H L(19)", true },
		{ "with pauses", "(~2)(~2)~1(~3", "S(invited 1?) H L(19)", true },
		{ "after the prompt", ".(~7", "S(invited 1?) L(19)", true },
		{ "a word, then 1", "(~2)~3.1", "S(invited 1?) E(483920175 guest)", true },
		{ "much, but later", "(~2)~9(~5).1", "S(invited 1?) E(483920175 guest)", true },
		{ "somebody with keys talks on", "(~3)5(~5)1",
			"S(invited 1?) S(invalid 1?) H E(483920175 guest)", true },
		{ "a short one, and a beep", "(~2)!", "S(invited 1?) H L(19)", true },
		{ "a beep late after it", "(~2).~9!", "S(invited 1?) L(19)", true },
		{ "a beep after a key", "(~2)7!1", "S(invited 1?) S(invalid 1?) H E(483920175 guest)", true },
		{ "a beep in the meeting", "(~2)1!", "S(invited 1?) H E(483920175 guest)", true },
		{ "an exchange beeps that was sent digits", "(~2)!1", "S(invited 1?) H E(483920175 guest)",
			false },
		{ "an exchange that was sent digits", "(~8)1", "S(invited 1?) H E(483920175 guest)", false },
	};

	for (size_t i = 0; i < sizeof(stories) / sizeof(*stories); i++) {
		struct stage s = { .door = DOOR_OPEN, .now_us = 1000000 };

		attendant_start_invited(&s.a, &world, &s, "483920175", ROLE_GUEST, s.now_us);
		if (stories[i].listens)
			attendant_listen(&s.a, s.now_us);
		play(&s, stories[i].input);
		CHECK_STR(stories[i].does, s.did, stories[i].story);
	}
}

/* Whom we called: nobody is in the meeting before they pressed 1; a machine never does (O2, O3). */
TEST(who_was_called_presses_1)
{
	static const struct story stories[] = {
		{ "1 joins", ".1", "S(invited 1?) E(483920175 guest)" },
		{ "1 over the prompt", "1", "S(invited 1?) H E(483920175 guest)" },
		{ "2 declines", ".2.", "S(invited 1?) S(bye) L(21)" },
		{ "a machine talks and presses nothing", ".~11.~11.~11.",
			"S(invited 1?) S(1?) S(1?) S(bye) L(19)" },
		{ "other keys", ".5.9.1", "S(invited 1?) S(invalid 1?) S(invalid 1?) E(483920175 guest)" },
		{ "keys of a voice menu", ".5.9.7.",
			"S(invited 1?) S(invalid 1?) S(invalid 1?) S(bye) L(19)" },
	};

	for (size_t i = 0; i < sizeof(stories) / sizeof(*stories); i++) {
		struct stage s = { .door = DOOR_OPEN, .now_us = 1000000 };

		attendant_start_invited(&s.a, &world, &s, "483920175", ROLE_GUEST, s.now_us);
		play(&s, stories[i].input);
		CHECK_STR(stories[i].does, s.did, stories[i].story);
	}
}

/* Whom the order calls a machine: nobody is asked, and the door is a door (O7). */
TEST(who_was_sent_digits_is_let_in)
{
	static const struct {
		enum door door;
		const char *meeting, *does;
	} cases[] = { { DOOR_OPEN, "483920175", "E(483920175 guest)" },
		{ DOOR_LOCKED, "483920175", "E(483920175 guest) S(locked) L(21)" },
		{ DOOR_OPEN, "000", "S(ended) L(1)" } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct stage s = { .door = cases[i].door, .now_us = 1000000 };

		attendant_let_in(&s.a, &world, &s, cases[i].meeting, ROLE_GUEST, s.now_us);
		play(&s, ".1");
		CHECK_STR(cases[i].does, s.did, cases[i].meeting);
	}
}

TEST(three_failures_and_goodbye)
{
	static const struct story stories[] = {
		{ "wrong IDs", ".9#.9#.9#.", "S(welcome id?) S(wrong-id) S(wrong-id) S(give-up) L(1)" },
		{ "a wrong ID at its full length needs no #", ".999999999.100",
			"S(welcome id?) S(wrong-id) E(100 guest)" },
		{ "wrong PINs", ".3000.1.1.1.",
			"S(welcome id?) S(pin?) S(wrong-pin pin?) S(wrong-pin pin?) S(give-up) L(57)" },
		{ "a wrong PIN ended by #", ".483920175.12#.4821",
			"S(welcome id?) S(pin?) S(wrong-pin pin?) E(483920175 guest)" },
		{ "nobody presses a key", ".~11.~11.~11.",
			"S(welcome id?) S(no-input id?) S(no-input id?) S(give-up) L(19)" },
		{ "failures with the ID do not count for the PIN", ".9#.9#.3000.1.1.5",
			"S(welcome id?) S(wrong-id) S(wrong-id) S(pin?) S(wrong-pin pin?) S(wrong-pin pin?) "
			"E(3000 guest)" },
		{ "keys during the goodbye change nothing", ".9#.9#.9#100.",
			"S(welcome id?) S(wrong-id) S(wrong-id) S(give-up) L(1)" },
		{ "a goodbye that never ends is ended", ".9#.9#.9#~16",
			"S(welcome id?) S(wrong-id) S(wrong-id) S(give-up) L(1)" },
	};

	CHECK_STORIES(stories, NULL, DOOR_OPEN);
}

TEST(waits_as_long_as_it_should)
{
	static const struct story stories[] = {
		{ "9 s for the first key is fine", ".~9 100", "S(welcome id?) E(100 guest)" },
		{ "the wait begins when the prompt has ended", "~30", "S(welcome id?)" },
		{ "3 s between keys is fine", ".1~3 0~3 0", "S(welcome id?) E(100 guest)" },
		{ "5 s after a key the entry is over", ".48~5", "S(welcome id?) S(wrong-id)" },
	};

	CHECK_STORIES(stories, NULL, DOOR_OPEN);
}

TEST(closed_doors_say_which)
{
	static const struct story full[] = { { "full", ".100.",
		"S(welcome id?) E(100 guest) S(full) L(17)" } };
	static const struct story locked[] = { { "locked", ".100.",
		"S(welcome id?) E(100 guest) S(locked) L(21)" } };
	static const struct story ended[] = { { "ended", ".100.",
		"S(welcome id?) E(100 guest) S(ended) L(31)" } };

	CHECK_STORIES(full, NULL, DOOR_FULL);
	CHECK_STORIES(locked, NULL, DOOR_LOCKED);
	CHECK_STORIES(ended, NULL, DOOR_ENDED);
}

TEST(a_number_bound_to_a_meeting_asks_only_the_pin)
{
	static const struct story open[] = { { "no PIN: straight in", "", "E(100 guest)" } };
	static const struct story pin[] = {
		{ "PIN", ".5", "S(pin?) E(3000 guest)" },
		{ "* does not lead to other meetings", ".*.5", "S(pin?) S(pin?) E(3000 guest)" },
		{ "a # before the PIN is no input", ".#.5", "S(pin?) S(no-input pin?) E(3000 guest)" },
	};
	static const struct story gone[] = { { "its meeting is gone", ".", "S(ended) L(1)" } };

	CHECK_STORIES(open, "100", DOOR_OPEN);
	CHECK_STORIES(pin, "3000", DOOR_OPEN);
	CHECK_STORIES(gone, "404", DOOR_OPEN);
}

TEST(what_was_keyed_does_not_stay_in_memory)
{
	struct stage s = { .now_us = 1000000 };

	attendant_start(&s.a, &world, &s);
	play(&s, ".483920175.4821");
	for (size_t i = 0; i + 4 <= sizeof(s.a); i++)
		CHECK(memcmp((const char *)&s.a + i, "4821", 4) != 0 &&
				memcmp((const char *)&s.a + i, "9009", 4) != 0,
			"a PIN lies at byte %zu", i);
}

TESTS(who_was_called_presses_1, a_greeting_is_a_machines, who_was_sent_digits_is_let_in,
	asks_id_then_pin_then_opens_the_door, star_restarts_an_entry, three_failures_and_goodbye,
	waits_as_long_as_it_should, closed_doors_say_which, a_number_bound_to_a_meeting_asks_only_the_pin,
	what_was_keyed_does_not_stay_in_memory)
