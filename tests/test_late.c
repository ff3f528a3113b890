/* links: bridge/late.c */
/* Whose fault a late tick is, from deadlines, the clock and the thread's CPU time. */
#include "bridge/late.h"
#include "tests/test.h"

enum { MOST = 5000, GAP = 2500 };

TEST(a_late_tick_has_a_culprit)
{
	static const struct {
		const char *story;
		unsigned work_us[4],
			begins_us
				[4]; /* CPU time of a tick; begin of the tick after it, behind its deadline */
		const char *want;    /* per tick: . in time, o ours, w kept waiting */
	} cases[] = {
		{ "all in time", { 100, 100, 100, 100 }, { 50, 50, 50, 50 }, "...." },
		{ "slots overrun their time but not by much", { 4000, 4000, 100, 100 },
			{ 1500, 3000, 600, 50 }, "...." },
		{ "one tick takes 9 ms", { 9000, 100, 100, 100 }, { 6500, 4100, 1700, 50 }, "o..." },
		{ "overload builds up", { 4500, 4500, 4500, 4500 }, { 2000, 4000, 6000, 8000 }, "..oo" },
		{ "the machine takes 8 ms in the sleep", { 100, 100, 100, 100 }, { 8000, 5600, 3200, 800 },
			"ww.." },
		{ "the machine takes 8 ms in the work", { 1000, 1000, 1000, 1000 },
			{ 6500, 5000, 3500, 2000 }, "w..." },
		{ "both: our own part would have been in time", { 6000, 100, 100, 100 },
			{ 7000, 4600, 2200, 50 }, "w..." },
		{ "both: our own part is late alone", { 8000, 100, 100, 100 }, { 12000, 9600, 4000, 50 },
			"ow.." },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t deadline_us = 1000000, cpu_us = 77;
		struct late l;
		char have[5] = "";

		late_begin(&l, deadline_us, cpu_us);
		for (unsigned k = 0; k < 4; k++) {
			deadline_us += GAP;
			cpu_us += cases[i].work_us[k];
			have[k] = ".ow"[late_tick(
				&l, deadline_us, deadline_us + cases[i].begins_us[k], cpu_us, MOST)];
		}
		CHECK_STR(cases[i].want, have, cases[i].story);
	}
}

TEST(after_idleness_nothing_is_owed)
{
	struct late l;

	late_begin(&l, 1000, 0);
	CHECK_INT(LATE_OURS, late_tick(&l, 1000 + GAP, 1000 + GAP + 40000, 50000, MOST), "a very long tick");
	late_begin(&l, 900000, 50000);
	CHECK_INT(LATE_KEPT_WAITING, late_tick(&l, 900000 + GAP, 900000 + GAP + 9000, 50100, MOST),
		"is forgotten");
}

/* What was kept from us is made good, up to what a far end may still play; what we are too slow for never is. */
TEST(frames_kept_waiting_are_made_good)
{
	static const struct {
		enum late_why why;
		unsigned late_us, skips;
	} cases[] = {
		{ LATE_NOT, 4999, 0 },
		{ LATE_OURS, 19999, 0 },
		{ LATE_OURS, 20000, 1 },
		{ LATE_OURS, 65000, 3 },
		{ LATE_KEPT_WAITING, 20000, 0 },
		{ LATE_KEPT_WAITING, 79999, 0 },
		{ LATE_KEPT_WAITING, 80000, 1 },
		{ LATE_KEPT_WAITING, 1000000, 47 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_INT(cases[i].skips, late_skips(cases[i].why, cases[i].late_us), "skipped");
}

/* Ticks that follow each other without a pause play for moments a frame apart, and never for the time to come. */
TEST(what_is_made_good_is_played_as_if_in_time)
{
	CHECK_INT(100000, late_plays_at(100000, 100000), "in time");
	CHECK_INT(119999, late_plays_at(100000, 119999), "somewhat late: now");
	CHECK_INT(100000, late_plays_at(100000, 145000), "by two frames: then");
	CHECK_INT(120000, late_plays_at(120000, 145100), "by one: then");
	CHECK_INT(145200, late_plays_at(140000, 145200), "and from here on as ever");
}

TESTS(a_late_tick_has_a_culprit, after_idleness_nothing_is_owed, frames_kept_waiting_are_made_good,
	what_is_made_good_is_played_as_if_in_time)
