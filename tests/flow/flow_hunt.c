/* links: tests/gate.c */
/* People at several numbers (O5) and lists of people (O4), by a hand-made far end that has all their numbers. */
#include "tests/flow/ask.h"
#include "tests/flow/bridge.h"
#include "tests/flow/events.h"
#include "tests/gate.h"
#include "tests/test.h"

#include <signal.h>
#include <stdlib.h>

enum { SITE = 2048, WAIT_MS = 6000 };

#define A "+15550171"
#define B "+15550172"
#define C "+15550173"

struct bed {
	struct bridge bridge;
	struct events *events;
	struct gate gate;
	struct gate_request invite[3], r;
};

static void begin(struct bed *b)
{
	static char site[SITE];

	memset(b, 0, sizeof(*b));
	CHECK(gate_open(&b->gate, "127.0.0.11"), "socket");
	snprintf(site, sizeof(site),
		"accounts:\n  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Open }\n"
		"trunks:\n  - { name: out, outbound: { gateways: [ \"sip:127.0.0.11:%u\" ], keepalive: false "
		"} }\n"
		"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ out ] }\n"
		"numbers:\n  - { number: \"+15550100\", account: acme, answer: attendant }\n",
		b->gate.port);
	CHECK(bridge_start(&b->bridge, &(struct bridge_setup){ .site = site }), "bridge");
	b->events = events_open(&b->bridge, NULL);
	CHECK(b->events, "events");
}

static void end(struct bed *b)
{
	CHECK(bridge_wait_count(&b->bridge, "/v1/calls", 0, WAIT_MS), "calls are left");
	CHECK_INT(0, bridge_count(&b->bridge, "/v1/meetings/100200300/people"), "hunts are left");
	events_close(b->events);
	gate_close(&b->gate);
	CHECK_INT(0, bridge_stop(&b->bridge), "bridge");
}

static long order(struct bed *b, const char *body, char id[ASK_ID])
{
	long status = 0;
	json_t *answer =
		bridge_call(&b->bridge, "POST", "/v1/meetings/100200300/people", NULL, body, &status);
	const char *text = json_text_at(answer, "items.0.id");

	if (id)
		snprintf(id, ASK_ID, "%s", text ? text : "");
	json_decref(answer);
	return status;
}

/* The next INVITE, for this number. */
static void take(
	struct bed *b, struct gate_request *invite, const char *number, unsigned status, const char *tag)
{
	char want[64];

	CHECK(gate_wait(&b->gate, invite, "INVITE", WAIT_MS), "no INVITE for %s", number);
	snprintf(want, sizeof(want), "INVITE sip:%s@", number);
	CHECK(strncmp(gate_line(invite), want, strlen(want)) == 0, "%s: %s", number, gate_line(invite));
	gate_answer(&b->gate, invite, status, tag, NULL, status == 200 ? gate_sdp : NULL);
}

static void press_1(struct bed *b, const struct gate_request *invite, const char *tag)
{
	gate_request_body(&b->gate, invite, "INFO", tag, 1, "Content-Type: application/dtmf-relay\r\n",
		"Signal=1\r\nDuration=160\r\n");
}

/* They are in the meeting, by the call of this INVITE; and leave it. */
static void check_joined(
	struct bed *b, const char *hunt, const char *name, const struct gate_request *invite, const char *tag)
{
	const json_t *event = events_get(
		b->events, events_need(b->events, &b->bridge, "hunt.joined", "id", hunt, WAIT_MS), NULL);
	json_t *row = roster_wait(&b->bridge, "100200300", name, WAIT_MS);

	CHECK(row, "%s is in it", name);
	json_decref(row);
	CHECK(events_wait(b->events, 0, "dialout.answered", "id", json_text_at(event, "dialout"), 0) >= 0,
		"by one of its calls");
	CHECK_INT(1, bridge_count(&b->bridge, "/v1/meetings/100200300/participants"), "once");
	gate_request(&b->gate, invite, "BYE", tag, 2);
}

static void expect_end(struct bed *b, const char *method, const struct gate_request *invite)
{
	char id[128];

	snprintf(id, sizeof(id), "%s", gate_header(invite, "Call-ID"));
	CHECK(gate_wait(&b->gate, &b->r, method, WAIT_MS), "%s", method);
	CHECK_STR(id, gate_header(&b->r, "Call-ID"), method);
	gate_answer(&b->gate, &b->r, 200, NULL, NULL, NULL);
	if (strcmp(method, "CANCEL") == 0)
		gate_answer(&b->gate, invite, 487, "x", NULL, NULL);
}

/*  bridge                      gateway
 *  INVITE A ------------------->  486
 *  INVITE B ------------------->  200, hangs up: an answering machine
 *  INVITE C ------------------->  200, 1 */
TEST(one_number_after_another)
{
	struct bed b;
	char id[ASK_ID];

	begin(&b);
	CHECK_INT(202,
		order(&b, "{\"people\":[{\"to\":[\"" A "\",\"" B "\",\"" C "\"],\"name\":\"Bob\"}]}", id),
		"POST");
	CHECK(gate_wait(&b.gate, &b.invite[0], "INVITE", WAIT_MS), "A");
	gate_answer(&b.gate, &b.invite[0], 180, "a", NULL, NULL);
	CHECK(gate_quiet(&b.gate, "INVITE", 500), "B is not called as long as A rings");
	gate_answer(&b.gate, &b.invite[0], 486, "a", NULL, NULL);
	take(&b, &b.invite[1], B, 200, "b");
	CHECK(gate_wait(&b.gate, &b.r, "ACK", WAIT_MS), "ACK");
	CHECK(gate_quiet(&b.gate, "INVITE", 500), "C is not called as long as B may press 1");
	gate_request(&b.gate, &b.invite[1], "BYE", "b", 1);
	take(&b, &b.invite[2], C, 200, "c");
	CHECK(gate_wait(&b.gate, &b.r, "ACK", WAIT_MS), "ACK");
	press_1(&b, &b.invite[2], "c");
	check_joined(&b, id, "Bob", &b.invite[2], "c");
	CHECK(gate_quiet(&b.gate, "INVITE", 300), "that is all");
	end(&b);
}

/* All at once: A rings, B and C answer; C presses 1, and the others are hung up. */
TEST(all_numbers_at_once)
{
	struct bed b;
	char id[ASK_ID];

	begin(&b);
	CHECK_INT(202,
		order(&b,
			"{\"people\":[{\"to\":[\"" A "\",\"" B "\",\"" C
			"\"],\"name\":\"Bob\",\"ring\":\"parallel\"}]}",
			id),
		"POST");
	/* calls of one tick go out last one first */
	for (int i = 0; i < 3; i++) {
		struct gate_request r;
		int which;

		CHECK(gate_wait(&b.gate, &r, "INVITE", WAIT_MS), "INVITE");
		CHECK(strncmp(gate_line(&r), "INVITE sip:+1555017", 19) == 0, "%s", gate_line(&r));
		which = gate_line(&r)[19] - '1';
		CHECK(which >= 0 && which < 3, "%s", gate_line(&r));
		b.invite[which] = r;
		gate_answer(&b.gate, &r, 180, "a", NULL, NULL);
	}
	gate_answer(&b.gate, &b.invite[1], 200, "a", NULL, gate_sdp);
	CHECK(gate_wait(&b.gate, &b.r, "ACK", WAIT_MS), "ACK");
	gate_answer(&b.gate, &b.invite[2], 200, "a", NULL, gate_sdp);
	CHECK(gate_wait(&b.gate, &b.r, "ACK", WAIT_MS), "ACK");
	CHECK(gate_quiet(&b.gate, "CANCEL", 500), "an answer alone ends no search: it may be a machine");
	press_1(&b, &b.invite[2], "a");
	expect_end(&b, "CANCEL", &b.invite[0]);
	expect_end(&b, "BYE", &b.invite[1]);
	check_joined(&b, id, "Bob", &b.invite[2], "a");
	end(&b);
}

/* Rings for longer than ring_s; the next number may not be called at all; then nobody is left. */
TEST(nobody_comes)
{
	struct bed b;
	const json_t *event;
	char id[ASK_ID];

	begin(&b);
	CHECK_INT(202,
		order(&b,
			"{\"ring_s\":1,\"people\":[{\"to\":[\"" A "\",\"+19005550100\"],\"name\":\"Bob\"}]}",
			id),
		"POST");
	take(&b, &b.invite[0], A, 180, "a");
	expect_end(&b, "CANCEL", &b.invite[0]);
	event = events_get(
		b.events, events_need(b.events, &b.bridge, "hunt.failed", "id", id, WAIT_MS), NULL);
	CHECK(strstr(json_text_at(event, "why"), "class"), "%s", json_text_at(event, "why"));
	CHECK_INT(2, json_at(event, "tried", 0), "both");
	/* called off while it rings */
	CHECK_INT(202, order(&b, "{\"people\":[{\"to\":\"" A "\"}]}", id), "POST");
	take(&b, &b.invite[0], A, 180, "a");
	CHECK_INT(1, bridge_count(&b.bridge, "/v1/meetings/100200300/people"), "listed");
	{
		char path[ASK_ID + 16];
		long status;

		snprintf(path, sizeof(path), "/v1/calls/%s", id);
		json_decref(bridge_call(&b.bridge, "DELETE", path, NULL, NULL, &status));
		CHECK_INT(200, status, "DELETE");
	}
	expect_end(&b, "CANCEL", &b.invite[0]);
	event = events_get(
		b.events, events_need(b.events, &b.bridge, "hunt.failed", "id", id, WAIT_MS), NULL);
	CHECK_STR("called off", json_text_at(event, "why"), "why");
	end(&b);
}

/* A list: so many a second, none for longer than wait_s; who presses 1 is in. */
TEST(a_list_of_people)
{
	enum { PEOPLE = 6, A_SECOND = 4, JOINS = 2 };
	struct bed b;
	struct gate_request invites[PEOPLE];
	uint64_t came_ms[PEOPLE], ended_ms;
	char body[600] = "{\"calls_per_second\":4,\"wait_s\":4,\"people\":[";

	begin(&b);
	for (unsigned i = 0; i < PEOPLE; i++)
		snprintf(body + strlen(body), sizeof(body) - strlen(body),
			"%s{\"to\":\"+1555018%u\",\"name\":\"P%u\"}", i ? "," : "", i, i);
	snprintf(body + strlen(body), sizeof(body) - strlen(body), "]}");
	CHECK_INT(202, order(&b, body, NULL), body);
	for (unsigned i = 0; i < PEOPLE; i++) {
		char number[16];

		snprintf(number, sizeof(number), "+1555018%u", i);
		take(&b, &invites[i], number, 180, "a");
		came_ms[i] = test_now_ms();
	}
	/* the first may have waited for the beat of 100 ms, the last may not have come early for it */
	CHECK(came_ms[PEOPLE - 1] - came_ms[0] >= (PEOPLE - 1) * 1000 / A_SECOND - 250, "too fast: %u ms",
		(unsigned)(came_ms[PEOPLE - 1] - came_ms[0]));
	CHECK(came_ms[PEOPLE - 1] - came_ms[0] < 3000, "they do not wait for one another: %u ms",
		(unsigned)(came_ms[PEOPLE - 1] - came_ms[0]));
	gate_answer(&b.gate, &invites[JOINS], 200, "a", NULL, gate_sdp);
	CHECK(gate_wait(&b.gate, &b.r, "ACK", WAIT_MS), "ACK");
	press_1(&b, &invites[JOINS], "a");
	for (unsigned i = 0; i < PEOPLE; i++)
		if (i != JOINS)
			expect_end(&b, "CANCEL", &invites[i]);
	ended_ms = test_now_ms();
	CHECK(ended_ms - came_ms[PEOPLE - 1] > 3000, "not before wait_s: %u ms",
		(unsigned)(ended_ms - came_ms[PEOPLE - 1]));
	CHECK(events_wait(b.events, 0, "hunt.failed", "why", "nobody came in time", WAIT_MS) >= 0, "told");
	CHECK(events_wait(b.events, 0, "hunt.joined", "name", "P2", WAIT_MS) >= 0, "one came");
	CHECK_INT(1, bridge_count(&b.bridge, "/v1/meetings/100200300/participants"), "one is in");
	gate_request(&b.gate, &invites[JOINS], "BYE", "a", 2);
	end(&b);
}

TEST(what_cannot_be_asked)
{
	static const struct {
		const char *body, *field;
	} cases[] = {
		{ "{}", "people" },
		{ "{\"people\":[]}", "people" },
		{ "{\"people\":[{\"name\":\"Bob\"}]}", "to" },
		{ "{\"people\":[{\"to\":[]}]}", "to" },
		{ "{\"people\":[{\"to\":[1]}]}", "to" },
		{ "{\"people\":[{\"to\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]}]}", "to" },
		{ "{\"people\":[{\"to\":\"" A "\",\"ring\":\"all\"}]}", "ring" },
		{ "{\"people\":[{\"to\":\"" A "\",\"name\":7}]}", "name" },
		{ "{\"people\":[{\"to\":\"" A "\"}],\"wait_s\":0}", "wait_s" },
		{ "{\"people\":[{\"to\":\"" A "\"}],\"calls_per_second\":101}", "calls_per_second" },
		{ "{\"people\":[{\"to\":\"" A "\"}],\"ring_s\":\"1\"}", "ring_s" },
	};
	struct bed b;

	begin(&b);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		long status;
		json_t *answer = bridge_call(
			&b.bridge, "POST", "/v1/meetings/100200300/people", NULL, cases[i].body, &status);

		CHECK_INT(400, status, cases[i].body);
		CHECK_STR(cases[i].field, json_text_at(answer, "error.field"), cases[i].body);
		json_decref(answer);
	}
	CHECK(gate_quiet(&b.gate, "INVITE", 200), "nobody is called");
	end(&b);
}

/* A list of three: A has answered and not pressed 1 yet, B rings, C's turn has not come.  Then the process ends. */
static void begin_list(struct bed *b, char ids[3][ASK_ID])
{
	static const char body[] =
		"{\"calls_per_second\":1,\"people\":[{\"to\":\"" A "\",\"name\":\"Ann\"},"
		"{\"to\":\"" B "\",\"name\":\"Bob\"},{\"to\":\"" C "\",\"name\":\"Cat\"}]}";
	json_t *answer = bridge_call(&b->bridge, "POST", "/v1/meetings/100200300/people", NULL, body, NULL);
	char at[20];

	for (unsigned i = 0; i < 3; i++) {
		snprintf(at, sizeof(at), "items.%u.id", i);
		CHECK(json_text_at(answer, at), "three hunts");
		snprintf(ids[i], ASK_ID, "%s", json_text_at(answer, at));
	}
	json_decref(answer);
	take(b, &b->invite[0], A, 200, "a");
	CHECK(gate_wait(&b->gate, &b->r, "ACK", WAIT_MS), "ACK");
	take(b, &b->invite[1], B, 180, "b");
	test_sleep_ms(400); /* that A has answered is on the disk */
}

static void restart(struct bed *b, int signal)
{
	events_close(b->events);
	CHECK(bridge_restart(&b->bridge, signal, NULL), "it comes up again");
	b->events = events_open(&b->bridge, NULL);
	CHECK(b->events, "events");
}

/* What the process that was killed had sent, or said as it ended, is not looked at. */
static void take_again(struct bed *b, const char *numbers[2])
{
	char seen[2][40];

	for (unsigned i = 0; i < 2; i++) {
		CHECK(gate_wait(&b->gate, &b->invite[i + 1], "INVITE", WAIT_MS), "two are called");
		snprintf(seen[i], sizeof(seen[i]), "%.24s", gate_line(&b->invite[i + 1]));
		CHECK(strstr(seen[i], numbers[i]), "%s is called, not %s", numbers[i], seen[i]);
	}
}

TEST(a_list_outlives_the_process)
{
	static const int signals[] = { SIGKILL, SIGTERM };

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		static const char *rest[2] = { B, C };
		char ids[3][ASK_ID];
		struct bed b;

		begin(&b);
		begin_list(&b, ids);
		restart(&b, signals[i]);
		take_again(&b, rest);
		gate_answer(&b.gate, &b.invite[2], 486, "c", NULL, NULL);
		gate_answer(&b.gate, &b.invite[1], 200, "b2", NULL, gate_sdp);
		CHECK(gate_wait(&b.gate, &b.r, "ACK", WAIT_MS), "ACK");
		press_1(&b, &b.invite[1], "b2");
		events_need(b.events, &b.bridge, "hunt.resumed", "id", ids[1], WAIT_MS);
		events_need(b.events, &b.bridge, "hunt.failed", "id", ids[0], WAIT_MS);
		events_need(b.events, &b.bridge, "hunt.failed", "id", ids[2], WAIT_MS);
		check_joined(&b, ids[1], "Bob", &b.invite[1], "b2");
		CHECK(bridge_wait_count(&b.bridge, "/v1/calls", 0, WAIT_MS), "gone");
		test_sleep_ms(300);
		restart(&b, SIGKILL);
		CHECK(gate_quiet(&b.gate, "INVITE", 1500), "and nobody is called a third time");
		end(&b);
	}
}

TESTS(a_list_outlives_the_process, one_number_after_another, all_numbers_at_once, nobody_comes,
	a_list_of_people, what_cannot_be_asked)
