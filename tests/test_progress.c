/* links: mixer/progress.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/err.c mixer/level.c mixer/cue.c mixer/cue_load.c mixer/resample.c tests/speech.c mixer/lull.c mixer/cue_player.c mixer/opus_peek.c mixer/denoise.c */
/* Tones of networks and fax machines are told from people: as standards have them, through G.711, loud and faint. */
#include "mixer/codec.h"
#include "mixer/level.h"
#include "mixer/progress.h"
#include "tests/speech.h"
#include "tests/test.h"

#include <glob.h>
#include <math.h>
#include <stdlib.h>

enum { FRAME = 160, RATE = 8000, SECONDS = 12, PARTS_MAX = 8, TALK_SECONDS = 30 };

struct part { /* until ms 0; hz 0: silence */
	unsigned ms;
	double hz, other_hz;
};

struct sent {
	const char *story;
	enum progress_kind want;
	unsigned by_ms; /* known then */
	struct part parts[PARTS_MAX];
};

static const struct sent machines[] = {
	{ "busy, most countries", PROGRESS_BUSY, 5200, { { 500, 425, 0 }, { 500, 0, 0 } } },
	{ "congestion, most countries", PROGRESS_BUSY, 2700, { { 250, 425, 0 }, { 250, 0, 0 } } },
	{ "busy, 330 on and 330 off", PROGRESS_BUSY, 3500, { { 330, 425, 0 }, { 330, 0, 0 } } },
	{ "busy, Britain", PROGRESS_BUSY, 4000, { { 375, 400, 0 }, { 375, 0, 0 } } },
	{ "busy, China", PROGRESS_BUSY, 3800, { { 350, 450, 0 }, { 350, 0, 0 } } },
	{ "busy, North America", PROGRESS_BUSY, 5200, { { 500, 480, 620 }, { 500, 0, 0 } } },
	{ "reorder, North America", PROGRESS_BUSY, 2700, { { 250, 480, 620 }, { 250, 0, 0 } } },
	{ "dial tone, North America", PROGRESS_DIAL, 5200, { { 4000, 350, 440 } } },
	{ "number not in service", PROGRESS_SPECIAL, 1000,
		{ { 380, 913.8, 0 }, { 274, 1370.6, 0 }, { 380, 1776.7, 0 }, { 3000, 0, 0 } } },
	{ "no circuit", PROGRESS_SPECIAL, 1200,
		{ { 380, 985.2, 0 }, { 380, 1428.5, 0 }, { 380, 1776.7, 0 }, { 3000, 0, 0 } } },
	{ "special information, ITU", PROGRESS_SPECIAL, 1200,
		{ { 330, 950, 0 }, { 330, 1400, 0 }, { 330, 1800, 0 }, { 1000, 0, 0 } } },
	{ "a fax machine calls", PROGRESS_FAX_CALLS, 4000, { { 500, 1100, 0 }, { 3000, 0, 0 } } },
	{ "one that is off by 38 Hz", PROGRESS_FAX_CALLS, 4000, { { 500, 1062, 0 }, { 3000, 0, 0 } } },
	{ "a fax machine answers", PROGRESS_FAX_ANSWERS, 2200, { { 3000, 2100, 0 }, { 75, 0, 0 } } },
};

static const struct sent others[] = {
	{ "a test tone", PROGRESS_NONE, 0, { { 4000, 443, 0 } } },
	{ "425 Hz without end", PROGRESS_NONE, 0, { { 4000, 425, 0 } } },
	{ "the milliwatt", PROGRESS_NONE, 0, { { 4000, 1004, 0 } } },
	{ "1100 Hz without end", PROGRESS_NONE, 0, { { 4000, 1100, 0 } } },
	{ "1900 Hz without end", PROGRESS_NONE, 0, { { 4000, 1900, 0 } } },
	{ "ringing, North America", PROGRESS_NONE, 0, { { 2000, 440, 480 }, { 4000, 0, 0 } } },
	{ "ringing, most countries", PROGRESS_NONE, 0, { { 1000, 425, 0 }, { 4000, 0, 0 } } },
	{ "a lorry goes backwards", PROGRESS_NONE, 0, { { 500, 1000, 0 }, { 500, 0, 0 } } },
	{ "call waiting", PROGRESS_NONE, 0,
		{ { 200, 425, 0 }, { 600, 0, 0 }, { 200, 425, 0 }, { 3000, 0, 0 } } },
	{ "keys", PROGRESS_NONE, 0,
		{ { 100, 697, 1209 }, { 100, 0, 0 }, { 100, 770, 1336 }, { 100, 0, 0 }, { 100, 852, 1477 },
			{ 100, 0, 0 } } },
};

/* The kind that is found in `seconds` of it, and when. */
static enum progress_kind listen(const struct sent *s, double peak, double noise, unsigned *at_ms)
{
	struct encoder *encoder = NULL;
	struct decoder *decoder = NULL;
	const struct codec_format pcmu = { .id = CODEC_PCMU, .ptime_ms = 20 };
	struct progress p = { 0 };
	unsigned part = 0, left = s->parts[0].ms * 8, n_parts = 0;
	double a = 0, b = 0;
	uint32_t dice = 1;

	CHECK(encoder_alloc(&encoder, &pcmu) == MIX_OK && decoder_alloc(&decoder, CODEC_PCMU) == MIX_OK,
		"G.711");
	while (n_parts < PARTS_MAX && s->parts[n_parts].ms)
		n_parts++;
	for (*at_ms = 7; *at_ms < SECONDS * 1000 && !p.found; *at_ms += 20) {
		int16_t pcm[FRAME];
		uint8_t payload[FRAME];
		size_t n = 0;

		for (unsigned i = 0; i < FRAME; i++) {
			const struct part *now = &s->parts[part];

			dice = dice * 1664525u + 1013904223u;
			a += 2 * M_PI * now->hz / RATE;
			b += 2 * M_PI * now->other_hz / RATE;
			pcm[i] = (int16_t)lrint((now->hz > 0 ? peak * sin(a) : 0) +
						(now->other_hz > 0 ? peak * sin(b) : 0) +
						noise * ((double)(dice >> 8) / (1 << 23) - 1));
			if (--left == 0) {
				part = (part + 1) % n_parts;
				left = s->parts[part].ms * 8;
			}
		}
		CHECK_INT(MIX_OK, encoder_run(encoder, pcm, FRAME, payload, sizeof(payload), &n), "encoder");
		CHECK_INT(MIX_OK, decoder_run(decoder, payload, n, pcm, FRAME, &n), "decoder");
		(void)progress_frame(&p, pcm, level_dbov(pcm, FRAME), *at_ms);
	}
	encoder_free(encoder);
	decoder_free(decoder);
	return (enum progress_kind)p.found;
}

TEST(machines_are_told_by_their_tones)
{
	static const double peaks[] = { 12000, 4600, 800 }; /* -12, -20, -35 dBov */

	for (size_t i = 0; i < sizeof(machines) / sizeof(*machines); i++)
		for (size_t k = 0; k < sizeof(peaks) / sizeof(*peaks); k++) {
			unsigned at_ms;
			enum progress_kind got = listen(&machines[i], peaks[k], peaks[k] / 60, &at_ms);

			CHECK_STR(progress_name(machines[i].want), progress_name(got), machines[i].story);
			CHECK(at_ms <= machines[i].by_ms, "%s: known after %u ms", machines[i].story, at_ms);
		}
}

TEST(what_only_sounds_like_one_is_none)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		unsigned at_ms;

		CHECK_STR("none", progress_name(listen(&others[i], 4600, 0, &at_ms)), others[i].story);
		CHECK_STR("none", progress_name(listen(&others[i], 4600, 80, &at_ms)), others[i].story);
	}
}

/* All that is installed of spoken prompts, and music. */
TEST(people_and_music_are_none)
{
	static const char *const patterns[] = { SPEECH_FOLDER "*.g722", MUSIC_FOLDER "*.wav" };
	unsigned seconds = 0, files = 0;

	for (size_t k = 0; k < 2; k++) {
		glob_t found;

		if (glob(patterns[k], 0, NULL, &found) != 0)
			continue;
		for (size_t i = 0; i < found.gl_pathc; i += k ? 1 : 3) {
			struct speech s = speech_load(found.gl_pathv[i], TALK_SECONDS);
			struct progress p = { 0 };

			for (size_t at = 0; at + FRAME <= s.n; at += FRAME)
				CHECK(!progress_frame(&p, s.pcm + at, level_dbov(s.pcm + at, FRAME),
					      (uint32_t)(at / 8)),
					"%s at %zu ms: %s", found.gl_pathv[i], at / 8,
					progress_name((enum progress_kind)p.found));
			seconds += (unsigned)(s.n / RATE);
			files++;
			free(s.pcm);
		}
		globfree(&found);
	}
	print_message("%u s of %u files\n", seconds, files);
	CHECK(seconds > 300, "there is something to listen to: %u s", seconds);
}

/* Half a second of a voice ends it. */
TEST(a_person_takes_over)
{
	struct speech s = speech_load(SPEECH_FOLDER "demo-congrats.g722", TALK_SECONDS);
	struct progress p = { .found = PROGRESS_BUSY };
	size_t at = 0;

	CHECK(s.n > 0, "speech");
	while (at + FRAME <= s.n && p.found) {
		(void)progress_frame(&p, s.pcm + at, level_dbov(s.pcm + at, FRAME), (uint32_t)(at / 8));
		at += FRAME;
	}
	CHECK(p.found == PROGRESS_NONE && at < 2 * RATE, "after %zu ms", at / 8);
	free(s.pcm);
}

TESTS(machines_are_told_by_their_tones, what_only_sounds_like_one_is_none, people_and_music_are_none,
	a_person_takes_over)
