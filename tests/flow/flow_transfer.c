/* links: tests/gate.c */
/* Calls that we send elsewhere (O9): REFER out, blind and attended, by a hand-made far end. */
#include "tests/flow/ask.h"
#include "tests/flow/bridge.h"
#include "tests/flow/events.h"
#include "tests/gate.h"
#include "tests/test.h"

#include <stdlib.h>

enum { SITE = 4096, WAIT_MS = 6000 };

struct far { /* one call of ours, and who answered it */
	struct gate gate;
	struct gate_request invite, r;
	char id[64]; /* the call's */
	unsigned cseq;
};

struct bed {
	struct bridge bridge;
	struct events *events;
	struct far a, b;
};

static const char *site_of(const struct bed *b, const char *policy)
{
	static char site[SITE];

	snprintf(site, sizeof(site),
		"accounts:\n  - name: acme\n    country: { code: \"1\", trunk_prefix: \"1\" }\n"
		"    meetings:\n      - { id: \"100200300\", name: Open }\n"
		"trunks:\n  - { name: first, outbound: { gateways: [ \"sip:127.0.0.11:%u\" ], keepalive: "
		"false,"
		" username: us, password: secret, realm: carrier }, %s }\n"
		"  - { name: second, outbound: { gateways: [ \"sip:127.0.0.12:%u\" ], keepalive: false }, %s "
		"}\n"
		"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ first ] }\n"
		"  - { account: acme, prefix: \"+44\", trunks: [ second ] }\n"
		"numbers:\n  - { number: \"+15550100\", account: acme, answer: attendant }\n",
		b->a.gate.port, policy, b->b.gate.port, policy);
	return site;
}

static void answer_call(struct bed *b, struct far *f, const char *to)
{
	char body[64];
	const json_t *event;
	long status;
	json_t *answer;
	int at;

	snprintf(body, sizeof(body), "{\"to\":\"%s\"}", to);
	answer = bridge_call(&b->bridge, "POST", "/v1/meetings/100200300/calls", NULL, body, &status);
	CHECK_INT(202, status, to);
	json_decref(answer);
	CHECK(gate_wait(&f->gate, &f->invite, "INVITE", WAIT_MS), "INVITE");
	gate_answer(&f->gate, &f->invite, 200, "a", NULL, gate_sdp);
	CHECK(gate_wait(&f->gate, &f->r, "ACK", WAIT_MS), "ACK");
	at = events_wait(
		b->events, 0, "call.answered", "call_id", gate_header(&f->invite, "Call-ID"), WAIT_MS);
	CHECK(at >= 0, "answered");
	event = events_get(b->events, at, NULL);
	snprintf(f->id, sizeof(f->id), "%s", json_text_at(event, "call"));
}

static void begin_at(struct bed *b, const char *policy, unsigned t1_ms)
{
	memset(b, 0, sizeof(*b));
	CHECK(gate_open(&b->a.gate, "127.0.0.11") && gate_open(&b->b.gate, "127.0.0.12"), "sockets");
	CHECK(bridge_start(&b->bridge, &(struct bridge_setup){ .site = site_of(b, policy), .t1_ms = t1_ms }),
		"bridge");
	b->events = events_open(&b->bridge, NULL);
	CHECK(b->events, "events");
	answer_call(b, &b->a, "+15550199");
}

static void begin(struct bed *b, const char *policy)
{
	begin_at(b, policy, 50);
}

static void hang_up(struct bed *b, struct far *f)
{
	ask_hang_up(&b->bridge, f->id);
	CHECK(gate_wait(&f->gate, &f->r, "BYE", WAIT_MS), "BYE");
	gate_answer(&f->gate, &f->r, 200, NULL, NULL, NULL);
}

static void end(struct bed *b)
{
	CHECK(bridge_wait_count(&b->bridge, "/v1/calls", 0, WAIT_MS), "calls are left");
	events_close(b->events);
	gate_close(&b->a.gate);
	gate_close(&b->b.gate);
	CHECK_INT(0, bridge_stop(&b->bridge), "bridge");
}

static long transfer(struct bed *b, const char *body, char code[64])
{
	char path[96];
	long status = 0;
	json_t *answer;

	snprintf(path, sizeof(path), "/v1/calls/%s/transfer", b->a.id);
	answer = bridge_call(&b->bridge, "POST", path, NULL, body, &status);
	if (code)
		snprintf(code, 64, "%s", status < 300 ? "" : json_text_at(answer, "error.code"));
	json_decref(answer);
	return status;
}

static size_t expect(struct bed *b, size_t from, const char *type, int status)
{
	const int at = events_wait(b->events, from, type, NULL, NULL, WAIT_MS);

	if (at < 0) {
		char *text = events_text(b->events);

		b->bridge.trouble = true;
		print_error("%s", text);
		free(text);
	}
	CHECK(at >= 0, "no event %s", type);
	CHECK_INT(status, json_at(events_get(b->events, at, NULL), "status", -1), type);
	return (size_t)at + 1;
}

static void take_refer(struct far *f, unsigned status, const char *headers)
{
	CHECK(gate_wait(&f->gate, &f->r, "REFER", WAIT_MS), "REFER");
	if (status)
		gate_answer(&f->gate, &f->r, status, NULL, headers, NULL);
}

static void notify(struct far *f, const char *fragment, const char *state)
{
	char headers[200];

	snprintf(headers, sizeof(headers),
		"Event: refer\r\nSubscription-State: %s\r\nContact: <sip:gate@%s:%u>\r\n"
		"Content-Type: message/sipfrag;version=2.0\r\n",
		state, f->gate.ip, f->gate.port);
	gate_request_body(&f->gate, &f->invite, "NOTIFY", "a", ++f->cseq, headers, fragment);
}

/*  us                     gateway
 *  REFER +15550177 ------->
 *  <-------- 202, NOTIFY 100, 180, 200 terminated
 *  BYE ------------------->      the record says where it went */
TEST(blind)
{
	struct bed b;
	char want[80];
	json_t *record;
	size_t at;

	begin(&b, "refer: { out: numbers }");
	CHECK_INT(202, transfer(&b, "{\"to\":\"+1 (555) 555-0177\"}", NULL), "POST");
	expect(&b, 0, "transfer.started", 0);
	take_refer(&b.a, 202, NULL);
	snprintf(want, sizeof(want), "<sip:+15555550177@127.0.0.11:%u>", b.a.gate.port);
	CHECK_STR(want, gate_header(&b.a.r, "Refer-To"), "Refer-To");
	CHECK(strstr(gate_header(&b.a.r, "Referred-By"), "sip:"), "%s", b.a.r.text);
	at = expect(&b, 0, "transfer.accepted", 202);
	CHECK_INT(409, transfer(&b, "{\"to\":\"+15550178\"}", NULL), "one at a time");
	notify(&b.a, "SIP/2.0 100 Trying\r\n", "active;expires=60");
	at = expect(&b, at, "transfer.progress", 100);
	notify(&b.a, "SIP/2.0 180 Ringing\r\n", "active;expires=60");
	at = expect(&b, at, "transfer.progress", 180);
	CHECK_INT(1, bridge_count(&b.bridge, "/v1/calls"), "it is up until somebody has answered");
	notify(&b.a, "SIP/2.0 200 OK\r\n", "terminated;reason=noresource");
	expect(&b, at, "transfer.done", 200);
	CHECK(gate_wait(&b.a.gate, &b.a.r, "BYE", WAIT_MS), "BYE");
	gate_answer(&b.a.gate, &b.a.r, 200, NULL, NULL, NULL);
	CHECK(gate_quiet(&b.a.gate, "SUBSCRIBE", 200), "a subscription that is over");
	record = record_wait(&b.bridge, gate_header(&b.a.invite, "Call-ID"), WAIT_MS);
	CHECK_STR("+15555550177", json_text_at(record, "transferred"), "record");
	CHECK_STR("transferred", json_text_at(record, "cause"), "record");
	CHECK_STR("operator", json_text_at(record, "ended_by"), "record");
	json_decref(record);
	end(&b);
}

/* Whatever goes wrong, the call is up as it was, and may be tried again. */
TEST(failures_leave_the_call_up)
{
	static const struct {
		unsigned answer;
		const char *fragment, *state;
		int status;
	} cases[] = {
		{ 405, NULL, NULL, 405 },
		{ 420, NULL, NULL, 420 },
		{ 501, NULL, NULL, 501 },
		{ 603, NULL, NULL, 603 },
		{ 404, NULL, NULL, 404 }, /* these say that the dialog is no more, and are not meant so */
		{ 416, NULL, NULL, 416 },
		{ 482, NULL, NULL, 482 },
		{ 202, "SIP/2.0 486 Busy Here\r\n", "terminated;reason=noresource", 486 },
		{ 202, "SIP/2.0 603 Decline\r\n", "active;expires=60", 603 },
		{ 202, "SIP/2.0 180 Ringing\r\n", "terminated;reason=noresource", 0 },
		{ 202, "rubbish", "terminated;reason=noresource", 0 },
	};
	struct bed b;
	size_t at = 0;

	begin(&b, "refer: { out: numbers }");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK_INT(202, transfer(&b, "{\"to\":\"+15550177\"}", NULL), "POST");
		take_refer(&b.a, cases[i].answer, NULL);
		if (cases[i].fragment) {
			notify(&b.a, "SIP/2.0 100 Trying\r\n", "active;expires=60");
			notify(&b.a, cases[i].fragment, cases[i].state);
		}
		at = expect(&b, at, "transfer.failed", cases[i].status);
		CHECK_INT(1, bridge_count(&b.bridge, "/v1/calls"), "it is up");
		CHECK(gate_quiet(&b.a.gate, "BYE", 50), "BYE");
	}
	hang_up(&b, &b.a);
	end(&b);
}

/* Nobody answers the REFER: no more than a refusal.  Sofia gives up after 64 T1. */
TEST(silence_is_a_failure)
{
	struct bed b;

	begin(&b, "refer: { out: numbers }");
	CHECK_INT(202, transfer(&b, "{\"to\":\"+15550177\"}", NULL), "POST");
	take_refer(&b.a, 0, NULL);
	expect(&b, 0, "transfer.failed", 408);
	CHECK_INT(1, bridge_count(&b.bridge, "/v1/calls"), "it is up");
	hang_up(&b, &b.a);
	end(&b);
}

/* The far end will try, and is not heard of again: after 180 T1 (90 s; here 3.6) the call is ours again.  What it says later is
 * nobody's, and it may be sent elsewhere once more. */
TEST(news_are_waited_for_so_long)
{
	enum { T1_MS = 20, LIMIT_MS = 180 * T1_MS };
	struct bed b;
	size_t at;
	uint64_t began_ms, ended_ms;

	begin_at(&b, "refer: { out: numbers }", T1_MS);
	began_ms = test_now_ms();
	CHECK_INT(202, transfer(&b, "{\"to\":\"+15550177\"}", NULL), "POST");
	take_refer(&b.a, 202, NULL);
	notify(&b.a, "SIP/2.0 180 Ringing\r\n", "active;expires=60");
	at = expect(&b, 0, "transfer.progress", 180);
	test_sleep_ms(LIMIT_MS - 800 - (unsigned)(test_now_ms() - began_ms));
	CHECK_INT(-1, events_wait(b.events, at, "transfer.failed", NULL, NULL, 0), "not before");
	at = expect(&b, at, "transfer.failed", 0);
	CHECK_STR("no word from the far end",
		json_text_at(events_get(b.events, (int)at - 1, &ended_ms), "why"), "why");
	CHECK(ended_ms - began_ms >= LIMIT_MS - 50 && ended_ms - began_ms < LIMIT_MS + 2000, "%u ms",
		(unsigned)(ended_ms - began_ms));
	notify(&b.a, "SIP/2.0 200 OK\r\n", "terminated;reason=noresource");
	CHECK(gate_quiet(&b.a.gate, "BYE", 200), "too late to be believed");
	CHECK_INT(1, bridge_count(&b.bridge, "/v1/calls"), "it is up");
	CHECK_INT(202, transfer(&b, "{\"to\":\"+15550177\"}", NULL), "again");
	take_refer(&b.a, 603, NULL);
	expect(&b, at, "transfer.failed", 603);
	hang_up(&b, &b.a);
	end(&b);
}

TEST(a_challenge_is_answered)
{
	struct bed b;

	begin(&b, "refer: { out: numbers }");
	CHECK_INT(202, transfer(&b, "{\"to\":\"+15550177\"}", NULL), "POST");
	take_refer(&b.a, 407, "Proxy-Authenticate: Digest realm=\"carrier\", nonce=\"n\", qop=\"auth\"\r\n");
	take_refer(&b.a, 202, NULL);
	CHECK(strstr(gate_header(&b.a.r, "Proxy-Authorization"), "response="), "%s", b.a.r.text);
	notify(&b.a, "SIP/2.0 200 OK\r\n", "terminated;reason=noresource");
	expect(&b, 0, "transfer.done", 200);
	CHECK(gate_wait(&b.a.gate, &b.a.r, "BYE", WAIT_MS), "BYE");
	gate_answer(&b.a.gate, &b.a.r, 200, NULL, NULL, NULL);
	end(&b);
}

/* RFC 3891: the dialog as the second call's far end knows it. */
TEST(attended)
{
	struct bed b;
	char body[100], want[600];
	const char *from;

	begin(&b, "refer: { out: numbers }");
	answer_call(&b, &b.b, "+442079460001");
	snprintf(body, sizeof(body), "{\"replaces\":\"%s\"}", b.b.id);
	CHECK_INT(202, transfer(&b, body, NULL), "POST");
	take_refer(&b.a, 202, NULL);
	from = strstr(gate_header(&b.b.invite, "From"), ";tag=");
	CHECK(from, "From's tag");
	snprintf(want, sizeof(want), "<sip:gate@127.0.0.12:%u?Replaces=%s%%3Bto-tag%%3Da%%3Bfrom-tag%%3D%s>",
		b.b.gate.port, gate_header(&b.b.invite, "Call-ID"), from + 5);
	CHECK_STR(want, gate_header(&b.a.r, "Refer-To"), "Refer-To");
	notify(&b.a, "SIP/2.0 200 OK\r\n", "terminated;reason=noresource");
	expect(&b, 0, "transfer.done", 200);
	CHECK(gate_wait(&b.a.gate, &b.a.r, "BYE", WAIT_MS), "BYE");
	gate_answer(&b.a.gate, &b.a.r, 200, NULL, NULL, NULL);
	gate_request(&b.b.gate, &b.b.invite, "BYE", "a", 1); /* it was replaced */
	end(&b);
}

TEST(what_may_be_asked)
{
	static const struct {
		const char *policy, *body;
		long status;
		const char *code;
	} cases[] = {
		{ "dtmf: auto", "{\"to\":\"+15550177\"}", 403, "forbidden_by_trunk" },
		{ "refer: { out: numbers }", "{\"to\":\"sip:bob@example.com\"}", 403, "forbidden_by_trunk" },
		{ "refer: { out: any }", "{\"to\":\"sip:bob@exa mple.com\"}", 400, "bad_request" },
		{ "refer: { out: any }", "{\"to\":\"sip:\"}", 409, "conflict" },
		{ "refer: { out: any }", "{\"to\":\"+19005550100\"}", 403, "refused" }, /* premium */
		{ "refer: { out: any }", "{\"to\":\"+4930123456\"}", 422, "no_route" },
		{ "refer: { out: any }", "{\"to\":\"bob\"}", 400, "bad_request" },
		{ "refer: { out: any }", "{}", 400, "bad_request" },
		{ "refer: { out: any }", "{\"to\":\"+15550177\",\"replaces\":\"x\"}", 400, "bad_request" },
		{ "refer: { out: any }", "{\"replaces\":\"x\"}", 400, "bad_request" },
		{ "refer: { out: any }", "{\"to\":\"sip:bob@example.com;user=ip\"}", 202, "" },
	};
	struct bed b;
	char code[64];

	begin(&b, cases[0].policy);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK_INT(200, bridge_put_site(&b.bridge, site_of(&b, cases[i].policy), NULL), "site");
		CHECK_INT(cases[i].status, transfer(&b, cases[i].body, code), cases[i].body);
		CHECK_STR(cases[i].code, code, cases[i].body);
		CHECK(cases[i].status == 202 || gate_quiet(&b.a.gate, "REFER", 30), "%s: REFER",
			cases[i].body);
	}
	take_refer(&b.a, 202, NULL);
	CHECK_STR("<sip:bob@example.com;user=ip>", gate_header(&b.a.r, "Refer-To"), "a URI");
	gate_request(&b.a.gate, &b.a.invite, "BYE", "a", 1); /* it goes, and says nothing more */
	expect(&b, 0, "transfer.done", 0);
	end(&b);
}

/* The same against SIPp, which ends with 0 when each step was as its scenario says. */
TEST(sipp_is_sent_elsewhere)
{
	struct bed b = { .a.gate.port = free_sip_port("127.0.0.11"), .b.gate.port = 9 };
	char port[8];
	struct peer sipp;
	const json_t *event;
	long status;
	int at;

	CHECK(bridge_start(
		      &b.bridge, &(struct bridge_setup){ .site = site_of(&b, "refer: { out: numbers }") }),
		"bridge");
	b.events = events_open(&b.bridge, NULL);
	CHECK(b.events, "events");
	snprintf(port, sizeof(port), "%u", b.a.gate.port);
	{
		const char *const argv[] = { "sipp", "-sf", "tests/flow/sipp/gateway_refer.xml", "-i",
			"127.0.0.11", "-p", port, "-m", "1", "-nostdin", "-timeout", "15s", NULL };

		CHECK(peer_start(&sipp, &b.bridge.folder, "sipp", argv), "sipp");
	}
	test_sleep_ms(400); /* SIPp says nothing when it listens */
	json_decref(bridge_call(
		&b.bridge, "POST", "/v1/meetings/100200300/calls", NULL, "{\"to\":\"+15550199\"}", &status));
	CHECK_INT(202, status, "POST");
	at = events_wait(b.events, 0, "call.answered", NULL, NULL, WAIT_MS);
	CHECK(at >= 0, "answered");
	event = events_get(b.events, at, NULL);
	snprintf(b.a.id, sizeof(b.a.id), "%s", json_text_at(event, "call"));
	CHECK_INT(202, transfer(&b, "{\"to\":\"+15550177\"}", NULL), "POST");
	if (peer_wait_exit(&sipp, 15000) != 0)
		peer_show(&sipp);
	CHECK_INT(0, sipp.code, "SIPp");
	expect(&b, 0, "transfer.progress", 180);
	expect(&b, 0, "transfer.done", 200);
	CHECK(bridge_wait_count(&b.bridge, "/v1/calls", 0, WAIT_MS), "calls are left");
	events_close(b.events);
	CHECK_INT(0, bridge_stop(&b.bridge), "bridge");
}

TESTS(sipp_is_sent_elsewhere, blind, failures_leave_the_call_up, silence_is_a_failure,
	news_are_waited_for_so_long, a_challenge_is_answered, attended, what_may_be_asked)
