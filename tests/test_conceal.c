/* links: mixer/conceal.c mixer/err.c */
#include "mixer/conceal.h"

#include "tests/starve.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

enum { SOUND_MAX = 16000 * 4 };

static struct conceal *conceal_of(enum rate_class rate)
{
	struct conceal *c = NULL;

	CHECK_INT(MIX_OK, conceal_alloc(&c, RATE_16K), "alloc");
	conceal_rate(c, rate);
	return c;
}

/* A voice of one pitch: harmonics that fall off, in syllables when `syllables` is set. */
static void voice(int16_t *pcm, size_t n, double pitch_hz, double rate, bool syllables)
{
	for (size_t i = 0; i < n; i++) {
		double sum = 0, t = (double)i / rate;
		double pitch = syllables ? pitch_hz * (1 + 0.05 * sin(2 * M_PI * 0.7 * t)) : pitch_hz;
		for (unsigned h = 1; h * pitch_hz < 3400; h++)
			sum += sin(2 * M_PI * pitch * h * t + h * h) / (1 + 0.3 * h);
		double loud = syllables ? 0.55 + 0.45 * sin(2 * M_PI * 3.1 * t) : 1;
		pcm[i] = (int16_t)lrint(3000 * sum * loud);
	}
}

static double power(const int16_t *pcm, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)pcm[i] * pcm[i];
	return sum / (double)n;
}

static int jump(const int16_t *pcm, size_t from, size_t to)
{
	int most = 0;

	for (size_t i = from; i < to; i++) {
		int step = abs(pcm[i] - pcm[i - 1]);
		most = step > most ? step : most;
	}
	return most;
}

TEST(a_steady_voice_goes_on_as_if_nothing_was_lost)
{
	static const double pitches[] = { 70, 85, 110, 140, 190 };
	static int16_t real[SOUND_MAX], out[SOUND_MAX];

	for (enum rate_class rate = RATE_8K; rate <= RATE_16K; rate++) {
		for (size_t p = 0; p < sizeof(pitches) / sizeof(*pitches); p++) {
			size_t n = frame_samples(rate), lost = 10;
			struct conceal *c = conceal_of(rate);
			voice(real, 20 * n, pitches[p], rate_hz(rate), false);
			memcpy(out, real, sizeof(out));
			for (size_t f = 0; f < 20; f++) {
				if (f == lost)
					conceal_fill(c, out + f * n, n);
				else
					conceal_good(c, out + f * n, n);
			}
			double error = 0; /* over the first 10 ms, which are at full level */
			for (size_t i = lost * n; i < lost * n + n / 2; i++)
				error += (double)(out[i] - real[i]) * (out[i] - real[i]);
			double snr =
				10 * log10(power(real + lost * n, n / 2) / (error / ((double)n / 2) + 1));
			CHECK(snr > 6, "%.0f Hz at %u: %.1f dB", pitches[p], rate_hz(rate), snr);
			CHECK(jump(out, lost * n - 4, (lost + 2) * n) <= jump(real, 1, 20 * n) * 3 / 2,
				"a click at %.0f Hz", pitches[p]);
			CHECK(memcmp(out, real, lost * n * sizeof(*out)) == 0, "good sound is not touched");
			CHECK(memcmp(out + (lost + 2) * n, real + (lost + 2) * n, n * sizeof(*out)) == 0,
				"nor the second frame after the gap");
			conceal_free(c);
		}
	}
}

TEST(made_up_sound_begins_where_real_sound_ended)
{
	/* A slow swing under the voice: one period ago the wave was elsewhere. */
	static int16_t pcm[SOUND_MAX];

	for (enum rate_class rate = RATE_8K; rate <= RATE_16K; rate++) {
		for (size_t extra = 0; extra < 100; extra += 9) { /* wherever in the swing */
			struct conceal *c = conceal_of(rate);
			size_t n = frame_samples(rate), end = 10 * n + extra;
			for (size_t i = 0; i < end; i++) {
				double t = 2 * M_PI * (double)i / rate_hz(rate);
				pcm[i] = (int16_t)lrint(8000 * sin(25 * t) + 1000 * sin(180 * t));
			}
			conceal_good(c, pcm, end);
			conceal_fill(c, pcm + end, n);
			int step = jump(pcm, end, end + n), usual = jump(pcm, 1, end);
			CHECK(step <= 3 * usual, "a step of %d where %d is usual", step, usual);
			conceal_free(c);
		}
	}
}

TEST(every_second_packet_is_enough_for_a_steady_voice)
{
	static int16_t real[SOUND_MAX], out[SOUND_MAX];

	for (enum rate_class rate = RATE_8K; rate <= RATE_16K; rate++) {
		size_t n = frame_samples(rate) / 2; /* ptime 10: what was made up becomes history */
		struct conceal *c = conceal_of(rate);
		double error = 0, signal = 0;
		voice(real, 60 * n, 125, rate_hz(rate), false);
		memcpy(out, real, sizeof(out));
		for (size_t f = 0; f < 60; f++) {
			if (f < 10 || f % 2)
				conceal_good(c, out + f * n, n);
			else
				conceal_fill(c, out + f * n, n);
			for (size_t i = f * n; f >= 20 && i < (f + 1) * n; i++) {
				error += (double)(out[i] - real[i]) * (out[i] - real[i]);
				signal += (double)real[i] * real[i];
			}
		}
		CHECK(10 * log10(signal / error) > 10, "%.1f dB", 10 * log10(signal / error));
		conceal_free(c);
	}
}

TEST(a_long_loss_fades_out_in_60_ms)
{
	static int16_t pcm[SOUND_MAX];

	for (enum rate_class rate = RATE_8K; rate <= RATE_16K; rate++) {
		size_t ms = rate_hz(rate) / 1000, n = frame_samples(rate);
		struct conceal *c = conceal_of(rate);
		voice(pcm, 10 * n, 120, rate_hz(rate), false);
		double before = power(pcm, 10 * n), last = 2 * before;
		conceal_good(c, pcm, 10 * n);
		for (size_t f = 0; f < 10; f++)
			conceal_fill(c, pcm + f * n, n);
		CHECK_NEAR(0, 10 * log10(power(pcm, 10 * ms) / before), 2, "whole for 10 ms");
		for (size_t at = 0; at < 60; at += 20) {
			double now = power(pcm + at * ms, 20 * ms);
			CHECK(now < last, "falls, %zu ms", at);
			last = now;
		}
		CHECK(power(pcm + 20 * ms, 20 * ms) > before / 20, "still there after 20 ms");
		for (size_t i = 60 * ms; i < 200 * ms; i++)
			CHECK_INT(0, pcm[i], "silent after 60 ms");

		voice(pcm, n, 120, rate_hz(rate), false);
		pcm[0] = 9000;
		conceal_good(c, pcm, n);
		CHECK(abs(pcm[0]) < 2000, "real sound comes back softly, not with a crack: %d", pcm[0]);
		conceal_free(c);
	}
}

/* Mean distance of the spectra of what was lost and what was made for it, in dB, 100 Hz apart. */
static double distance(const int16_t *lost, const int16_t *made, size_t n, double rate)
{
	double sum = 0;
	unsigned count = 0;

	for (double hz = 100; hz < 3500; hz += 100, count++) {
		double at[2] = { 0, 0 };
		for (unsigned which = 0; which < 2; which++) {
			double re = 0, im = 0;
			for (size_t i = 0; i < n; i++) {
				double window = 0.5 - 0.5 * cos(2 * M_PI * (double)i / (double)n);
				double x = window * (which ? made : lost)[i];
				re += x * cos(2 * M_PI * hz * (double)i / rate);
				im += x * sin(2 * M_PI * hz * (double)i / rate);
			}
			at[which] = 10 * log10(re * re + im * im + 1e5);
		}
		sum += (at[0] - at[1]) * (at[0] - at[1]);
	}
	return sqrt(sum / count);
}

TEST(bursts_of_loss_sound_better_than_silence)
{
	static int16_t real[SOUND_MAX], out[SOUND_MAX];
	static const int16_t nothing[320];

	for (enum rate_class rate = RATE_8K; rate <= RATE_16K; rate++) {
		for (unsigned burst = 1; burst <= 3; burst++) {
			size_t n = frame_samples(rate), frames = 150, left = 0;
			double made = 0, silent = 0;
			unsigned count = 0;
			struct conceal *c = conceal_of(rate);
			srand(burst);
			voice(real, frames * n, 105, rate_hz(rate), true);
			memcpy(out, real, sizeof(out));
			for (size_t f = 0; f < frames; f++) {
				if (f > 5 && left == 0 && rand() % 10 == 0)
					left = burst;
				if (left == 0) {
					conceal_good(c, out + f * n, n);
					continue;
				}
				left--;
				conceal_fill(c, out + f * n, n);
				made += distance(real + f * n, out + f * n, n, rate_hz(rate));
				silent += distance(real + f * n, nothing, n, rate_hz(rate));
				count++;
			}
			CHECK(count > 5, "%u frames lost", count);
			CHECK(made < 0.7 * silent, "burst of %u at %u: %.1f dB, silence %.1f", burst,
				rate_hz(rate), made / count, silent / count);
			conceal_free(c);
		}
	}
}

TEST(any_length_is_filled_and_not_a_sample_more)
{
	static int16_t pcm[2000], good[320];

	for (enum rate_class rate = RATE_8K; rate <= RATE_16K; rate++) {
		for (size_t n = 1; n < 1000; n += n < 50 ? 1 : 97) {
			struct conceal *c = conceal_of(rate);
			voice(good, 320, 100, rate_hz(rate), false);
			conceal_good(c, good, 320);
			pcm[n] = 4711;
			conceal_fill(c, pcm, n); /* SpanDSP's writes 40 samples where 8 were asked for */
			CHECK_INT(4711, pcm[n], "the sample after");
			conceal_fill(c, pcm, n);
			CHECK_INT(4711, pcm[n], "the sample after, again");
			conceal_good(c, pcm, n);
			CHECK_INT(4711, pcm[n], "the sample after, in good sound");
			conceal_free(c);
		}
	}
}

TEST(extremes_do_not_wrap)
{
	static int16_t pcm[320];
	struct conceal *c = conceal_of(RATE_8K);

	for (size_t i = 0; i < 320; i++)
		pcm[i] = (int16_t)(INT16_MAX -
				   (i == 200 ? 40000 : 0)); /* full scale, and one step down and up */
	conceal_good(c, pcm, 320);
	conceal_fill(c, pcm, 80);
	unsigned negative = 0;
	for (size_t i = 0; i < 80; i++)
		negative += pcm[i] < 0;
	CHECK(negative <= 2, "%u samples have the wrong sign", negative); /* the step may repeat */
	conceal_free(c);
	c = conceal_of(RATE_8K);
	conceal_fill(c, pcm, 160);
	for (size_t i = 0; i < 160; i++)
		CHECK_INT(0, pcm[i], "loss before any sound is silence");
	conceal_rate(c, RATE_16K);
	conceal_fill(c, pcm, 320);
	for (size_t i = 0; i < 320; i++)
		CHECK_INT(0, pcm[i], "and so it is after a change of rate");
	conceal_free(c);
}

TEST(allocation_failures_leave_nothing_behind)
{
	struct conceal *c = NULL;
	enum mix_err err = MIX_OK;

	STARVE(err, conceal_alloc(&c, RATE_16K), MIX_NOMEM);
	CHECK(!conceal_free(c) && !conceal_free(NULL), "free returns NULL");
}

TESTS(a_steady_voice_goes_on_as_if_nothing_was_lost, made_up_sound_begins_where_real_sound_ended,
	every_second_packet_is_enough_for_a_steady_voice, a_long_loss_fades_out_in_60_ms,
	bursts_of_loss_sound_better_than_silence, any_length_is_filled_and_not_a_sample_more,
	extremes_do_not_wrap, allocation_failures_leave_nothing_behind)
