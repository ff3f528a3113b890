/* links: mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/doze.c mixer/err.c mixer/lull.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/latch.c mixer/level.c mixer/limit.c mixer/mix.c mixer/narrow.c mixer/opus_peek.c mixer/quirk.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/stream_rtcp.c mixer/stream_pace.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/beep.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c tests/phone.c mixer/exchange.c mixer/room_spread.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/stream_ice.c mixer/ice.c mixer/binding.c mixer/clip.c mixer/room_clip.c mixer/room_limit.c mixer/unopened.c */
/* What carriers do to their RTP: each quirk by itself is named, the sound and the keys come through; a clean stream names none. */
#include "mixer/room.h"
#include "tests/phone.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

enum { FRAMES = 150, TONE_HZ = 600, BEGIN_US = 1000000, TONE_DBOV = 20 };

/* One packet as it is about to leave, and how it is bent. */
struct packet {
	struct rtp head;
	uint8_t first_byte;
	uint8_t payload[400];
	size_t len, n_extra; /* extra: bytes before the payload */
	uint8_t extra[24];
	bool held_back, not_rtp;
};

struct far {
	struct phone talker, ear; /* the talker's stream is the one that is looked at */
	struct room *room;
	struct net_addr from;
	uint64_t now_us;
	struct rtp head; /* of the next packet, as it should be */
	double phase;
};

typedef void bend_fn(struct far *f, unsigned i, struct packet *p);

static void open_far(struct far *f, enum codec_id codec, unsigned ptime_ms)
{
	const struct room_config config = { .mixed_talkers = 4 };

	memset(f, 0, sizeof(*f));
	phone_init(&f->talker, 1, codec, ptime_ms, 0);
	phone_init(&f->ear, 2, codec, 20, 0);
	f->talker.format.asked_ptime_ms = 20;
	phone_refit(&f->talker, BEGIN_US);
	CHECK_INT(MIX_OK, room_alloc(&f->room, &config), "room");
	room_add(f->room, f->talker.stream);
	room_add(f->room, f->ear.stream);
	f->now_us = BEGIN_US;
	f->from = f->talker.address;
	f->head = (struct rtp){ .seq = 65500,
		.timestamp = 0xffff0000,
		.ssrc = 77,
		.payload_type = f->talker.format.rx[0].pt,
		.marker = true };
}

static void close_far(struct far *f)
{
	room_remove(f->room, f->talker.stream);
	room_remove(f->room, f->ear.stream);
	room_free(f->room);
	phone_free(&f->talker);
	phone_free(&f->ear);
}

static void leave(struct far *f, const struct packet *p)
{
	uint8_t bytes[PACKET_MAX];

	if (p->held_back)
		return;
	rtp_write(bytes, &p->head);
	bytes[0] = p->first_byte;
	memcpy(bytes + RTP_HEADER, p->extra, p->n_extra);
	memcpy(bytes + RTP_HEADER + p->n_extra, p->payload, p->len);
	stream_rx_rtp(f->talker.stream, bytes, p->not_rtp ? 4 : RTP_HEADER + p->n_extra + p->len, &f->from,
		f->now_us, &phone_out);
}

/* The next packet of a tone, as the standards have it; then bent, then sent. */
static void say(struct far *f, unsigned i, bend_fn *bend)
{
	const struct codec_info *info = codec_info(f->talker.codec);
	const unsigned rate = rate_hz(info->rate), ptime_ms = f->talker.ptime_ms;
	struct packet p = { .head = f->head, .first_byte = RTP_VERSION << 6 };
	int16_t pcm[16 * 40];

	for (unsigned k = 0; k < rate / 1000 * ptime_ms; k++) {
		f->phase += 2 * M_PI * TONE_HZ / rate;
		pcm[k] = (int16_t)lrint(32767 * pow(10, -TONE_DBOV / 20.0) * sin(f->phase));
	}
	CHECK_INT(MIX_OK,
		encoder_run(
			f->talker.encoder, pcm, rate / 1000 * ptime_ms, p.payload, sizeof(p.payload), &p.len),
		"encode");
	if (bend)
		bend(f, i, &p);
	f->head.seq++;
	f->head.timestamp += info->clock_hz / 1000 * ptime_ms;
	f->head.marker = false;
	leave(f, &p);
}

static void tick(struct far *f)
{
	room_tick(f->room, f->now_us + 3000, 0, &phone_out);
	f->now_us += FRAME_US;
}

static void run(struct far *f, unsigned frames, bend_fn *bend)
{
	const unsigned each = f->talker.ptime_ms / FRAME_MS;

	for (unsigned i = 0; i < frames; i++) {
		if (i % each == 0)
			say(f, i / each, bend);
		tick(f);
	}
}

/* "ptime other_port": names as they are told. */
static const char *names_of(uint32_t quirks)
{
	static char text[400];
	size_t n = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < QUIRKS; i++)
		if (quirks >> i & 1)
			n += (size_t)snprintf(
				text + n, sizeof(text) - n, "%s%s", n ? " " : "", quirk_name((enum quirk)i));
	return text;
}

/* ---- bent packets ---- */

static void is_padded(struct far *f, unsigned i, struct packet *p)
{
	(void)f;
	(void)i;
	p->first_byte |= 0x20;
	memset(p->payload + p->len, 0, 3);
	p->payload[p->len + 3] = 4;
	p->len += 4;
}

static void is_extended(struct far *f, unsigned i, struct packet *p)
{
	static const uint8_t extension[8] = { 0xbe, 0xde, 0, 1, 0x10, 0x55, 0, 0 };

	(void)f;
	(void)i;
	p->first_byte |= 0x10;
	memcpy(p->extra, extension, sizeof(extension));
	p->n_extra = sizeof(extension);
}

static void is_mixed(struct far *f, unsigned i, struct packet *p)
{
	(void)f;
	(void)i;
	p->first_byte |= 1;
	p->n_extra = 4;
}

static void is_marked(struct far *f, unsigned i, struct packet *p)
{
	(void)f;
	(void)i;
	p->head.marker = true;
}

static void another_ssrc(struct far *f, unsigned i, struct packet *p)
{
	(void)f;
	if (i >= 60)
		p->head.ssrc = 4711;
}

static void new_numbers(struct far *f, unsigned i, struct packet *p)
{
	(void)f;
	if (i >= 60)
		p->head.seq = (uint16_t)(p->head.seq + 30000);
}

static void time_steps(struct far *f, unsigned i, struct packet *p)
{
	(void)f;
	if (i >= 60)
		p->head.timestamp += 1000000;
}

/* 20 ms of G.722 counted as 320: its sampling rate, not its RTP clock. */
static void doubled_clock(struct far *f, unsigned i, struct packet *p)
{
	(void)f;
	p->head.timestamp = 5000 + i * 320;
}

/* Between talk and talk a second without packets. */
static void pause(struct packet *p, unsigned i)
{
	p->held_back = i >= 40 && i < 90;
}

static void suppresses(struct far *f, unsigned i, struct packet *p)
{
	pause(p, i);
	if (i > 40)
		p->head.seq = (uint16_t)(p->head.seq - 50);
	if (p->held_back)
		p->head.seq = 0;
	p->head.marker = i == 0 || i == 90;
	(void)f;
}

static void suppresses_unmarked(struct far *f, unsigned i, struct packet *p)
{
	suppresses(f, i, p);
	p->head.marker = i == 0;
}

static void comforts(struct far *f, unsigned i, struct packet *p)
{
	suppresses(f, i, p);
	if (i == 40) {
		p->held_back = false;
		p->head = f->head;
		p->head.payload_type = 13;
		p->len = 1;
		p->payload[0] = 70;
	} else if (i > 40) {
		p->head.seq++;
	}
}

static void is_idle(struct far *f, unsigned i, struct packet *p)
{
	(void)f;
	if (i >= 40 && i < 60)
		memset(p->payload, 0, p->len);
}

static void is_quiet(struct far *f, unsigned i, struct packet *p)
{
	(void)f;
	if (i >= 40 && i < 60)
		memset(p->payload, 0xff, p->len);
}

static void is_empty(struct far *f, unsigned i, struct packet *p)
{
	(void)f;
	if (i == 70)
		p->len = 0;
}

static void pings(struct far *f, unsigned i, struct packet *p)
{
	if (i == 30 || i == 31) {
		struct packet ping = { .not_rtp = true };

		leave(f, &ping);
	}
	(void)p;
}

static void other_number(struct far *f, unsigned i, struct packet *p)
{
	(void)i;
	p->head.payload_type = f->talker.format.tx_pt;
}

static void reports(struct far *f, unsigned i, struct packet *p)
{
	static const uint8_t report[] = { 0x80, 201, 0, 1, 0, 0, 0, 77 };

	(void)p;
	if (i == 50)
		stream_rx_rtp(f->talker.stream, report, sizeof(report), &f->from, f->now_us, &phone_out);
}

static void loses(struct far *f, unsigned i, struct packet *p)
{
	(void)f;
	p->held_back = i % 9 == 4;
}

/* Two seconds of a dead network: numbers and time went on. */
static void is_away(struct far *f, unsigned i, struct packet *p)
{
	(void)f;
	p->held_back = i >= 20 && i < 130;
}

static void comes_twice(struct far *f, unsigned i, struct packet *p)
{
	(void)i;
	leave(f, p);
}

TEST(each_quirk_is_named_and_the_sound_comes_through)
{
	static const struct {
		const char *story, *names;
		bend_fn *bend;
		enum codec_id codec;
		unsigned ptime_ms;
	} cases[] = {
		{ "a clean stream", "", NULL, CODEC_PCMU, 20 },
		{ "of G.722", "", NULL, CODEC_G722, 20 },
		{ "with loss", "", loses, CODEC_PCMU, 20 },
		{ "after the network was away", "", is_away, CODEC_PCMU, 20 },
		{ "each packet twice", "", comes_twice, CODEC_PCMU, 20 },
		{ "with silence in it", "", is_quiet, CODEC_PCMU, 20 },
		{ "padding", "padding", is_padded, CODEC_PCMU, 20 },
		{ "a header extension", "header_extension", is_extended, CODEC_PCMU, 20 },
		{ "a CSRC", "contributing_sources", is_mixed, CODEC_PCMU, 20 },
		{ "marker everywhere", "marker_always", is_marked, CODEC_PCMU, 20 },
		{ "another SSRC", "ssrc_changes", another_ssrc, CODEC_PCMU, 20 },
		{ "another sequence", "sequence_restarts", new_numbers, CODEC_PCMU, 20 },
		{ "another time", "timestamp_jumps", time_steps, CODEC_PCMU, 20 },
		{ "G.722 at 16 kHz", "wrong_clock", doubled_clock, CODEC_G722, 20 },
		{ "40 ms in a packet", "other_ptime", NULL, CODEC_PCMU, 40 },
		{ "silence suppressed", "silence_suppressed", suppresses, CODEC_PCMU, 20 },
		{ "the same, unmarked", "marker_missing silence_suppressed", suppresses_unmarked, CODEC_PCMU,
			20 },
		{ "comfort noise", "comfort_noise_unasked", comforts, CODEC_PCMU, 20 },
		{ "0x00 over and over", "idle_pattern", is_idle, CODEC_PCMU, 20 },
		{ "an empty packet", "empty_packets", is_empty, CODEC_PCMU, 20 },
		{ "four zero bytes", "not_rtp", pings, CODEC_PCMU, 20 },
		{ "RTCP at the RTP port", "rtcp_on_rtp_port", reports, CODEC_PCMU, 20 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct far f;
		double level;

		open_far(&f, cases[i].codec, cases[i].ptime_ms);
		run(&f, FRAMES, cases[i].bend);
		level = phone_level(&f.ear, TONE_HZ, 200);
		CHECK_STR(cases[i].names, names_of(f.talker.quirks), cases[i].story);
		CHECK(level > TONE_DBOV - 3 && level < TONE_DBOV + 3, "%s: the tone comes at %.1f",
			cases[i].story, level);
		close_far(&f);
	}
}

/* A wrong clock stretches no sound: what is heard has the length that was said. */
TEST(a_wrong_clock_costs_no_sound)
{
	struct stream_stats stats;
	struct far f;

	open_far(&f, CODEC_G722, 20);
	run(&f, FRAMES, doubled_clock);
	stream_stats(f.talker.stream, &stats, f.now_us);
	CHECK(stats.rx_missing <= 6 && stats.concealed_ms < 300, "%u packets missing, %u ms made up",
		stats.rx_missing, stats.concealed_ms);
	close_far(&f);
}

/* An idle pattern is a loud nothing when it is decoded: nobody hears it. */
TEST(an_idle_pattern_is_silent)
{
	struct far f;

	open_far(&f, CODEC_PCMU, 20);
	run(&f, 58, is_idle);
	CHECK(phone_rms(&f.ear, 100) > 60, "it is at %.1f dBov", phone_rms(&f.ear, 100));
	close_far(&f);
}

/* The number that the far end itself asked for, and not the one that we did. */
TEST(payload_types_may_be_the_other_sides)
{
	struct far f;

	open_far(&f, CODEC_OPUS, 20);
	f.talker.format.tx_pt = 111;
	phone_refit(&f.talker, BEGIN_US);
	for (unsigned i = 0; i < 60; i++) {
		uint8_t payload[400];
		int16_t pcm[960];
		struct packet p = { .head = f.head, .first_byte = RTP_VERSION << 6 };

		for (unsigned k = 0; k < 960; k++)
			pcm[k] = (int16_t)lrint(3276 * sin(f.phase += 2 * M_PI * TONE_HZ / 48000));
		CHECK_INT(MIX_OK,
			encoder_run(f.talker.encoder, pcm, 960, p.payload, sizeof(p.payload), &p.len),
			"encode");
		other_number(&f, i, &p);
		leave(&f, &p);
		f.head.seq++;
		f.head.timestamp += 960;
		f.head.marker = false;
		tick(&f);
		(void)payload;
	}
	CHECK(strstr(names_of(f.talker.quirks), "other_payload_type"), "%s", names_of(f.talker.quirks));
	CHECK(phone_level(&f.ear, TONE_HZ, 200) < 23, "it is heard: %.1f", phone_level(&f.ear, TONE_HZ, 200));
	close_far(&f);
}

TEST(other_sources_are_named)
{
	for (int other_host = 0; other_host < 2; other_host++) {
		struct far f;

		open_far(&f, CODEC_PCMU, 20);
		f.from.port += 40;
		if (other_host)
			f.from.ip[15] = 9;
		run(&f, 20, NULL);
		CHECK_STR(other_host ? "other_address" : "other_port", names_of(f.talker.quirks), "named");
		close_far(&f);
	}
}

/* What was signalled is no quirk. */
TEST(after_an_offer_all_may_be_new)
{
	struct far f;

	open_far(&f, CODEC_PCMU, 20);
	run(&f, 40, NULL);
	phone_refit(&f.talker, f.now_us);
	f.head.ssrc = 4712;
	f.head.seq = 100;
	f.head.timestamp = 7;
	run(&f, 40, NULL);
	CHECK_STR("", names_of(f.talker.quirks), "no name");
	close_far(&f);
}

/* ---- keys ---- */

struct press_packet {
	unsigned ms;
	char key;
	bool end, marker;
	uint32_t timestamp;
	uint16_t duration;
};
#define P(ms, key, timestamp, duration)                                                                      \
	{                                                                                                    \
		ms, key, false, false, timestamp, duration                                                   \
	}
#define M(ms, key, timestamp, duration)                                                                      \
	{                                                                                                    \
		ms, key, false, true, timestamp, duration                                                    \
	}
#define END(ms, key, timestamp, duration)                                                                    \
	{                                                                                                    \
		ms, key, true, false, timestamp, duration                                                    \
	}
#define MEND(ms, key, timestamp, duration)                                                                   \
	{                                                                                                    \
		ms, key, true, true, timestamp, duration                                                     \
	}

TEST(odd_key_presses_are_named_and_counted_once)
{
	static const struct {
		const char *story, *names, *keys;
		uint8_t payload_type; /* 0: as agreed */
		struct press_packet list[16];
	} cases[] = {
		{ "by the book", "", "5", 0,
			{ M(0, '5', 100, 160), P(20, '5', 100, 320), P(40, '5', 100, 480),
				END(60, '5', 100, 640), END(60, '5', 100, 640), END(60, '5', 100, 640) } },
		{ "the same key twice", "", "55", 0,
			{ M(0, '5', 100, 160), END(20, '5', 100, 320), END(20, '5', 100, 320),
				END(20, '5', 100, 320), M(200, '5', 1700, 160), END(220, '5', 1700, 320),
				END(220, '5', 1700, 320), END(220, '5', 1700, 320) } },
		{ "the timestamp moves along", "event_timestamp_moves", "5", 0,
			{ M(0, '5', 100, 160), P(20, '5', 260, 320), P(40, '5', 420, 480),
				END(60, '5', 580, 640), END(60, '5', 580, 640), END(60, '5', 580, 640) } },
		{ "each end packet has another one", "event_end_timestamp", "1", 0,
			{ M(0, '1', 100, 160), P(20, '1', 100, 320), P(40, '1', 100, 480),
				END(60, '1', 100, 640), END(80, '1', 260, 640), END(100, '1', 420, 640) } },
		{ "and far behind", "event_end_timestamp", "1", 0,
			{ M(0, '1', 100, 160), P(20, '1', 100, 320), P(40, '1', 100, 480),
				END(60, '1', 100, 640), END(80, '1', 900, 640), END(100, '1', 1060, 640) } },
		{ "two presses, one timestamp", "event_timestamp_repeats", "55", 0,
			{ M(0, '5', 100, 160), P(20, '5', 100, 320), END(40, '5', 100, 480),
				END(40, '5', 100, 480), END(40, '5', 100, 480), M(300, '5', 100, 160),
				P(320, '5', 100, 320), END(340, '5', 100, 480), END(340, '5', 100, 480),
				END(340, '5', 100, 480) } },
		{ "no end", "event_no_end", "57", 0,
			{ M(0, '5', 100, 160), P(20, '5', 100, 320), P(40, '5', 100, 480),
				M(700, '7', 5700, 160), END(720, '7', 5700, 320), END(720, '7', 5700, 320),
				END(720, '7', 5700, 320) } },
		{ "one end", "event_one_end", "5", 0,
			{ M(0, '5', 100, 160), P(20, '5', 100, 320), END(40, '5', 100, 480) } },
		{ "the duration jumps", "event_duration_jumps", "5", 0,
			{ M(0, '5', 100, 160), P(20, '5', 100, 16000), P(40, '5', 100, 480),
				END(60, '5', 100, 640), END(60, '5', 100, 640), END(60, '5', 100, 640) } },
		{ "it stays 0", "event_no_duration", "5", 0,
			{ M(0, '5', 100, 0), P(20, '5', 100, 0), END(40, '5', 100, 0), END(40, '5', 100, 0),
				END(40, '5', 100, 0) } },
		{ "no marker", "event_marker_missing", "5", 0,
			{ P(0, '5', 100, 160), P(20, '5', 100, 320), END(40, '5', 100, 480),
				END(40, '5', 100, 480), END(40, '5', 100, 480) } },
		{ "markers", "event_marker_always", "5", 0,
			{ M(0, '5', 100, 160), M(20, '5', 100, 320), MEND(40, '5', 100, 480),
				MEND(40, '5', 100, 480), MEND(40, '5', 100, 480) } },
		{ "a payload type of their own", "other_payload_type", "5", 97,
			{ M(0, '5', 100, 160), P(20, '5', 100, 320), END(40, '5', 100, 480),
				END(40, '5', 100, 480), END(40, '5', 100, 480) } },
	};
	static const char codes[] = "0123456789*#ABCD";

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct far f;
		uint64_t begun_us;
		size_t next = 0;

		open_far(&f, CODEC_PCMU, 20);
		run(&f, 10, NULL);
		begun_us = f.now_us;
		while (f.now_us <
			begun_us + 7000000) { /* reports, which settle what is over, go out every 5 s */
			for (; next < 16 && cases[i].list[next].key &&
				begun_us + cases[i].list[next].ms * 1000ull <= f.now_us;
				next++) {
				const struct press_packet *e = &cases[i].list[next];
				struct packet p = {
					.head = f.head, .first_byte = RTP_VERSION << 6, .len = 4
				};

				p.head.payload_type = cases[i].payload_type ? cases[i].payload_type : 101;
				p.head.timestamp = e->timestamp;
				p.head.marker = e->marker;
				p.payload[0] = (uint8_t)(strchr(codes, e->key) - codes);
				p.payload[1] = (uint8_t)(10 | (e->end ? 0x80 : 0));
				p.payload[2] = (uint8_t)(e->duration >> 8);
				p.payload[3] = (uint8_t)e->duration;
				leave(&f, &p);
				f.head.seq++;
			}
			tick(&f);
		}
		CHECK_STR(cases[i].names, names_of(f.talker.quirks), cases[i].story);
		CHECK_STR(cases[i].keys, f.talker.digits, cases[i].story);
		close_far(&f);
	}
}

TEST(names_are_found_again)
{
	for (int i = 0; i < QUIRKS; i++) {
		const char *name = quirk_name((enum quirk)i);

		CHECK_INT(i, quirk_find(name, strlen(name)), name);
		CHECK(strlen(quirk_words((enum quirk)i)) > 10, "%s has words", name);
	}
	CHECK_INT(-1, quirk_find("none", 4), "no such");
}

TESTS(each_quirk_is_named_and_the_sound_comes_through, a_wrong_clock_costs_no_sound,
	an_idle_pattern_is_silent, payload_types_may_be_the_other_sides, other_sources_are_named,
	after_an_offer_all_may_be_new, odd_key_presses_are_named_and_counted_once, names_are_found_again)
