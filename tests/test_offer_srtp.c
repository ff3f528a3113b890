/* links: sip/offer.c sip/agreed.c sip/format.c sip/sdes.c sip/candidate.c sip/sdp_read.c sip/sdp_write.c */
/* Who is answered with SRTP, who without, and who not at all (RFC 4568, RFC 8643). */
#include "sip/offer.h"
#include "tests/test.h"

#include <stdlib.h>

#define COUNT(list) (sizeof(list) / sizeof(*(list)))
#define HEAD "v=0\r\no=them 7 9 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
#define K1 "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
#define K2 "PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR"
#define KG "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw=="
#define CM80(tag, key) "a=crypto:" tag " AES_CM_128_HMAC_SHA1_80 inline:" key "\r\n"
#define CM32(tag, key) "a=crypto:" tag " AES_CM_128_HMAC_SHA1_32 inline:" key "\r\n"
#define GCM(tag, key) "a=crypto:" tag " AEAD_AES_128_GCM inline:" key "\r\n"
#define BAD(tag) "a=crypto:" tag " AES_CM_128_HMAC_SHA1_80 inline:" K1 " UNENCRYPTED_SRTP\r\n"
#define SAVP "m=audio 4000 RTP/SAVP 0\r\n"
#define AVP "m=audio 4000 RTP/AVP 0\r\n"

static struct media_self self_of(enum offer_srtp srtp)
{
	struct media_self self = { .origin_id = 42,
		.address = "192.0.2.10",
		.rtp_port = 20000,
		.rtcp_port = 20001,
		.srtp = srtp,
		.n_formats = 2,
		.formats = { { 0, "PCMU", 8000, 1, "" }, { 8, "PCMA", 8000, 1, "" } } };

	for (int suite = 0; suite < SDES_SUITES; suite++)
		memset(self.secret[suite], 0x11 * suite, sizeof(self.secret[suite]));
	return self;
}

static void parse(struct sdp *out, const char *lines)
{
	char text[4096];
	struct sdp_why why;

	snprintf(text, sizeof(text), "%s%s", HEAD, lines);
	CHECK(sdp_parse_text(out, text, strlen(text), &why) == CALL_OK, "line %u: %s", why.line, why.text);
}

/* "RTP/SAVP port 20000 crypto 2 AES_CM_128_HMAC_SHA1_80, ..." */
static const char *told(const struct sdp *sdp)
{
	static char out[600];
	size_t n = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < sdp->n_media; i++) {
		const struct sdp_media *m = &sdp->media[i];

		n += (size_t)snprintf(
			out + n, sizeof(out) - n, "%s%s %u", i ? "; " : "", m->protocol, m->port);
		for (unsigned k = 0; k < m->n_crypto; k++)
			n += (size_t)snprintf(
				out + n, sizeof(out) - n, " %u=%s", m->crypto[k].tag, m->crypto[k].suite);
	}
	return out;
}

TEST(the_trunk_says_who_is_answered_how)
{
	static const struct {
		const char *story, *offered;
		enum offer_srtp srtp;
		const char *answered; /* NULL: CALL_NO_SRTP */
	} cases[] = {
		{ "clear", AVP, OFFER_SRTP_NEVER, "RTP/AVP 20000" },
		{ "clear", AVP, OFFER_SRTP_ALLOW, "RTP/AVP 20000" },
		{ "clear, but that is not enough", AVP, OFFER_SRTP_REQUIRE, NULL },
		{ "SRTP, where there is none", SAVP CM80("1", K1), OFFER_SRTP_NEVER, NULL },
		{ "SRTP", SAVP CM80("1", K1), OFFER_SRTP_ALLOW, "RTP/SAVP 20000 1=AES_CM_128_HMAC_SHA1_80" },
		{ "SRTP", SAVP CM80("1", K1), OFFER_SRTP_REQUIRE,
			"RTP/SAVP 20000 1=AES_CM_128_HMAC_SHA1_80" },
		{ "the offerer's first", SAVP GCM("5", KG) CM80("6", K1), OFFER_SRTP_ALLOW,
			"RTP/SAVP 20000 5=AEAD_AES_128_GCM" },
		{ "the first that is usable", SAVP BAD("1") CM32("2", K1), OFFER_SRTP_ALLOW,
			"RTP/SAVP 20000 2=AES_CM_128_HMAC_SHA1_32" },
		{ "SRTP without a key", SAVP, OFFER_SRTP_ALLOW, NULL },
		{ "SRTP that is none", SAVP BAD("1"), OFFER_SRTP_REQUIRE, NULL },
		{ "with feedback", "m=audio 4000 RTP/SAVPF 0\r\n" CM80("1", K1), OFFER_SRTP_ALLOW,
			"RTP/SAVPF 20000 1=AES_CM_128_HMAC_SHA1_80" },
		{ "OSRTP", AVP CM80("9", K1), OFFER_SRTP_ALLOW, "RTP/AVP 20000 9=AES_CM_128_HMAC_SHA1_80" },
		{ "OSRTP is enough", AVP CM80("9", K1), OFFER_SRTP_REQUIRE,
			"RTP/AVP 20000 9=AES_CM_128_HMAC_SHA1_80" },
		{ "OSRTP is overlooked", AVP CM80("9", K1), OFFER_SRTP_NEVER, "RTP/AVP 20000" },
		{ "OSRTP, unusable", AVP BAD("9"), OFFER_SRTP_ALLOW, "RTP/AVP 20000" },
		{ "OSRTP, unusable", AVP BAD("9"), OFFER_SRTP_REQUIRE, NULL },
		{ "both kinds: the sealed one", AVP SAVP CM80("1", K1), OFFER_SRTP_ALLOW,
			"RTP/AVP 0; RTP/SAVP 20000 1=AES_CM_128_HMAC_SHA1_80" },
		{ "both kinds: the clear one", SAVP CM80("1", K1) AVP, OFFER_SRTP_NEVER,
			"RTP/SAVP 0; RTP/AVP 20000" },
		{ "a key, but no codec of ours", "m=audio 4000 RTP/SAVP 18\r\n" CM80("1", K1) AVP,
			OFFER_SRTP_ALLOW, "RTP/SAVP 0; RTP/AVP 20000" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct media_self self = self_of(cases[i].srtp);
		struct media_agreed a = { .ptime_ms = 77 };
		struct sdp offer, answer;
		bool sealed = cases[i].answered && strchr(cases[i].answered, '=');

		parse(&offer, cases[i].offered);
		CHECK_INT(cases[i].answered ? CALL_OK : CALL_NO_SRTP,
			offer_answer(&offer, &self, &a, &answer), cases[i].story);
		if (!cases[i].answered) {
			CHECK_INT(77, a.ptime_ms, "nothing is written");
			continue;
		}
		CHECK_STR(cases[i].answered, told(&answer), cases[i].story);
		CHECK_INT(sealed, a.tx_key.suite != SDES_NONE, cases[i].story);
		CHECK_INT(a.tx_key.suite, a.rx_key.suite, "one suite both ways");
		CHECK_INT(sealed, self.secured, cases[i].story);
		if (sealed)
			CHECK(memcmp(a.tx_key.master, self.secret[a.tx_key.suite], 28) == 0,
				"our key for it");
	}
}

TEST(no_codec_and_no_key_are_told_apart)
{
	struct media_self self = self_of(OFFER_SRTP_REQUIRE);
	struct media_agreed a;
	struct sdp offer, answer;

	parse(&offer, "m=audio 4000 RTP/SAVP 18\r\n" CM80("1", K1));
	CHECK_INT(CALL_NO_MATCH, offer_answer(&offer, &self, &a, &answer), "no codec");
	parse(&offer, "m=audio 0 RTP/AVP 0\r\n");
	CHECK_INT(CALL_NO_MATCH, offer_answer(&offer, &self, &a, &answer), "nothing live");
}

/* RFC 4568 section 7.1: an offer that repeats its key keeps it, and so do we; a new one is taken; the clear is not. */
TEST(a_session_with_keys_keeps_them)
{
	struct media_self self = self_of(OFFER_SRTP_ALLOW);
	struct media_agreed first, a;
	struct sdp offer, answer;
	uint64_t version;

	parse(&offer, SAVP CM80("1", K1));
	CHECK_INT(CALL_OK, offer_answer(&offer, &self, &first, &answer), "the first");
	version = answer.origin_version;
	CHECK_INT(CALL_OK, offer_answer(&offer, &self, &a, &answer), "the same again");
	CHECK(memcmp(&first.tx_key, &a.tx_key, sizeof(a.tx_key)) == 0, "our key stays");
	CHECK(memcmp(&first.rx_key, &a.rx_key, sizeof(a.rx_key)) == 0, "and theirs");
	CHECK_INT(version, answer.origin_version, "nothing changed");

	parse(&offer, SAVP CM80("2", K2));
	CHECK_INT(CALL_OK, offer_answer(&offer, &self, &a, &answer), "another key of theirs");
	CHECK(memcmp(first.tx_key.master, a.tx_key.master, 30) == 0, "ours stays");
	CHECK(memcmp(first.rx_key.master, a.rx_key.master, 30) != 0, "theirs is the new one");
	CHECK_INT(2, a.tx_key.tag, "under its tag");

	parse(&offer, SAVP GCM("1", KG));
	CHECK_INT(CALL_OK, offer_answer(&offer, &self, &a, &answer), "another suite");
	CHECK(memcmp(first.tx_key.master, a.tx_key.master, 28) != 0, "has another key of ours");

	parse(&offer, AVP);
	CHECK_INT(CALL_NO_SRTP, offer_answer(&offer, &self, &a, &answer), "no way back into the clear");
	CHECK_INT(SDES_GCM_128, a.tx_key.suite, "what was agreed stays");
}

TEST(a_clear_session_may_become_sealed)
{
	struct media_self self = self_of(OFFER_SRTP_ALLOW);
	struct media_agreed a;
	struct sdp offer, answer;

	parse(&offer, AVP);
	CHECK_INT(CALL_OK, offer_answer(&offer, &self, &a, &answer), "clear");
	parse(&offer, AVP CM80("1", K1));
	CHECK_INT(CALL_OK, offer_answer(&offer, &self, &a, &answer), "sealed");
	CHECK_INT(SDES_AES_CM_128_80, a.rx_key.suite, "with their key");
	CHECK(self.secured, "and stays so");
}

TEST(our_offers_are_as_the_trunk_says)
{
	static const struct {
		enum offer_srtp srtp;
		const char *offered;
	} cases[] = {
		{ OFFER_SRTP_NEVER, "RTP/AVP 20000" },
		{ OFFER_SRTP_ALLOW,
			"RTP/AVP 20000 1=AEAD_AES_256_GCM 2=AEAD_AES_128_GCM 3=AES_CM_128_HMAC_SHA1_80" },
		{ OFFER_SRTP_REQUIRE,
			"RTP/SAVP 20000 1=AEAD_AES_256_GCM 2=AEAD_AES_128_GCM 3=AES_CM_128_HMAC_SHA1_80" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct media_self self = self_of(cases[i].srtp);
		struct sdp offer;

		CHECK_INT(CALL_OK, offer_make(&self, NULL, &offer), "an offer");
		CHECK_STR(cases[i].offered, told(&offer), "of ours");
	}
}

TEST(their_answer_names_our_key)
{
	static const struct {
		const char *story, *answered;
		enum offer_srtp srtp;
		enum call_err want;
		enum sdes_suite suite;
	} cases[] = {
		{ "the third", SAVP CM80("3", K1), OFFER_SRTP_REQUIRE, CALL_OK, SDES_AES_CM_128_80 },
		{ "the second", SAVP GCM("2", KG), OFFER_SRTP_REQUIRE, CALL_OK, SDES_GCM_128 },
		{ "OSRTP", AVP CM80("3", K1), OFFER_SRTP_ALLOW, CALL_OK, SDES_AES_CM_128_80 },
		{ "OSRTP, not understood", AVP, OFFER_SRTP_ALLOW, CALL_OK, SDES_NONE },
		{ "in the clear, and they know it", AVP, OFFER_SRTP_REQUIRE, CALL_NO_SRTP, 0 },
		{ "no key", SAVP, OFFER_SRTP_REQUIRE, CALL_NO_SRTP, 0 },
		{ "a tag that was not offered", SAVP CM80("4", K1), OFFER_SRTP_REQUIRE, CALL_NO_SRTP, 0 },
		{ "a tag of another suite", SAVP CM80("1", K1), OFFER_SRTP_REQUIRE, CALL_NO_SRTP, 0 },
		{ "two keys", SAVP CM80("3", K1) GCM("2", KG), OFFER_SRTP_REQUIRE, CALL_NO_SRTP, 0 },
		{ "a suite that we did not offer", AVP CM32("3", K1), OFFER_SRTP_ALLOW, CALL_NO_SRTP, 0 },
		{ "a key that nobody asked for", AVP CM80("1", K1), OFFER_SRTP_NEVER, CALL_OK, SDES_NONE },
		{ "SRTP that nobody asked for", SAVP CM80("1", K1), OFFER_SRTP_NEVER, CALL_NO_MATCH, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct media_self self = self_of(cases[i].srtp);
		struct media_agreed a = { .n_rx = 0 };
		struct sdp offer, answer;

		CHECK_INT(CALL_OK, offer_make(&self, NULL, &offer), cases[i].story);
		parse(&answer, cases[i].answered);
		CHECK_INT(cases[i].want, offer_take(&offer, &answer, &a), cases[i].story);
		if (cases[i].want)
			continue;
		CHECK_INT(cases[i].suite, a.tx_key.suite, cases[i].story);
		CHECK_INT(cases[i].suite, a.rx_key.suite, cases[i].story);
		if (cases[i].suite)
			CHECK(memcmp(a.tx_key.master, self.secret[cases[i].suite], 28) == 0, "our key: %s",
				cases[i].story);
	}
}

TEST(our_later_offers_keep_key_and_profile)
{
	static const struct {
		const char *offered, *again;
	} cases[] = {
		{ SAVP CM32("4", K1), "RTP/SAVP 20000 4=AES_CM_128_HMAC_SHA1_32" },
		{ AVP GCM("2", KG), "RTP/AVP 20000 2=AEAD_AES_128_GCM" },
		{ AVP, "RTP/AVP 20000" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct media_self self = self_of(OFFER_SRTP_ALLOW);
		struct media_agreed a;
		struct sdp offer, answer, ours;

		parse(&offer, cases[i].offered);
		CHECK_INT(CALL_OK, offer_answer(&offer, &self, &a, &answer), "theirs");
		CHECK_INT(CALL_OK, offer_make(&self, &a, &ours), "ours");
		CHECK_STR(cases[i].again, told(&ours), "as before");
		if (answer.media[0].n_crypto)
			CHECK_STR(answer.media[0].crypto[0].params, ours.media[0].crypto[0].params,
				"the same key");
	}
}

TESTS(the_trunk_says_who_is_answered_how, no_codec_and_no_key_are_told_apart, a_session_with_keys_keeps_them,
	a_clear_session_may_become_sealed, our_offers_are_as_the_trunk_says, their_answer_names_our_key,
	our_later_offers_keep_key_and_profile)
