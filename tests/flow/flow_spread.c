/* links: tests/caller.c tests/rawsip.c */
/* A meeting spread over two workers, as its people hear it: one meeting like any other (issue 3). */
#include "tests/caller.h"
#include "tests/flow/ask.h"
#include "tests/test.h"

#include <stdlib.h>

enum {
	PEOPLE = 6,
	TALKERS = 4,
	JOIN_MS = 8000,
	SETTLE_MS = 1500,
	SPAN_MS = 600,
	PROMPTS_MS = 20000,
	PAUSE_MS = 2000, /* longer than any pause in a prompt */
	WORKERS = 2
};

static const char meeting[] = "/v1/meetings/100200300";
static const unsigned tones[TALKERS] = { 500, 780, 1120, 1570 };

struct house {
	struct bridge bridge;
	struct crew crew;
	struct caller callers[PEOPLE + 1];
	uint64_t called_ms[PEOPLE + 1];
};

static struct house *house_open(void)
{
	struct house *h = calloc(1, sizeof(*h));

	CHECK(h && bridge_start(&h->bridge, &(struct bridge_setup){ .workers = "2", .room_legs = "2" }),
		"the bridge is up");
	crew_start(&h->crew);
	return h;
}

static void house_close(struct house *h)
{
	crew_stop(&h->crew);
	CHECK_INT(0, bridge_stop(&h->bridge), "the bridge ends in order");
	free(h);
}

/* Calls into the meeting; it is there when this returns. */
static struct caller *enter(struct house *h, unsigned i)
{
	char from[96], name[16];

	snprintf(name, sizeof(name), "caller %u", i);
	snprintf(from, sizeof(from), "\"%s\" <sip:+155590001%02u@127.0.0.2>", name, i);
	h->called_ms[i] = test_now_ms();
	CHECK_INT(200, caller_call(&h->crew, &h->callers[i], h->bridge.sip_port, "+15550101", from), name);
	json_t *row = roster_wait(&h->bridge, "100200300", name, JOIN_MS);
	CHECK(row, "%s is in the meeting", name);
	json_decref(row);
	return &h->callers[i];
}

static double sum_of_workers(const struct house *h, const char *name, double *least)
{
	json_t *status = bridge_get(&h->bridge, "/v1/status");
	double sum = 0;

	*least = 1e9;
	for (unsigned i = 0; i < WORKERS; i++) {
		char at[48];

		snprintf(at, sizeof(at), "workers.%u.%s", i, name);
		double value = json_at(status, at, -1e9);
		sum += value;
		*least = value < *least ? value : *least;
	}
	json_decref(status);
	return sum;
}

/* All have been told how many are here, and nobody is told anything any more: what is said to somebody makes the
 * room quieter for them. */
static bool prompts_are_over(void *arg)
{
	struct house *h = arg;
	const uint64_t now = test_now_ms();

	for (unsigned i = 0; i <= PEOPLE; i++) {
		struct caller *c = &h->callers[i];

		if (c->up && (caller_loudness(c, now - PAUSE_MS, now) > -70 ||
				     caller_loudness(c, h->called_ms[i], now) < -70))
			return false;
	}
	return true;
}

/* A machine that takes a worker's core away for 10 ms costs an offer: worth knowing, and no fault. */
static void print_missed(const struct house *h)
{
	double least;

	print_message("%.0f offers missed\n", sum_of_workers(h, "offers_missed", &least));
}

static void check_all_hear_all(struct house *h, unsigned n)
{
	uint64_t to = test_now_ms(), from = to - SPAN_MS;

	for (unsigned l = 0; l < n; l++)
		for (unsigned t = 0; t < TALKERS; t++) {
			double level = caller_heard(&h->callers[l], tones[t], from, to);
			char story[64];

			snprintf(story, sizeof(story), "caller %u hears caller %u", l, t);
			if (l == t)
				CHECK(level < -60, "caller %u does not hear itself: %.1f dBov", l, level);
			else
				CHECK_NEAR(-26, level, 1.5, story);
		}
}

static double loudest_of(struct caller *c, unsigned hz, uint64_t from, uint64_t to)
{
	double loudest = -127;

	for (uint64_t at = from; at + 100 <= to; at += 40) {
		double level = caller_heard(c, hz, at, at + 100);

		loudest = level > loudest ? level : loudest;
	}
	return loudest;
}

TEST(callers_on_two_workers_are_in_one_meeting)
{
	struct house *h = house_open();
	double least, legs;
	uint64_t at;

	for (unsigned i = 0; i < PEOPLE; i++)
		enter(h, i);
	CHECK(wait_until(prompts_are_over, h, PROMPTS_MS), "all have been told how many are here");
	CHECK_INT(WORKERS, bridge_number(&h->bridge, meeting, "parts", -1), "two parts");
	CHECK_INT(PEOPLE, bridge_number(&h->bridge, meeting, "participants", -1), "of one meeting");
	CHECK_INT(PEOPLE, bridge_count(&h->bridge, "/v1/meetings/100200300/participants"), "with one roster");
	for (unsigned i = 0; i < TALKERS; i++)
		caller_tone(&h->callers[i], tones[i], -26);
	test_sleep_ms(SETTLE_MS + SPAN_MS);
	check_all_hear_all(h, PEOPLE);
	legs = sum_of_workers(h, "legs", &least);
	CHECK(legs == PEOPLE && least >= 2, "legs on both workers: %.0f, %.0f of them on one", legs, least);
	CHECK_INT(2, sum_of_workers(h, "rooms", &least), "a room on each");

	at = test_now_ms();
	enter(h, PEOPLE);
	test_sleep_ms(SETTLE_MS);
	for (unsigned i = 0; i < PEOPLE; i++)
		CHECK(loudest_of(&h->callers[i], 660, at, test_now_ms()) > -40, "caller %u hears the chime",
			i);

	caller_press(&h->callers[0], "*6", NULL);
	test_sleep_ms(SETTLE_MS + SPAN_MS);
	at = test_now_ms();
	for (unsigned i = 1; i < PEOPLE; i++)
		CHECK(caller_heard(&h->callers[i], tones[0], at - SPAN_MS, at) < -60,
			"caller %u hears nothing of who is muted", i);
	CHECK_NEAR(-26, caller_heard(&h->callers[5], tones[3], at - SPAN_MS, at), 1.5, "but the others");

	for (unsigned i = 0; i <= PEOPLE; i++)
		CHECK(caller_bye(&h->callers[i]), "caller %u hangs up", i);
	CHECK(bridge_wait_number(&h->bridge, "/v1/status", "meetings_open", 0, JOIN_MS),
		"the meeting closes");
	CHECK(bridge_wait_number(&h->bridge, "/v1/status", "calls", 0, JOIN_MS), "all legs are out");
	CHECK_INT(0, bridge_number(&h->bridge, meeting, "parts", -1), "no part is left");
	CHECK(bridge_wait_number(&h->bridge, "/v1/status", "workers.0.rooms", 0, JOIN_MS) &&
			bridge_wait_number(&h->bridge, "/v1/status", "workers.1.rooms", 0, JOIN_MS),
		"nor a room");
	CHECK_INT(0, bridge_number(&h->bridge, "/v1/status", "rtp_ports_used", -1), "nor a port");
	print_missed(h);
	house_close(h);
}

/* People come and go: parts open and close, and whoever is left hears whoever is left. */
TEST(parts_close_and_open_again)
{
	struct house *h = house_open();

	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < PEOPLE; i++)
			if (round == 0 || i % 3 != round)
				enter(h, i);
		CHECK(wait_until(prompts_are_over, h, PROMPTS_MS), "prompts end");
		for (unsigned i = 0; i < TALKERS; i++)
			if (h->callers[i].up)
				caller_tone(&h->callers[i], tones[i], -26);
		test_sleep_ms(SETTLE_MS + SPAN_MS);
		uint64_t to = test_now_ms();
		for (unsigned l = 0; l < PEOPLE; l++)
			for (unsigned t = 0; t < TALKERS; t++) {
				double level = caller_heard(&h->callers[l], tones[t], to - SPAN_MS, to);
				bool both = round == 0 || (l % 3 != round && t % 3 != round);

				if (both && l != t)
					CHECK_NEAR(-26, level, 1.5, "heard");
				else
					CHECK(level < -60, "round %u: %u hears %u at %.1f", round, l, t,
						level);
			}
		for (unsigned i = 0; i < PEOPLE; i++)
			if (round == 0 || i % 3 != round)
				CHECK(caller_bye(&h->callers[i]), "caller %u hangs up", i);
		CHECK(bridge_wait_number(&h->bridge, "/v1/status", "calls", 0, JOIN_MS), "all are out");
	}
	print_missed(h);
	house_close(h);
}

TESTS(callers_on_two_workers_are_in_one_meeting, parts_close_and_open_again)
