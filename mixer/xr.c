#include "mixer/xr.h"
#include "mixer/bytes.h"

#include <string.h>

enum { PT_XR = 207, BT_TIME = 4, BT_DLRR = 5, BT_VOIP = 7 };
enum { HEAD = 8, BLOCK_HEAD = 4, TIME_LEN = 12, DLRR_ITEM = 12, VOIP_LEN = 36 };
enum { ROUND_TRIP_MAX = 30 << 16, CLOCK_SLACK = 66 }; /* 1/65536 s, as in rtcp.c */

/* ---- writing ---- */

/* `len` with the four bytes that begin it; the field counts words after the first. */
static uint8_t *write_head(uint8_t *p, unsigned type, size_t len)
{
	return put16(put8(put8(p, type), 0), (uint32_t)(len / 4 - 1));
}

static uint8_t *write_voip(uint8_t *p, const struct xr_voip *v)
{
	const uint8_t bytes[] = { v->loss, v->discard, v->burst_density, v->gap_density };
	const uint8_t scores[] = { (uint8_t)v->signal_dbm0, (uint8_t)v->noise_dbm0, v->echo_loss_db, v->gmin,
		v->r, v->ext_r, v->mos_listen, v->mos, v->receiver, 0 };

	p = put32(write_head(p, BT_VOIP, VOIP_LEN), v->ssrc);
	memcpy(p, bytes, sizeof(bytes));
	p = put16(put16(p + sizeof(bytes), v->burst_ms), v->gap_ms);
	p = put16(put16(p, v->round_trip_ms), v->end_system_ms);
	memcpy(p, scores, sizeof(scores));
	return put16(put16(put16(p + sizeof(scores), v->jb_nominal_ms), v->jb_max_ms), v->jb_abs_max_ms);
}

enum mix_err xr_write(uint8_t *p, size_t cap, size_t *len, uint32_t our_ssrc, const struct xr *x)
{
	uint8_t *at = p + HEAD;

	*len = 0;
	if (cap < XR_MAX)
		return MIX_SHORT;
	if (x->has_time) {
		at = write_head(at, BT_TIME, TIME_LEN);
		at = put32(put32(at, (uint32_t)(x->ntp >> 32)), (uint32_t)x->ntp);
	}
	if (x->has_dlrr) {
		at = write_head(at, BT_DLRR, BLOCK_HEAD + DLRR_ITEM);
		at = put32(put32(put32(at, x->dlrr_ssrc), x->last_rr), x->delay_since);
	}
	if (x->has_voip)
		at = write_voip(at, &x->voip);
	if (at == p + HEAD)
		return MIX_EMPTY;
	*len = (size_t)(at - p);
	put32(put16(put8(put8(p, 2 << 6), PT_XR), (uint32_t)(*len / 4 - 1)), our_ssrc);
	return MIX_OK;
}

/* ---- reading ---- */

static void read_voip(struct xr *out, uint32_t our_ssrc, const uint8_t *p)
{
	struct xr_voip *v = &out->voip;

	if (get32(p + 4) != our_ssrc)
		return;
	out->has_voip = true;
	*v = (struct xr_voip){ .ssrc = our_ssrc,
		.loss = p[8],
		.discard = p[9],
		.burst_density = p[10],
		.gap_density = p[11],
		.burst_ms = get16(p + 12),
		.gap_ms = get16(p + 14),
		.round_trip_ms = get16(p + 16),
		.end_system_ms = get16(p + 18),
		.signal_dbm0 = (int8_t)p[20],
		.noise_dbm0 = (int8_t)p[21],
		.echo_loss_db = p[22],
		.gmin = p[23],
		.r = p[24],
		.ext_r = p[25],
		.mos_listen = p[26],
		.mos = p[27],
		.receiver = p[28],
		.jb_nominal_ms = get16(p + 30),
		.jb_max_ms = get16(p + 32),
		.jb_abs_max_ms = get16(p + 34) };
}

static void read_dlrr(struct xr *out, uint32_t our_ssrc, const uint8_t *p, size_t len)
{
	for (size_t at = BLOCK_HEAD; at + DLRR_ITEM <= len; at += DLRR_ITEM)
		if (get32(p + at) == our_ssrc) {
			out->has_dlrr = true;
			out->dlrr_ssrc = our_ssrc;
			out->last_rr = get32(p + at + 4);
			out->delay_since = get32(p + at + 8);
		}
}

/* `len` bytes are there and as many as the block's head says. */
static enum mix_err read_block(struct xr *out, uint32_t from, uint32_t our_ssrc, const uint8_t *p, size_t len)
{
	switch (p[0]) {
	case BT_VOIP:
		if (len != VOIP_LEN)
			return MIX_SYNTAX;
		read_voip(out, our_ssrc, p);
		return MIX_OK;
	case BT_TIME:
		if (len != TIME_LEN)
			return MIX_SYNTAX;
		out->has_time = true;
		out->from = from;
		out->ntp = (uint64_t)get32(p + 4) << 32 | get32(p + 8);
		return MIX_OK;
	case BT_DLRR:
		if ((len - BLOCK_HEAD) % DLRR_ITEM)
			return MIX_SYNTAX;
		read_dlrr(out, our_ssrc, p, len);
		return MIX_OK;
	default: return MIX_OK;
	}
}

static enum mix_err read_blocks(struct xr *out, uint32_t our_ssrc, const uint8_t *p, size_t len)
{
	size_t block;

	for (size_t at = HEAD; at < len; at += block) {
		enum mix_err err;

		if (len - at < BLOCK_HEAD)
			return MIX_SHORT;
		block = 4 * ((size_t)get16(p + at + 2) + 1);
		if (block > len - at)
			return MIX_SHORT;
		err = read_block(out, get32(p + 4), our_ssrc, p + at, block);
		if (err)
			return err;
	}
	return MIX_OK;
}

static enum mix_err read_all(struct xr *out, uint32_t our_ssrc, const uint8_t *p, size_t len)
{
	size_t size;

	for (size_t at = 0; at < len; at += size) {
		size_t padding = 0;
		enum mix_err err;

		if (len - at < 4)
			return MIX_SHORT;
		size = 4 * ((size_t)get16(p + at + 2) + 1);
		if (size > len - at)
			return MIX_SHORT;
		if (p[at] & 0x20)
			padding = p[at + size - 1];
		if (p[at] >> 6 != 2 || p[at + 1] != PT_XR)
			continue;
		if (size < HEAD + padding)
			return MIX_SYNTAX;
		err = read_blocks(out, our_ssrc, p + at, size - padding);
		if (err)
			return err;
	}
	return MIX_OK;
}

enum mix_err xr_read(struct xr *out, uint32_t our_ssrc, const uint8_t *p, size_t len)
{
	enum mix_err err;

	memset(out, 0, sizeof(*out));
	err = read_all(out, our_ssrc, p, len);
	if (err)
		memset(out, 0, sizeof(*out));
	else if (!out->has_voip && !out->has_time && !out->has_dlrr)
		err = MIX_EMPTY;
	return err;
}

uint32_t xr_round_trip_us(const struct xr *x, uint64_t ntp_now)
{
	int32_t trip = (int32_t)((uint32_t)(ntp_now >> 16) - x->last_rr - x->delay_since);

	if (!x->has_dlrr || x->last_rr == 0 || trip < -CLOCK_SLACK || trip > ROUND_TRIP_MAX)
		return 0;
	return trip > 0 ? (uint32_t)((uint64_t)trip * 1000000 >> 16) : 1;
}
