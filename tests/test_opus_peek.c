/* links: mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/doze.c mixer/err.c mixer/level.c mixer/lull.c mixer/opus_peek.c mixer/resample.c tests/speech.c */
/* What can be known of an Opus leg without decoding it, and that nobody misses a syllable for it. */
#include "mixer/choose.h"
#include "mixer/codec.h"
#include "mixer/doze.h"
#include "mixer/level.h"
#include "mixer/lull.h"
#include "mixer/opus_peek.h"
#include "mixer/resample.h"
#include "tests/speech.h"
#include "tests/test.h"

#include <math.h>
#include <opus/opus.h>
#include <stdlib.h>

enum { FRAME = FRAME_MAX, SECONDS = 20 };

/* ---- packets by hand: RFC 6716 sections 3.2, 4.2.3 and 4.3 ---- */

TEST(flags_stand_at_the_head_of_a_frame)
{
	static const struct {
		const char *story;
		uint8_t p[12];
		size_t len;
		enum peek want;
	} cases[] = {
		{ "nothing at all", { 0 }, 0, PEEK_BROKEN },
		{ "a TOC alone: DTX", { 9 << 3 }, 1, PEEK_EMPTY },
		{ "and one byte, which libopus takes for DTX as well", { 9 << 3, 0xff }, 2, PEEK_EMPTY },
		{ "SILK 20 ms, flag 0", { 9 << 3, 0x7f, 0 }, 3, PEEK_QUIET },
		{ "SILK 20 ms, flag 1", { 9 << 3, 0x80, 0 }, 3, PEEK_VOICED },
		{ "SILK 40 ms, the second flag", { 10 << 3, 0x40, 0 }, 3, PEEK_VOICED },
		{ "SILK 40 ms, FEC is no voice", { 10 << 3, 0x20, 0 }, 3, PEEK_QUIET },
		{ "SILK 60 ms, the third flag", { 11 << 3, 0x20, 0 }, 3, PEEK_VOICED },
		{ "SILK 60 ms, FEC is no voice", { 11 << 3, 0x10, 0 }, 3, PEEK_QUIET },
		{ "stereo, 20 ms: the side channel's", { 9 << 3 | 4, 0x20, 0 }, 3, PEEK_VOICED },
		{ "stereo, 20 ms: FEC of both", { 9 << 3 | 4, 0x50, 0 }, 3, PEEK_QUIET },
		{ "stereo, 60 ms: the side channel's last", { 11 << 3 | 4, 0x02, 0 }, 3, PEEK_VOICED },
		{ "stereo, 60 ms: FEC of both", { 11 << 3 | 4, 0x11, 0 }, 3, PEEK_QUIET },
		{ "hybrid", { 15 << 3, 0x80, 0 }, 3, PEEK_VOICED },
		{ "hybrid, quiet", { 13 << 3, 0x00, 0 }, 3, PEEK_QUIET },
		{ "CELT does not tell", { 31 << 3, 0x00, 0 }, 3, PEEK_UNTOLD },
		{ "CELT of digital silence", { 31 << 3, 0xff, 0xfe }, 3, PEEK_QUIET },
		{ "CELT, one bit short of it", { 31 << 3, 0xff, 0xfc }, 3, PEEK_UNTOLD },
		{ "two equal frames, the second speaks", { 9 << 3 | 1, 0, 0, 0x80, 0 }, 5, PEEK_VOICED },
		{ "two equal frames of different lengths", { 9 << 3 | 1, 0, 0, 0x80 }, 4, PEEK_BROKEN },
		{ "two frames, a DTX and a voice", { 9 << 3 | 2, 1, 0, 0x80, 0 }, 5, PEEK_VOICED },
		{ "two frames, the first longer than all", { 9 << 3 | 2, 200, 0, 0 }, 4, PEEK_BROKEN },
		{ "a length of two bytes that is cut", { 9 << 3 | 2, 252 }, 2, PEEK_BROKEN },
		{ "three frames, VBR", { 9 << 3 | 3, 0x83, 2, 2, 0, 0, 0, 0, 0x80, 0 }, 10, PEEK_VOICED },
		{ "two frames, CBR, and padding", { 9 << 3 | 3, 0x42, 2, 0, 0, 0, 0, 0x80, 0x80 }, 9,
			PEEK_QUIET },
		{ "more padding than packet", { 9 << 3 | 3, 0x42, 9, 0, 0 }, 5, PEEK_BROKEN },
		{ "no frames", { 9 << 3 | 3, 0 }, 2, PEEK_BROKEN },
		{ "140 ms", { 9 << 3 | 3, 7, 0, 0, 0, 0, 0, 0, 0 }, 9, PEEK_BROKEN },
		{ "48 frames of 2.5 ms", { 16 << 3 | 3, 48 }, 2, PEEK_EMPTY },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_INT(cases[i].want, peek_opus(cases[i].p, cases[i].len), cases[i].story);
}

/* Whatever the bytes: broken is what libopus calls broken. */
TEST(agrees_with_libopus_on_what_a_packet_is)
{
	uint32_t dice = 1;
	unsigned valid = 0;

	for (unsigned round = 0; round < 200000; round++) {
		uint8_t p[64];
		size_t len = (dice >> 8) % 12 + 1 + (round % 8 == 0 ? 50 : 0);
		opus_int16 sizes[48];

		for (size_t i = 0; i < len; i++) {
			dice = dice * 1664525 + 1013904223;
			p[i] = (uint8_t)(dice >> 24);
			if (i > 0 && (dice >> 20) % 4 == 0)
				p[i] &= 3;
		}
		int n = opus_packet_parse(p, (opus_int32)len, NULL, NULL, sizes, NULL);
		bool broken = peek_opus(p, len) == PEEK_BROKEN;
		CHECK_INT(n < 1, broken, "valid for both or for none");
		valid += n > 0;
	}
	CHECK(valid > 10000, "only %u were valid", valid);
}

/* ---- real packets ---- */

struct line { /* 48 kHz */
	int16_t *pcm;
	size_t frames;
};

static double noise(uint32_t *dice)
{
	*dice = *dice * 1664525 + 1013904223;
	return (double)(int32_t)*dice / 2147483648.0;
}

/* Words of a prompt at -26 dBov with pauses of a second between them, over noise of `dbov`. */
static struct line words(double dbov)
{
	struct speech s = speech_load(SPEECH_FOLDER "vm-options.g722", 12);
	struct line l = { NULL, 0 };
	const double peak = 32768 * sqrt(3) * pow(10, dbov / 20);
	const size_t word = 8 * 900, pause = 8 * 1000;
	size_t n_8k = SECONDS * 8000, at = 8 * 3000, from = 0, n;
	int16_t *slow = calloc(n_8k, sizeof(int16_t));
	uint32_t dice = 7;

	CHECK(s.n > 0 && slow, "speech");
	speech_scale(&s, -26);
	while (at + word + pause < n_8k && from + word < s.n) {
		memcpy(slow + at, s.pcm + from, word * sizeof(int16_t));
		at += word + pause;
		from += word;
	}
	CHECK_INT(MIX_OK, resample_all(&l.pcm, &n, slow, n_8k, 8000, 48000), "resampled");
	for (size_t i = 0; i < n; i++)
		l.pcm[i] = (int16_t)(l.pcm[i] / 2 * 2 + lround(peak * noise(&dice)));
	l.frames = n / FRAME;
	free(slow);
	free(s.pcm);
	return l;
}

struct listener { /* as a crowded room does it */
	struct decoder *decoder;
	struct doze doze;
	struct doze_packet kept[DOZE_KEPT];
	struct talk talk;
	struct voice voice;
	unsigned decodes, slept, glances;
	bool may;
};

static void listener_open(struct listener *l)
{
	memset(l, 0, sizeof(*l));
	talk_init(&l->talk);
	CHECK_INT(MIX_OK, decoder_alloc(&l->decoder, CODEC_OPUS), "decoder");
	l->doze.kept = l->kept;
}

static bool is_far(const struct listener *l, const int16_t *pcm)
{
	return voice_is_far(level_dbov(pcm, FRAME / 2), l->talk.floor_dbov, true) &&
	       voice_is_far(level_dbov(pcm + FRAME / 2, FRAME / 2), l->talk.floor_dbov, true);
}

static void hear(struct listener *l, const uint8_t *p, size_t len, bool dozes, int16_t pcm[FRAME])
{
	enum doze_verdict verdict =
		dozes ? doze_packet(&l->doze, p, len, l->may && !l->talk.talking) : DOZE_DECODE;
	uint8_t dbov = LEVEL_SILENCE;
	size_t n;

	if (verdict == DOZE_GLANCE) {
		CHECK_INT(MIX_OK, decoder_run(l->decoder, p, len, pcm, FRAME, &n), "glanced at");
		l->decodes++;
		l->glances++;
		verdict = DOZE_WAKE;
		if (is_far(l, pcm)) {
			doze_glanced(&l->doze, p, len);
			verdict = DOZE_SLEEP;
		}
	}
	memset(pcm, 0, FRAME * sizeof(*pcm));
	if (verdict == DOZE_SLEEP) {
		l->slept++;
		(void)talk_frame(&l->talk, l->doze.dbov);
	} else {
		for (unsigned i = 0; verdict == DOZE_WAKE && i < l->doze.n_kept; i++, l->decodes++)
			CHECK_INT(MIX_OK,
				decoder_run(l->decoder, l->doze.kept[i].bytes, l->doze.kept[i].len, pcm,
					FRAME, &n),
				"kept");
		if (verdict == DOZE_WAKE)
			doze_woken(&l->doze);
		CHECK_INT(MIX_OK, decoder_run(l->decoder, p, len, pcm, FRAME, &n), "decoded");
		l->decodes++;
		dbov = l->doze.dbov = level_dbov(pcm, FRAME);
		(void)talk_frame(&l->talk, dbov);
	}
	l->may = !voice_hear(&l->voice, dbov, l->talk.floor_dbov, true);
}

static double energy(const int16_t *pcm, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)pcm[i] * pcm[i];
	return sum;
}

TEST(no_syllable_is_cut_and_none_clicks)
{
	static const struct {
		const char *story;
		double noise_dbov;
		unsigned bitrate, max_rate;
		bool fec;
		unsigned least_slept; /* percent of all packets */
	} cases[] = {
		{ "office, hybrid", -60, 40000, 0, true, 35 },
		{ "fan, hybrid", -52, 32000, 0, false, 30 },
		{ "clean, wideband SILK", -80, 24000, 16000, true, 35 },
		{ "clean, narrowband SILK", -70, 16000, 8000, false, 35 },
	};

	for (size_t c = 0; c < sizeof(cases) / sizeof(*cases); c++) {
		const struct codec_format format = { .id = CODEC_OPUS,
			.ptime_ms = 20,
			.bitrate_bps = cases[c].bitrate,
			.complexity = 5,
			.max_rate_hz = cases[c].max_rate,
			.fec = cases[c].fec,
			.silk = true };
		struct line said = words(cases[c].noise_dbov);
		struct listener all, some;
		struct encoder *encoder;
		unsigned cut = 0, onsets = 0, quiet = 50;
		double worst_db = 0, worst_snr_db = 99;

		CHECK_INT(MIX_OK, encoder_alloc(&encoder, &format), "encoder");
		listener_open(&all);
		listener_open(&some);
		for (size_t f = 0; f < said.frames; f++) {
			uint8_t p[CODEC_PAYLOAD_MAX];
			int16_t whole[FRAME], dozed[FRAME], apart[FRAME];
			size_t len;

			CHECK_INT(MIX_OK,
				encoder_run(encoder, said.pcm + f * FRAME, FRAME, p, sizeof(p), &len),
				"encoded");
			hear(&all, p, len, false, whole);
			hear(&some, p, len, true, dozed);
			if (level_dbov(whole, FRAME) > CHOOSE_CROWD_DBOV) {
				quiet++;
				continue;
			}
			/* Loud enough to be heard: is it there, and the same? */
			cut += some.doze.asleep;
			if (quiet >= 20 && f > 100) {
				double db =
					10 * log10((energy(dozed, FRAME) + 1) / (energy(whole, FRAME) + 1));
				double snr_db;

				for (size_t i = 0; i < FRAME; i++)
					apart[i] = (int16_t)(whole[i] - dozed[i]);
				snr_db = 10 * log10((energy(whole, FRAME) + 1) / (energy(apart, FRAME) + 1));
				worst_db = fabs(db) > fabs(worst_db) ? db : worst_db;
				worst_snr_db = snr_db < worst_snr_db ? snr_db : worst_snr_db;
				onsets++;
			}
			quiet = 0;
		}
		print_message("%s: %u onsets, first frame %+.2f dB, alike to %.1f dB; slept through %u of "
			      "%zu, %u decodes, %u of them glances\n",
			cases[c].story, onsets, worst_db, worst_snr_db, some.slept, said.frames, some.decodes,
			some.glances);
		CHECK_INT(0, cut, cases[c].story);
		CHECK(onsets >= 4, "%s: %u words began", cases[c].story, onsets);
		CHECK(fabs(worst_db) < 1, "%s: the first frame is %+.2f dB off", cases[c].story, worst_db);
		CHECK(worst_snr_db > 10, "%s: it differs at %.1f dB", cases[c].story, worst_snr_db);
		CHECK(some.slept * 100 >= cases[c].least_slept * said.frames, "%s: slept through %u of %zu",
			cases[c].story, some.slept, said.frames);
		decoder_free(all.decoder);
		decoder_free(some.decoder);
		encoder_free(encoder);
		free(said.pcm);
	}
}

/* ---- who may not sleep ---- */

TEST(wakes_for_all_that_does_not_say_that_it_is_quiet)
{
	static const uint8_t quiet[3] = { 9 << 3, 0, 0 }, voiced[3] = { 9 << 3, 0x80, 0 },
			     celt[3] = { 31 << 3, 0, 0 }, broken[1] = { 9 << 3 | 3 };
	static uint8_t long_one[DOZE_BYTES + 1] = { 9 << 3 };
	const struct {
		const char *story;
		const uint8_t *p;
		size_t len;
		bool may;
		enum doze_verdict verdict;
	} cases[] = {
		{ "voice is looked at", voiced, 3, true, DOZE_GLANCE },
		{ "voice, and it may be heard now", voiced, 3, false, DOZE_WAKE },
		{ "CELT", celt, 3, true, DOZE_WAKE },
		{ "what is no packet", broken, 1, true, DOZE_WAKE },
		{ "more than can be kept", long_one, sizeof(long_one), true, DOZE_WAKE },
		{ "it may be heard now", quiet, 3, false, DOZE_WAKE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct doze_packet kept[DOZE_KEPT];
		struct doze d = { .kept = kept };

		for (unsigned k = 1; k < DOZE_AFTER; k++)
			CHECK_INT(DOZE_DECODE, doze_packet(&d, quiet, 3, true), "not at once");
		for (unsigned k = 0; k < DOZE_KEPT + 2; k++)
			CHECK_INT(DOZE_SLEEP, doze_packet(&d, quiet, 3, true), "then it sleeps");
		CHECK_INT(DOZE_KEPT, d.n_kept, "the last are kept");
		CHECK_INT(cases[i].verdict, doze_packet(&d, cases[i].p, cases[i].len, cases[i].may),
			cases[i].story);
		doze_woken(&d);
		CHECK_INT(DOZE_DECODE, doze_packet(&d, voiced, 3, true), "awake");
	}
	struct doze_packet kept[DOZE_KEPT];
	struct doze d = { .kept = kept };
	doze_pass(&d, voiced, 3);
	CHECK_INT(
		DOZE_WAKE, doze_packet(&d, quiet, 3, true), "after being muted nobody knows how loud it is");
	doze_pass(&d, voiced, 3);
	CHECK_INT(DOZE_WAKE, doze_packet(&d, voiced, 3, true), "whatever comes first");
}

TEST(noise_that_was_looked_at_is_slept_through)
{
	static const uint8_t quiet[3] = { 9 << 3, 0, 0 }, voiced[3] = { 9 << 3, 0x80, 1 };
	struct doze_packet kept[DOZE_KEPT];
	struct doze d = { .kept = kept };

	for (unsigned k = 0; k < DOZE_AFTER + 3; k++)
		(void)doze_packet(&d, quiet, 3, true);
	CHECK_INT(DOZE_GLANCE, doze_packet(&d, voiced, 3, true), "looked at");
	doze_glanced(&d, voiced, 3);
	CHECK_INT(1, d.kept[DOZE_KEPT - 1].bytes[2], "and kept");
	CHECK_INT(DOZE_SLEEP, doze_packet(&d, quiet, 3, true), "asleep as before");
	CHECK_INT(DOZE_GLANCE, doze_packet(&d, voiced, 3, true), "looked at again");
	doze_woken(&d);
	for (unsigned k = 1; k < DOZE_AFTER; k++)
		CHECK_INT(DOZE_DECODE, doze_packet(&d, quiet, 3, true), "loud once: awake for a while");
	CHECK_INT(DOZE_SLEEP, doze_packet(&d, quiet, 3, true), "then asleep");
}

/* ---- an encoder with nothing to say ---- */

TEST(silence_is_encoded_once)
{
	for (unsigned dtx = 0; dtx < 2; dtx++) {
		const struct codec_format format = {
			.id = CODEC_OPUS, .ptime_ms = 20, .complexity = 5, .fec = true, .dtx = dtx
		};
		struct line said = words(-70);
		struct encoder *encoder, *always;
		struct decoder *lulled, *plain;
		static const int16_t zeros[FRAME];
		unsigned same = 0, sent = 0, loud = 0;
		uint8_t p[CODEC_PAYLOAD_MAX], q[CODEC_PAYLOAD_MAX], last[CODEC_PAYLOAD_MAX];
		size_t len, len_q, last_len = 0, n, m;
		int16_t a[FRAME], b[FRAME];
		double off_db = 0;

		CHECK_INT(MIX_OK, encoder_alloc(&encoder, &format), "encoder");
		CHECK_INT(MIX_OK, encoder_alloc(&always, &format), "encoder");
		CHECK_INT(MIX_OK, decoder_alloc(&lulled, CODEC_OPUS), "decoder");
		CHECK_INT(MIX_OK, decoder_alloc(&plain, CODEC_OPUS), "decoder");
		/* Words, ten seconds of zeros, the same words: to one encoder with a speck in the zeros that
		 * is far below what Opus sends, so that it runs. */
		for (unsigned f = 0; f < 60 + 500 + 40; f++) {
			const int16_t *in =
				f >= 60 && f < 560 ? zeros : said.pcm + (150 + f % 560 % 60) * FRAME;
			int16_t speck[FRAME];

			memcpy(speck, in, sizeof(speck));
			if (f >= 60 && f < 560 && f % 2)
				speck[100] = 1;
			CHECK_INT(MIX_OK, encoder_run(encoder, in, FRAME, p, sizeof(p), &len), "run");
			CHECK_INT(MIX_OK, encoder_run(always, speck, FRAME, q, sizeof(q), &len_q), "run");
			if (f >= 60 + 2 * LULL_AFTER && f < 560 && len > 0) {
				sent++;
				same += len == last_len && memcmp(p, last, len) == 0;
			}
			if (len > 0) {
				memcpy(last, p, len);
				last_len = len;
				CHECK_INT(MIX_OK, decoder_run(lulled, p, len, a, FRAME, &n), "heard");
			}
			if (len_q > 0)
				CHECK_INT(MIX_OK, decoder_run(plain, q, len_q, b, FRAME, &m), "heard");
			if (f >= 60 + 2 * LULL_AFTER && f < 560 && len > 0)
				loud += level_dbov(a, FRAME) < 75;
			if (f >= 562 && len > 0 && len_q > 0 && level_dbov(b, FRAME) < 45) {
				double db = 10 * log10((energy(a, FRAME) + 1) / (energy(b, FRAME) + 1));

				off_db = fabs(db) > fabs(off_db) ? db : off_db;
			}
		}
		CHECK_INT(sent, same, "the same packet again and again");
		CHECK(dtx ? sent >= 20 && sent <= 26 : sent == 500 - 2 * LULL_AFTER, "%u were sent", sent);
		CHECK_INT(0, loud, "and the far end hears nothing");
		CHECK(fabs(off_db) < 2, "the words after it are %+.2f dB off", off_db);
		encoder_free(encoder);
		encoder_free(always);
		decoder_free(lulled);
		decoder_free(plain);
		free(said.pcm);
	}
}

TESTS(flags_stand_at_the_head_of_a_frame, agrees_with_libopus_on_what_a_packet_is,
	no_syllable_is_cut_and_none_clicks, wakes_for_all_that_does_not_say_that_it_is_quiet,
	noise_that_was_looked_at_is_slept_through, silence_is_encoded_once)
