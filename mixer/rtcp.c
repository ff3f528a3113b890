#include "mixer/rtcp.h"
#include "mixer/bytes.h"
#include <string.h>

enum { PT_SR = 200, PT_RR = 201, PT_SDES = 202, PT_BYE = 203, SDES_CNAME = 1 };
enum { HEAD = 8 /* with the sender's SSRC */, SENDER_INFO = 20, REPORT_BLOCK = 24 };
enum { SEQ_MOD = 1 << 16, MAX_DROPOUT = 3000, MAX_MISORDER = 100 }; /* appendix A.1 */
enum { ROUND_TRIP_MAX = 30 << 16, CLOCK_SLACK = 66 };               /* 1/65536 s */

/* ---- counting (appendices A.1, A.3, A.8) ---- */

static void init_seq(struct rtcp_rx *rx, uint16_t seq)
{
	rx->base_seq = seq;
	rx->max_seq = seq;
	rx->bad_seq = SEQ_MOD + 1;
	rx->cycles = 0;
	rx->received = rx->received_prior = 0;
	rx->expected_prior = 0;
}

enum update { IGNORED, COUNTED, RESTARTED };

static enum update update_seq(struct rtcp_rx *rx, uint16_t seq)
{
	uint16_t ahead = (uint16_t)(seq - rx->max_seq);
	enum update update = COUNTED;

	if (ahead < MAX_DROPOUT) { /* in order, with permissible gap */
		if (seq < rx->max_seq)
			rx->cycles += SEQ_MOD;
		rx->max_seq = seq;
	} else if (ahead <= SEQ_MOD - MAX_MISORDER) { /* a very large jump */
		if (seq != rx->bad_seq) {
			rx->bad_seq = (uint16_t)(seq + 1);
			return IGNORED;
		}
		init_seq(rx, seq);
		update = RESTARTED;
	} /* else duplicate or reordered */
	rx->received++;
	return update;
}

static uint32_t expected_of(const struct rtcp_rx *rx)
{
	return rx->cycles + rx->max_seq - rx->base_seq + 1;
}

void rtcp_rx_packet(struct rtcp_rx *rx, uint32_t ssrc, uint16_t seq, uint32_t timestamp, unsigned clock_hz,
	uint64_t now_us)
{
	uint32_t arrival = (uint32_t)(now_us / 1000000 * clock_hz + now_us % 1000000 * clock_hz / 1000000);
	uint32_t transit = arrival - timestamp;
	int64_t step = (int32_t)(transit - rx->transit);
	enum update update;
	/* All packets of one key press have its timestamp (RFC 4733 section 2.5.1.2): the first alone tells of time. */
	bool timed = !rx->started || ssrc != rx->ssrc || timestamp != rx->timestamp;

	if (!rx->started || ssrc != rx->ssrc) {
		struct rtcp_rx fresh = { .ssrc = ssrc, .started = true };

		if (rx->sr_ssrc == ssrc) { /* its SR came before its first packet */
			fresh.sr_ssrc = ssrc;
			fresh.last_sr = rx->last_sr;
			fresh.last_sr_us = rx->last_sr_us;
		}
		*rx = fresh;
		init_seq(rx, seq);
		rx->received = 1;
		update = RESTARTED;
	} else {
		update = update_seq(rx, seq);
	}
	if (update == IGNORED)
		return;
	if (update == COUNTED && timed)
		rx->jitter += ((double)(step < 0 ? -step : step) - rx->jitter) / 16;
	if (timed)
		rx->transit = transit;
	rx->timestamp = timestamp;
	rx->lost = expected_of(rx) > rx->received ? expected_of(rx) - rx->received : 0;
}

/* Closes the interval: the share of its packets that were lost. */
static uint8_t take_fraction(struct rtcp_rx *rx)
{
	uint32_t expected = expected_of(rx), interval = expected - rx->expected_prior;
	int64_t lost = (int64_t)interval - (int64_t)(rx->received - rx->received_prior);

	rx->expected_prior = expected;
	rx->received_prior = rx->received;
	if (interval == 0 || lost <= 0)
		return 0;
	lost = lost * 256 / interval;
	return (uint8_t)(lost < 255 ? lost : 255);
}

static int32_t signed_lost(const struct rtcp_rx *rx)
{
	int64_t lost = (int64_t)expected_of(rx) - rx->received;

	return (int32_t)(lost > 0x7fffff ? 0x7fffff : lost < -0x800000 ? -0x800000 : lost);
}

/* ---- writing ---- */

/* 1/65536 s; a wait of 18 hours or more wraps, as the field does. */
static uint32_t since_sr(const struct rtcp_rx *rx, uint64_t now_us)
{
	uint64_t us = now_us > rx->last_sr_us ? now_us - rx->last_sr_us : 0;

	return (uint32_t)((us / 1000000 << 16) + (us % 1000000 << 16) / 1000000);
}

static uint8_t *write_block(uint8_t *p, struct rtcp_rx *rx, uint64_t now_us)
{
	rx->fraction_lost = take_fraction(rx);
	p = put32(p, rx->ssrc);
	p = put32(p, (uint32_t)rx->fraction_lost << 24 | ((uint32_t)signed_lost(rx) & 0xffffff));
	p = put32(p, rx->cycles + rx->max_seq);
	p = put32(p, (uint32_t)rx->jitter);
	p = put32(p, rx->last_sr);
	return put32(p, rx->last_sr ? since_sr(rx, now_us) : 0);
}

static uint8_t *write_sdes(uint8_t *p, uint32_t ssrc, const char *cname)
{
	size_t len = strnlen(cname, RTCP_CNAME_MAX), body = 4 + 2 + len;
	size_t padding = 4 - body % 4; /* at least the null that ends the items (section 6.5) */

	p = put8(p, 2 << 6 | 1);
	p = put8(p, PT_SDES);
	p = put16(p, (uint32_t)((body + padding) / 4));
	p = put32(p, ssrc);
	p = put8(p, SDES_CNAME);
	p = put8(p, (uint32_t)len);
	memcpy(p, cname, len);
	memset(p + len, 0, padding);
	return p + len + padding;
}

enum mix_err rtcp_write(uint8_t *p, size_t cap, size_t *len, struct rtcp_rx *rx, const struct rtcp_tx *tx,
	const char *cname, bool bye, uint64_t now_us, uint64_t ntp)
{
	bool sends = tx->packets != 0;
	uint32_t words =
		(uint32_t)(HEAD + (sends ? SENDER_INFO : 0) + (rx->started ? REPORT_BLOCK : 0)) / 4 - 1;
	uint8_t *at = p;

	if (cap < RTCP_PACKET_MAX)
		return MIX_SHORT;
	at = put8(at, (uint32_t)(2 << 6 | (rx->started ? 1 : 0)));
	at = put8(at, sends ? PT_SR : PT_RR);
	at = put16(at, words);
	at = put32(at, tx->ssrc);
	if (sends) {
		at = put32(at, (uint32_t)(ntp >> 32));
		at = put32(at, (uint32_t)ntp);
		at = put32(at, tx->timestamp);
		at = put32(at, tx->packets);
		at = put32(at, tx->octets);
	}
	if (rx->started)
		at = write_block(at, rx, now_us);
	at = write_sdes(at, tx->ssrc, cname);
	if (bye) {
		at = put8(at, 2 << 6 | 1);
		at = put8(at, PT_BYE);
		at = put16(at, 1);
		at = put32(at, tx->ssrc);
	}
	*len = (size_t)(at - p);
	return MIX_OK;
}

/* ---- reading ---- */

/* One packet of a compound: where it ends, and that it holds what its count says. */
static enum mix_err check_one(const uint8_t *p, size_t left, bool first, size_t *size)
{
	size_t count, need, padding = 0;

	if (left < 4)
		return MIX_SHORT;
	if (p[0] >> 6 != 2)
		return MIX_SYNTAX;
	*size = 4 * ((size_t)get16(p + 2) + 1);
	if (*size > left)
		return MIX_SHORT;
	if (p[0] & 0x20) { /* only the last may be padded (section 6.4.1) */
		padding = p[*size - 1];
		if (first || *size != left || padding == 0 || padding % 4 != 0 || padding > *size - 4)
			return MIX_SYNTAX;
	}
	if (first && p[1] != PT_SR && p[1] != PT_RR)
		return MIX_SYNTAX;
	count = p[0] & 0x1f;
	switch (p[1]) {
	case PT_SR: need = HEAD + SENDER_INFO + count * REPORT_BLOCK; break;
	case PT_RR: need = HEAD + count * REPORT_BLOCK; break;
	case PT_BYE: need = 4 + count * 4; break;
	default: need = 4; break;
	}
	return *size - padding < need ? MIX_SYNTAX : MIX_OK;
}

static enum mix_err check_all(const uint8_t *p, size_t len)
{
	size_t at = 0, size = 0;

	if (len < HEAD)
		return MIX_SHORT;
	for (; at < len; at += size) {
		enum mix_err err = check_one(p + at, len - at, at == 0, &size);

		if (err)
			return err;
	}
	return MIX_OK;
}

static bool is_ours_to_hear(const struct rtcp_rx *rx, uint32_t ssrc)
{
	return !rx->started || ssrc == rx->ssrc;
}

static void read_block(struct rtcp_news *out, const uint8_t *p, uint64_t ntp_now)
{
	uint32_t last_sr = get32(p + 16);
	int32_t trip = (int32_t)((uint32_t)(ntp_now >> 16) - last_sr - get32(p + 20));

	out->has_report = true;
	out->fraction_lost = p[4];
	out->lost = (int32_t)(get32(p + 4) << 8) >> 8;
	out->jitter = get32(p + 12);
	if (last_sr == 0 || trip < -CLOCK_SLACK || trip > ROUND_TRIP_MAX)
		return;
	/* Rounding can make a short trip 0 or less; that is still a known one. */
	out->round_trip_us = trip > 0 ? (uint32_t)((uint64_t)trip * 1000000 >> 16) : 1;
}

static void read_sender(struct rtcp_news *out, struct rtcp_rx *rx, const uint8_t *p, uint64_t now_us)
{
	uint32_t ssrc = get32(p + 4);

	if (!is_ours_to_hear(rx, ssrc))
		return;
	out->has_sr = true;
	rx->sr_ssrc = ssrc;
	rx->last_sr = (uint32_t)get16(p + 10) << 16 | get16(p + 12);
	rx->last_sr_us = now_us;
}

enum mix_err rtcp_parse(struct rtcp_news *out, struct rtcp_rx *rx, uint32_t our_ssrc, const uint8_t *p,
	size_t len, uint64_t now_us, uint64_t ntp_now)
{
	enum mix_err err = check_all(p, len);

	*out = (struct rtcp_news){ 0 };
	if (err)
		return err;
	for (size_t at = 0; at < len; at += 4 * ((size_t)get16(p + at + 2) + 1)) {
		const uint8_t *q = p + at, *blocks = q + HEAD + (q[1] == PT_SR ? SENDER_INFO : 0);
		unsigned count = q[0] & 0x1f;

		if (q[1] == PT_SR)
			read_sender(out, rx, q, now_us);
		for (unsigned i = 0; i < count && (q[1] == PT_SR || q[1] == PT_RR); i++)
			if (get32(blocks + (size_t)i * REPORT_BLOCK) == our_ssrc)
				read_block(out, blocks + (size_t)i * REPORT_BLOCK, ntp_now);
		for (unsigned i = 0; i < count && q[1] == PT_BYE; i++)
			out->bye |= is_ours_to_hear(rx, get32(q + 4 + (size_t)i * 4));
	}
	return MIX_OK;
}
