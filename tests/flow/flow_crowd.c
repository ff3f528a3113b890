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

TESTS(four_codecs_hear_each_other_and_not_themselves, keys_arrive_each_way, what_fails_is_reported,
	the_bridge_hangs_up_on_all)
