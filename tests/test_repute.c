/* links: dialplan/repute.c dialplan/repute_text.c */
#include "dialplan/repute.h"
#include "tests/test.h"

#include <stdlib.h>

enum { NOON = 1700000000 };

/* Plays a story of calls: "a" answered, "b" busy (reached, not answered), "x" failed; "a300" rang after 300 ms (else 100);
 * "tN" a call that is over after N s of talk, "@S" sets the clock to S seconds after the start.  Gives each change with the number of
 * the call that made it: "3:fell 7:rose". */
static const char *played(struct repute *r, const char *script)
{
	static char out[500];
	char text[1000], *rest = text, *word;
	int64_t now_s = NOON;
	unsigned n = 0;

	out[0] = '\0';
	snprintf(text, sizeof(text), "%s", script);
	while ((word = strsep(&rest, " ")) != NULL) {
		const uint32_t ms = word[1] ? (uint32_t)atoi(word + 1) : 100;
		enum repute_change change = REPUTE_SAME;
		struct repute_figures f;

		if (word[0] == '@') {
			now_s = NOON + atoi(word + 1);
			continue;
		}
		n++;
		if (word[0] == 't')
			change = repute_talk(r, now_s, (uint32_t)atoi(word + 1), &f);
		else
			change = repute_call(r,
				&(struct repute_call){ .at_s = now_s,
					.pdd_ms = word[0] == 'x' ? 0 : ms,
					.answered = word[0] == 'a',
					.reached = word[0] != 'x' },
				&f);
		if (change != REPUTE_SAME)
			snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%u:%s", out[0] ? " " : "",
				n, change == REPUTE_FELL ? "fell" : "rose");
	}
	return out;
}

TEST(a_trunk_falls_and_rises)
{
	static const struct {
		const char *story;
		struct repute_rules rules;
		const char *script, *changes;
	} cases[] = {
		{ "no bound", { .min_calls = 2 }, "x x x x x x", "" },
		{ "too few calls to tell", { .min_asr = 50, .min_calls = 4 }, "x x x", "" },
		{ "ASR below its bound", { .min_asr = 50, .min_calls = 4 }, "a x x x", "4:fell" },
		{ "at its bound", { .min_asr = 50, .min_calls = 4 }, "a a x x", "" },
		{ "a busy one was not answered", { .min_asr = 50, .min_calls = 4 }, "a b b b", "4:fell" },
		{ "but reached", { .min_ccr = 50, .min_calls = 4 }, "a b b b", "" },
		{ "CCR", { .min_ccr = 50, .min_calls = 4 }, "b x x x", "4:fell" },
		{ "PDD on average", { .max_pdd_ms = 1000, .min_calls = 4 }, "a500 a1000 a1500 a1100",
			"4:fell" },
		{ "just quick enough", { .max_pdd_ms = 1000, .min_calls = 4 }, "a500 a1000 a1500 a1000", "" },
		{ "what never rang has no delay", { .max_pdd_ms = 1000, .min_calls = 4 }, "x x x a9000", "" },
		{ "ACD", { .min_acd_s = 30, .min_calls = 2 }, "a a t10 t20", "3:fell" },
		{ "long enough", { .min_acd_s = 30, .min_calls = 2 }, "a a t40 t20", "" },
		{ "what is long ago does not count", { .min_asr = 50, .min_calls = 4, .window_s = 60 },
			"x x x @60 a x", "" },
		{ "it rises when the last ones are better by a tenth", { .min_asr = 50, .min_calls = 8 },
			"x x x x x x x x a a", "8:fell 10:rose" },
		{ "not as soon as it keeps its bound", { .min_asr = 50, .min_calls = 16 },
			"x x x x x x x x x x x x x x x x a x a x", "16:fell" },
		{ "one that fails in between does not keep it down for ever",
			{ .min_asr = 50, .min_calls = 8 }, "x x x x x x x x x a a", "8:fell 11:rose" },
		{ "what made it fall does not hold it down, nor up", { .min_asr = 50, .min_calls = 4 },
			"x x x x a a x x x", "4:fell 6:rose" },
		{ "it falls again as at first", { .min_asr = 50, .min_calls = 4 }, "x x x x a a x x x x",
			"4:fell 6:rose 10:fell" },
		{ "PDD has to be a tenth better", { .max_pdd_ms = 1000, .min_calls = 4 },
			"a2000 a2000 a2000 a2000 a950 a950 a900 a900", "4:fell 8:rose" },
		{ "who is asked for all cannot be better than that", { .min_asr = 100, .min_calls = 2 },
			"a x a a", "2:fell 4:rose" },
		{ "ACD as well", { .min_acd_s = 30, .min_calls = 2 }, "a a t10 t10 a a t31 a t40",
			"3:fell 9:rose" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct repute r;

		repute_init(&r);
		repute_set_rules(&r, &cases[i].rules);
		CHECK_STR(cases[i].changes, played(&r, cases[i].script), cases[i].story);
	}
}

TEST(a_low_one_is_probed_now_and_then)
{
	struct repute r;

	repute_init(&r);
	repute_set_rules(&r, &(struct repute_rules){ .min_asr = 50, .min_calls = 2, .probe_s = 30 });
	CHECK(!repute_probe_due(&r, NOON + 1000), "a good one is not");
	played(&r, "x x");
	CHECK(!repute_probe_due(&r, NOON + 29), "not at once");
	CHECK(repute_probe_due(&r, NOON + 30), "after a while");
	repute_probed(&r, NOON + 30);
	CHECK(!repute_probe_due(&r, NOON + 59), "one call, then it waits again");
	CHECK(repute_probe_due(&r, NOON + 60), "and again");
	repute_set_rules(&r, &(struct repute_rules){ .min_calls = 2 });
	CHECK(!r.low && !repute_probe_due(&r, NOON + 9000), "without bounds it is good");
}

TEST(what_is_wrong_is_said)
{
	static const struct {
		struct repute_rules rules;
		const char *script, *words;
	} cases[] = {
		{ { .min_asr = 50, .min_calls = 9 }, "a x x x", "ASR 25 % of 4 calls, 50 % is wanted" },
		{ { .min_ccr = 90, .min_calls = 9 }, "a b x x", "CCR 50 % of 4 calls, 90 % is wanted" },
		{ { .max_pdd_ms = 200, .min_calls = 9 }, "a300 a500 x",
			"PDD 400 ms on average of 2 calls, 200 ms is the most" },
		{ { .min_acd_s = 60, .min_calls = 9 }, "a t30 t40",
			"ACD 35 s on average of 2 calls, 60 s is wanted" },
		{ { .min_asr = 50, .min_calls = 9 }, "a a b1200",
			"ASR 66 %, CCR 100 %, PDD 0.466 s of 3 calls" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct repute_figures f;
		char words[REPUTE_TEXT];
		struct repute r;

		repute_init(&r);
		repute_set_rules(&r, &cases[i].rules);
		played(&r, cases[i].script);
		repute_figures(&r, NOON, &f);
		CHECK_STR(cases[i].words, repute_words(&r, &f, words), cases[i].script);
	}
}

/* Rings go round; what is asked for is never more than they hold. */
TEST(very_many_calls)
{
	struct repute_figures f;
	struct repute r;

	repute_init(&r);
	repute_set_rules(&r, &(struct repute_rules){ .min_asr = 50, .min_calls = 100000 });
	CHECK_INT(REPUTE_CALLS, r.rules.min_calls, "as many as are remembered");
	for (unsigned i = 0; i < 10 * REPUTE_CALLS; i++)
		CHECK_INT(REPUTE_SAME,
			repute_call(&r, &(struct repute_call){ NOON, 100, i % 2 == 0, true }, &f),
			"half of them");
	CHECK_INT(REPUTE_CALLS, r.n_calls, "the last ones count");
}

/* What was learned goes into a line of text and back: what comes after is judged alike. */
TEST(what_was_learned_can_be_saved)
{
	static const struct repute_rules rules = {
		.min_asr = 50, .max_pdd_ms = 1000, .min_acd_s = 30, .min_calls = 4
	};
	static const char *const stories[] = { "", "a", "a x x x", "a b x x a900 t10 t40", "x x x x a a",
		"a2000 a b x t1 t2" };
	static const char *const more[] = { "x x x x", "a a a a a a t60 t60", "a3000 a3000 a3000",
		"t1 t1 t1" };
	char first[REPUTE_SAVED], second[REPUTE_SAVED];

	for (size_t i = 0; i < sizeof(stories) / sizeof(*stories); i++)
		for (size_t k = 0; k < sizeof(more) / sizeof(*more); k++) {
			struct repute r, again;
			char want[500];

			repute_init(&r);
			repute_set_rules(&r, &rules);
			if (stories[i][0])
				played(&r, stories[i]);
			repute_write(&r, first);
			repute_init(&again);
			repute_set_rules(&again, &rules);
			CHECK(repute_read(&again, first), "%s", first);
			CHECK(again.low == r.low && again.since_s == r.since_s, "%s", first);
			repute_write(&again, second);
			CHECK_STR(first, second, "the same");
			snprintf(want, sizeof(want), "%s", played(&r, more[k]));
			CHECK_STR(want, played(&again, more[k]), more[k]);
		}
}

TEST(what_is_no_saved_standing)
{
	static const char *const cases[] = { "", "x", "2 0 0 0", "1 2 0 0", "1 0 0", "1 0 0 0 5",
		"1 0 0 0 5:6", "1 0 0 0 5:6:q", "1 0 0 0 5/", "1 0 0 0 5:6:a x" };
	struct repute longest;
	char text[REPUTE_SAVED], many[REPUTE_SAVED + 20];
	struct repute r;

	repute_init(&r);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK(!repute_read(&r, cases[i]), "%s", cases[i]);
		CHECK(!r.low && !r.n_calls && !r.n_talks, "%s: nothing is known", cases[i]);
	}
	repute_init(&longest);
	longest.n_calls = longest.n_talks = REPUTE_CALLS;
	longest.since_s = longest.probed_s = INT64_MIN;
	for (unsigned i = 0; i < REPUTE_CALLS; i++) {
		longest.calls[i] = (struct repute_call){ .at_s = INT64_MIN, .pdd_ms = UINT32_MAX };
		longest.talks[i].at_s = INT64_MIN;
		longest.talks[i].talked_s = UINT32_MAX;
	}
	repute_write(&longest, text);
	CHECK(strlen(text) < REPUTE_SAVED - 1, "%zu bytes", strlen(text));
	CHECK(repute_read(&r, text) && r.n_calls == REPUTE_CALLS && r.n_talks == REPUTE_CALLS, "the longest");
	snprintf(many, sizeof(many), "%s 5:6:a", text);
	CHECK(!repute_read(&r, many), "more than are remembered");
}

TESTS(a_trunk_falls_and_rises, a_low_one_is_probed_now_and_then, what_is_wrong_is_said, very_many_calls,
	what_was_learned_can_be_saved, what_is_no_saved_standing)
