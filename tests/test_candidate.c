/* links: sip/offer.c sip/agreed.c sip/format.c sip/sdes.c sip/candidate.c sip/sdp_read.c sip/sdp_write.c */
/* ICE in descriptions, as answers and offers have it. */
#include "sip/offer.h"
#include "tests/test.h"

#define COUNT(list) (sizeof(list) / sizeof(*(list)))
#define HEAD "v=0\r\no=them 7 9 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
#define AUDIO "m=audio 4000 RTP/AVP 0\r\n"
#define MUXED AUDIO "a=rtcp-mux\r\n"
#define CREDENTIALS "a=ice-ufrag:8hhY\r\na=ice-pwd:asd88fgpdd777uzjYhagZg\r\n"
#define RTP "a=candidate:1 1 UDP 2130706431 192.0.2.1 4000 typ host\r\n"
#define RTCP "a=candidate:1 2 UDP 2130706430 192.0.2.1 4001 typ host\r\n"
#define RELAY "a=candidate:4 1 UDP 12 198.51.100.7 5000 typ relay raddr 192.0.2.1 rport 4000\r\n"

static struct sdp offer, answer;
static struct media_agreed agreed;

static struct media_self self_of(bool allowed)
{
	return (struct media_self){ .origin_id = 42,
		.address = "203.0.113.9",
		.rtp_port = 20000,
		.rtcp_port = 20001,
		.n_formats = 1,
		.formats = { { 0, "PCMU", 8000, 1, "" } },
		.ice = { .allowed = allowed, .secret = "of sixteen bytes" } };
}

static void parse(struct sdp *out, const char *text, const char *story)
{
	struct sdp_why why;

	CHECK(sdp_parse_text(out, text, strlen(text), &why) == CALL_OK, "%s: line %u: %s", story, why.line,
		why.text);
}

static const char *text_of(const struct sdp *sdp)
{
	static char text[SDP_TEXT_MAX];

	CHECK_INT(CALL_OK, sdp_write_text(text, sizeof(text), sdp), "it can be written");
	return text;
}

static unsigned times(const char *text, const char *what)
{
	unsigned n = 0;

	while ((text = strstr(text, what)) != NULL)
		text++, n++;
	return n;
}

/* Ours in a few letters: l lite, c credentials, the candidates' components, m mismatch; then what was agreed: ICE or plain. */
static const char *tell(const char *text, const struct media_agreed *a)
{
	static char out[32];

	snprintf(out, sizeof(out), "%s%s%s%s%s %s",
		strstr(text, "t=0 0\r\na=ice-lite\r\na=ice-options:ice2\r\nm=") ? "l" : "",
		times(text, "a=ice-ufrag:") == 1 && times(text, "a=ice-pwd:") == 1 ? "c" : "",
		times(text, "a=candidate:1 1 UDP 2130706431 203.0.113.9 20000 typ host\r\n") ? "1" : "",
		times(text, "a=candidate:1 2 UDP 2130706430 203.0.113.9 20001 typ host\r\n") ? "2" : "",
		strstr(text, "a=ice-mismatch\r\n") ? "m" : "", a->ice.on ? "ICE" : "plain");
	return out;
}

TEST(an_offer_with_ice_gets_a_lite_answer_or_plain_addresses)
{
	static const struct {
		const char *story, *offered, *told;
		bool never;
	} cases[] = {
		{ "a full agent", HEAD AUDIO CREDENTIALS RTP RTCP, "lc12 ICE", false },
		{ "the same, on a trunk that has none", HEAD AUDIO CREDENTIALS RTP RTCP, " plain", true },
		{ "no word of it", HEAD AUDIO, " plain", false },
		{ "RTCP muxed: one component", HEAD MUXED CREDENTIALS RTP RTCP, "lc1 ICE", false },
		{ "a full agent without RTCP", HEAD AUDIO CREDENTIALS RTP RELAY, "lc12 ICE", false },
		{ "credentials of the session",
			"v=0\r\no=them 7 9 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 "
			"0\r\n" CREDENTIALS MUXED RTP,
			"lc1 ICE", false },
		{ "lite as well: nobody would check",
			"v=0\r\no=them 7 9 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
			"a=ice-lite\r\n" AUDIO CREDENTIALS RTP RTCP,
			"lc12 plain", false },
		{ "its default was changed on the way",
			HEAD "m=audio 6000 RTP/AVP 0\r\n" CREDENTIALS RTP RTCP, "m plain", false },
		{ "that of its RTCP was", HEAD AUDIO "a=rtcp:6001\r\n" CREDENTIALS RTP RTCP, "m plain",
			false },
		{ "its address was",
			"v=0\r\no=them 7 9 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.66\r\nt=0 0\r\n" AUDIO
				CREDENTIALS RTP RTCP,
			"m plain", false },
		{ "credentials without candidates", HEAD AUDIO CREDENTIALS, "m plain", false },
		{ "TCP alone",
			HEAD AUDIO CREDENTIALS
			"a=candidate:1 1 TCP 2130706431 192.0.2.1 4000 typ host tcptype active\r\n",
			"m plain", false },
		{ "candidates of a later day",
			"v=0\r\no=them 7 9 IN IP4 0.0.0.0\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
			"m=audio 9 RTP/AVP 0\r\na=rtcp-mux\r\n" CREDENTIALS,
			"lc1 ICE", false },
		{ "no password", HEAD AUDIO "a=ice-ufrag:8hhY\r\n" RTP RTCP, " plain", false },
		{ "a password of 21",
			HEAD AUDIO "a=ice-ufrag:8hhY\r\na=ice-pwd:asd88fgpdd777uzjYhagZ\r\n" RTP, " plain",
			false },
		{ "a name of 3", HEAD AUDIO "a=ice-ufrag:8hh\r\na=ice-pwd:asd88fgpdd777uzjYhagZg\r\n" RTP,
			" plain", false },
		{ "a letter that is none",
			HEAD AUDIO "a=ice-ufrag:8h:Y\r\na=ice-pwd:asd88fgpdd777uzjYhagZg\r\n" RTP, " plain",
			false },
		{ "it says that ours was changed", HEAD AUDIO "a=ice-mismatch\r\n" CREDENTIALS RTP RTCP,
			" plain", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct media_self self = self_of(!cases[i].never);
		const char *text;

		parse(&offer, cases[i].offered, cases[i].story);
		CHECK_INT(CALL_OK, offer_answer(&offer, &self, &agreed, &answer), cases[i].story);
		text = text_of(&answer);
		CHECK_STR(cases[i].told, tell(text, &agreed), cases[i].story);
		CHECK(agreed.send && agreed.receive && !agreed.on_hold, "%s: nobody holds", cases[i].story);
		if (!agreed.ice.on)
			continue;
		CHECK_INT(8, strlen(agreed.ice.ufrag), "48 bits of a name");
		CHECK_INT(24, strlen(agreed.ice.pwd), "144 of a password");
		CHECK(strstr(text, agreed.ice.ufrag) && strstr(text, agreed.ice.pwd), "%s: as described",
			cases[i].story);
	}
}

/* Mirrors a story of several offers in one session: each line's credentials are theirs; ours rise when theirs change. */
TEST(a_restart_of_theirs_is_one_of_ours)
{
	static const struct {
		const char *story, *credentials;
		bool ours_change, version_rises;
	} cases[] = {
		{ "the first", CREDENTIALS, true, true },
		{ "a refresh", CREDENTIALS, false, false },
		{ "a restart", "a=ice-ufrag:9uB6\r\na=ice-pwd:YH75Fviy6338Vbrhrlp8Yh\r\n", true, true },
		{ "another password is one as well",
			"a=ice-ufrag:9uB6\r\na=ice-pwd:ZH75Fviy6338Vbrhrlp8Yh\r\n", true, true },
		{ "no ICE for once", "", false, true },
		{ "and the same again", "a=ice-ufrag:9uB6\r\na=ice-pwd:ZH75Fviy6338Vbrhrlp8Yh\r\n", false,
			true },
	};
	struct media_self self = self_of(true);
	char last[64] = "", text[1024];

	for (size_t i = 0; i < COUNT(cases); i++) {
		const uint64_t version = self.origin_version;
		char now[64];

		snprintf(text, sizeof(text), "%s%s%s%s", HEAD AUDIO, cases[i].credentials, RTP, RTCP);
		parse(&offer, text, cases[i].story);
		CHECK_INT(CALL_OK, offer_answer(&offer, &self, &agreed, &answer), cases[i].story);
		CHECK(agreed.ice.on == (cases[i].credentials[0] != 0), "%s: ICE", cases[i].story);
		CHECK_INT(cases[i].version_rises, self.origin_version - version, cases[i].story);
		if (!agreed.ice.on)
			continue;
		snprintf(now, sizeof(now), "%s:%s", agreed.ice.ufrag, agreed.ice.pwd);
		CHECK((strcmp(now, last) != 0) == cases[i].ours_change, "%s: ours were %s and are %s",
			cases[i].story, last, now);
		snprintf(last, sizeof(last), "%s", now);
	}
}

TEST(two_calls_have_nothing_in_common)
{
	struct media_self one = self_of(true), other = self_of(true);
	struct sdp again;

	other.ice.secret[0]++;
	CHECK_INT(CALL_OK, offer_make(&one, NULL, &offer), "an offer");
	CHECK_INT(CALL_OK, offer_make(&other, NULL, &again), "another");
	CHECK(strcmp(offer.media[0].ice.ufrag, again.media[0].ice.ufrag) != 0, "names");
	CHECK(strcmp(offer.media[0].ice.pwd, again.media[0].ice.pwd) != 0, "passwords");
}

TEST(our_offer_is_taken_as_they_answer)
{
	static const struct {
		const char *story, *answered, *told, *later;
	} cases[] = {
		{ "a full agent", HEAD AUDIO CREDENTIALS RTP RTCP, "lc12 ICE", "lc12 ICE" },
		{ "none", HEAD AUDIO, "lc12 plain", " plain" },
		{ "ours was changed on the way", HEAD AUDIO "a=ice-mismatch\r\n", "lc12 plain", " plain" },
		{ "theirs was", HEAD "m=audio 6000 RTP/AVP 0\r\n" CREDENTIALS RTP RTCP, "lc12 plain",
			" plain" },
		{ "lite as well",
			"v=0\r\no=them 7 9 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
			"a=ice-lite\r\n" AUDIO CREDENTIALS RTP RTCP,
			"lc12 plain", "lc12 plain" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct media_self self = self_of(true);
		struct sdp later;

		CHECK_INT(CALL_OK, offer_make(&self, NULL, &offer), cases[i].story);
		parse(&answer, cases[i].answered, cases[i].story);
		CHECK_INT(CALL_OK, offer_take(&offer, &answer, &agreed), cases[i].story);
		CHECK_STR(cases[i].told, tell(text_of(&offer), &agreed), cases[i].story);
		if (agreed.ice.on)
			CHECK_STR(offer.media[0].ice.pwd, agreed.ice.pwd, "the password that we offered");
		CHECK_INT(CALL_OK, offer_make(&self, &agreed, &later), cases[i].story);
		CHECK_STR(cases[i].later, tell(text_of(&later), &agreed), "a later offer of ours");
		if (agreed.ice.on)
			CHECK_STR(offer.media[0].ice.pwd, later.media[0].ice.pwd, "which restarts nothing");
	}
}

TEST(a_trunk_without_it_offers_none)
{
	struct media_self self = self_of(false);

	CHECK_INT(CALL_OK, offer_make(&self, NULL, &offer), "an offer");
	CHECK(!strstr(text_of(&offer), "ice") && !strstr(text_of(&offer), "candidate"), "%s",
		text_of(&offer));
}

TEST(what_is_malformed_or_too_much_is_left_out)
{
	char text[8192];
	size_t n = (size_t)snprintf(text, sizeof(text), "%s",
		HEAD AUDIO "a=candidate:1 3 UDP 1 192.0.2.1 4000 typ host\r\n"
			   "a=candidate:1 1 UDP 4294967296 192.0.2.1 4000 typ host\r\n"
			   "a=candidate:1 1 UDP 1 192.0.2.1 65536 typ host\r\n"
			   "a=candidate:1 1 UDP 1 192.0.2.1.2 4000 typ host\r\n"
			   "a=candidate:1 1 UDP 1 5c1a2f0e.local 4000 typ host\r\n"
			   "a=candidate:1 1 UDP 1 192.0.2.1 4000\r\na=candidate:\r\na=candidate\r\n"
			   "a=candidate:1 1 udp 7 2001:DB8::0:1 4000 typ host generation 0\r\n");

	parse(&offer, text, "one of them");
	CHECK_INT(1, offer.media[0].ice.n_candidates, "is good");
	CHECK_STR("2001:db8::1", offer.media[0].ice.candidates[0].address, "in one way of writing");
	for (unsigned i = 0; i < 40; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s", RTP);
	parse(&offer, text, "forty more");
	CHECK_INT(SDP_CANDIDATES_MAX, offer.media[0].ice.n_candidates, "are bounded");
}

/* Where its sound will come from is not known beforehand: no shared port for it. */
TEST(a_source_that_has_yet_to_be_found_is_told)
{
	struct offer_source source;

	parse(&offer, HEAD AUDIO CREDENTIALS RTP RTCP, "ICE");
	offer_source(&source, &offer);
	CHECK(source.ice, "by checks");
	parse(&offer, HEAD AUDIO, "plain");
	offer_source(&source, &offer);
	CHECK(!source.ice, "from where it says");
}

TESTS(an_offer_with_ice_gets_a_lite_answer_or_plain_addresses, a_restart_of_theirs_is_one_of_ours,
	two_calls_have_nothing_in_common, our_offer_is_taken_as_they_answer, a_trunk_without_it_offers_none,
	what_is_malformed_or_too_much_is_left_out, a_source_that_has_yet_to_be_found_is_told)
