/* links: mixer/agc.c mixer/burst.c mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/denoise.c mixer/doze.c mixer/echo.c mixer/err.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/latch.c mixer/level.c mixer/limit.c mixer/lull.c mixer/mix.c mixer/narrow.c mixer/oneway.c mixer/opus_peek.c mixer/quality.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_limit.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/stream_pace.c mixer/stream_rtcp.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/beep.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c mixer/xr.c tests/phone.c mixer/exchange.c mixer/room_spread.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/stream_ice.c mixer/ice.c mixer/binding.c mixer/room_clip.c mixer/clip.c mixer/quirk.c mixer/unopened.c */
/* Keys pressed on a phone that sends them as sound alone (C11, Q.24): whatever their level, twist, length and codec, nobody
 * else hears any of it, from the first millisecond on, and each is one digit. */
#include "mixer/room.h"
#include "tests/phone.h"
#include "tests/test.h"

#include <math.h>
#include <spandsp.h>
#include <stdlib.h>

enum { LEAD_MS = 200, SOUND_MAX = 8000 * 8 };

static const char all_keys[] = "0123456789*#ABCD";

struct line { /* 8 kHz */
	int16_t pcm[SOUND_MAX];
	size_t n;
};

static void add_silence(struct line *l, unsigned ms)
{
	memset(l->pcm + l->n, 0, ms * 8 * sizeof(int16_t));
	l->n += ms * 8;
}

/* `level` of the low tone in dBm0, the high one `twist` dB louder. */
static void add_keys(struct line *l, int level, int twist, int on_ms, int off_ms)
{
	dtmf_tx_state_t *tx = dtmf_tx_init(NULL);

	dtmf_tx_set_level(tx, level, twist);
	dtmf_tx_set_timing(tx, on_ms, off_ms);
	dtmf_tx_put(tx, all_keys, -1);
	for (int got = 1; got > 0 && l->n + 800 < SOUND_MAX; l->n += (size_t)got)
		got = dtmf_tx(tx, l->pcm + l->n, 800);
	dtmf_tx_free(tx);
}

static void add_noise(struct line *l, double dbov, uint32_t seed)
{
	const double peak = 32768 * sqrt(3) * pow(10, dbov / 20);

	for (size_t i = 0; i < l->n; i++) {
		seed = seed * 1664525 + 1013904223;
		l->pcm[i] = (int16_t)fmax(-32768, fmin(32767, l->pcm[i] + peak * (seed / 2147483648.0 - 1)));
	}
}

struct call {
	struct room *room;
	struct phone who, ear;
	struct resample *widen; /* owned; NULL at 8 kHz */
	uint64_t now_us;
};

static void call_open(struct call *c, enum codec_id codec, bool events)
{
	const struct room_config config = { .mixed_talkers = 4 };

	memset(c, 0, sizeof(*c));
	c->now_us = 1000000;
	CHECK_INT(MIX_OK, room_alloc(&c->room, &config), "room");
	phone_init(&c->who, 1, codec, FRAME_MS, 0);
	phone_init(&c->ear, 2, CODEC_PCMU, FRAME_MS, 0);
	c->who.format.event_rx_pt = c->who.format.event_tx_pt = events ? 101 : PT_NONE;
	phone_refit(&c->who, c->now_us);
	if (codec_info(codec)->rate != RATE_8K)
		CHECK_INT(MIX_OK, resample_alloc(&c->widen, RATE_8K, codec_info(codec)->rate), "resampler");
	room_add(c->room, c->who.stream);
	room_add(c->room, c->ear.stream);
}

static void call_close(struct call *c)
{
	room_remove(c->room, c->who.stream);
	room_remove(c->room, c->ear.stream);
	room_free(c->room);
	phone_free(&c->who);
	phone_free(&c->ear);
	resample_free(c->widen);
}

/* jitter: every so many packets one comes a frame late, together with the next; lose: it does not come. 0: never */
static void say(struct call *c, const struct line *l, unsigned jitter, unsigned lose)
{
	struct phone *p = &c->who;
	const struct codec_info *info = codec_info(p->codec);
	uint8_t late[PACKET_MAX];
	size_t late_len = 0;

	for (size_t at = 0; at + 160 <= l->n; at += 160) {
		const struct rtp head = { .seq = p->seq++,
			.timestamp = p->timestamp,
			.ssrc = p->ssrc,
			.payload_type = p->format.rx[0].pt };
		int16_t wide[FRAME_MAX];
		uint8_t packet[PACKET_MAX];
		size_t len = 0;

		memcpy(wide, l->pcm + at, 160 * sizeof(int16_t));
		if (c->widen)
			resample_frame(c->widen, l->pcm + at, wide);
		rtp_write(packet, &head);
		CHECK_INT(MIX_OK,
			encoder_run(p->encoder, wide, frame_samples(info->rate), packet + RTP_HEADER,
				sizeof(packet) - RTP_HEADER, &len),
			"encoder");
		p->timestamp += info->clock_hz / 50;
		if (late_len)
			stream_rx_rtp(p->stream, late, late_len, &p->address, c->now_us, &phone_out);
		late_len = 0;
		if (jitter && at / 160 % jitter == jitter - 1) {
			late_len = RTP_HEADER + len;
			memcpy(late, packet, late_len);
		} else if (!lose || at / 160 % lose != lose - 1) {
			stream_rx_rtp(
				p->stream, packet, RTP_HEADER + len, &p->address, c->now_us, &phone_out);
		}
		room_tick(c->room, c->now_us + 3000, (c->now_us / 1000) << 22, &phone_out);
		c->now_us += FRAME_US;
	}
}

/* The loudest 10 ms that the ear heard, in dBov. */
static double loudest(const struct phone *ear)
{
	double most = 0;

	for (size_t at = 0; at + 80 <= ear->n_heard; at += 40) {
		double sum = 0;

		for (size_t i = 0; i < 80; i++)
			sum += (double)ear->heard[at + i] * ear->heard[at + i];
		most = fmax(most, sum / 80);
	}
	return most > 0 ? 10 * log10(most / 32768 / 32768) : -127;
}

/* The loudest 20 ms of one of the eight tones. */
static double loudest_tone(const struct phone *ear)
{
	static const double hz[] = { 697, 770, 852, 941, 1209, 1336, 1477, 1633 };
	double most = 0;

	for (size_t at = 0; at + 160 <= ear->n_heard; at += 80)
		for (unsigned f = 0; f < 8; f++) {
			double re = 0, im = 0;

			for (size_t i = 0; i < 160; i++) {
				double w = 0.5 - 0.5 * cos(2 * M_PI * (double)i / 160),
				       a = 2 * M_PI * hz[f] * (double)i / 8000;

				re += w * ear->heard[at + i] * cos(a);
				im += w * ear->heard[at + i] * sin(a);
			}
			most = fmax(most, hypot(re, im) / 80);
		}
	return most > 0 ? 20 * log10(most / 32768 * 1.414) : -127;
}

static const enum codec_id codecs[] = { CODEC_PCMU, CODEC_PCMA, CODEC_G722, CODEC_OPUS };

TEST(no_key_is_heard_by_anybody_else)
{
	static const struct {
		const char *story;
		int level, twist, on_ms, off_ms;
	} cases[] = {
		{ "as most phones send them", -10, 2, 100, 100 },
		{ "loud", -4, 0, 60, 60 },
		{ "as loud as it goes", -3, 0, 70, 70 },
		{ "far away", -25, 0, 60, 60 },
		{ "far away, high tone weaker", -22, -6, 60, 60 },
		{ "high tone stronger by 3", -12, 3, 60, 60 },
		{ "high tone weaker by 6", -8, -6, 60, 60 },
		{ "as short as allowed", -10, 0, 50, 45 },
	};
	static struct line l;
	double worst = -127;

	for (size_t k = 0; k < sizeof(codecs) / sizeof(*codecs); k++)
		for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
			for (unsigned shift = codecs[k] < CODEC_G722 ? 0 : i % 4; shift < 20;
				shift +=
				codecs[k] < CODEC_G722 ? 3 : 7) { /* tones do not begin where frames do */
				struct call c;
				double heard;

				l.n = 0;
				add_silence(&l, LEAD_MS + shift);
				add_keys(&l, cases[i].level, cases[i].twist, cases[i].on_ms, cases[i].off_ms);
				add_silence(&l, LEAD_MS);
				call_open(&c, codecs[k], false);
				say(&c, &l, 0, 0);
				heard = loudest(&c.ear);
				worst = fmax(worst, heard);
				CHECK_STR(all_keys, c.who.digits, cases[i].story);
				CHECK(heard < -75,
					"%s, %s, begins %u ms into a frame: %.1f dBov of it is heard",
					codec_info(codecs[k])->name, cases[i].story, shift, heard);
				call_close(&c);
			}
	print_message("  the loudest 10 ms that anybody heard: %.1f dBov\n", worst);
}

TEST(nor_over_noise)
{
	static struct line l;

	for (size_t k = 0; k < sizeof(codecs) / sizeof(*codecs); k++)
		for (unsigned shift = 0; shift < 20; shift += 5) {
			struct call c;
			double heard;

			l.n = 0;
			add_silence(&l, LEAD_MS + shift);
			add_keys(&l, -12, 2, 80, 80);
			add_silence(&l, LEAD_MS);
			add_noise(&l, -48, 5 + shift);
			call_open(&c, codecs[k], false);
			say(&c, &l, 0, 0);
			heard = loudest_tone(&c.ear);
			CHECK_STR(all_keys, c.who.digits, "digits");
			CHECK(loudest(&c.ear) > -52, "the noise between them is heard: %.1f",
				loudest(&c.ear));
			CHECK(heard < -48, "%s, %u ms: a tone at %.1f dBov", codec_info(codecs[k])->name,
				shift, heard);
			call_close(&c);
		}
}

/* Packets that come late, or not at all, in and around the tones.  G.722 and Opus are not asked about loss: their
 * decoders go astray for a moment after it, and what comes out may be no key to any receiver. */
TEST(nor_when_packets_are_late_or_lost)
{
	static const struct {
		const char *story;
		unsigned jitter, lose;
	} cases[] = { { "late", 7, 0 }, { "often late", 3, 0 }, { "lost", 0, 11 },
		{ "late and lost", 5, 13 } };
	static struct line l;

	for (size_t k = 0; k < sizeof(codecs) / sizeof(*codecs); k++)
		for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
			struct call c;
			double heard;

			if (codecs[k] >= CODEC_G722 && cases[i].lose)
				continue;
			l.n = 0;
			add_silence(&l, LEAD_MS + (unsigned)i * 3);
			add_keys(&l, -10, 2, 120, 100);
			add_silence(&l, LEAD_MS);
			call_open(&c, codecs[k], false);
			say(&c, &l, cases[i].jitter, cases[i].lose);
			heard = loudest(&c.ear);
			if (!cases[i].lose) /* a hole of 20 ms in a tone may make two keys of it */
				CHECK_STR(all_keys, c.who.digits, cases[i].story);
			CHECK(heard < -70, "%s, %s: %.1f dBov is heard", codec_info(codecs[k])->name,
				cases[i].story, heard);
			call_close(&c);
		}
}

/* A leg with telephone-event that sends tones as well waits for nothing: its first moment of a tone may be heard.
 * That is what the line is for, and shows that the measure above sees it. */
TEST(without_the_line_the_beginning_is_heard)
{
	static struct line l;
	struct call c;

	l.n = 0;
	add_silence(&l, LEAD_MS);
	add_keys(&l, -10, 2, 100, 100);
	call_open(&c, CODEC_PCMU, true);
	say(&c, &l, 0, 0);
	CHECK(loudest(&c.ear) > -20, "%.1f dBov", loudest(&c.ear));
	CHECK_STR(all_keys, c.who.digits, "still one digit each");
	call_close(&c);
}

TESTS(no_key_is_heard_by_anybody_else, nor_over_noise, nor_when_packets_are_late_or_lost,
	without_the_line_the_beginning_is_heard)
