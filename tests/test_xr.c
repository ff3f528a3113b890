/* links: mixer/xr.c mixer/rtcp.c */
#include "mixer/xr.h"

#include "mixer/rtcp.h"
#include "tests/test.h"

static const struct xr full = {
	.has_voip = true,
	.has_time = true,
	.has_dlrr = true,
	.voip = { .ssrc = 0x11223344,
		.loss = 5,
		.discard = 3,
		.burst_density = 128,
		.gap_density = 2,
		.burst_ms = 180,
		.gap_ms = 4200,
		.round_trip_ms = 84,
		.end_system_ms = 60,
		.signal_dbm0 = -21,
		.noise_dbm0 = -68,
		.echo_loss_db = 55,
		.gmin = 16,
		.r = 88,
		.ext_r = XR_UNKNOWN,
		.mos_listen = 42,
		.mos = 41,
		.receiver = 0xf7,
		.jb_nominal_ms = 40,
		.jb_max_ms = 100,
		.jb_abs_max_ms = 120 },
	.ntp = 0x83aa7e8012345678,
	.dlrr_ssrc = 0x11223344,
	.last_rr = 0xb7051000,
	.delay_since = 0x00018000,
};

TEST(a_report_stands_as_the_rfc_draws_it)
{
	static const uint8_t drawn[] = { 0x80, 207, 0, 17, 0xca, 0xfe, 0xba, 0xbe, /* section 2 */
		4, 0, 0, 2, 0x83, 0xaa, 0x7e, 0x80, 0x12, 0x34, 0x56, 0x78,        /* section 4.4 */
		5, 0, 0, 3, 0x11, 0x22, 0x33, 0x44, 0xb7, 0x05, 0x10, 0x00, 0x00, 0x01, 0x80,
		0x00,                               /* section 4.5 */
		7, 0, 0, 8, 0x11, 0x22, 0x33, 0x44, /* section 4.7 */
		5, 3, 128, 2, 0, 180, 0x10, 0x68, 0, 84, 0, 60, 0xeb, 0xbc, 55, 16, 88, 127, 42, 41, 0xf7, 0,
		0, 40, 0, 100, 0, 120 };
	uint8_t p[XR_MAX];
	size_t len = 0;
	struct xr back;

	CHECK_INT(MIX_OK, xr_write(p, sizeof(p), &len, 0xcafebabe, &full), "written");
	CHECK_INT(sizeof(drawn), len, "length");
	for (size_t i = 0; i < sizeof(drawn); i++)
		CHECK(drawn[i] == p[i], "byte %zu: wanted %02x, have %02x", i, drawn[i], p[i]);

	CHECK_INT(MIX_OK, xr_read(&back, 0x11223344, p, len), "read");
	CHECK_INT(0xcafebabe, back.from, "from");
	back.from = 0;
	CHECK(back.has_voip && back.has_time && back.has_dlrr, "all three");
	CHECK(memcmp(&back.voip, &full.voip, sizeof(full.voip)) == 0, "voip metrics");
	CHECK_INT(full.ntp, back.ntp, "time");
	CHECK_INT(full.last_rr, back.last_rr, "last rr");
	CHECK_INT(full.delay_since, back.delay_since, "delay");

	CHECK_INT(MIX_OK, xr_read(&back, 0x55555555, p, len), "somebody else's report still tells the time");
	CHECK(back.has_time && !back.has_voip && !back.has_dlrr, "but nothing about us");
}

TEST(it_goes_behind_a_report_and_is_found_there)
{
	struct rtcp_rx rx = { 0 };
	const struct rtcp_tx tx = { .ssrc = 7, .packets = 3, .octets = 480 };
	uint8_t p[RTCP_PACKET_MAX];
	size_t len = 0, more = 0;
	struct rtcp_news news;
	struct xr back;
	char cname[RTCP_CNAME_MAX + 1];

	memset(cname, 'c', RTCP_CNAME_MAX);
	cname[RTCP_CNAME_MAX] = '\0';
	rtcp_rx_packet(&rx, 0x11223344, 1, 160, 8000, 1000);
	CHECK_INT(MIX_OK, rtcp_write(p, sizeof(p), &len, &rx, &tx, cname, false, 2000, 3),
		"the longest report");
	CHECK_INT(MIX_OK, xr_write(p + len, sizeof(p) - len, &more, 7, &full), "and all of XR fit");
	CHECK_INT(MIX_OK, rtcp_parse(&news, &rx, 0x11223344, p, len + more, 4000, 4),
		"a compound packet that RTCP accepts");
	CHECK(news.has_report, "its report is read");
	CHECK_INT(MIX_OK, xr_read(&back, 0x11223344, p, len + more), "XR as well");
	CHECK_INT(88, back.voip.r, "R");
	CHECK_INT(MIX_EMPTY, xr_read(&back, 0x11223344, p, len), "none in it");
}

TEST(every_length_is_checked)
{
	uint8_t p[XR_MAX];
	size_t len = 0;
	struct xr back, nothing;

	memset(&nothing, 0, sizeof(nothing));
	CHECK_INT(MIX_SHORT, xr_write(p, XR_MAX - 1, &len, 1, &full), "no room");
	CHECK_INT(MIX_EMPTY, xr_write(p, sizeof(p), &len, 1, &nothing), "nothing to say");
	CHECK_INT(0, len, "and nothing was");
	CHECK_INT(MIX_OK, xr_write(p, sizeof(p), &len, 1, &full), "written");
	for (size_t cut = 1; cut < len; cut++) {
		CHECK_INT(MIX_SHORT, xr_read(&back, 0x11223344, p, cut), "cut");
		CHECK(memcmp(&back, &nothing, sizeof(back)) == 0, "tells nothing");
	}
	/* Every block's length is one of those that its type may have. */
	static const struct {
		size_t at;
		const char *story;
	} heads[] = { { 8, "time" }, { 20, "dlrr" }, { 36, "voip" } };
	for (size_t i = 0; i < 3; i++)
		for (unsigned words = 0; words < 40; words++) {
			uint8_t was = p[heads[i].at + 3];
			enum mix_err err;

			p[heads[i].at + 3] = (uint8_t)words;
			err = xr_read(&back, 0x11223344, p, len);
			CHECK(words == was ? err == MIX_OK : err != MIX_OK || i == 1, "%s of %u words",
				heads[i].story, words);
			p[heads[i].at + 3] = was;
		}
}

TEST(round_trip_from_dlrr)
{
	static const struct {
		const char *story;
		uint32_t last, delay;
		uint64_t now;
		uint32_t us;
	} cases[] = {
		{ "6.125 s", 0xb7052000, 0x00054000, 0xb7108000ull << 16, 6125000 },
		{ "a clock that is a bit behind", 0xb7108020, 0, 0xb7108000ull << 16, 1 },
		{ "no time was ever sent", 0, 0, 0xb7108000ull << 16, 0 },
		{ "nonsense", 0x00010000, 0, 0xb7108000ull << 16, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct xr x = {
			.has_dlrr = true, .last_rr = cases[i].last, .delay_since = cases[i].delay
		};

		CHECK_INT(cases[i].us, xr_round_trip_us(&x, cases[i].now), cases[i].story);
	}
	CHECK_INT(0, xr_round_trip_us(&(struct xr){ .last_rr = 1 }, 65536), "without the block");
}

TESTS(a_report_stands_as_the_rfc_draws_it, it_goes_behind_a_report_and_is_found_there,
	every_length_is_checked, round_trip_from_dlrr)
