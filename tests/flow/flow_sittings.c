/* links: tests/rawsip.c tests/gate.c */
/* Meetings' records (FEATURES X5): each time a meeting was held, added up from its calls' records. */
#include "tests/flow/bridge.h"
#include "tests/rawsip.h"
#include "tests/test.h"

#include <signal.h>
#include <stdlib.h>

enum { WAIT_MS = 5000 };

static void join(const struct bridge *b, struct raw *r, const char *number)
{
	CHECK(raw_open(r, "127.0.0.2", 0, b->sip_port, false), "socket");
	CHECK_INT(200, raw_call(r, number), number);
}

static void leave(struct raw *r)
{
	raw_request(r, "BYE", NULL, NULL);
	CHECK_INT(200, raw_final(r, WAIT_MS), "BYE");
	raw_close(r);
}

static const char site[] = "accounts:\n"
			   "  - name: acme\n    meetings: [ { id: \"100200300\" }, { id: \"100200301\" } ]\n"
			   "  - name: zeta\n    meetings: [ { id: \"700200300\" } ]\n"
			   "trunks:\n  - { name: a, inbound: { from: [ 127.0.0.2 ] } }\n"
			   "numbers:\n"
			   "  - { number: \"+15550101\", account: acme, answer: \"meeting:100200300\" }\n"
			   "  - { number: \"+15550102\", account: acme, answer: \"meeting:100200301\" }\n"
			   "  - { number: \"+15550103\", account: zeta, answer: \"meeting:700200300\" }\n";

static char *ctl(const struct bridge *b, const char *option, const char *value)
{
	char program[FOLDER_PATH * 2];
	const char *const argv[] = { build_program("partyctl", program), "--socket", b->control, "sittings",
		option, value, NULL };
	struct peer p;

	CHECK(peer_start(&p, &b->folder, "partyctl", argv), "partyctl");
	CHECK_INT(0, peer_wait_exit(&p, WAIT_MS), option);
	return peer_output(&p);
}

/* time ->   first: A......        A and B at once, then B and C; two at most, three people
 *                   B..........
 *                         C....
 *           second: D             the same meeting again */
TEST(each_time_a_meeting_was_held)
{
	struct bridge b;
	struct raw a, second, third;
	json_t *list, *calls;
	char path[96], *text;
	const char *id;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "bridge");
	join(&b, &a, "+15550101");
	join(&b, &second, "+15550101");
	test_sleep_ms(1000);
	leave(&a);
	CHECK(bridge_wait_count(&b, "/v1/records", 1, WAIT_MS), "one has left");
	CHECK_INT(1, (int)bridge_number(&b, "/v1/sittings", "items.0.open", -1), "it goes on");
	join(&b, &third, "+15550101");
	leave(&second);
	leave(&third);
	CHECK(bridge_wait_count(&b, "/v1/records", 3, WAIT_MS), "all have left");
	join(&b, &a, "+15550101");
	leave(&a);
	join(&b, &a, "+15550102");
	leave(&a);
	join(&b, &a, "+15550103");
	leave(&a);
	CHECK(bridge_wait_count(&b, "/v1/records", 6, WAIT_MS), "six records");

	list = bridge_get(&b, "/v1/sittings?meeting=100200300");
	CHECK_INT(2, (int)json_array_size(json_object_get(list, "items")), "held twice");
	CHECK_INT(1, (int)json_at(list, "items.0.participants", -1), "the last first");
	CHECK_INT(3, (int)json_at(list, "items.1.participants", -1), "three people");
	CHECK_INT(3, (int)json_at(list, "items.1.calls", -1), "three calls");
	CHECK_INT(2, (int)json_at(list, "items.1.most", -1), "two at once");
	CHECK_INT(0, (int)json_at(list, "items.1.open", -1), "it is over");
	CHECK(json_at(list, "items.1.talked_s", 0) >= 2, "both talked for a second: %g",
		json_at(list, "items.1.talked_s", 0));
	CHECK(json_at(list, "items.1.duration_s", 0) >= 1 &&
			json_at(list, "items.1.duration_s", 0) <= json_at(list, "items.1.talked_s", 0),
		"how long: %g", json_at(list, "items.1.duration_s", 0));
	CHECK_STR("caller", json_text_at(list, "items.1.ended_by"), "the last caller hung up");
	id = json_text_at(list, "items.1.id");
	calls = bridge_get(&b, "/v1/records?meeting=100200300");
	CHECK_STR(id, json_text_at(calls, "items.3.sitting"), "its calls' records name it");
	CHECK(strcmp(id, json_text_at(calls, "items.0.sitting")) != 0, "another time is another sitting");
	json_decref(calls);
	json_decref(list);

	CHECK_INT(4, bridge_count(&b, "/v1/sittings"), "all of them");
	CHECK_INT(3, bridge_count(&b, "/v1/sittings?account=acme"), "an account's");
	CHECK_INT(0, bridge_count(&b, "/v1/sittings?before=2020-01-01"), "none so long ago");
	CHECK_INT(4, bridge_count(&b, "/v1/sittings?since=2020-01-01"), "all since");
	list = bridge_get(&b, "/v1/sittings?limit=3");
	snprintf(path, sizeof(path), "/v1/sittings?cursor=%s", json_text_at(list, "next_cursor"));
	json_decref(list);
	list = bridge_get(&b, path);
	CHECK_INT(1, (int)json_array_size(json_object_get(list, "items")), "the rest of a page of three");
	CHECK_INT(3, (int)json_at(list, "items.0.calls", -1), "the oldest");
	json_decref(list);
	text = ctl(&b, "--meeting", "700200300");
	CHECK(strstr(text, "zeta") && !strstr(text, "acme"), "%s", text);
	free(text);

	CHECK(bridge_restart(&b, SIGKILL, NULL), "a crash");
	CHECK_INT(4, bridge_count(&b, "/v1/sittings"), "loses none of them");
	CHECK_INT(0, bridge_stop(&b), "bridge");
}

TESTS(each_time_a_meeting_was_held)
