/* links: mixer/skew.c */
/* A far clock's rate told from packets alone, on good and bad paths. */
#include "mixer/skew.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

static uint64_t dice_state;

static double dice(void) /* 0..1, splitmix64: the same run every time */
{
	uint64_t z = dice_state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (double)((z ^ z >> 31) >> 11) / 9007199254740992.0;
}

struct path {
	const char *story;
	unsigned clock_hz, ptime_ms;
	double ppm, seconds;
	double jitter_ms; /* mean of an exponential tail */
	double loss;
	double talk_s, pause_s;         /* DTX */
	double route_every_s, route_ms; /* the path becomes longer, and shorter again */
	double settled_s;               /* from here on the estimate is right */
	double off_ppm;                 /* within this */
};

/* Sends along the path; the worst error once settled, and when it was first within off_ppm. */
static double worst_error(const struct path *p, struct skew *k, double *found_s)
{
	double period_us = p->ptime_ms * 1000 / (1 + p->ppm / 1e6), worst = 0;
	uint32_t units = p->clock_hz / 1000 * p->ptime_ms;
	size_t n = (size_t)(p->seconds * 1e6 / period_us);

	dice_state = 7;
	*found_s = -1;
	for (size_t i = 0; i < n; i++) {
		double at = (double)i * period_us, s = at / 1e6, off;
		double late = p->jitter_ms > 0 ? -log(dice() + 1e-12) * p->jitter_ms : 0;

		if (p->pause_s > 0 && fmod(s, p->talk_s + p->pause_s) > p->talk_s)
			continue;
		if (dice() < p->loss)
			continue;
		if (p->route_every_s > 0 && (long)(s / p->route_every_s) % 2 == 1)
			late += p->route_ms;
		skew_packet(k, 1, 4294000000u + (uint32_t)i * units, p->clock_hz,
			(uint64_t)(50000000 + at + late * 1000));
		off = fabs(skew_ppb(k) / 1000.0 - p->ppm);
		if (off <= p->off_ppm && *found_s < 0)
			*found_s = s;
		if (s >= p->settled_s && off > worst)
			worst = off;
	}
	return worst;
}

TEST(the_rate_is_found_and_kept)
{
	static const struct path paths[] = {
		{ "clean, 500 ppm fast", 8000, 20, 500, 3600, .settled_s = 2, .off_ppm = 5 },
		{ "clean, 500 ppm slow", 8000, 20, -500, 3600, .settled_s = 2, .off_ppm = 5 },
		{ "clean, 1000 ppm slow, 60 ms packets", 8000, 60, -1000, 600, .settled_s = 4, .off_ppm = 5 },
		{ "clean, 50 ppm, Opus in 10 ms packets", 48000, 10, 50, 600, .settled_s = 8, .off_ppm = 5 },
		{ "clean, clocks alike", 8000, 20, 0, 3600, .settled_s = 0, .off_ppm = 0 },
		{ "jitter of 0.5 ms", 8000, 20, 500, 3600, 0.5, .settled_s = 8, .off_ppm = 25 },
		{ "jitter of 0.5 ms, later", 8000, 20, -500, 3600, 0.5, .settled_s = 60, .off_ppm = 6 },
		{ "jitter of 8 ms", 8000, 20, 500, 3600, 8, .settled_s = 60, .off_ppm = 30 },
		{ "jitter of 8 ms, clocks alike", 8000, 20, 0, 3600, 8, .settled_s = 0, .off_ppm = 0 },
		{ "jitter of 3 ms, 10 % lost", 8000, 20, -300, 3600, 3, 0.1, .settled_s = 60, .off_ppm = 15 },
		{ "bursts of 2.2 s and pauses, jitter", 48000, 20, 200, 3600, 2, .talk_s = 2.2,
			.pause_s = 1.7, .settled_s = 60, .off_ppm = 25 },
		{ "bursts of 1 s, pauses of 20 s", 8000, 20, -500, 3600, 0.5, .talk_s = 1, .pause_s = 20,
			.settled_s = 90, .off_ppm = 25 },
		{ "a route 15 ms longer every other minute", 8000, 20, 500, 3600, 0.5, .route_every_s = 60,
			.route_ms = 15, .settled_s = 30, .off_ppm = 30 },
		{ "the same every ten seconds", 8000, 20, -500, 3600, 0.5, .route_every_s = 10,
			.route_ms = 40, .settled_s = 30, .off_ppm = 60 },
		{ "a route longer by 1 ms alone", 8000, 20, 0, 3600, 0.2, .route_every_s = 120, .route_ms = 1,
			.settled_s = 0, .off_ppm = 60 },
		{ "timestamps that run twice too fast", 16000, 20, 1000000, 60, .settled_s = 0,
			.off_ppm = 1e6 },
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct skew k = { 0 };
		double found_s, worst = worst_error(&paths[i], &k, &found_s);

		if (getenv("SKEW_TELL"))
			printf("%-45s found after %5.1f s, worst error after %2.0f s %.1f ppm, end %.1f\n",
				paths[i].story, found_s, paths[i].settled_s, worst, skew_ppb(&k) / 1000.0);
		CHECK(worst <= paths[i].off_ppm, "%s: %.1f ppm off", paths[i].story, worst);
	}
}

TEST(wrong_timestamps_are_not_followed)
{
	static const double wrong[] = { 2, 0.5, 0.001, 1.01 };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct skew k = { 0 };

		for (unsigned n = 0; n < 5000; n++) {
			skew_packet(&k, 1, (uint32_t)(n * 160 * wrong[i]), 8000, 1000000 + n * 20000);
			CHECK_INT(0, skew_ppb(&k), "a clock so wrong is none");
		}
	}
}

TEST(another_sender_is_another_clock)
{
	struct skew k = { 0 };

	for (unsigned n = 0; n < 500; n++)
		skew_packet(&k, 1, n * 160, 8000, 1000000 + n * 19990);
	CHECK(abs(skew_ppb(&k) - 500000) < 10000, "%d", skew_ppb(&k));
	skew_packet(&k, 2, 0, 8000, 1000000 + 500 * 19990);
	CHECK_INT(0, skew_ppb(&k), "not this one's");
	for (unsigned n = 0; n < 500; n++)
		skew_packet(&k, 2, n * 160, 8000, 12000000 + n * 20004);
	CHECK(abs(skew_ppb(&k) + 200000) < 10000, "%d", skew_ppb(&k));
}

TEST(a_timestamp_jump_keeps_the_rate)
{
	struct skew k = { 0 };

	for (unsigned n = 0; n < 3000; n++)
		skew_packet(&k, 1, n * 160 + (n >= 1500 ? 0x70000000u : 0), 8000, 1000000 + n * 19990);
	CHECK(abs(skew_ppb(&k) - 500000) < 10000, "%d", skew_ppb(&k));
}

TESTS(the_rate_is_found_and_kept, wrong_timestamps_are_not_followed, another_sender_is_another_clock,
	a_timestamp_jump_keeps_the_rate)
