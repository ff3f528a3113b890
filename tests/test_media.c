/* links: bridge/media.c sip/offer.c sip/agreed.c sip/format.c sip/sdes.c sip/candidate.c sip/sdp_read.c sip/sdp_write.c sip/trunk.c sip/err.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/err.c mixer/lull.c */
#include "bridge/media.h"
#include "tests/test.h"

static struct media_self self_of(const char *codecs)
{
	struct site_trunk trunk = { .n_codecs = 0 };
	struct media_self self;
	char text[64], *save = NULL;

	snprintf(text, sizeof(text), "%s", codecs);
	for (char *name = strtok_r(text, " ", &save); name; name = strtok_r(NULL, " ", &save))
		snprintf(trunk.codecs[trunk.n_codecs++], SITE_NAME, "%s", name);
	media_self(&self, &trunk, "192.0.2.1", 20000);
	self.srtp = OFFER_SRTP_ALLOW;
	memset(self.secret, 0x21, sizeof(self.secret));
	return self;
}

TEST(our_side_lists_the_trunks_codecs_in_order)
{
	static const struct {
		const char *codecs, *formats;
	} cases[] = {
		{ "PCMU", "PCMU/8000 telephone-event/8000 CN/8000" },
		{ "opus", "opus/48000 telephone-event/48000" },
		{ "G722 PCMA PCMU", "G722/8000 PCMA/8000 PCMU/8000 telephone-event/8000 CN/8000" },
		{ "PCMU opus PCMU",
			"PCMU/8000 opus/48000 telephone-event/8000 telephone-event/48000 CN/8000" },
		{ "", "opus/48000 G722/8000 PCMU/8000 PCMA/8000 telephone-event/8000 telephone-event/48000 "
		      "CN/8000" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct media_self self = self_of(cases[i].codecs);
		char got[256] = "";

		for (unsigned f = 0; f < self.n_formats; f++)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s/%u", f ? " " : "",
				self.formats[f].name, self.formats[f].clock_hz);
		CHECK_STR(cases[i].formats, got, cases[i].codecs);
		CHECK_INT(20001, self.rtcp_port, "RTCP is the next port");
	}
}

/* Answers an offer as a call does and says what the mixer is told. */
static struct stream_format answered(const char *offer_text)
{
	struct media_self self = self_of("");
	struct media_agreed agreed;
	struct stream_format format;
	struct sdp_why why;
	static struct sdp offer, answer;

	CHECK_INT(CALL_OK, sdp_parse_text(&offer, offer_text, strlen(offer_text), &why), offer_text);
	CHECK_INT(CALL_OK, offer_answer(&offer, &self, &agreed, &answer), offer_text);
	CHECK_INT(BRIDGE_OK, media_format(&format, &agreed), offer_text);
	return format;
}

#define HEAD "v=0\r\no=- 1 1 IN IP4 127.0.0.9\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\n"

TEST(an_agreed_stream_becomes_a_format)
{
	struct stream_format f = answered(
		HEAD "m=audio 4000 RTP/AVP 8 97\r\na=rtpmap:97 telephone-event/8000\r\na=ptime:30\r\n");

	CHECK_INT(CODEC_PCMA, f.tx.id, "static payload type without rtpmap");
	CHECK_INT(8, f.tx_pt, "payload type");
	CHECK_INT(30, f.tx.ptime_ms, "what was asked for is sent");
	CHECK_INT(97, f.event_rx_pt, "events by the offer's number");
	CHECK_INT(PT_NONE, f.cn_pt, "no comfort noise unless offered");
	CHECK_INT(4000, f.rtp.port, "where to send");
	CHECK_INT(4001, f.rtcp.port, "RTCP beside it");
	CHECK(f.rtp.ip[10] == 0xff && f.rtp.ip[12] == 127 && f.rtp.ip[15] == 9, "the address, v4-mapped");
	CHECK(f.send && f.receive, "both ways");
}

TEST(opus_parameters_reach_the_encoder)
{
	struct stream_format f = answered(
		HEAD "m=audio 4000 RTP/AVP 111 110\r\na=rtpmap:111 opus/48000/2\r\n"
		     "a=fmtp:111 useinbandfec=1; usedtx=1; maxplaybackrate=16000; maxaveragebitrate=12000\r\n"
		     "a=rtpmap:110 telephone-event/48000\r\na=rtcp-mux\r\na=sendonly\r\n");

	CHECK_INT(CODEC_OPUS, f.tx.id, "opus");
	CHECK(f.tx.fec && f.tx.dtx, "FEC and DTX as asked");
	CHECK_INT(16000, f.tx.max_rate_hz, "maxplaybackrate");
	CHECK_INT(12000, f.tx.bitrate_bps, "maxaveragebitrate");
	CHECK_INT(110, f.event_tx_pt, "events at Opus's clock");
	CHECK(f.rtcp_mux, "RTCP on the same port");
	CHECK(!f.send && f.receive, "they only send: we only receive");
}

TEST(keys_reach_the_mixer)
{
	static const struct {
		const char *line;
		enum seal_suite suite;
	} cases[] = {
		{ "AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|5:1",
			SEAL_AES_CM_128_80 },
		{ "AES_CM_128_HMAC_SHA1_32 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|5:1",
			SEAL_AES_CM_128_32 },
		{ "AEAD_AES_128_GCM inline:WVNfAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGA==|5:1", SEAL_GCM_128 },
		{ "AEAD_AES_256_GCM inline:WVNfAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJyg=|5:1",
			SEAL_GCM_256 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct stream_format f;
		char text[600];

		snprintf(text, sizeof(text), "%sm=audio 4000 RTP/SAVP 0\r\na=crypto:1 %s\r\n", HEAD,
			cases[i].line);
		f = answered(text);
		CHECK_INT(cases[i].suite, f.rx_key.suite, "what comes");
		CHECK_INT(cases[i].suite, f.tx_key.suite, "what goes");
		CHECK(memcmp(f.rx_key.master, "YS_", 3) == 0, "their key for what they send");
		CHECK(memcmp(f.tx_key.master, "\x21\x21\x21", 3) == 0, "ours for what we send");
		CHECK(f.rx_key.mki_len == 1 && f.rx_key.mki[0] == 5 && f.tx_key.mki_len == 0, "its number");
	}
}

TEST(the_trunk_says_how_it_is_encrypted)
{
	static const enum site_srtp site[] = { SITE_SRTP_NEVER, SITE_SRTP_ALLOW, SITE_SRTP_REQUIRE };
	static const enum offer_srtp want[] = { OFFER_SRTP_NEVER, OFFER_SRTP_ALLOW, OFFER_SRTP_REQUIRE };
	struct media_self self;

	for (size_t i = 0; i < 3; i++) {
		const struct site_trunk trunk = { .srtp = site[i] };

		media_self(&self, &trunk, "192.0.2.1", 20000);
		CHECK_INT(want[i], self.srtp, "the trunk's");
	}
	media_self(&self, NULL, "192.0.2.1", 20000);
	CHECK_INT(OFFER_SRTP_ALLOW, self.srtp, "without a trunk");
}

TEST(ice_is_for_trunks_that_allow_it)
{
	const struct site_trunk never = { .ice = SITE_ICE_NEVER }, allow = { .ice = SITE_ICE_ALLOW };
	struct media_agreed agreed = { .codec = { .name = "PCMU", .clock_hz = 8000 },
		.ptime_ms = 20,
		.ice = { true, "8hhY", "asd88fgpdd777uzjYhagZg", 7 } };
	struct ice_credentials ours;
	struct media_self self;

	media_self(&self, &never, "192.0.2.1", 20000);
	CHECK(!self.ice.allowed, "never");
	media_self(&self, NULL, "192.0.2.1", 20000);
	CHECK(!self.ice.allowed, "nor without a trunk");
	media_self(&self, &allow, "192.0.2.1", 20000);
	CHECK(self.ice.allowed, "allow");
	CHECK(media_ice(&ours, &agreed), "agreed");
	CHECK_STR("8hhY", ours.ufrag, "our name");
	CHECK_STR("asd88fgpdd777uzjYhagZg", ours.pwd, "our password");
	agreed.ice.on = false;
	CHECK(!media_ice(&ours, &agreed), "not agreed: no agent");
}

TEST(an_address_is_written_with_its_port)
{
	const struct net_addr v4 = media_address("192.0.2.1", 4000), v6 = media_address("2001:db8::1", 65535);
	char text[MEDIA_ADDRESS];

	media_address_write(text, &v4);
	CHECK_STR("192.0.2.1:4000", text, "IPv4");
	media_address_write(text, &v6);
	CHECK_STR("[2001:db8::1]:65535", text, "IPv6");
}

TESTS(ice_is_for_trunks_that_allow_it, an_address_is_written_with_its_port,
	our_side_lists_the_trunks_codecs_in_order, an_agreed_stream_becomes_a_format,
	opus_parameters_reach_the_encoder, keys_reach_the_mixer, the_trunk_says_how_it_is_encrypted)
