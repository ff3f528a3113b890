/* links: sip/offer.c sip/agreed.c sip/format.c sip/sdes.c sip/candidate.c sip/sdp_read.c sip/sdp_write.c */
#include "sip/offer.h"
#include "tests/test.h"

#include <stdlib.h>

#define COUNT(list) (sizeof(list) / sizeof(*(list)))
#define HEAD "v=0\r\no=them 7 9 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"

static struct sdp offer, answer;
static struct media_agreed agreed;

static struct media_self self_of(bool our_order)
{
	return (struct media_self){ .origin_id = 42,
		.address = "192.0.2.10",
		.rtp_port = 20000,
		.rtcp_port = 20001,
		.our_order = our_order,
		.max_ptime_ms = 60,
		.n_formats = 7,
		.formats = { { 111, "opus", 48000, 2, "useinbandfec=1;stereo=0;usedtx=1" },
			{ 9, "G722", 8000, 1, "" }, { 0, "PCMU", 8000, 1, "" }, { 8, "PCMA", 8000, 1, "" },
			{ 13, "CN", 8000, 1, "" }, { 101, "telephone-event", 8000, 1, "0-16" },
			{ 110, "telephone-event", 48000, 1, "0-16" } } };
}

static void parse(struct sdp *out, const char *lines, const char *story)
{
	char text[8192];
	struct sdp_why why;

	snprintf(text, sizeof(text), "%s%s", HEAD, lines);
	CHECK(sdp_parse_text(out, text, strlen(text), &why) == CALL_OK, "%s: line %u: %s", story, why.line,
		why.text);
}

static void parse_vector(struct sdp *out, const char *name)
{
	char path[256], text[SDP_TEXT_MAX];
	struct sdp_why why;
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "tests/vectors/sdp/%s", name);
	file = fopen(path, "rb");
	CHECK(file != NULL, "%s", path);
	n = fread(text, 1, sizeof(text), file);
	fclose(file);
	CHECK(sdp_parse_text(out, text, n, &why) == CALL_OK, "%s: line %u: %s", name, why.line, why.text);
}

/* What was agreed, on one line: codec, ptime, where to, who speaks, digits, comfort noise, what may come. */
static const char *tell(const struct media_agreed *a)
{
	static char out[1024];
	size_t n = (size_t)snprintf(out, sizeof(out),
		"%s/%u=%u%s%s%s %ums to %s:%u/%u%s %s%s%s event %u/%u cn %u rx", a->codec.name,
		a->codec.clock_hz, a->codec.payload_type, a->codec.fmtp[0] ? "(" : "", a->codec.fmtp,
		a->codec.fmtp[0] ? ")" : "", a->ptime_ms, a->address, a->rtp_port, a->rtcp_port,
		a->rtcp_mux ? "mux" : "", a->send ? "send" : "", a->receive ? "recv" : "",
		a->on_hold ? "(held)" : "", a->event_tx_pt, a->event_rx_pt, a->cn_pt);

	for (unsigned i = 0; i < a->n_rx; i++)
		n += (size_t)snprintf(
			out + n, sizeof(out) - n, " %u=%s", a->rx[i].payload_type, a->rx[i].name);
	return out;
}

/* The part of the answer behind t=. */
static const char *written(const struct sdp *sdp)
{
	static char text[SDP_TEXT_MAX];
	const char *body;

	CHECK_INT(CALL_OK, sdp_write_text(text, sizeof(text), sdp), "the answer can be written");
	body = strstr(text, "t=0 0\r\n");
	return body ? body + 7 : text;
}

TEST(an_offer_gets_its_answer)
{
	static const struct {
		const char *story, *offered, *told, *answered;
	} cases[] = {
		{ "the plainest call", "m=audio 4000 RTP/AVP 0\r\n",
			"PCMU/8000=0 20ms to 192.0.2.1:4000/4001 sendrecv event 255/255 cn 255 rx 0=PCMU",
			"m=audio 20000 RTP/AVP 0\r\na=rtpmap:0 "
			"PCMU/8000\r\na=ptime:20\r\na=maxptime:60\r\na=sendrecv\r\n" },
		{ "the offerer's order; one codec, its digits and its comfort noise",
			"m=audio 4000 RTP/AVP 18 8 0 9 13 97\r\na=rtpmap:97 "
			"telephone-event/8000\r\na=fmtp:97 0-11\r\n",
			"PCMA/8000=8 20ms to 192.0.2.1:4000/4001 sendrecv event 97/97 cn 13 rx 8=PCMA "
			"97=telephone-event 13=CN",
			"m=audio 20000 RTP/AVP 8 97 13\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:97 "
			"telephone-event/8000\r\n"
			"a=fmtp:97 0-16\r\na=rtpmap:13 "
			"CN/8000\r\na=ptime:20\r\na=maxptime:60\r\na=sendrecv\r\n" },
		{ "numbers are theirs, parameters each side's own; digits at Opus's clock (RFC 4733 section "
		  "2.1); no CN",
			"m=audio 4000 RTP/AVP 96 101 102 13\r\na=rtpmap:96 OPUS/48000/2\r\na=fmtp:96 "
			"maxaveragebitrate=24000\r\n"
			"a=rtpmap:101 telephone-event/8000\r\na=rtpmap:102 telephone-event/48000\r\n",
			"opus/48000=96(maxaveragebitrate=24000) 20ms to 192.0.2.1:4000/4001 sendrecv event "
			"102/102 cn 255 rx 96=opus "
			"102=telephone-event",
			"m=audio 20000 RTP/AVP 96 102\r\na=rtpmap:96 opus/48000/2\r\n"
			"a=fmtp:96 useinbandfec=1;stereo=0;usedtx=1\r\na=rtpmap:102 telephone-event/48000\r\n"
			"a=fmtp:102 0-16\r\na=ptime:20\r\na=maxptime:60\r\na=sendrecv\r\n" },
		{ "Opus whose digits come at 8000 only",
			"m=audio 4000 RTP/AVP 96 101\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:101 "
			"telephone-event/8000\r\n",
			"opus/48000=96 20ms to 192.0.2.1:4000/4001 sendrecv event 101/101 cn 255 rx 96=opus "
			"101=telephone-event",
			NULL },
		{ "PCMU whose digits come at 48000 only: no digits there",
			"m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/48000\r\n",
			"PCMU/8000=0 20ms to 192.0.2.1:4000/4001 sendrecv event 255/255 cn 255 rx 0=PCMU",
			NULL },
		{ "digits without a clock mean 8000",
			"m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event\r\n",
			"PCMU/8000=0 20ms to 192.0.2.1:4000/4001 sendrecv event 101/101 cn 255 rx 0=PCMU "
			"101=telephone-event",
			NULL },
		{ "Opus without its second channel", "m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 opus/48000\r\n",
			"opus/48000=96 20ms to 192.0.2.1:4000/4001 sendrecv event 255/255 cn 255 rx 96=opus",
			NULL },
		{ "G.722 takes no narrowband noise", "m=audio 4000 RTP/AVP 9 13\r\n",
			"G722/8000=9 20ms to 192.0.2.1:4000/4001 sendrecv event 255/255 cn 255 rx 9=G722",
			NULL },
		{ "PCMU under a dynamic number", "m=audio 4000 RTP/AVP 98\r\na=rtpmap:98 pcmu/8000\r\n",
			"PCMU/8000=98 20ms to 192.0.2.1:4000/4001 sendrecv event 255/255 cn 255 rx 98=PCMU",
			NULL },
		{ "rtcp-mux (RFC 5761)", "m=audio 4000 RTP/AVP 0\r\na=rtcp-mux\r\na=rtcp:4001\r\n",
			"PCMU/8000=0 20ms to 192.0.2.1:4000/4000mux sendrecv event 255/255 cn 255 rx 0=PCMU",
			"m=audio 20000 RTP/AVP 0\r\na=rtpmap:0 "
			"PCMU/8000\r\na=ptime:20\r\na=maxptime:60\r\na=rtcp-mux\r\n"
			"a=sendrecv\r\n" },
		{ "RTCP elsewhere (RFC 3605)", "m=audio 4000 RTP/AVP 0\r\na=rtcp:53020\r\n",
			"PCMU/8000=0 20ms to 192.0.2.1:4000/53020 sendrecv event 255/255 cn 255 rx 0=PCMU",
			NULL },
		{ "no port behind the last", "m=audio 65535 RTP/AVP 0\r\n",
			"PCMU/8000=0 20ms to 192.0.2.1:65535/0 sendrecv event 255/255 cn 255 rx 0=PCMU",
			NULL },
		{ "AVPF is answered as AVPF", "m=audio 4000 RTP/AVPF 0\r\n",
			"PCMU/8000=0 20ms to 192.0.2.1:4000/4001 sendrecv event 255/255 cn 255 rx 0=PCMU",
			"m=audio 20000 RTP/AVPF 0\r\na=rtpmap:0 "
			"PCMU/8000\r\na=ptime:20\r\na=maxptime:60\r\na=sendrecv\r\n" },
		{ "keys in a plain offer are not taken (RFC 8643)",
			"m=audio 4000 RTP/AVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "
			"inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n",
			"PCMU/8000=0 20ms to 192.0.2.1:4000/4001 sendrecv event 255/255 cn 255 rx 0=PCMU",
			"m=audio 20000 RTP/AVP 0\r\na=rtpmap:0 "
			"PCMU/8000\r\na=ptime:20\r\na=maxptime:60\r\na=sendrecv\r\n" },
		{ "secure first, plain second: the plain one",
			"m=audio 4000 RTP/SAVP 0\r\nm=audio 4002 RTP/AVP 0\r\n",
			"PCMU/8000=0 20ms to 192.0.2.1:4002/4003 sendrecv event 255/255 cn 255 rx 0=PCMU",
			"m=audio 0 RTP/SAVP 0\r\nm=audio 20000 RTP/AVP 0\r\na=rtpmap:0 "
			"PCMU/8000\r\na=ptime:20\r\n"
			"a=maxptime:60\r\na=sendrecv\r\n" },
		{ "video, fax and data refused, in their places, with a format of theirs",
			"m=video 5000 RTP/AVP 31 34\r\nm=audio 4000 RTP/AVP 0\r\nm=image 6000 udptl t38\r\n"
			"m=audio 4002 RTP/AVP 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n",
			"PCMU/8000=0 20ms to 192.0.2.1:4000/4001 sendrecv event 255/255 cn 255 rx 0=PCMU",
			"m=video 0 RTP/AVP 31\r\nm=audio 20000 RTP/AVP 0\r\na=rtpmap:0 "
			"PCMU/8000\r\na=ptime:20\r\n"
			"a=maxptime:60\r\na=sendrecv\r\nm=image 0 udptl t38\r\nm=audio 0 RTP/AVP 0\r\n"
			"m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n" },
		{ "the first audio stream has none of our codecs",
			"m=audio 4000 RTP/AVP 18\r\nm=audio 4002 RTP/AVP 8\r\n",
			"PCMA/8000=8 20ms to 192.0.2.1:4002/4003 sendrecv event 255/255 cn 255 rx 8=PCMA",
			NULL },
		{ "hold, RFC 3264 section 8.4", "m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n",
			"PCMU/8000=0 20ms to 192.0.2.1:4000/4001 recv(held) event 255/255 cn 255 rx 0=PCMU",
			"m=audio 20000 RTP/AVP 0\r\na=rtpmap:0 "
			"PCMU/8000\r\na=ptime:20\r\na=maxptime:60\r\na=recvonly\r\n" },
		{ "hold without a sound", "m=audio 4000 RTP/AVP 0\r\na=inactive\r\n",
			"PCMU/8000=0 20ms to 192.0.2.1:4000/4001 (held) event 255/255 cn 255 rx 0=PCMU",
			"m=audio 20000 RTP/AVP 0\r\na=rtpmap:0 "
			"PCMU/8000\r\na=ptime:20\r\na=maxptime:60\r\na=inactive\r\n" },
		{ "hold of RFC 2543: our port stays", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n",
			"PCMU/8000=0 20ms to :4000/4001 recv(held) event 255/255 cn 255 rx 0=PCMU",
			"m=audio 20000 RTP/AVP 0\r\na=rtpmap:0 "
			"PCMU/8000\r\na=ptime:20\r\na=maxptime:60\r\na=recvonly\r\n" },
		{ "both at once", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\n",
			"PCMU/8000=0 20ms to :4000/4001 (held) event 255/255 cn 255 rx 0=PCMU", NULL },
		{ "one who only listens holds nobody", "m=audio 4000 RTP/AVP 0\r\na=recvonly\r\n",
			"PCMU/8000=0 20ms to 192.0.2.1:4000/4001 send event 255/255 cn 255 rx 0=PCMU",
			"m=audio 20000 RTP/AVP 0\r\na=rtpmap:0 "
			"PCMU/8000\r\na=ptime:20\r\na=maxptime:60\r\na=sendonly\r\n" },
		{ "an address by name: nobody here resolves it",
			"m=audio 4000 RTP/AVP 0\r\nc=IN IP4 host.example.com\r\n",
			"PCMU/8000=0 20ms to :4000/4001 sendrecv event 255/255 cn 255 rx 0=PCMU", NULL },
		{ "the hold of the other family", "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 ::\r\n",
			"PCMU/8000=0 20ms to :4000/4001 recv(held) event 255/255 cn 255 rx 0=PCMU", NULL },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct media_self self = self_of(false);

		parse(&offer, cases[i].offered, cases[i].story);
		CHECK_INT(CALL_OK, offer_answer(&offer, &self, &agreed, &answer), cases[i].story);
		CHECK_STR(cases[i].told, tell(&agreed), cases[i].story);
		if (cases[i].answered)
			CHECK_STR(cases[i].answered, written(&answer), cases[i].story);
		CHECK_INT(offer.n_media, answer.n_media, cases[i].story);
	}
}

TEST(an_offer_that_is_not_for_us_changes_nothing)
{
	static const struct {
		const char *story, *offered;
	} cases[] = {
		{ "no stream", "" },
		{ "none of our codecs", "m=audio 4000 RTP/AVP 18 4\r\n" },
		{ "digits alone are no codec",
			"m=audio 4000 RTP/AVP 101 13\r\na=rtpmap:101 telephone-event/8000\r\n" },
		{ "a dynamic number without a name", "m=audio 4000 RTP/AVP 111\r\n" },
		{ "Opus at another clock", "m=audio 4000 RTP/AVP 111\r\na=rtpmap:111 opus/16000/2\r\n" },
		{ "PCMU in stereo", "m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 PCMU/8000/2\r\n" },
		{ "DTLS only", "m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n" },
		{ "port zero", "m=audio 0 RTP/AVP 0\r\n" },
		{ "a multicast group", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 233.252.0.1/127\r\n" },
		{ "the first multicast group", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 224.0.0.1\r\n" },
		{ "everybody on the wire", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 255.255.255.255\r\n" },
		{ "a multicast group of IPv6", "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 ff02::1\r\n" },
		{ "an address of the other family", "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 2001:db8::1\r\n" },
		{ "video", "m=video 4000 RTP/AVP 31\r\n" },
		{ "PCMU as video", "m=video 4000 RTP/AVP 0\r\n" },
		{ "T.38", "m=image 4000 udptl t38\r\n" },
		{ "T.38 in RTP", "m=audio 4000 RTP/AVP 98\r\na=rtpmap:98 t38/8000\r\n" },
		{ "RTP over another carrier", "m=audio 4000 TCP/RTP/AVP 0\r\n" },
	};
	struct media_self self = self_of(false), before = self;

	for (size_t i = 0; i < COUNT(cases); i++) {
		parse(&offer, cases[i].offered, cases[i].story);
		memset(&agreed, 0x5a, sizeof(agreed));
		memset(&answer, 0x5a, sizeof(answer));
		CHECK_INT(CALL_NO_MATCH, offer_answer(&offer, &self, &agreed, &answer), cases[i].story);
		CHECK(memcmp(&self, &before, sizeof(self)) == 0, "%s: our side was touched", cases[i].story);
		CHECK_INT(0x5a, agreed.n_rx & 0xff, cases[i].story);
		CHECK_INT(0x5a, answer.n_media & 0xff, cases[i].story);
	}
}

TEST(the_examples_of_rfc_3264_section_10)
{
	struct media_self self = self_of(false);

	/* 10.1: audio and video; Bob takes the audio (no video here) */
	parse_vector(&offer, "rfc3264-10.1-offer.sdp");
	CHECK_INT(CALL_OK, offer_answer(&offer, &self, &agreed, &answer), "10.1");
	CHECK_STR("PCMU/8000=0 20ms to :49170/49171 sendrecv event 255/255 cn 255 rx 0=PCMU", tell(&agreed),
		"10.1");
	CHECK_STR("m=audio 20000 RTP/AVP 0\r\na=rtpmap:0 "
		  "PCMU/8000\r\na=ptime:20\r\na=maxptime:60\r\na=sendrecv\r\n"
		  "m=video 0 RTP/AVP 31\r\nm=video 0 RTP/AVP 32\r\n",
		written(&answer), "10.1");
	CHECK_INT(1, answer.origin_version, "10.1: the first description");

	/* 10.1, second exchange: another port and a fourth stream, for events alone, which is refused */
	parse_vector(&offer, "rfc3264-10.1-second.sdp");
	CHECK_INT(CALL_OK, offer_answer(&offer, &self, &agreed, &answer), "10.1 second");
	CHECK_STR("PCMU/8000=0 20ms to :65422/65423 sendrecv event 255/255 cn 255 rx 0=PCMU", tell(&agreed),
		"10.1 second");
	CHECK_STR("m=audio 20000 RTP/AVP 0\r\na=rtpmap:0 "
		  "PCMU/8000\r\na=ptime:20\r\na=maxptime:60\r\na=sendrecv\r\n"
		  "m=video 0 RTP/AVP 31\r\nm=video 0 RTP/AVP 32\r\nm=audio 0 RTP/AVP 110\r\n",
		written(&answer), "10.1 second");
	CHECK_INT(2, answer.origin_version, "10.1 second: one more stream, one more version");

	/* 10.2: one of N codecs, inactive until it is chosen; the second offer has G.723 alone, which is not ours */
	self = self_of(false);
	parse_vector(&offer, "rfc3264-10.2-offer.sdp");
	CHECK_INT(CALL_OK, offer_answer(&offer, &self, &agreed, &answer), "10.2");
	CHECK_STR("PCMU/8000=0 20ms to :62986/62987 (held) event 255/255 cn 255 rx 0=PCMU", tell(&agreed),
		"10.2");
	CHECK_STR("m=audio 20000 RTP/AVP 0\r\na=rtpmap:0 "
		  "PCMU/8000\r\na=ptime:20\r\na=maxptime:60\r\na=inactive\r\n",
		written(&answer), "10.2");
	parse(&offer, "m=audio 62986 RTP/AVP 4\r\na=sendrecv\r\n", "10.2 second");
	CHECK_INT(CALL_NO_MATCH, offer_answer(&offer, &self, &agreed, &answer), "10.2 second");
}

TEST(the_version_rises_with_each_change_and_only_then)
{
	static const struct {
		const char *story, *offered;
		unsigned version;
	} steps[] = {
		{ "first answer", "m=audio 4000 RTP/AVP 0 8\r\n", 1 },
		{ "the same again (a session refresh)", "m=audio 4000 RTP/AVP 0 8\r\n", 1 },
		{ "their address changed, ours did not",
			"m=audio 4444 RTP/AVP 0 8\r\nc=IN IP4 192.0.2.99\r\n", 1 },
		{ "hold", "m=audio 4000 RTP/AVP 0 8\r\na=sendonly\r\n", 2 },
		{ "hold, repeated", "m=audio 4000 RTP/AVP 0 8\r\na=sendonly\r\n", 2 },
		{ "resume", "m=audio 4000 RTP/AVP 0 8\r\n", 3 },
		{ "another codec", "m=audio 4000 RTP/AVP 8 0\r\n", 4 },
		{ "another ptime", "m=audio 4000 RTP/AVP 8 0\r\na=ptime:40\r\n", 5 },
		{ "a stream more", "m=audio 4000 RTP/AVP 8 0\r\na=ptime:40\r\nm=video 5000 RTP/AVP 31\r\n",
			6 },
	};
	struct media_self self = self_of(false);

	for (size_t i = 0; i < COUNT(steps); i++) {
		parse(&offer, steps[i].offered, steps[i].story);
		CHECK_INT(CALL_OK, offer_answer(&offer, &self, &agreed, &answer), steps[i].story);
		CHECK_INT(steps[i].version, answer.origin_version, steps[i].story);
		CHECK_INT(steps[i].version, self.origin_version, steps[i].story);
		CHECK_INT(42, answer.origin_id, steps[i].story);
	}
	parse(&offer, "m=audio 0 RTP/AVP 8\r\n", "refused");
	CHECK_INT(CALL_NO_MATCH, offer_answer(&offer, &self, &agreed, &answer), "refused");
	CHECK_INT(6, self.origin_version, "a refusal describes nothing");
}

TEST(ptime_is_what_was_asked_for_within_reason)
{
	static const struct {
		const char *story, *asked;
		unsigned our_max, pcmu_ms, opus_ms;
	} cases[] = {
		{ "not said", "", 60, 20, 20 },
		{ "10", "a=ptime:10\r\n", 60, 10, 10 },
		{ "30: Opus has no such frame", "a=ptime:30\r\n", 60, 30, 20 },
		{ "40", "a=ptime:40\r\n", 60, 40, 40 },
		{ "50: nor such", "a=ptime:50\r\n", 60, 50, 40 },
		{ "60", "a=ptime:60\r\n", 60, 60, 60 },
		{ "between tens", "a=ptime:25\r\n", 60, 20, 20 },
		{ "zero", "a=ptime:0\r\n", 60, 20, 20 },
		{ "one", "a=ptime:1\r\n", 60, 10, 10 },
		{ "100000", "a=ptime:100000\r\n", 60, 60, 60 },
		{ "negative", "a=ptime:-20\r\n", 60, 20, 20 },
		{ "their maxptime is less", "a=ptime:60\r\na=maxptime:40\r\n", 60, 40, 40 },
		{ "maxptime without ptime", "a=maxptime:10\r\n", 60, 10, 10 },
		{ "absurd maxptime", "a=maxptime:1\r\n", 60, 10, 10 },
		{ "our maximum is less", "a=ptime:60\r\n", 20, 20, 20 },
		{ "we have no maximum", "a=ptime:60\r\n", 0, 60, 60 },
		{ "nobody has", "a=ptime:100000\r\n", 0, 60, 60 },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		for (int opus = 0; opus < 2; opus++) {
			struct media_self self = self_of(false);
			char lines[256];

			self.max_ptime_ms = cases[i].our_max;
			snprintf(lines, sizeof(lines), "m=audio 4000 RTP/AVP %s%s",
				opus ? "111\r\na=rtpmap:111 opus/48000/2\r\n" : "0\r\n", cases[i].asked);
			parse(&offer, lines, cases[i].story);
			CHECK_INT(CALL_OK, offer_answer(&offer, &self, &agreed, &answer), cases[i].story);
			CHECK_INT(
				opus ? cases[i].opus_ms : cases[i].pcmu_ms, agreed.ptime_ms, cases[i].story);
			CHECK_INT(agreed.ptime_ms, answer.media[0].ptime_ms, cases[i].story);
			CHECK_INT(cases[i].our_max, answer.media[0].maxptime_ms, cases[i].story);
		}
}

TEST(the_last_of_eight_streams_is_taken_as_well)
{
	struct media_self self = self_of(false);
	char lines[1024] = "";

	for (unsigned i = 0; i + 1 < SDP_MEDIA_MAX; i++)
		strcat(lines, "m=video 5000 RTP/AVP 31\r\n");
	strcat(lines, "m=audio 4000 RTP/AVP 0\r\n");
	parse(&offer, lines, "eight");
	CHECK_INT(CALL_OK, offer_answer(&offer, &self, &agreed, &answer), "eight");
	CHECK_INT(SDP_MEDIA_MAX - 1, agreed.stream, "the last");
	CHECK_INT(SDP_MEDIA_MAX, answer.n_media, "all answered");
	CHECK_INT(CALL_OK, offer_make(&self, &agreed, &offer), "and offered again");
	CHECK_INT(SDP_MEDIA_MAX, offer.n_media, "all of them");
	CHECK_INT(20000, offer.media[SDP_MEDIA_MAX - 1].port, "in its place");
}

/* Formats behind the last one are nobody's, whatever bytes stand there. */
TEST(only_what_is_ours_is_agreed)
{
	struct media_self self = self_of(false), shorter = self;

	shorter.n_formats = 3; /* Opus, G.722, PCMU */
	parse(&offer, "m=audio 4000 RTP/AVP 8\r\n", "PCMA");
	CHECK_INT(CALL_NO_MATCH, offer_answer(&offer, &shorter, &agreed, &answer), "PCMA is not ours now");
	parse(&offer, "m=audio 4000 RTP/AVP 0 13 101\r\na=rtpmap:101 telephone-event/8000\r\n",
		"PCMU and more");
	CHECK_INT(CALL_OK, offer_answer(&offer, &shorter, &agreed, &answer), "PCMU");
	CHECK_STR("PCMU/8000=0 20ms to 192.0.2.1:4000/4001 sendrecv event 255/255 cn 255 rx 0=PCMU",
		tell(&agreed), "no digits, no noise");
	self.n_formats = 5; /* and PCMA and CN, but no digits */
	CHECK_INT(CALL_OK, offer_answer(&offer, &self, &agreed, &answer), "PCMU");
	CHECK_STR("PCMU/8000=0 20ms to 192.0.2.1:4000/4001 sendrecv event 255/255 cn 13 rx 0=PCMU 13=CN",
		tell(&agreed), "noise");
	offer.media[0].n_formats = 0;
	CHECK_INT(CALL_NO_MATCH, offer_answer(&offer, &self, &agreed, &answer), "nor are theirs");
}

TEST(a_call_over_ipv6)
{
	static const char want[] =
		"v=0\r\no=- 42 1 IN IP6 2001:db8::10\r\ns=-\r\nc=IN IP6 2001:db8::10\r\nt=0 0\r\n"
		"m=audio 20000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=maxptime:60\r\n"
		"a=sendrecv\r\n";
	struct media_self self = self_of(false);
	char text[1024];

	snprintf(self.address, sizeof(self.address), "2001:db8::10");
	self.ipv6 = true;
	parse(&offer, "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 2001:db8::1\r\n", "IPv6");
	CHECK_INT(CALL_OK, offer_answer(&offer, &self, &agreed, &answer), "IPv6");
	CHECK_STR("PCMU/8000=0 20ms to 2001:db8::1:4000/4001 sendrecv event 255/255 cn 255 rx 0=PCMU",
		tell(&agreed), "IPv6");
	CHECK_INT(true, agreed.ipv6, "IPv6");
	CHECK_INT(true, answer.media[0].ipv6, "IPv6");
	CHECK_INT(CALL_OK, sdp_write_text(text, sizeof(text), &answer), "IPv6");
	CHECK_STR(want, text, "IPv6");
}

TEST(our_order_wins_when_asked_for)
{
	struct media_self self = self_of(true);

	parse(&offer, "m=audio 4000 RTP/AVP 0 8 9 96\r\na=rtpmap:96 opus/48000/2\r\n", "ours");
	CHECK_INT(CALL_OK, offer_answer(&offer, &self, &agreed, &answer), "ours");
	CHECK_STR("opus", agreed.codec.name, "ours");
	self.formats[0] = self.formats[3]; /* PCMA first, no Opus */
	CHECK_INT(CALL_OK, offer_answer(&offer, &self, &agreed, &answer), "ours");
	CHECK_STR("PCMA", agreed.codec.name, "ours");
}

TEST(a_side_that_cannot_be_described_is_refused)
{
	struct media_self self = self_of(false);

	parse(&offer, "m=audio 4000 RTP/AVP 0\r\n", "sane offer");
	self.rtp_port = 0;
	CHECK_INT(CALL_RANGE, offer_answer(&offer, &self, &agreed, &answer), "no port");
	self = self_of(false);
	self.n_formats = OFFER_FORMATS_MAX + 1;
	CHECK_INT(CALL_RANGE, offer_answer(&offer, &self, &agreed, &answer), "too many formats");
	CHECK_INT(CALL_RANGE, offer_make(&self, NULL, &offer), "too many formats");
	self = self_of(false);
	self.address[0] = 0;
	CHECK_INT(CALL_RANGE, offer_make(&self, NULL, &offer), "no address");
}

TEST(an_offer_of_ours_names_everything_we_have)
{
	struct media_self self = self_of(false);

	self.rtcp_port = 21000;
	CHECK_INT(CALL_OK, offer_make(&self, NULL, &offer), "T8");
	CHECK_STR("m=audio 20000 RTP/AVP 111 9 0 8 13 101 110\r\na=rtpmap:111 opus/48000/2\r\n"
		  "a=fmtp:111 useinbandfec=1;stereo=0;usedtx=1\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 "
		  "PCMU/8000\r\n"
		  "a=rtpmap:8 PCMA/8000\r\na=rtpmap:13 CN/8000\r\na=rtpmap:101 "
		  "telephone-event/8000\r\na=fmtp:101 0-16\r\n"
		  "a=rtpmap:110 telephone-event/48000\r\na=fmtp:110 "
		  "0-16\r\na=ptime:20\r\na=maxptime:60\r\na=rtcp:21000\r\n"
		  "a=sendrecv\r\n",
		written(&offer), "T8");
	CHECK_INT(1, offer.origin_version, "first");
	CHECK_INT(42, offer.origin_id, "o=");
	CHECK_STR("192.0.2.10", offer.origin_address, "o=");
	CHECK_STR("-", offer.origin_user, "o=");
	CHECK_INT(CALL_OK, offer_make(&self, NULL, &offer), "again");
	CHECK_INT(1, offer.origin_version, "nothing changed");
}

TEST(an_answer_to_ours_is_taken)
{
	static const struct {
		const char *story, *answered, *told;
	} cases[] = {
		{ "one codec and digits",
			"m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n",
			"PCMU/8000=0 20ms to 192.0.2.1:4000/4001 sendrecv event 101/101 cn 255 rx 0=PCMU "
			"101=telephone-event" },
		{ "the first of several; any of them may come",
			"m=audio 4000 RTP/AVP 8 0 13\r\na=ptime:30\r\n",
			"PCMA/8000=8 30ms to 192.0.2.1:4000/4001 sendrecv event 255/255 cn 13 rx 8=PCMA "
			"0=PCMU 13=CN" },
		{ "numbers of their own: we send theirs, they send ours, or theirs all the same (RFC 3264 "
		  "section 5.1)",
			"m=audio 4000 RTP/AVP 96 97\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 stereo=0\r\n"
			"a=rtpmap:97 telephone-event/48000\r\n",
			"opus/48000=96(stereo=0) 20ms to 192.0.2.1:4000/4001 sendrecv event 97/110 cn 255 rx "
			"111=opus "
			"110=telephone-event 96=opus" },
		{ "digits of the other clock",
			"m=audio 4000 RTP/AVP 111 101\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:101 "
			"telephone-event/8000\r\n",
			"opus/48000=111 20ms to 192.0.2.1:4000/4001 sendrecv event 101/101 cn 255 rx "
			"111=opus 101=telephone-event" },
		{ "answered on hold", "m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n",
			"PCMU/8000=0 20ms to 192.0.2.1:4000/4001 recv(held) event 255/255 cn 255 rx 0=PCMU" },
		{ "answered for listening", "m=audio 4000 RTP/AVP 0\r\na=recvonly\r\n",
			"PCMU/8000=0 20ms to 192.0.2.1:4000/4001 send event 255/255 cn 255 rx 0=PCMU" },
		{ "answered nowhere", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n",
			"PCMU/8000=0 20ms to :4000/4001 recv(held) event 255/255 cn 255 rx 0=PCMU" },
		{ "rtcp-mux that was not offered", "m=audio 4000 RTP/AVP 0\r\na=rtcp-mux\r\n",
			"PCMU/8000=0 20ms to 192.0.2.1:4000/4001 sendrecv event 255/255 cn 255 rx 0=PCMU" },
		{ "a codec that was not offered beside one that was", "m=audio 4000 RTP/AVP 18 0\r\n",
			"PCMU/8000=0 20ms to 192.0.2.1:4000/4001 sendrecv event 255/255 cn 255 rx 0=PCMU" },
		{ "more streams than asked for", "m=audio 4000 RTP/AVP 0\r\nm=video 4002 RTP/AVP 31\r\n",
			"PCMU/8000=0 20ms to 192.0.2.1:4000/4001 sendrecv event 255/255 cn 255 rx 0=PCMU" },
	};
	static const struct {
		const char *story, *answered;
	} refusals[] = {
		{ "no stream", "" },
		{ "port zero", "m=audio 0 RTP/AVP 0\r\n" },
		{ "none of ours", "m=audio 4000 RTP/AVP 18\r\n" },
		{ "only digits", "m=audio 4000 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000\r\n" },
		{ "another medium", "m=image 4000 udptl t38\r\n" },
		{ "another profile", "m=audio 4000 RTP/SAVP 0\r\n" },
		{ "a group", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 233.252.0.1\r\n" },
		{ "another family", "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 2001:db8::1\r\n" },
	};
	struct media_self self = self_of(false);

	CHECK_INT(CALL_OK, offer_make(&self, NULL, &offer), "our offer");
	for (size_t i = 0; i < COUNT(cases); i++) {
		parse(&answer, cases[i].answered, cases[i].story);
		CHECK_INT(CALL_OK, offer_take(&offer, &answer, &agreed), cases[i].story);
		CHECK_STR(cases[i].told, tell(&agreed), cases[i].story);
	}
	for (size_t i = 0; i < COUNT(refusals); i++) {
		parse(&answer, refusals[i].answered, refusals[i].story);
		memset(&agreed, 0x5a, sizeof(agreed));
		CHECK_INT(CALL_NO_MATCH, offer_take(&offer, &answer, &agreed), refusals[i].story);
		CHECK_INT(0x5a, agreed.n_rx & 0xff, refusals[i].story);
	}
	offer.media[0].port = 0;
	CHECK_INT(CALL_RANGE, offer_take(&offer, &answer, &agreed), "an offer without audio is not ours");
}

/* They offered video, then audio with numbers of their own; a re-INVITE of ours keeps all of that (RFC 3264 section 8). */
TEST(a_later_offer_of_ours_keeps_streams_and_numbers)
{
	struct media_self self = self_of(false);

	parse(&offer,
		"m=video 5000 RTP/AVP 31\r\nm=audio 4000 RTP/AVPF 101 9\r\na=rtpmap:101 "
		"opus/48000/2\r\na=ptime:40\r\n"
		"a=rtcp-mux\r\nm=image 6000 udptl t38\r\n",
		"theirs");
	CHECK_INT(CALL_OK, offer_answer(&offer, &self, &agreed, &answer), "theirs");
	CHECK_INT(1, agreed.stream, "the second stream");
	CHECK_INT(CALL_OK, offer_make(&self, &agreed, &offer), "ours");
	CHECK_STR("m=video 0 RTP/AVP 31\r\nm=audio 20000 RTP/AVPF 101 9 0 8 13 96 110\r\na=rtpmap:101 "
		  "opus/48000/2\r\n"
		  "a=fmtp:101 useinbandfec=1;stereo=0;usedtx=1\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 "
		  "PCMU/8000\r\n"
		  "a=rtpmap:8 PCMA/8000\r\na=rtpmap:13 CN/8000\r\na=rtpmap:96 "
		  "telephone-event/8000\r\na=fmtp:96 0-16\r\n"
		  "a=rtpmap:110 telephone-event/48000\r\na=fmtp:110 "
		  "0-16\r\na=ptime:40\r\na=maxptime:60\r\na=rtcp-mux\r\n"
		  "a=sendrecv\r\nm=image 0 udptl t38\r\n",
		written(&offer), "ours: 101 is Opus's, so our telephone-event gets another number");
	CHECK_INT(2, offer.origin_version, "another description");
	agreed.stream = agreed.n_slots;
	CHECK_INT(CALL_RANGE, offer_make(&self, &agreed, &offer), "a stream that is none");
}

TEST(what_would_take_our_audio_away_is_recognised)
{
	static const struct {
		const char *story, *offered;
		bool replaces;
	} cases[] = {
		{ "T.38 in our place", "m=image 4000 udptl t38\r\n", true },
		{ "audio off, T.38 on", "m=audio 0 RTP/AVP 0\r\nm=image 4000 udptl t38\r\n", true },
		{ "T.38 in our place, audio behind it",
			"m=image 4000 udptl t38\r\nm=audio 4000 RTP/AVP 0\r\n", true },
		{ "T.38 beside audio", "m=audio 4000 RTP/AVP 0\r\nm=image 4000 udptl t38\r\n", false },
		{ "T.38 switched off again", "m=audio 4000 RTP/AVP 0\r\nm=image 0 udptl t38\r\n", false },
		{ "audio as ever", "m=audio 4000 RTP/AVP 0\r\n", false },
		{ "hold", "m=audio 4000 RTP/AVP 0\r\na=inactive\r\n", false },
		{ "audio off and nothing else", "m=audio 0 RTP/AVP 0\r\n", false },
		{ "video in our place", "m=video 4000 RTP/AVP 31\r\n", true },
		{ "nothing", "", false },
	};

	memset(&agreed, 0, sizeof(agreed));
	for (size_t i = 0; i < COUNT(cases); i++) {
		parse(&offer, cases[i].offered, cases[i].story);
		CHECK_INT(cases[i].replaces, offer_replaces_audio(&offer, &agreed), cases[i].story);
		CHECK_INT(cases[i].replaces, offer_replaces_audio(&offer, NULL), cases[i].story);
	}
}

TESTS(an_offer_gets_its_answer, an_offer_that_is_not_for_us_changes_nothing,
	the_examples_of_rfc_3264_section_10, the_version_rises_with_each_change_and_only_then,
	ptime_is_what_was_asked_for_within_reason, our_order_wins_when_asked_for,
	the_last_of_eight_streams_is_taken_as_well, only_what_is_ours_is_agreed, a_call_over_ipv6,
	a_side_that_cannot_be_described_is_refused, an_offer_of_ours_names_everything_we_have,
	an_answer_to_ours_is_taken, a_later_offer_of_ours_keeps_streams_and_numbers,
	what_would_take_our_audio_away_is_recognised)
