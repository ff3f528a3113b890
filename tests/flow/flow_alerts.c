/* links: tests/gate.c */
/* What is wrong now is listed and told, and ends when it ends: a trunk without a gateway that answers, a process that was stopped. */
#include "tests/flow/bridge.h"
#include "tests/flow/events.h"
#include "tests/gate.h"
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

TESTS(a_trunk_goes_down_and_comes_back, a_stall_of_the_control_thread_is_told)
