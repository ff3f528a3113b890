/* stream_rx.c - the receiving half of a stream: from datagrams to this tick's frame. */
#include "mixer/stream_priv.h"

#include <math.h>
#include <string.h>

enum {
	TAKES_MAX = 24,       /* packets looked at in one tick: events of no length among them */
	CONCEAL_MS = 60,      /* what is made up for packets that are late; then silence */
	TONE_GATE_DBOV = 55,  /* digits are louder (Q.24) */
	TONE_REST = 5,        /* frames of quiet after which the digit receiver rests */
	PAUSE_GATE_DBOV = 50, /* in frames quieter than this a splice needs no likeness */
	NOISE_LEAST_DBOV = 75 /* comfort noise below is silence */
};

static void report(const struct stream *s, const struct media_out *out, struct media_event event)
{
	out->event(out->arg, s->user, &event);
}

static void report_digit(const struct stream *s, const struct media_out *out, char digit)
{
	if (digit)
		report(s, out, (struct media_event){ .kind = MEDIA_DIGIT, .digit = digit });
}

/* ---- arrival ---- */

enum payload_kind { PAYLOAD_NOT_OURS, PAYLOAD_SOUND, PAYLOAD_EVENT, PAYLOAD_COMFORT };

static bool is_comfort(const struct kit *k, uint8_t pt)
{
	return pt == k->format.cn_pt || pt == PT_COMFORT;
}

static void tell_quirks(struct stream *s, uint32_t bits, const struct media_out *out)
{
	for (unsigned i = 0; bits; i++, bits >>= 1)
		if (bits & 1)
			report(s, out, (struct media_event){ .kind = MEDIA_QUIRK, .quirk = (enum quirk)i });
}

void stream_settle_quirks(struct stream *s, uint64_t now_us, const struct media_out *out)
{
	tell_quirks(s, quirk_settle(&s->quirks, now_us), out);
}

static enum payload_kind kind_of(const struct kit *k, uint8_t pt)
{
	if (kit_codec_of_pt(k, pt) >= 0)
		return PAYLOAD_SOUND;
	if (pt == k->format.event_rx_pt)
		return PAYLOAD_EVENT;
	return is_comfort(k, pt) ? PAYLOAD_COMFORT : PAYLOAD_NOT_OURS;
}

/* RTP clocks of PCMU and Opus differ: a sender that changes between them begins a new timeline. */
static void follow_clock(struct stream *s, const struct rtp *rtp)
{
	int at = kit_codec_of_pt(s->kit, rtp->payload_type);
	unsigned clock_hz;

	if (at < 0)
		return;
	clock_hz = kit_clock_hz(s->kit, (unsigned)at);
	if (clock_hz != s->rx_clock_hz) {
		s->rx_clock_hz = clock_hz;
		jbuf_reset(s->jbuf, clock_hz);
		stream_pace_reset(s);
	}
}

/* ---- what is not as it should be (quirk.h) ---- */

enum { EVENT_LEN = 4, EVENT_CODES = 16, EVENT_RESERVED = 0x40, PT_DYNAMIC = 96 };

/* A dynamic payload type that we did not ask for: the number that the far end itself asked for, or what can be nothing but a
 * key press.  *rtp then has the number that we know it by. */
static enum payload_kind adopt(const struct kit *k, struct rtp *rtp)
{
	const bool presses = k->format.event_rx_pt != PT_NONE;

	if (rtp->payload_type < PT_DYNAMIC)
		return PAYLOAD_NOT_OURS;
	if (presses && (rtp->payload_type == k->format.event_tx_pt ||
			       (rtp->payload_len == EVENT_LEN && rtp->payload[0] < EVENT_CODES &&
				       !(rtp->payload[1] & EVENT_RESERVED)))) {
		rtp->payload_type = k->format.event_rx_pt;
		return PAYLOAD_EVENT;
	}
	for (unsigned i = 0; i < k->format.n_rx; i++)
		if (rtp->payload_type == k->format.tx_pt && k->format.rx[i].codec == k->format.tx.id) {
			rtp->payload_type = k->format.rx[i].pt;
			return PAYLOAD_SOUND;
		}
	return PAYLOAD_NOT_OURS;
}

static enum payload_kind read_packet(struct stream *s, struct rtp *rtp, const uint8_t *p, size_t len,
	const struct net_addr *from, const struct media_out *out)
{
	const bool whole = rtp_parse(rtp, p, len) == MIX_OK;
	enum payload_kind kind = whole ? kind_of(s->kit, rtp->payload_type) : PAYLOAD_NOT_OURS;

	if (kind != PAYLOAD_NOT_OURS)
		return kind;
	if (whole)
		kind = adopt(s->kit, rtp);
	if (net_addr_equal(from, &s->latch.locked) && (!whole || kind != PAYLOAD_NOT_OURS))
		tell_quirks(s, quirk_note(&s->quirks, whole ? QUIRK_PAYLOAD_TYPE : QUIRK_KEEPALIVE), out);
	return kind;
}

/* RTCP where RTP belongs: agreed on, or what no payload type of ours can be. */
static bool is_report(const struct kit *k, const uint8_t *p, size_t len)
{
	return rtp_is_rtcp(p, len) && (k->format.rtcp_mux || kind_of(k, p[1] & 0x7f) == PAYLOAD_NOT_OURS);
}

static void take_report(struct stream *s, const uint8_t *p, size_t len, const struct net_addr *from,
	uint64_t arrival_us, const struct media_out *out)
{
	const struct net_addr ours_go_to = s->rtcp_peer;
	const uint32_t before = s->stats.rtcp_rx;

	stream_rx_rtcp(s, p, len, from, arrival_us);
	if (s->kit->format.rtcp_mux)
		return;
	s->rtcp_peer = ours_go_to;
	if (s->stats.rtcp_rx != before)
		tell_quirks(s, quirk_note(&s->quirks, QUIRK_RTCP_PORT), out);
}

static void take_latch(struct stream *s, const struct media_out *out)
{
	const struct net_addr *signalled = &s->latch.signalled;
	struct net_addr locked = s->latch.locked;

	report(s, out, (struct media_event){ .kind = MEDIA_LATCHED, .peer = locked });
	if (!signalled->port || net_addr_equal(&locked, signalled))
		return;
	locked.port = signalled->port;
	tell_quirks(s,
		quirk_note(&s->quirks,
			net_addr_equal(&locked, signalled) ? QUIRK_OTHER_PORT : QUIRK_OTHER_ADDRESS),
		out);
}

/* The packet is not the one that was to come.  What is no sound, though it says so, becomes silence in room[]. */
static void look_closer(struct stream *s, struct rtp *rtp, enum payload_kind kind, uint8_t first_byte,
	uint8_t room[PACKET_MAX], uint64_t arrival_us, const struct media_out *out)
{
	const int at = kind == PAYLOAD_SOUND ? kit_codec_of_pt(s->kit, rtp->payload_type) : -1;
	struct quirk_seen seen = { .kind = kind == PAYLOAD_SOUND   ? QUIRK_OF_SOUND
					   : kind == PAYLOAD_EVENT ? QUIRK_OF_EVENT
								   : QUIRK_OF_COMFORT,
		.first_byte = first_byte,
		.clock_hz = s->rx_clock_hz,
		.ptime_ms = s->kit->format.asked_ptime_ms,
		.comfort_agreed = s->kit->format.cn_pt != PT_NONE,
		.arrival_us = arrival_us };
	bool idle;

	if (at >= 0) {
		seen.codec = s->kit->format.rx[at].codec;
		seen.clock_hz = kit_clock_hz(s->kit, (unsigned)at);
		seen.units = (uint32_t)(decoder_samples(seen.codec, rtp->payload, rtp->payload_len) *
					seen.clock_hz / rate_hz(kit_rate(s->kit, (unsigned)at)));
	}
	tell_quirks(s, quirk_look(&s->quirks, rtp, &seen, &idle), out);
	if (!idle || rtp->payload_len > PACKET_MAX)
		return;
	memset(room, codec_silence(seen.codec), rtp->payload_len);
	rtp->payload = room;
}

void stream_rx_rtp(struct stream *s, const uint8_t *p, size_t len, const struct net_addr *from,
	uint64_t arrival_us, const struct media_out *out)
{
	struct net_addr before = s->latch.locked;
	uint8_t room[PACKET_MAX];
	enum payload_kind kind;
	struct rtp rtp;

	if (!s->kit)
		return;
	if (is_report(s->kit, p, len)) {
		take_report(s, p, len, from, arrival_us, out);
		return;
	}
	if (!stream_open(s, false, &p, &len, room, arrival_us))
		return;
	kind = read_packet(s, &rtp, p, len, from, out);
	if (kind == PAYLOAD_NOT_OURS) {
		s->stats.rx_bad++;
		return;
	}
	if (!latch_accept_rtp(&s->latch, from, rtp.ssrc, arrival_us))
		return;
	if (!net_addr_equal(&before, &s->latch.locked))
		take_latch(s, out);
	if (!quirk_ordinary(&s->quirks, &rtp, kind == PAYLOAD_SOUND && p[0] == RTP_VERSION << 6, arrival_us))
		look_closer(s, &rtp, kind, p[0], room, arrival_us, out);
	rtp.timestamp = quirk_time(&s->quirks, rtp.timestamp);
	if (rtp.ssrc == s->ssrc) /* an echo test sends us our own packets; between two it harms nobody */
		s->collisions++;
	s->stats.rx_packets++;
	s->stats.rx_bytes += len;
	s->stats.heard_us = arrival_us;
	s->said_silent = false;
	follow_clock(s, &rtp);
	if (s->rx.started && s->rx.ssrc != rtp.ssrc)
		s->stats.rx_lost += s->rx.lost; /* what counts from here on begins at 0 */
	rtcp_rx_packet(&s->rx, rtp.ssrc, rtp.seq, rtp.timestamp, s->rx_clock_hz, arrival_us);

	if (kind == PAYLOAD_EVENT) {
		report_digit(s, out,
			keypad_event(s->keypad, rtp.payload, rtp.payload_len, rtp.timestamp, arrival_us));
		rtp.payload_len = 0; /* the jitter buffer needs its sequence number alone */
	} else if (kind == PAYLOAD_SOUND) {
		skew_packet(&s->pace.skew, rtp.ssrc, rtp.timestamp, s->rx_clock_hz, arrival_us);
	}
	if (s->kit->format.receive)
		(void)jbuf_put(s->jbuf, &rtp, arrival_us);
}

/* The wall clock at a moment near the last tick; 0 before the first. */
static uint64_t ntp_at(const struct stream *s, uint64_t us)
{
	int64_t since_us = (int64_t)(us - s->tick_us);

	if (s->tick_us == 0 || since_us < -10000000 || since_us > 10000000)
		return s->tick_ntp;
	return s->tick_ntp + (uint64_t)(since_us * (1LL << 32) / 1000000);
}

void stream_rx_rtcp(
	struct stream *s, const uint8_t *p, size_t len, const struct net_addr *from, uint64_t arrival_us)
{
	uint64_t ntp = ntp_at(s, arrival_us);
	uint8_t room[PACKET_MAX];
	struct rtcp_news news;

	if (!s->kit || !latch_hears(&s->latch, from)) {
		s->stats.rx_refused++;
		return;
	}
	if (!stream_open(s, true, &p, &len, room, arrival_us))
		return;
	if (rtcp_parse(&news, &s->rx, s->ssrc, p, len, arrival_us, ntp) != MIX_OK) {
		s->stats.rtcp_bad++;
		return;
	}
	s->stats.rtcp_rx++;
	s->stats.heard_us = arrival_us;
	s->said_silent = false;
	if (!s->kit->format.rtcp_mux)
		s->rtcp_peer = *from;
	stream_read_xr(s, p, len, arrival_us);
	s->sr_rx += news.has_sr;
	s->sr_of_us += news.has_report && news.fraction_lost < UINT8_MAX;
	if (!news.has_report)
		return;
	s->stats.far_lost = news.lost > 0 ? (uint32_t)news.lost : 0;
	s->stats.far_fraction_lost = news.fraction_lost;
	if (news.round_trip_us)
		s->stats.round_trip_us = news.round_trip_us;
	s->far_percent = (uint8_t)(news.fraction_lost * 100u / 256u);
	encoder_expect_loss(s->kit->encoder, s->far_percent);
}

/* ---- from packets to sound ---- */

static uint32_t units_of(const struct stream *s, size_t samples)
{
	return (uint32_t)(samples * kit_clock_hz(s->kit, s->rx_at) / rate_hz(kit_rate(s->kit, s->rx_at)));
}

static size_t samples_of(const struct stream *s, uint32_t units)
{
	return (size_t)units * (rate_hz(kit_rate(s->kit, s->rx_at)) / 1000) /
	       (kit_clock_hz(s->kit, s->rx_at) / 1000);
}

static size_t rx_space(const struct stream *s)
{
	return s->kit->rx_cap - s->rx_n;
}

/* Opus packets of a leg that nobody hears and whose keys come as events are measured, not decoded. */
static bool may_skip(const struct stream *s, bool wanted)
{
	return (!wanted || s->muted) && s->kit->format.rx[s->rx_at].codec == CODEC_OPUS &&
	       (s->kit->format.event_rx_pt != PT_NONE || s->kit->format.no_tones);
}

/* `n` samples that never came, or not in time. */
static void make_up(struct stream *s, size_t n, const struct jbuf_out *lost, bool skip)
{
	int16_t *pcm = s->kit->rx_pcm + s->rx_n;
	unsigned hz = rate_hz(kit_rate(s->kit, s->rx_at));

	s->frame_made_up = true;
	if (s->kit->format.rx[s->rx_at].codec != CODEC_OPUS) {
		conceal_rate(s->kit->conceal, kit_rate(s->kit, s->rx_at));
		conceal_fill(s->kit->conceal, pcm, n);
	} else if (skip ||
		   decoder_conceal(s->kit->decoder[s->rx_at], lost->next, lost->next_len, pcm, n) != MIX_OK) {
		memset(pcm, 0, n * sizeof(*pcm));
	}
	s->rx_n = (uint16_t)(s->rx_n + n);
	s->concealed_us += (uint64_t)n * 1000000 / hz;
}

/* Opus makes up sound in steps of 2.5 ms. */
static size_t step_of(const struct stream *s)
{
	return s->kit->format.rx[s->rx_at].codec == CODEC_OPUS ? 120 : 1;
}

static void take_lost(struct stream *s, const struct jbuf_out *lost, bool skip)
{
	size_t n = s->packet_samples, gap = samples_of(s, lost->gap);

	if (gap > 0 && gap < n)
		n = gap;
	if (n > rx_space(s))
		n = rx_space(s);
	n -= n % step_of(s);
	if (n > 0)
		make_up(s, n, lost, skip);
	jbuf_played(s->jbuf, n > 0 ? units_of(s, n) : lost->gap);
}

/* What of a packet is decoded now: its first frame, if it is longer; of Opus all. */
static size_t piece_of(const struct stream *s, unsigned at, const struct jbuf_out *in)
{
	const enum codec_id id = s->kit->format.rx[at].codec;
	const size_t most = frame_samples(kit_rate(s->kit, at)),
		     n = decoder_samples(id, in->payload, in->len);

	return id == CODEC_OPUS || n <= most ? in->len : in->len * most / n;
}

static bool decode(struct stream *s, unsigned at, const uint8_t *payload, size_t len, size_t *n)
{
	s->stats.decodes++;
	return decoder_run(s->kit->decoder[at], payload, len, s->kit->rx_pcm + s->rx_n, rx_space(s), n) ==
	       MIX_OK;
}

/* A leg that cannot be heard sleeps through what its encoder calls quiet; when it wakes, its decoder catches up. */
static bool sleeps(struct stream *s, unsigned at, const struct jbuf_out *in, bool skip)
{
	struct doze *d = &s->doze;
	size_t n;

	if (s->kit->format.rx[at].codec != CODEC_OPUS) {
		d->asleep = false;
		return skip;
	}
	if (skip) {
		doze_pass(d, in->payload, in->len);
		return true;
	}
	switch (doze_packet(d, in->payload, in->len, s->may_doze && !s->talk.talking && !s->kit->hush)) {
	case DOZE_DECODE: break;
	case DOZE_SLEEP: return true;
	case DOZE_WAKE:
		for (unsigned i = 0; i < d->n_kept; i++)
			(void)decode(s, at, d->kept[i].bytes, d->kept[i].len, &n);
		doze_woken(d);
		break;
	}
	return false;
}

static void take_sound(struct stream *s, unsigned at, const struct jbuf_out *in, bool skip)
{
	struct kit *k = s->kit;
	enum codec_id id = k->format.rx[at].codec;
	const size_t piece = piece_of(s, at, in);
	int16_t *pcm;
	size_t n = 0;

	if (at != s->rx_at) { /* what is left of the old codec's last packet may be at another rate */
		if (kit_rate(k, at) != kit_rate(k, s->rx_at)) {
			s->rx_n = s->rx_used = 0;
			stream_pace_reset(s);
		}
		s->rx_at = (uint8_t)at;
	}
	pcm = k->rx_pcm + s->rx_n;
	s->in_cn = false;
	s->made_up = 0;
	if (sleeps(s, at, in, skip)) {
		n = decoder_samples(id, in->payload, in->len);
		if (n > rx_space(s))
			n = 0;
		memset(pcm, 0, n * sizeof(*pcm));
	} else {
		if (!decode(s, at, in->payload, piece, &n)) {
			n = 0;
		} else if (id != CODEC_OPUS) {
			conceal_rate(k->conceal, kit_rate(k, at));
			conceal_good(k->conceal, pcm, n);
		}
	}
	if (n > 0) {
		s->packet_samples = (uint16_t)n;
		s->rx_n = (uint16_t)(s->rx_n + n);
		if (piece < in->len)
			jbuf_keep_rest(s->jbuf, piece, units_of(s, n),
				units_of(s, decoder_samples(id, in->payload, in->len)));
		else
			jbuf_played(s->jbuf, units_of(s, n));
	} else {
		s->stats.rx_bad++;
		take_lost(s, &(struct jbuf_out){ .gap = 0 }, skip);
	}
}

static void take_packet(struct stream *s, const struct jbuf_out *in, bool skip)
{
	int at = in->len > 0 ? kit_codec_of_pt(s->kit, in->payload_type) : -1;

	if (at >= 0) {
		take_sound(s, (unsigned)at, in, skip);
		return;
	}
	if (in->len > 0 && is_comfort(s->kit, in->payload_type)) { /* RFC 3389 section 3.1: level in -dBov */
		s->in_cn = true;
		s->cn_dbov = in->payload[0] & 127;
	}
	jbuf_played(s->jbuf, 0); /* an event, a keep-alive, a codec that was agreed on before */
}

/* Noise at the level that the far end has told; its spectrum is not followed. */
static void make_noise(struct stream *s, size_t n)
{
	int16_t *pcm = s->kit->rx_pcm + s->rx_n;
	/* Uniform noise is sqrt(3) lower in RMS than in peak. */
	int32_t peak = (int32_t)(32768 * 1.732 * pow(10, s->cn_dbov / -20.0));

	if (peak > 8191) /* nobody's comfort is louder than -17 dBov */
		peak = 8191;
	for (size_t i = 0; i < n; i++) {
		s->noise ^= s->noise << 13;
		s->noise ^= s->noise >> 17;
		s->noise ^= s->noise << 5;
		pcm[i] = (int16_t)((int32_t)(s->noise >> 16) * (2 * peak) / 65536 - peak);
	}
	s->rx_n = (uint16_t)(s->rx_n + n);
}

/* Nothing came for the rest of this frame.  The packet may be late: its sound is made up for a while.  After that, or
 * when the far end said that it falls silent, noise or silence. */
static void take_nothing(struct stream *s, size_t n, bool skip, uint64_t now_us)
{
	const struct jbuf_out alone = { .gap = 0 };
	size_t most = rate_hz(kit_rate(s->kit, s->rx_at)) / 1000 * CONCEAL_MS;
	size_t missing = n - s->rx_n, steps = (missing + step_of(s) - 1) / step_of(s) * step_of(s);

	stream_pace_starved(s);

	if (s->in_cn && s->cn_dbov < NOISE_LEAST_DBOV) {
		make_noise(s, missing);
		return;
	}
	if (!s->in_cn && s->made_up < most && steps <= rx_space(s) && !skip &&
		!keypad_busy(s->keypad, now_us)) {
		make_up(s, steps, &alone, skip);
		s->made_up = (uint16_t)(s->made_up + steps);
	}
	if (s->rx_n > 0 && s->rx_n < n) {
		memset(s->kit->rx_pcm + s->rx_n, 0, (n - s->rx_n) * sizeof(int16_t));
		s->rx_n = (uint16_t)n;
	}
}

/* Decodes until the samples of a frame are there or nothing is due. */
static void fill(struct stream *s, bool wanted, uint64_t now_us)
{
	for (unsigned i = 0; i < TAKES_MAX; i++) {
		bool skip = may_skip(s, wanted);
		size_t need = stream_pace_need(s); /* a packet may change the rate */
		struct jbuf_out got;

		if (s->rx_n >= need)
			return;
		switch (jbuf_take(s->jbuf, &got, units_of(s, s->rx_n), now_us)) {
		case JBUF_PACKET:
			if (!got.rest)
				stream_count_due(s);
			take_packet(s, &got, skip);
			break;
		case JBUF_LOST: take_lost(s, &got, skip || s->doze.asleep); break;
		case JBUF_EMPTY: take_nothing(s, need, skip || s->doze.asleep, now_us); return;
		}
	}
}

/* To cut sound, some of the next packet must be at hand: it is, when there is delay to take back. */
static void fill_ahead(struct stream *s, bool wanted, uint64_t now_us)
{
	size_t want = stream_pace_ahead(s), room = (size_t)s->packet_samples * 2;
	struct jbuf_out got;

	if (want == 0 || s->rx_n >= stream_pace_need(s) + want || rx_space(s) < room ||
		!jbuf_has_next(s->jbuf))
		return;
	if (jbuf_take(s->jbuf, &got, units_of(s, s->rx_n), now_us) == JBUF_PACKET) {
		if (!got.rest)
			stream_count_due(s);
		take_packet(s, &got, may_skip(s, wanted));
	}
}

/* What the last tick handed out is done with, but for a little that the warp filter looks back at. */
static void drop_used(struct stream *s)
{
	if (s->rx_used > 0)
		memmove(s->kit->rx_pcm - WARP_PAST, s->kit->rx_pcm + s->rx_used - WARP_PAST,
			(size_t)(WARP_PAST + s->rx_n - s->rx_used) * sizeof(int16_t));
	s->rx_n = (uint16_t)(s->rx_n - s->rx_used);
	s->rx_used = 0;
}

static void listen_for_keys(struct stream *s, const int16_t *pcm, enum rate_class rate, uint64_t now_us,
	const struct media_out *out)
{
	int16_t narrow[8 * FRAME_MS];

	if (s->kit->format.no_tones)
		return;
	if (s->dbov <= TONE_GATE_DBOV)
		s->tone_quiet = 0;
	else if (s->tone_quiet < TONE_REST)
		s->tone_quiet++;
	else
		return;
	narrow_frame(&s->narrow, rate, pcm, narrow);
	report_digit(s, out,
		s->frame_made_up ? keypad_made_up(s->keypad, narrow, sizeof(narrow) / sizeof(*narrow), now_us)
				 : keypad_sound(s->keypad, narrow, sizeof(narrow) / sizeof(*narrow), now_us));
}

/* What it sends was not heard: at what level it was, or silence, is our guess. */
static void guess_talk(struct stream *s, uint8_t dbov, const struct media_out *out)
{
	if (talk_guess(&s->talk, dbov))
		report(s, out, (struct media_event){ .kind = MEDIA_TALK, .on = s->talk.talking });
}

static void follow_talk(struct stream *s, const struct media_out *out)
{
	if (s->muted || s->frame_made_up)
		guess_talk(s, s->muted ? LEVEL_SILENCE : s->dbov, out);
	else if (talk_frame(&s->talk, s->dbov))
		report(s, out, (struct media_event){ .kind = MEDIA_TALK, .on = s->talk.talking });
}

/* On a leg whose keys come as sound alone: this tick's frame waits, and the one of a moment ago, in which no key began, is
 * given out. */
static void take_held(struct stream *s, uint64_t now_us, bool wanted, const struct media_out *out)
{
	s->frame = hush_frame(s->kit->hush, s->frame, &s->dbov, keypad_busy(s->keypad, now_us));
	follow_talk(s, out);
	if (s->muted || !wanted) {
		s->frame = NULL;
		s->dbov = LEVEL_SILENCE;
	}
}

/* Of a frame that was not decoded. */
static uint8_t unheard_dbov(const struct stream *s)
{
	return s->doze.asleep && !s->muted ? s->doze.dbov : LEVEL_SILENCE;
}

void stream_take(struct stream *s, uint64_t now_us, bool wanted, const struct media_out *out)
{
	bool hidden, quiet;
	enum rate_class rate;
	size_t n;

	s->frame = NULL;
	s->dbov = LEVEL_SILENCE;
	s->frame_made_up = false;
	if (!s->kit || !s->kit->format.receive) {
		if (s->talk.talking)
			guess_talk(s, LEVEL_SILENCE, out);
		return;
	}
	drop_used(s);
	stream_pace_look(s, now_us);
	fill(s, wanted, now_us);
	rate = kit_rate(s->kit, s->rx_at);
	n = frame_samples(rate);
	if (s->rx_n < stream_pace_need(s)) {
		memset(s->kit->rx_pcm - WARP_PAST, 0, WARP_PAST * sizeof(int16_t));
		if (s->kit->hush)
			take_held(s, now_us, wanted, out);
		else
			guess_talk(s, unheard_dbov(s), out);
		return;
	}
	fill_ahead(s, wanted, now_us);
	if (s->doze.asleep || may_skip(s, wanted)) {
		stream_pace_splice(s, true);
		(void)stream_pace_frame(s, true);
		if (s->doze.asleep || s->talk.talking)
			guess_talk(s, unheard_dbov(s), out);
		return;
	}
	s->dbov = level_dbov(s->kit->rx_pcm - WARP_DELAY, n);
	s->sounded |= s->dbov <= ONEWAY_SILENCE_DBOV;
	hidden = s->muted || !wanted;
	quiet = hidden || s->dbov >= PAUSE_GATE_DBOV;
	if (!keypad_busy(s->keypad, now_us))
		stream_pace_splice(s, quiet);
	s->doze.dbov = s->dbov;
	listen_for_keys(s, s->kit->rx_pcm - WARP_DELAY, rate, now_us, out); /* to what is given out */
	if (!s->kit->hush)
		follow_talk(s, out);
	s->frame = stream_pace_frame(s, quiet);
	if (!s->kit->hush && (hidden || keypad_busy(s->keypad, now_us)))
		s->dbov = LEVEL_SILENCE;
	if (s->dbov == LEVEL_SILENCE)
		s->frame = NULL;
	else if (s->kit->align[s->rx_at]) {
		resample_frame(s->kit->align[s->rx_at], s->frame, s->kit->aligned);
		s->frame = s->kit->aligned;
	}
	if (s->kit->hush)
		take_held(s, now_us, wanted, out);
}
