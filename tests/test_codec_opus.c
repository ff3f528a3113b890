/* links: tests/speech.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/resample.c mixer/err.c mixer/lull.c */
#include "mixer/codec.h"
#include "mixer/resample.h"

#include "tests/speech.h"
#include "tests/test.h"

#include <math.h>
#include <opus/opus.h>
#include <stdlib.h>

enum { FRAME = 960, LONGEST = 5760 };

static double rms_dbov(const int16_t *pcm, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)pcm[i] * pcm[i];
	return 10 * log10((sum + 1e-9) / (double)n / (32768.0 * 32768.0));
}

/* Something like a vowel: a glottal pulse train of 120 Hz through two resonances, in syllables. */
static void voice(int16_t *pcm, size_t n)
{
	double a[2] = { 0, 0 }, b[2] = { 0, 0 };

	for (size_t i = 0; i < n; i++) {
		double pulse = i % 400 == 0 ? 1 : 0;
		double y = pulse + 1.96 * a[0] - 0.97 * a[1];
		a[1] = a[0], a[0] = y;
		double z = y + 1.90 * b[0] - 0.94 * b[1];
		b[1] = b[0], b[0] = z;
		pcm[i] = (int16_t)lrint(90 * z * (0.6 + 0.4 * sin(2 * M_PI * (double)i / 9600)));
	}
}

static struct encoder *encoder_of(unsigned ptime_ms, bool fec, bool dtx, unsigned max_rate_hz)
{
	struct codec_format format = { .id = CODEC_OPUS, .ptime_ms = ptime_ms, .complexity = 5 };
	struct encoder *e = NULL;

	format.fec = fec;
	format.dtx = dtx;
	format.max_rate_hz = max_rate_hz;
	CHECK_INT(MIX_OK, encoder_alloc(&e, &format), "encoder");
	return e;
}

static struct decoder *decoder_of(void)
{
	struct decoder *d = NULL;

	CHECK_INT(MIX_OK, decoder_alloc(&d, CODEC_OPUS), "decoder");
	return d;
}

TEST(a_stereo_sender_is_heard_in_mono_at_its_level)
{
	/* Decoding to two channels and adding them would be 6 dB too loud, taking the left one would
	 * lose who sits on the right. */
	static const struct {
		const char *story;
		double left, right, dbov;
	} cases[] = {
		{ "the same on both", 3277, 3277, -23 },
		{ "left only", 3277, 0, -29 },
		{ "right only", 0, 3277, -29 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int bad = 0;
		OpusEncoder *stereo = opus_encoder_create(48000, 2, OPUS_APPLICATION_AUDIO, &bad);
		opus_encoder_ctl(stereo, OPUS_SET_BITRATE(64000));
		struct decoder *d = decoder_of();
		int16_t pair[2 * FRAME], pcm[FRAME];
		uint8_t payload[CODEC_PAYLOAD_MAX];
		size_t n = 0;
		for (size_t frame = 0; frame < 25; frame++) {
			for (size_t k = 0; k < FRAME; k++) {
				double wave = sin(2 * M_PI * 440 * (double)(frame * FRAME + k) / 48000);
				pair[2 * k] = (int16_t)lrint(cases[i].left * wave);
				pair[2 * k + 1] = (int16_t)lrint(cases[i].right * wave);
			}
			opus_int32 len = opus_encode(stereo, pair, FRAME, payload, sizeof(payload));
			CHECK(len > 0, "stereo encoder");
			CHECK_INT(
				MIX_OK, decoder_run(d, payload, (size_t)len, pcm, FRAME, &n), cases[i].story);
			CHECK_INT(FRAME, n, "mono samples");
		}
		CHECK_NEAR(cases[i].dbov, rms_dbov(pcm, FRAME), 1, cases[i].story);
		opus_encoder_destroy(stereo);
		decoder_free(d);
	}
}

/* How far a made-up frame is from the one that was lost, in dB of signal to error (best of small shifts,
 * because concealment has no duty to keep phase). */
static double likeness(const int16_t *lost, const int16_t *made)
{
	double signal = 0, error = 0;

	for (size_t i = 0; i < FRAME; i++) {
		signal += (double)lost[i] * lost[i];
		error += (double)(lost[i] - made[i]) * (lost[i] - made[i]);
	}
	return 10 * log10((signal + 1) / (error + 1));
}

/* Loses every eighth packet; mean likeness of what was made for them. */
static double play_with_loss(bool fec, unsigned expect_percent)
{
	enum { FRAMES = 100 };
	static int16_t in[FRAMES * FRAME], clean[FRAMES * FRAME];
	static uint8_t packets[FRAMES][CODEC_PAYLOAD_MAX];
	static size_t lens[FRAMES];
	struct encoder *e = encoder_of(20, fec, false, 16000);
	struct decoder *whole = decoder_of(), *lossy = decoder_of();
	int16_t made[FRAME];
	double sum = 0;
	unsigned count = 0;
	size_t n = 0;

	voice(in, FRAMES * FRAME);
	encoder_expect_loss(e, expect_percent);
	for (unsigned i = 0; i < FRAMES; i++) {
		CHECK_INT(MIX_OK,
			encoder_run(e, in + i * FRAME, FRAME, packets[i], CODEC_PAYLOAD_MAX, &lens[i]),
			"encode");
		CHECK_INT(MIX_OK, decoder_run(whole, packets[i], lens[i], clean + i * FRAME, FRAME, &n),
			"decode");
	}
	for (unsigned i = 0; i < FRAMES; i++) {
		if (i % 8 != 7 || i + 1 == FRAMES) {
			CHECK_INT(MIX_OK, decoder_run(lossy, packets[i], lens[i], made, FRAME, &n), "decode");
			continue;
		}
		CHECK_INT(
			MIX_OK, decoder_conceal(lossy, packets[i + 1], lens[i + 1], made, FRAME), "conceal");
		sum += likeness(clean + i * FRAME, made);
		count++;
	}
	encoder_free(e);
	decoder_free(whole);
	decoder_free(lossy);
	return sum / count;
}

TEST(the_next_packet_brings_back_the_lost_one)
{
	double with = play_with_loss(true, 20), without = play_with_loss(false, 0);

	CHECK(with > without + 3, "FEC %.1f dB, concealment alone %.1f dB", with, without);
}

/* CELT: configurations 16 to 31 of the first byte (RFC 6716 section 3.1). */
static bool is_celt(const uint8_t *payload)
{
	return payload[0] >> 3 >= 16;
}

static unsigned celt_of_20(struct encoder *e)
{
	static int16_t in[20 * FRAME];
	uint8_t payload[CODEC_PAYLOAD_MAX];
	unsigned celt = 0;
	size_t len;

	voice(in, 20 * FRAME);
	for (unsigned i = 0; i < 20; i++) {
		CHECK_INT(MIX_OK, encoder_run(e, in + i * FRAME, FRAME, payload, sizeof(payload), &len),
			"encode");
		celt += is_celt(payload);
	}
	return celt;
}

TEST(the_mode_follows_what_is_reported_lost)
{
	static const struct {
		const char *story;
		unsigned bitrate_bps;
		bool fec, dtx;
		struct {
			unsigned percent, least, most; /* CELT packets of the 20 after the report */
		} at[5];
	} cases[] = {
		{ "nothing is lost, then something, then nothing", 0, true, false,
			{ { 0, 20, 20 }, { 5, 0, 1 }, { 1, 0, 0 }, { 0, 19, 20 }, { 1, 20, 20 } } },
		{ "a far end that cannot use FEC", 0, false, false,
			{ { 0, 20, 20 }, { 5, 20, 20 }, { 20, 20, 20 }, { 0, 20, 20 }, { 0, 20, 20 } } },
		{ "one that wants DTX", 0, true, true,
			{ { 0, 0, 0 }, { 5, 0, 0 }, { 0, 0, 0 }, { 1, 0, 0 }, { 0, 0, 0 } } },
		{ "one that wants few bits", 16000, true, false,
			{ { 0, 0, 0 }, { 5, 0, 0 }, { 0, 0, 0 }, { 1, 0, 0 }, { 0, 0, 0 } } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct codec_format format = { .id = CODEC_OPUS, .ptime_ms = 20, .complexity = 5 };
		struct encoder *e = NULL;
		format.bitrate_bps = cases[i].bitrate_bps;
		format.fec = cases[i].fec;
		format.dtx = cases[i].dtx;
		CHECK_INT(MIX_OK, encoder_alloc(&e, &format), "encoder");
		for (size_t k = 0; k < 5; k++) {
			if (k > 0)
				encoder_expect_loss(e, cases[i].at[k].percent);
			unsigned celt = celt_of_20(e);
			CHECK(celt >= cases[i].at[k].least && celt <= cases[i].at[k].most,
				"%s: %u CELT packets of 20 after report %zu", cases[i].story, celt, k);
		}
		encoder_free(e);
	}
}

/* Segmental signal to noise, in dB, of what a decoder makes of speech that our encoder sent: frames of speech only. */
static double fidelity(const struct speech *s, bool silk)
{
	struct codec_format format = { .id = CODEC_OPUS, .ptime_ms = 20, .complexity = 5, .fec = true };
	struct resample *up = NULL;
	struct encoder *e = NULL;
	struct decoder *d = decoder_of();
	size_t frames = s->n / 160, n = 0, len, counted = 0;
	int16_t *in = calloc(frames * FRAME, sizeof(*in)), *out = calloc((frames + 1) * FRAME, sizeof(*out));
	uint8_t payload[CODEC_PAYLOAD_MAX];
	double sum = 0;
	const size_t ahead = 312; /* samples that libopus looks ahead, in either mode */

	CHECK_INT(MIX_OK, encoder_alloc(&e, &format), "encoder");
	CHECK_INT(MIX_OK, resample_alloc(&up, RATE_8K, RATE_48K), "resampler");
	if (silk)
		encoder_expect_loss(e, 2);
	for (size_t i = 0; i < frames; i++) {
		resample_frame(up, s->pcm + i * 160, in + i * FRAME);
		CHECK_INT(MIX_OK, encoder_run(e, in + i * FRAME, FRAME, payload, sizeof(payload), &len),
			"encode");
		CHECK_INT(MIX_OK, decoder_run(d, payload, len, out + i * FRAME, FRAME, &n), "decode");
	}
	for (size_t i = 0; i + 1 < frames; i++) {
		double noise = 1, signal = 1;
		if (rms_dbov(in + i * FRAME, FRAME) < -45)
			continue;
		for (size_t k = i * FRAME; k < (i + 1) * FRAME; k++) {
			double error = in[k] - out[k + ahead];
			signal += (double)in[k] * in[k];
			noise += error * error;
		}
		sum += fmin(35, fmax(-10, 10 * log10(signal / noise)));
		counted++;
	}
	CHECK(counted > 100, "%zu frames of speech", counted);
	encoder_free(e);
	decoder_free(d);
	resample_free(up);
	free(in);
	free(out);
	return sum / (double)counted;
}

TEST(without_loss_speech_comes_out_nearer_to_what_was_said)
{
	static const char *const files[] = { SPEECH_FOLDER "vm-options.g722", SPEECH_FOLDER "vm-intro.g722" };

	for (size_t i = 0; i < 2; i++) {
		struct speech s = speech_load(files[i], 10);
		CHECK(s.n > 0, "%s", files[i]);
		double celt = fidelity(&s, false), silk = fidelity(&s, true);
		CHECK(celt > silk + 1, "%s: %.1f dB; with FEC %.1f dB", files[i], celt, silk);
		free(s.pcm);
	}
}

TEST(any_length_of_loss_is_filled)
{
	static const size_t lengths[] = { 1, 37, 119, 120, 121, 240, 480, 700, 960, 1441, 1920, 2880, 5760 };
	static int16_t pcm[LONGEST + 1], in[FRAME];
	struct encoder *e = encoder_of(20, true, false, 0);
	struct decoder *d = decoder_of();
	uint8_t payload[CODEC_PAYLOAD_MAX];
	size_t len = 0, n = 0;

	voice(in, FRAME);
	encoder_expect_loss(e, 20);
	CHECK_INT(MIX_OK, encoder_run(e, in, FRAME, payload, sizeof(payload), &len), "encode");
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		for (unsigned has_next = 0; has_next < 2; has_next++) {
			CHECK_INT(
				MIX_OK, decoder_run(d, payload, len, pcm, LONGEST, &n), "a good one before");
			pcm[lengths[i]] = 12345;
			CHECK_INT(MIX_OK, decoder_conceal(d, has_next ? payload : NULL, len, pcm, lengths[i]),
				"filled");
			CHECK_INT(12345, pcm[lengths[i]], "and not a sample more");
		}
	}
	CHECK_INT(MIX_RANGE, decoder_conceal(d, NULL, 0, pcm, LONGEST + 1), "over 120 ms at once");
	CHECK_INT(MIX_OK, decoder_conceal(d, (const uint8_t *)"\xff", 1, pcm, FRAME),
		"a next packet that is none");
	encoder_free(e);
	decoder_free(d);
}

TEST(a_long_loss_falls_silent)
{
	static int16_t pcm[FRAME], in[50 * FRAME];
	struct encoder *e = encoder_of(20, false, false, 0);
	struct decoder *d = decoder_of();
	uint8_t payload[CODEC_PAYLOAD_MAX];
	size_t len = 0, n = 0;

	voice(in, 50 * FRAME);
	for (unsigned i = 0; i < 50; i++) {
		CHECK_INT(MIX_OK, encoder_run(e, in + i * FRAME, FRAME, payload, sizeof(payload), &len),
			"encode");
		CHECK_INT(MIX_OK, decoder_run(d, payload, len, pcm, FRAME, &n), "decode");
	}
	CHECK(rms_dbov(pcm, FRAME) > -40, "speech");
	for (unsigned i = 0; i < 25; i++)
		CHECK_INT(MIX_OK, decoder_conceal(d, NULL, 0, pcm, FRAME), "conceal");
	CHECK(rms_dbov(pcm, FRAME) < -60, "half a second later: %.1f dBov", rms_dbov(pcm, FRAME));
	encoder_free(e);
	decoder_free(d);
}

TEST(silence_under_dtx_sends_next_to_nothing)
{
	static int16_t in[3 * FRAME];
	static const unsigned ptimes[] = { 20, 60 };
	uint8_t payload[CODEC_PAYLOAD_MAX];

	for (size_t p = 0; p < 2; p++) {
		for (unsigned dtx = 0; dtx < 2; dtx++) {
			struct encoder *e = encoder_of(ptimes[p], false, dtx, 0);
			unsigned sent = 0;
			for (unsigned i = 0; i < 150; i++) {
				size_t len = 99;
				CHECK_INT(MIX_OK,
					encoder_run(e, in, 48 * ptimes[p], payload, sizeof(payload), &len),
					"encode");
				CHECK(len == 0 || len > 2, "%zu bytes: nothing, or a packet", len);
				sent += len > 0;
			}
			if (dtx)
				CHECK(sent > 0 && sent < 40, "%u packets of 150 with DTX, %u ms", sent,
					ptimes[p]);
			else
				CHECK_INT(150, sent, "packets without DTX");
			encoder_free(e);
		}
	}
}

TEST(maxplaybackrate_bounds_what_is_sent)
{
	/* RFC 7587 section 6.1; the bandwidth stands in each packet's first byte (RFC 6716 section 3.1). */
	static const struct {
		unsigned max_rate_hz;
		int most;
	} cases[] = {
		{ 8000, OPUS_BANDWIDTH_NARROWBAND },
		{ 12000, OPUS_BANDWIDTH_MEDIUMBAND },
		{ 16000, OPUS_BANDWIDTH_WIDEBAND },
		{ 24000, OPUS_BANDWIDTH_SUPERWIDEBAND },
		{ 0, OPUS_BANDWIDTH_FULLBAND },
	};
	static int16_t in[50 * 1440];

	voice(in, 50 * 1440);
	for (unsigned ptime_ms = 20; ptime_ms <= 30; ptime_ms += 10) {
		/* 30 ms are CELT frames, which have no medium band. */
		for (size_t i = ptime_ms == 30 ? 2 : 0; i < sizeof(cases) / sizeof(*cases); i++) {
			struct encoder *e = encoder_of(ptime_ms, false, false, cases[i].max_rate_hz);
			uint8_t payload[CODEC_PAYLOAD_MAX];
			size_t n = 48 * ptime_ms, len = 0;
			int widest = 0;
			for (unsigned k = 0; k < 50; k++) {
				CHECK_INT(MIX_OK,
					encoder_run(e, in + k * n, n, payload, sizeof(payload), &len),
					"encode");
				int width = opus_packet_get_bandwidth(payload);
				widest = width > widest ? width : widest;
				CHECK_INT(1, opus_packet_get_nb_channels(payload), "mono");
			}
			CHECK(widest <= cases[i].most, "%u Hz, %u ms: bandwidth %d", cases[i].max_rate_hz,
				ptime_ms, widest);
			encoder_free(e);
		}
	}
}

TEST(packets_of_30_and_50_ms_hold_speech)
{
	static int16_t in[48000], pcm[LONGEST];
	static const unsigned ptimes[] = { 30, 50 };

	voice(in, 48000);
	for (size_t p = 0; p < 2; p++) {
		struct encoder *e = encoder_of(ptimes[p], true, true, 0);
		struct decoder *d = decoder_of();
		size_t packet = 48 * ptimes[p], n = 0, len = 0;
		uint8_t payload[CODEC_PAYLOAD_MAX];
		for (size_t at = 0; at + packet <= 48000; at += packet) {
			CHECK_INT(MIX_OK, encoder_run(e, in + at, packet, payload, sizeof(payload), &len),
				"encode");
			CHECK_INT(MIX_OK, decoder_run(d, payload, len, pcm, LONGEST, &n), "decode");
			CHECK_INT(packet, n, "samples");
			if (at > 9600)
				CHECK_NEAR(rms_dbov(in + at, packet), rms_dbov(pcm, n), 3, "level");
		}
		encoder_free(e);
		decoder_free(d);
	}
}

/* What comes out is what opus_decode() gives, to the bit: quiet, loud, and louder than there is room for. */
TEST(decodes_as_libopus_itself)
{
	static const double gains[] = { 0.01, 1, 4, 60 };
	static int16_t in[50 * FRAME];
	OpusDecoder *theirs = opus_decoder_create(48000, 1, NULL);
	struct decoder *ours = decoder_of();
	unsigned bent = 0, compared = 0;

	voice(in, sizeof(in) / sizeof(*in));
	for (size_t g = 0; g < sizeof(gains) / sizeof(*gains); g++) {
		struct encoder *e = encoder_of(20, true, false, 0);

		encoder_expect_loss(e, g % 2 ? 20 : 0); /* SILK with FEC, or CELT */
		for (size_t f = 0; f < 50; f++) {
			int16_t said[FRAME], a[LONGEST], b[LONGEST];
			uint8_t p[CODEC_PAYLOAD_MAX];
			size_t len, n;

			for (size_t i = 0; i < FRAME; i++)
				said[i] = (int16_t)fmax(-32768, fmin(32767, gains[g] * in[f * FRAME + i]));
			CHECK_INT(MIX_OK, encoder_run(e, said, FRAME, p, sizeof(p), &len), "encoded");
			if (f % 10 == 7) { /* lost, and made up from the next one's FEC or from nothing */
				const bool fec = f == 7;

				CHECK_INT(MIX_OK, decoder_conceal(ours, fec ? p : NULL, len, a, FRAME),
					"made up");
				CHECK_INT(FRAME,
					opus_decode(theirs, fec ? p : NULL, fec ? (opus_int32)len : 0, b,
						FRAME, fec),
					"made up");
				CHECK(memcmp(a, b, FRAME * sizeof(*a)) == 0, "made up alike, frame %zu", f);
			}
			CHECK_INT(MIX_OK, decoder_run(ours, p, len, a, LONGEST, &n), "decoded");
			CHECK_INT(FRAME, opus_decode(theirs, p, (opus_int32)len, b, LONGEST, 0), "decoded");
			CHECK(memcmp(a, b, FRAME * sizeof(*a)) == 0, "gain %g, frame %zu", gains[g], f);
			for (size_t i = 0; i < FRAME; i++, compared++)
				bent += abs(a[i]) > 32500;
		}
		encoder_free(e);
	}
	CHECK(bent > 100 && bent < compared / 2, "%u samples at full scale", bent);
	opus_decoder_destroy(theirs);
	decoder_free(ours);
}

TESTS(a_stereo_sender_is_heard_in_mono_at_its_level, the_next_packet_brings_back_the_lost_one,
	the_mode_follows_what_is_reported_lost, without_loss_speech_comes_out_nearer_to_what_was_said,
	any_length_of_loss_is_filled, a_long_loss_falls_silent, silence_under_dtx_sends_next_to_nothing,
	maxplaybackrate_bounds_what_is_sent, packets_of_30_and_50_ms_hold_speech, decodes_as_libopus_itself)
