#include "bridge/hep.h"

#include <string.h>

enum hep_chunk {
	HEP_FAMILY = 1,
	HEP_PROTOCOL,
	HEP_FROM_V4,
	HEP_TO_V4,
	HEP_FROM_V6,
	HEP_TO_V6,
	HEP_FROM_PORT,
	HEP_TO_PORT,
	HEP_SECONDS,
	HEP_MICROSECONDS,
	HEP_CARRIED,
	HEP_AGENT,
	HEP_MESSAGE = 15,
	HEP_BELONGS = 17
};
enum { CHUNK_HEAD = 6, PACKET_HEAD = 6, LONGEST = 65535, SECOND_US = 1000000 };
enum {
	FAMILY_V4 = 2,
	FAMILY_V6 = 10,
	PROTOCOL_UDP = 17,
	PROTOCOL_TCP = 6,
	CARRIED_SIP = 1
}; /* families as Linux counts */

struct writer {
	uint8_t *out;
	size_t n, cap; /* n over cap: what came last did not fit */
};

static void put16(uint8_t *out, size_t value)
{
	out[0] = (uint8_t)(value >> 8);
	out[1] = (uint8_t)value;
}

static void put_chunk(struct writer *w, enum hep_chunk type, const void *bytes, size_t len)
{
	const size_t whole = CHUNK_HEAD + len;

	if (w->n + whole <= w->cap) {
		put16(w->out + w->n, 0); /* vendor: the standard's own */
		put16(w->out + w->n + 2, type);
		put16(w->out + w->n + 4, whole);
		memcpy(w->out + w->n + CHUNK_HEAD, bytes, len);
	}
	w->n += whole;
}

static void put_number(struct writer *w, enum hep_chunk type, uint32_t value, size_t width)
{
	uint8_t bytes[4];

	for (size_t i = 0; i < width; i++)
		bytes[i] = (uint8_t)(value >> 8 * (width - 1 - i));
	put_chunk(w, type, bytes, width);
}

static bool is_v4(const uint8_t ip[16])
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(ip, prefix, sizeof(prefix)) == 0;
}

static void put_addresses(struct writer *w, const struct hep_packet *p)
{
	enum { V4_AT = 12, V4_LEN = 4, V6_LEN = 16 };
	const bool v4 = is_v4(p->from) && is_v4(p->to);

	put_number(w, HEP_FAMILY, v4 ? FAMILY_V4 : FAMILY_V6, 1);
	put_number(w, HEP_PROTOCOL, p->by_udp ? PROTOCOL_UDP : PROTOCOL_TCP, 1);
	put_chunk(w, v4 ? HEP_FROM_V4 : HEP_FROM_V6, p->from + (v4 ? V4_AT : 0), v4 ? V4_LEN : V6_LEN);
	put_chunk(w, v4 ? HEP_TO_V4 : HEP_TO_V6, p->to + (v4 ? V4_AT : 0), v4 ? V4_LEN : V6_LEN);
	put_number(w, HEP_FROM_PORT, p->from_port, 2);
	put_number(w, HEP_TO_PORT, p->to_port, 2);
}

size_t hep_write(uint8_t *out, size_t cap, const struct hep_packet *p)
{
	const size_t correlation =
		p->correlation_len < HEP_CORRELATION ? p->correlation_len : HEP_CORRELATION;
	struct writer w = { .out = out, .n = PACKET_HEAD, .cap = cap < LONGEST ? cap : LONGEST };

	if (p->len > LONGEST - HEP_HEAD - HEP_CORRELATION)
		return 0;
	put_addresses(&w, p);
	put_number(&w, HEP_SECONDS, (uint32_t)(p->at_us / SECOND_US), 4);
	put_number(&w, HEP_MICROSECONDS, (uint32_t)(p->at_us % SECOND_US), 4);
	put_number(&w, HEP_CARRIED, CARRIED_SIP, 1);
	put_number(&w, HEP_AGENT, p->agent, 4);
	put_chunk(&w, HEP_BELONGS, p->correlation, correlation);
	put_chunk(&w, HEP_MESSAGE, p->text, p->len);
	if (w.n > w.cap)
		return 0;
	memcpy(out, "HEP3", 4);
	put16(out + 4, w.n);
	return w.n;
}
