/* links: mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/err.c mixer/lull.c */
#include "mixer/codec.h"

#include "tests/starve.h"
#include "tests/test.h"

#include <math.h>
#include <spandsp.h>
#include <stdlib.h>

enum { SECOND = 48000 };

static double rms_dbov(const int16_t *pcm, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)pcm[i] * pcm[i];
	return 10 * log10((sum + 1e-9) / (double)n / (32768.0 * 32768.0));
}

/* The level of one frequency, by Goertzel's sum. */
static double tone_dbov(const int16_t *pcm, size_t n, double hz, double rate)
{
	double re = 0, im = 0;

	for (size_t i = 0; i < n; i++) {
		re += pcm[i] * cos(2 * M_PI * hz * (double)i / rate);
		im += pcm[i] * sin(2 * M_PI * hz * (double)i / rate);
	}
	double power = 2 * (re * re + im * im) / ((double)n * (double)n);
	return 10 * log10((power + 1e-9) / (32768.0 * 32768.0));
}

static void sine(int16_t *pcm, size_t n, double hz, double rate, double amplitude)
{
	for (size_t i = 0; i < n; i++)
		pcm[i] = (int16_t)lrint(amplitude * sin(2 * M_PI * hz * (double)i / rate));
}

static struct codec_format format_of(enum codec_id id)
{
	return (struct codec_format){ .id = id, .ptime_ms = 20, .complexity = 5 };
}

static struct encoder *encoder_of(struct codec_format format)
{
	struct encoder *e = NULL;

	CHECK_INT(MIX_OK, encoder_alloc(&e, &format), "encoder");
	return e;
}

static struct decoder *decoder_of(enum codec_id id)
{
	struct decoder *d = NULL;

	CHECK_INT(MIX_OK, decoder_alloc(&d, id), "decoder");
	return d;
}

TEST(codecs_have_the_names_and_clocks_of_the_rfcs)
{
	static const struct {
		const char *name;
		unsigned clock_hz;
		enum codec_id id;
		int payload_type;
		unsigned channels, pcm_hz;
	} cases[] = {
		{ "PCMU", 8000, CODEC_PCMU, 0, 1, 8000 },
		{ "pcma", 8000, CODEC_PCMA, 8, 1, 8000 },
		{ "G722", 8000, CODEC_G722, 9, 1,
			16000 }, /* RFC 3551 section 4.5.2: 8000, by mistake and for ever */
		{ "OPUS", 48000, CODEC_OPUS, CODEC_DYNAMIC, 2, 48000 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK_INT(cases[i].id, codec_find(cases[i].name, cases[i].clock_hz), cases[i].name);
		const struct codec_info *info = codec_info(cases[i].id);
		CHECK_INT(cases[i].payload_type, info->payload_type, cases[i].name);
		CHECK_INT(cases[i].channels, info->channels, cases[i].name);
		CHECK_INT(cases[i].clock_hz, info->clock_hz, cases[i].name);
		CHECK_INT(cases[i].pcm_hz, rate_hz(info->rate), cases[i].name);
	}
	CHECK_INT(CODEC_NONE, codec_find("G722", 16000), "G.722 at its true rate is not what RFC 3551 names");
	CHECK_INT(CODEC_NONE, codec_find("PCMU", 16000), "PCMU at another clock");
	CHECK_INT(CODEC_NONE, codec_find("GSM", 8000), "not ours");
	CHECK(!codec_info(CODEC_NONE) && !codec_info(CODECS), "no such codec");
}

/* G.711 table 2a and 1a: decision values x(n), built from the number and width of the steps of each
 * segment; a sample's code is the number of its interval. */
struct law {
	int n, x[129]; /* decision values, x[0] = 0; magnitudes */
};

static struct law law_of(int first_steps, int first_width, int segments)
{
	struct law law = { .n = 0, .x = { 0 } };
	int width = first_width;

	for (int i = 0; i < first_steps; i++, law.n++)
		law.x[law.n + 1] = law.x[law.n] + width;
	for (int s = 0; s < segments; s++) {
		width *= 2;
		for (int i = 0; i < 16; i++, law.n++)
			law.x[law.n + 1] = law.x[law.n] + width;
	}
	return law;
}

static int interval_of(const struct law *law, int magnitude)
{
	int i = 0;

	while (i < law->n - 1 && magnitude >= law->x[i + 1])
		i++;
	return i;
}

static uint8_t encode_one(struct encoder *e, int16_t sample)
{
	int16_t pcm[160];
	uint8_t out[160];
	size_t len = 0;

	for (size_t i = 0; i < 160; i++)
		pcm[i] = sample;
	CHECK_INT(MIX_OK, encoder_run(e, pcm, 160, out, sizeof(out), &len), "encode");
	return out[159];
}

static int16_t decode_one(struct decoder *d, uint8_t code)
{
	int16_t pcm = 0;
	size_t n = 0;

	CHECK_INT(MIX_OK, decoder_run(d, &code, 1, &pcm, 1, &n), "decode");
	return pcm;
}

TEST(ulaw_is_g711_to_the_bit)
{
	/* 14 bit values: a half step, 15 steps of 2, then seven times 16 steps of double width. */
	struct law law = { .n = 1, .x = { 0, 1 } };
	for (int i = 0; i < 15; i++, law.n++)
		law.x[law.n + 1] = law.x[law.n] + 2;
	for (int s = 1, width = 4; s < 8; s++, width *= 2)
		for (int i = 0; i < 16; i++, law.n++)
			law.x[law.n + 1] = law.x[law.n] + width;
	CHECK_INT(128, law.n, "steps");
	CHECK_INT(8159, law.x[128], "the virtual decision value of G.711 table 2a");
	struct encoder *e = encoder_of(format_of(CODEC_PCMU));
	struct decoder *d = decoder_of(CODEC_PCMU);

	for (int sample = -32768; sample <= 32767; sample++) {
		int magnitude = sample < 0 ? ~sample >> 2 : sample >> 2;
		int want = (sample < 0 ? 0x7f : 0xff) - interval_of(&law, magnitude);
		if (want != encode_one(e, (int16_t)sample))
			CHECK_INT(want, encode_one(e, (int16_t)sample), "u-law code");
	}
	for (int code = 0; code < 256; code++) {
		int i = (code & 0x80) ? 0xff - code : 0x7f - code;
		int y = i == 0 ? 0 : (law.x[i] + law.x[i + 1]) * 2; /* the middle, in 16 bits */
		CHECK_INT((code & 0x80) ? y : -y, decode_one(d, (uint8_t)code), "u-law value");
	}
	encoder_free(e);
	decoder_free(d);
}

TEST(alaw_is_g711_to_the_bit)
{
	struct law law = law_of(32, 2, 6); /* 13 bit values, G.711 table 1a */
	CHECK_INT(128, law.n, "steps");
	CHECK_INT(4096, law.x[128], "the virtual decision value of G.711 table 1a");
	struct encoder *e = encoder_of(format_of(CODEC_PCMA));
	struct decoder *d = decoder_of(CODEC_PCMA);

	for (int sample = -32768; sample <= 32767; sample++) {
		int magnitude = sample < 0 ? ~sample >> 3 : sample >> 3;
		int want = (interval_of(&law, magnitude) | (sample < 0 ? 0 : 0x80)) ^ 0x55;
		if (want != encode_one(e, (int16_t)sample))
			CHECK_INT(want, encode_one(e, (int16_t)sample), "A-law code");
	}
	for (int code = 0; code < 256; code++) {
		int i = (code ^ 0x55) & 0x7f;
		int y = (law.x[i] + law.x[i + 1]) * 4;
		CHECK_INT((code & 0x80) ? y : -y, decode_one(d, (uint8_t)code), "A-law value");
	}
	encoder_free(e);
	decoder_free(d);
}

TEST(the_digital_milliwatt_of_g711_has_its_level)
{
	/* G.711 tables 5 and 6: a sine of 1 kHz at 0 dBm0. Full-scale sine is 3.14 (A) or 3.17 (u)
	 * dBm0 and -3.01 dBov. */
	static const struct {
		const char *story;
		enum codec_id id;
		uint8_t codes[8];
		double dbov;
	} cases[] = {
		{ "A-law", CODEC_PCMA, { 0x34, 0x21, 0x21, 0x34, 0xb4, 0xa1, 0xa1, 0xb4 }, -6.15 },
		{ "u-law", CODEC_PCMU, { 0x1e, 0x0b, 0x0b, 0x1e, 0x9e, 0x8b, 0x8b, 0x9e }, -6.18 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct decoder *d = decoder_of(cases[i].id);
		int16_t pcm[8];
		size_t n = 0;
		CHECK_INT(MIX_OK, decoder_run(d, cases[i].codes, 8, pcm, 8, &n), cases[i].story);
		CHECK_NEAR(cases[i].dbov, rms_dbov(pcm, n), 0.1, cases[i].story);
		decoder_free(d);
	}
}

/* Sends `n` samples through a codec, frame by frame; the sound that comes out, same length. */
static void through(enum codec_id id, const int16_t *in, int16_t *out, size_t n)
{
	struct encoder *e = encoder_of(format_of(id));
	struct decoder *d = decoder_of(id);
	size_t frame = frame_samples(codec_info(id)->rate), len = 0, made = 0;
	uint8_t payload[PACKET_MAX];

	for (size_t at = 0; at + frame <= n; at += frame) {
		CHECK_INT(MIX_OK, encoder_run(e, in + at, frame, payload, sizeof(payload), &len), "encode");
		CHECK_INT(frame, decoder_samples(id, payload, len), "samples told beforehand");
		CHECK_INT(MIX_OK, decoder_run(d, payload, len, out + at, frame, &made), "decode");
		CHECK_INT(frame, made, "samples");
	}
	encoder_free(e);
	decoder_free(d);
}

TEST(every_codec_keeps_the_level_of_speech_band_tones)
{
	static int16_t in[SECOND], out[SECOND];

	for (enum codec_id id = CODEC_PCMU; id < CODECS; id++) {
		size_t rate = rate_hz(codec_info(id)->rate);
		for (double hz = 400; hz < 3400; hz += 900) {
			sine(in, rate, hz, (double)rate, 3277); /* -23 dBov */
			through(id, in, out, rate);
			double want = tone_dbov(in + rate / 2, rate / 2, hz, (double)rate);
			CHECK_NEAR(want, tone_dbov(out + rate / 2, rate / 2, hz, (double)rate),
				id == CODEC_OPUS ? 1 : 0.3, codec_info(id)->name);
		}
	}
}

TEST(g722_hears_7_khz_and_keeps_the_8_khz_clock)
{
	static int16_t in[16000], out[16000];
	struct encoder *e = encoder_of(format_of(CODEC_G722));
	uint8_t payload[PACKET_MAX];
	size_t len = 0;

	sine(in, 16000, 6000, 16000, 3277);
	through(CODEC_G722, in, out, 16000);
	CHECK_NEAR(-23, tone_dbov(out + 8000, 8000, 6000, 16000), 1, "a tone no phone line carries");
	CHECK_INT(MIX_OK, encoder_run(e, in, 320, payload, sizeof(payload), &len), "20 ms");
	CHECK_INT(160, len, "bytes, and RTP clock units, of 20 ms");
	encoder_free(e);
}

TEST(g722_never_wraps)
{
	static int16_t in[16000], out[16000];
	static const double hz[] = { 100, 324, 1004, 2500, 3401, 6122 };

	for (unsigned square = 0; square < 2; square++) {
		for (size_t h = 0; h < sizeof(hz) / sizeof(*hz); h++) {
			sine(in, 16000, hz[h], 16000, 32767);
			for (size_t i = 0; square && i < 16000; i++)
				in[i] = in[i] < 0 ? -32768 : 32767;
			through(CODEC_G722, in, out, 16000);
			/* A wrap puts half a period's power elsewhere: the tone would lose many dB. */
			double want = tone_dbov(in + 8000, 8000, hz[h], 16000) - 2;
			CHECK_NEAR(want, tone_dbov(out + 8000, 8000, hz[h], 16000), 1.2,
				square ? "square wave" : "sine of full scale");
		}
	}
}

TEST(g722_that_is_loud_but_not_too_loud_is_spandsps_to_the_bit)
{
	/* What may have wrapped is filtered again by our own filter: where nothing wrapped, that
	 * must be the library's. */
	static int16_t in[16000], ours[16000], theirs[16000];
	struct encoder *e = encoder_of(format_of(CODEC_G722));
	struct decoder *d = decoder_of(CODEC_G722);
	g722_decode_state_t *plain = g722_decode_init(NULL, 64000, 0);
	uint8_t payload[PACKET_MAX];
	size_t len = 0, n = 0;
	unsigned loud = 0;

	for (size_t i = 0; i < 16000; i++)
		in[i] = (int16_t)lrint(14000 * sin((double)i * 0.27) + 6000 * sin((double)i * 0.91));
	for (size_t at = 0; at + 320 <= 16000; at += 320) {
		CHECK_INT(MIX_OK, encoder_run(e, in + at, 320, payload, sizeof(payload), &len), "encode");
		CHECK_INT(MIX_OK, decoder_run(d, payload, len, ours + at, 320, &n), "decode");
		g722_decode(plain, theirs + at, payload, (int)len);
	}
	for (size_t i = 0; i < 16000; i++)
		loud += abs(theirs[i]) > 14000;
	CHECK(loud > 1000, "%u loud samples", loud);
	CHECK(memcmp(ours, theirs, sizeof(ours)) == 0, "the same sound");
	encoder_free(e);
	decoder_free(d);
	g722_decode_free(plain);
}

TEST(an_encoder_takes_one_packet_and_refuses_what_does_not_fit)
{
	static int16_t pcm[2880];
	uint8_t out[CODEC_PAYLOAD_MAX];
	size_t len = 0;

	for (enum codec_id id = CODEC_PCMU; id < CODECS; id++) {
		for (unsigned ptime_ms = 10; ptime_ms <= 60; ptime_ms += 10) {
			struct codec_format format = format_of(id);
			format.ptime_ms = ptime_ms;
			struct encoder *e = encoder_of(format);
			size_t n = rate_hz(codec_info(id)->rate) / 1000 * ptime_ms;
			sine(pcm, n, 440, rate_hz(codec_info(id)->rate), 5000);
			CHECK_INT(
				MIX_OK, encoder_run(e, pcm, n, out, sizeof(out), &len), codec_info(id)->name);
			CHECK_INT(n, decoder_samples(id, out, len), codec_info(id)->name);
			CHECK_INT(MIX_RANGE, encoder_run(e, pcm, n - 1, out, sizeof(out), &len),
				"short packet");
			CHECK_INT(MIX_SHORT, encoder_run(e, pcm, n, out, 1, &len), "one byte of room");
			CHECK_INT(ptime_ms, encoder_format(e)->ptime_ms, "format");
			encoder_free(e);
		}
	}
}

TEST(absurd_formats_are_refused)
{
	static const struct {
		const char *story;
		struct codec_format format;
	} cases[] = {
		{ "no codec", { CODEC_NONE, 20, 0, 0, 0, false, false, false } },
		{ "past the last", { CODECS, 20, 0, 0, 0, false, false, false } },
		{ "ptime 0", { CODEC_PCMU, 0, 0, 0, 0, false, false, false } },
		{ "ptime 25", { CODEC_PCMU, 25, 0, 0, 0, false, false, false } },
		{ "ptime 70", { CODEC_OPUS, 70, 0, 5, 0, false, false, false } },
		{ "complexity 11", { CODEC_OPUS, 20, 0, 11, 0, false, false, false } },
		{ "1 bit/s", { CODEC_OPUS, 20, 1, 5, 0, false, false, false } },
	};
	struct encoder *e = NULL;
	struct decoder *d = NULL;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_INT(MIX_RANGE, encoder_alloc(&e, &cases[i].format), cases[i].story);
	CHECK_INT(MIX_RANGE, decoder_alloc(&d, CODEC_NONE), "decoder of nothing");
	CHECK(!e && !d, "nothing was made");
}

TEST(a_copied_encoder_goes_on_to_the_bit)
{
	static int16_t pcm[960 * 10];
	static const enum codec_id ids[] = { CODEC_PCMU, CODEC_G722, CODEC_OPUS };

	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		struct codec_format format = format_of(ids[i]), other = format;
		struct encoder *shared = encoder_of(format), *own = encoder_of(format);
		size_t n = frame_samples(codec_info(ids[i])->rate), len = 0, own_len = 0;
		uint8_t out[CODEC_PAYLOAD_MAX], own_out[CODEC_PAYLOAD_MAX];
		sine(pcm, n * 10, 700, rate_hz(codec_info(ids[i])->rate), 8000);
		for (unsigned frame = 0; frame < 10; frame++) {
			if (frame == 5)
				CHECK_INT(MIX_OK, encoder_copy(own, shared), "copy");
			CHECK_INT(MIX_OK, encoder_run(shared, pcm + frame * n, n, out, sizeof(out), &len),
				"shared");
			if (frame < 5)
				continue;
			CHECK_INT(MIX_OK,
				encoder_run(own, pcm + frame * n, n, own_out, sizeof(own_out), &own_len),
				"own");
			CHECK(len == own_len && memcmp(out, own_out, len) == 0, "frame %u of %s", frame,
				codec_info(ids[i])->name);
		}
		other.ptime_ms = 40;
		struct encoder *foreign = encoder_of(other);
		CHECK_INT(MIX_RANGE, encoder_copy(foreign, shared), "another format");
		encoder_free(shared);
		encoder_free(own);
		encoder_free(foreign);
	}
}

TEST(formats_are_equal_when_their_bytes_would_be)
{
	static const struct codec_format base = { CODEC_OPUS, 20, CODEC_OPUS_BITRATE, 5, 0, false, false,
		false };
	static const struct {
		const char *story;
		struct codec_format other;
	} cases[] = {
		{ "codec", { CODEC_PCMU, 20, CODEC_OPUS_BITRATE, 5, 0, false, false, false } },
		{ "ptime", { CODEC_OPUS, 40, CODEC_OPUS_BITRATE, 5, 0, false, false, false } },
		{ "bitrate", { CODEC_OPUS, 20, 32000, 5, 0, false, false, false } },
		{ "complexity", { CODEC_OPUS, 20, CODEC_OPUS_BITRATE, 6, 0, false, false, false } },
		{ "bandwidth", { CODEC_OPUS, 20, CODEC_OPUS_BITRATE, 5, 16000, false, false, false } },
		{ "FEC", { CODEC_OPUS, 20, CODEC_OPUS_BITRATE, 5, 0, true, false, false } },
		{ "DTX", { CODEC_OPUS, 20, CODEC_OPUS_BITRATE, 5, 0, false, true, false } },
		{ "mode", { CODEC_OPUS, 20, CODEC_OPUS_BITRATE, 5, 0, false, false, true } },
	};
	struct codec_format a = base, b = base;

	CHECK(codec_format_equal(&a, &b), "the same");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK(!codec_format_equal(&base, &cases[i].other), "another %s", cases[i].story);
	a.bitrate_bps = 0;
	CHECK(codec_format_equal(&a, &b), "the default, named or not");
	a.id = b.id = CODEC_PCMU;
	b.fec = true;
	CHECK(codec_format_equal(&a, &b), "Opus' settings say nothing about G.711");
}

TEST(a_decoder_refuses_what_is_no_payload)
{
	static int16_t pcm[5760];
	static uint8_t big[1300];
	static const uint8_t no_bytes[1], reserved[] = { 0xff, 0x00 }, lengthless[] = { 0xfa };
	static const uint8_t uneven[] = { 0x79, 1 }, too_long[] = { 0x7b, 0x3f };
	struct decoder *d = decoder_of(CODEC_OPUS);
	size_t n = 77;
	const struct {
		const char *story;
		const uint8_t *payload;
		size_t len;
	} cases[] = {
		{ "nothing", no_bytes, 0 },
		{ "code 3 with no frames", reserved, 2 },
		{ "code 2 without a length", lengthless, 1 },
		{ "two equal frames in an odd number of bytes", uneven, 2 },
		{ "63 frames of 20 ms", too_long, 2 },
		{ "a frame over 1275 bytes", big, sizeof(big) },
	};

	big[0] = 0x78;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK_INT(MIX_SYNTAX, decoder_run(d, cases[i].payload, cases[i].len, pcm, 5760, &n),
			cases[i].story);
		CHECK_INT(0, decoder_samples(CODEC_OPUS, cases[i].payload, cases[i].len), cases[i].story);
	}
	CHECK_INT(77, n, "untouched after failure");
	decoder_free(d);

	static const uint8_t codes[160];
	d = decoder_of(CODEC_PCMA);
	CHECK_INT(MIX_SHORT, decoder_run(d, codes, 160, pcm, 159, &n), "one sample too few");
	CHECK_INT(MIX_SYNTAX, decoder_run(d, codes, 0, pcm, 159, &n), "an empty payload");
	CHECK_INT(MIX_OK, decoder_run(d, codes, 1, pcm, 1, &n), "any number of bytes is G.711");
	decoder_free(d);
}

TEST(allocation_failures_leave_nothing_behind)
{
	enum mix_err err = MIX_OK;

	for (enum codec_id id = CODEC_PCMU; id < CODECS; id++) {
		struct codec_format format = format_of(id);
		struct encoder *e = NULL;
		struct decoder *d = NULL;
		STARVE(err, encoder_alloc(&e, &format), MIX_NOMEM);
		STARVE(err, decoder_alloc(&d, id), MIX_NOMEM);
		CHECK_INT(id, decoder_id(d), "id");
		CHECK(!encoder_free(e) && !decoder_free(d), "free returns NULL");
	}
	CHECK(!encoder_free(NULL) && !decoder_free(NULL), "free accepts NULL");
}

TEST(a_restarted_encoder_is_a_new_one)
{
	static const struct codec_format formats[] = {
		{ .id = CODEC_OPUS, .ptime_ms = 20, .complexity = 5 },
		{ .id = CODEC_OPUS, .ptime_ms = 20, .complexity = 5, .dtx = true },
		{ .id = CODEC_G722, .ptime_ms = 20 },
		{ .id = CODEC_PCMU, .ptime_ms = 20 },
	};
	static int16_t pcm[SECOND];

	sine(pcm, SECOND, 440, SECOND, 8000);
	for (size_t f = 0; f < sizeof(formats) / sizeof(*formats); f++) {
		const size_t n = rate_hz(codec_info(formats[f].id)->rate) / 1000 * 20;
		struct encoder *used = NULL, *fresh = NULL;
		uint8_t a[CODEC_PAYLOAD_MAX], b[CODEC_PAYLOAD_MAX];
		size_t len_a, len_b;

		CHECK_INT(MIX_OK, encoder_alloc(&used, &formats[f]), "encoder");
		CHECK_INT(MIX_OK, encoder_alloc(&fresh, &formats[f]), "encoder");
		for (unsigned i = 0; i < 20; i++)
			CHECK_INT(MIX_OK, encoder_run(used, pcm + i * n, n, a, sizeof(a), &len_a), "encode");
		encoder_restart(used);
		for (unsigned i = 0; i < 20; i++) {
			CHECK_INT(MIX_OK, encoder_run(used, pcm + i * n, n, a, sizeof(a), &len_a), "encode");
			CHECK_INT(MIX_OK, encoder_run(fresh, pcm + i * n, n, b, sizeof(b), &len_b), "encode");
			CHECK(len_a == len_b && memcmp(a, b, len_a) == 0, "format %zu, packet %u", f, i);
		}
		encoder_free(used);
		encoder_free(fresh);
	}
}

TESTS(a_restarted_encoder_is_a_new_one, codecs_have_the_names_and_clocks_of_the_rfcs, ulaw_is_g711_to_the_bit,
	alaw_is_g711_to_the_bit, the_digital_milliwatt_of_g711_has_its_level,
	every_codec_keeps_the_level_of_speech_band_tones, g722_hears_7_khz_and_keeps_the_8_khz_clock,
	g722_never_wraps, g722_that_is_loud_but_not_too_loud_is_spandsps_to_the_bit,
	an_encoder_takes_one_packet_and_refuses_what_does_not_fit, absurd_formats_are_refused,
	a_copied_encoder_goes_on_to_the_bit, formats_are_equal_when_their_bytes_would_be,
	a_decoder_refuses_what_is_no_payload, allocation_failures_leave_nothing_behind)
