/* links: mixer/level.c mixer/err.c */
#include "mixer/level.h"

#include "mixer/frame.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

TEST(levels_are_those_of_rfc_6464)
{
	static int16_t pcm[960];
	static const struct {
		const char *story;
		int kind; /* 0 square, 1 sine */
		double amplitude;
		int dbov;
	} cases[] = {
		{ "full-scale square wave", 0, 32767, 0 },
		{ "full-scale sine", 1, 32767, 3 },
		{ "0 dBm0 sine", 1, 32767 * 0.6966, 6 },
		{ "-20 dB square", 0, 3276.7, 20 },
		{ "-26 dB sine", 1, 32768 * 0.0709, 26 },
		{ "one count", 0, 1, 90 },
		{ "nothing", 0, 0, LEVEL_SILENCE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (enum rate_class rate = 0; rate < RATES; rate++) {
			size_t n = frame_samples(rate);
			for (size_t k = 0; k < n; k++) {
				double wave = cases[i].kind ? sin(2 * M_PI * (double)k / 40)
					      : k % 40 < 20 ? 1
							    : -1;
				pcm[k] = (int16_t)lrint(cases[i].amplitude * wave);
			}
			CHECK_INT(cases[i].dbov, level_dbov(pcm, n), cases[i].story);
		}
	}
	for (size_t k = 0; k < 960; k++)
		pcm[k] = INT16_MIN;
	CHECK_INT(0, level_dbov(pcm, 960), "the sum of 960 largest squares");
	memset(pcm, 0, sizeof(pcm));
	pcm[3] = 1;
	CHECK_INT(120, level_dbov(pcm, 960), "a single count in a frame");
}

/* Feeds `ms` at a level with +-2 dB of noise's own unrest; how much of it counted as talk. */
static unsigned feed(struct talk *t, unsigned ms, int dbov)
{
	unsigned talk_ms = 0;

	for (unsigned at = 0; at < ms; at += FRAME_MS) {
		talk_frame(t, (uint8_t)(dbov >= LEVEL_SILENCE ? LEVEL_SILENCE : dbov + rand() % 5 - 2));
		talk_ms += t->talking ? FRAME_MS : 0;
	}
	return talk_ms;
}

/* Running speech: syllables of 160 ms, gaps of 60 ms at the noise behind it. */
static unsigned speak(struct talk *t, unsigned ms, int dbov, int noise_dbov)
{
	unsigned talk_ms = 0;

	for (unsigned at = 0; at < ms; at += 220) {
		talk_ms += feed(t, 160, dbov);
		talk_ms += feed(t, 60, noise_dbov);
	}
	return talk_ms;
}

TEST(a_burst_starts_at_once_and_ends_after_400_ms)
{
	struct talk t;
	unsigned ms = 0;

	srand(1);
	talk_init(&t);
	CHECK_INT(0, feed(&t, 3000, LEVEL_SILENCE), "silence");
	while (!t.talking && ms < 1000) {
		bool changed = talk_frame(&t, 30);
		ms += FRAME_MS;
		CHECK_INT(t.talking, changed, "told when it begins");
	}
	CHECK(ms <= 150, "started after %u ms", ms);
	CHECK(feed(&t, 1000, 30) == 1000, "goes on");
	for (ms = 0; t.talking && ms < 2000; ms += FRAME_MS) {
		bool changed = talk_frame(&t, LEVEL_SILENCE);
		CHECK_INT(!t.talking, changed, "told when it ends");
	}
	CHECK(ms >= 380 && ms <= 420, "ended after %u ms", ms);
}

TEST(what_is_talk_and_what_is_not)
{
	struct talk t;

	srand(2);
	talk_init(&t);
	CHECK(speak(&t, 440, 30, LEVEL_SILENCE) >= 400, "who joins in the middle of a word counts");
	talk_init(&t);
	feed(&t, 1000, 70);
	talk_frame(&t, 20);
	CHECK_INT(0, t.talking, "one frame is a click");
	CHECK_INT(0, feed(&t, 1000, 70), "and stays one");

	talk_init(&t);
	CHECK(feed(&t, 60000, 45) < 3000, "steady noise stops counting");
	CHECK_INT(0, feed(&t, 10000, 45), "and does not come back");
	CHECK(t.floor_dbov >= 43 && t.floor_dbov <= 48, "floor %u", t.floor_dbov);
	CHECK(speak(&t, 600, 28, 45) > 500, "speech 17 dB over that noise counts");
	CHECK(speak(&t, 5000, 28, 45) >= 5000, "all of it, in one burst");
	CHECK(feed(&t, 2000, 45) <= 420, "and then ends");
	speak(&t, 600, 33, 45);
	CHECK(speak(&t, 5000, 33, 45) >= 5000, "12 dB over it is one burst as well");

	talk_init(&t);
	CHECK_INT(0, feed(&t, 10000, 65), "a quiet line never talks");
	CHECK_INT(0, speak(&t, 5000, 62, LEVEL_SILENCE), "nor do whispers nobody could hear");
	CHECK(speak(&t, 5000, 48, 70) > 4600, "a soft voice on a quiet line counts");

	talk_init(&t);
	CHECK(speak(&t, 60000, 26, 60) > 59000, "a minute's monologue is one burst");
	CHECK(feed(&t, 60000, LEVEL_SILENCE) <= 420, "a mute button ends it");
	CHECK(feed(&t, 30000, 50) < 3000, "noise after a mute is noise after two seconds");
}

TEST(the_smoothed_level_rises_fast_and_falls_slowly)
{
	struct talk t;

	talk_init(&t);
	CHECK_INT(LEVEL_SILENCE, t.smooth_dbov, "nothing yet");
	for (unsigned i = 0; i < 6; i++)
		talk_frame(&t, 20);
	CHECK(t.smooth_dbov <= 22, "120 ms of talk: %u", t.smooth_dbov);
	for (unsigned i = 0; i < 5; i++)
		talk_frame(&t, LEVEL_SILENCE);
	CHECK(t.smooth_dbov <= 27, "a pause of 100 ms: %u", t.smooth_dbov);
	for (unsigned i = 0; i < 200; i++)
		talk_frame(&t, LEVEL_SILENCE);
	CHECK_INT(LEVEL_SILENCE, t.smooth_dbov, "long silent");
}

/* A late packet, a pause of DTX, a while muted: what comes after it is the noise that was there before. */
TEST(noise_after_a_gap_is_no_talk)
{
	static const unsigned gaps[] = { 1, 10, 25, 500 };

	for (size_t i = 0; i < sizeof(gaps) / sizeof(*gaps); i++) {
		struct talk t;

		talk_init(&t);
		for (unsigned k = 0; k < 200; k++)
			CHECK(!talk_frame(&t, 54), "noise, frame %u", k);
		for (unsigned k = 0; k < gaps[i]; k++)
			talk_guess(&t, LEVEL_SILENCE);
		for (unsigned k = 0; k < 200; k++)
			CHECK(!talk_frame(&t, 54), "noise after a gap of %u, frame %u", gaps[i], k);
		for (unsigned k = 0; k < 5; k++)
			talk_guess(&t, 30);
		CHECK(t.talking, "what is made up in a word is talk");
	}
}

/* Whatever the length, the place in memory and the samples: what one sample at a time adds up to. */
TEST(eight_samples_at_a_time_are_as_one)
{
	static int16_t pcm[1000];
	uint32_t dice = 3;

	for (unsigned round = 0; round < 2000; round++) {
		const size_t at = round % 9, n = round % 3 ? 1 + round % 40 : 960;
		const int32_t peak = 1 << round % 16;
		double sum = 0, below;

		for (size_t i = 0; i < n; i++) {
			dice = dice * 1664525 + 1013904223;
			pcm[at + i] = (int16_t)(round % 16 == 15 && i % 2
							? -32768
							: (int32_t)(dice >> 16) % (2 * peak) - peak);
			sum += (double)pcm[at + i] * pcm[at + i];
		}
		below = sum > 0 ? fmin(LEVEL_SILENCE, -10 * log10(sum / (double)n / 32768 / 32768))
				: LEVEL_SILENCE;
		CHECK_NEAR(below, level_dbov(pcm + at, n), 0.5001, "level");
		CHECK((sum == 0) <= (level_dbov(pcm + at, n) == LEVEL_SILENCE), "zeros are silence");
	}
}

TESTS(noise_after_a_gap_is_no_talk, levels_are_those_of_rfc_6464,
	a_burst_starts_at_once_and_ends_after_400_ms, what_is_talk_and_what_is_not,
	the_smoothed_level_rises_fast_and_falls_slowly, eight_samples_at_a_time_are_as_one)
