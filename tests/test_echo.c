/* links: mixer/echo.c mixer/mix.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/resample.c mixer/level.c mixer/err.c mixer/lull.c tests/speech.c */
#include "mixer/echo.h"

#include "mixer/level.h"
#include "mixer/mix.h"
#include "tests/speech.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

enum { SECONDS = 25, N = SECONDS * 8000 };

static int16_t far_[N], near_[N]; /* two talkers */

static void load(const char *name, int16_t *out)
{
	char path[200];
	struct speech s;

	snprintf(path, sizeof(path), SPEECH_FOLDER "%s.g722", name);
	s = speech_load(path, SECONDS);
	CHECK(s.n > 0, "%s is there", name);
	speech_scale(&s, -24);
	for (size_t i = 0; i < N; i++)
		out[i] = s.pcm[i % s.n];
	free(s.pcm);
}

/* What the leg sends: our sound `delay_ms` late and `loss` dB down, its own voice in the given seconds, noise. */
static void returned(int16_t *out, unsigned delay_ms, double loss, unsigned from, unsigned to, double noise)
{
	size_t late = (size_t)delay_ms * 8;
	struct speech s = { out, N };
	double gain = loss > 90 ? 0 : pow(10, -loss / 20);

	for (size_t i = 0; i < N; i++) {
		double x = i >= late ? far_[i - late] * gain : 0;

		if (i >= from * 8000u && i < to * 8000u)
			x += near_[i];
		out[i] = (int16_t)lrint(fmax(-32768, fmin(32767, x)));
	}
	speech_add_noise(&s, noise, delay_ms + 1);
}

struct story {
	double found_after; /* seconds, 0 never */
	double ducked_db;   /* mean power taken away after it was found */
	unsigned changes;
	struct echo echo;
};

static struct story run(const int16_t *sent, const int16_t *heard)
{
	struct story story = { 0 };
	double before = 1e-9, after = 1e-9;

	for (size_t i = 0; i + 160 <= N; i += 160) {
		uint8_t dbov = level_dbov(heard + i, 160);
		double power = pow(10, -dbov / 10.0), gain;

		if (echo_heard(&story.echo, dbov)) {
			story.changes++;
			if (story.found_after <= 0)
				story.found_after = (double)i / 8000;
		}
		gain = echo_gain(&story.echo, dbov) / (double)GAIN_UNITY;
		if (story.echo.found) {
			before += power;
			after += power * gain * gain;
		}
		echo_sent(&story.echo, level_dbov(sent + i, 160));
	}
	story.ducked_db = 10 * log10(before / after);
	return story;
}

static int16_t heard[N];

TEST(an_echo_is_found_with_delay_and_loss)
{
	static const unsigned delays[] = { 40, 85, 130, 250, 413, 590 };
	static const double losses[] = { 3, 10, 18, 26 };

	load("demo-instruct", far_);
	load("basic-pbx-ivr-main", near_);
	for (size_t d = 0; d < 6; d++)
		for (size_t l = 0; l < 4; l++) {
			struct story s;

			returned(heard, delays[d], losses[l], 0, 0, -68);
			s = run(far_, heard);
			CHECK(s.found_after > 0 && s.found_after < 10, "%u ms, %.0f dB: found after %.1f s",
				delays[d], losses[l], s.found_after);
			CHECK_INT(1, s.changes, "once, and it stays");
			CHECK_NEAR(delays[d], s.echo.finding.delay_ms, 12, "delay");
			CHECK_NEAR(losses[l], s.echo.finding.loss_db, 3, "loss");
			CHECK(s.echo.finding.confidence >= 70, "confidence %u", s.echo.finding.confidence);
			CHECK(s.ducked_db > 15, "ducked by %.1f dB", s.ducked_db);
		}
}

TEST(its_own_voice_over_the_echo)
{
	struct story s;
	double loud = 1e-9, kept = 1e-9;

	load("demo-instruct", far_);
	load("basic-pbx-ivr-main", near_);
	returned(heard, 170, 15, 10, 14, -65);
	s = run(far_, heard);
	CHECK(s.found_after > 0 && s.found_after < 10, "found after %.1f s", s.found_after);
	CHECK_NEAR(170, s.echo.finding.delay_ms, 12, "delay");
	CHECK_INT(1, s.changes, "four seconds of its own voice do not hide it");
	/* The voice gets through where it is louder than the echo. */
	for (size_t i = 10 * 8000; i < 14 * 8000; i += 160) {
		uint8_t dbov = level_dbov(heard + i, 160);
		double gain = echo_gain(&s.echo, dbov) / (double)GAIN_UNITY, power = pow(10, -dbov / 10.0);

		loud += power;
		kept += power * gain * gain;
	}
	CHECK(10 * log10(loud / kept) < 3, "%.1f dB of the voice are lost", 10 * log10(loud / kept));
}

TEST(who_only_talks_has_no_echo)
{
	static const char *const voices[] = { "demo-instruct", "basic-pbx-ivr-main", "priv-callee-options",
		"conf-adminmenu-18", "vm-options", "demo-congrats" };
	double most = 0;

	for (size_t a = 0; a < 6; a++) {
		load(voices[a], far_);
		for (size_t b = 0; b < 6; b++) {
			struct story s;

			if (a == b)
				continue;
			load(voices[b], near_);
			returned(heard, 0, 99, 0, SECONDS, -60);
			s = run(far_, heard);
			most = fmax(most, s.echo.finding.confidence);
			CHECK_INT(0, s.changes, voices[b]);
		}
	}
	print_message("most confidence of a wrong guess: %.0f %%\n", most);
}

TEST(nothing_to_hear_is_no_echo)
{
	struct echo e = { 0 };

	for (unsigned i = 0; i < 3000; i++) {
		CHECK(!echo_heard(&e, 20), "a tone");
		echo_sent(&e, 20);
	}
	e = (struct echo){ 0 };
	for (unsigned i = 0; i < 3000; i++) {
		CHECK(!echo_heard(&e, LEVEL_SILENCE), "silence");
		echo_sent(&e, (uint8_t)(i * 7919 % 127));
	}
	e = (struct echo){ 0 };
	for (unsigned i = 0; i < 3000; i++) {
		CHECK(!echo_heard(&e, (uint8_t)(i * 7919 % 127)), "nothing was sent");
		echo_sent(&e, LEVEL_SILENCE);
	}
}

TEST(it_ends_when_the_echo_does)
{
	struct story s;

	load("demo-instruct", far_);
	load("basic-pbx-ivr-main", near_);
	returned(heard, 120, 12, 0, 0, -68);
	for (size_t i = 12 * 8000; i < N; i++)
		heard[i] = near_[i];
	s = run(far_, heard);
	CHECK_INT(2, s.changes, "found and lost");
	CHECK(!s.echo.found, "lost");
}

TEST(it_costs_little)
{
	struct echo e = { 0 };
	struct timespec a, b;
	double us;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	for (unsigned i = 0; i < 100000; i++) {
		echo_heard(&e, (uint8_t)(i * 7919 % 80));
		echo_sent(&e, (uint8_t)(i * 6007 % 80));
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	us = ((double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3) / 100000;
	print_message("%.3f us a frame, %zu bytes\n", us, sizeof(e));
	CHECK(us < 5, "%.3f us", us); /* ten times the budget: sanitizers and neighbours */
}

TESTS(an_echo_is_found_with_delay_and_loss, its_own_voice_over_the_echo, who_only_talks_has_no_echo,
	nothing_to_hear_is_no_echo, it_ends_when_the_echo_does, it_costs_little)
