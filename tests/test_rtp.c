/* links: mixer/rtp.c mixer/err.c */
#include "mixer/rtp.h"
#include "tests/test.h"
#include <stdlib.h>

#define N(a) (sizeof(a) / sizeof(*(a)))

/* Hex to a heap block of exactly that size, so that a sanitizer sees one byte too many read. */
static uint8_t *bytes_of(const char *hex, size_t *len)
{
	size_t n = 0;
	uint8_t *p = malloc(strlen(hex) / 2 + 1);

	CHECK(p, "memory for the test");
	for (; *hex; hex += *hex ? 1 : 0) {
		unsigned byte;

		if (*hex == ' ')
			continue;
		CHECK_INT(1, sscanf(hex, "%2x", &byte), hex);
		p[n++] = (uint8_t)byte;
		hex++;
	}
	*len = n;
	return realloc(p, n ? n : 1);
}

static const char *told(enum mix_err err, const struct rtp *r, const uint8_t *p)
{
	static char text[160];

	if (err) {
		snprintf(text, sizeof(text), "%s", mix_strerror(err));
		return text;
	}
	snprintf(text, sizeof(text), "pt %u%s seq %u ts %u ssrc %x payload %zu+%zu", r->payload_type,
		r->marker ? " m" : "", r->seq, r->timestamp, r->ssrc, (size_t)(r->payload - p),
		r->payload_len);
	if (r->extension)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " ext %x %zu+%zu",
			r->extension_profile, (size_t)(r->extension - p), r->extension_len);
	return text;
}

TEST(reads_what_section_5_1_allows)
{
	static const struct {
		const char *story, *hex, *want;
	} cases[] = {
		{ "plain PCMU", "8000 0102 00000304 a0b0c0d0 ffee",
			"pt 0 seq 258 ts 772 ssrc a0b0c0d0 payload 12+2" },
		{ "marker, highest values", "80ff ffff ffffffff ffffffff 00",
			"pt 127 m seq 65535 ts 4294967295 ssrc ffffffff payload 12+1" },
		{ "no payload (keep-alive, RFC 6263)", "8008 0001 00000001 00000001",
			"pt 8 seq 1 ts 1 ssrc 1 payload 12+0" },
		{ "two contributing sources", "8200 0001 00000001 00000001 0000000a 0000000b 77",
			"pt 0 seq 1 ts 1 ssrc 1 payload 20+1" },
		{ "level extension (RFC 6464)", "9000 0001 00000001 00000001 bede0001 10850000 55",
			"pt 0 seq 1 ts 1 ssrc 1 payload 20+1 ext bede 16+4" },
		{ "empty extension", "9000 0001 00000001 00000001 bede0000 55",
			"pt 0 seq 1 ts 1 ssrc 1 payload 16+1 ext bede 16+0" },
		{ "padding is taken off", "a000 0001 00000001 00000001 5566 0003 03",
			"pt 0 seq 1 ts 1 ssrc 1 payload 12+2" },
		{ "all padding", "a000 0001 00000001 00000001 000003",
			"pt 0 seq 1 ts 1 ssrc 1 payload 12+0" },
		{ "all three at once", "b100 0001 00000001 00000001 0000000a bede0001 11223344 99 02 02",
			"pt 0 seq 1 ts 1 ssrc 1 payload 24+1 ext bede 20+4" },
	};

	for (size_t i = 0; i < N(cases); i++) {
		size_t len;
		uint8_t *p = bytes_of(cases[i].hex, &len);
		struct rtp rtp;
		enum mix_err err = rtp_parse(&rtp, p, len);

		CHECK_STR(cases[i].want, told(err, &rtp, p), cases[i].story);
		free(p);
	}
}

TEST(refuses_what_lies_about_itself)
{
	static const struct {
		const char *story, *hex;
		enum mix_err want;
	} cases[] = {
		{ "nothing", "", MIX_SHORT },
		{ "eleven bytes", "8000 0102 00000304 a0b0c0", MIX_SHORT },
		{ "version 1", "4000 0102 00000304 a0b0c0d0 ff", MIX_SYNTAX },
		{ "version 0 (STUN)", "0001 0000 2112a442 00000000 00000000 00000000", MIX_SYNTAX },
		{ "version 3", "c000 0102 00000304 a0b0c0d0 ff", MIX_SYNTAX },
		{ "sources missing", "8f00 0001 00000001 00000001 0000000a", MIX_SHORT },
		{ "extension head missing", "9000 0001 00000001 00000001 bede00", MIX_SHORT },
		{ "extension longer than the packet", "9000 0001 00000001 00000001 bede0002 11223344",
			MIX_SHORT },
		{ "extension of 256 kB", "9000 0001 00000001 00000001 bedeffff 11223344", MIX_SHORT },
		{ "padding of 0", "a000 0001 00000001 00000001 5500", MIX_SYNTAX },
		{ "padding longer than the payload", "a000 0001 00000001 00000001 5503", MIX_SYNTAX },
		{ "padding that reaches into the header", "a000 0001 00000001 00000001 55ff", MIX_SYNTAX },
		{ "padding without a byte for its count", "a000 0001 00000001 00000001", MIX_SYNTAX },
	};

	for (size_t i = 0; i < N(cases); i++) {
		size_t len;
		uint8_t *p = bytes_of(cases[i].hex, &len);
		struct rtp rtp;

		CHECK_INT(cases[i].want, rtp_parse(&rtp, p, len), cases[i].story);
		free(p);
	}
}

TEST(every_cut_of_a_full_packet_is_read_within_its_length)
{
	size_t len;
	uint8_t *whole = bytes_of(
		"b200 0001 00000001 00000001 0000000a 0000000b bede0001 11223344 99887766 0000 03", &len);

	for (size_t n = 0; n <= len; n++) {
		uint8_t *cut = malloc(n ? n : 1);
		struct rtp rtp;

		CHECK(cut, "memory for the test");
		memcpy(cut, whole, n);
		if (rtp_parse(&rtp, cut, n) == MIX_OK)
			CHECK(rtp.payload >= cut + 12 && rtp.payload + rtp.payload_len <= cut + n,
				"cut at %zu", n);
		free(cut);
	}
	free(whole);
}

TEST(writes_what_it_reads)
{
	const struct rtp in = { .seq = 0xfffe,
		.timestamp = 0x80000001,
		.ssrc = 0xdeadbeef,
		.payload_type = 101,
		.marker = true };
	static const uint8_t want[RTP_HEADER] = { 0x80, 0xe5, 0xff, 0xfe, 0x80, 0, 0, 1, 0xde, 0xad, 0xbe,
		0xef };
	uint8_t p[RTP_HEADER];
	struct rtp out;

	rtp_write(p, &in);
	CHECK(memcmp(want, p, sizeof(p)) == 0, "header byte for byte");
	CHECK_INT(MIX_OK, rtp_parse(&out, p, sizeof(p)), "and back");
	CHECK_STR("pt 101 m seq 65534 ts 2147483649 ssrc deadbeef payload 12+0", told(MIX_OK, &out, p),
		"same fields");
}

TEST(tells_rtcp_from_rtp)
{
	static const struct {
		uint8_t first, second;
		bool want;
	} cases[] = {
		/* RFC 5761 section 4 */
		{ 0x80, 200, true },
		{ 0x81, 201, true },
		{ 0x80, 192, true },
		{ 0x80, 223, true },
		{ 0x80, 191, false },
		{ 0x80, 224, false },
		{ 0x80, 0, false },
		{ 0x80, 0x80 | 101, false },
		{ 0x00, 200, false },
		{ 0x16, 200, false },
	};

	for (size_t i = 0; i < N(cases); i++) {
		uint8_t p[2] = { cases[i].first, cases[i].second };

		CHECK_INT(cases[i].want, rtp_is_rtcp(p, 2), "second byte decides");
		CHECK_INT(false, rtp_is_rtcp(p, 1), "one byte is nothing");
	}
}

TESTS(reads_what_section_5_1_allows, refuses_what_lies_about_itself,
	every_cut_of_a_full_packet_is_read_within_its_length, writes_what_it_reads, tells_rtcp_from_rtp)
