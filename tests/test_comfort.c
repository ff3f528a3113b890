/* links: mixer/comfort.c */
/* Comfort noise has the level and the colour that the far end says, whatever it says. */
#include "mixer/comfort.h"
#include "tests/test.h"

#include <math.h>

enum { N = 16000, RATE = 8000 };

static double level(const int16_t *pcm)
{
	double sum = 1e-9;

	for (unsigned i = 0; i < N; i++)
		sum += (double)pcm[i] * pcm[i];
	return -10 * log10(sum / N / 32768 / 32768);
}

/* Power from `low` to `high` Hz, a sum of Fourier bins a few hertz apart, dB. */
static double band(const int16_t *pcm, double low, double high)
{
	double sum = 0;
	unsigned bins = 0;

	for (double hz = low; hz < high; hz += (high - low) / 40, bins++) {
		double re = 0, im = 0;

		for (unsigned i = 0; i < N; i++) {
			re += pcm[i] * cos(2 * M_PI * hz * i / RATE);
			im += pcm[i] * sin(2 * M_PI * hz * i / RATE);
		}
		sum += re * re + im * im;
	}
	return 10 * log10(sum / bins);
}

TEST(the_level_is_what_was_said)
{
	static const struct {
		const char *story;
		uint8_t payload[12];
		size_t len;
	} cases[] = {
		{ "a level alone", { 50 }, 1 },
		{ "a dull room", { 50, 20, 160, 110 }, 4 },
		{ "a hiss", { 50, 230 }, 2 },
		{ "more coefficients than are taken", { 50, 40, 140, 120, 130, 125, 127, 200, 10, 90, 80 },
			11 },
		{ "the faintest", { 70, 60 }, 2 },
		{ "as loud as it may be", { 17 }, 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		static int16_t pcm[N];
		struct comfort c = { 0 };

		comfort_read(&c, cases[i].payload, cases[i].len);
		comfort_fill(&c, pcm, N);
		CHECK_NEAR(cases[i].payload[0], level(pcm), 1.0, cases[i].story);
	}
}

TEST(the_spectrum_is_what_was_said)
{
	static const struct {
		const char *story;
		uint8_t payload[4];
		size_t len;
		double least_db, most_db; /* 200..600 Hz above 2800..3600 Hz */
	} cases[] = {
		{ "not said: falls as in a room", { 40 }, 1, 8, 16 },
		{ "white", { 40, 127 }, 2, -1.5, 1.5 },
		{ "dull", { 40, 15 }, 2, 12, 20 },
		{ "a hiss", { 40, 239 }, 2, -20, -10 },
		/* two poles at 2 kHz: the lower band is farther from it than the higher */
		{ "a hum in the middle", { 40, 127, 230 }, 3, -5, 2 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		static int16_t pcm[N];
		struct comfort c = { 0 };
		double slope;

		comfort_read(&c, cases[i].payload, cases[i].len);
		comfort_fill(&c, pcm, N);
		slope = band(pcm, 200, 600) - band(pcm, 2800, 3600);
		CHECK(slope >= cases[i].least_db && slope <= cases[i].most_db, "%s: %.1f dB", cases[i].story,
			slope);
		if (i == 4)
			CHECK(band(pcm, 1900, 2100) > band(pcm, 200, 600) + 10, "%s", cases[i].story);
	}
}

/* Coefficients change from packet to packet, and none of them may make it howl. */
TEST(nothing_makes_it_howl)
{
	struct comfort c = { 0 };
	uint32_t dice = 7;

	for (unsigned k = 0; k < 3000; k++) {
		uint8_t payload[12];
		int16_t pcm[160];
		double sum = 0;

		for (unsigned i = 0; i < sizeof(payload); i++) {
			dice = dice * 1664525u + 1013904223u;
			payload[i] = k % 7 == 0 ? (uint8_t)(dice >> 31) * 255 : (uint8_t)(dice >> 24);
		}
		payload[0] = 60;
		comfort_read(&c, payload, 1 + k % sizeof(payload));
		for (unsigned f = 0; f < 25; f++)
			comfort_fill(&c, pcm, 160);
		for (unsigned i = 0; i < 160; i++)
			sum += (double)pcm[i] * pcm[i];
		CHECK(sum / 160 < pow(10, -40 / 10.0) * 32768 * 32768, "packet %u: rms %.0f", k,
			sqrt(sum / 160));
	}
}

TESTS(the_level_is_what_was_said, the_spectrum_is_what_was_said, nothing_makes_it_howl)
