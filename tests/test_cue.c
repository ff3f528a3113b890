/* links: mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/resample.c mixer/level.c mixer/err.c mixer/lull.c */
#include "mixer/cue.h"

#include "mixer/codec.h"
#include "mixer/level.h"
#include "tests/starve.h"
#include "tests/test.h"

#include <math.h>
#include <sndfile.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[32]; /* one sound's own folder; empty: none now */

static const char *path_of(const char *name)
{
	static char path[128];

	if (!dir[0]) {
		snprintf(dir, sizeof(dir), "/tmp/partyline-cue-XXXXXX");
		CHECK(mkdtemp(dir), "a folder for sounds");
	}
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void forget(const char *name)
{
	unlink(path_of(name));
	rmdir(dir);
	dir[0] = 0;
}

/* Plays a whole cue at one rate into `pcm`; samples. */
static size_t play(const struct cue *c, enum rate_class rate, int16_t *pcm, size_t cap)
{
	struct cue_player p = { 0 };
	uint32_t ended = 0;
	size_t n = 0;

	CHECK_INT(MIX_OK, cue_play(&p, &c, 1, false, 7), "play");
	while (cue_playing(&p) && n + FRAME_MAX <= cap) {
		CHECK(cue_frame(&p, rate, pcm + n, &ended), "a frame");
		n += frame_samples(rate);
	}
	CHECK_INT(7, ended, "its end is told");
	return n;
}

static double rms_dbov(const int16_t *pcm, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)pcm[i] * pcm[i];
	return 10 * log10((sum + 1e-9) / (double)n / (32768.0 * 32768.0));
}

static double tone_dbov(const int16_t *pcm, size_t n, double hz, double rate)
{
	double re = 0, im = 0;

	for (size_t i = 0; i < n; i++) {
		re += pcm[i] * cos(2 * M_PI * hz * (double)i / rate);
		im += pcm[i] * sin(2 * M_PI * hz * (double)i / rate);
	}
	return 10 * log10((2 * (re * re + im * im) / ((double)n * (double)n) + 1e-9) / (32768.0 * 32768.0));
}

static int steepest(const int16_t *pcm, size_t n)
{
	int most = 0;

	for (size_t i = 1; i < n; i++)
		most = abs(pcm[i] - pcm[i - 1]) > most ? abs(pcm[i] - pcm[i - 1]) : most;
	return most;
}

/* Writes a sound of `seconds` with `channels`; the first channel sounds at `hz`, the others at twice that.
 * Speech-like: half of each second is silent. */
static void write_sound(
	const char *path, int format, int rate, int channels, double seconds, double hz, double amplitude)
{
	SF_INFO info = { .samplerate = rate, .channels = channels, .format = format };
	SNDFILE *file = sf_open(path, SFM_WRITE, &info);

	CHECK(file, "%s: %s", path, sf_strerror(NULL));
	for (int i = 0; i < (int)(seconds * rate); i++) {
		float frame[8] = { 0 };
		for (int c = 0; c < channels && i % rate < rate / 2; c++)
			frame[c] = (float)(amplitude * sin(2 * M_PI * hz * (c ? 2 : 1) * i / rate));
		sf_writef_float(file, frame, 1);
	}
	sf_close(file);
}

TEST(files_of_every_kind_are_read)
{
	static int16_t pcm[48000 * 3];
	static const struct {
		const char *name;
		int format, rate, channels;
	} cases[] = {
		{ "a.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1 },
		{ "b.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 44100, 2 },
		{ "c.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 48000, 1 },
		{ "d.ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS, 16000, 1 },
		{ "e.wav", SF_FORMAT_WAV | SF_FORMAT_ULAW, 8000, 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cue *c = NULL;
		write_sound(path_of(cases[i].name), cases[i].format, cases[i].rate, cases[i].channels, 2, 500,
			0.1);
		CHECK_INT(MIX_OK, cue_load(&c, path_of(cases[i].name)), cases[i].name);
		CHECK_NEAR(2000, cue_ms(c), 20, cases[i].name);
		for (enum rate_class rate = 0; rate < RATES; rate++) {
			size_t n = play(c, rate, pcm, sizeof(pcm) / sizeof(*pcm));
			CHECK_INT(cue_ms(c) * (rate_hz(rate) / 1000), n, "length");
			/* 0.1 of full scale is -23 dBov, and stays; of two channels that differ each
			 * has half the amplitude. */
			double want = cases[i].channels == 2 ? -29 : -23;
			double have = tone_dbov(pcm + 400, rate_hz(rate) * 2 / 5, 500, rate_hz(rate));
			CHECK_NEAR(want, have, 0.6, cases[i].name);
			CHECK(rms_dbov(pcm + rate_hz(rate) * 6 / 10, rate_hz(rate) / 4) < -60,
				"then silence");
		}
		cue_free(c);
		forget(cases[i].name);
	}
}

TEST(no_prompt_is_louder_than_20_dbov)
{
	static int16_t pcm[48000 * 3];
	static const struct {
		const char *story;
		double amplitude, dbov; /* of the active half */
	} cases[] = {
		{ "full scale comes down", 0.99, -20 },
		{ "-6 dB comes down", 0.5, -20 },
		{ "-23 dBov stays", 0.1, -23 },
		{ "-30 dBov is lifted to -26", 0.0447, -26 },
		{ "-43 dBov is lifted by 6 dB, no more", 0.01, -37 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cue *c = NULL;
		write_sound(path_of("level.wav"), SF_FORMAT_WAV | SF_FORMAT_PCM_16, 16000, 1, 2, 440,
			cases[i].amplitude);
		CHECK_INT(MIX_OK, cue_load(&c, path_of("level.wav")), cases[i].story);
		play(c, RATE_8K, pcm, sizeof(pcm) / sizeof(*pcm));
		CHECK_NEAR(cases[i].dbov, rms_dbov(pcm + 400, 3200), 0.3, cases[i].story);
		cue_free(c);
		forget("level.wav");
	}
}

TEST(peaks_are_never_clipped)
{
	/* Quiet talk with one shout: lifting the talk by 6 dB would clip the shout. */
	static float sound[16000];
	static int16_t pcm[48000 * 2];
	SF_INFO info = { .samplerate = 16000, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT };
	SNDFILE *file = sf_open(path_of("peak.wav"), SFM_WRITE, &info);
	struct cue *c = NULL;
	int peak = 0;

	for (size_t i = 0; i < 16000; i++)
		sound[i] = (float)(0.03 * sin((double)i * 0.2)) + (i == 8000 ? 0.9f : 0);
	sf_write_float(file, sound, 16000);
	sf_close(file);
	CHECK_INT(MIX_OK, cue_load(&c, path_of("peak.wav")), "load");
	size_t n = play(c, RATE_16K, pcm, sizeof(pcm) / sizeof(*pcm));
	for (size_t i = 0; i < n; i++)
		peak = abs(pcm[i]) > peak ? abs(pcm[i]) : peak;
	CHECK(peak < 30000, "peak %d", peak);
	cue_free(c);
	forget("peak.wav");
}

TEST(raw_g722_is_known_by_its_name)
{
	static int16_t in[16000], pcm[48000 * 2];
	struct codec_format format = { .id = CODEC_G722, .ptime_ms = 20 };
	struct encoder *e = NULL;
	struct cue *c = NULL;
	FILE *file = fopen(path_of("prompt.g722"), "wb");

	CHECK_INT(MIX_OK, encoder_alloc(&e, &format), "encoder");
	for (size_t i = 0; i < 16000; i++)
		in[i] = (int16_t)lrint(3277 * sin(2 * M_PI * 1000 * (double)i / 16000));
	for (size_t at = 0; at < 16000; at += 320) {
		uint8_t payload[160];
		size_t len = 0;
		CHECK_INT(MIX_OK, encoder_run(e, in + at, 320, payload, sizeof(payload), &len), "encode");
		fwrite(payload, 1, len, file);
	}
	fputc(0xfa, file); /* half a millisecond over: no whole frame */
	fclose(file);
	CHECK_INT(MIX_OK, cue_load(&c, path_of("prompt.g722")), "load");
	CHECK_INT(1020, cue_ms(c), "rounded up to frames");
	for (enum rate_class rate = 0; rate < RATES; rate++) {
		play(c, rate, pcm, sizeof(pcm) / sizeof(*pcm));
		CHECK_NEAR(-23, tone_dbov(pcm + rate_hz(rate) / 4, rate_hz(rate) / 2, 1000, rate_hz(rate)),
			0.5, "level");
	}
	encoder_free(e);
	cue_free(c);
	forget("prompt.g722");
}

TEST(a_human_prompt_is_soft_and_whole)
{
	static int16_t pcm[48000 * 20];
	static const char path[] = "/usr/share/asterisk/sounds/en_US_f_Allison/conf-getpin.g722";
	struct cue *c = NULL;
	double sum = 0;
	unsigned active = 0;

	if (access(path, R_OK) != 0)
		skip(); /* the package is there when tools/deps ran */
	CHECK_INT(MIX_OK, cue_load(&c, path), "load");
	CHECK(cue_ms(c) > 1000 && cue_ms(c) < 5000, "%u ms", cue_ms(c));
	size_t n = play(c, RATE_8K, pcm, sizeof(pcm) / sizeof(*pcm));
	for (size_t at = 0; at < n; at += 160) {
		double dbov = rms_dbov(pcm + at, 160);
		if (dbov < -36)
			continue;
		sum += pow(10, dbov / 10);
		active++;
	}
	double dbov = 10 * log10(sum / active);
	CHECK(active > 25 && dbov < -19 && dbov > -27, "%u active frames at %.1f dBov", active, dbov);
	cue_free(c);
}

TEST(what_is_no_sound_is_refused)
{
	struct cue *c = NULL;
	FILE *file;

	CHECK_INT(MIX_FILE, cue_load(&c, "/nowhere/at-all.wav"), "no file");
	CHECK_INT(MIX_FILE, cue_load(&c, "/nowhere/at-all.g722"), "no raw file");
	CHECK_INT(MIX_FILE, cue_load(&c, "/"), "a folder");
	file = fopen(path_of("text.wav"), "w");
	fputs("RIFF, or so it says", file);
	fclose(file);
	CHECK_INT(MIX_FILE, cue_load(&c, path_of("text.wav")), "text");
	forget("text.wav");
	fclose(fopen(path_of("empty.g722"), "w"));
	CHECK_INT(MIX_FILE, cue_load(&c, path_of("empty.g722")), "an empty prompt");
	forget("empty.g722");
	file = fopen(path_of("long.g722"), "w");
	CHECK(file && ftruncate(fileno(file), 8000L * 601) == 0, "a sparse file");
	fclose(file);
	CHECK_INT(MIX_RANGE, cue_load(&c, path_of("long.g722")), "over ten minutes");
	forget("long.g722");
	CHECK(!c, "nothing was made");
}

TEST(tones_have_their_level_length_and_ramps)
{
	static int16_t pcm[48000];
	static const struct {
		const char *story;
		unsigned a, b, dbov, on_ms, off_ms, ms;
	} cases[] = {
		{ "one tone", 440, 0, 25, 200, 100, 300 },
		{ "two tones", 697, 1209, 20, 100, 0, 100 },
		{ "not a whole frame", 800, 0, 30, 50, 0, 60 },
		{ "silence", 0, 0, 0, 0, 500, 500 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (enum rate_class rate = 0; rate < RATES; rate++) {
			struct cue *c = NULL;
			size_t ms = rate_hz(rate) / 1000, on = cases[i].on_ms;
			CHECK_INT(MIX_OK,
				cue_tone(&c, cases[i].a, cases[i].b, cases[i].dbov, cases[i].on_ms,
					cases[i].off_ms),
				cases[i].story);
			CHECK_INT(cases[i].ms, cue_ms(c), cases[i].story);
			size_t n = play(c, rate, pcm, sizeof(pcm) / sizeof(*pcm));
			CHECK_INT(cases[i].ms * ms, n, "samples");
			if (on) {
				CHECK_NEAR(-(double)cases[i].dbov, rms_dbov(pcm + 10 * ms, (on - 20) * ms),
					0.4, cases[i].story);
				CHECK(abs(pcm[0]) < 100 && abs(pcm[on * ms - 1]) < 100,
					"it begins and ends softly");
				int usual = steepest(pcm + 10 * ms, (on - 20) * ms);
				CHECK(steepest(pcm, on * ms) <= usual * 11 / 10, "and has no step");
			}
			for (size_t k = on * ms; k < n; k++)
				CHECK_INT(0, pcm[k], "then silence");
			cue_free(c);
		}
	}
	struct cue *c = NULL;
	CHECK_INT(MIX_RANGE, cue_tone(&c, 440, 0, 20, 0, 0), "no time at all");
	CHECK_INT(MIX_RANGE, cue_tone(&c, 4000, 0, 20, 100, 0), "over what a phone carries");
	CHECK_INT(MIX_RANGE, cue_tone(&c, 440, 880, 3, 100, 0), "two tones that would clip");
	CHECK_INT(MIX_RANGE, cue_tone(&c, 440, 0, 20, 4000000000u, 4000000000u), "lengths whose sum wraps");
	CHECK(!c, "nothing was made");
}

TEST(a_list_plays_in_order_and_says_when_it_ended)
{
	struct cue *low = NULL, *high = NULL, *gap = NULL, *joined = NULL;
	struct cue_player p = { 0 };
	int16_t pcm[FRAME_MAX];
	uint32_t ended = 99;

	CHECK(!cue_frame(&p, RATE_8K, pcm, &ended), "nothing plays");
	CHECK_INT(0, ended, "and nothing ends");
	CHECK_INT(MIX_OK, cue_tone(&low, 400, 0, 20, 40, 0), "low");
	CHECK_INT(MIX_OK, cue_tone(&gap, 0, 0, 0, 0, 20), "gap");
	CHECK_INT(MIX_OK, cue_tone(&high, 1600, 0, 20, 40, 0), "high");
	const struct cue *list[] = { low, gap, high };
	CHECK_INT(MIX_OK, cue_join(&joined, list, 3), "join");
	CHECK_INT(100, cue_ms(joined), "the sum of its parts");

	CHECK_INT(MIX_RANGE, cue_play(&p, list, 0, false, 1), "an empty list");
	CHECK_INT(MIX_RANGE, cue_play(&p, list, CUE_LIST_MAX + 1, false, 1), "too long a list");
	for (unsigned round = 0; round < 2; round++) { /* a list, and the same as one cue */
		const struct cue *one = joined;
		CHECK_INT(MIX_OK, cue_play(&p, round ? &one : list, round ? 1 : 3, false, 5), "play");
		for (unsigned frame = 0; frame < 5; frame++) {
			CHECK(cue_playing(&p), "frame %u", frame);
			CHECK(cue_frame(&p, RATE_8K, pcm, &ended), "frame %u", frame);
			CHECK_INT(frame == 4 ? 5 : 0, ended, "the end is told with the last frame");
			bool silent = rms_dbov(pcm, 160) < -80;
			CHECK_INT(frame == 2, silent, "the gap is in the middle");
			double hz = frame < 2 ? 400 : 1600;
			CHECK(silent || tone_dbov(pcm, 160, hz, 8000) > -25, "frame %u sounds at %.0f Hz",
				frame, hz);
		}
		CHECK(!cue_playing(&p) && !cue_frame(&p, RATE_8K, pcm, &ended), "over");
		CHECK_INT(0, ended, "told once");
		CHECK(!p.list[0], "no cue is held");
		CHECK_INT(0, pcm[80], "and silence after it");
	}

	CHECK_INT(MIX_OK, cue_play(&p, list, 3, true, 6), "a loop");
	for (unsigned frame = 0; frame < 50; frame++) {
		CHECK(cue_frame(&p, RATE_16K, pcm, &ended), "goes on");
		CHECK_INT(0, ended, "and never ends");
	}
	CHECK_INT(MIX_OK, cue_play(&p, list, 1, false, 7), "cut off by another");
	CHECK(cue_frame(&p, RATE_8K, pcm, &ended) && cue_frame(&p, RATE_8K, pcm, &ended), "plays");
	CHECK_INT(7, ended, "which has the end");
	CHECK_INT(MIX_OK, cue_play(&p, list, 3, false, 8), "play");
	cue_stop(&p);
	CHECK(!cue_playing(&p) && !cue_frame(&p, RATE_8K, pcm, &ended), "stopped");
	CHECK_INT(0, ended, "what was stopped did not end by itself");
	CHECK(!p.list[0], "and no cue is held");

	cue_free(low);
	cue_free(gap);
	cue_free(high);
	cue_free(joined);
}

TEST(rates_may_change_while_a_list_plays)
{
	/* A leg that changes from PCMU to Opus by re-INVITE hears its prompt go on where it was. */
	struct cue *c = NULL;
	struct cue_player p = { 0 };
	int16_t pcm[FRAME_MAX];
	uint32_t ended = 0;
	unsigned frames = 0;

	CHECK_INT(MIX_OK, cue_tone(&c, 400, 0, 20, 200, 0), "tone");
	const struct cue *list[] = { c };
	CHECK_INT(MIX_OK, cue_play(&p, list, 1, false, 3), "play");
	while (cue_frame(&p, (enum rate_class)(frames % RATES), pcm, &ended))
		frames++;
	CHECK_INT(10, frames, "frames");
	cue_free(c);
}

TEST(allocation_failures_leave_nothing_behind)
{
	struct cue *tone = NULL, *joined = NULL, *raw = NULL;
	enum mix_err err = MIX_OK;
	FILE *file = fopen(path_of("few.g722"), "wb");

	for (unsigned i = 0; i < 800; i++)
		fputc(0xfa, file);
	fclose(file);
	char path[128];
	snprintf(path, sizeof(path), "%s", path_of("few.g722"));
	STARVE(err, cue_tone(&tone, 400, 0, 20, 20, 0), MIX_NOMEM);
	const struct cue *list[] = { tone };
	STARVE(err, cue_join(&joined, list, 1), MIX_NOMEM);
	for (int nth = 1; nth < 100 && !raw; nth++) { /* fopen() starves as well: MIX_FILE */
		starve_at = STARVE_WORKS ? nth : 0;
		err = cue_load(&raw, path);
		starve_at = 0;
		CHECK(err == MIX_OK || err == MIX_NOMEM || err == MIX_FILE, "%s", mix_strerror(err));
		CHECK(!err == !!raw, "made only on success");
	}
	CHECK_INT(MIX_OK, err, "with memory");
	cue_free(tone);
	cue_free(joined);
	CHECK(!cue_free(raw) && !cue_free(NULL), "free returns NULL");
	forget("few.g722");
}

TESTS(files_of_every_kind_are_read, no_prompt_is_louder_than_20_dbov, peaks_are_never_clipped,
	raw_g722_is_known_by_its_name, a_human_prompt_is_soft_and_whole, what_is_no_sound_is_refused,
	tones_have_their_level_length_and_ramps, a_list_plays_in_order_and_says_when_it_ended,
	rates_may_change_while_a_list_plays, allocation_failures_leave_nothing_behind)
