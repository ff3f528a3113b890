/* links: bridge/margin.c */
/* The margin under loads that are made up: a clock that only the test moves. */
#include "bridge/margin.h"
#include "tests/test.h"

enum { SLOT_US = 2500, FRAME_US = 20000 };

/* A media thread as worker_run.c drives it: `slots` of 8 in use, each with so much work. */
struct thread {
	struct margin margin;
	uint64_t next_us, now_us;
	unsigned slots;    /* evenly spread: 1, 2, 4 or 8 */
	uint64_t work_us;  /* of each slot */
	uint64_t steal_us; /* taken from every `steal_every`th slot, in the midst of its work */
	unsigned steal_every, slot;
	uint64_t late; /* ticks begun over MARGIN_SLACK_US late */
};

static void thread_start(struct thread *t, unsigned slots, uint64_t work_us)
{
	*t = (struct thread){ .slots = slots, .work_us = work_us, .next_us = 1000000, .now_us = 1000000 };
	margin_begin(&t->margin, t->now_us);
}

static void thread_run(struct thread *t, unsigned ms)
{
	const uint64_t until_us = t->next_us + (uint64_t)ms * 1000, step_us = FRAME_US / t->slots;

	while (t->next_us < until_us) {
		const uint64_t began_us = t->now_us > t->next_us ? t->now_us : t->next_us;

		t->late += began_us - t->next_us > MARGIN_SLACK_US;
		t->now_us = began_us + t->work_us;
		if (t->steal_every && t->slot++ % t->steal_every == 0)
			t->now_us += t->steal_us;
		(void)margin_slot(&t->margin, t->next_us, began_us, t->now_us, t->next_us + step_us);
		t->next_us += step_us;
	}
}

static struct margin_reading reading(const struct thread *t)
{
	struct margin_reading r;

	margin_read(&t->margin, &r);
	return r;
}

/* However the work lies in the frame, what is used is its share of the frame. */
TEST(used_is_the_share_of_the_time)
{
	static const struct {
		const char *story;
		unsigned slots;
		uint64_t work_us;
		double used, p99;
	} cases[] = {
		{ "eight even slots at 40 %", 8, 1000, 400, 1000.0 / 7.5 },
		{ "eight even slots at 80 %", 8, 2000, 800, 2000.0 / 7.5 },
		{ "one large room at 40 %", 1, 8000, 400, 8000.0 / 25.0 },
		{ "one large room at 80 %", 1, 16000, 800, 16000.0 / 25.0 },
		{ "two rooms, each half a frame", 2, 9500, 950, 9500.0 / 15.0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct thread t;

		thread_start(&t, cases[i].slots, cases[i].work_us);
		thread_run(&t, 5000);
		CHECK_NEAR(cases[i].used, reading(&t).used_permille, 10, cases[i].story);
		CHECK_NEAR(cases[i].p99, reading(&t).p99_permille, MARGIN_STEP_PERMILLE, cases[i].story);
		CHECK_INT(0, t.late, cases[i].story);
		CHECK_NEAR(1000 - cases[i].used,
			margin_left(&(struct margin_reading){ .used_permille = reading(&t).used_permille }),
			10, cases[i].story);
	}
}

/* Five legs more than there is time for: late ticks come by and by, and the margin is gone before the first. */
TEST(the_margin_is_gone_before_the_first_late_tick)
{
	struct thread t;
	uint64_t gone_at_us = 0, late_at_us = 0;

	thread_start(&t, 8, 2520); /* 0.8 % too much: the backlog grows by 160 us a frame */
	for (unsigned i = 0; i < 100 && !late_at_us; i++) {
		thread_run(&t, 250);
		const struct margin_reading r = reading(&t);

		if (margin_left(&r) == 0 && !gone_at_us)
			gone_at_us = t.now_us;
		if (t.late)
			late_at_us = t.now_us;
	}
	CHECK(gone_at_us && late_at_us, "both happen: %llu %llu", (unsigned long long)gone_at_us,
		(unsigned long long)late_at_us);
	CHECK(gone_at_us < late_at_us, "gone after %llu us, late after %llu us",
		(unsigned long long)gone_at_us - 1000000, (unsigned long long)late_at_us - 1000000);
}

/* A hypervisor takes 6 ms now and then.  CPU time does not see it; the budget does, when it is more than one slot in a
 * hundred. */
TEST(stolen_time_counts)
{
	struct thread t;

	thread_start(&t, 8, 500);
	t.steal_us = 6000;
	t.steal_every = 1000; /* every 2.5 s */
	thread_run(&t, 8000);
	CHECK(reading(&t).p99_permille < 200, "a rare theft is no p99: %u", reading(&t).p99_permille);
	CHECK(reading(&t).worst_permille > 800, "but the worst shows it: %u", reading(&t).worst_permille);

	thread_start(&t, 8, 500);
	t.steal_us = 6000;
	t.steal_every = 40; /* ten times a second */
	thread_run(&t, 8000);
	CHECK(reading(&t).p99_permille > 800, "a frequent one is: %u", reading(&t).p99_permille);
	CHECK_NEAR(200 + 60, reading(&t).used_permille, 15, "and it is time used");
}

TEST(what_is_over_is_forgotten)
{
	struct thread t;

	thread_start(&t, 8, 2400);
	thread_run(&t, 4000);
	CHECK_NEAR(960, reading(&t).used_permille, 10, "busy");
	t.work_us = 250;
	thread_run(&t, 1300);
	CHECK_NEAR(100, reading(&t).used_permille, 10, "a second later the mean is the new one");
	thread_run(&t, 3000);
	CHECK(reading(&t).worst_permille < 100, "four seconds later the worst is forgotten: %u",
		reading(&t).worst_permille);
	margin_begin(&t.margin, t.now_us);
	CHECK_INT(0, reading(&t).used_permille, "after a sleep nothing is known");
	CHECK_INT(1000, margin_left(&(struct margin_reading){ 0 }), "and everything is left");
}

/* The thread itself was away for two seconds: one period, as long as it was. */
TEST(a_long_absence_is_one_period)
{
	struct thread t;

	thread_start(&t, 8, 1000);
	thread_run(&t, 2000);
	t.now_us += 2000000;
	CHECK(margin_slot(&t.margin, t.next_us, t.now_us, t.now_us + 1000, t.next_us + SLOT_US), "news");
	CHECK(reading(&t).worst_permille > 100000, "slip of two seconds: %u", reading(&t).worst_permille);
	CHECK(reading(&t).used_permille < 200, "which was no work: %u", reading(&t).used_permille);
}

TEST(times_that_make_no_sense_do_no_harm)
{
	struct margin m;
	struct margin_reading r;

	margin_begin(&m, 5000000);
	(void)margin_slot(&m, 5000000, 5000100, 5000000, 4999999);
	(void)margin_slot(&m, 6000000, 5000000, 5000000, 6000000);
	CHECK(margin_slot(&m, 0, 0, UINT64_MAX / 2000, 0), "a period");
	margin_read(&m, &r);
	CHECK_INT(0, margin_left(&r), "nothing left");
}

TESTS(used_is_the_share_of_the_time, the_margin_is_gone_before_the_first_late_tick, stolen_time_counts,
	what_is_over_is_forgotten, a_long_absence_is_one_period, times_that_make_no_sense_do_no_harm)
