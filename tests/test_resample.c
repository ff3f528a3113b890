/* links: mixer/resample.c mixer/err.c */
#include "mixer/resample.h"

#include "tests/starve.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

enum { FRAMES = 50, SECOND_MAX = 48000 };

/* The level of one frequency in dB over one count, by Goertzel's sum. */
static double tone_db(const int16_t *pcm, size_t n, double hz, double rate)
{
	double re = 0, im = 0;

	for (size_t i = 0; i < n; i++) {
		re += pcm[i] * cos(2 * M_PI * hz * (double)i / rate);
		im += pcm[i] * sin(2 * M_PI * hz * (double)i / rate);
	}
	return 20 * log10(2 * sqrt(re * re + im * im) / (double)n + 1e-3);
}

static void sine(int16_t *pcm, size_t n, double hz, double rate, double amplitude)
{
	for (size_t i = 0; i < n; i++)
		pcm[i] = (int16_t)lrint(amplitude * sin(2 * M_PI * hz * (double)i / rate));
}

static struct resample *resample_of(enum rate_class from, enum rate_class to)
{
	struct resample *r = NULL;

	CHECK_INT(MIX_OK, resample_alloc(&r, from, to), "alloc");
	return r;
}

static void run(enum rate_class from, enum rate_class to, const int16_t *in, int16_t *out)
{
	struct resample *r = resample_of(from, to);

	for (size_t i = 0; i < FRAMES; i++)
		resample_frame(r, in + i * frame_samples(from), out + i * frame_samples(to));
	resample_free(r);
}

TEST(speech_band_is_flat_between_all_rates)
{
	static int16_t in[SECOND_MAX], out[SECOND_MAX];

	for (enum rate_class from = 0; from < RATES; from++) {
		for (enum rate_class to = 0; to < RATES; to++) {
			double lower = rate_hz(from) < rate_hz(to) ? rate_hz(from) : rate_hz(to);
			for (double hz = 50; from != to && hz <= 0.425 * lower;
				hz += 50 * floor(lower / 8000)) {
				sine(in, rate_hz(from), hz, rate_hz(from), 10000);
				run(from, to, in, out);
				size_t half = rate_hz(to) / 2;
				CHECK_NEAR(
					80, tone_db(out + half, half, hz, rate_hz(to)), 0.5, "level in dB");
			}
		}
	}
}

TEST(what_the_lower_rate_cannot_carry_does_not_fold_back)
{
	static const struct {
		enum rate_class from, to;
		double hz;
	} cases[] = {
		{ RATE_16K, RATE_8K, 4600 },
		{ RATE_16K, RATE_8K, 7000 },
		{ RATE_48K, RATE_8K, 5000 },
		{ RATE_48K, RATE_8K, 15000 },
		{ RATE_48K, RATE_16K, 10000 },
		{ RATE_48K, RATE_16K, 20000 },
	};
	static int16_t in[SECOND_MAX], out[SECOND_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		double rate = rate_hz(cases[i].to), alias = fmod(cases[i].hz, rate);
		sine(in, rate_hz(cases[i].from), cases[i].hz, rate_hz(cases[i].from), 20000);
		run(cases[i].from, cases[i].to, in, out);
		size_t half = rate_hz(cases[i].to) / 2;
		alias = alias > rate / 2 ? rate - alias : alias;
		CHECK(tone_db(out + half, half, alias, rate) < 86 - 60, "%.0f Hz shows at %.0f", cases[i].hz,
			alias);
	}
}

TEST(images_of_a_phone_stay_out_of_wideband)
{
	static int16_t in[SECOND_MAX], out[SECOND_MAX];

	sine(in, 8000, 3000, 8000, 20000);
	run(RATE_8K, RATE_48K, in, out);
	for (double hz = 5000; hz < 24000; hz += hz == 5000 ? 6000 : 2000)
		CHECK(tone_db(out + 24000, 24000, hz, 48000) < 86 - 60, "an image at %.0f Hz", hz);
}

TEST(the_delay_is_short_and_stays_the_same)
{
	static int16_t in[SECOND_MAX], out[SECOND_MAX];

	for (enum rate_class from = 0; from < RATES; from++) {
		for (enum rate_class to = 0; to < RATES; to++) {
			if (from == to)
				continue;
			double first = -1;
			for (size_t frame = 2; frame < FRAMES - 2;
				frame += 15) { /* a pulse early, then late */
				size_t n = FRAMES * frame_samples(to), peak = 0;
				memset(in, 0, sizeof(in));
				in[frame * frame_samples(from)] = 20000;
				run(from, to, in, out);
				for (size_t i = 0; i < n; i++)
					peak = abs(out[i]) > abs(out[peak]) ? i : peak;
				double delay_ms =
					1000.0 * (double)peak / rate_hz(to) - (double)frame * FRAME_MS;
				CHECK(delay_ms >= 0 && delay_ms <= 4.01, "%.2f ms", delay_ms);
				if (first >= 0)
					CHECK_NEAR(first, delay_ms, 0.001, "delay later on");
				first = delay_ms;
			}
		}
	}
}

TEST(loud_sound_is_clipped_and_not_wrapped)
{
	static int16_t in[SECOND_MAX], out[SECOND_MAX];

	for (size_t i = 0; i < 8000; i++)
		in[i] = i / 10 % 2 ? 32767 : -32768; /* overshoots in any filter */
	run(RATE_8K, RATE_48K, in, out);
	for (size_t i = 1000; i < 47000; i++)
		CHECK(abs(out[i] - out[i - 1]) < 40000, "sample %zu jumps from %d to %d", i, out[i - 1],
			out[i]);
}

TEST(reset_forgets_what_was_heard)
{
	static int16_t in[SECOND_MAX], out[FRAME_MAX];
	struct resample *r = resample_of(RATE_8K, RATE_48K);

	sine(in, 8000, 500, 8000, 20000);
	resample_frame(r, in, out);
	resample_reset(r);
	memset(in, 0, sizeof(in));
	resample_frame(r, in, out);
	for (size_t i = 0; i < FRAME_MAX; i++)
		CHECK_INT(0, out[i], "silence");
	resample_free(r);
}

TEST(a_whole_sound_keeps_its_length_place_and_level)
{
	static const unsigned rates[] = { 8000, 11025, 16000, 22050, 44100, 48000 };
	static int16_t in[SECOND_MAX];

	for (size_t from = 0; from < sizeof(rates) / sizeof(*rates); from++) {
		for (size_t to = 0; to < sizeof(rates) / sizeof(*rates); to++) {
			size_t n = rates[from], n_out = 0;
			int16_t *out = NULL;
			sine(in, n, 1000, rates[from], 10000);
			memset(in, 0, n / 2 * sizeof(*in)); /* silence, then the tone: half a second each */
			CHECK_INT(MIX_OK, resample_all(&out, &n_out, in, n, rates[from], rates[to]),
				"whole sound");
			CHECK_INT(rates[to], n_out, "length");
			CHECK(tone_db(out, n_out * 49 / 100, 1000, rates[to]) < 20, "silence first");
			CHECK_NEAR(80, tone_db(out + n_out * 51 / 100, n_out / 5 * 2, 1000, rates[to]), 0.3,
				"then sound");
			CHECK_NEAR(80, tone_db(out + n_out - n_out / 250, n_out / 250, 1000, rates[to]), 2,
				"to the end");
			double error = 0;
			for (size_t i = n_out * 6 / 10; i < n_out * 9 / 10; i++) {
				double want = 10000 * sin(2 * M_PI * 1000 * (double)i / rates[to]);
				error += (out[i] - want) * (out[i] - want);
			}
			error = sqrt(error / ((double)n_out * 0.3));
			CHECK(error < 50, "not a sample late: off by %.0f", error);
			free(out);
		}
	}
}

TEST(absurd_rates_are_refused)
{
	static const int16_t in[10];
	int16_t *out = NULL;
	size_t n = 0;
	struct resample *r = NULL;

	CHECK_INT(MIX_RANGE, resample_all(&out, &n, in, 10, 0, 8000), "from 0");
	CHECK_INT(MIX_RANGE, resample_all(&out, &n, in, 10, 8000, 3999), "to 3999");
	CHECK_INT(MIX_RANGE, resample_all(&out, &n, in, 10, 192001, 8000), "from 192001");
	CHECK_INT(MIX_RANGE, resample_all(&out, &n, in, 0, 8000, 8000), "no sound");
	CHECK_INT(MIX_RANGE, resample_alloc(&r, RATE_8K, RATE_8K), "nothing to do");
	CHECK(!out && !r, "nothing was made");
}

TEST(allocation_failures_leave_nothing_behind)
{
	static const int16_t in[100];
	struct resample *r = NULL;
	int16_t *out = NULL;
	size_t n = 0;
	enum mix_err err = MIX_OK;

	STARVE(err, resample_alloc(&r, RATE_8K, RATE_48K), MIX_NOMEM);
	STARVE(err, resample_all(&out, &n, in, 100, 16000, 48000), MIX_NOMEM);
	free(out);
	CHECK(!resample_free(r) && !resample_free(NULL), "free returns NULL");
}

TESTS(speech_band_is_flat_between_all_rates, what_the_lower_rate_cannot_carry_does_not_fold_back,
	images_of_a_phone_stay_out_of_wideband, the_delay_is_short_and_stays_the_same,
	loud_sound_is_clipped_and_not_wrapped, reset_forgets_what_was_heard,
	a_whole_sound_keeps_its_length_place_and_level, absurd_rates_are_refused,
	allocation_failures_leave_nothing_behind)
