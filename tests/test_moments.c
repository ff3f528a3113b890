/* links: bridge/moments.c bridge/alert.c */
/* A step of the wall clock and a full ring are over in a moment: each is raised, told for its while, and ends. */
#include "bridge/moments.h"
#include "tests/test.h"

#include <stdlib.h>

enum { SECOND = 1000000, WORKERS = 2 };
static const int64_t wall_us = 1796558400000000;
static const uint64_t boot_us = 5000000;

struct watch {
	struct moments moments;
	struct alerts *alerts; /* owned */
	char told[200], text[ALERT_TEXT];
};

static void on_told(void *arg, const struct alert *a, bool raised)
{
	struct watch *w = arg;
	const size_t used = strlen(w->told);

	snprintf(w->told + used, sizeof(w->told) - used, "%c%s:%s ", raised ? '+' : '-',
		alert_kind_name(a->kind), a->subject);
	snprintf(w->text, sizeof(w->text), "%s", a->text);
}

static struct watch *watch_alloc(void)
{
	struct watch *w = calloc(1, sizeof(*w));

	CHECK(w, "memory");
	w->alerts = alerts_alloc(on_told, w);
	moments_begin(&w->moments, wall_us, boot_us);
	return w;
}

static void watch_free(struct watch *w)
{
	alerts_free(w->alerts);
	free(w);
}

/* A round `s` seconds after the start with a wall clock that is `off_us` from where it should be: what it told. */
static const char *clock_round(struct watch *w, unsigned s, int64_t off_us)
{
	const uint64_t passed_us = (uint64_t)s * SECOND;

	w->told[0] = '\0';
	alerts_begin(w->alerts, wall_us + (int64_t)passed_us + off_us);
	moments_clock(&w->moments, w->alerts, wall_us + (int64_t)passed_us + off_us, boot_us + passed_us);
	alerts_end(w->alerts);
	return w->told;
}

/* The same of two workers that have dropped so many events. */
static const char *ring_round(struct watch *w, unsigned s, uint64_t first, uint64_t second)
{
	const uint64_t dropped[WORKERS] = { first, second };

	w->told[0] = '\0';
	alerts_begin(w->alerts, wall_us);
	moments_rings(&w->moments, w->alerts, dropped, WORKERS, boot_us + (uint64_t)s * SECOND);
	alerts_end(w->alerts);
	return w->told;
}

TEST(a_step_of_the_clock_is_raised_and_ends)
{
	struct watch *w = watch_alloc();

	CHECK_STR("", clock_round(w, 5, 0), "it runs as it should");
	CHECK_STR("", clock_round(w, 10, 900000), "NTP slews");
	CHECK_STR("", clock_round(w, 15, 1800000), "and slews, less than a second each time");
	CHECK_STR("+clock_step: ", clock_round(w, 20, -3600ll * SECOND), "an hour back");
	CHECK_STR("the wall clock jumped by -3601.8 s", w->text, "how far");
	CHECK_STR("", clock_round(w, 25, -3600ll * SECOND), "it is one step, told on");
	CHECK_STR("", clock_round(w, 619, -3600ll * SECOND), "for ten minutes less a second");
	CHECK_STR("-clock_step: ", clock_round(w, 620, -3600ll * SECOND), "then it is over");
	CHECK_STR("+clock_step: ", clock_round(w, 625, 0), "forward again");
	CHECK_STR("the wall clock jumped by +3600.0 s", w->text, "how far");
	watch_free(w);
}

TEST(a_second_step_holds_it_up)
{
	struct watch *w = watch_alloc();
	size_t n;

	CHECK_STR("+clock_step: ", clock_round(w, 5, 10ll * SECOND), "a step");
	CHECK_STR("", clock_round(w, 500, 20ll * SECOND), "another is the same alert");
	CHECK_STR("the wall clock jumped by +10.0 s", alerts_list(w->alerts, &n)->text, "with its own words");
	CHECK_STR("", clock_round(w, 1000, 20ll * SECOND), "and its own while");
	CHECK_STR("-clock_step: ", clock_round(w, 1100, 20ll * SECOND), "which ends");
	watch_free(w);
}

TEST(a_full_ring_is_raised_and_ends)
{
	struct watch *w = watch_alloc();

	CHECK_STR("", ring_round(w, 5, 0, 0), "nothing is dropped");
	CHECK_STR("+ring_overflow:1 ", ring_round(w, 10, 0, 7), "the second worker's ring was full");
	CHECK_STR("media worker 1 has dropped 7 events since the start", w->text, "how many");
	CHECK_STR("", ring_round(w, 69, 0, 7), "told for a minute");
	CHECK_STR("-ring_overflow:1 ", ring_round(w, 70, 0, 7), "no more were dropped: over");
	CHECK_STR("", ring_round(w, 75, 0, 7), "an old figure raises nothing");
	CHECK_STR("+ring_overflow:1 ", ring_round(w, 80, 0, 8), "one more does");
	CHECK_STR("+ring_overflow:0 -ring_overflow:1 ", ring_round(w, 85, 3, 8), "the last one is named");
	watch_free(w);
}

TESTS(a_step_of_the_clock_is_raised_and_ends, a_second_step_holds_it_up, a_full_ring_is_raised_and_ends)
