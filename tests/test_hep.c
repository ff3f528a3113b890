/* links: bridge/hep.c */
/* HEPv3, chunk by chunk, as its description (rev 1.2) has them; Kamailio reads the same in flow_hep. */
#include "bridge/hep.h"
#include "tests/test.h"

#include <stdlib.h>

static const uint8_t first[16] = { [10] = 0xff, [11] = 0xff, 192, 0, 2, 1 };
static const uint8_t second[16] = { [10] = 0xff, [11] = 0xff, 192, 0, 2, 2 };
static const uint8_t sixth[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 6 };

static struct hep_packet packet_of(const char *text)
{
	return (struct hep_packet){ .from = first,
		.to = second,
		.from_port = 5060,
		.to_port = 0xabcd,
		.by_udp = true,
		.at_us = 1796558400000005,
		.agent = 0x01020304,
		.correlation = "a@b",
		.correlation_len = 3,
		.text = text,
		.len = strlen(text) };
}

TEST(all_chunks_of_a_message)
{
	static const uint8_t want[] = { 'H', 'E', 'P', '3', 0, 112,         /* the whole */
		0, 0, 0, 1, 0, 7, 2,                                        /* IPv4 */
		0, 0, 0, 2, 0, 7, 17,                                       /* UDP */
		0, 0, 0, 3, 0, 10, 192, 0, 2, 1,                            /* from */
		0, 0, 0, 4, 0, 10, 192, 0, 2, 2,                            /* to */
		0, 0, 0, 7, 0, 8, 0x13, 0xc4, 0, 0, 0, 8, 0, 8, 0xab, 0xcd, /* ports */
		0, 0, 0, 9, 0, 10, 0x6b, 0x15, 0x4e, 0x40,                  /* seconds */
		0, 0, 0, 10, 0, 10, 0, 0, 0, 5,                             /* and microseconds */
		0, 0, 0, 11, 0, 7, 1,                                       /* SIP */
		0, 0, 0, 12, 0, 10, 1, 2, 3, 4,                             /* agent */
		0, 0, 0, 17, 0, 9, 'a', '@', 'b',                           /* whose */
		0, 0, 0, 15, 0, 10, 'B', 'Y', 'E', ' ' };
	const struct hep_packet p = packet_of("BYE ");
	uint8_t out[200];

	CHECK_INT(sizeof(want), hep_write(out, sizeof(out), &p), "its length");
	for (size_t i = 0; i < sizeof(want); i++)
		CHECK(want[i] == out[i], "byte %zu: wanted %02x, have %02x", i, want[i], out[i]);
	CHECK_INT(sizeof(want), hep_write(out, sizeof(want), &p), "it fits to the byte");
	CHECK_INT(0, hep_write(out, sizeof(want) - 1, &p), "and not into one less");
}

TEST(either_side_of_ipv6_makes_both)
{
	struct hep_packet p = packet_of("x");
	uint8_t out[200];
	size_t n;

	p.to = sixth;
	p.by_udp = false;
	n = hep_write(out, sizeof(out), &p);
	CHECK(n > 0, "written");
	CHECK_INT(10, out[12], "family");
	CHECK_INT(6, out[19], "TCP");
	CHECK_INT(5, out[23], "from, IPv6");
	CHECK(memcmp(out + 26, first, 16) == 0, "an IPv4 address is mapped");
	CHECK(memcmp(out + 48, sixth, 16) == 0, "to");
}

TEST(what_is_too_long)
{
	const size_t len = 65535;
	char *text = malloc(len + 1), id[400];
	uint8_t *out = malloc(2 * len);
	struct hep_packet p;
	size_t n;

	CHECK(text && out, "memory");
	memset(text, 'x', len);
	text[len] = '\0';
	p = packet_of(text);
	CHECK_INT(0, hep_write(out, 2 * len, &p), "more than a length of 16 bits says");
	p.len = len - HEP_HEAD - HEP_CORRELATION;
	n = hep_write(out, 2 * len, &p);
	CHECK(n > p.len && n <= len, "the longest: %zu", n);
	memset(id, 'i', sizeof(id));
	p.len = 1;
	p.correlation = id;
	p.correlation_len = sizeof(id);
	n = hep_write(out, 2 * len, &p);
	CHECK(n > 0 && n <= HEP_HEAD + HEP_CORRELATION + 1, "a Call-ID without end is cut: %zu", n);
	p.correlation_len = 0;
	CHECK(hep_write(out, 2 * len, &p) > 0, "none");
	free(text);
	free(out);
}

TESTS(all_chunks_of_a_message, either_side_of_ipv6_makes_both, what_is_too_long)
