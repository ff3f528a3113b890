/* links: bridge/channels.c */
#include "bridge/channels.h"
#include "tests/test.h"

#include <stdlib.h>

enum { TRUNKS = 300, LEGS = 4000, TURNS = 200000 };

/* What the counts stand for: every call looked at. */
static unsigned counted(const int *trunk_of, int trunk)
{
	unsigned n = 0;

	for (int i = 0; i < LEGS; i++)
		n += trunk_of[i] == trunk;
	return n;
}

static const char *name(int trunk)
{
	static char out[32];

	snprintf(out, sizeof(out), "carrier-%d", trunk);
	return out;
}

TEST(counts_are_those_of_all_calls_looked_at)
{
	static struct channels c;
	static struct channel *taken[LEGS];
	static int trunk_of[LEGS];
	uint32_t random = 1;

	for (int i = 0; i < LEGS; i++)
		trunk_of[i] = -1;
	for (int turn = 0; turn < TURNS; turn++) {
		int leg;

		random = random * 1664525 + 1013904223;
		leg = (int)((random >> 8) % LEGS);
		if (trunk_of[leg] < 0) {
			trunk_of[leg] = (int)((random >> 20) % TRUNKS);
			taken[leg] = channels_take(&c, name(trunk_of[leg]));
			CHECK(taken[leg], "taken");
		} else {
			channels_give(&c, taken[leg]);
			trunk_of[leg] = -1;
		}
		if (turn % 5000 == 0)
			for (int t = 0; t < TRUNKS; t++)
				CHECK_INT(counted(trunk_of, t), channels_used(&c, name(t)), name(t));
	}
	for (int i = 0; i < LEGS; i++)
		if (trunk_of[i] >= 0)
			channels_give(&c, taken[i]);
	for (int t = 0; t < TRUNKS; t++)
		CHECK_INT(0, channels_used(&c, name(t)), "all calls have ended");
	for (int i = 0; i < CHANNELS_BUCKETS; i++)
		CHECK(!c.buckets[i], "a trunk without calls costs nothing");
}

/* With 4,000 calls up on 300 trunks, a question compares a name or two: it looked at 4,000 calls before. */
TEST(a_question_costs_no_look_at_calls)
{
	static struct channels c;
	uint64_t before;

	for (int i = 0; i < LEGS; i++)
		channels_take(&c, name(i % TRUNKS));
	before = c.n_compared;
	for (int i = 0; i < TRUNKS; i++)
		CHECK(channels_used(&c, name(i)) >= LEGS / TRUNKS, "its calls");
	print_message("names compared per question: %.2f\n", (double)(c.n_compared - before) / TRUNKS);
	CHECK(c.n_compared - before < 2 * TRUNKS, "names compared: %llu in %d questions",
		(unsigned long long)(c.n_compared - before), TRUNKS);
	channels_clear(&c);
	CHECK_INT(0, channels_used(&c, name(0)), "cleared");
}

TEST(calls_of_no_trunk_are_in_no_count)
{
	static struct channels c;

	CHECK(!channels_take(&c, ""), "a stranger's call");
	channels_give(&c, NULL);
	CHECK_INT(0, channels_used(&c, ""), "nobody's");
}

TESTS(counts_are_those_of_all_calls_looked_at, a_question_costs_no_look_at_calls,
	calls_of_no_trunk_are_in_no_count)
