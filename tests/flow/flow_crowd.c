/* crowd against a real bridge: what it reports is what the bridge did. */
#include "tests/flow/bridge.h"
#include "tests/test.h"
#include <stdio.h>
#include <stdlib.h>

enum { SAID_DBOV = -20, OWN_VOICE_DBOV = -60 };

static void start(struct bridge *b)
{
	CHECK(bridge_start(b, NULL), "the bridge comes up");
}

/* No call is left on the bridge's side, and it ends in order. */
static void stop(struct bridge *b)
{
	CHECK(bridge_wait_number(b, "/v1/status", "calls", 0, 5000), "calls are left: %g",
		bridge_number(b, "/v1/status", "calls", -1));
	CHECK_INT(0, bridge_stop(b), "exit status after SIGTERM");
}

/* Each of four codecs sends a tone of its own: each hears the other three at their level, and itself not at all.
 * Four, because in a larger room a tone that never pauses is taken for noise. */
TEST(four_codecs_hear_each_other_and_not_themselves)
{
	static const unsigned hz[] = { 440, 554, 660, 880 };
	struct bridge b;
	int code;

	start(&b);
	const char *const argv[] = { "--to", b.uri_meeting, "--hear", "440,554,660,880", "--settle", "6",
		"--seconds", "4", "--codec", "PCMU", "--say", "tone:440", "--and", "--codec", "PCMA", "--say",
		"tone:554", "--and", "--codec", "opus", "--say", "tone:660", "--and", "--codec", "G722",
		"--say", "tone:880", NULL };
	json_t *report = bridge_crowd(&b, argv, &code);
	CHECK_INT(0, code, "all went as planned");
	for (unsigned group = 1; group <= 4; group++) {
		for (unsigned k = 0; k < 4; k++) {
			char story[64];
			double heard = crowd_heard(report, group, 1, hz[k]);
			snprintf(story, sizeof(story), "caller %u hears %u Hz", group, hz[k]);
			if (k == group - 1)
				CHECK(heard <= OWN_VOICE_DBOV, "%s, its own, at %.1f dBov", story, heard);
			else
				CHECK_NEAR(SAID_DBOV, heard, 1.0, story);
		}
		char path[32];
		snprintf(path, sizeof(path), "groups.%u.rtp.lost", group - 1);
		CHECK_INT(0, json_at(report, path, -1), "packets lost on loopback");
	}
	json_decref(report);
	stop(&b);
}

/* One caller for each way of keying; type-ahead of ID and PIN over the greeting; all are in the roster as guests. */
TEST(keys_arrive_each_way)
{
	static const char *const ways[][2] = { { "PCMU", "event" }, { "PCMU", "info" }, { "PCMA", "inband" },
		{ "G722", "inband" }, { "opus", "inband" }, { "opus", "event" }, { "PCMU", "event+inband" },
		{ "PCMA", "info+inband" }, { "G722", "event+info+inband" } };
	enum { WAYS = sizeof(ways) / sizeof(*ways) };
	struct bridge b;
	struct peer crowd;
	const char *argv[8 + WAYS * 5];
	size_t n = 0;
	int code;

	start(&b);
	argv[n++] = "--to";
	argv[n++] = b.uri_attendant;
	argv[n++] = "--keys";
	argv[n++] = "483920175#4821#";
	argv[n++] = "--seconds";
	argv[n++] = "4";
	for (size_t i = 0; i < WAYS; i++) {
		if (i > 0)
			argv[n++] = "--and";
		argv[n++] = "--codec";
		argv[n++] = ways[i][0];
		argv[n++] = "--digits-by";
		argv[n++] = ways[i][1];
	}
	argv[n] = NULL;
	CHECK(bridge_crowd_start(&b, &crowd, "crowd", argv), "crowd starts");
	b.trouble = !bridge_wait_count(&b, "/v1/meetings/483920175/participants", WAYS, 15000);
	int came = bridge_count(&b, "/v1/meetings/483920175/participants");
	json_t *report = bridge_crowd_end(&b, &crowd, 30000, &code);
	for (size_t i = 0; i < WAYS; i++) {
		char path[48];
		snprintf(path, sizeof(path), "groups.%zu.planned", i);
		if (json_at(report, path, 0) < 1)
			print_error("not in: %s by %s\n", ways[i][0], ways[i][1]);
	}
	json_decref(report);
	stop(&b);
	CHECK_INT(WAYS, came, "callers in the meeting");
	CHECK_INT(0, code, "all went as planned");
}

TEST(what_fails_is_reported)
{
	struct bridge b;
	char nobody[64];
	int code;

	start(&b);
	snprintf(nobody, sizeof(nobody), "sip:+15559999@127.0.0.1:%u", b.sip_port);
	const char *const argv[] = { "--to", nobody, "--calls", "3", "--and", "--to", b.uri_meeting,
		"--codec", "mix", "--calls", "4", "--seconds", "1", NULL };
	json_t *report = bridge_crowd(&b, argv, &code);
	CHECK_INT(1, code, "not all went as planned");
	CHECK_INT(3, json_at(report, "groups.0.refused.404", -1), "no such number");
	CHECK_INT(0, json_at(report, "groups.0.answered", -1), "nobody answered");
	CHECK_INT(4, json_at(report, "groups.1.planned", -1), "the others are not disturbed");
	CHECK_STR("refused", json_text_at(report, "groups.0.calls.2.ended"), "how it ended");
	json_decref(report);
	stop(&b);
}

/* The bridge stops while people talk: it hangs up on all of them, and crowd sees that it did. */
TEST(the_bridge_hangs_up_on_all)
{
	struct bridge b;
	struct peer crowd;
	int code;

	start(&b);
	const char *const argv[] = { "--to", b.uri_meeting, "--calls", "5", "--rate", "50", "--seconds", "60",
		NULL };
	CHECK(bridge_crowd_start(&b, &crowd, "crowd", argv), "crowd starts");
	CHECK(bridge_wait_number(&b, "/v1/status", "participants", 5, 10000), "all are in");
	peer_signal(&b.peer, 15);
	json_t *report = bridge_crowd_end(&b, &crowd, 15000, &code);
	CHECK_INT(1, code, "not as crowd had planned");
	CHECK_INT(5, json_at(report, "groups.0.dropped", -1), "calls that the bridge ended");
	json_decref(report);
	CHECK_INT(0, bridge_stop(&b), "exit status");
}

enum { ROOMS = 20, PEOPLE = 200, FIRST_ROOM = 200000, LOAD_SECONDS = 60 };

static double ticks(const struct bridge *b, const char *name)
{
	char at[48];

	snprintf(at, sizeof(at), "workers.0.%s", name);
	return bridge_number(b, "/v1/status", at, -1);
}

/* Issue 2, shown 5: all codecs, everybody through the attendant; then the bridge is told to stop. */
TEST(two_hundred_calls_in_twenty_meetings_for_a_minute)
{
	struct bridge b;
	struct peer crowd;
	char site[4096];
	size_t n = 0;
	int code;

	n += (size_t)snprintf(site + n, sizeof(site) - n, "accounts:\n  - name: acme\n    meetings:\n");
	for (unsigned i = 0; i < ROOMS; i++)
		n += (size_t)snprintf(site + n, sizeof(site) - n,
			"      - { id: \"%u\", name: Room %u, guest_pin: \"4821\" }\n", FIRST_ROOM + i, i);
	snprintf(site + n, sizeof(site) - n,
		"trunks:\n  - { name: carrier-a, inbound: { from: [ 127.0.0.2/32 ] } }\n"
		"numbers:\n  - { number: \"+15550100\", trunk: carrier-a, account: acme, answer: attendant "
		"}\n");
	const struct bridge_setup setup = { .site = site };
	CHECK(bridge_start(&b, &setup), "the bridge comes up");

	const char *const argv[] = { "--to", b.uri_attendant, "--keys", "{}#4821#", "--each",
		"200000..200019", "--calls", "200", "--rate", "40", "--codec", "mix", "--talkers", "40",
		"--say", "tone:440:-26:0.7+silence:0.4", "--seconds", "120", NULL };
	CHECK(bridge_crowd_start(&b, &crowd, "crowd", argv), "crowd starts");
	b.trouble = !bridge_wait_number(&b, "/v1/status", "participants", PEOPLE, 40000);
	CHECK(!b.trouble, "%g of 200 came in", bridge_number(&b, "/v1/status", "participants", -1));
	CHECK_INT(ROOMS, bridge_number(&b, "/v1/status", "meetings_open", -1), "meetings open");
	double skipped = ticks(&b, "skipped_ticks");
	test_sleep_ms(LOAD_SECONDS * 1000);
	skipped = ticks(&b, "skipped_ticks") - skipped;
	CHECK_INT(
		PEOPLE, bridge_number(&b, "/v1/status", "participants", -1), "all are there after a minute");

	peer_signal(&b.peer, 15);
	json_t *report = bridge_crowd_end(&b, &crowd, 20000, &code);
	CHECK_INT(PEOPLE, json_at(report, "groups.0.dropped", -1), "calls that were ended with BYE");
	CHECK_INT(0, json_at(report, "groups.0.rtp.lost", -1), "packets lost");
	json_decref(report);
	CHECK_INT(0, bridge_stop(&b), "exit status");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	CHECK_INT(0, skipped, "ticks missed");
#endif
}

TESTS(four_codecs_hear_each_other_and_not_themselves, keys_arrive_each_way, what_fails_is_reported,
	the_bridge_hangs_up_on_all, two_hundred_calls_in_twenty_meetings_for_a_minute)
