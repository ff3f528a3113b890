/* links: tests/gate.c tests/rawsip.c */
/* Phones that send calls about (O9): REFER from who sits in a meeting, and INVITE with Replaces. */
#include "tests/flow/ask.h"
#include "tests/flow/bridge.h"
#include "tests/flow/events.h"
#include "tests/gate.h"
#include "tests/rawsip.h"
#include "tests/test.h"

#include <stdlib.h>

enum { SITE = 4096, WAIT_MS = 6000 };

struct bed {
	struct bridge bridge;
	struct events *events;
	struct gate gate; /* the carrier that calls go out by */
	struct gate_request invite, r;
	struct raw phone; /* in the meeting */
};

static const char *site_of(const char *policy, unsigned port)
{
	static char site[SITE];

	snprintf(site, sizeof(site),
		"accounts:\n  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Open }\n"
		"      - { id: \"444\", name: Closed, guest_pin: \"1\" }\n"
		"      - { id: \"200300400\", name: Other }\n"
		"trunks:\n  - { name: phones, inbound: { from: [ 127.0.0.2 ] }%s }\n"
		"  - { name: others, inbound: { from: [ 127.0.0.3 ] }, refer: { in: true } }\n"
		"  - { name: out, outbound: { gateways: [ \"sip:127.0.0.11:%u\" ], keepalive: false } }\n"
		"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ out%s ] }\n"
		"numbers:\n  - { number: \"+15550101\", account: acme, answer: \"meeting:100200300\" }\n"
		"  - { number: \"+15550102\", account: acme, answer: \"meeting:444\" }\n"
		"  - { number: \"+15550103\", account: acme, answer: \"meeting:200300400\" }\n",
		policy, port, strstr(policy, "outbound") ? ", phones" : "");
	return site;
}

static const char allowed[] = ", refer: { in: true }";

static void begin(struct bed *b, const char *policy, const char *number)
{
	memset(b, 0, sizeof(*b));
	CHECK(gate_open(&b->gate, "127.0.0.11"), "socket");
	CHECK(bridge_start(&b->bridge,
		      &(struct bridge_setup){ .site = site_of(policy, b->gate.port), .t1_ms = 100 }),
		"bridge");
	b->events = events_open(&b->bridge, NULL);
	CHECK(b->events, "events");
	CHECK(raw_open(&b->phone, "127.0.0.2", 0, b->bridge.sip_port, false), "phone");
	CHECK_INT(200, raw_call(&b->phone, number), "call");
}

static void end(struct bed *b)
{
	CHECK(bridge_wait_count(&b->bridge, "/v1/calls", 0, WAIT_MS), "calls are left");
	events_close(b->events);
	gate_close(&b->gate);
	raw_close(&b->phone);
	CHECK_INT(0, bridge_stop(&b->bridge), "bridge");
}

static int people(struct bed *b)
{
	return bridge_count(&b->bridge, "/v1/meetings/100200300/participants");
}

/* The next request, which is a NOTIFY with this in it; answered. */
static void expect_notify(struct bed *b, const char *fragment, const char *state)
{
	CHECK_INT(1, raw_wait(&b->phone, WAIT_MS), fragment);
	CHECK(strncmp(b->phone.last, "NOTIFY ", 7) == 0 && raw_has(&b->phone, fragment) &&
			raw_has(&b->phone, state) && raw_has(&b->phone, "Event: refer") &&
			raw_has(&b->phone, "message/sipfrag"),
		"wanted %s, %s: %s", fragment, state, b->phone.last);
	raw_reply(&b->phone, 200, NULL);
}

static void bye(struct raw *phone)
{
	raw_request(phone, "BYE", NULL, NULL);
	CHECK_INT(200, raw_final(phone, WAIT_MS), "BYE");
}

/*  phone                bridge                     carrier
 *  REFER ------------------>
 *  <--- 202, NOTIFY 100     INVITE --------------------->
 *  <--------- NOTIFY 180    <------------------------ 180
 *                           <------- 200; 1 is pressed
 *  <---- NOTIFY 200, BYE      and the meeting goes on with who was called */
TEST(somebody_is_called_in)
{
	struct bed b;
	json_t *record;

	begin(&b, allowed, "+15550101");
	CHECK(bridge_wait_count(&b.bridge, "/v1/meetings/100200300/participants", 1, WAIT_MS), "seated");
	raw_request(&b.phone, "REFER", "Refer-To: <sip:%2B15550177@pbx.invalid;user=phone>\r\n", NULL);
	CHECK_INT(202, raw_wait(&b.phone, WAIT_MS), "REFER");
	expect_notify(&b, "SIP/2.0 100 ", "active");
	CHECK(gate_wait(&b.gate, &b.invite, "INVITE", WAIT_MS), "INVITE");
	CHECK(strncmp(gate_line(&b.invite), "INVITE sip:+15550177@127.0.0.11", 31) == 0, "%s",
		gate_line(&b.invite));
	raw_request(&b.phone, "REFER", "Refer-To: <sip:+15550178@pbx.invalid>\r\n", NULL);
	CHECK_INT(491, raw_wait(&b.phone, WAIT_MS), "one at a time");
	gate_answer(&b.gate, &b.invite, 180, "a", NULL, NULL);
	expect_notify(&b, "SIP/2.0 180 ", "active");
	gate_answer(&b.gate, &b.invite, 200, "a", NULL, gate_sdp);
	CHECK(gate_wait(&b.gate, &b.r, "ACK", WAIT_MS), "ACK");
	CHECK_INT(0, raw_wait(&b.phone, 300), "an answer alone is no success: it may be a machine");
	gate_request_body(&b.gate, &b.invite, "INFO", "a", 1, "Content-Type: application/dtmf-relay\r\n",
		"Signal=1\r\nDuration=160\r\n");
	expect_notify(&b, "SIP/2.0 200 ", "terminated");
	CHECK_INT(1, raw_wait(&b.phone, WAIT_MS), "BYE");
	CHECK(strncmp(b.phone.last, "BYE ", 4) == 0, "%s", b.phone.last);
	raw_reply(&b.phone, 200, NULL);
	CHECK_INT(1, people(&b), "who was called goes on");
	record = record_wait(&b.bridge, b.phone.call_id, WAIT_MS);
	CHECK_STR("+15550177", json_text_at(record, "transferred"), "record");
	CHECK_STR("caller", json_text_at(record, "ended_by"), "record");
	json_decref(record);
	gate_request(&b.gate, &b.invite, "BYE", "a", 2);
	end(&b);
}

/* Who does not come: the phone is told, stays, and may try again. */
TEST(whoever_is_busy_is_told)
{
	static const struct {
		unsigned status;
		const char *fragment;
	} cases[] = { { 486, "SIP/2.0 486 " }, { 404, "SIP/2.0 404 " }, { 603, "SIP/2.0 603 " } };
	struct bed b;

	begin(&b, allowed, "+15550101");
	CHECK(bridge_wait_count(&b.bridge, "/v1/meetings/100200300/participants", 1, WAIT_MS), "seated");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		raw_request(&b.phone, "REFER", "Refer-To: <tel:+15550177>\r\n", NULL);
		CHECK_INT(202, raw_wait(&b.phone, WAIT_MS), "REFER");
		expect_notify(&b, "SIP/2.0 100 ", "active");
		CHECK(gate_wait(&b.gate, &b.invite, "INVITE", WAIT_MS), "INVITE");
		gate_answer(&b.gate, &b.invite, cases[i].status, "a", NULL, NULL);
		expect_notify(&b, cases[i].fragment, "terminated");
		CHECK_INT(1, people(&b), "it stays");
	}
	/* it leaves before the answer: who was called comes in all the same */
	raw_request(&b.phone, "REFER", "Refer-To: <tel:+15550177>\r\n", NULL);
	CHECK_INT(202, raw_wait(&b.phone, WAIT_MS), "REFER");
	expect_notify(&b, "SIP/2.0 100 ", "active");
	CHECK(gate_wait(&b.gate, &b.invite, "INVITE", WAIT_MS), "INVITE");
	bye(&b.phone);
	gate_answer(&b.gate, &b.invite, 200, "a", NULL, gate_sdp);
	CHECK(gate_wait(&b.gate, &b.r, "ACK", WAIT_MS), "ACK");
	gate_request_body(&b.gate, &b.invite, "INFO", "a", 1, "Content-Type: application/dtmf-relay\r\n",
		"Signal=1\r\nDuration=160\r\n");
	CHECK(bridge_wait_count(&b.bridge, "/v1/meetings/100200300/participants", 1, WAIT_MS), "seated");
	gate_request(&b.gate, &b.invite, "BYE", "a", 2);
	end(&b);
}

/* ---- attended: the phone has talked to them before ---- */

/* REFER with Replaces: the phone's own carrier gets an INVITE with it. */
static const char attended[] = "Refer-To: "
			       "<sip:+15550177@pbx.invalid?Replaces=98732%40sip.example.com%3Bfrom-tag%"
			       "3Dr33th4x0r%3Bto-tag%3Dff87ff>\r\n"
			       "Referred-By: <sip:ann@pbx.invalid>\r\n";

static void begin_attended(struct bed *b, struct gate *pbx, const char *more)
{
	static char policy[300];

	CHECK(gate_open(pbx, "127.0.0.12"), "socket");
	snprintf(policy, sizeof(policy),
		"%s, outbound: { gateways: [ \"sip:127.0.0.12:%u\" ], keepalive: false%s }", allowed,
		pbx->port, more);
	begin(b, policy, "+15550101");
	CHECK(bridge_wait_count(&b->bridge, "/v1/meetings/100200300/participants", 1, WAIT_MS), "seated");
}

/*  phone                bridge                       pbx
 *  REFER, Replaces -------->
 *  <--- 202, NOTIFY 100     INVITE, Replaces, Require -->
 *                           <------- 200; 1 is pressed
 *  <---- NOTIFY 200, BYE    (RFC 5589 section 7) */
TEST(whom_the_phone_has_talked_to_is_called_in)
{
	struct bed b;
	struct gate pbx;

	begin_attended(&b, &pbx, "");
	raw_request(&b.phone, "REFER", attended, NULL);
	CHECK_INT(202, raw_wait(&b.phone, WAIT_MS), "REFER");
	expect_notify(&b, "SIP/2.0 100 ", "active");
	CHECK(gate_wait(&pbx, &b.invite, "INVITE", WAIT_MS), "INVITE");
	CHECK(strncmp(gate_line(&b.invite), "INVITE sip:+15550177@127.0.0.12", 31) == 0, "%s",
		gate_line(&b.invite));
	CHECK_STR("98732@sip.example.com;to-tag=ff87ff;from-tag=r33th4x0r",
		gate_header(&b.invite, "Replaces"), "the dialog");
	CHECK_STR("replaces", gate_header(&b.invite, "Require"), "or nobody is called");
	CHECK_STR("<sip:ann@pbx.invalid>", gate_header(&b.invite, "Referred-By"), "RFC 3892");
	gate_answer(&pbx, &b.invite, 200, "a", NULL, gate_sdp);
	CHECK(gate_wait(&pbx, &b.r, "ACK", WAIT_MS), "ACK");
	CHECK_INT(0, raw_wait(&b.phone, 300), "it may be a machine that the phone has talked to");
	gate_request_body(&pbx, &b.invite, "INFO", "a", 1, "Content-Type: application/dtmf-relay\r\n",
		"Signal=1\r\nDuration=160\r\n");
	expect_notify(&b, "SIP/2.0 200 ", "terminated");
	CHECK_INT(1, raw_wait(&b.phone, WAIT_MS), "BYE");
	CHECK(strncmp(b.phone.last, "BYE ", 4) == 0, "%s", b.phone.last);
	raw_reply(&b.phone, 200, NULL);
	CHECK_INT(1, people(&b), "who was called goes on");
	CHECK(gate_quiet(&b.gate, "INVITE", 100), "by no other trunk");
	gate_request(&pbx, &b.invite, "BYE", "a", 2);
	gate_close(&pbx);
	end(&b);
}

/* Their call is over meanwhile, or they know no Replaces: the phone is told and stays, and nobody else is asked. */
TEST(whoever_is_not_there_any_more)
{
	static const struct {
		unsigned status;
		const char *fragment;
	} cases[] = { { 481, "SIP/2.0 481 " }, { 420, "SIP/2.0 420 " }, { 503, "SIP/2.0 503 " } };
	struct bed b;
	struct gate pbx;

	begin_attended(&b, &pbx, ", strip: [ Referred-By ]");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		raw_request(&b.phone, "REFER", attended, NULL);
		CHECK_INT(202, raw_wait(&b.phone, WAIT_MS), "REFER");
		expect_notify(&b, "SIP/2.0 100 ", "active");
		CHECK(gate_wait(&pbx, &b.invite, "INVITE", WAIT_MS), "INVITE");
		CHECK_STR("", gate_header(&b.invite, "Referred-By"), "stripped");
		gate_answer(&pbx, &b.invite, cases[i].status, "a", NULL, NULL);
		expect_notify(&b, cases[i].fragment, "terminated");
		CHECK_INT(1, people(&b), "it stays");
	}
	CHECK(gate_quiet(&b.gate, "INVITE", 100), "the other trunk's gateway does not know that call");
	bye(&b.phone);
	gate_close(&pbx);
	end(&b);
}

TEST(what_is_refused)
{
	static const struct {
		const char *policy, *number, *headers;
		unsigned status;
	} cases[] = {
		{ "", "+15550101", "Refer-To: <sip:+15550177@x.invalid>\r\n", 403 }, /* by the trunk */
		{ allowed, "+15550102", "Refer-To: <sip:+15550177@x.invalid>\r\n",
			603 }, /* it is not in a meeting */
		{ allowed, "+15550101", "", 400 },
		{ allowed, "+15550101",
			"Refer-To: <sip:+15550177@x.invalid>\r\nRefer-To: <sip:+15550178@x.invalid>\r\n",
			400 },
		{ allowed, "+15550101", "Refer-To: <sip:+15550177@x.invalid>, <sip:+15550178@x.invalid>\r\n",
			400 },
		{ allowed, "+15550101", "Refer-To: <http://x.invalid/>\r\n", 403 },
		{ allowed, "+15550101", "Refer-To: <urn:service:sos>\r\n", 403 },
		{ allowed, "+15550101", "Refer-To: <sip:x.invalid>\r\n", 403 },
		{ allowed, "+15550101", "Refer-To: <sip:bob@x.invalid>\r\n", 403 },
		{ allowed, "+15550101", "Refer-To: <sip:+4930123456@x.invalid>\r\n", 403 },  /* no route */
		{ allowed, "+15550101", "Refer-To: <sip:+19005550100@x.invalid>\r\n", 403 }, /* premium */
		{ allowed, "+15550101", "Refer-To: <sip:+15550177@x.invalid;method=BYE>\r\n", 403 },
		{ allowed, "+15550101",
			"Refer-To: <sip:+15550177@x.invalid?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>\r\n",
			403 }, /* the phone's trunk has no gateway, and another's does not know that call */
		{ allowed, "+15550101", "Refer-To: <sip:+15550177@x.invalid?Replaces=a%3Bto-tag%3Db>\r\n",
			403 },
		{ allowed, "+15550101", "Refer-To: <sip:+15550177@x.invalid?Route=%3Csip%3Aevil%3E>\r\n",
			403 },
		{ allowed, "+15550101", "Refer-To: <sip:+15550101@x.invalid>\r\n", 403 }, /* where it is */
		{ allowed, "+15550101", "Refer-To: <sip:+15550102@x.invalid>\r\n",
			403 }, /* it asks for a PIN */
		{ allowed, "+15550101", "Refer-To: <sip:+15550103@x.invalid>\r\n", 603 }, /* it is alone */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases);) {
		const size_t first = i;
		struct bed b;

		begin(&b, cases[i].policy, cases[i].number);
		if (strcmp(cases[i].number, "+15550101") == 0)
			CHECK(bridge_wait_count(&b.bridge, "/v1/meetings/100200300/participants", 1, WAIT_MS),
				"seated");
		for (; i < sizeof(cases) / sizeof(*cases) &&
			strcmp(cases[i].policy, cases[first].policy) == 0 &&
			strcmp(cases[i].number, cases[first].number) == 0;
			i++) {
			raw_request(&b.phone, "REFER", cases[i].headers, NULL);
			CHECK_INT(cases[i].status, raw_wait(&b.phone, WAIT_MS), cases[i].headers);
		}
		CHECK(gate_quiet(&b.gate, "INVITE", 100), "somebody was called");
		CHECK_INT(1, bridge_count(&b.bridge, "/v1/calls"), "the call is up");
		bye(&b.phone);
		end(&b);
	}
}

/* ---- Replaces ---- */

/* A call that asks for the place of `seat`, with one letter of its dialog changed where `wrong` says so. */
static unsigned call_replacing(struct raw *r, const struct raw *seat, char wrong, const char *more)
{
	char headers[600];

	snprintf(headers, sizeof(headers),
		"Replaces: %s%s;to-tag=%s%s;from-tag=%s%s%s\r\nRequire: replaces\r\nContent-Type: "
		"application/sdp\r\n",
		seat->call_id, wrong == 'i' ? "x" : "", seat->to_tag, wrong == 't' ? "x" : "", seat->from_tag,
		wrong == 'f' ? "x" : "", more);
	raw_fresh(r, "+15550101");
	raw_request(r, "INVITE", headers, raw_offer);
	return raw_final(r, WAIT_MS);
}

TEST(a_call_takes_anothers_place)
{
	struct bed b;
	struct raw other, stranger;
	json_t *list;
	char id[64];

	begin(&b, allowed, "+15550101");
	CHECK(bridge_wait_count(&b.bridge, "/v1/meetings/100200300/participants", 1, WAIT_MS), "seated");
	CHECK(raw_open(&other, "127.0.0.2", 0, b.bridge.sip_port, false), "another phone");
	CHECK(raw_open(&stranger, "127.0.0.3", 0, b.bridge.sip_port, false), "another trunk's");
	CHECK_INT(481, call_replacing(&other, &b.phone, 'i', ""), "another Call-ID");
	raw_request(&other, "ACK", NULL, NULL);
	CHECK_INT(481, call_replacing(&other, &b.phone, 't', ""), "another to-tag");
	raw_request(&other, "ACK", NULL, NULL);
	CHECK_INT(481, call_replacing(&other, &b.phone, 'f', ""), "another from-tag");
	raw_request(&other, "ACK", NULL, NULL);
	CHECK_INT(486, call_replacing(&other, &b.phone, 0, ";early-only"), "RFC 3891 section 3");
	raw_request(&other, "ACK", NULL, NULL);
	CHECK_INT(481, call_replacing(&stranger, &b.phone, 0, ""), "of another trunk");
	raw_request(&stranger, "ACK", NULL, NULL);
	json_decref(bridge_call(
		&b.bridge, "POST", "/v1/meetings/100200300/lock", NULL, "{\"locked\":true}", NULL));
	CHECK_INT(1, people(&b), "nobody has come or gone");
	CHECK_INT(200, call_replacing(&other, &b.phone, 0, ""), "the right one");
	raw_request(&other, "ACK", NULL, NULL);
	CHECK_INT(1, raw_wait(&b.phone, WAIT_MS), "BYE");
	CHECK(strncmp(b.phone.last, "BYE ", 4) == 0 && raw_has(&b.phone, "replaced by another call"), "%s",
		b.phone.last);
	raw_reply(&b.phone, 200, NULL);
	CHECK(bridge_wait_count(&b.bridge, "/v1/calls", 1, WAIT_MS), "one for the other");
	CHECK_INT(1, people(&b), "in its place, through a locked door");
	list = bridge_get(&b.bridge, "/v1/calls");
	snprintf(id, sizeof(id), "%s", json_text_at(list, "items.0.call_id"));
	CHECK_STR(other.call_id, id, "the new one");
	CHECK(events_wait(b.events, 0, "call.replaced", "call_id", b.phone.call_id, WAIT_MS) >= 0,
		"it is told");
	json_decref(list);
	bye(&other);
	raw_close(&other);
	raw_close(&stranger);
	end(&b);
}

TEST(not_where_the_trunk_forbids_it)
{
	struct bed b;
	struct raw other;

	begin(&b, "", "+15550101");
	CHECK(bridge_wait_count(&b.bridge, "/v1/meetings/100200300/participants", 1, WAIT_MS), "seated");
	CHECK(raw_open(&other, "127.0.0.2", 0, b.bridge.sip_port, false), "another phone");
	CHECK_INT(403, call_replacing(&other, &b.phone, 0, ""), "refer: { in: false }");
	raw_request(&other, "ACK", NULL, NULL);
	bye(&b.phone);
	raw_close(&other);
	end(&b);
}

/* The same by SIPp, which ends with 0 when each step was as its scenario says. */
TEST(sipp_has_us_call_somebody)
{
	struct bed b;
	struct peer sipp;
	char to[40];

	memset(&b, 0, sizeof(b));
	CHECK(gate_open(&b.gate, "127.0.0.11"), "socket");
	CHECK(bridge_start(&b.bridge, &(struct bridge_setup){ .site = site_of(allowed, b.gate.port) }),
		"bridge");
	snprintf(to, sizeof(to), "127.0.0.1:%u", b.bridge.sip_port);
	{
		const char *const argv[] = { "sipp", to, "-sf", "tests/flow/sipp/phone_refers.xml", "-i",
			"127.0.0.2", "-m", "1", "-nostdin", "-timeout", "15s", NULL };

		CHECK(peer_start(&sipp, &b.bridge.folder, "sipp", argv), "sipp");
	}
	CHECK(gate_wait(&b.gate, &b.invite, "INVITE", WAIT_MS), "INVITE");
	gate_answer(&b.gate, &b.invite, 486, "a", NULL, NULL);
	if (peer_wait_exit(&sipp, 15000) != 0)
		peer_show(&sipp);
	CHECK_INT(0, sipp.code, "SIPp");
	CHECK(bridge_wait_count(&b.bridge, "/v1/calls", 0, WAIT_MS), "calls are left");
	gate_close(&b.gate);
	CHECK_INT(0, bridge_stop(&b.bridge), "bridge");
}

/* ---- places of this bridge, and how an exchange writes numbers ---- */

TEST(numbers_are_read_as_the_trunk_writes_them)
{
	static const char *const written[] = { "5550177", "15550177", "0015550177", "%2B1-555-0177" };
	struct bed b;

	begin(&b, ", refer: { in: true }, country: { code: \"1\", trunk_prefix: \"1\" }", "+15550101");
	CHECK(bridge_wait_count(&b.bridge, "/v1/meetings/100200300/participants", 1, WAIT_MS), "seated");
	for (size_t i = 0; i < sizeof(written) / sizeof(*written); i++) {
		char headers[120];

		snprintf(headers, sizeof(headers), "Refer-To: <sip:%s@pbx.invalid;user=phone>\r\n",
			written[i]);
		raw_request(&b.phone, "REFER", headers, NULL);
		CHECK_INT(202, raw_wait(&b.phone, WAIT_MS), written[i]);
		expect_notify(&b, "SIP/2.0 100 ", "active");
		CHECK(gate_wait(&b.gate, &b.invite, "INVITE", WAIT_MS), "INVITE");
		CHECK(strncmp(gate_line(&b.invite), "INVITE sip:+15550177@127.0.0.11", 31) == 0, "%s: %s",
			written[i], gate_line(&b.invite));
		gate_answer(&b.gate, &b.invite, 486, "a", NULL, NULL);
		expect_notify(&b, "SIP/2.0 486 ", "terminated");
	}
	bye(&b.phone);
	end(&b);
}

/* Another phone, in the first meeting with it. */
static void begin_with(struct bed *b, struct raw *ann)
{
	begin(b, allowed, "+15550101");
	CHECK(raw_open(ann, "127.0.0.3", 0, b->bridge.sip_port, false), "Ann");
	CHECK_INT(200, raw_call(ann, "+15550101"), "Ann calls");
	CHECK(bridge_wait_count(&b->bridge, "/v1/meetings/100200300/participants", 2, WAIT_MS), "both");
}

/* It is told, and its call is over. */
static void expect_done(struct bed *b)
{
	expect_notify(b, "SIP/2.0 100 ", "active");
	expect_notify(b, "SIP/2.0 200 ", "terminated");
	CHECK_INT(1, raw_wait(&b->phone, WAIT_MS), "BYE");
	CHECK(strncmp(b->phone.last, "BYE ", 4) == 0, "%s", b->phone.last);
	raw_reply(&b->phone, 200, NULL);
}

static void expect_moved(struct bed *b, const struct raw *ann)
{
	json_t *list;

	CHECK(bridge_wait_count(&b->bridge, "/v1/calls", 1, WAIT_MS), "one is left");
	list = bridge_get(&b->bridge, "/v1/calls");
	CHECK_STR(ann->call_id, json_text_at(list, "items.0.call_id"), "Ann");
	CHECK_STR("200300400", json_text_at(list, "items.0.meeting"), "in the other meeting");
	json_decref(list);
	CHECK_INT(1, bridge_count(&b->bridge, "/v1/meetings/200300400/participants"), "by herself");
	CHECK(gate_quiet(&b->gate, "INVITE", 100), "nobody was called");
}

/*  phone                bridge               Ann, in the same meeting
 *  REFER, a number of ours or a meeting's ID
 *  <--- 202, NOTIFY 100
 *  <--- NOTIFY 200, BYE                       she is in the other meeting */
TEST(who_is_with_it_goes_to_another_meeting)
{
	static const char *const places[] = { "+15550103", "200300400" };

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		char headers[100];
		struct bed b;
		struct raw ann;

		begin_with(&b, &ann);
		snprintf(headers, sizeof(headers), "Refer-To: <sip:%s@bridge.invalid>\r\n", places[i]);
		raw_request(&b.phone, "REFER", headers, NULL);
		CHECK_INT(202, raw_wait(&b.phone, WAIT_MS), places[i]);
		expect_done(&b);
		expect_moved(&b, &ann);
		bye(&ann);
		raw_close(&ann);
		end(&b);
	}
}

/* A door that is locked: both stay, and it is told.  With three, only a host sends the others. */
TEST(who_cannot_go_stays)
{
	struct bed b;
	struct raw ann, third;

	begin_with(&b, &ann);
	CHECK(raw_open(&third, "127.0.0.3", 0, b.bridge.sip_port, false), "a third");
	CHECK_INT(200, raw_call(&third, "+15550103"), "in the other meeting");
	CHECK(bridge_wait_count(&b.bridge, "/v1/meetings/200300400/participants", 1, WAIT_MS), "seated");
	json_decref(bridge_call(
		&b.bridge, "POST", "/v1/meetings/200300400/lock", NULL, "{\"locked\":true}", NULL));
	raw_request(&b.phone, "REFER", "Refer-To: <sip:200300400@bridge.invalid>\r\n", NULL);
	CHECK_INT(202, raw_wait(&b.phone, WAIT_MS), "REFER");
	expect_notify(&b, "SIP/2.0 100 ", "active");
	expect_notify(&b, "SIP/2.0 603 ", "terminated");
	CHECK_INT(2, people(&b), "both are where they were");
	bye(&third);
	CHECK_INT(200, raw_call(&third, "+15550101"), "in the first meeting");
	CHECK(bridge_wait_count(&b.bridge, "/v1/meetings/100200300/participants", 3, WAIT_MS), "three");
	raw_request(&b.phone, "REFER", "Refer-To: <sip:200300400@bridge.invalid>\r\n", NULL);
	CHECK_INT(403, raw_wait(&b.phone, WAIT_MS), "a guest does not send two");
	bye(&third);
	bye(&b.phone);
	bye(&ann);
	raw_close(&ann);
	raw_close(&third);
	end(&b);
}

/* Attended: it sits in the other meeting itself, by another call, and its door is locked. */
TEST(its_other_call_is_replaced)
{
	char headers[600];
	struct bed b;
	struct raw ann, other;

	begin_with(&b, &ann);
	CHECK(raw_open(&other, "127.0.0.2", 0, b.bridge.sip_port, false), "its other call");
	CHECK_INT(200, raw_call(&other, "+15550103"), "in the other meeting");
	CHECK(bridge_wait_count(&b.bridge, "/v1/meetings/200300400/participants", 1, WAIT_MS), "seated");
	json_decref(bridge_call(
		&b.bridge, "POST", "/v1/meetings/200300400/lock", NULL, "{\"locked\":true}", NULL));
	snprintf(headers, sizeof(headers),
		"Refer-To: <sip:+15550103@bridge.invalid?Replaces=%s%%3Bto-tag%%3D%s%%3Bfrom-tag%%3D%s>\r\n",
		other.call_id, other.to_tag, other.from_tag);
	raw_request(&b.phone, "REFER", headers, NULL);
	CHECK_INT(202, raw_wait(&b.phone, WAIT_MS), "REFER");
	CHECK_INT(1, raw_wait(&other, WAIT_MS), "BYE");
	CHECK(strncmp(other.last, "BYE ", 4) == 0 && raw_has(&other, "replaced"), "%s", other.last);
	raw_reply(&other, 200, NULL);
	expect_done(&b);
	expect_moved(&b, &ann);
	CHECK(events_wait(b.events, 0, "call.replaced", "call_id", other.call_id, WAIT_MS) >= 0, "told");
	bye(&ann);
	raw_close(&ann);
	raw_close(&other);
	end(&b);
}

/* An attended transfer with SIPp at both ends: to a number, or an extension of theirs that no dial plan knows. */
static void attend_by_sipp(const char *target)
{
	struct bed b;
	struct peer phone, pbx;
	char to[40], port[8], policy[300];

	memset(&b, 0, sizeof(b));
	snprintf(port, sizeof(port), "%u", free_sip_port("127.0.0.12"));
	snprintf(policy, sizeof(policy),
		"%s, outbound: { gateways: [ \"sip:127.0.0.12:%s\" ], keepalive: false }", allowed, port);
	CHECK(bridge_start(&b.bridge, &(struct bridge_setup){ .site = site_of(policy, 9) }), "bridge");
	snprintf(to, sizeof(to), "127.0.0.1:%u", b.bridge.sip_port);
	{
		const char *const argv[] = { "sipp", "-sf", "tests/flow/sipp/gateway_replaces.xml", "-i",
			"127.0.0.12", "-p", port, "-m", "1", "-nostdin", "-timeout", "20s", NULL };

		CHECK(peer_start(&pbx, &b.bridge.folder, "pbx", argv), "sipp");
	}
	test_sleep_ms(400); /* SIPp says nothing when it listens */
	{
		const char *const argv[] = { "sipp", to, "-sf", "tests/flow/sipp/phone_attends.xml", "-i",
			"127.0.0.2", "-key", "target", target, "-m", "1", "-nostdin", "-timeout", "20s",
			NULL };

		CHECK(peer_start(&phone, &b.bridge.folder, "phone", argv), "sipp");
	}
	if (peer_wait_exit(&phone, 20000) != 0)
		peer_show(&phone);
	if (peer_wait_exit(&pbx, 20000) != 0)
		peer_show(&pbx);
	CHECK_INT(0, phone.code, "the phone");
	CHECK_INT(0, pbx.code, "the exchange");
	CHECK(bridge_wait_count(&b.bridge, "/v1/calls", 0, WAIT_MS), "calls are left");
	CHECK_INT(0, bridge_stop(&b.bridge), "bridge");
}

TEST(sipp_has_us_take_a_calls_place)
{
	attend_by_sipp("+15550177");
	attend_by_sipp("204");
	attend_by_sipp("bob.miller");
}

TESTS(sipp_has_us_call_somebody, sipp_has_us_take_a_calls_place, whom_the_phone_has_talked_to_is_called_in,
	whoever_is_not_there_any_more, somebody_is_called_in, whoever_is_busy_is_told, what_is_refused,
	numbers_are_read_as_the_trunk_writes_them, who_is_with_it_goes_to_another_meeting,
	who_cannot_go_stays, its_other_call_is_replaced, a_call_takes_anothers_place,
	not_where_the_trunk_forbids_it)
