/* links: tests/gate.c */
/* Digits that are pressed when a call of ours is answered (O7): by a meeting of another bridge, and by a hand-made far end. */
#include "tests/flow/ask.h"
#include "tests/flow/bridge.h"
#include "tests/flow/events.h"
#include "tests/gate.h"
#include "tests/test.h"

#include <stdlib.h>

enum { SITE = 4096, WAIT_MS = 6000, PRESSED_MS = 20000 };

/* Keys that stand next to their like: one too many or too few is another ID or PIN. */
#define ID "112233445"
#define PIN "9922448866"

static const char far_site[] =
	"accounts:\n  - name: acme\n    meetings:\n"
	"      - { id: \"" ID "\", name: Theirs, guest_pin: \"" PIN "\" }\n"
	"trunks:\n  - { name: near, inbound: { from: [ 127.0.0.1/32 ] } }\n"
	"numbers:\n  - { number: \"+15550100\", trunk: near, account: acme, answer: attendant }\n";

static const char *const ways[] = { "codecs: [ PCMU ]", "codecs: [ opus ]", "codecs: [ PCMA ], dtmf: inband",
	"codecs: [ G722 ], dtmf: inband", "codecs: [ PCMU ], dtmf: info", "codecs: [ G722 ], dtmf: rfc4733" };
enum { WAYS = sizeof(ways) / sizeof(*ways) };

/* A meeting, and a trunk for one way of pressing keys to 127.0.0.x:port. */
static const char *near_site(const char *way, const char *ip, unsigned port)
{
	static char site[SITE];

	snprintf(site, sizeof(site),
		"accounts:\n  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Open }\n"
		"trunks:\n  - { name: out, outbound: { gateways: [ \"sip:%s:%u\" ], keepalive: false }, %s "
		"}\n"
		"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ out ], caller_id: \"+15550100\" }\n"
		"numbers:\n  - { number: \"+15550100\", account: acme, answer: attendant }\n",
		ip, port, way);
	return site;
}

static long order_call(struct bridge *b, const char *body, char id[64])
{
	long status = 0;
	json_t *answer = bridge_call(b, "POST", "/v1/meetings/100200300/calls", NULL, body, &status);
	const char *text = json_text_at(answer, "id");

	snprintf(id, 64, "%s", text ? text : "");
	json_decref(answer);
	return status;
}

static void expect(
	struct bridge *b, struct events *events, const char *type, const char *key, const char *value)
{
	if (events_wait(events, 0, type, key, value, PRESSED_MS) < 0) {
		char *text = events_text(events);

		b->trouble = true;
		print_error("%s", text);
		free(text);
		CHECK(false, "no event %s", type);
	}
}

/* Nothing that the bridge tells or keeps has these keys in it (C11, S7). */
static void check_untold(struct bridge *b, struct events *events, const char *id, const char *keys)
{
	char path[96], *event_text = events_text(events), *trace, *records, *audit, *log;
	char *log_text = peer_output(&b->peer);

	snprintf(path, sizeof(path), "/v1/calls/%s/trace", id);
	trace = bridge_text(b, "GET", path, NULL, NULL, NULL);
	records = bridge_text(b, "GET", "/v1/records", NULL, NULL, NULL);
	audit = bridge_text(b, "GET", "/v1/audit", NULL, NULL, NULL);
	log = log_text;
	CHECK(event_text && !strstr(event_text, keys), "in an event");
	CHECK(trace && strstr(trace, "digits are pressed, as"), "the trace says that there were some: %s",
		trace);
	CHECK(!strstr(trace, keys) && !strstr(trace, "Signal="), "in the trace: %s", trace);
	CHECK(records && !strstr(records, keys), "in a record");
	CHECK(audit && strstr(audit, "meeting.call") && !strstr(audit, keys), "in the audit log");
	CHECK(log && !strstr(log, keys), "in the log");
	free(event_text);
	free(trace);
	free(records);
	free(audit);
	free(log_text);
}

/*  near bridge                        far bridge
 *  INVITE ----------------------------> attendant: "enter the ID"
 *  ID, 2 s, PIN ----------------------> meeting of ID
 *  let in here, as the order says */
TEST(another_bridge_is_joined_by_every_way)
{
	struct bridge far, near;

	CHECK(bridge_start(&far, &(struct bridge_setup){ .site = far_site }), "far");
	CHECK(bridge_start(
		      &near, &(struct bridge_setup){ .site = near_site(ways[0], "127.0.0.1", far.sip_port),
				     .node = "log: { level: debug }\n" }),
		"near");
	for (unsigned i = 0; i < WAYS; i++) {
		struct events *events = events_open(&near, NULL);
		char id[64], path[96];
		long status;

		CHECK(events, "events");
		CHECK_INT(200, bridge_put_site(&near, near_site(ways[i], "127.0.0.1", far.sip_port), NULL),
			ways[i]);
		CHECK_INT(202,
			order_call(&near,
				i % 2 ? "{\"to\":\"+15550100;postd=" ID "ppp" PIN "\",\"confirm\":false}"
				      : "{\"to\":\"+15550100\",\"digits\":\"" ID ",w" PIN
					"\",\"confirm\":false,"
					"\"digits_wait_ms\":500}",
				id),
			ways[i]);
		expect(&near, events, "dialout.answered", "id", id);
		CHECK_INT(0, bridge_count(&near, "/v1/meetings/100200300/participants"),
			"not before the digits");
		expect(&near, events, "participant.joined", "meeting", "100200300");
		CHECK_INT(1, bridge_count(&far, "/v1/meetings/" ID "/participants"), ways[i]);
		snprintf(path, sizeof(path), "/v1/calls/%s", id);
		json_decref(bridge_call(&near, "DELETE", path, NULL, NULL, &status));
		CHECK_INT(200, status, "hang up");
		CHECK(bridge_wait_count(&near, "/v1/calls", 0, WAIT_MS) &&
				bridge_wait_count(&far, "/v1/calls", 0, WAIT_MS),
			"calls are left");
		check_untold(&near, events, id, ID);
		check_untold(&near, events, id, PIN);
		events_close(events);
	}
	CHECK_INT(0, bridge_stop(&near), "near");
	CHECK_INT(0, bridge_stop(&far), "far");
}

/* ---- a far end by hand, that is told keys by INFO ---- */

struct bed {
	struct bridge bridge;
	struct events *events;
	struct gate gate;
	struct gate_request invite, r;
	char id[64];
};

static void begin(struct bed *b, const char *way, const char *order)
{
	CHECK(gate_open(&b->gate, "127.0.0.11"), "socket");
	CHECK(bridge_start(
		      &b->bridge, &(struct bridge_setup){ .site = near_site(way, "127.0.0.11", b->gate.port),
					  .t1_ms = 100 }),
		"bridge");
	b->events = events_open(&b->bridge, NULL);
	CHECK(b->events, "events");
	CHECK_INT(202, order_call(&b->bridge, order, b->id), "POST");
	CHECK(gate_wait(&b->gate, &b->invite, "INVITE", WAIT_MS), "INVITE");
	gate_answer(&b->gate, &b->invite, 200, "a", NULL, gate_sdp);
	CHECK(gate_wait(&b->gate, &b->r, "ACK", WAIT_MS), "ACK");
}

static void end(struct bed *b)
{
	CHECK(bridge_wait_count(&b->bridge, "/v1/calls", 0, WAIT_MS), "calls are left");
	events_close(b->events);
	gate_close(&b->gate);
	CHECK_INT(0, bridge_stop(&b->bridge), "bridge");
}

static void take_key(struct bed *b, char key, unsigned status)
{
	char want[16];

	CHECK(gate_wait(&b->gate, &b->r, "INFO", WAIT_MS), "no INFO for %c", key);
	snprintf(want, sizeof(want), "Signal=%c\r\n", key);
	CHECK(strstr(b->r.text, want), "'%c': %s", key, b->r.text);
	CHECK_STR("application/dtmf-relay", gate_header(&b->r, "Content-Type"), "type");
	if (status)
		gate_answer(&b->gate, &b->r, status, NULL, NULL, NULL);
}

/* One key at a time, in order; keys of the far end's in the meantime are nobody's (O3), afterwards it is asked to press 1 as ever. */
TEST(keys_by_info_one_by_one)
{
	struct bed b;

	begin(&b, "dtmf: info",
		"{\"to\":\"+15550199\",\"name\":\"Bob\",\"digits\":\"11w#\",\"digits_wait_ms\":0}");
	take_key(&b, '1', 0);
	CHECK(gate_quiet(&b.gate, "INFO", 80), "the second before the first was taken");
	gate_request_body(&b.gate, &b.invite, "INFO", "a", 1, "Content-Type: application/dtmf-relay\r\n",
		"Signal=1\r\nDuration=160\r\n");
	gate_answer(&b.gate, &b.r, 200, NULL, NULL, NULL);
	take_key(&b, '1', 200);
	take_key(&b, '#', 200);
	CHECK(gate_quiet(&b.gate, "INFO", 500), "one key too many");
	CHECK_INT(0, bridge_count(&b.bridge, "/v1/meetings/100200300/participants"),
		"a 1 that came too early lets nobody in");
	test_sleep_ms(1000); /* "you are invited" has begun */
	gate_request_body(&b.gate, &b.invite, "INFO", "a", 2, "Content-Type: application/dtmf-relay\r\n",
		"Signal=1\r\nDuration=160\r\n");
	json_decref(roster_wait(&b.bridge, "100200300", "Bob", WAIT_MS));
	CHECK_INT(1, bridge_count(&b.bridge, "/v1/meetings/100200300/participants"), "after 1 it is in");
	gate_request(&b.gate, &b.invite, "BYE", "a", 3);
	end(&b);
}

/* The callee hangs up in the middle: no further key, nothing of it is left. */
TEST(hung_up_in_the_middle)
{
	static const char *const ways_here[] = { "dtmf: info", "codecs: [ PCMU ]",
		"codecs: [ PCMU ], dtmf: inband" };

	for (unsigned i = 0; i < 3; i++) {
		struct bed b;

		begin(&b, ways_here[i],
			"{\"to\":\"+15550199\",\"digits\":\"1234567890123456\",\"confirm\":false,\"digits_"
			"wait_ms\":0}");
		if (i == 0)
			take_key(&b, '1', 200);
		else
			test_sleep_ms(500);
		gate_request(&b.gate, &b.invite, "BYE", "a", 1);
		expect(&b.bridge, b.events, "call.ended", "cause", "far end hung up");
		while (gate_wait(&b.gate, &b.r, "INFO", 50)) /* it crossed the BYE */
			gate_answer(&b.gate, &b.r, 481, NULL, NULL, NULL);
		CHECK(gate_quiet(&b.gate, "INFO", 600), "a key for nobody");
		CHECK_INT(-1, events_wait(b.events, 0, "participant.joined", NULL, NULL, 0), "nobody joined");
		end(&b);
	}
}

/* A far end that does not know INFO is left, and the record says why. */
TEST(info_is_refused)
{
	struct bed b;

	begin(&b, "dtmf: info",
		"{\"to\":\"+15550199\",\"digits\":\"12\",\"confirm\":false,\"digits_wait_ms\":0}");
	take_key(&b, '1', 415);
	CHECK(gate_wait(&b.gate, &b.r, "BYE", WAIT_MS), "BYE");
	gate_answer(&b.gate, &b.r, 200, NULL, NULL, NULL);
	expect(&b.bridge, b.events, "call.ended", "cause", "the far end does not take digits by INFO");
	end(&b);
}

TEST(orders_that_cannot_be)
{
	static const struct {
		const char *body, *field;
	} cases[] = {
		{ "{\"to\":\"+15550199\",\"digits\":\"12x\"}", "digits" },
		{ "{\"to\":\"+15550199\",\"digits\":12}", "digits" },
		{ "{\"to\":\"+15550199;postd=1\",\"digits\":\"12\"}", "digits" },
		{ "{\"to\":\"+15550199;postd=xyz\"}", "to" },
		{ "{\"to\":\"+15550199\",\"digits\":\"1\",\"digits_wait_ms\":30001}", "digits_wait_ms" },
		{ "{\"to\":\"+15550199\",\"digits\":\"1\",\"confirm\":\"no\"}", "confirm" },
		{ "{\"to\":\"+15550199\",\"confirm\":false}", "confirm" }, /* a machine never joins (O3) */
	};
	struct bridge b;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = near_site("dtmf: auto", "127.0.0.11", 9) }),
		"bridge");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		long status;
		json_t *answer =
			bridge_call(&b, "POST", "/v1/meetings/100200300/calls", NULL, cases[i].body, &status);

		CHECK_INT(400, status, cases[i].body);
		CHECK_STR(cases[i].field, json_text_at(answer, "error.field"), cases[i].body);
		json_decref(answer);
	}
	CHECK_INT(0, bridge_count(&b, "/v1/calls"), "nobody is called");
	CHECK_INT(0, bridge_stop(&b), "bridge");
}

TESTS(another_bridge_is_joined_by_every_way, keys_by_info_one_by_one, hung_up_in_the_middle, info_is_refused,
	orders_that_cannot_be)
