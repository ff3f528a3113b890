/* links: mixer/agc.c mixer/mix.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/resample.c mixer/level.c mixer/err.c mixer/lull.c tests/speech.c */
#include "mixer/agc.h"

#include "mixer/frame.h"
#include "mixer/mix.h"
#include "tests/speech.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

struct leg {
	struct talk talk;
	struct agc agc;
	int32_t gain;
	int32_t least, most; /* gains seen */
};

static struct leg fresh(void)
{
	struct leg leg = { .gain = GAIN_UNITY, .least = INT32_MAX };

	talk_init(&leg.talk);
	agc_init(&leg.agc);
	return leg;
}

static uint8_t run_frame(struct leg *leg, const int16_t *in, int16_t *out)
{
	int32_t sum[160] = { 0 };
	uint8_t dbov = level_dbov(in, 160);
	int32_t to;

	talk_frame(&leg->talk, dbov);
	to = agc_frame(&leg->agc, &leg->talk, dbov);
	mix_add(sum, NULL, in, 160, (struct ramp){ leg->gain, to });
	for (unsigned i = 0; i < 160; i++)
		out[i] = (int16_t)(sum[i] > 32767 ? 32767 : sum[i] < -32768 ? -32768 : sum[i]);
	leg->gain = to;
	leg->least = to < leg->least ? to : leg->least;
	leg->most = to > leg->most ? to : leg->most;
	return dbov;
}

static void run(struct leg *leg, const int16_t *in, int16_t *out, size_t n)
{
	for (size_t i = 0; i + 160 <= n; i += 160)
		run_frame(leg, in + i, out + i);
}

static const char *const prompts[] = { "demo-instruct.g722", "priv-callee-options.g722",
	"conf-adminmenu-18.g722", "vm-options.g722", "basic-pbx-ivr-main.g722", "demo-congrats.g722" };

static struct speech prompt(unsigned i, unsigned seconds)
{
	char path[200];

	snprintf(path, sizeof(path), "%s%s", SPEECH_FOLDER, prompts[i]);
	return speech_load(path, seconds);
}

TEST(voices_come_to_one_level_within_three_seconds)
{
	static const double levels[] = { -41, -36, -26, -16, -12 };
	static int16_t in[10 * 8000], out[10 * 8000];
	double worst = 0;

	for (unsigned i = 0; i < sizeof(prompts) / sizeof(*prompts); i++) {
		struct speech s = prompt(i, 10);

		CHECK(s.n > 8 * 8000, "%s is there", prompts[i]);
		for (size_t k = 0; k < sizeof(levels) / sizeof(*levels); k++) {
			struct leg leg = fresh();
			double got;

			speech_scale(&s, levels[k]);
			memcpy(in, s.pcm, s.n * sizeof(*in));
			speech_add_noise(&(struct speech){ in, s.n }, -62, 1);
			run(&leg, in, out, s.n);
			got = active_level(out + 3 * 8000, s.n - 3 * 8000);
			worst = fmax(worst, fabs(got + 26));
			CHECK(fabs(got + 26) <= 2, "%s at %.0f dBov comes out at %.1f (its own: %.1f)",
				prompts[i], levels[k], got, active_level(s.pcm + 3 * 8000, s.n - 3 * 8000));
		}
		free(s.pcm);
	}
	print_message("worst %.2f dB off -26 dBov, P.56, after 3 s\n", worst);
}

TEST(the_gain_is_bounded_and_smooth)
{
	struct speech s = prompt(4, 20);
	struct leg leg = fresh();
	int16_t out[160];
	double step = 0;

	speech_scale(&s, -52);
	for (size_t i = 0; i < s.n; i += 160) {
		double before = leg.agc.gain_db;

		run_frame(&leg, s.pcm + i, out);
		step = fmax(step, fabs(leg.agc.gain_db - before));
	}
	CHECK(leg.most <= lround(GAIN_UNITY * pow(10, 15 / 20.0)), "whispers: at most 15 dB");
	CHECK(step <= 0.51, "at most half a dB a frame, %.2f", step);
	CHECK_INT(15, agc_gain_db(&leg.agc), "and says so");
	free(s.pcm);
	s = prompt(4, 20);
	leg = fresh();
	speech_scale(&s, -8);
	for (size_t i = 0; i < s.n; i += 160)
		run_frame(&leg, s.pcm + i, out);
	CHECK(leg.least >= lround(GAIN_UNITY * pow(10, -15 / 20.0)) - 1 && leg.least < GAIN_UNITY / 4,
		"shouts: %d", leg.least);
	free(s.pcm);
}

static void tone(int16_t *out, size_t n, size_t at, double hz, double dbov)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (int16_t)lrint(
			32768 * sqrt(2) * pow(10, dbov / 20) * sin(2 * M_PI * hz * (double)(at + i) / 8000));
}

/* Tones, cadences and noise go through to the bit: their gain is never anything but 1. */
TEST(what_is_no_speech_is_not_touched)
{
	static const struct {
		const char *story;
		unsigned on, off; /* frames */
		double dbov, noise;
	} cases[] = {
		{ "a tone at -20", 1, 0, -20, 0 },
		{ "a tone at -40", 1, 0, -40, 0 },
		{ "a tone at -10", 1, 0, -10, 0 },
		{ "busy tone", 25, 25, -20, 0 },
		{ "ring tone", 50, 200, -35, 0 },
		{ "fast busy", 12, 12, -30, 0 },
		{ "keys in a row", 5, 5, -12, 0 },
		{ "a second of tone, a second of none", 50, 50, -40, 0 },
		{ "noise at -30", 1, 0, -90, -30 },
		{ "noise at -48", 1, 0, -90, -48 },
		{ "a tone in noise", 100, 30, -25, -50 },
		{ "bursts of tone in noise", 15, 15, -30, -50 },
	};

	srand(3);
	for (size_t c = 0; c < sizeof(cases) / sizeof(*cases); c++) {
		struct leg leg = fresh();

		for (unsigned i = 0; i < 50 * 60; i++) {
			struct speech frame;
			int16_t in[160] = { 0 }, out[160];

			if (i % (cases[c].on + cases[c].off) < cases[c].on)
				tone(in, 160, i * 160, 425, cases[c].dbov);
			frame = (struct speech){ in, 160 };
			if (cases[c].noise < 0)
				speech_add_noise(&frame, cases[c].noise, i + 1);
			run_frame(&leg, in, out);
			CHECK(leg.gain == GAIN_UNITY && memcmp(in, out, sizeof(in)) == 0, "%s, frame %u",
				cases[c].story, i);
		}
	}
}

TEST(most_music_is_not_touched)
{
	static const struct {
		const char *file;
		double most_db; /* drums alone go up and down as words do */
	} music[] = { { "macroform-robot_dity.wav", 0.1 }, { "reno_project-system.wav", 0.5 },
		{ "manolo_camp-morning_coffee.wav", 1 }, { "macroform-cold_day.wav", 1 } };

	for (size_t i = 0; i < sizeof(music) / sizeof(*music); i++) {
		struct leg leg = fresh();
		struct speech s;
		char path[200];
		double off;

		snprintf(path, sizeof(path), "%s%s", MUSIC_FOLDER, music[i].file);
		s = speech_load(path, 40);
		if (s.n == 0)
			continue;
		run(&leg, s.pcm, s.pcm, s.n);
		off = fmax(20 * log10(leg.most / 4096.0), -20 * log10(leg.least / 4096.0));
		CHECK(off <= music[i].most_db, "%s is moved by %.1f dB", music[i].file, off);
		free(s.pcm);
	}
}

/* A soft voice in a noisy place: words, then ten seconds of the place. */
TEST(pauses_and_noise_are_not_lifted)
{
	static const double noises[] = { -70, -60, -52 };

	for (size_t k = 0; k < 3; k++) {
		struct speech s = prompt(1, 14), pause;
		struct leg leg = fresh();
		int16_t *out = malloc(s.n * sizeof(*out));
		int16_t quiet[50 * 160] = { 0 };

		speech_scale(&s, -38);
		speech_add_noise(&s, noises[k], 7);
		run(&leg, s.pcm, out, s.n);
		CHECK(leg.agc.gain_db > (noises[k] > -55 ? 5 : 9), "the voice is lifted, by %.1f dB",
			leg.agc.gain_db);
		pause = (struct speech){ quiet, 50 * 160 };
		for (unsigned second = 0; second < 10; second++) {
			memset(quiet, 0, sizeof(quiet));
			speech_add_noise(&pause, noises[k], 100 + second);
			run(&leg, quiet, out, 50 * 160);
			if (second >= 1)
				CHECK_NEAR(
					noises[k], rms_level(out, 50 * 160), 0.3, "the noise is what it was");
		}
		CHECK(leg.gain == GAIN_UNITY, "no lift is left");
		run(&leg, s.pcm, out, s.n);
		CHECK_NEAR(noises[k] > -55 ? -30 : -26, active_level(out, s.n), noises[k] > -55 ? 3 : 2,
			"and the next words are loud at once");
		free(out);
		free(s.pcm);
	}
}

TEST(another_voice_on_the_same_phone)
{
	static const double levels[] = { -16, -38, -20, -34 };
	static int16_t out[20 * 8000];
	struct speech s = prompt(4, 20);
	struct leg leg = fresh();

	for (size_t k = 0; k < 4; k++) {
		speech_scale(&s, levels[k]);
		run(&leg, s.pcm, out, s.n);
		CHECK_NEAR(-26, active_level(out + 8 * 8000, s.n - 8 * 8000), 2.5, "within eight seconds");
	}
	free(s.pcm);
}

TEST(it_costs_next_to_nothing)
{
	struct speech s = prompt(4, 20);
	struct leg leg = fresh();
	struct timespec a, b;
	uint8_t levels[3000];
	int64_t sum = 0;
	double us;

	for (size_t i = 0; i < 3000; i++)
		levels[i] = level_dbov(s.pcm + i * 160 % (s.n - 160), 160);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	for (unsigned round = 0; round < 30; round++)
		for (size_t i = 0; i < 3000; i++) {
			talk_frame(&leg.talk, levels[i]);
			sum += agc_frame(&leg.agc, &leg.talk, levels[i]);
		}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	us = ((double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3) / 90000;
	print_message("%.3f us a frame, talk detection included (%lld)\n", us, (long long)(sum & 1));
	CHECK(us < 2, "%.3f us", us); /* ten times the budget: sanitizers and neighbours */
	free(s.pcm);
}

TESTS(voices_come_to_one_level_within_three_seconds, the_gain_is_bounded_and_smooth,
	what_is_no_speech_is_not_touched, most_music_is_not_touched, pauses_and_noise_are_not_lifted,
	another_voice_on_the_same_phone, it_costs_next_to_nothing)
