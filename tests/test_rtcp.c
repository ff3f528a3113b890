/* links: mixer/rtcp.c mixer/err.c */
#include "mixer/rtcp.h"
#include "tests/test.h"
#include <stdlib.h>

#define N(a) (sizeof(a) / sizeof(*(a)))

enum { SECOND = 1000000 };

static size_t bytes_of(uint8_t *p, size_t cap, const char *hex)
{
	size_t n = 0;
	unsigned byte;

	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		CHECK(n < cap && sscanf(hex++, "%2x", &byte) == 1, "hex '%s'", hex);
		p[n++] = (uint8_t)byte;
	}
	return n;
}

static uint32_t word_at(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static const char *hex_of(const uint8_t *p, size_t n)
{
	static char text[2 * RTCP_PACKET_MAX + 64];
	size_t at = 0;

	for (size_t i = 0; i < n; i++)
		at += (size_t)sprintf(text + at, "%s%02x", i && i % 4 == 0 ? " " : "", p[i]);
	return text;
}

/* Words are sequence numbers, 20 ms apart in arrival and 160 in timestamp unless "7@ms" says when
 * number 7 came; "/" closes an interval as a report does. */
static void hear(struct rtcp_rx *rx, const char *script)
{
	char copy[512], *save = NULL;
	unsigned ms = 0;

	snprintf(copy, sizeof(copy), "%s", script);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save), ms += 20) {
		uint8_t p[RTCP_PACKET_MAX];
		uint32_t ssrc = 7;
		unsigned seq;
		size_t len;
		char *end;

		if (*w == '/') {
			(void)rtcp_write(
				p, sizeof(p), &len, rx, &(struct rtcp_tx){ .ssrc = 1 }, "c", false, 0, 0);
			ms -= 20;
			continue;
		}
		if (*w == 'b')
			ssrc = 8, w++;
		seq = (unsigned)strtoul(w, &end, 10);
		if (*end == '@')
			ms = (unsigned)strtoul(end + 1, NULL, 10);
		rtcp_rx_packet(rx, ssrc, (uint16_t)seq, seq * 160, 8000, 1000000000ull + ms * 1000ull);
	}
}

/* Counts as RFC 3550 A.1 and A.3 do; the values are worked out by hand. */
TEST(counts_loss_as_appendix_a_says)
{
	static const struct {
		const char *story, *heard;
		unsigned extended, lost, fraction;
		int signed_lost;
	} cases[] = {
		{ "all there", "1 2 3 4", 4, 0, 0, 0 },
		{ "one of five: 256 / 5", "1 2 4 5", 5, 1, 51, 1 },
		{ "fraction is of the last interval: 2 of 5", "1 2 4 5 / 6 8 10", 10, 3, 102, 3 },
		{ "no loss in the last interval", "1 3 / 4 5 6", 6, 1, 0, 1 },
		{ "nothing came in the last interval", "1 3 /", 3, 1, 0, 1 },
		{ "reordered is not lost", "1 3 2 4", 4, 0, 0, 0 },
		{ "reordered over the report: below zero in the interval is 0", "1 3 / 2", 3, 0, 0, 0 },
		{ "twice: lost goes below zero on the wire", "1 2 2 2", 2, 0, 0, -2 },
		{ "wrap", "65534 65535 0 1", 65537, 0, 0, 0 },
		{ "loss over the wrap: 2 of 4", "65534 1", 65537, 2, 128, 2 },
		{ "late over the wrap", "65535 1 0 65534", 65537, 0, 0, -1 },
		{ "a jump of 2999 is loss", "1 3000", 3000, 2998, 255, 2998 },
		{ "a jump of 3000 is ignored until it goes on", "1 2 3002 3", 3, 0, 0, 0 },
		{ "then it is a new beginning", "1 2 9000 9001 9002", 9002, 0, 0, 0 },
		{ "far back, going on: a new beginning", "9000 9001 5 6 7", 7, 0, 0, 0 },
		{ "a jump that goes on elsewhere is none", "1 2 9000 20000 3", 3, 0, 0, 0 },
		{ "a new SSRC is a new beginning", "1 2 9 b500 b501", 501, 0, 0, 0 },
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct rtcp_rx rx = { 0 };
		uint8_t p[RTCP_PACKET_MAX];
		size_t len;

		hear(&rx, cases[i].heard);
		CHECK_INT(cases[i].lost, rx.lost, cases[i].story);
		CHECK_INT(MIX_OK,
			rtcp_write(p, sizeof(p), &len, &rx, &(struct rtcp_tx){ .ssrc = 1 }, "c", false, 0, 0),
			cases[i].story);
		CHECK_INT(cases[i].fraction, rx.fraction_lost, cases[i].story);
		CHECK_INT(cases[i].fraction, p[12], cases[i].story);
		CHECK_INT(cases[i].signed_lost, (int32_t)(word_at(p + 12) << 8) >> 8, cases[i].story);
		CHECK_INT(cases[i].extended, word_at(p + 16), cases[i].story);
	}
}

/* J += (|D| - J) / 16, section 6.4.1 and A.8; 1 ms is 8 units. */
TEST(measures_jitter_as_appendix_a8_says)
{
	static const struct {
		const char *story, *heard;
		double want;
	} cases[] = {
		{ "even", "1 2 3 4 5", 0 },
		{ "5 ms late once", "1@0 2@20 3@45", 2.5 },
		{ "and on time again", "1@0 2@20 3@45 4@60", 2.5 + (40 - 2.5) / 16 },
		{ "loss is not jitter", "1@0 2@20 5@80", 0 },
		{ "overtaking counts in order of arrival", "1@0 3@40 2@41", (41 - 20) * 8 / 16.0 },
		{ "a restart is no jitter", "1@0 2@20 30000@40 30001@60 30002@80", 0 },
		{ "a new SSRC is no jitter", "1@0 2@20 b900@40 b901@60", 0 },
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct rtcp_rx rx = { 0 };

		hear(&rx, cases[i].heard);
		CHECK_NEAR(cases[i].want, rx.jitter, 1e-9, cases[i].story);
	}
}

/* RFC 4733: the packets of a press share a timestamp, its end comes three times; then sound goes on in time. */
TEST(a_key_press_is_no_jitter)
{
	struct rtcp_rx rx = { 0 };
	uint16_t seq = 1;

	for (unsigned ms = 0; ms < 400; ms += 20) {
		bool pressed = ms >= 100 && ms < 260;
		for (unsigned i = 0; i < (ms == 240 ? 3u : 1u); i++)
			rtcp_rx_packet(&rx, 7, seq++, (pressed ? 100 : ms) * 8, 8000, 5000000 + ms * 1000);
	}
	CHECK_NEAR(0, rx.jitter, 1e-9, "a press of 160 ms amid sound");
	CHECK_INT(0, rx.lost, "none lost");
}

TEST(arrival_clock_wraps_without_jitter)
{
	struct rtcp_rx rx = { 0 };

	/* 2^32 units of 48 kHz go by in a day; the timestamps wrap elsewhere. */
	for (unsigned i = 0; i < 3000; i++)
		rtcp_rx_packet(
			&rx, 1, (uint16_t)i, 4294900000u + i * 960, 48000, 89478000000ull + i * 20000ull);
	CHECK_NEAR(0, rx.jitter, 1e-9, "20 ms packets for a minute over both wraps");
}

TEST(writes_reports_byte_for_byte)
{
	const struct rtcp_tx tx = {
		.ssrc = 0x11223344, .packets = 250, .octets = 40000, .timestamp = 0x01020304
	};
	struct rtcp_rx rx = { 0 }, nobody = { 0 };
	struct rtcp_news news;
	uint8_t p[RTCP_PACKET_MAX];
	size_t len, n;

	hear(&rx, "1@0 2@20 4@65 5@80"); /* one lost of five, jitter 4 */
	n = bytes_of(p, sizeof(p), "80c80006 00000007 aabbccdd eeff0011 00000000 00000000 00000000");
	CHECK_INT(MIX_OK, rtcp_parse(&news, &rx, 0x11223344, p, n, 10 * SECOND, 0), "their SR");

	CHECK_INT(MIX_OK,
		rtcp_write(p, sizeof(p), &len, &rx, &tx, "ab", false, 12 * SECOND + 500000,
			0xe1e2e3e4e5e6e7e8ull),
		"SR");
	CHECK_STR("81c8000c 11223344 e1e2e3e4 e5e6e7e8 01020304 000000fa 00009c40 "
		  "00000007 33000001 00000005 00000004 ccddeeff 00028000 "
		  "81ca0003 11223344 01026162 00000000",
		hex_of(p, len), "SR with a block (2.5 s since their SR), SDES");

	CHECK_INT(MIX_OK,
		rtcp_write(p, sizeof(p), &len, &nobody, &(struct rtcp_tx){ .ssrc = 9 }, "abcdef", true, 0, 0),
		"RR");
	CHECK_STR("80c90001 00000009 81ca0004 00000009 01066162 63646566 00000000 81cb0001 00000009",
		hex_of(p, len), "empty RR, SDES that ends on a word, BYE");

	CHECK_INT(
		MIX_SHORT, rtcp_write(p, RTCP_PACKET_MAX - 1, &len, &rx, &tx, "ab", false, 0, 0), "no room");
}

TEST(every_cname_makes_whole_words)
{
	char cname[100];

	for (unsigned n = 0; n < sizeof(cname); n++) {
		struct rtcp_rx rx = { 0 };
		struct rtcp_news news;
		uint8_t p[RTCP_PACKET_MAX];
		size_t len;

		memset(cname, 'x', n);
		cname[n < sizeof(cname) ? n : 0] = '\0';
		hear(&rx, "1 2");
		CHECK_INT(MIX_OK,
			rtcp_write(p, sizeof(p), &len, &rx, &(struct rtcp_tx){ .ssrc = 1, .packets = 1 },
				cname, true, 0, 0),
			"written");
		CHECK_INT(0, len % 4, "whole words");
		CHECK_INT(MIX_OK, rtcp_parse(&news, &rx, 1, p, len, 0, 0), "and readable");
		CHECK_INT(n < RTCP_CNAME_MAX ? n : RTCP_CNAME_MAX, p[52 + 9], "its length");
		CHECK_INT(0, p[52 + 10 + p[52 + 9]], "ended by a null (section 6.5)");
	}
}

/* Figure 2 of RFC 3550: A = b710:8000, LSR = b705:2000, DLSR = 0005:4000, round trip 0006:2000 = 6.125 s. */
TEST(round_trip_of_figure_2)
{
	struct rtcp_rx rx = { 0 };
	struct rtcp_news news;
	uint8_t p[64];
	size_t n = bytes_of(
		p, sizeof(p), "81c90007 00000007 11223344 20fffffe 00010005 00000021 b7052000 00054000");

	CHECK_INT(MIX_OK, rtcp_parse(&news, &rx, 0x11223344, p, n, 0, 0x0000b71080000000ull), "RR about us");
	CHECK(news.has_report && !news.has_sr && !news.bye, "a report alone");
	CHECK_INT(6125000, news.round_trip_us, "round trip");
	CHECK_INT(0x20, news.fraction_lost, "fraction");
	CHECK_INT(-2, news.lost, "signed 24 bit");
	CHECK_INT(0x21, news.jitter, "jitter");

	CHECK_INT(MIX_OK, rtcp_parse(&news, &rx, 0x11223345, p, n, 0, 0x0000b71080000000ull),
		"RR about another");
	CHECK(!news.has_report && news.round_trip_us == 0, "is not about us");
}

TEST(round_trip_only_when_it_can_be_known)
{
	static const struct {
		const char *story, *lsr_dlsr;
		unsigned want;
	} cases[] = {
		{ "they have no SR of ours yet", "00000000 00000000", 0 },
		{ "rounded to nothing", "b7108000 00000000", 1 },
		{ "rounded below nothing", "b7107ff0 00000020", 1 },
		{ "10 ms", "b7107d71 00000000", 9994 },
		{ "an answer from the future", "b7108000 00010000", 0 },
		{ "nonsense", "12345678 00000000", 0 },
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct rtcp_rx rx = { 0 };
		struct rtcp_news news;
		uint8_t p[64];
		char hex[160];
		size_t n;

		snprintf(hex, sizeof(hex), "81c90007 00000007 11223344 00000000 00010005 00000000 %s",
			cases[i].lsr_dlsr);
		n = bytes_of(p, sizeof(p), hex);
		CHECK_INT(MIX_OK, rtcp_parse(&news, &rx, 0x11223344, p, n, 0, 0x0000b71080000000ull),
			cases[i].story);
		CHECK_INT(cases[i].want, news.round_trip_us, cases[i].story);
	}
}

/* What appendix A.2 lets in, and what not.  The heard source is 7, we are 1. */
TEST(compound_packets_are_checked_whole)
{
#define RR7 "80c90001 00000007 "
#define SDES7 "81ca0003 00000007 01026162 00000000 "
	static const struct {
		const char *story, *hex;
		enum mix_err want;
		bool sr, report, bye;
	} cases[] = {
		{ "RR alone", RR7, MIX_OK, false, false, false },
		{ "RR, SDES", RR7 SDES7, MIX_OK, false, false, false },
		{ "SR, SDES, BYE",
			"80c80006 00000007 00000000 00000000 00000000 00000000 00000000" SDES7
			"81cb0001 00000007",
			MIX_OK, true, false, true },
		{ "BYE with a reason", RR7 "81cb0003 00000007 03627965 00000000", MIX_OK, false, false,
			true },
		{ "BYE of two", RR7 "82cb0002 00000009 00000007", MIX_OK, false, false, true },
		{ "BYE of somebody else", RR7 "81cb0001 00000009", MIX_OK, false, false, false },
		{ "SR of somebody else", "80c80006 00000009 00000000 00000000 00000000 00000000 00000000",
			MIX_OK, false, false, false },
		{ "second block is about us",
			"82c9000d 00000007 00000009 00000000 00000000 00000000 00000000 00000000 "
			"00000001 00000000 00000000 00000000 00000000 00000000",
			MIX_OK, false, true, false },
		{ "a kind that we do not know (XR)", RR7 "80cf0001 00000007", MIX_OK, false, false, false },
		{ "padding at the end", RR7 "a0cf0001 00000004", MIX_OK, false, false, false },
		{ "empty", "", MIX_SHORT, false, false, false },
		{ "a head only", "80c90000", MIX_SHORT, false, false, false },
		{ "RR without its SSRC", "80c90000 80cb0000", MIX_SYNTAX, false, false, false },
		{ "starts with SDES", SDES7, MIX_SYNTAX, false, false, false },
		{ "starts with BYE", "81cb0001 00000007", MIX_SYNTAX, false, false, false },
		{ "wrong version first", "40c90001 00000007", MIX_SYNTAX, false, false, false },
		{ "wrong version later", RR7 "41cb0001 00000007", MIX_SYNTAX, false, false, false },
		{ "first is padded", "a0c90002 00000007 00000004", MIX_SYNTAX, false, false, false },
		{ "padding in the middle", RR7 "a0cf0001 00000004 80cf0000", MIX_SYNTAX, false, false,
			false },
		{ "padding of 0", RR7 "a0cf0001 00000000", MIX_SYNTAX, false, false, false },
		{ "padding of 3", RR7 "a0cf0001 00000003", MIX_SYNTAX, false, false, false },
		{ "padding over the head", RR7 "a0cf0001 00000008", MIX_SYNTAX, false, false, false },
		{ "padding over a BYE's source", RR7 "a1cb0001 00000004", MIX_SYNTAX, false, false, false },
		{ "longer than the datagram", "80c90002 00000007", MIX_SHORT, false, false, false },
		{ "the second is", RR7 "81cb0009 00000007", MIX_SHORT, false, false, false },
		{ "a tail of two bytes", RR7 "81cb", MIX_SHORT, false, false, false },
		{ "count beyond length in RR", "82c90001 00000007", MIX_SYNTAX, false, false, false },
		{ "count beyond length in SR",
			"81c80006 00000007 00000000 00000000 00000000 00000000 00000000", MIX_SYNTAX, false,
			false, false },
		{ "count beyond length in BYE", RR7 "9fcb0001 00000007", MIX_SYNTAX, false, false, false },
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct rtcp_rx rx = { 0 };
		struct rtcp_news news;
		uint8_t p[256], *exact;
		size_t n = bytes_of(p, sizeof(p), cases[i].hex);

		exact = malloc(n ? n : 1); /* a byte too far is a sanitizer's find */
		CHECK(exact, "memory for the test");
		memcpy(exact, p, n);
		hear(&rx, "1 2");
		memset(&news, 0xff, sizeof(news));
		CHECK_INT(cases[i].want, rtcp_parse(&news, &rx, 1, exact, n, SECOND, 0), cases[i].story);
		CHECK_INT(cases[i].sr, news.has_sr, cases[i].story);
		CHECK_INT(cases[i].report, news.has_report, cases[i].story);
		CHECK_INT(cases[i].bye, news.bye, cases[i].story);
		CHECK_INT(
			cases[i].sr ? SECOND : 0, rx.last_sr_us, "an SR is remembered, and only a good one");
		free(exact);
	}
}

TEST(an_sr_before_the_first_packet_is_kept_for_its_source)
{
	static const struct {
		const char *story, *heard;
		unsigned want;
	} cases[] = { { "its packets come", "1 2", 0xccddeeff }, { "another's come", "b1 b2", 0 },
		{ "its, then another's", "1 2 b1", 0 } };

	for (size_t i = 0; i < N(cases); i++) {
		struct rtcp_rx rx = { 0 };
		struct rtcp_news news;
		uint8_t p[64];
		size_t n = bytes_of(
			p, sizeof(p), "80c80006 00000007 aabbccdd eeff0011 00000000 00000000 00000000");

		CHECK_INT(MIX_OK, rtcp_parse(&news, &rx, 1, p, n, SECOND, 0), cases[i].story);
		hear(&rx, cases[i].heard);
		CHECK_INT(cases[i].want, rx.last_sr, cases[i].story);
	}
}

TESTS(counts_loss_as_appendix_a_says, measures_jitter_as_appendix_a8_says, a_key_press_is_no_jitter,
	arrival_clock_wraps_without_jitter, writes_reports_byte_for_byte, every_cname_makes_whole_words,
	round_trip_of_figure_2, round_trip_only_when_it_can_be_known, compound_packets_are_checked_whole,
	an_sr_before_the_first_packet_is_kept_for_its_source)
