/* links: mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/doze.c mixer/err.c mixer/lull.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/latch.c mixer/level.c mixer/limit.c mixer/mix.c mixer/narrow.c mixer/opus_peek.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_limit.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/stream_rtcp.c mixer/stream_pace.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c mixer/exchange.c mixer/room_spread.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/room_clip.c mixer/clip.c mixer/quirk.c mixer/unopened.c */
/* Playout against the far end's clock and its path: an hour of drift, jitter that comes and goes, and all that a
 * sender may do to its numbers; with a tone, which shows every sample that is lost, doubled or bent. */
#include "mixer/stream_priv.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

enum { QUEUE = 64 };

static uint64_t dice_state;

static double dice(void) /* 0..1, splitmix64: the same run every time */
{
	uint64_t z = dice_state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (double)((z ^ z >> 31) >> 11) / 9007199254740992.0;
}

/* ---- a far end, and the path from it ---- */

struct far {
	double ppm, jitter_ms, loss, twice, swap;
	double at_us; /* of the next packet, our clock */
	unsigned ptime_ms;
	uint32_t ssrc, timestamp;
	uint16_t seq;
	bool quiet, silent; /* packets of noise at -60 dBov; no packets, the clock goes on */
	uint32_t spoken;    /* samples of its tone */
	double latest_us;
	struct {
		double arrival_us;
		size_t len;
		uint8_t bytes[RTP_HEADER + 8 * 60];
	} way[QUEUE]; /* under way */
	size_t n_way;
};

/* ---- the leg, and what is measured of it ---- */

struct bench {
	struct stream *stream; /* owned */
	struct far far;
	struct net_addr address;
	uint64_t now_us, begin_us;
	bool unheard;
	enum codec_id codec;
	struct encoder *encoder; /* owned */
	unsigned hz;
	uint8_t tone[8000 + 8 * 60]; /* G.711 bytes of a second, and of the next packet */

	/* since measure_from() */
	double power, error, corner; /* of the sound; of what a sine would not be; its largest */
	double lowest_ms, highest_ms, lowest_off_ms, highest_off_ms; /* delay, and less its target */
	uint64_t n;
	int16_t last[2];
	unsigned have, holes; /* ticks without sound */
};

static void on_send(
	void *arg, void *user, bool rtcp, const struct net_addr *to, const uint8_t *bytes, size_t len)
{
	(void)arg, (void)user, (void)rtcp, (void)to, (void)bytes, (void)len;
}

static void on_event(void *arg, void *user, const struct media_event *event)
{
	(void)arg, (void)user, (void)event;
}

static const struct media_out nowhere = { .send = on_send, .event = on_event };

static void bench_open_codec(struct bench *b, enum codec_id codec, unsigned hz, double ppm, double phase_ms)
{
	const struct stream_identity id = { .ssrc = 1, .cname = "us" };
	struct stream_format format = { .tx = { .id = codec, .ptime_ms = 20, .complexity = 0 },
		.rx = { { 96, codec } },
		.n_rx = 1,
		.event_rx_pt = 101,
		.event_tx_pt = 101,
		.cn_pt = 13,
		.send = true,
		.receive = true };
	struct kit *kit = NULL;
	int16_t pcm[160];
	size_t len;

	memset(b, 0, sizeof(*b));
	b->address =
		(struct net_addr){ .ip = { [10] = 255, [11] = 255, [12] = 127, [15] = 1 }, .port = 4000 };
	format.rtp = b->address;
	CHECK_INT(MIX_OK, stream_alloc(&b->stream, &id, NULL), "a stream");
	CHECK_INT(MIX_OK, kit_alloc(&kit, &format), "a kit");
	b->now_us = b->begin_us = 1000000000;
	stream_refit(b->stream, &kit, b->now_us);
	CHECK_INT(MIX_OK, encoder_alloc(&b->encoder, &format.tx), "an encoder");
	b->hz = hz;
	b->codec = codec;
	for (size_t at = 0; codec == CODEC_PCMU && at < sizeof(b->tone); at += 160) {
		for (size_t i = 0; i < 160; i++)
			pcm[i] = (int16_t)lrint(8000 * sin(2 * M_PI * hz / 8000 * ((double)(at + i) + 0.3)));
		CHECK_INT(MIX_OK, encoder_run(b->encoder, pcm, 160, b->tone + at, 160, &len), "a tone");
	}
	b->far = (struct far){ .ppm = ppm,
		.ptime_ms = 20,
		.ssrc = 99,
		.timestamp = 4294960000u,
		.seq = 65500,
		.at_us = 1000000000 + phase_ms * 1000 };
	dice_state = 3;
}

static void bench_open(struct bench *b, unsigned hz, double ppm, double phase_ms)
{
	bench_open_codec(b, CODEC_PCMU, hz, ppm, phase_ms);
}

static void measure_from(struct bench *b)
{
	b->power = b->error = b->corner = 0;
	b->n = b->have = b->holes = 0;
	b->lowest_ms = b->lowest_off_ms = 1e9;
	b->highest_ms = b->highest_off_ms = -1e9;
}

static void bench_close(struct bench *b)
{
	stream_free(b->stream);
	encoder_free(b->encoder);
}

static void put_on_way(struct far *f, const uint8_t *bytes, size_t len, double arrival_us)
{
	CHECK(f->n_way < QUEUE, "room under way");
	f->way[f->n_way].arrival_us = arrival_us;
	f->way[f->n_way].len = len;
	memcpy(f->way[f->n_way].bytes, bytes, len);
	f->n_way++;
}

/* A codec that has a memory; packets of 20 ms. */
static size_t encode_tone(struct bench *b, uint8_t *bytes)
{
	unsigned rate = rate_hz(codec_info(b->codec)->rate);
	int16_t pcm[FRAME_MAX];
	size_t len = 0;

	for (unsigned i = 0; i < rate / 50; i++)
		pcm[i] = (int16_t)lrint(
			8000 * sin(2 * M_PI * b->hz * ((double)b->far.spoken / 8000 + (double)i / rate)));
	CHECK_INT(MIX_OK, encoder_run(b->encoder, pcm, rate / 50, bytes, 8 * 60, &len), "a tone");
	return len;
}

static void send_one(struct bench *b)
{
	struct far *f = &b->far;
	struct rtp head = { .seq = f->seq, .timestamp = f->timestamp, .ssrc = f->ssrc, .payload_type = 96 };
	size_t n = 8 * f->ptime_ms;
	uint8_t bytes[RTP_HEADER + 8 * 60];
	double late_ms = f->jitter_ms > 0 ? -log(dice() + 1e-12) * f->jitter_ms : 0;

	late_ms = late_ms > 90 ? 90 : late_ms;
	late_ms += dice() < f->swap ? 25 : 0; /* overtaken by the next */
	if (!f->silent) {
		rtp_write(bytes, &head);
		if (b->codec == CODEC_PCMU)
			memcpy(bytes + RTP_HEADER, b->tone + f->spoken % 8000, n);
		else
			n = encode_tone(b, bytes + RTP_HEADER);
		for (size_t i = 0; i < n && f->quiet; i++)
			bytes[RTP_HEADER + i] =
				(uint8_t)(0x7c + (uint8_t)(dice() * 4)); /* the least steps of mu-law */
		if (dice() >= f->loss) {
			put_on_way(f, bytes, RTP_HEADER + n, f->at_us + late_ms * 1000);
			if (dice() < f->twice)
				put_on_way(f, bytes, RTP_HEADER + n, f->at_us + late_ms * 1000 + 2000);
		}
		f->seq++;
	}
	f->timestamp += codec_info(b->codec)->clock_hz / 1000 * f->ptime_ms;
	f->spoken += 8 * f->ptime_ms;
	f->at_us += f->ptime_ms * 1000 / (1 + f->ppm / 1e6);
}

static void deliver(struct bench *b)
{
	struct far *f = &b->far;

	while (f->at_us <= (double)b->now_us)
		send_one(b);
	for (;;) {
		size_t first = 0;

		for (size_t i = 1; i < f->n_way; i++)
			if (f->way[i].arrival_us < f->way[first].arrival_us)
				first = i;
		if (f->n_way == 0 || f->way[first].arrival_us > (double)b->now_us)
			return;
		stream_rx_rtp(b->stream, f->way[first].bytes, f->way[first].len, &b->address,
			(uint64_t)f->way[first].arrival_us, &nowhere);
		f->way[first] = f->way[--f->n_way];
	}
}

/* Of a sine each sample follows from the two before it. */
static void measure_sound(struct bench *b, const int16_t *pcm)
{
	const size_t n = frame_samples(codec_info(b->codec)->rate);
	const double twice_cos = 2 * cos(2 * M_PI * b->hz / (50.0 * (double)n) * (1 + b->far.ppm / 1e6));

	if (!pcm) {
		b->have = 0;
		b->holes++;
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		if (b->have >= 2) {
			double off = pcm[i] - twice_cos * b->last[1] + b->last[0];

			b->error += off * off;
			b->power += (double)pcm[i] * pcm[i];
			b->corner = fabs(off) > b->corner ? fabs(off) : b->corner;
			b->n++;
		} else {
			b->have++;
		}
		b->last[0] = b->last[1];
		b->last[1] = pcm[i];
	}
}

/* What the world is told, and what only the stream knows. */
struct figures {
	uint32_t rx_dropped, rx_lost, concealed_ms, delay_ms, target_ms, cut_ms, added_ms;
	int32_t skew_ppb;
};

static struct figures stats_of(const struct bench *b)
{
	struct stream_stats stats;
	struct jbuf_stats waiting;

	stream_stats(b->stream, &stats, b->now_us);
	jbuf_stats(b->stream->jbuf, &waiting);
	return (struct figures){ .rx_dropped = stats.rx_dropped,
		.rx_lost = stats.rx_lost,
		.concealed_ms = stats.concealed_ms,
		.delay_ms = stats.delay_ms,
		.target_ms = waiting.target_ms,
		.cut_ms = (uint32_t)(b->stream->pace.cut_us / 1000),
		.added_ms = (uint32_t)(b->stream->pace.added_us / 1000),
		.skew_ppb = b->stream->pace.followed_ppb };
}

static void tick(struct bench *b)
{
	struct figures stats;

	deliver(b);
	stream_take(b->stream, b->now_us, !b->unheard, &nowhere);
	measure_sound(b, b->stream->frame);
	if (b->now_us % 200000 == 0) {
		stats = stats_of(b);
		b->lowest_ms = stats.delay_ms < b->lowest_ms ? stats.delay_ms : b->lowest_ms;
		b->highest_ms = stats.delay_ms > b->highest_ms ? stats.delay_ms : b->highest_ms;
		double off = (double)stats.delay_ms - stats.target_ms;

		b->lowest_off_ms = off < b->lowest_off_ms ? off : b->lowest_off_ms;
		b->highest_off_ms = off > b->highest_off_ms ? off : b->highest_off_ms;
	}
	b->now_us += FRAME_US;
}

static void run(struct bench *b, double seconds)
{
	for (uint64_t i = 0; i < (uint64_t)(seconds * 50); i++)
		tick(b);
}

/* The error of the prediction is that of three samples, with gains 1, 2 cos and 1. */
static double snr_db(const struct bench *b)
{
	const double twice_cos = 2 * cos(2 * M_PI * b->hz / rate_hz(codec_info(b->codec)->rate));

	return 10 * log10(b->power / (b->error / (2 + twice_cos * twice_cos) + 1e-9));
}

static void tell(const struct bench *b, const char *story)
{
	struct figures s = stats_of(b);

	if (getenv("CLOCK_TELL"))
		printf("%-40s SNR %5.1f dB, corner %5.0f, holes %u | delay %2.0f..%2.0f ms, off target "
		       "%3.0f..%2.0f "
		       "now %u/%u | skew %.1f ppm, dropped %u concealed %u cut %u added %u ms\n",
			story, snr_db(b), b->corner, b->holes, b->lowest_ms, b->highest_ms, b->lowest_off_ms,
			b->highest_off_ms, s.delay_ms, s.target_ms, s.skew_ppb / 1000.0, s.rx_dropped,
			s.concealed_ms, s.cut_ms, s.added_ms);
}

/* The same corner where a packet of 20 ms is cut out of the tone, on average. */
static double naive_corner(const struct bench *b)
{
	const double w = 2 * M_PI * b->hz / 8000;
	double sum = 0;

	for (unsigned i = 0; i < 100; i++) {
		double at = w * i, before = sin(at), last = sin(at + w), next = sin(at + 162 * w);

		sum += fabs(8000 * (next - 2 * cos(w) * last + before));
	}
	return sum / 100;
}

/* ---- clocks ---- */

TEST(drift_is_followed_without_a_frame_lost_or_doubled)
{
	static const struct {
		const char *story;
		double ppm, phase_ms, jitter_ms;
		unsigned ptime_ms;
		double seconds;
	} cases[] = {
		{ "an hour, 500 ppm fast", 500, 7, 0, 20, 3600 },
		{ "an hour, 500 ppm slow", -500, 7, 0, 20, 3600 },
		{ "500 ppm fast, jitter", 500, 3, 0.3, 20, 900 },
		{ "500 ppm fast, just in time", 500, 18.9, 0, 20, 300 },
		{ "500 ppm slow, just in time", -500, 18.9, 0, 20, 300 },
		{ "500 ppm slow, just too late", -500, 19.9, 0, 20, 300 },
		{ "500 ppm slow, early", -500, 0.5, 0, 20, 300 },
		{ "1000 ppm slow", -1000, 13, 0, 20, 300 },
		{ "1000 ppm fast", 1000, 13, 0, 20, 300 },
		{ "50 ppm slow", -50, 18.5, 0, 20, 1200 },
		{ "50 ppm fast", 50, 18.5, 0, 20, 1200 },
		{ "5 ppm slow: not followed", -5, 18.5, 0, 20, 1200 },
		{ "500 ppm fast, 30 ms packets", 500, 7, 0, 30, 300 },
		{ "500 ppm slow, 30 ms packets", -500, 7, 0, 30, 300 },
		{ "500 ppm slow, 10 ms packets", -500, 7, 0, 10, 300 },
		{ "500 ppm slow, 60 ms packets", -500, 7, 0, 60, 300 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct figures first, end;
		struct bench b;

		bench_open(&b, 1000, cases[i].ppm, cases[i].phase_ms);
		b.far.jitter_ms = cases[i].jitter_ms;
		b.far.ptime_ms = cases[i].ptime_ms;
		run(&b, 90);
		first = stats_of(&b);
		measure_from(&b);
		run(&b, cases[i].seconds - 90);
		end = stats_of(&b);
		tell(&b, cases[i].story);
		CHECK_INT(0, end.rx_dropped, cases[i].story);
		CHECK_INT(0, end.rx_lost, cases[i].story);
		CHECK_INT(0, b.holes, cases[i].story);
		/* jitter has a tail: one packet in a hundred may come after the margin, but while a frame more is held;
		 * less than a period more may be made up until it fits */
		CHECK(end.concealed_ms <= (cases[i].jitter_ms > 0 ? 20 + 15 : 0), "%s: %u ms made up",
			cases[i].story, end.concealed_ms);
		CHECK((first.cut_ms == end.cut_ms && first.added_ms == end.added_ms) || end.skew_ppb == 0,
			"%s: spliced after it was known: %u %u", cases[i].story, end.cut_ms - first.cut_ms,
			end.added_ms - first.added_ms);
		CHECK(b.highest_off_ms <= 8 && (b.highest_ms - b.lowest_ms <= 8 || end.skew_ppb == 0),
			"%s: delay %.0f..%.0f", cases[i].story, b.lowest_ms, b.highest_ms);
		CHECK(snr_db(&b) > 37, "%s: SNR %.1f dB", cases[i].story, snr_db(&b));
		/* PCMU's own steps make corners of 210; one sample dropped, of 3000 and more */
		CHECK(b.corner < 800, "%s: a corner of %.0f", cases[i].story, b.corner);
		bench_close(&b);
	}
}

/* However packets stand to our ticks, a tone is not broken while its clock is being found out. */
TEST(drift_is_found_in_time)
{
	static const double ppms[] = { -500, 500, -200, 30 };

	for (size_t i = 0; i < sizeof(ppms) / sizeof(*ppms); i++)
		for (double phase_ms = 0.1; phase_ms < 20; phase_ms += 1.1) {
			struct bench b;

			bench_open(&b, 1000, ppms[i], phase_ms);
			run(&b, 40);
			CHECK_INT(0, stats_of(&b).concealed_ms, "made up");
			CHECK(abs(stats_of(&b).skew_ppb - (int32_t)(ppms[i] * 1000)) < 3000, "%.0f ppm: %d",
				ppms[i], stats_of(&b).skew_ppb);
			bench_close(&b);
		}
}

/* Whom nobody hears costs no filter, and does not drift away either. */
TEST(the_unheard_are_followed_in_whole_samples)
{
	for (int sign = -1; sign <= 1; sign += 2) {
		struct bench b;

		bench_open(&b, 1000, sign * 500, 5);
		b.unheard = true;
		run(&b, 60);
		measure_from(&b);
		run(&b, 540);
		tell(&b, "nobody hears it");
		CHECK_INT(0, stats_of(&b).rx_dropped + stats_of(&b).concealed_ms, "dropped, made up");
		CHECK(b.highest_ms - b.lowest_ms <= 3, "delay %.0f..%.0f", b.lowest_ms, b.highest_ms);
		b.unheard = false;
		run(&b, 1);
		measure_from(&b);
		run(&b, 10);
		CHECK(snr_db(&b) > 33, "heard again: SNR %.1f dB", snr_db(&b));
		bench_close(&b);
	}
}

/* Other rates, and RTP clocks that are not the sound's. */
TEST(wideband_is_followed_too)
{
	static const enum codec_id codecs[] = { CODEC_G722, CODEC_OPUS };

	for (size_t i = 0; i < 6; i++) {
		static const double ppms[] = { 500, -500, 0 };
		struct bench b;

		bench_open_codec(&b, codecs[i / 3], 1000, ppms[i % 3], 18.9);
		b.far.jitter_ms = 0.1;
		run(&b, 15);
		measure_from(&b);
		run(&b, 30);
		tell(&b, codec_info(codecs[i / 3])->name);
		CHECK_INT(0, b.holes, "holes");
		CHECK_INT(0, stats_of(&b).rx_dropped, "dropped");
		CHECK(stats_of(&b).concealed_ms <= 20, "%u ms made up", stats_of(&b).concealed_ms);
		CHECK(abs(stats_of(&b).skew_ppb - (int32_t)(ppms[i % 3] * 1000)) < 5000, "%d",
			stats_of(&b).skew_ppb);
		CHECK(b.corner < 1000, "a corner of %.0f", b.corner);
		bench_close(&b);
	}
}

/* ---- jitter ---- */

TEST(delay_grows_with_jitter_and_shrinks_after_it)
{
	static const struct {
		const char *story;
		double ppm, jitter_ms;
		bool pauses;
	} cases[] = { { "jitter of 15 ms, clocks alike", 0, 15, false },
		{ "the same, with pauses", 0, 15, true }, { "jitter of 15 ms, 500 ppm fast", 500, 15, false },
		{ "jitter of 8 ms, 500 ppm slow", -500, 8, false }, { "jitter of 60 ms", 0, 60, false } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct figures before, grown, late, after;
		double shrunk_s = 0;
		struct bench b;

		bench_open(&b, 1013, cases[i].ppm, 7);
		run(&b, 30);
		before = stats_of(&b);
		b.far.jitter_ms = cases[i].jitter_ms;
		run(&b, 2); /* a burst */
		grown = stats_of(&b);
		measure_from(&b);
		run(&b, 20);
		late = stats_of(&b);
		tell(&b, cases[i].story);
		CHECK(b.highest_ms <= JBUF_MAX_MS + FRAME_MS, "%s: %.0f ms", cases[i].story, b.highest_ms);
		/* grown once, it was enough: from then on hardly anything was late */
		CHECK(late.concealed_ms - grown.concealed_ms <= (cases[i].jitter_ms > 50 ? 2000 : 600),
			"%s: %u ms made up in 20 s", cases[i].story, late.concealed_ms - grown.concealed_ms);
		b.far.jitter_ms = 0;
		measure_from(&b);
		while (stats_of(&b).delay_ms > before.target_ms + 12 && shrunk_s < 60) {
			b.far.quiet = cases[i].pauses && fmod(shrunk_s, 2) >= 1.5;
			run(&b, 0.1);
			shrunk_s += 0.1;
		}
		after = stats_of(&b);
		if (getenv("CLOCK_TELL"))
			printf("    was %u, grew to %u in 2 s, %u later; %u ms made up meanwhile, %u then; "
			       "back to %u after %.1f s, %u ms cut, sharpest corner %.0f (naively %.0f), SNR "
			       "%.1f dB\n",
				before.delay_ms, grown.delay_ms, late.delay_ms,
				grown.concealed_ms - before.concealed_ms,
				late.concealed_ms - grown.concealed_ms, after.delay_ms, shrunk_s,
				after.cut_ms - late.cut_ms, b.corner, naive_corner(&b), snr_db(&b));
		CHECK(shrunk_s < 15, "%s: %.1f s until the delay was back", cases[i].story, shrunk_s);
		CHECK_INT(0, after.rx_dropped - late.rx_dropped, cases[i].story);
		CHECK_INT(late.concealed_ms, after.concealed_ms, cases[i].story);
		CHECK(cases[i].pauses || b.corner < naive_corner(&b) / 10,
			"%s: a corner of %.0f, naively %.0f", cases[i].story, b.corner, naive_corner(&b));
		bench_close(&b);
	}
}

/* ---- A15: what a sender may do to its numbers ---- */

enum trick { NEW_SSRC, TIME_JUMP, TIME_BACK, SEQ_RESTART, SEQ_JUMP, PTIME_60, PTIME_10, DTX, LONG_HOLD };

static void play_trick(struct bench *b, enum trick trick)
{
	struct far *f = &b->far;

	switch (trick) {
	case NEW_SSRC:
		f->ssrc++;
		f->timestamp += 77777777;
		f->seq += 12345;
		break;
	case TIME_JUMP: f->timestamp += 100000; break;
	case TIME_BACK: f->timestamp -= 3000000; break;
	case SEQ_RESTART: f->seq = 1; break;
	case SEQ_JUMP: f->seq += 5000; break;
	case PTIME_60: f->ptime_ms = 60; break;
	case PTIME_10: f->ptime_ms = 10; break;
	case DTX:
		for (unsigned i = 0; i < 10; i++) {
			f->silent = i % 2 == 0;
			run(b, 0.7);
		}
		f->silent = false;
		break;
	case LONG_HOLD:
		f->silent = true;
		run(b, 30);
		f->silent = false;
		break;
	}
}

TEST(numbers_may_jump_while_clocks_drift)
{
	static const struct {
		const char *story;
		enum trick trick;
	} cases[] = { { "a new SSRC", NEW_SSRC }, { "timestamps jump ahead", TIME_JUMP },
		{ "timestamps jump back", TIME_BACK }, { "the sequence restarts", SEQ_RESTART },
		{ "the sequence jumps", SEQ_JUMP }, { "packets of 60 ms", PTIME_60 },
		{ "packets of 10 ms", PTIME_10 }, { "DTX", DTX }, { "30 s of nothing", LONG_HOLD } };

	for (size_t i = 0; i < 3 * sizeof(cases) / sizeof(*cases); i++) {
		static const double ppms[] = { 0, 500, -500 };
		struct figures end;
		struct bench b;

		bench_open(&b, 1000, ppms[i % 3], 7);
		run(&b, 30);
		play_trick(&b, cases[i / 3].trick);
		run(&b, 30); /* a sender that is new is found out anew */
		measure_from(&b);
		run(&b, 30);
		end = stats_of(&b);
		tell(&b, cases[i / 3].story);
		CHECK_INT(0, b.holes, cases[i / 3].story);
		CHECK(snr_db(&b) > 33, "%s: SNR %.1f dB", cases[i / 3].story, snr_db(&b));
		CHECK(b.highest_ms <= 46, "%s: delay %.0f ms", cases[i / 3].story, b.highest_ms);
		CHECK_INT(0, end.rx_dropped, cases[i / 3].story);
		CHECK(end.concealed_ms <= 460, "%s: %u ms made up", cases[i / 3].story, end.concealed_ms);
		bench_close(&b);
	}
}

TEST(reordered_doubled_and_lost_packets_while_clocks_drift)
{
	static const struct {
		const char *story;
		double swap, twice, loss;
		unsigned made_up_max_ms;
	} cases[] = { { "one in fifty overtaken", 0.02, 0, 0, 400 }, { "half of them twice", 0, 0.5, 0, 0 },
		{ "2 % lost", 0, 0, 0.02, 1800 }, { "all of it", 0.02, 0.3, 0.02, 2200 } };

	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
		struct figures end;
		struct bench b;

		bench_open(&b, 1000, i % 2 ? 500 : -500, 7);
		b.far.swap = cases[i / 2].swap;
		b.far.twice = cases[i / 2].twice;
		b.far.loss = cases[i / 2].loss;
		measure_from(&b);
		run(&b, 60);
		end = stats_of(&b);
		tell(&b, cases[i / 2].story);
		CHECK_INT(0, end.rx_dropped, cases[i / 2].story);
		CHECK(end.concealed_ms <= cases[i / 2].made_up_max_ms, "%s: %u ms made up",
			cases[i / 2].story, end.concealed_ms);
		CHECK(b.highest_ms <= 75, "%s: delay %.0f ms", cases[i / 2].story, b.highest_ms);
		CHECK(abs(abs(end.skew_ppb) - 500000) < 5000, "%s: %d", cases[i / 2].story, end.skew_ppb);
		bench_close(&b);
	}
}

/* Timestamps that say nothing about time must not make us cut for ever. */
TEST(absurd_timestamps_do_no_harm)
{
	static const struct {
		const char *story;
		uint32_t step; /* on top of those of the packet's sound */
	} cases[] = { { "timestamps at twice the rate, as of G.722 at 16 kHz", 160 },
		{ "at half the rate", (uint32_t)-80 }, { "that stand still", (uint32_t)-160 },
		{ "that go backwards", (uint32_t)-320 }, { "one in a hundred too fast", 2 },
		{ "one in twenty too slow", (uint32_t)-8 } };

	for (size_t k = 0; k < sizeof(cases) / sizeof(*cases); k++) {
		struct figures end;
		struct bench b;

		bench_open(&b, 1000, 0, 7);
		measure_from(&b);
		for (unsigned i = 0; i < 6000; i++) {
			double at = b.far.at_us;

			tick(&b);
			if (b.far.at_us > at)
				b.far.timestamp += cases[k].step;
		}
		end = stats_of(&b);
		tell(&b, cases[k].story);
		CHECK(b.holes <= 10, "%s: %u holes", cases[k].story, b.holes);
		CHECK(end.concealed_ms + end.cut_ms < 3000, "%s: %u ms made up and %u cut in two minutes",
			cases[k].story, end.concealed_ms, end.cut_ms);
		bench_close(&b);
	}
}

TESTS(drift_is_followed_without_a_frame_lost_or_doubled, drift_is_found_in_time,
	the_unheard_are_followed_in_whole_samples, wideband_is_followed_too,
	delay_grows_with_jitter_and_shrinks_after_it, numbers_may_jump_while_clocks_drift,
	reordered_doubled_and_lost_packets_while_clocks_drift, absurd_timestamps_do_no_harm)
