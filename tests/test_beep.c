/* links: mixer/beep.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/err.c mixer/level.c mixer/cue.c mixer/cue_load.c mixer/resample.c tests/speech.c mixer/lull.c mixer/cue_player.c mixer/opus_peek.c mixer/denoise.c */
/* The beep of an answering machine, after a greeting, through G.711: many of them are found, and nothing else is taken for one. */
#include "mixer/beep.h"
#include "mixer/codec.h"
#include "mixer/level.h"
#include "tests/speech.h"
#include "tests/test.h"

#include <glob.h>
#include <math.h>
#include <stdlib.h>

enum {
	FRAME = 160,
	RATE = 8000,
	ROOM_MS = 15000,
	NOWHERE = -1,
	GREETING_S = 4,
	KNOWN_MS = 300,
	WORDS_BEGIN = 500
};

static const char greeting[] = SPEECH_FOLDER "vm-intro.g722";

/* What one hears, put together piece by piece. */
struct tape {
	int16_t pcm[ROOM_MS * 8];
	size_t n;
	double noise;
	uint32_t dice;
};

static void add(struct tape *t, double x)
{
	if (t->n == sizeof(t->pcm) / sizeof(*t->pcm))
		return;
	t->dice = t->dice * 1664525u + 1013904223u;
	x += t->noise * ((double)(t->dice >> 8) / (1 << 23) - 1);
	t->pcm[t->n++] = (int16_t)lrint(fmax(-32767, fmin(32767, x)));
}

static void add_tone(struct tape *t, unsigned ms, double hz, double other_hz, double dbov)
{
	const double peak = 32767 * pow(10, (dbov + 3) / 20);

	for (unsigned i = 0; i < ms * 8; i++)
		add(t, (hz > 0 ? peak * sin(2 * M_PI * hz * i / RATE) : 0) +
				(other_hz > 0 ? peak * sin(2 * M_PI * other_hz * i / RATE) : 0));
}

static void add_quiet(struct tape *t, unsigned ms)
{
	add_tone(t, ms, 0, 0, 0);
}

static void add_speech(struct tape *t, const char *path, unsigned seconds)
{
	struct speech s = speech_load(path, seconds);
	size_t i = 0;

	CHECK(s.n > 0, "speech: %s", path);
	speech_scale(&s, -24);
	while (i < s.n && abs(s.pcm[i]) < WORDS_BEGIN)
		i++;
	for (; i < s.n; i++)
		add(t, s.pcm[i]);
	free(s.pcm);
}

static struct tape *tape(double noise)
{
	struct tape *t = calloc(1, sizeof(*t));

	CHECK(t, "memory");
	t->noise = noise;
	t->dice = 1;
	return t;
}

/* Frees the tape.  When the beep was known, ms; NOWHERE: none. */
static int listen(struct tape *t)
{
	const struct codec_format pcmu = { .id = CODEC_PCMU, .ptime_ms = 20 };
	struct encoder *encoder = NULL;
	struct decoder *decoder = NULL;
	struct beep b;
	int at_ms = NOWHERE;

	CHECK(encoder_alloc(&encoder, &pcmu) == MIX_OK && decoder_alloc(&decoder, CODEC_PCMU) == MIX_OK,
		"G.711");
	beep_listen(&b, true);
	for (size_t at = 0; at + FRAME <= t->n; at += FRAME) {
		uint8_t payload[FRAME];
		int16_t pcm[FRAME];
		size_t n = 0;

		CHECK_INT(MIX_OK, encoder_run(encoder, t->pcm + at, FRAME, payload, sizeof(payload), &n),
			"encoder");
		CHECK_INT(MIX_OK, decoder_run(decoder, payload, n, pcm, FRAME, &n), "decoder");
		if (!b.on || !beep_frame(&b, pcm, level_dbov(pcm, FRAME)))
			continue;
		CHECK_INT(NOWHERE, at_ms, "it is told once");
		at_ms = (int)(at / 8) + FRAME_MS;
	}
	encoder_free(encoder);
	decoder_free(decoder);
	free(t);
	return at_ms;
}

TEST(beeps_are_found)
{
	static const unsigned hz[] = { 350, 425, 440, 500, 620, 697, 850, 1000, 1004, 1209, 1400, 1477,
		1500 };
	static const unsigned lasts_ms[] = { 150, 200, 320, 500 };
	static const double levels[] = { -6, -15, -25, -35 };
	static const double noises[] = { 0, 40 }; /* none; -60 dBov */

	for (size_t i = 0; i < sizeof(hz) / sizeof(*hz); i++)
		for (size_t k = 0; k < sizeof(lasts_ms) / sizeof(*lasts_ms); k++)
			for (size_t l = 0; l < sizeof(levels) / sizeof(*levels); l++)
				for (size_t m = 0; m < sizeof(noises) / sizeof(*noises); m++) {
					struct tape *t = tape(noises[m]);
					int ended_ms, at_ms;

					add_speech(t, greeting, GREETING_S);
					add_quiet(t, 403 + 7 * (unsigned)i); /* begins anywhere in a frame */
					add_tone(t, lasts_ms[k], hz[i], 0, levels[l]);
					ended_ms = (int)(t->n / 8);
					add_quiet(t, 1000);
					at_ms = listen(t);
					CHECK(at_ms >= ended_ms && at_ms <= ended_ms + KNOWN_MS,
						"%u Hz for %u ms at %.0f dBov: ends at %d, known at %d ms",
						hz[i], lasts_ms[k], levels[l], ended_ms, at_ms);
				}
}

/* A long one, one without a pause before it, a gliding one's last note. */
TEST(beeps_of_other_kinds)
{
	struct tape *t = tape(40);

	add_speech(t, greeting, GREETING_S);
	add_tone(t, 1500, 1000, 0, -12);
	add_quiet(t, 1000);
	CHECK(listen(t) > 0, "long, at once");
	t = tape(0);
	add_speech(t, greeting, GREETING_S);
	add_quiet(t, 300);
	add_tone(t, 200, 800, 0, -18);
	add_tone(t, 200, 1200, 0, -18);
	add_quiet(t, 1000);
	CHECK(listen(t) > 0, "two notes");
}

static int after_greeting(unsigned ms, double hz, double other_hz, unsigned quiet_ms)
{
	struct tape *t = tape(20);

	add_speech(t, greeting, GREETING_S);
	for (unsigned i = 0; i < 3; i++) {
		add_quiet(t, quiet_ms);
		add_tone(t, ms, hz, other_hz, -18);
	}
	add_quiet(t, quiet_ms);
	return listen(t);
}

TEST(what_is_no_beep)
{
	static const double low[] = { 697, 770, 852, 941 }, high[] = { 1209, 1336, 1477, 1633 };
	struct tape *t = tape(20);

	for (unsigned i = 0; i < 16; i++)
		CHECK_INT(NOWHERE, after_greeting(250, low[i / 4], high[i % 4], 400), "a key");
	CHECK_INT(NOWHERE, after_greeting(1000, 425, 0, 1000), "ringing");
	CHECK_INT(NOWHERE, after_greeting(1000, 440, 480, 1000), "ringing, North America");
	CHECK_INT(NOWHERE, after_greeting(80, 1000, 0, 1000), "a click of a tone");
	CHECK_INT(NOWHERE, after_greeting(4000, 1000, 0, 500), "a test tone");
	CHECK_INT(NOWHERE, after_greeting(300, 2100, 0, 500), "too high");
	CHECK_INT(NOWHERE, after_greeting(300, 300, 0, 500), "too low");
	add_tone(t, 400, 1000, 0, -18);
	add_quiet(t, 1000);
	CHECK_INT(NOWHERE, listen(t), "nobody spoke before it");
	t = tape(20);
	add_speech(t, greeting, GREETING_S);
	add_quiet(t, 300);
	add_tone(t, 300, 1000, 0, -18);
	add_speech(t, SPEECH_FOLDER "demo-congrats.g722", 3);
	CHECK_INT(NOWHERE, listen(t), "they go on after it");
}

static bool is_said_to_beep(const char *path)
{
	return strstr(path, "beep") || strstr(path, "tone") || strstr(path, "-error");
}

/* All spoken prompts that are installed, one after the other as one long talk, and music. */
TEST(people_and_music_are_none)
{
	static const char *const patterns[] = { SPEECH_FOLDER "*.g722", MUSIC_FOLDER "*.wav" };
	static const int16_t quiet[FRAME];
	unsigned seconds = 0;
	struct beep b;

	beep_listen(&b, true);
	for (size_t k = 0; k < 2; k++) {
		glob_t found;

		if (glob(patterns[k], 0, NULL, &found) != 0)
			continue;
		for (size_t i = 0; i < found.gl_pathc; i += k ? 1 : 2) {
			struct speech s = { 0 };

			if (!is_said_to_beep(found.gl_pathv[i]))
				s = speech_load(found.gl_pathv[i], 30);
			for (size_t at = 0; at + FRAME <= s.n; at += FRAME)
				CHECK(!beep_frame(&b, s.pcm + at, level_dbov(s.pcm + at, FRAME)),
					"%s at %zu ms", found.gl_pathv[i], at / 8);
			for (unsigned r = 0; r < 20; r++)
				CHECK(!beep_frame(&b, quiet, LEVEL_SILENCE), "%s at its end",
					found.gl_pathv[i]);
			seconds += (unsigned)(s.n / RATE);
			free(s.pcm);
		}
		globfree(&found);
	}
	print_message("%u s\n", seconds);
	CHECK(seconds > 300, "there is something to listen to: %u s", seconds);
}

TESTS(beeps_are_found, beeps_of_other_kinds, what_is_no_beep, people_and_music_are_none)
