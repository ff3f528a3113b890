/* links: mixer/jbuf.c mixer/slots.c mixer/source.c mixer/delay.c mixer/err.c */
#include "mixer/jbuf.h"
#include "mixer/frame.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

enum { STEP = 8 /* bytes of input per packet */ };

/* A sender without manners: eight bytes say how number, timestamp, source, length and arrival of the next
 * packet differ from what they should be.  Every tick ends, with payloads inside the buffer and
 * bounded delay. */
static void take_frame(struct jbuf *j, uint32_t *have, uint32_t packet, uint64_t now_us)
{
	unsigned takes = 0, sum = 0;

	while (*have < 160) {
		struct jbuf_out out;
		enum jbuf_got got = jbuf_take(j, &out, *have, now_us);

		if (++takes > 1000)
			abort();
		if (got == JBUF_EMPTY) {
			*have = 160;
		} else if (got == JBUF_PACKET) {
			for (size_t i = 0; i < out.len; i++)
				sum += out.payload[i];
			if (out.len == 0 || sum == 1)
				abort();
			/* Now and then one that cannot be decoded, or is noise. */
			*have += out.len % 7 == 0 ? 0 : packet;
			jbuf_played(j, out.len % 7 == 0 ? 0 : packet);
		} else {
			uint32_t fill = out.gap < packet ? out.gap : packet;

			if (out.gap == 0 ||
				(out.next && (out.next_len == 0 || out.next[out.next_len - 1] == 1)))
				abort();
			*have += fill;
			jbuf_played(j, fill);
		}
	}
	*have -= 160;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const uint8_t sound[PACKET_MAX + 16] = { [PACKET_MAX + 15] = 2 };
	uint64_t now_us = 1000000, arrival_us = now_us;
	struct rtp rtp = { .ssrc = 7, .payload = sound };
	struct jbuf_stats stats;
	uint32_t have = 0, packet = 160;
	struct jbuf *j;

	if (jbuf_alloc(&j, 8000) != MIX_OK)
		return 0;
	for (; len >= STEP; p += STEP, len -= STEP) {
		enum mix_err err;

		packet = p[0] & 7 ? (p[0] & 7) * 80u : 160;
		rtp.seq = (uint16_t)(rtp.seq + 1 + (int8_t)p[1] * (p[0] & 8 ? 131 : 1));
		rtp.timestamp += packet + (uint32_t)((int8_t)p[2] * (p[0] & 16 ? 99991 : 10));
		rtp.ssrc = p[0] & 32 ? p[3] : rtp.ssrc;
		rtp.payload_len = (size_t)(p[4] << 8 | p[5]) % (PACKET_MAX + 8);
		arrival_us += p[6] * (p[0] & 64 ? 20000ull : 157ull);
		err = jbuf_put(j, &rtp, arrival_us);
		if ((err == MIX_RANGE) != (rtp.payload_len > PACKET_MAX))
			abort();
		for (unsigned i = 0; i < 400 && now_us < arrival_us; i++, now_us += 20000)
			take_frame(j, &have, packet, now_us);
		now_us = now_us < arrival_us ? arrival_us : now_us;
		jbuf_stats(j, &stats);
		if (stats.target_ms < JBUF_MIN_MS || stats.target_ms > JBUF_MAX_MS)
			abort();
		if (p[7] == 255)
			jbuf_reset(j, p[0] & 128 ? 48000 : 8000);
	}
	jbuf_free(j);
	return 0;
}
