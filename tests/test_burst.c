/* links: mixer/burst.c */
#include "mixer/burst.h"

#include "tests/test.h"

#include <stdlib.h>

/* "100p 2m" is a hundred played and two missing. */
static struct burst_report tell(const char *pattern)
{
	struct burst b = { 0 };
	struct burst_report out;

	for (char *end; *pattern; pattern = end) {
		long n = strtol(pattern, &end, 10);

		while (n-- > 0)
			burst_packet(&b, *end == 'm');
		end++;
		while (*end == ' ')
			end++;
	}
	burst_report(&b, 20, &out);
	return out;
}

TEST(gaps_and_bursts_are_told_apart)
{
	static const struct {
		const char *story, *pattern;
		unsigned missing, burst_density, gap_density, burst_ms, gap_ms;
		double ratio;
	} cases[] = {
		{ "nothing came yet", "", 0, 0, 0, 0, 0, 1 },
		{ "no loss", "500p", 0, 0, 0, 0, 10000, 1 },
		{ "single losses far apart are of the gap", "99p 1m 99p 1m 100p", 2, 0, 2 * 256 / 300, 0,
			6000, 1 },
		{ "Gmin received between: still no burst", "50p 1m 16p 1m 50p", 2, 0, 2 * 256 / 118, 0, 2360,
			1 },
		{ "one less, and it is one", "50p 1m 15p 1m 50p", 2, 2 * 256 / 17, 0, 340, 1000, 1 },
		{ "a run of five", "100p 5m 100p", 5, 255, 0, 100, 2000, 5 * (1 - 5.0 / 205) },
		{ "one that is still on", "100p 5m", 5, 255, 0, 100, 2000, 5 * (1 - 5.0 / 105) },
		{ "two bursts and a single loss", "100p 4m 100p 1m 100p 2m 2p 2m 96p", 9, 8 * 256 / 10,
			256 / 397, 100, 397 * 20 / 3, 9.0 / 4 * (1 - 9.0 / 407) },
		{ "nothing ever came", "400m", 400, 255, 0, 8000, 0, 1 },
		{ "a loss in the first second is not a burst", "3p 1m 100p", 1, 0, 256 / 104, 0, 2080, 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct burst_report r = tell(cases[i].pattern);

		CHECK_INT(cases[i].missing, r.missing, cases[i].story);
		CHECK_INT(cases[i].burst_density, r.burst_density, cases[i].story);
		CHECK_INT(cases[i].gap_density, r.gap_density, cases[i].story);
		CHECK_INT(cases[i].burst_ms, r.burst_ms, cases[i].story);
		CHECK_INT(cases[i].gap_ms, r.gap_ms, cases[i].story);
		CHECK_NEAR(cases[i].ratio, r.ratio, 0.001, cases[i].story);
	}
}

/* Gilbert's channel: BurstR is 1 / (p + q) (G.107 section 7.5). */
TEST(burst_ratio_is_that_of_the_channel)
{
	static const struct {
		double p, q;
	} channels[] = { { 0.05, 0.95 }, { 0.02, 0.48 }, { 0.01, 0.24 } };

	srand(5);
	for (size_t i = 0; i < 3; i++) {
		struct burst b = { 0 };
		struct burst_report r;
		bool missing = false;

		for (int k = 0; k < 100000; k++) {
			double x = rand() / (RAND_MAX + 1.0);

			missing = missing ? x >= channels[i].q : x < channels[i].p;
			burst_packet(&b, missing);
		}
		burst_report(&b, 20, &r);
		CHECK_NEAR(1 / (channels[i].p + channels[i].q), r.ratio,
			0.12 / (channels[i].p + channels[i].q), "ratio");
		CHECK_NEAR(channels[i].p / (channels[i].p + channels[i].q), (double)r.missing / r.due, 0.005,
			"loss");
	}
}

TESTS(gaps_and_bursts_are_told_apart, burst_ratio_is_that_of_the_channel)
