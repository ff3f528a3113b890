/* links: tests/gate.c tests/rawsip.c */
/* What is wrong now is listed and told, and ends when it ends: a trunk without a gateway that answers, a process that was stopped. */
#include "tests/flow/bridge.h"
#include "tests/flow/events.h"
#include "tests/gate.h"
#include "tests/rawsip.h"
#include "tests/test.h"

#include <signal.h>
#include <stdlib.h>

enum { WAIT_MS = 20000, STALL_MS = 2500 };

/* The carrier answers OPTIONS no more, then again; and nobody is registered at all. */
TEST(a_trunk_goes_down_and_comes_back)
{
	static const char format[] = "accounts:\n  - name: acme\n"
				     "trunks:\n  - name: out\n    outbound: { gateways: [ "
				     "\"sip:127.0.0.21:%u\" ], keepalive_s: 1%s }\n";
	char site[512];
	struct gate_request r;
	struct events *e;
	struct bridge b;
	struct gate g;
	int n;

	CHECK(gate_open(&g, "127.0.0.21"), "gateway");
	snprintf(site, sizeof(site), format, g.port, "");
	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site, .t1_ms = 50 }), "bridge");
	e = events_open(&b, NULL);
	CHECK(e, "events");
	CHECK_INT(0, bridge_count(&b, "/v1/alerts"), "all is well");
	n = events_need(e, &b, "alert.raised", "kind", "trunk_down", WAIT_MS);
	CHECK_STR("out", json_text_at(events_get(e, n, NULL), "subject"), "which");
	CHECK_STR("critical", json_text_at(events_get(e, n, NULL), "severity"), "how bad");
	{
		json_t *list = bridge_get(&b, "/v1/alerts");

		CHECK_STR("trunk_down", json_text_at(list, "items.0.kind"), "listed");
		CHECK(json_text_at(list, "items.0.advice") && json_text_at(list, "items.0.since"),
			"since when and what to do");
		json_decref(list);
	}
	for (uint64_t until = test_now_ms() + WAIT_MS; test_now_ms() < until;) {
		if (gate_wait(&g, &r, "OPTIONS", 200))
			gate_answer(&g, &r, 200, "a", NULL, NULL);
		if (events_wait(e, 0, "alert.ended", "kind", "trunk_down", 1) >= 0)
			break;
	}
	events_need(e, &b, "alert.ended", "kind", "trunk_down", WAIT_MS);
	CHECK_INT(0, bridge_count(&b, "/v1/alerts"), "and it is over");
	events_close(e);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
	gate_close(&g);
}

/* A registrar that says nothing, and calls in which nothing is heard: both carriers' troubles have a name. */
TEST(a_silent_registrar_and_silent_calls_are_told)
{
	enum { SILENT_CALLS = 5, SILENT_MS = 7500 };
	static const char format[] =
		"accounts:\n  - name: acme\n    meetings: [ { id: \"100200300\" } ]\n"
		"trunks:\n  - name: in\n    inbound: { from: [ 127.0.0.2 ] }\n"
		"  - name: out\n    outbound: { gateways: [ \"sip:127.0.0.21:%u\" ], keepalive: false, "
		"username: u, password: p, register: true }\n"
		"numbers:\n  - { number: \"+15550101\", account: acme, answer: \"meeting:100200300\" }\n";
	struct raw calls[SILENT_CALLS];
	struct gate_request r;
	char site[600];
	struct events *e;
	struct bridge b;
	struct gate g;
	int n;

	CHECK(gate_open(&g, "127.0.0.21"), "gateway");
	snprintf(site, sizeof(site), format, g.port);
	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site, .t1_ms = 50 }), "bridge");
	e = events_open(&b, NULL);
	CHECK(e, "events");
	for (unsigned i = 0; i < SILENT_CALLS; i++) {
		CHECK(raw_open(&calls[i], "127.0.0.2", 0, b.sip_port, false), "socket");
		CHECK_INT(200, raw_call(&calls[i], "+15550101"), "a call");
	}
	test_sleep_ms(SILENT_MS);
	for (unsigned i = 0; i < SILENT_CALLS; i++) {
		raw_request(&calls[i], "BYE", NULL, NULL);
		CHECK_INT(200, raw_final(&calls[i], WAIT_MS), "BYE");
		raw_close(&calls[i]);
	}
	n = events_need(e, &b, "alert.raised", "kind", "one_way_audio", WAIT_MS);
	CHECK_STR("in", json_text_at(events_get(e, n, NULL), "subject"), "which trunk");
	CHECK(strstr(json_text_at(events_get(e, n, NULL), "text"), "5 of the last 5"), "%s",
		json_text_at(events_get(e, n, NULL), "text"));
	n = events_need(e, &b, "alert.raised", "kind", "trunk_unregistered", WAIT_MS);
	CHECK_STR("out", json_text_at(events_get(e, n, NULL), "subject"), "which trunk");
	for (uint64_t until = test_now_ms() + 2 * WAIT_MS; test_now_ms() < until;) {
		if (gate_wait(&g, &r, "REGISTER", 200))
			gate_answer(&g, &r, 200, "a", "Expires: 3600\r\n", NULL);
		if (events_wait(e, 0, "alert.ended", "kind", "trunk_unregistered", 1) >= 0)
			break;
	}
	events_need(e, &b, "alert.ended", "kind", "trunk_unregistered", WAIT_MS);
	events_close(e);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
	gate_close(&g);
}

/* SIGSTOP stands for a machine that gives it no time. */
TEST(a_stall_of_the_control_thread_is_told)
{
	struct events *e;
	struct bridge b;
	int n;

	CHECK(bridge_start(&b, NULL), "bridge");
	e = events_open(&b, NULL);
	CHECK(e, "events");
	test_sleep_ms(500);
	peer_signal(&b.peer, SIGSTOP);
	test_sleep_ms(STALL_MS);
	peer_signal(&b.peer, SIGCONT);
	n = events_need(e, &b, "alert.raised", "kind", "control_stalled", WAIT_MS);
	CHECK(strstr(json_text_at(events_get(e, n, NULL), "text"), "ms late"), "how long");
	events_close(e);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

TESTS(a_trunk_goes_down_and_comes_back, a_silent_registrar_and_silent_calls_are_told,
	a_stall_of_the_control_thread_is_told)
