/* stream_rx.c - what comes to a stream: from datagrams to the jitter buffer, the keypad and the report's figures. */
#include "mixer/stream_priv.h"

#include <string.h>

void stream_tell(const struct stream *s, const struct media_out *out, struct media_event event)
{
	out->event(out->arg, s->user, &event);
}

void stream_tell_digit(const struct stream *s, const struct media_out *out, char digit)
{
	if (digit)
		stream_tell(s, out, (struct media_event){ .kind = MEDIA_DIGIT, .digit = digit });
}

enum payload_kind { PAYLOAD_NOT_OURS, PAYLOAD_SOUND, PAYLOAD_EVENT, PAYLOAD_COMFORT };

static void tell_quirks(struct stream *s, uint32_t bits, const struct media_out *out)
{
	for (unsigned i = 0; bits; i++, bits >>= 1)
		if (bits & 1)
			stream_tell(
				s, out, (struct media_event){ .kind = MEDIA_QUIRK, .quirk = (enum quirk)i });
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
	return kit_is_comfort(k, pt) ? PAYLOAD_COMFORT : PAYLOAD_NOT_OURS;
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

static void hear_report(
	struct stream *s, const uint8_t *p, size_t len, const struct net_addr *from, uint64_t arrival_us);

static void take_report(struct stream *s, const uint8_t *p, size_t len, const struct net_addr *from,
	uint64_t arrival_us, const struct media_out *out)
{
	const struct net_addr ours_go_to = s->rtcp_peer;
	const uint32_t before = s->stats.rtcp_rx;

	hear_report(s, p, len, from, arrival_us);
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

	stream_tell(s, out, (struct media_event){ .kind = MEDIA_LATCHED, .peer = locked });
	if (s->kit->ice || !signalled->port || net_addr_equal(&locked, signalled))
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
	const uint8_t *const sealed = p;
	const size_t sealed_len = len;
	const uint32_t forged = s->stats.rx_forged;
	uint8_t room[PACKET_MAX];
	enum payload_kind kind;
	struct rtp rtp;

	if (!s->kit || (s->kit->ice && stream_ice_keeps(s, ICE_RTP, p, len, from, arrival_us, out)))
		return;
	if (is_report(s->kit, p, len)) {
		take_report(s, p, len, from, arrival_us, out);
		return;
	}
	if (!stream_open(s, false, &p, &len, room, arrival_us)) {
		if (s->stats.rx_forged != forged && (s->kit->ice || latch_hears(&s->latch, from)))
			unopened_put(s->kit->unopened, sealed, sealed_len, from, arrival_us);
		return;
	}
	kind = read_packet(s, &rtp, p, len, from, out);
	if (kind == PAYLOAD_NOT_OURS) {
		s->stats.rx_bad++;
		return;
	}
	if (s->kit->ice)
		s->latch.locked = *from;
	else if (!latch_accept_rtp(&s->latch, from, rtp.ssrc, arrival_us))
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
		stream_tell_digit(s, out,
			keypad_event(s->keypad, rtp.payload, rtp.payload_len, rtp.timestamp, arrival_us));
		rtp.payload_len = 0; /* the jitter buffer needs its sequence number alone */
	} else if (kind == PAYLOAD_SOUND) {
		skew_packet(&s->pace.skew, rtp.ssrc, rtp.timestamp, s->rx_clock_hz, arrival_us);
	}
	if (s->kit->format.receive)
		(void)jbuf_put(s->jbuf, &rtp, arrival_us);
}

void stream_reopen(struct stream *s, uint64_t now_us, const struct media_out *out)
{
	struct unopened *u = s->kit ? s->kit->unopened : NULL;
	struct unopened_packet packet;

	for (unsigned n = u ? u->n : 0; n > 0 && unopened_take(u, &packet); n--) {
		if (now_us > packet.arrival_us + UNOPENED_US)
			continue;
		s->stats.rx_forged--; /* it is counted anew, as what it turns out to be */
		s->stats.rx_bad--;
		stream_rx_rtp(s, packet.bytes, packet.len, &packet.from, packet.arrival_us, out);
	}
}

/* The wall clock at a moment near the last tick; 0 before the first. */
static uint64_t ntp_at(const struct stream *s, uint64_t us)
{
	int64_t since_us = (int64_t)(us - s->tick_us);

	if (s->tick_us == 0 || since_us < -10000000 || since_us > 10000000)
		return s->tick_ntp;
	return s->tick_ntp + (uint64_t)(since_us * (1LL << 32) / 1000000);
}

static void hear_report(
	struct stream *s, const uint8_t *p, size_t len, const struct net_addr *from, uint64_t arrival_us)
{
	uint64_t ntp = ntp_at(s, arrival_us);
	uint8_t room[PACKET_MAX];
	struct rtcp_news news;

	if (!s->kit || (!s->kit->ice && !latch_hears(&s->latch, from))) {
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

void stream_rx_rtcp(struct stream *s, const uint8_t *p, size_t len, const struct net_addr *from,
	uint64_t arrival_us, const struct media_out *out)
{
	if (s->kit && s->kit->ice && stream_ice_keeps(s, ICE_RTCP, p, len, from, arrival_us, out))
		return;
	hear_report(s, p, len, from, arrival_us);
}
