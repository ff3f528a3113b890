/* links: mixer/agc.c mixer/burst.c mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/denoise.c mixer/doze.c mixer/echo.c mixer/err.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/latch.c mixer/level.c mixer/limit.c mixer/lull.c mixer/mix.c mixer/narrow.c mixer/oneway.c mixer/opus_peek.c mixer/quality.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_limit.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/stream_pace.c mixer/stream_rtcp.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/beep.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c mixer/xr.c mixer/exchange.c mixer/room_spread.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/stream_ice.c mixer/ice.c mixer/binding.c mixer/room_clip.c mixer/clip.c mixer/quirk.c mixer/unopened.c */
/* Speech over a path that loses packets (A2, A5): what one of our legs makes of what another of ours has sent.
 *
 * One leg says prompts, its packets pass a Gilbert channel, the other leg receives them and reports the loss by
 * RTCP, which is what the first one's Opus adapts its FEC to.  Judged is what the receiving leg gives to its room, by its
 * log-spectral distance to the same without loss, where there is speech; beside it stands the naive receiver: each
 * packet decoded as it comes, silence for each that does not. */
#include "mixer/room.h"
#include "mixer/stream_priv.h"
#include "tests/test.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>

enum {
	SECONDS = 14,
	TICKS = SECONDS * 50,
	JUDGED_FROM = 275, /* ticks: the first report has come, and FEC is on */
	BURST = 3,         /* packets, mean, on the bursty path */
	LAG_TICKS = 16,    /* looked at anew so often */
	LAG_MS = 140,      /* how much later playout may be than without loss */
};

#define FOLDER "/usr/share/asterisk/sounds/en_US_f_Allison/"

static const char *const prompts[] = { FOLDER "vm-intro.g722", FOLDER "conf-usermenu.g722",
	FOLDER "demo-congrats.g722" };
enum { PROMPTS = sizeof(prompts) / sizeof(*prompts) };

struct sound {        /* of a leg's room, by ticks */
	int16_t *pcm; /* owned */
	size_t n;
	unsigned hz;
};

struct end {
	struct stream *stream;
	struct end *far;
	struct line *line;
};

struct line {
	struct end says, hears;
	double to_bad, to_good, lose; /* probabilities per packet; in the bad state each is lost */
	bool bad;
	uint32_t dice;
	uint64_t now_us;
	unsigned n_sent, n_lost;
	struct decoder *naive, *whole; /* owned; fed with what comes, and with everything */
	struct sound naive_heard, whole_heard;
};

static double roll(struct line *l)
{
	l->dice ^= l->dice << 13;
	l->dice ^= l->dice >> 17;
	l->dice ^= l->dice << 5;
	return l->dice / 4294967296.0;
}

static bool loses(struct line *l)
{
	if (l->n_sent++ < 25) /* both ends begin alike */
		return false;
	if (l->to_good <= 0)
		return roll(l) < l->lose;
	l->bad = l->bad ? roll(l) >= l->to_good : roll(l) < l->to_bad;
	return l->bad;
}

/* A dozen seconds are too short for every seed to lose what it should: takes the first that does, within a tenth,
 * where it is judged. */
static void choose_path(struct line *out, unsigned percent, bool bursty)
{
	const double share = percent / 100.0, expected = share * (TICKS - JUDGED_FROM);

	for (uint32_t seed = 1;; seed++) {
		struct line l = { .dice = seed * 2654435761u, .lose = share };
		unsigned n = 0;

		if (bursty) {
			l.to_good = 1.0 / BURST;
			l.to_bad = share * l.to_good / (1 - share);
		}
		*out = l;
		for (unsigned i = 0; i < TICKS; i++)
			n += loses(&l) && i >= JUDGED_FROM;
		if (fabs(n - expected) <= expected / 10)
			return;
	}
}

static void decode_naively(struct line *l, const uint8_t *p, size_t len, bool lost)
{
	struct rtp rtp;
	size_t n = 0, frame = l->whole_heard.hz / 50;

	if (rtp_parse(&rtp, p, len) != MIX_OK || l->whole_heard.n + frame > (size_t)TICKS * frame)
		return;
	decoder_run(l->whole, rtp.payload, rtp.payload_len, l->whole_heard.pcm + l->whole_heard.n, frame, &n);
	if (!lost)
		decoder_run(l->naive, rtp.payload, rtp.payload_len, l->naive_heard.pcm + l->naive_heard.n,
			frame, &n);
	l->whole_heard.n += frame;
	l->naive_heard.n += frame;
}

static const struct media_out wires;

static void on_send(void *arg, void *user, bool rtcp, const struct net_addr *to, const uint8_t *p, size_t len)
{
	static const struct net_addr from = { .ip = { 127, 1 }, .port = 4000 };
	static const struct net_addr rtcp_from = { .ip = { 127, 1 }, .port = 4001 };
	struct end *e = user;
	struct line *l = e->line;
	bool lost;

	(void)arg;
	(void)to;
	if (rtcp) {
		stream_rx_rtcp(e->far->stream, p, len, &rtcp_from, l->now_us, &wires);
		return;
	}
	if (e != &l->says)
		return;
	lost = loses(l);
	l->n_lost += lost;
	decode_naively(l, p, len, lost);
	if (!lost)
		stream_rx_rtp(e->far->stream, p, len, &from, l->now_us, &wires);
}

static void on_event(void *arg, void *user, const struct media_event *event)
{
	(void)arg;
	(void)user;
	(void)event;
}

static const struct media_out wires = { .send = on_send, .event = on_event };

static void open_end(struct line *l, struct end *e, struct end *far, enum codec_id codec, bool fec, bool says)
{
	const struct stream_identity id = { .ssrc = says ? 0x1111 : 0x2222, .cname = "loss" };
	struct stream_format f = { .tx = { .id = codec, .ptime_ms = FRAME_MS, .complexity = 1, .fec = fec },
		.tx_pt = 107,
		.rx = { { 107, codec } },
		.n_rx = 1,
		.event_rx_pt = 101,
		.event_tx_pt = 101,
		.cn_pt = PT_NONE,
		.send = says,
		.receive = !says,
		.rtp = { .ip = { 127, 1 }, .port = 4000 },
		.rtcp = { .ip = { 127, 1 }, .port = 4001 } };
	struct kit *kit = NULL;

	*e = (struct end){ .far = far, .line = l };
	CHECK_INT(MIX_OK, stream_alloc(&e->stream, &id, e), "stream");
	CHECK_INT(MIX_OK, kit_alloc(&kit, &f), "kit");
	stream_refit(e->stream, &kit, l->now_us);
}

static struct sound sound_of(unsigned hz)
{
	struct sound s = { .hz = hz, .pcm = calloc((size_t)hz * SECONDS, sizeof(int16_t)) };

	CHECK(s.pcm, "memory");
	return s;
}

/* Says it all; what the other's room got. */
static struct sound talk(struct line *l, enum codec_id codec, bool fec, const struct cue *const cues[PROMPTS])
{
	const struct room_config alone = { .mixed_talkers = 1, .isolated = true },
				 open = { .mixed_talkers = 4 };
	const unsigned hz = rate_hz(codec_info(codec)->rate);
	const size_t frame = hz / 50;
	struct room *speaking = NULL, *hearing = NULL;
	struct sound heard = sound_of(hz);

	l->now_us = 1000000;
	l->whole_heard = sound_of(hz);
	l->naive_heard = sound_of(hz);
	CHECK(decoder_alloc(&l->naive, codec) == MIX_OK && decoder_alloc(&l->whole, codec) == MIX_OK,
		"decoders");
	open_end(l, &l->says, &l->hears, codec, fec, true);
	open_end(l, &l->hears, &l->says, codec, fec, false);
	CHECK(room_alloc(&speaking, &alone) == MIX_OK && room_alloc(&hearing, &open) == MIX_OK, "rooms");
	room_add(speaking, l->says.stream);
	room_add(hearing, l->hears.stream);
	CHECK_INT(MIX_OK, stream_play(l->says.stream, cues, PROMPTS, true, 1), "prompts");
	for (unsigned tick = 0; tick < TICKS; tick++) {
		room_tick(speaking, l->now_us, l->now_us << 12, &wires);
		l->now_us += 4000;
		room_tick(hearing, l->now_us, l->now_us << 12, &wires);
		if (l->hears.stream->frame)
			memcpy(heard.pcm + heard.n, l->hears.stream->frame, frame * sizeof(int16_t));
		heard.n += frame;
		l->now_us += FRAME_US - 4000;
	}
	room_remove(speaking, l->says.stream);
	room_remove(hearing, l->hears.stream);
	room_free(speaking);
	room_free(hearing);
	return heard;
}

static void hang_up(struct line *l)
{
	stream_free(l->says.stream);
	stream_free(l->hears.stream);
	decoder_free(l->naive);
	decoder_free(l->whole);
	free(l->naive_heard.pcm);
	free(l->whole_heard.pcm);
}

/* ---- the measure ---- */

enum { BANDS = 24, LOG_FFT = 9, FFT = 1 << LOG_FFT };

static void fft(double complex x[FFT])
{
	for (unsigned i = 1, j = 0; i < FFT; i++) {
		unsigned bit = FFT >> 1;

		for (; j & bit; bit >>= 1)
			j ^= bit;
		j |= bit;
		if (i < j) {
			double complex t = x[i];
			x[i] = x[j];
			x[j] = t;
		}
	}
	for (unsigned len = 2; len <= FFT; len <<= 1) {
		const double complex step = cexp(-2 * M_PI * I / len);

		for (unsigned i = 0; i < FFT; i += len) {
			double complex w = 1;

			for (unsigned k = 0; k < len / 2; k++, w *= step) {
				double complex even = x[i + k], odd = x[i + k + len / 2] * w;
				x[i + k] = even + odd;
				x[i + k + len / 2] = even - odd;
			}
		}
	}
}

/* Sound of 48 kHz is looked at as 16 kHz: the prompts hold no more. */
static unsigned coarse(unsigned hz)
{
	return hz == 48000 ? 3 : 1;
}

/* dB in BANDS bands, each a seventh wider than the one below, from 100 Hz to 3.7 or 7 kHz; what is below
 * -75 dBov counts as that. */
static void spectrum(const struct sound *s, size_t at, double out[BANDS])
{
	const unsigned skip = coarse(s->hz), hz = s->hz / skip;
	const unsigned window = hz * 32 / 1000; /* 32 ms at 8 and 16 kHz alike */
	const double top = hz == 8000 ? 3700 : 7000;
	double complex x[FFT];

	for (unsigned i = 0; i < FFT; i++) {
		double sum = 0;
		size_t from = at + (size_t)i * skip;

		for (unsigned k = 0; i < window && k < skip && from + k < s->n; k++)
			sum += s->pcm[from + k];
		x[i] = sum / skip / 32768 * (0.5 - 0.5 * cos(2 * M_PI * i / window));
	}
	fft(x);
	for (unsigned b = 0; b < BANDS; b++) {
		unsigned low = (unsigned)(100 * pow(top / 100, (double)b / BANDS) * FFT / hz),
			 high = (unsigned)(100 * pow(top / 100, (b + 1.0) / BANDS) * FFT / hz);
		double power = 0;

		high = high > low ? high : low + 1;
		for (unsigned k = low; k < high; k++)
			power += creal(x[k] * conj(x[k]));
		out[b] = 10 * log10(power / FFT / window * 5 + 3e-8);
	}
}

static double loudness(const struct sound *s, size_t at, size_t n)
{
	double sum = 1;

	for (size_t i = at; i < at + n && i < s->n; i++)
		sum += (double)s->pcm[i] * s->pcm[i];
	return 10 * log10(sum / (double)n / 32768 / 32768);
}

/* How alike two stretches are, -1..1. */
static double alike(const struct sound *clean, const struct sound *heard, size_t at, size_t lag)
{
	const size_t step = clean->hz / 4000, window = clean->hz / 50 * LAG_TICKS;
	double both = 0, one = 1, other = 1;

	if (at + window + lag >= heard->n)
		return -1;
	for (size_t i = at; i < at + window; i += step) {
		double a = clean->pcm[i], b = heard->pcm[i + lag];

		both += a * b;
		one += a * a;
		other += b * b;
	}
	return both / sqrt(one * other);
}

/* Playout is later than the packets, and what was lost may move it: by how much now, as the wave says. */
static size_t lag_now(const struct sound *clean, const struct sound *heard, size_t at, size_t before)
{
	const size_t ms = clean->hz / 1000;
	double most = alike(clean, heard, at, before) + 0.02;
	size_t best = before;

	for (size_t lag = 0; lag < LAG_MS * ms; lag += ms / 4) {
		double a = alike(clean, heard, at, lag);

		if (a > most) {
			most = a;
			best = lag;
		}
	}
	return best;
}

/* Mean distance in dB of 20 ms frames with speech. */
static double distance(const struct sound *clean, const struct sound *heard, bool moves)
{
	const size_t frame = clean->hz / 50;
	double sum = 0;
	unsigned n = 0;
	size_t lag = 0;

	for (size_t tick = JUDGED_FROM; tick + 2 + LAG_MS / 20 < TICKS; tick++) {
		double a[BANDS], b[BANDS], d = 0;

		if (moves && tick % LAG_TICKS == JUDGED_FROM % LAG_TICKS)
			lag = lag_now(clean, heard, tick * frame, lag);
		if (loudness(clean, tick * frame, frame) < -45)
			continue;
		spectrum(clean, tick * frame, a);
		spectrum(heard, tick * frame + lag, b);
		for (unsigned k = 0; k < BANDS; k++)
			d += (a[k] - b[k]) * (a[k] - b[k]);
		sum += sqrt(d / BANDS);
		n++;
	}
	return n ? sum / n : 99;
}

/* ---- the table ---- */

struct row {
	unsigned percent;
	bool bursty;
	double most_db;       /* distance of ours; a tenth above what was measured when this was written */
	double most_of_naive; /* and as a share of the naive one's */
};

static void judge(
	const char *name, enum codec_id codec, bool fec, const struct row *rows, size_t n_rows, double *got)
{
	const struct cue *cues[PROMPTS];
	struct cue *owned[PROMPTS];

	for (unsigned i = 0; i < PROMPTS; i++) {
		CHECK_INT(MIX_OK, cue_load(&owned[i], prompts[i]), prompts[i]);
		cues[i] = owned[i];
	}
	for (size_t i = 0; i < n_rows; i++) {
		struct line l;
		struct sound heard;
		double ours, naive;

		choose_path(&l, rows[i].percent, rows[i].bursty);
		heard = talk(&l, codec, fec, cues);
		ours = distance(&l.whole_heard, &heard, true);
		naive = distance(&l.whole_heard, &l.naive_heard, false);
		print_message("  %-13s %2u %% %-6s (%4.1f %% lost)  %5.2f dB   naive %5.2f dB   %.2f of it\n",
			name, rows[i].percent, rows[i].bursty ? "bursty" : "random",
			100.0 * l.n_lost / l.n_sent, ours, naive, ours / naive);
		if (got)
			got[i] = ours;
		CHECK(ours <= rows[i].most_db, "%s: %.2f dB, at most %.2f", name, ours, rows[i].most_db);
		CHECK(ours <= naive * rows[i].most_of_naive, "%s: %.2f of the naive one's, at most %.2f",
			name, ours / naive, rows[i].most_of_naive);
		hang_up(&l);
		free(heard.pcm);
	}
	for (unsigned i = 0; i < PROMPTS; i++)
		cue_free(owned[i]);
}

#define ROWS(r) r, sizeof(r) / sizeof(*(r))

TEST(speech_over_lost_packets_pcmu)
{
	static const struct row rows[] = { { 1, false, 0.4, 4 }, { 5, false, 0.9, 0.97 },
		{ 10, false, 1.9, 0.88 }, { 20, false, 2.9, 0.82 }, { 1, true, 0.3, 4 },
		{ 5, true, 1.1, 0.80 }, { 10, true, 1.4, 0.67 }, { 20, true, 4.7, 0.78 } };

	judge("PCMU", CODEC_PCMU, false, ROWS(rows), NULL);
}

TEST(speech_over_lost_packets_g722)
{
	static const struct row rows[] = { { 1, false, 0.5, 4 }, { 5, false, 1.6, 0.98 },
		{ 10, false, 3.5, 0.96 }, { 20, false, 5.1, 0.92 }, { 1, true, 0.3, 4 },
		{ 5, true, 1.4, 0.83 }, { 10, true, 2.2, 0.81 }, { 20, true, 6.3, 0.86 } };

	judge("G722", CODEC_G722, false, ROWS(rows), NULL);
}

TEST(speech_over_lost_packets_opus_and_its_fec)
{
	static const struct row with_fec[] = { { 1, false, 0.4, 4 }, { 5, false, 1.1, 0.80 },
		{ 10, false, 0.9, 0.37 }, { 20, false, 1.2, 0.34 }, { 1, true, 0.3, 4 },
		{ 5, true, 0.9, 0.59 }, { 10, true, 1.7, 0.77 }, { 20, true, 5.0, 0.82 } };
	static const struct row without[] = { { 10, false, 2.2, 0.83 }, { 20, false, 2.9, 0.69 },
		{ 20, true, 5.3, 0.86 } };
	double with[sizeof(with_fec) / sizeof(*with_fec)], less[sizeof(without) / sizeof(*without)];

	judge("Opus, FEC", CODEC_OPUS, true, ROWS(with_fec), with);
	judge("Opus, no FEC", CODEC_OPUS, false, ROWS(without), less);
	CHECK(with[2] < less[0] * 0.75, "10 %% random: with FEC %.2f dB, without %.2f", with[2], less[0]);
	CHECK(with[3] < less[1] * 0.75, "20 %% random: with FEC %.2f dB, without %.2f", with[3], less[1]);
	CHECK(with[7] < less[2], "20 %% bursty: with FEC %.2f dB, without %.2f", with[7], less[2]);
}

TESTS(speech_over_lost_packets_pcmu, speech_over_lost_packets_g722, speech_over_lost_packets_opus_and_its_fec)
