/* links: sip/redact.c sip/glance.c sip/body.c sip/candidate.c sip/sdp_read.c */
#include "sip/redact.h"
#include "tests/test.h"

#define HEAD                                                                                                 \
	"INVITE sip:+15550100@host SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\n"                        \
	"From: \"Ann\" <sip:+15550001@a>;tag=1\r\nTo: <sip:+15550100@host>\r\nCall-ID: x@a\r\nCSeq: 7 "      \
	"INVITE\r\n"
#define SDP                                                                                                  \
	"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"                          \
	"m=audio 30000 RTP/SAVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\na=sendonly\r\n"

static const char *redacted(const char *text)
{
	static char out[4096];
	struct glance g;

	CHECK(glance_read(&g, text, strlen(text)), "it is a message: %.30s", text);
	redact_message(out, sizeof(out), &g);
	return out;
}

/* What must not be there, what must have stayed. */
TEST(secrets_go_and_all_else_stays)
{
	static const struct {
		const char *story, *text, *gone, *stays;
	} cases[] = {
		{ "digest credentials",
			HEAD "Authorization: Digest username=\"us\", response=\"c0ffee\"\r\n\r\n", "c0ffee",
			"Authorization: Digest (withheld)\r\n\r\n" },
		{ "of a proxy, in odd letters",
			HEAD "pROXY-aUTHORIZATION : Digest response=\"c0ffee\"\r\n\r\n", "c0ffee",
			"Digest (withheld)" },
		{ "folded over lines",
			HEAD "Authorization: Digest a=\"1\",\r\n response=\"c0ffee\"\r\nX: y\r\n\r\n",
			"c0ffee", "X: y\r\n" },
		{ "Basic", HEAD "Authorization: Basic c0ffee\r\n\r\n", "c0ffee", "Basic (withheld)" },
		{ "a scheme without blank", HEAD "Authorization: c0ffee\r\n\r\n", "c0ffee", "(withheld)" },
		{ "SRTP keys (RFC 4568)",
			HEAD "Content-Type: application/sdp\r\n\r\n" SDP
			     "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c0ffee|2^20\r\na=ptime:20\r\n",
			"c0ffee", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 (withheld)\r\na=ptime:20\r\n" },
		{ "other keys of SDP",
			HEAD "Content-Type: application/sdp\r\n\r\nv=0\r\nk=clear:c0ffee\r\na=key-mgmt:mikey "
			     "c0ffee\r\n"
			     "a=ice-pwd:c0ffee\r\ns=-\r\n",
			"c0ffee", "s=-\r\n" },
		{ "keys pressed, in an INFO",
			"INFO sip:a SIP/2.0\r\nCall-ID: x\r\nCSeq: 2 INFO\r\nContent-Type: "
			"application/dtmf-relay\r\n\r\n"
			"Signal=7c0ffee\r\n",
			"Signal=", "(16 bytes withheld)" },
		{ "in an INFO that says that it is SDP",
			"INFO sip:a SIP/2.0\r\nCSeq: 2 INFO\r\nContent-Type: application/sdp\r\n\r\nc0ffee",
			"c0ffee", "(6 bytes withheld)" },
		{ "a body of another type", HEAD "c: text/plain\r\n\r\nc0ffee", "c0ffee", "c: text/plain" },
		{ "one part of several",
			HEAD
			"Content-Type: multipart/mixed;boundary=b\r\n\r\n--b\r\nContent-Type: "
			"application/isup\r\n\r\nc0ffee\r\n--b\r\nContent-Type: application/sdp\r\n\r\n" SDP
			"\r\n--b--\r\n",
			"c0ffee", "m=audio 30000" },
		{ "digits dialled on (RFC 3966)",
			"INVITE sip:+1555;postd=ppc0ffee@a SIP/2.0\r\nCall-ID: x\r\n\r\n", "c0ffee",
			"sip:+1555;postd=(withheld)@a SIP/2.0" },
		{ "the same in To, in odd letters", HEAD "t: <tel:+1555;PostD=c0ffee;x=y>\r\n\r\n", "c0ffee",
			";PostD=(withheld);x=y>" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *out = redacted(cases[i].text);

		CHECK(!strstr(out, cases[i].gone), "%s: '%s' is still in: %s", cases[i].story, cases[i].gone,
			out);
		CHECK(strstr(out, cases[i].stays), "%s: '%s' is not in: %s", cases[i].story, cases[i].stays,
			out);
	}
}

TEST(a_message_without_secrets_is_copied)
{
	static const char text[] = HEAD "Content-Type: application/sdp\r\n\r\n" SDP;

	CHECK_STR(text, redacted(text), "byte for byte");
}

/* Too long for the room: cut, ended, and never written past. */
TEST(what_does_not_fit_is_left_out)
{
	static const char text[] =
		HEAD "Authorization: Digest x\r\nContent-Type: application/sdp\r\n\r\n" SDP;
	struct glance g;
	char out[sizeof(text) + 64];

	glance_read(&g, text, strlen(text));
	for (size_t cap = 1; cap < sizeof(out) - 1; cap++) {
		memset(out, '#', sizeof(out));
		const size_t n = redact_message(out, cap, &g);

		CHECK(n < cap && strlen(out) == n, "%zu of %zu", n, cap);
		CHECK(out[cap] == '#', "past %zu", cap);
	}
}

TEST(one_glance_shows_what_a_message_is)
{
	static const char text[] = HEAD "Reason: Q.850;cause=16\r\nContent-Type: application/sdp\r\n\r\n" SDP
					"a=crypto:1 AES_CM_128_HMAC_SHA1_80 (withheld)\r\n";
	struct glance g;
	char sdp[GLANCE_SDP], word[64];

	CHECK(glance_read(&g, text, strlen(text)), "read");
	CHECK(span_is(g.method, "INVITE") && g.cseq == 7 && !g.status, "INVITE 7");
	CHECK(span_is(g.call_id, "x@a") && span_is(g.reason, "Q.850;cause=16"), "fields");
	span_copy(word, sizeof(word), glance_user(g.uri));
	CHECK_STR("+15550100", word, "who is called");
	span_copy(word, sizeof(word), glance_user(g.from));
	CHECK_STR("+15550001", word, "who calls");
	glance_sdp(sdp, &g);
	CHECK_STR("PCMU telephone-event, 192.0.2.1:30000, ptime 20, sendonly, AES_CM_128_HMAC_SHA1_80", sdp,
		"SDP");

	CHECK(glance_read(&g, "SIP/2.0 486 Busy Here\r\nCSeq: 1 INVITE\r\n\r\n", 41), "response");
	CHECK(g.status == 486 && span_is(g.phrase, "Busy Here") && span_is(g.cseq_method, "INVITE"), "486");
	CHECK(!glance_read(&g, "\x16\x03\x01 hello", 9), "no SIP");
	CHECK(!glance_read(&g, "GET / HTTP/1.1\r\n\r\n", 18), "HTTP");
	CHECK(!glance_read(&g, "", 0), "nothing");
}

TESTS(secrets_go_and_all_else_stays, a_message_without_secrets_is_copied, what_does_not_fit_is_left_out,
	one_glance_shows_what_a_message_is)
