/* links: tools/crowd_sip.c tools/crowd_sdp.c tools/crowd_keys.c tools/crowd_call.c */
/* crowd's own readers and its call: what it believes of a bridge must be right, or it would report nonsense. */
#include "tests/test.h"
#include "tools/crowd_call.h"
#include "tools/crowd_keys.h"
#include "tools/crowd_sdp.h"
#include "tools/crowd_sip.h"
#include <arpa/inet.h>
#include <stdlib.h>

TEST(keys_are_read_as_steps)
{
	static const struct {
		const char *story, *text, *steps; /* NULL: refused */
	} cases[] = {
		{ "plain", "4821#", "4821#" },
		{ "pauses and waits", "w,12,,#", "w,12,,#" },
		{ "blanks are nothing", " 1 2 ", "12" },
		{ "lower case letters are keys", "abcd*", "ABCD*" },
		{ "nothing to press", "", "" },
		{ "no such key", "12x", NULL },
		{ "a digit of another script", "\xd9\xa1", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct crowd_keys keys;
		char why[80] = "", steps[CROWD_KEYS_MAX + 1] = "";
		bool ok = crowd_keys_read(&keys, cases[i].text, why, sizeof(why));
		CHECK_INT(cases[i].steps != NULL, ok, cases[i].story);
		if (ok) {
			memcpy(steps, keys.steps, keys.n);
			steps[keys.n] = '\0';
			CHECK_STR(cases[i].steps, steps, cases[i].story);
		} else {
			CHECK(why[0], "%s: says why", cases[i].story);
		}
	}
}

TEST(too_many_keys_are_refused)
{
	char text[CROWD_KEYS_MAX + 2], why[80];
	struct crowd_keys keys;

	memset(text, '1', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	CHECK(!crowd_keys_read(&keys, text, why, sizeof(why)), "one too many");
	text[CROWD_KEYS_MAX] = '\0';
	CHECK(crowd_keys_read(&keys, text, why, sizeof(why)), "as many as there may be");
}

TEST(ways_of_keying)
{
	CHECK_INT(CROWD_BY_EVENT, crowd_digits_by_read("event"), "one");
	CHECK_INT(CROWD_BY_EVENT | CROWD_BY_INBAND, crowd_digits_by_read("event+inband"), "two");
	CHECK_INT(CROWD_BY_INFO | CROWD_BY_INBAND, crowd_digits_by_read("inband+info"), "any order");
	CHECK_INT(0, crowd_digits_by_read("event+"), "nothing after +");
	CHECK_INT(0, crowd_digits_by_read("smoke"), "no such way");
	CHECK_INT(0, crowd_digits_by_read(""), "empty");
}

TEST(templates_are_filled)
{
	char out[16];

	CHECK(crowd_template(out, sizeof(out), "1{}#", 7, 3), "fits");
	CHECK_STR("1007#", out, "padded to its width");
	CHECK(crowd_template(out, sizeof(out), "123#", 7, 3), "fits");
	CHECK_STR("123#", out, "no hole");
	CHECK(!crowd_template(out, sizeof(out), "123456789012345{}", 7, 3), "does not fit");
}

static const char answer_200[] = "SIP/2.0 200 OK\r\n"
				 "Via: SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bK1\r\n"
				 "f: <sip:a@127.0.0.2>;tag=abc\r\n"
				 "To: \"tag=no;tag=no\" <sip:+1@127.0.0.1;tag=no>;x=y;tag=far\r\n"
				 "i: id-1@127.0.0.2\r\n"
				 "CSEQ: 1 INVITE\r\n"
				 "Record-Route: <sip:127.0.0.9;lr>,\r\n <sip:127.0.0.8;lr>\r\n"
				 "m: <sip:127.0.0.1:5062;transport=udp>;expires=5\r\n"
				 "l: 4\r\n\r\nv=0\nrest";

TEST(a_response_is_read)
{
	struct crowd_message m;
	char text[64], host[32];
	uint16_t port;

	CHECK(crowd_message_read(&m, answer_200, sizeof(answer_200) - 1), "well-formed");
	CHECK_INT(200, m.status, "status");
	CHECK_INT(1, m.cseq, "cseq");
	CHECK(crowd_span_is(m.method, "INVITE"), "method of CSeq");
	CHECK(crowd_span_is(m.call_id, "id-1@127.0.0.2"), "compact Call-ID");
	CHECK(crowd_span_is(m.from_tag, "abc"), "From tag");
	CHECK(crowd_span_is(m.to_tag, "far"), "the tag behind the address, not one inside it");
	CHECK(crowd_span_copy(text, sizeof(text), crowd_span_uri(m.contact)), "Contact");
	CHECK_STR("sip:127.0.0.1:5062;transport=udp", text, "URI with its parameters, without the header's");
	CHECK(crowd_uri_host(crowd_span_uri(m.contact), host, sizeof(host), &port), "host and port");
	CHECK_STR("127.0.0.1", host, "host");
	CHECK_INT(5062, port, "port");
	CHECK_INT(4, m.body.len, "the body ends where Content-Length says");
}

TEST(what_is_no_message_is_refused)
{
	static const struct {
		const char *story, *text;
	} cases[] = {
		{ "nothing", "" },
		{ "keep-alive", "\r\n\r\n" },
		{ "no end of headers", "SIP/2.0 200 OK\r\nVia: x\r\n" },
		{ "status of two digits",
			"SIP/2.0 20 OK\r\nVia: x\r\nf: a\r\nt: b\r\ni: c\r\nCSeq: 1 BYE\r\n\r\n" },
		{ "status 999", "SIP/2.0 999 OK\r\nVia: x\r\nf: a\r\nt: b\r\ni: c\r\nCSeq: 1 BYE\r\n\r\n" },
		{ "another version",
			"BYE sip:a SIP/3.0\r\nVia: x\r\nf: a\r\nt: b\r\ni: c\r\nCSeq: 1 BYE\r\n\r\n" },
		{ "no Call-ID", "BYE sip:a SIP/2.0\r\nVia: x\r\nf: a\r\nt: b\r\nCSeq: 1 BYE\r\n\r\n" },
		{ "no Via", "BYE sip:a SIP/2.0\r\nf: a\r\nt: b\r\ni: c\r\nCSeq: 1 BYE\r\n\r\n" },
		{ "CSeq of another method",
			"BYE sip:a SIP/2.0\r\nVia: x\r\nf: a\r\nt: b\r\ni: c\r\nCSeq: 1 ACK\r\n\r\n" },
		{ "CSeq beyond 32 bits", "BYE sip:a SIP/2.0\r\nVia: x\r\nf: a\r\nt: b\r\ni: c\r\nCSeq: "
					 "4294967296 BYE\r\n\r\n" },
		{ "body shorter than it says", "BYE sip:a SIP/2.0\r\nVia: x\r\nf: a\r\nt: b\r\ni: c\r\nCSeq: "
					       "1 BYE\r\nl: 9\r\n\r\nabc" },
		{ "a line without colon", "BYE sip:a SIP/2.0\r\nVia x\r\n\r\n" },
	};
	struct crowd_message m;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK(!crowd_message_read(&m, cases[i].text, strlen(cases[i].text)), "%s", cases[i].story);
}

/* Every prefix and 20,000 seeded mutations, each in a block of exactly its size, so that a sanitizer sees a read beyond. */
TEST(readers_survive_garbage)
{
	static const char sdp[] = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
				  "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n";
	static const struct {
		const char *text;
		size_t len;
	} seeds[] = { { answer_200, sizeof(answer_200) - 1 }, { sdp, sizeof(sdp) - 1 } };
	const struct crowd_offer offer = {
		.name = "PCMU", .clock_hz = 8000, .event_pt = 101, .direction = "sendrecv"
	};
	uint32_t seed = 7;

	for (unsigned i = 0; i < 20000; i++) {
		size_t k = i % 2, len = seeds[k].len;
		char *bytes = malloc(len);
		CHECK(bytes, "memory");
		memcpy(bytes, seeds[k].text, len);
		for (unsigned n = 0; n < i % 9; n++) {
			seed = seed * 1664525 + 1013904223;
			bytes[(seed >> 8) % len] = (char)(seed >> 24);
		}
		seed = seed * 1664525 + 1013904223;
		size_t cut = i % 3 ? len : (seed >> 8) % len;
		char *exact = malloc(cut ? cut : 1);
		CHECK(exact, "memory");
		memcpy(exact, bytes, cut);
		struct crowd_message m;
		struct crowd_answer answer;
		char out[CROWD_MESSAGE], host[64];
		uint16_t port;
		if (crowd_message_read(&m, exact, cut)) {
			crowd_uri_host(crowd_span_uri(m.contact), host, sizeof(host), &port);
			crowd_reply_write(out, sizeof(out), &m, 200, "OK", "tag", NULL, NULL);
		}
		crowd_answer_read(&answer, exact, cut, &offer);
		free(exact);
		free(bytes);
	}
}

TEST(answers_are_read)
{
	static const struct {
		const char *story, *sdp, *codec;
		unsigned clock_hz, offered;
		const char *want; /* "ip:port pt event", NULL: unusable */
	} cases[] = {
		{ "static type without rtpmap", "c=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\n", "PCMU",
			8000, 0, "127.0.0.1:4000 0 255" },
		{ "events, session's address",
			"c=IN IP4 127.0.0.1\nm=audio 4000 RTP/AVP 8 97\na=rtpmap:97 telephone-event/8000\n",
			"PCMA", 8000, 8, "127.0.0.1:4000 8 97" },
		{ "stream's address wins", "c=IN IP4 1.2.3.4\nm=audio 4000 RTP/AVP 0\nc=IN IP4 127.0.0.3\n",
			"PCMU", 8000, 0, "127.0.0.3:4000 0 255" },
		{ "another dynamic type",
			"c=IN IP4 127.0.0.1\nm=audio 4000 RTP/AVP 111\na=rtpmap:111 OPUS/48000/2\n", "opus",
			48000, 96, "127.0.0.1:4000 111 255" },
		{ "events told by rtpmap but not in m=",
			"c=IN IP4 127.0.0.1\nm=audio 4000 RTP/AVP 0\na=rtpmap:101 telephone-event/8000\n",
			"PCMU", 8000, 0, "127.0.0.1:4000 0 255" },
		{ "refused", "c=IN IP4 127.0.0.1\nm=audio 0 RTP/AVP 0\n", "PCMU", 8000, 0,
			"127.0.0.1:0 0 255" },
		{ "first audio stream of two",
			"c=IN IP4 127.0.0.1\nm=video 1 RTP/AVP 0\nm=audio 4000 RTP/AVP 0\nm=audio 5 RTP/AVP "
			"0\n",
			"PCMU", 8000, 0, "127.0.0.1:4000 0 255" },
		{ "another codec than ours", "c=IN IP4 127.0.0.1\nm=audio 4000 RTP/AVP 8\n", "PCMU", 8000, 0,
			NULL },
		{ "no address", "m=audio 4000 RTP/AVP 0\n", "PCMU", 8000, 0, NULL },
		{ "IPv6", "c=IN IP6 ::1\nm=audio 4000 RTP/AVP 0\n", "PCMU", 8000, 0, NULL },
		{ "port beyond 65535", "c=IN IP4 127.0.0.1\nm=audio 99999 RTP/AVP 0\n", "PCMU", 8000, 0,
			NULL },
		{ "nothing", "", "PCMU", 8000, 0, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct crowd_offer offer = { .name = cases[i].codec,
			.clock_hz = cases[i].clock_hz,
			.payload_type = (uint8_t)cases[i].offered,
			.event_pt = 101,
			.direction = "sendrecv" };
		struct crowd_answer a;
		bool ok = crowd_answer_read(&a, cases[i].sdp, strlen(cases[i].sdp), &offer);
		CHECK_INT(cases[i].want != NULL, ok, cases[i].story);
		if (ok) {
			char ip[INET_ADDRSTRLEN], have[64];
			inet_ntop(AF_INET, &a.ip, ip, sizeof(ip));
			snprintf(have, sizeof(have), "%s:%u %u %u", ip, a.port, a.payload_type, a.event_pt);
			CHECK_STR(cases[i].want, have, cases[i].story);
		}
	}
}

/* A call under test: steps are said in words, what it sends is written down in words. */
struct story {
	struct crowd_call call;
	char log[512];
	uint64_t now_us;
};

static void begin(struct story *s)
{
	*s = (struct story){ .now_us = 1000000 };
	struct crowd_call *c = &s->call;
	snprintf(c->to_uri, sizeof(c->to_uri), "sip:+1@127.0.0.1:5060");
	snprintf(c->from_user, sizeof(c->from_user), "a");
	snprintf(c->call_id, sizeof(c->call_id), "id@127.0.0.2");
	snprintf(c->from_tag, sizeof(c->from_tag), "us");
	c->local = c->server = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(5060), .sin_addr = { htonl(INADDR_LOOPBACK) }
	};
	c->offer = (struct crowd_offer){ .name = "PCMU",
		.clock_hz = 8000,
		.channels = 1,
		.ptime_ms = 20,
		.event_pt = 101,
		.port = 4000,
		.ip = { htonl(INADDR_LOOPBACK) },
		.direction = "sendrecv" };
}

static void note(struct story *s, const struct crowd_outbox *out)
{
	for (unsigned i = 0; i < out->n; i++) {
		char line[64];
		sscanf(out->items[i].text, "%63[^\r]", line);
		char *stop = strstr(line, " sip:");
		if (stop)
			*stop = '\0';
		size_t n = strlen(s->log);
		snprintf(s->log + n, sizeof(s->log) - n, "%s%s", n ? "; " : "",
			strncmp(line, "SIP/2.0 ", 8) ? line : line + 8);
	}
}

static void arrives(struct story *s, const char *start, const char *cseq, const char *more)
{
	char text[1024];
	struct crowd_message m;
	struct crowd_outbox out;
	bool response = strncmp(start, "SIP/2.0", 7) == 0;

	snprintf(text, sizeof(text),
		"%s\r\nVia: SIP/2.0/UDP x;branch=z9hG4bKy\r\nFrom: <sip:x>;tag=%s\r\nTo: <sip:y>;tag=%s\r\n"
		"Call-ID: id@127.0.0.2\r\nCSeq: %s\r\n%s",
		start, response ? "us" : "far", response ? "far" : "us", cseq, more ? more : "\r\n");
	CHECK(crowd_message_read(&m, text, strlen(text)), "the test's own message: %s", text);
	out.n = 0;
	crowd_call_take(&s->call, &m, s->now_us, &out);
	note(s, &out);
}

static const char contact_and_media[] = "Contact: <sip:far@127.0.0.1:5099>\r\n\r\n"
					"c=IN IP4 127.0.0.1\r\nm=audio 4002 RTP/AVP 0\r\n";

/* One letter a step:  S start  1 180  2 200 with media  4 404  H hang up  B their BYE  R their re-INVITE
 * b 200 to BYE  c 200 to CANCEL  7 487  t half a second  T thirty-three seconds  N 200 with no usable media
 * F 200 whose Contact is far away  i INFO */
static void step(struct story *s, char what)
{
	struct crowd_outbox out;

	out.n = 0;
	switch (what) {
	case 'S': crowd_call_start(&s->call, s->now_us, &out); break;
	case 'H': crowd_call_hangup(&s->call, s->now_us, &out); break;
	case 'i': crowd_call_info(&s->call, '5', 100, s->now_us, &out); break;
	case '1': arrives(s, "SIP/2.0 180 Ringing", "1 INVITE", NULL); break;
	case '2': arrives(s, "SIP/2.0 200 OK", "1 INVITE", contact_and_media); break;
	case 'N':
		arrives(s, "SIP/2.0 200 OK", "1 INVITE",
			"Contact: <sip:127.0.0.1>\r\n\r\nm=audio 1 RTP/AVP 8\r\n");
		break;
	case 'F':
		arrives(s, "SIP/2.0 200 OK", "1 INVITE",
			"Contact: <sip:192.0.2.1>\r\n\r\nm=audio 1 RTP/AVP 0\r\n");
		break;
	case '4': arrives(s, "SIP/2.0 404 Not Found", "1 INVITE", NULL); break;
	case '7': arrives(s, "SIP/2.0 487 Request Terminated", "1 INVITE", NULL); break;
	case 'c': arrives(s, "SIP/2.0 200 OK", "1 CANCEL", NULL); break;
	case 'b': arrives(s, "SIP/2.0 200 OK", "2 BYE", NULL); break;
	case 'B': arrives(s, "BYE sip:a SIP/2.0", "9 BYE", NULL); break;
	case 'R':
		arrives(s, "INVITE sip:a SIP/2.0", "8 INVITE",
			"\r\nc=IN IP4 127.0.0.1\r\nm=audio 4010 RTP/AVP 0\r\na=sendonly\r\n");
		break;
	default: s->now_us += what == 't' ? 500000 : 33000000; crowd_call_timer(&s->call, s->now_us, &out);
	}
	note(s, &out);
}

TEST(a_call_follows_its_ladder)
{
	static const struct {
		const char *story, *steps, *sent;
		enum crowd_state state;
		enum crowd_end end;
	} cases[] = {
		{ "the plain call", "S12Hb", "INVITE; ACK; BYE", CROWD_ENDED, CROWD_END_PLANNED },
		{ "they hang up", "S2B", "INVITE; ACK; 200 OK", CROWD_ENDED, CROWD_END_FAR },
		{ "both hang up at once", "S2HBb", "INVITE; ACK; BYE; 200 OK", CROWD_ENDED,
			CROWD_END_PLANNED },
		{ "a lost ACK", "S22Hb", "INVITE; ACK; ACK; BYE", CROWD_ENDED, CROWD_END_PLANNED },
		{ "a lost ACK, seen after the BYE", "S2H2b", "INVITE; ACK; BYE; ACK", CROWD_ENDED,
			CROWD_END_PLANNED },
		{ "refused, and the refusal repeated", "S44", "INVITE; ACK; ACK", CROWD_ENDED,
			CROWD_END_REFUSED },
		{ "retransmitted until heard", "Stt1tt", "INVITE; INVITE", CROWD_PROCEEDING, CROWD_END_NONE },
		{ "nobody there", "ST", "INVITE", CROWD_ENDED, CROWD_END_TIMEOUT },
		{ "cancelled while it rings", "S1Hc7", "INVITE; CANCEL; ACK", CROWD_ENDED,
			CROWD_END_CANCELLED },
		{ "no CANCEL before a 1xx", "SH1c7", "INVITE; CANCEL; ACK", CROWD_ENDED,
			CROWD_END_CANCELLED },
		{ "answered while being cancelled", "S1H2b", "INVITE; CANCEL; ACK; BYE", CROWD_ENDED,
			CROWD_END_CANCELLED },
		{ "rings for ever", "S1T", "INVITE; CANCEL", CROWD_CANCELLING, CROWD_END_TIMEOUT },
		{ "answer without our codec", "SNb", "INVITE; ACK; BYE", CROWD_ENDED, CROWD_END_UNUSABLE },
		{ "answer from beyond loopback", "SF", "INVITE", CROWD_ENDED, CROWD_END_UNUSABLE },
		{ "BYE retransmitted", "S2Htb", "INVITE; ACK; BYE; BYE", CROWD_ENDED, CROWD_END_PLANNED },
		{ "BYE never answered", "S2HT", "INVITE; ACK; BYE", CROWD_ENDED, CROWD_END_TIMEOUT },
		{ "BYE for no call", "SB", "INVITE; 481 Call/Transaction Does Not Exist", CROWD_CALLING,
			CROWD_END_NONE },
		{ "re-INVITE moves the media", "S2RHb", "INVITE; ACK; 200 OK; BYE", CROWD_ENDED,
			CROWD_END_PLANNED },
		{ "one INFO at a time", "S2ii", "INVITE; ACK; INFO", CROWD_TALKING, CROWD_END_NONE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct story s;
		begin(&s);
		for (const char *p = cases[i].steps; *p; p++)
			step(&s, *p);
		CHECK_STR(cases[i].sent, s.log, cases[i].story);
		CHECK_INT(cases[i].state, s.call.state, cases[i].story);
		CHECK_INT(cases[i].end, s.call.end, cases[i].story);
		if (strchr(cases[i].steps, 'R')) {
			CHECK(s.call.answer_changed, "%s: the owner is told", cases[i].story);
			CHECK_INT(4010, s.call.answer.port, cases[i].story);
			CHECK(!s.call.answer.receives, "%s: sendonly", cases[i].story);
		}
	}
}

TEST(requests_in_a_dialog_go_where_it_says)
{
	struct story s;
	struct crowd_outbox out;

	begin(&s);
	step(&s, 'S');
	arrives(&s, "SIP/2.0 200 OK", "1 INVITE",
		"Contact: <sip:far@127.0.0.1:5099>\r\nRecord-Route: <sip:127.0.0.8;lr>, "
		"<sip:127.0.0.9:5070;lr>\r\n\r\n"
		"c=IN IP4 127.0.0.1\r\nm=audio 4002 RTP/AVP 0\r\n");
	out.n = 0;
	crowd_call_hangup(&s.call, s.now_us, &out);
	CHECK_INT(1, out.n, "one BYE");
	CHECK(strncmp(out.items[0].text, "BYE sip:far@127.0.0.1:5099 SIP/2.0", 34) == 0, "to the Contact: %s",
		out.items[0].text);
	CHECK(strstr(out.items[0].text, "Route: <sip:127.0.0.9:5070;lr>, <sip:127.0.0.8;lr>\r\n"),
		"the route set, reversed: %s", out.items[0].text);
	CHECK(strstr(out.items[0].text, "To: <sip:+1@127.0.0.1:5060>;tag=far\r\n"), "their tag");
	CHECK_INT(5070, ntohs(out.items[0].to.sin_port), "by the first route");
}

TESTS(keys_are_read_as_steps, too_many_keys_are_refused, ways_of_keying, templates_are_filled,
	a_response_is_read, what_is_no_message_is_refused, readers_survive_garbage, answers_are_read,
	a_call_follows_its_ladder, requests_in_a_dialog_go_where_it_says)
