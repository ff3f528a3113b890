/* jbuf_player.h - a caller of the jitter buffer for tests, as stream.c is one.
 *
 * It wants a frame of 20 ms every 20 ms, from decoded packets, concealed gaps, and whatever it fills in
 * when nothing is there.  Payloads carry their own number and length.
 */
#ifndef TESTS_JBUF_PLAYER_H
#define TESTS_JBUF_PLAYER_H

#include "mixer/jbuf.h"
#include "tests/test.h"

#define N(a) (sizeof(a) / sizeof(*(a)))

struct player {
	struct jbuf *jbuf;
	unsigned clock_hz;
	uint64_t now_us;
	uint32_t have, packet; /* RTP clock units decoded; length of the last packet */
};

static void player_init(struct player *p, unsigned clock_hz)
{
	*p = (struct player){ .clock_hz = clock_hz, .now_us = 1000000, .packet = clock_hz / 50 };
	CHECK_INT(MIX_OK, jbuf_alloc(&p->jbuf, clock_hz), "a jitter buffer");
}

/* The payload of test packets: number, length in units; the rest is filling. */
static size_t make_payload(uint8_t *p, uint16_t seq, uint32_t units, size_t len)
{
	memset(p, 0x5a, len);
	p[0] = (uint8_t)(seq >> 8);
	p[1] = (uint8_t)seq;
	p[2] = (uint8_t)(units >> 8);
	p[3] = (uint8_t)units;
	return len;
}

/* One take; 0 packet, 1 gap, 2 nothing.  *seq of a packet. */
static enum jbuf_got player_take(struct player *p, uint16_t *seq, struct jbuf_out *out)
{
	uint32_t frame = p->clock_hz / 50, fill;
	enum jbuf_got got = jbuf_take(p->jbuf, out, p->have, p->now_us);

	switch (got) {
	case JBUF_PACKET:
		CHECK(out->len >= 4 && out->payload[out->len - 1] == (out->len > 4 ? 0x5a : out->payload[3]),
			"payload came out as it went in");
		*seq = (uint16_t)(out->payload[0] << 8 | out->payload[1]);
		p->packet = (uint32_t)(out->payload[2] << 8 | out->payload[3]);
		p->have += p->packet;
		jbuf_played(p->jbuf, p->packet);
		break;
	case JBUF_LOST:
		fill = out->gap && out->gap < p->packet ? out->gap : p->packet;
		p->have += fill;
		jbuf_played(p->jbuf, fill);
		break;
	case JBUF_EMPTY: p->have = frame; break;
	}
	return got;
}

#endif
