/* farbed.h - a far end that plays a tone by a clock of its own, the path from it, and the stream that plays it out: what is
 * measured of that shows every sample lost, doubled or bent.
 *
 * How: a sine's next sample follows from the two before it, and how far the sound is from that is the error; dice are seeded.
 * Use:  bench_open(); set bench.far; run(); measure_from() and run() again; stats_of(), snr_db(); bench_close().
 *
 * Thread: the test's; the clock is simulated.
 */
#ifndef TESTS_FARBED_H
#define TESTS_FARBED_H

#include "mixer/stream_priv.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

enum { QUEUE = 64 };

static uint64_t dice_state;

static inline double dice(void) /* 0..1, splitmix64: the same run every time */
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

static inline void on_send(
	void *arg, void *user, bool rtcp, const struct net_addr *to, const uint8_t *bytes, size_t len)
{
	(void)arg, (void)user, (void)rtcp, (void)to, (void)bytes, (void)len;
}

static inline void on_event(void *arg, void *user, const struct media_event *event)
{
	(void)arg, (void)user, (void)event;
}

static const struct media_out nowhere = { .send = on_send, .event = on_event };

static inline void bench_open_codec(
	struct bench *b, enum codec_id codec, unsigned hz, double ppm, double phase_ms)
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

static inline void bench_open(struct bench *b, unsigned hz, double ppm, double phase_ms)
{
	bench_open_codec(b, CODEC_PCMU, hz, ppm, phase_ms);
}

static inline void measure_from(struct bench *b)
{
	b->power = b->error = b->corner = 0;
	b->n = b->have = b->holes = 0;
	b->lowest_ms = b->lowest_off_ms = 1e9;
	b->highest_ms = b->highest_off_ms = -1e9;
}

static inline void bench_close(struct bench *b)
{
	stream_free(b->stream);
	encoder_free(b->encoder);
}

static inline void put_on_way(struct far *f, const uint8_t *bytes, size_t len, double arrival_us)
{
	CHECK(f->n_way < QUEUE, "room under way");
	f->way[f->n_way].arrival_us = arrival_us;
	f->way[f->n_way].len = len;
	memcpy(f->way[f->n_way].bytes, bytes, len);
	f->n_way++;
}

/* A codec that has a memory; packets of 20 ms. */
static inline size_t encode_tone(struct bench *b, uint8_t *bytes)
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

static inline void send_one(struct bench *b)
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

static inline void deliver(struct bench *b)
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
static inline void measure_sound(struct bench *b, const int16_t *pcm)
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

static inline struct figures stats_of(const struct bench *b)
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

static inline void tick(struct bench *b)
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

static inline void run(struct bench *b, double seconds)
{
	for (uint64_t i = 0; i < (uint64_t)(seconds * 50); i++)
		tick(b);
}

/* The error of the prediction is that of three samples, with gains 1, 2 cos and 1. */
static inline double snr_db(const struct bench *b)
{
	const double twice_cos = 2 * cos(2 * M_PI * b->hz / rate_hz(codec_info(b->codec)->rate));

	return 10 * log10(b->power / (b->error / (2 + twice_cos * twice_cos) + 1e-9));
}

static inline void tell(const struct bench *b, const char *story)
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
static inline double naive_corner(const struct bench *b)
{
	const double w = 2 * M_PI * b->hz / 8000;
	double sum = 0;

	for (unsigned i = 0; i < 100; i++) {
		double at = w * i, before = sin(at), last = sin(at + w), next = sin(at + 162 * w);

		sum += fabs(8000 * (next - 2 * cos(w) * last + before));
	}
	return sum / 100;
}
#endif
