/* links: tests/gate.c */
#include "tests/flow/bridge.h"
#include "tests/flow/events.h"
#include "tests/flow/srv.h"
#include "tests/gate.h"
#include "tests/test.h"

#include <stdlib.h>

/* What is learned about a carrier between calls (FEATURES T2, T3, T23): gateways of ours that answer as they are told. */

enum { WAIT_MS = 8000 };

struct bed {
	struct bridge bridge;
	struct events *events;
	struct gate first, second;
};

/* Trunk `first` with these keys at one gateway, `second` behind it in the route. */
static void begin(struct bed *b, const char *keys)
{
	char site[1500];

	memset(b, 0, sizeof(*b));
	CHECK(gate_open(&b->first, "127.0.0.11") && gate_open(&b->second, "127.0.0.12"), "sockets");
	CHECK(bridge_start(&b->bridge, &(struct bridge_setup){ .t1_ms = 50 }), "bridge");
	b->events = events_open(&b->bridge, NULL);
	snprintf(site, sizeof(site),
		"accounts:\n  - name: acme\n    meetings: [ { id: \"100200300\", name: Open } ]\n"
		"trunks:\n  - name: first\n    outbound: { gateways: [ \"sip:127.0.0.11:%u\" ], username: "
		"us, "
		"password: secret, %s }\n"
		"  - name: second\n    outbound: { gateways: [ \"sip:127.0.0.12:%u\" ], keepalive: false }\n"
		"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ first, second ], caller_id: "
		"\"+15550100\" }\n"
		"numbers:\n  - { number: \"+15550100\", account: acme, answer: attendant }\n",
		b->first.port, keys, b->second.port);
	CHECK_INT(200, bridge_put_site(&b->bridge, site, NULL), site);
}

static void end(struct bed *b)
{
	events_close(b->events);
	CHECK_INT(0, bridge_stop(&b->bridge), "bridge");
	gate_close(&b->first);
	gate_close(&b->second);
}

/* Answers questions with this status until the event comes; how many it took. */
static unsigned answer_until(struct bed *b, const char *method, unsigned status, const char *event)
{
	struct gate_request r;
	char last[80] = "";
	unsigned n = 0;

	while (events_wait(b->events, 0, event, "trunk", "first", 400) < 0) {
		CHECK(n < 10 && gate_wait(&b->first, &r, method, WAIT_MS), "no %s, after %u", event, n);
		gate_answer(&b->first, &r, status, "a", NULL, NULL);
		n += strcmp(last, gate_header(&r, "Call-ID")) != 0; /* it may have been sent more than once */
		snprintf(last, sizeof(last), "%s", gate_header(&r, "Call-ID"));
	}
	return n;
}

/* Two good of five bring it up, three bad of five take it down, and while it is down a call goes past it. */
TEST(options_say_who_is_there)
{
	static const char trip[] = "\npartyline_trunk_round_trip_seconds{trunk=\"first\"} ";
	const char *line;
	struct bed b;
	struct gate_request r;
	json_t *trunks;
	char *page;

	begin(&b, "keepalive_s: 3");
	CHECK_INT(2, answer_until(&b, "OPTIONS", 404, "trunk.gateway_up"), "404 shows life");
	trunks = bridge_get(&b.bridge, "/v1/trunks");
	CHECK_STR("up", json_text_at(trunks, "items.0.gateways.0.members.0.state"), "state");
	CHECK(json_at(trunks, "items.0.gateways.0.members.0.round_trip_ms", 0) > 0, "round trip");
	json_decref(trunks);
	CHECK_INT(3, answer_until(&b, "OPTIONS", 503, "trunk.gateway_down"), "503 does not");
	page = bridge_text(&b.bridge, "GET", "/metrics", NULL, NULL, NULL);
	CHECK(strstr(page, "\npartyline_trunk_gateways_up{trunk=\"first\"} 0\n"), "%s", page);
	line = strstr(page, trip);
	CHECK(line && strtod(line + sizeof(trip) - 1, NULL) > 0, "%s", page);
	free(page);
	json_decref(bridge_call(
		&b.bridge, "POST", "/v1/meetings/100200300/calls", NULL, "{\"to\":\"+15550199\"}", NULL));
	CHECK(gate_wait(&b.second, &r, "INVITE", WAIT_MS), "the next trunk is called at once");
	gate_answer(&b.second, &r, 486, "a", NULL, NULL);
	CHECK(gate_wait(&b.second, &r, "ACK", WAIT_MS), "ACK");
	CHECK(gate_quiet(&b.first, "INVITE", 100), "and that which is down is not");
	end(&b);
}

/* Who says no is there (405, 483), unless the operator wants a 2xx: then only that is life. */
TEST(what_shows_life)
{
	struct bed b;

	begin(&b, "keepalive_s: 1");
	CHECK_INT(2, answer_until(&b, "OPTIONS", 405, "trunk.gateway_up"), "405 shows life");
	end(&b);
	begin(&b, "keepalive_s: 1");
	CHECK_INT(2, answer_until(&b, "OPTIONS", 483, "trunk.gateway_up"), "483 shows life");
	end(&b);
	begin(&b, "keepalive_s: 1, keepalive_2xx: true");
	CHECK_INT(3, answer_until(&b, "OPTIONS", 404, "trunk.gateway_down"),
		"404 does not, where a 2xx is wanted");
	CHECK(answer_until(&b, "OPTIONS", 200, "trunk.gateway_up") >= 2, "200 does");
	end(&b);
}

static void answer_all(struct gate *g, unsigned status)
{
	struct gate_request r;

	while (gate_wait(g, &r, "OPTIONS", 50))
		gate_answer(g, &r, status, "a", NULL, NULL);
}

/* A name that leads to two gateways by SRV records: each is asked, the one that fails is down, and calls go to the other one. */
TEST(each_member_of_a_name_is_asked)
{
	static const char site[] =
		"accounts:\n  - name: acme\n    meetings: [ { id: \"100200300\", name: Open } ]\n"
		"trunks:\n  - { name: first, outbound: { gateways: [ \"sip:carrier.test\" ], keepalive_s: 1 "
		"} }\n"
		"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ first ] }\n";
	static const char members[] = "items.0.gateways.0.members.";
	const uint64_t until_ms = test_now_ms() + 30000;
	struct gate_request r;
	struct folder folder;
	char node[40], at[60];
	struct peer dns;
	struct bed b;
	json_t *trunks;
	bool down = false, up = false;

	memset(&b, 0, sizeof(b));
	CHECK(gate_open(&b.first, "127.0.0.11") && gate_open(&b.second, "127.0.0.12"), "sockets");
	CHECK(folder_make(&folder), "a folder");
	const uint16_t port = free_udp_port("127.0.0.1");
	srv_start(&folder, &dns, port, b.first.port, b.second.port);
	snprintf(node, sizeof(node), "dns: \"127.0.0.1:%u\"\n", port);
	CHECK(bridge_start(&b.bridge, &(struct bridge_setup){ .t1_ms = 50, .node = node, .site = site }),
		"bridge");
	b.events = events_open(&b.bridge, NULL);
	while (!(down && up) && test_now_ms() < until_ms) {
		answer_all(&b.first, 503);
		answer_all(&b.second, 200);
		trunks = bridge_get(&b.bridge, "/v1/trunks");
		snprintf(at, sizeof(at), "%s0.state", members);
		down = json_text_at(trunks, at) && strcmp(json_text_at(trunks, at), "down") == 0;
		snprintf(at, sizeof(at), "%s1.state", members);
		up = json_text_at(trunks, at) && strcmp(json_text_at(trunks, at), "up") == 0;
		json_decref(trunks);
	}
	CHECK(down && up, "one is down (%d), the other one up (%d)", down, up);
	json_decref(bridge_call(
		&b.bridge, "POST", "/v1/meetings/100200300/calls", NULL, "{\"to\":\"+15550199\"}", NULL));
	CHECK(gate_wait(&b.second, &r, "INVITE", WAIT_MS), "the member that is up is called at once");
	gate_answer(&b.second, &r, 486, "a", NULL, NULL);
	CHECK(gate_wait(&b.second, &r, "ACK", WAIT_MS), "ACK");
	CHECK(gate_quiet(&b.first, "INVITE", 100), "and the first by priority, which is down, is not");
	end(&b);
	peer_stop(&dns, 1000);
	folder_remove(&folder);
}

/* 423 with Min-Expires: asked again at once, as long as the registrar wants; 200: it holds.  Any other refusal is not answered with
 * haste (RFC 3261 section 10.3, RFC 5626 section 4.5). */
TEST(a_registrar_is_heard)
{
	struct bed b;
	struct gate_request r;

	begin(&b, "keepalive: false, register: true");
	CHECK(gate_wait(&b.first, &r, "REGISTER", WAIT_MS), "REGISTER");
	gate_answer(&b.first, &r, 423, "a", "Min-Expires: 7200\r\n", NULL);
	CHECK(gate_wait(&b.first, &r, "REGISTER", WAIT_MS), "once more");
	CHECK_STR("7200", gate_header(&r, "Expires"), "as long as it wants");
	gate_answer(&b.first, &r, 200, "a", "Contact: <sip:us@127.0.0.1>;expires=7200\r\n", NULL);
	CHECK(events_wait(b.events, 0, "trunk.registered", "trunk", "first", WAIT_MS) >= 0, "told");
	CHECK_INT(1, bridge_number(&b.bridge, "/v1/trunks", "items.0.gateways.0.registered", 0), "it holds");
	end(&b);

	begin(&b, "keepalive: false, register: true");
	CHECK(gate_wait(&b.first, &r, "REGISTER", WAIT_MS), "REGISTER");
	gate_answer(&b.first, &r, 503, "a", "Retry-After: 1\r\n", NULL);
	CHECK(events_wait(b.events, 0, "trunk.unregistered", "trunk", "first", WAIT_MS) >= 0, "told");
	CHECK(gate_quiet(&b.first, "REGISTER", 2500), "half a minute's wait begins");
	end(&b);
}

/* A metric is described once, or Prometheus takes nothing of the page. */
static void check_described_once(const char *page)
{
	for (const char *at = strstr(page, "# TYPE "); at; at = strstr(at + 1, "# TYPE ")) {
		char line[200];

		snprintf(line, sizeof(line), "%.*s ", (int)(7 + strcspn(at + 7, " ")), at);
		CHECK(!strstr(at + 1, line), "%stwice", line);
	}
}

/* How calls fare: three tried, one answered for a second. */
TEST(a_trunk_is_known_by_its_calls)
{
	static const unsigned statuses[] = { 486, 404, 200 };
	struct bed b;
	struct gate_request r, end_of;
	json_t *trunks;
	char *page;

	begin(&b, "keepalive: false");
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
		json_decref(bridge_call(&b.bridge, "POST", "/v1/meetings/100200300/calls", NULL,
			"{\"to\":\"+15550199\"}", NULL));
		CHECK(gate_wait(&b.first, &r, "INVITE", WAIT_MS), "INVITE");
		test_sleep_ms(100);
		gate_answer(&b.first, &r, 180, "a", NULL, NULL);
		gate_answer(&b.first, &r, statuses[i], "a", NULL, statuses[i] == 200 ? gate_sdp : NULL);
		CHECK(gate_wait(&b.first, &end_of, "ACK", WAIT_MS), "ACK");
	}
	test_sleep_ms(1100);
	gate_request(&b.first, &r, "BYE", "a", 1);
	CHECK(bridge_wait_count(&b.bridge, "/v1/calls", 0, WAIT_MS), "over");
	trunks = bridge_get(&b.bridge, "/v1/trunks");
	CHECK_INT(3, json_at(trunks, "items.0.dialled", 0), "dialled");
	CHECK_INT(1, json_at(trunks, "items.0.answered", 0), "answered");
	CHECK_NEAR(33, json_at(trunks, "items.0.answer_percent", 0), 1, "answer-seizure ratio");
	CHECK_NEAR(1, json_at(trunks, "items.0.talk_s", 0), 0.5, "average call duration");
	CHECK(json_at(trunks, "items.0.post_dial_ms", 0) >= 90, "post-dial delay");
	CHECK_INT(1, json_at(trunks, "items.0.gateways.0.members.0.causes.0.q850", 0), "the last cause");
	CHECK_INT(17, json_at(trunks, "items.0.gateways.0.members.0.causes.1.q850", 0), "the one before");
	json_decref(trunks);
	page = bridge_text(&b.bridge, "GET", "/metrics", NULL, NULL, NULL);
	CHECK(strstr(page, "\npartyline_trunk_dialled_total{trunk=\"first\"} 3\n") &&
			strstr(page, "\npartyline_trunk_answer_ratio{trunk=\"first\"} 0.33\n") &&
			strstr(page, "\npartyline_trunk_talk_seconds_total{trunk=\"first\"} 1\n") &&
			strstr(page, "\npartyline_trunk_post_dial_seconds{trunk=\"first\"} 0.1"),
		"%s", page);
	check_described_once(page);
	free(page);
	end(&b);
}

TESTS(options_say_who_is_there, what_shows_life, each_member_of_a_name_is_asked, a_registrar_is_heard,
	a_trunk_is_known_by_its_calls)
