/* links: mixer/limit.c mixer/err.c */
#include "mixer/limit.h"

#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

enum { FRAMES = 50, N_MAX = FRAMES * FRAME_MAX };

static void run(enum rate_class rate, const int32_t *sum, int16_t *out)
{
	struct limit l;
	size_t n = frame_samples(rate);

	limit_init(&l, rate);
	for (size_t i = 0; i < FRAMES; i++)
		limit_frame(&l, rate, sum + i * n, out + i * n);
}

static double sine_at(size_t i, double hz, double rate)
{
	return sin(2 * M_PI * hz * (double)i / rate);
}

TEST(below_the_ceiling_it_is_the_input_5_ms_ago_to_the_bit)
{
	static int32_t sum[N_MAX];
	static int16_t out[N_MAX];

	for (enum rate_class rate = 0; rate < RATES; rate++) {
		size_t n = FRAMES * frame_samples(rate), late = rate_hz(rate) / 1000 * LIMIT_LOOK_MS;
		srand(7);
		for (size_t i = 0; i < n; i++)
			sum[i] = rand() % (2 * LIMIT_CEILING + 1) - LIMIT_CEILING;
		sum[n / 2] = LIMIT_CEILING; /* the very ceiling is still transparent */
		sum[n / 2 + 1] = -LIMIT_CEILING;
		run(rate, sum, out);
		for (size_t i = 0; i < n; i++)
			CHECK_INT(i < late ? 0 : sum[i - late], out[i], "sample");
	}
}

TEST(sixty_four_full_scale_talkers_neither_wrap_nor_clip)
{
	static int32_t sum[N_MAX];
	static int16_t out[N_MAX];
	static const char *const stories[] = { "all in phase", "64 tones", "noise", "square", "single peaks",
		"extremes" };

	for (enum rate_class rate = 0; rate < RATES; rate++) {
		size_t n = FRAMES * frame_samples(rate), late = rate_hz(rate) / 1000 * LIMIT_LOOK_MS;
		for (unsigned kind = 0; kind < 6; kind++) {
			srand(3);
			for (size_t i = 0; i < n; i++) {
				double s = 0;
				if (kind == 0)
					s = 64 * sine_at(i, 440, rate_hz(rate));
				for (unsigned k = 0; kind == 1 && k < 64; k++)
					s += sine_at(i, 100 + 47 * k, rate_hz(rate));
				for (unsigned k = 0; kind == 2 && k < 64; k++)
					s += rand() % 2 ? 1 : -1;
				if (kind == 3)
					s = i / 20 % 2 ? 64 : -64;
				if (kind == 4)
					s = i % 997 == 0 ? 64 : 0;
				sum[i] = kind == 5 ? (rand() % 3 ? INT32_MIN : INT32_MAX)
						   : (int32_t)lrint(32767 * s);
			}
			run(rate, sum, out);
			for (size_t i = late; i < n; i++) {
				CHECK(abs(out[i]) <= LIMIT_CEILING + 1, "%s: %d at %zu", stories[kind],
					out[i], i);
				/* Wrapped is: the wrong sign. */
				CHECK((out[i] >= 0) == (sum[i - late] >= 0) || out[i] == 0, "%s: sign at %zu",
					stories[kind], i);
			}
		}
	}
}

TEST(gain_falls_before_the_peak_and_comes_back)
{
	/* A quiet tone with one burst in it: before, the same to the bit; during, at the ceiling; a second
	 * later, the same again. */
	enum { BEGIN = 8000 * 2 / 10, END = 8000 * 3 / 10, N = 8000 };
	static int32_t sum[N];
	static int16_t out[N];
	size_t late = 40;

	for (size_t i = 0; i < N; i++)
		sum[i] = (int32_t)lrint((i >= BEGIN && i < END ? 200000 : 3000) * sine_at(i, 500, 8000));
	run(RATE_8K, sum, out);
	for (size_t i = late; i < BEGIN - late; i++)
		CHECK_INT(sum[i - late], out[i], "before the burst");
	int peak = 0;
	for (size_t i = BEGIN + late; i < END + late; i++)
		peak = abs(out[i]) > peak ? abs(out[i]) : peak;
	CHECK_NEAR(LIMIT_CEILING, peak, 700, "the burst is at the ceiling");
	for (size_t i = 1; i < N; i++) /* 500 Hz at the ceiling moves by 12,600 a sample */
		CHECK(abs(out[i] - out[i - 1]) < 13000, "a click at %zu", i);
	int after = 0;
	for (size_t i = END + late + 80; i < END + late + 160; i++)
		after = abs(out[i]) > after ? abs(out[i]) : after;
	CHECK(after < 1500, "10 ms after the burst the gain is still low: %d", after);
	for (size_t i = N - 800; i < N; i++)
		CHECK_INT(sum[i - late], out[i], "transparent again");
}

TEST(a_steady_overload_stays_a_clean_tone)
{
	/* 6 dB too loud: what a clipper would turn into harmonics.  A low voice's wave is longer than
	 * the look-ahead, and gain must not follow it. */
	static int32_t sum[N_MAX];
	static int16_t out[N_MAX];
	static const struct {
		double hz, most_db;
	} cases[] = { { 300, -50 }, { 75, -30 } };

	for (size_t k = 0; k < 2; k++) {
		double hz = cases[k].hz;
		for (size_t i = 0; i < 8000; i++)
			sum[i] = (int32_t)lrint(65000 * sine_at(i, hz, 8000));
		run(RATE_8K, sum, out);
		double harmonic[6] = { 0 };
		for (unsigned h = 1; h < 6; h++) {
			double re = 0, im = 0;
			for (size_t i = 4000; i < 8000; i++) {
				re += out[i] * cos(2 * M_PI * hz * h * (double)i / 8000);
				im += out[i] * sin(2 * M_PI * hz * h * (double)i / 8000);
			}
			harmonic[h] = 10 * log10(re * re + im * im + 1);
		}
		for (unsigned h = 2; h < 6; h++)
			CHECK(harmonic[h] < harmonic[1] + cases[k].most_db, "%.0f Hz, harmonic %u at %.1f dB",
				hz, h, harmonic[h] - harmonic[1]);
	}
}

TEST(a_copy_goes_on_without_a_seam)
{
	struct limit a, b;
	int32_t sum[160];
	int16_t out_a[160], out_b[160];

	limit_init(&a, RATE_8K);
	for (unsigned frame = 0; frame < 10; frame++) {
		for (size_t i = 0; i < 160; i++)
			sum[i] = (int32_t)lrint(90000 * sine_at(frame * 160 + i, 333, 8000));
		limit_frame(&a, RATE_8K, sum, out_a);
		if (frame > 5) {
			limit_frame(&b, RATE_8K, sum, out_b);
			CHECK(memcmp(out_a, out_b, sizeof(out_a)) == 0, "frame %u", frame);
		}
		if (frame == 5)
			b = a;
	}
}

TESTS(below_the_ceiling_it_is_the_input_5_ms_ago_to_the_bit,
	sixty_four_full_scale_talkers_neither_wrap_nor_clip, gain_falls_before_the_peak_and_comes_back,
	a_steady_overload_stays_a_clean_tone, a_copy_goes_on_without_a_seam)
