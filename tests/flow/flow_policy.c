/* links: tests/rawsip.c tests/gate.c */
#include "tests/flow/ask.h"
#include "tests/flow/events.h"
#include "tests/gate.h"
#include "tests/rawsip.h"
#include "tests/test.h"

#include <stdlib.h>

/* What each trunk allows, believes, hides and says. */
static const char site[] =
	"accounts:\n  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Open }\n"
	"trunks:\n"
	"  - { name: plain, inbound: { from: [ 127.0.0.2 ] }, ranges: [ \"+15550100..99\" ] }\n"
	"  - { name: doubted, inbound: { from: [ 127.0.0.3 ], trust: false }, ptime: 30, dtmf: inband }\n"
	"  - { name: small, inbound: { from: [ 127.0.0.4 ] }, limits: { channels: 1, refusal: busy, call_s: "
	"1 } }\n"
	"  - { name: shut, inbound: { from: [ 127.0.0.5 ] }, maintenance: true }\n"
	"  - name: mapped\n    inbound: { from: [ 127.0.0.6 ], map: [ \"X-Customer: customer\", "
	"\"User-Agent: agent\", "
	"\"X-None: none\" ], add: [ \"X-Call: {call}\", \"X-Of: {account} {meeting}, {caller} to {called}\" "
	"] }\n"
	"  - { name: deaf, inbound: { from: [ 127.0.0.7 ], strip: [ user-agent, Session-ID, "
	"Identity, "
	"P-Asserted-Identity, X-Any ] } }\n"
	"  - { name: hears, inbound: { from: [ 127.0.0.8 ] } }\n"
	"  - name: out\n    outbound: { gateways: [ \"sip:127.0.0.21:%u\" ], keepalive: false, diversion: "
	"true, "
	"privacy: true, add: [ \"X-Tenant: {account}\", \"X-B: c\", \"X-To: <{called}> by {trunk}, "
	"<{caller}>\" ], strip: [ User-Agent ] }\n"
	"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ out ], caller_id: \"+15550101\" }\n"
	"numbers:\n"
	"  - { number: \"+15550101\", account: acme, answer: \"meeting:100200300\" }\n";

enum { WAIT_MS = 3000 };

struct bed {
	struct bridge bridge;
	struct gate gate;
	struct raw caller;
};

static void begin(struct bed *b, const char *ip)
{
	static char text[4096];

	CHECK(gate_open(&b->gate, "127.0.0.21"), "gateway");
	snprintf(text, sizeof(text), site, b->gate.port);
	CHECK(bridge_start(&b->bridge, &(struct bridge_setup){ .site = text }), "bridge");
	CHECK(raw_open(&b->caller, ip, 0, b->bridge.sip_port, false), "socket");
}

static void end(struct bed *b)
{
	raw_close(&b->caller);
	CHECK_INT(0, bridge_stop(&b->bridge), "bridge");
	gate_close(&b->gate);
}

static unsigned invite(struct raw *r, const char *number, const char *headers)
{
	return raw_invite(r, number, headers, WAIT_MS);
}

static void hang_up(struct bed *b)
{
	raw_request(&b->caller, "BYE", NULL, NULL);
	CHECK_INT(200, raw_final(&b->caller, WAIT_MS), "BYE");
	CHECK(bridge_wait_count(&b->bridge, "/v1/calls", 0, WAIT_MS), "it has gone");
}

/* Who calls, while the call lives and in its record; a stranger to the PSTN's words is believed as far as its trunk is. */
TEST(who_calls_is_told_as_far_as_the_trunk_is_believed)
{
	static const char *const headers =
		"From: \"Ann\" <sip:+15550001@h>;tag=a1\r\n"
		"P-Asserted-Identity: <tel:+15550002>\r\n"
		"Diversion: <sip:+15550008@h>;reason=no-answer, <sip:+15550009@h>;reason=user-busy\r\n"
		"Session-ID: ab30317f1a784dc48ff824d0d3715d86;remote=00000000000000000000000000000000\r\n";
	static const struct {
		const char *story, *ip, *more, *from, *by, *diverted, *why;
	} cases[] = {
		{ "believed", "127.0.0.2", "", "+15550002", "pai", "+15550009", "user-busy" },
		{ "hidden", "127.0.0.2", "Privacy: id\r\n", "anonymous", "pai", "+15550009", "user-busy" },
		{ "doubted", "127.0.0.3", "", "+15550001", "from", "", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bed b;
		char all[1024], session[33];
		json_t *live, *row;

		begin(&b, cases[i].ip);
		snprintf(all, sizeof(all), "%s%s", headers, cases[i].more);
		CHECK_INT(200, invite(&b.caller, "+15550101", all), cases[i].story);
		{
			const char *at = strstr(b.caller.last, "Session-ID: ");

			CHECK(at && sscanf(at, "Session-ID: %32[0-9a-f];", session) == 1, "%s",
				b.caller.last);
			CHECK(strstr(at, ";remote=ab30317f1a784dc48ff824d0d3715d86"),
				"RFC 7989 section 5: %s", at);
		}
		live = bridge_get(&b.bridge, "/v1/calls");
		CHECK_STR(cases[i].by, json_text_at(live, "items.0.caller_by"), cases[i].story);
		CHECK_STR(cases[i].why, json_text_at(live, "items.0.diversion"), cases[i].story);
		CHECK_STR(session, json_text_at(live, "items.0.session_id"), "ours");
		json_decref(live);
		raw_request(&b.caller, "BYE", "From: <sip:+15550001@h>;tag=a1\r\n", NULL);
		CHECK_INT(200, raw_final(&b.caller, WAIT_MS), "BYE");
		row = record_wait(&b.bridge, b.caller.call_id, WAIT_MS);
		CHECK_STR(cases[i].from, json_text_at(row, "from"), cases[i].story);
		CHECK_STR(cases[i].by, json_text_at(row, "caller_by"), cases[i].story);
		CHECK_STR(cases[i].diverted, json_text_at(row, "diverted_from"), cases[i].story);
		CHECK_STR(cases[i].why, json_text_at(row, "diversion"), cases[i].story);
		CHECK_STR(session, json_text_at(row, "session_id"), "ours");
		CHECK_STR("ab30317f1a784dc48ff824d0d3715d86", json_text_at(row, "session_peer"), "theirs");
		json_decref(row);
		end(&b);
	}
}

/* T21: the trunk's own ptime and ways of keys, its refusal, and its longest call. */
TEST(a_trunk_has_its_own_limits)
{
	struct bed b;
	struct raw second;
	json_t *row;

	begin(&b, "127.0.0.3");
	CHECK_INT(200, invite(&b.caller, "+15550101", NULL), "a call");
	CHECK(raw_has(&b.caller, "a=ptime:30\r\n"), "%s", b.caller.last);
	CHECK(!raw_has(&b.caller, "telephone-event"), "keys come as sound alone: %s", b.caller.last);
	hang_up(&b);
	end(&b);

	begin(&b, "127.0.0.2");
	CHECK_INT(200, invite(&b.caller, "+15550101", NULL), "a call");
	CHECK(raw_has(&b.caller, "telephone-event") && raw_has(&b.caller, "a=ptime:20\r\n"), "%s",
		b.caller.last);
	hang_up(&b);
	end(&b);

	begin(&b, "127.0.0.4");
	CHECK_INT(200, invite(&b.caller, "+15550101", NULL), "the one channel");
	CHECK(raw_open(&second, "127.0.0.4", 0, b.bridge.sip_port, false), "socket");
	CHECK_INT(486, invite(&second, "+15550101", NULL), "busy, as this carrier wants it");
	raw_close(&second);
	CHECK_INT(1, raw_wait(&b.caller, WAIT_MS), "a second later");
	CHECK(strncmp(b.caller.last, "BYE ", 4) == 0 && raw_has(&b.caller, "Reason: Q.850;cause=31") &&
			raw_has(&b.caller, "Session-ID: "),
		"%s", b.caller.last);
	raw_reply(&b.caller, 200, NULL);
	row = record_wait(&b.bridge, b.caller.call_id, WAIT_MS);
	CHECK_STR("longer than the trunk's 1 s", json_text_at(row, "cause"), "cause");
	json_decref(row);
	end(&b);

	begin(&b, "127.0.0.5");
	CHECK_INT(503, invite(&b.caller, "+15550101", NULL), "maintenance (T26)");
	CHECK(raw_has(&b.caller, "Retry-After: "), "%s", b.caller.last);
	end(&b);
}

static bool both_are_told(void *arg)
{
	struct bed *b = arg;
	char *text = bridge_text(&b->bridge, "GET", "/v1/alerts", NULL, NULL, NULL);
	const bool are = text && strstr(text, ": 2, the last to +15550999");

	free(text);
	return are;
}

/*  carrier           us
 *  INVITE ----------->   a number of the trunk's ranges that nobody has
 *  <------ 183 with description: the sentence
 *  <------ 404, cause 1 */
TEST(an_unassigned_number_has_its_own_sentence)
{
	struct events *events;
	struct bed b;
	json_t *row;
	int at;

	begin(&b, "127.0.0.2");
	events = events_open(&b.bridge, NULL);
	CHECK(events, "events");
	raw_fresh(&b.caller, "+15550177");
	raw_request(&b.caller, "INVITE", NULL, raw_offer);
	CHECK_INT(183, raw_wait(&b.caller, WAIT_MS), "the sentence begins");
	CHECK(raw_has(&b.caller, "m=audio "), "%s", b.caller.last);
	b.caller.to_tag[0] = '\0';
	CHECK_INT(404, raw_final(&b.caller, 15000), "and ends");
	CHECK(raw_has(&b.caller, "Reason: Q.850;cause=1;"), "%s", b.caller.last);
	raw_request(&b.caller, "ACK", NULL, NULL);
	at = events_wait(events, 0, "number.unassigned", "number", "+15550177", WAIT_MS);
	CHECK(at >= 0, "the operator is told");
	CHECK_STR("plain", json_text_at(events_get(events, at, NULL), "trunk"), "by which trunk");
	row = record_wait(&b.bridge, b.caller.call_id, WAIT_MS);
	CHECK_STR("nobody has this number", json_text_at(row, "cause"), "cause");
	CHECK(json_at(row, "tx_packets", 0) > 20, "sound went out: %g packets",
		json_at(row, "tx_packets", 0));
	json_decref(row);
	/* one that the trunk is not known to deliver is refused at once, and told as well */
	CHECK_INT(404, invite(&b.caller, "+15550999", NULL), "not of its ranges");
	CHECK(events_wait(events, 0, "number.unassigned", "number", "+15550999", WAIT_MS) >= 0, "told");
	at = events_need(events, &b.bridge, "alert.raised", "kind", "number_unassigned", 8000);
	CHECK_STR("plain", json_text_at(events_get(events, at, NULL), "subject"), "an alert of the trunk");
	CHECK(wait_until(both_are_told, &b, 8000), "how many, and which one last");
	events_close(events);
	end(&b);
}

/* So many are told at once; who comes when they are is refused at once, and takes the place of one that hangs up. */
TEST(so_many_are_told_at_once)
{
	enum { AT_ONCE = 20, FREED = 7 };
	static struct raw callers[AT_ONCE];
	struct bed b;

	begin(&b, "127.0.0.2");
	for (unsigned i = 0; i < AT_ONCE; i++) {
		CHECK(raw_open(&callers[i], "127.0.0.2", 0, b.bridge.sip_port, false), "socket");
		raw_fresh(&callers[i], "+15550177");
		raw_request(&callers[i], "INVITE", NULL, raw_offer);
		CHECK_INT(183, raw_wait(&callers[i], WAIT_MS), "told");
	}
	CHECK_INT(404, invite(&b.caller, "+15550177", NULL), "one too many");
	callers[FREED].to_tag[0] = '\0';
	snprintf(callers[FREED].target, sizeof(callers[FREED].target), "sip:+15550177@127.0.0.1:%u",
		b.bridge.sip_port);
	raw_request(&callers[FREED], "CANCEL", NULL, NULL);
	CHECK(bridge_wait_count(&b.bridge, "/v1/calls", AT_ONCE - 1, WAIT_MS), "one hangs up");
	raw_fresh(&b.caller, "+15550177");
	raw_request(&b.caller, "INVITE", NULL, raw_offer);
	CHECK_INT(183, raw_wait(&b.caller, WAIT_MS), "the next is told");
	for (unsigned i = 0; i < AT_ONCE; i++)
		raw_close(&callers[i]);
	end(&b);
}

/* A call of ours that comes back would hear itself (T25). */
TEST(a_loop_is_not_answered)
{
	struct gate_request r;
	char via[200], session[200];
	struct bed b;
	long status;

	begin(&b, "127.0.0.2");
	snprintf(via, sizeof(via),
		"Via: SIP/2.0/UDP 127.0.0.2:%u;branch=z9hG4bK1\r\nVia: SIP/2.0/UDP "
		"127.0.0.1:%u;branch=z9hG4bK2\r\n",
		b.caller.port, b.bridge.sip_port);
	CHECK_INT(482, invite(&b.caller, "+15550101", via), "it went by us");
	snprintf(via, sizeof(via),
		"Via: SIP/2.0/UDP 127.0.0.2:%u;branch=z9hG4bK3\r\nVia: SIP/2.0/UDP "
		"127.0.0.1:%u;branch=z9hG4bK4\r\n",
		b.caller.port, b.bridge.sip_port + 1);
	CHECK_INT(200, invite(&b.caller, "+15550101", via), "it went by a neighbour");
	hang_up(&b);
	/* a carrier's border has rewritten Via, Call-ID and all, but not the Session-ID */
	json_decref(bridge_call(
		&b.bridge, "POST", "/v1/meetings/100200300/calls", NULL, "{\"to\":\"+15550199\"}", &status));
	CHECK_INT(202, status, "a call of ours");
	CHECK(gate_wait(&b.gate, &r, "INVITE", WAIT_MS), "INVITE");
	snprintf(session, sizeof(session), "Session-ID: %.32s\r\n", gate_header(&r, "Session-ID"));
	CHECK_INT(482, invite(&b.caller, "+15550101", session), "it is that call");
	gate_answer(&b.gate, &r, 486, "a", NULL, NULL);
	end(&b);
}

/* The value of a header in the raw message that came last, compared. */
static void check_header(const struct raw *r, const char *name, const char *value)
{
	char line[200];

	snprintf(line, sizeof(line), "\r\n%s: %s\r\n", name, value);
	CHECK(raw_has(r, line), "%s in %s", line, r->last);
}

/* T17: what a carrier's headers say goes into the call and its record, and what we know of the call into our answers. */
TEST(headers_are_carried_both_ways)
{
	static const char want[] = "customer=47%3B11; agent=their switch/2";
	char id[64];
	json_t *live, *row;
	struct bed b;

	begin(&b, "127.0.0.6");
	CHECK_INT(200,
		invite(&b.caller, "+15550101",
			"From: <sip:+15550001@h>;tag=a1\r\nX-Customer:  47;11 \r\nUser-Agent: their "
			"switch/2\r\n"),
		"a call");
	live = bridge_get(&b.bridge, "/v1/calls");
	CHECK_STR(want, json_text_at(live, "items.0.headers"), "while it is up");
	snprintf(id, sizeof(id), "%s", json_text_at(live, "items.0.id"));
	json_decref(live);
	check_header(&b.caller, "X-Call", id);
	check_header(&b.caller, "X-Of", "acme 100200300, +15550001 to +15550101");
	raw_request(&b.caller, "BYE", "From: <sip:+15550001@h>;tag=a1\r\n", NULL);
	CHECK_INT(200, raw_final(&b.caller, WAIT_MS), "BYE");
	CHECK(!raw_has(&b.caller, "X-Call"), "in answers to an INVITE alone: %s", b.caller.last);
	row = record_wait(&b.bridge, b.caller.call_id, WAIT_MS);
	CHECK_STR(want, json_text_at(row, "headers"), "and afterwards");
	json_decref(row);

	CHECK_INT(200, invite(&b.caller, "+15550101", "From: <sip:+15550001@h>;tag=a1\r\nPrivacy: id\r\n"),
		"hidden");
	check_header(&b.caller, "X-Of", "acme 100200300,  to +15550101");
	end(&b);
}

/* What a trunk strips is as good as absent, whatever header it is: in the record, and in what we answer. */
TEST(what_is_stripped_is_not_heard)
{
	static const char headers[] =
		"From: <sip:+15550001@h>;tag=a1\r\nP-Asserted-Identity: <tel:+15550002>\r\n"
		"X-Any: x\r\n"
		"Session-ID: ab30317f1a784dc48ff824d0d3715d86;remote="
		"00000000000000000000000000000000\r\n";
	static const struct {
		const char *ip, *from, *by, *peer, *remote;
	} cases[] = {
		{ "127.0.0.7", "+15550001", "from", "", ";remote=00000000000000000000000000000000" },
		{ "127.0.0.8", "+15550002", "pai", "ab30317f1a784dc48ff824d0d3715d86",
			";remote=ab30317f1a784dc48ff824d0d3715d86" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bed b;
		json_t *row;

		begin(&b, cases[i].ip);
		CHECK_INT(200, invite(&b.caller, "+15550101", headers), cases[i].ip);
		CHECK(raw_has(&b.caller, cases[i].remote), "%s", b.caller.last);
		raw_request(&b.caller, "BYE", "From: <sip:+15550001@h>;tag=a1\r\n", NULL);
		CHECK_INT(200, raw_final(&b.caller, WAIT_MS), "BYE");
		row = record_wait(&b.bridge, b.caller.call_id, WAIT_MS);
		CHECK_STR(cases[i].from, json_text_at(row, "from"), cases[i].ip);
		CHECK_STR(cases[i].by, json_text_at(row, "caller_by"), cases[i].ip);
		CHECK_STR(cases[i].peer, json_text_at(row, "session_peer"), cases[i].ip);
		json_decref(row);
		end(&b);
	}
}

/* A mistake is refused by line and key. */
TEST(headers_that_cannot_be_are_refused)
{
	static const struct {
		const char *body, *field;
	} cases[] = {
		{ "{\"inbound\":{\"map\":[\"X-A: Big\"]}}", "inbound.map[0]" },
		{ "{\"inbound\":{\"map\":[\"X-A: a\",\"no name\"]}}", "inbound.map[1]" },
		{ "{\"inbound\":{\"add\":[\"X-A: {pin}\"]}}", "inbound.add[0]" },
		{ "{\"inbound\":{\"add\":[\"Via: x\"]}}", "inbound.add[0]" },
		{ "{\"outbound\":{\"add\":[\"X-A: {\"]}}", "outbound.add[0]" },
	};
	struct bed b;

	begin(&b, "127.0.0.6");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		long status;
		json_t *answer =
			bridge_call(&b.bridge, "PATCH", "/v1/trunks/mapped", NULL, cases[i].body, &status);

		CHECK_INT(422, status, cases[i].body);
		CHECK_STR(cases[i].field, json_text_at(answer, "error.field"), cases[i].body);
		json_decref(answer);
	}
	end(&b);
}

/* T17, T18: what this carrier gets, and what it does not. */
TEST(a_trunk_says_what_it_is_told_to)
{
	struct gate_request r;
	struct bed b;
	long status;

	begin(&b, "127.0.0.2");
	json_decref(bridge_call(
		&b.bridge, "POST", "/v1/meetings/100200300/calls", NULL, "{\"to\":\"+15550199\"}", &status));
	CHECK_INT(202, status, "a call of ours");
	CHECK(gate_wait(&b.gate, &r, "INVITE", WAIT_MS), "INVITE");
	CHECK_STR("acme", gate_header(&r, "X-Tenant"), "added");
	CHECK_STR("c", gate_header(&r, "X-B"), "added");
	CHECK_STR("<+15550199> by out, <>", gate_header(&r, "X-To"),
		"words filled in; who calls is hidden from it");
	CHECK_STR("", gate_header(&r, "User-Agent"), "left out");
	CHECK(strstr(gate_header(&r, "From"), "anonymous.invalid"), "%s", gate_header(&r, "From"));
	CHECK_STR("id", gate_header(&r, "Privacy"), "RFC 3323");
	CHECK(strstr(gate_header(&r, "Diversion"), "sip:+15550101@"), "%s", gate_header(&r, "Diversion"));
	CHECK(strstr(gate_header(&r, "Session-ID"), ";remote=00000000000000000000000000000000"), "%s",
		gate_header(&r, "Session-ID"));
	gate_answer(
		&b.gate, &r, 200, "a", "Session-ID: ab30317f1a784dc48ff824d0d3715d86;remote=0\r\n", gate_sdp);
	CHECK(gate_wait(&b.gate, &r, "ACK", WAIT_MS), "ACK");
	CHECK(strstr(gate_header(&r, "Session-ID"), ";remote=ab30317f1a784dc48ff824d0d3715d86"), "%s",
		gate_header(&r, "Session-ID"));
	end(&b);
}

TESTS(who_calls_is_told_as_far_as_the_trunk_is_believed, a_trunk_has_its_own_limits,
	an_unassigned_number_has_its_own_sentence, so_many_are_told_at_once, a_loop_is_not_answered,
	headers_are_carried_both_ways, what_is_stripped_is_not_heard, headers_that_cannot_be_are_refused,
	a_trunk_says_what_it_is_told_to)
