/* links: bridge/say.c */
#include "bridge/say.h"
#include "tests/test.h"

static void words(char *out, size_t cap, const struct say *s)
{
	*out = '\0';
	for (size_t i = 0; i < s->n; i++) {
		char word[16];
		int p = (int)s->list[i];

		if (p >= PROMPT_DIGIT_0 && p < PROMPT_TENS)
			snprintf(word, sizeof(word), "%d", p - PROMPT_DIGIT_0);
		else if (p >= PROMPT_TENS && p < PROMPT_HUNDRED)
			snprintf(word, sizeof(word), "%d", (p - PROMPT_TENS + 3) * 10);
		else
			snprintf(word, sizeof(word), "%s",
				p == PROMPT_HUNDRED        ? "hundred"
				: p == PROMPT_THOUSAND     ? "thousand"
				: p == PROMPT_ALONE        ? "alone"
				: p == PROMPT_ONE_OTHER    ? "one-other"
				: p == PROMPT_THERE_ARE    ? "there-are"
				: p == PROMPT_OTHER_PEOPLE ? "others"
							   : "?");
		snprintf(out + strlen(out), cap - strlen(out), "%s%s", *out ? " " : "", word);
	}
}

TEST(numbers_in_english)
{
	static const struct {
		unsigned number;
		const char *said;
	} cases[] = {
		{ 0, "0" },
		{ 7, "7" },
		{ 13, "13" },
		{ 20, "20" },
		{ 21, "20 1" },
		{ 30, "30" },
		{ 99, "90 9" },
		{ 100, "1 hundred" },
		{ 101, "1 hundred 1" },
		{ 342, "3 hundred 40 2" },
		{ 1000, "1 thousand" },
		{ 1999, "1 thousand 9 hundred 90 9" },
		{ 12345, "9 thousand 9 hundred 90 9" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct say s = { .n = 0 };
		char text[128];

		say_number(&s, cases[i].number);
		words(text, sizeof(text), &s);
		CHECK_STR(cases[i].said, text, cases[i].said);
	}
}

TEST(how_many_others)
{
	static const struct {
		unsigned n;
		const char *said;
	} cases[] = {
		{ 0, "alone" },
		{ 1, "one-other" },
		{ 2, "there-are 2 others" },
		{ 45, "there-are 40 5 others" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct say s = { .n = 0 };
		char text[128];

		say_others(&s, cases[i].n);
		words(text, sizeof(text), &s);
		CHECK_STR(cases[i].said, text, "singular and plural");
	}
}

TEST(a_sentence_is_bounded)
{
	struct say s = { .n = 0 };

	say_add(&s, PROMPT_WELCOME); /* the longest that there is */
	say_others(&s, 9999);
	say_add(&s, PROMPT_HOST_MUTED);
	CHECK(s.n == 10 && s.n < SAY_MAX && s.list[9] == PROMPT_HOST_MUTED, "%zu prompts, none is left out",
		s.n);

	for (int i = 0; i < 100; i++)
		say_add(&s, PROMPT_MUTED);
	CHECK_INT(SAY_MAX, s.n, "what does not fit is left out");
}

TESTS(numbers_in_english, how_many_others, a_sentence_is_bounded)
