/* links: tools/crowd_tone.c */
/* How loud crowd calls a tone that is whole, one whose phase jumped once, and one that is not there. */
#include "tests/test.h"
#include "tools/crowd_tone.h"

#include <math.h>

enum { RATE = 8000, N = RATE * 3 / 2 };

/* A sine at -20 dBov whose phase jumps by `turns` in the middle. */
static void tone(int16_t pcm[N], double hz, double turns)
{
	for (unsigned i = 0; i < N; i++)
		pcm[i] = (int16_t)lrint(4634.0 * sin(2 * M_PI * (hz * i / RATE + (i >= N / 2 ? turns : 0))));
}

TEST(a_tone_is_as_loud_as_it_is)
{
	static const struct {
		const char *story;
		double turns, tolerance;
	} cases[] = {
		{ "whole", 0, 0.05 },
		{ "a packet of 20 ms was late", 0.18, 0.5 },
		{ "one of 40 ms", 0.36, 1.0 },
	};
	static int16_t pcm[N];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (size_t n = N / 2; n <= N; n += N / 4) { /* of which the jump is in the middle */
			tone(pcm, 1009, cases[i].turns);
			CHECK_NEAR(-20, crowd_tone_dbov(pcm, N, (N - n) / 2, n, RATE, 1009),
				cases[i].tolerance, cases[i].story);
		}
}

TEST(neighbours_are_told_apart)
{
	static int16_t pcm[N];

	tone(pcm, 1000, 0);
	for (unsigned hz = 1010; hz < 1100; hz += 5) {
		CHECK(crowd_tone_dbov(pcm, N, 0, N, RATE, hz) < -80, "%u Hz is not there", hz);
		CHECK(crowd_tone_dbov(pcm, N, 0, N, RATE, 2000 - hz) < -80, "%u Hz is not there", 2000 - hz);
	}
	CHECK(crowd_tone_dbov(pcm, N, 0, 1, RATE, 1000) <= -127, "nothing to look at");
}

/* Beside a tone whose phase jumped, one that is not there stays away. */
TEST(a_jump_is_no_other_tone)
{
	static int16_t pcm[N];

	tone(pcm, 593, 0.4);
	for (unsigned hz = 541; hz > 400; hz -= 30)
		CHECK(crowd_tone_dbov(pcm, N, 0, N, RATE, hz) < -60, "%u Hz: %.1f", hz,
			crowd_tone_dbov(pcm, N, 0, N, RATE, hz));
}

TESTS(a_jump_is_no_other_tone, a_tone_is_as_loud_as_it_is, neighbours_are_told_apart)
