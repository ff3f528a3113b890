/* links: mixer/warp.c */
/* Sound at another pace: how clean it stays, how much it uses up, and that it looks no further than it says. */
#include "mixer/warp.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

static double sine(double hz, unsigned rate, double at)
{
	return 16000 * sin(2 * M_PI * hz / rate * at);
}

TEST(a_tone_stays_clean)
{
	/* The filter's own error; PCMU leaves 38 dB. */
	static const struct {
		double hz;
		unsigned rate;
		double snr_db;
	} cases[] = { { 300, 8000, 55 }, { 440, 8000, 50 }, { 1000, 8000, 48 }, { 2000, 8000, 50 },
		{ 2700, 8000, 36 }, { 3000, 8000, 28 }, { 3400, 8000, 12 }, { 1000, 16000, 50 },
		{ 5000, 16000, 33 }, { 1000, 48000, 50 }, { 10000, 48000, 40 } };
	static const int32_t ppbs[] = { 500000, -500000, 1000000, -1000000, 20000, -1600000 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (size_t k = 0; k < sizeof(ppbs) / sizeof(*ppbs); k++) {
			unsigned rate = cases[i].rate;
			size_t n = rate / 50, pos = 100, total = rate * 10;
			int16_t *in = calloc(total, sizeof(*in)), out[960];
			struct warp w = { 0 };
			double error = 0, power = 0, snr;

			for (size_t s = 0; s < total; s++)
				in[s] = (int16_t)lrint(sine(cases[i].hz, rate, (double)s));
			while (pos + n + 2 < total) {
				size_t need = warp_need(&w, n, ppbs[k]);
				double at = (double)pos - WARP_DELAY + w.at;

				warp_frame(&w, in + pos, out, n, ppbs[k]);
				for (size_t s = 0; s < n; s++) {
					double want = sine(
						cases[i].hz, rate, at + (double)s * (1 + ppbs[k] * 1e-9));

					error += (out[s] - want) * (out[s] - want);
					power += want * want;
				}
				pos += need;
			}
			free(in);
			snr = 10 * log10(power / error);
			if (getenv("WARP_TELL") && k == 0)
				printf("%5.0f Hz at %5u: SNR %.1f dB\n", cases[i].hz, rate, snr);
			CHECK(snr >= cases[i].snr_db, "%.0f Hz at %u, %d ppb: %.1f dB", cases[i].hz, rate,
				ppbs[k], snr);
		}
}

TEST(it_uses_up_what_it_says)
{
	static const int32_t ppbs[] = { 0, 500000, -500000, 1600000, -1600000, 1 };
	static const size_t frames[] = { 80, 160, 320, 960 };

	for (size_t i = 0; i < 2 * 4 * 6; i++) {
		int32_t ppb = ppbs[i / 2 % 6];
		size_t n = frames[i / 12], used = 0;
		struct warp w = { 0 };

		for (unsigned k = 0; k < 2000; k++) {
			size_t need = warp_need(&w, n, ppb);
			/* as long as it must be, for the sanitizer to see a look beyond */
			int16_t *in = calloc(WARP_PAST + need, sizeof(*in)), *out = calloc(n, sizeof(*out));

			CHECK(need + 2 >= n && need <= n + 2, "%zu for %zu", need, n);
			if (i % 2)
				warp_frame(&w, in + WARP_PAST, out, n, ppb);
			else
				warp_pass(&w, n, ppb);
			CHECK(w.at >= 0 && w.at < 1, "%f", w.at);
			used += need;
			free(in);
			free(out);
		}
		CHECK(fabs((double)used - 2000.0 * (double)n * (1 + ppb * 1e-9)) <= 1.0,
			"%zu of %zu frames of %zu, %d ppb", used, (size_t)2000, n, ppb);
	}
}

TEST(at_its_own_pace_it_is_the_input)
{
	int16_t in[WARP_PAST + 160], out[160];
	struct warp w = { 0 };

	for (size_t i = 0; i < WARP_PAST + 160; i++)
		in[i] = (int16_t)(i * 7919);
	CHECK(warp_idle(&w, 0) && !warp_idle(&w, 1), "idle");
	warp_frame(&w, in + WARP_PAST, out, 160, 0);
	for (size_t i = 0; i < 160; i++)
		CHECK(abs(out[i] - in[WARP_PAST - WARP_DELAY + i]) <= 1, "sample %zu: %d", i, out[i]);
	CHECK(warp_idle(&w, 0), "still");
}

TEST(full_scale_does_not_wrap)
{
	int16_t in[WARP_PAST + 170], out[160];
	struct warp w = { .at = 0.5 };

	for (size_t i = 0; i < WARP_PAST + 170; i++)
		in[i] = i / 7 % 2 ? INT16_MAX : INT16_MIN;
	warp_frame(&w, in + WARP_PAST, out, 160, 100000);
	for (size_t i = 2; i < 150; i++) { /* a square wave: flat tops, no sign other than its own there */
		size_t s = i + WARP_PAST - WARP_DELAY;

		if (s % 7 >= 2 && s % 7 <= 4)
			CHECK((out[i] > 20000) == (in[s] > 0) && (out[i] < -20000) == (in[s] < 0), "%zu: %d",
				i, out[i]);
	}
}

TESTS(a_tone_stays_clean, it_uses_up_what_it_says, at_its_own_pace_it_is_the_input, full_scale_does_not_wrap)
