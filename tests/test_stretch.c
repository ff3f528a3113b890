/* links: mixer/stretch.c */
/* Splices that are not heard: measured against the naive cut of the same length at the same place. */
#include "mixer/stretch.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>
#include <stdbool.h>

enum { LONGEST = 48 * 200 };

static uint32_t noise_state;

static double noise(void)
{
	noise_state = noise_state * 1664525u + 1013904223u;
	return (double)(noise_state >> 8) / 8388608.0 - 1;
}

/* Sounds of amplitude 8000, from a moment in the middle of them. */
enum sound { TONE, VOWEL, HIGH_VOWEL, HISS, SILENCE };

static void make(enum sound sound, int16_t *pcm, size_t n, enum rate_class rate, double hz)
{
	double phase = 1;

	noise_state = 5;
	for (size_t i = 0; i < n; i++) {
		double t = (double)i / rate_hz(rate), y = 0;
		/* a voice glides by a third of an octave in a second, and flutters */
		double pitch = sound == TONE ? hz : hz * (1 + 0.25 * t) * (1 + 0.01 * sin(2 * M_PI * 5 * t));

		phase += 2 * M_PI * pitch / rate_hz(rate);
		if (sound == TONE) {
			y = sin(phase);
		} else if (sound == VOWEL || sound == HIGH_VOWEL) {
			for (int h = 1; h <= 30 && h * pitch < 3400; h++) /* formants at 700 and 1200 Hz */
				y += sin(h * phase + h * h) *
				     (exp(-pow((h * pitch - 700) / 200, 2)) +
					     0.6 * exp(-pow((h * pitch - 1200) / 250, 2)) + 0.1 / h);
			y = y * 0.4 + noise() * 0.01;
		} else if (sound == HISS) {
			y = noise();
		}
		pcm[i] = (int16_t)lrint(8000 * y);
	}
}

/* The sharpest corner: largest second difference of the sound. */
static double corner(const int16_t *pcm, size_t n)
{
	double most = 0;

	for (size_t i = 2; i < n; i++) {
		double d = fabs((double)pcm[i] - 2.0 * pcm[i - 1] + pcm[i - 2]);

		most = d > most ? d : most;
	}
	return most;
}

/* Distance of two power spectra in 100 Hz bands up to 3.4 kHz, dB RMS. */
static double distance_db(const int16_t *a, const int16_t *b, size_t n, enum rate_class rate)
{
	double sum = 0;
	int bands = 0;

	for (double hz = 150; hz < 3400; hz += 100, bands++) {
		double level[2];

		for (int w = 0; w < 2; w++) {
			const int16_t *x = w ? b : a;
			double re = 0, im = 0;

			for (size_t i = 0; i < n; i++) {
				double v = x[i] * (0.5 - 0.5 * cos(2 * M_PI * (double)i / (double)n)),
				       p = 2 * M_PI * hz * (double)i / rate_hz(rate);

				re += v * cos(p);
				im += v * sin(p);
			}
			level[w] = 10 * log10((re * re + im * im) / ((double)n * (double)n) + 1);
		}
		sum += (level[0] - level[1]) * (level[0] - level[1]);
	}
	return sqrt(sum / bands);
}

TEST(voiced_sound_is_spliced_without_a_corner)
{
	static const struct {
		const char *story;
		enum sound sound;
		double hz;
	} cases[] = { { "tone of 440 Hz", TONE, 440 }, { "tone of 1004 Hz", TONE, 1004 },
		{ "tone of 2100 Hz", TONE, 2100 }, { "man, 95 Hz", VOWEL, 95 }, { "man, 130 Hz", VOWEL, 130 },
		{ "woman, 210 Hz", HIGH_VOWEL, 210 }, { "child, 320 Hz", HIGH_VOWEL, 320 } };
	double worst_gain = 1e9;

	for (size_t i = 0; i < 2 * RATES * sizeof(cases) / sizeof(*cases); i++) {
		size_t which = i / (2 * RATES);
		enum rate_class rate = (enum rate_class)(i % RATES);
		bool add = i / RATES % 2;
		size_t ms = rate_hz(rate) / 1000, n = 150 * ms, at = 60 * ms, have = 40 * ms, lag;
		int16_t whole[LONGEST], naive[LONGEST], ours[LONGEST];
		double limit, off_naive, off_ours;

		make(cases[which].sound, whole, n, rate, cases[which].hz);
		memcpy(ours, whole, sizeof(ours));
		lag = add ? stretch_add(ours + at, have, 15 * ms, rate, 70)
			  : stretch_cut(ours + at, have, 15 * ms, rate, 70);
		CHECK(lag >= ms * 5 / 2 && lag <= 15 * ms, "%s: %zu samples", cases[which].story, lag);
		/* The comparison cuts or doubles 9.1 ms, as one does who does not look. */
		memcpy(naive, whole, sizeof(naive));
		size_t blind = 91 * ms / 10;
		if (add) {
			memmove(ours + at + have + lag, whole + at + have, (n - at - have - lag) * 2);
			memcpy(naive + at + blind, whole + at, (n - at - blind) * 2);
		} else {
			memmove(ours + at + have - lag, whole + at + have, (n - at - have) * 2);
			memcpy(naive + at, whole + at + blind, (n - at - blind) * 2);
		}
		limit = corner(whole, n - 20 * ms);
		off_ours = distance_db(whole + at - 10 * ms, ours + at - 10 * ms, 30 * ms, rate);
		off_naive = distance_db(whole + at - 10 * ms, naive + at - 10 * ms, 30 * ms, rate);
		if (getenv("STRETCH_TELL"))
			printf("%-16s %s %5u Hz: lag %5.2f ms; sharpest corner %5.0f, spliced %5.0f, naive "
			       "%5.0f; "
			       "spectrum off %4.1f dB, naive %4.1f dB\n",
				cases[which].story, add ? "add" : "cut", rate_hz(rate),
				(double)lag / (double)ms, limit, corner(ours, n - 20 * ms),
				corner(naive, n - 20 * ms), off_ours, off_naive);
		CHECK(corner(ours, n - 20 * ms) <= 1.1 * limit + 2,
			"%s: corner of %.0f where %.0f was the sharpest", cases[which].story,
			corner(ours, n - 20 * ms), limit);
		worst_gain = off_naive - off_ours < worst_gain ? off_naive - off_ours : worst_gain;
		CHECK(off_ours < 8, "%s: spectrum off by %.1f dB", cases[which].story, off_ours);
		CHECK(off_ours < off_naive, "%s: %.1f dB against the naive %.1f", cases[which].story,
			off_ours, off_naive);
	}
}

TEST(a_tone_stays_one_tone)
{
	/* Phase at the splice: what a straight continuation would have, against what is there, as SNR. */
	for (double hz = 300; hz < 3300; hz += 137) {
		int16_t pcm[1200];
		double re = 0, im = 0, err = 0, sig = 0;
		size_t lag;

		make(TONE, pcm, 1200, RATE_8K, hz);
		lag = stretch_cut(pcm + 400, 320, 120, RATE_8K, 70);
		CHECK(lag > 0, "%.0f Hz", hz);
		for (size_t i = 0; i < 400; i++) { /* the tone before, followed through the splice */
			re += pcm[i] * cos(2 * M_PI * hz * (double)i / 8000);
			im += pcm[i] * sin(2 * M_PI * hz * (double)i / 8000);
		}
		for (size_t i = 400; i < 720 - lag; i++) {
			double a = atan2(im, re), want = 8000 * cos(2 * M_PI * hz * (double)i / 8000 - a);

			err += (pcm[i] - want) * (pcm[i] - want);
			sig += want * want;
		}
		if (getenv("STRETCH_TELL"))
			printf("%.0f Hz: cut %zu samples, SNR %.1f dB\n", hz, lag, 10 * log10(sig / err));
		CHECK(10 * log10(sig / err) > 20, "%.0f Hz: SNR %.1f dB", hz, 10 * log10(sig / err));
	}
}

TEST(noise_keeps_its_power)
{
	for (unsigned rate = 0; rate < RATES; rate++) {
		size_t ms = rate_hz((enum rate_class)rate) / 1000;
		int16_t pcm[LONGEST];
		double in = 0, out = 0;

		for (unsigned turn = 0; turn < 40; turn++) {
			make(HISS, pcm, LONGEST, (enum rate_class)rate, 0);
			int16_t *p = pcm + turn * ms;

			CHECK_INT(
				0, stretch_cut(p, 40 * ms, 15 * ms, (enum rate_class)rate, 70), "not alike");
			for (size_t i = 0; i < 5 * ms; i++)
				in += (double)p[i + 20 * ms] * p[i + 20 * ms];
			CHECK_INT(
				15 * ms, stretch_cut(p, 40 * ms, 15 * ms, (enum rate_class)rate, 0), "pause");
			for (size_t i = 0; i < 5 * ms; i++)
				out += (double)p[i] * p[i];
		}
		CHECK(fabs(10 * log10(out / in)) < 0.7, "power in the blend off by %.2f dB",
			10 * log10(out / in));
	}
}

TEST(lengths_are_kept)
{
	static const struct {
		const char *story;
		size_t n, most, want;
	} cases[] = {
		{ "silence is cut by all that may go", 320, 77, 77 },
		{ "at most 15 ms", 320, 300, 120 },
		{ "too little sound", 50, 120, 0 },
		{ "too little wanted", 320, 19, 0 },
		{ "nothing", 0, 0, 0 },
		{ "as much as the sound allows", 100, 120, 60 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int16_t pcm[600];

		for (unsigned alike = 0; alike < 101; alike += 50) {
			memset(pcm, 0, sizeof(pcm));
			pcm[cases[i].n + cases[i].want] = 1234; /* not to be touched */
			CHECK_INT(cases[i].want, stretch_cut(pcm, cases[i].n, cases[i].most, RATE_8K, alike),
				cases[i].story);
			CHECK_INT(cases[i].want, stretch_add(pcm, cases[i].n, cases[i].most, RATE_8K, alike),
				cases[i].story);
			CHECK_INT(1234, pcm[cases[i].n + cases[i].want], cases[i].story);
		}
	}
}

TEST(what_follows_is_unchanged)
{
	int16_t pcm[1000], before[1000];
	size_t lag;

	make(VOWEL, before, 1000, RATE_8K, 120);
	memcpy(pcm, before, sizeof(pcm));
	lag = stretch_cut(pcm, 320, 120, RATE_8K, 70);
	CHECK(lag > 0 && memcmp(pcm + 40, before + 40 + lag, (280 - lag) * 2) == 0,
		"after the blend, later sound");
	memcpy(pcm, before, sizeof(pcm));
	lag = stretch_add(pcm, 320, 120, RATE_8K, 70);
	CHECK(lag > 0 && memcmp(pcm, before, lag * 2) == 0, "up to the splice, the same");
	CHECK(memcmp(pcm + lag + 40, before + 40, 280 * 2) == 0, "after it, from the beginning again");
}

TESTS(voiced_sound_is_spliced_without_a_corner, a_tone_stays_one_tone, noise_keeps_its_power,
	lengths_are_kept, what_follows_is_unchanged)
