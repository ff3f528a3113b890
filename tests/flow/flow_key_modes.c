/* links: tests/caller.c tests/rawsip.c */
/* A trunk that says how keys come on it (T21): those count that come that way, one key as one digit, and no others. */
#include "tests/caller.h"
#include "tests/flow/ask.h"
#include "tests/flow/bridge.h"
#include "tests/test.h"

#include <stdlib.h>

enum { SITE = 1024, RECORD_MS = 4000, CROWD_MS = 40000, AT_ONCE_MS = 1500 };

/* Digits that stand next to their like: one too many or too few is another ID. */
#define ID "112233445"

static const char *const modes[] = { "auto", "rfc4733", "inband", "info" };
static const char *const ways[] = { "event", "inband", "info", "event+info+inband" };
enum { MODES = sizeof(modes) / sizeof(*modes), WAYS = sizeof(ways) / sizeof(*ways) };

/* Does a caller by that way get in on a trunk of that mode? */
static const bool gets_in[MODES][WAYS] = {
	{ true, true, true, true },
	{ true, false, false, true },
	{ false, true, false, true },
	{ false, false, true, true },
};

static const char *site_of(const char *mode)
{
	static char site[SITE];

	snprintf(site, sizeof(site),
		"accounts:\n  - name: acme\n    meetings: [ { id: \"" ID "\", name: Open } ]\n"
		"trunks:\n  - { name: carrier-a, inbound: { from: [ 127.0.0.2 ] }, dtmf: %s }\n"
		"numbers:\n  - { number: \"+15550100\", trunk: carrier-a, account: acme, answer: attendant "
		"}\n",
		mode);
	return site;
}

static void check_mode(struct bridge *b, unsigned mode)
{
	const char *argv[] = { "--to", b->uri_attendant, "--seconds", "2", "--keys", ID, "--digits-by",
		ways[0], "--and", "--keys", ID, "--digits-by", ways[1], "--and", "--keys", ID, "--digits-by",
		ways[2], "--and", "--keys", ID, "--digits-by", ways[3], NULL };
	struct peer crowd;
	json_t *report;
	int code = -1;

	CHECK(bridge_crowd_start(b, &crowd, "crowd", argv), "crowd");
	report = bridge_crowd_end(b, &crowd, CROWD_MS, &code);
	CHECK(report, "crowd reports");
	for (unsigned i = 0; i < WAYS; i++) {
		char at[48], story[64];
		json_t *record;

		snprintf(story, sizeof(story), "dtmf: %s, keys by %s", modes[mode], ways[i]);
		snprintf(at, sizeof(at), "groups.%u.calls.0.call_id", i);
		record = record_wait(b, json_text_at(report, at), RECORD_MS);
		CHECK(record, "%s: has a record", story);
		CHECK_STR(gets_in[mode][i] ? ID : "", json_text_at(record, "meeting"), story);
		json_decref(record);
	}
	json_decref(report);
}

TEST(keys_count_when_they_come_as_the_trunk_says)
{
	struct bridge b;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site_of(modes[0]) }), "bridge");
	for (unsigned mode = 0; mode < MODES; mode++) {
		CHECK_INT(200, bridge_put_site(&b, site_of(modes[mode]), NULL), modes[mode]);
		check_mode(&b, mode);
	}
	CHECK_INT(0, bridge_stop(&b), "bridge");
}

/* Event packets that nobody agreed on: a far end that sends them all the same is not heard where the trunk says another way. */
TEST(events_without_agreement_are_no_keys)
{
	struct crew *crew = calloc(1, sizeof(*crew));
	struct caller *caller = calloc(1, sizeof(*caller));
	struct bridge b;

	CHECK(crew && caller, "memory");
	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site_of("info") }), "bridge");
	crew_start(crew);
	for (unsigned mode = 0; mode < MODES; mode++) {
		const bool in = mode <= 1;

		CHECK_INT(200, bridge_put_site(&b, site_of(modes[mode]), NULL), modes[mode]);
		CHECK_INT(200,
			caller_call(crew, caller, b.sip_port, "+15550100",
				"\"Ann\" <sip:+15559000101@127.0.0.2>"),
			modes[mode]);
		CHECK(caller_press(caller, ID, NULL), "%s: keyed", modes[mode]);
		test_sleep_ms(AT_ONCE_MS);
		CHECK_INT(in, bridge_count(&b, "/v1/meetings/" ID "/participants"), modes[mode]);
		CHECK(caller_bye(caller), "%s: hangs up", modes[mode]);
		CHECK(bridge_wait_count(&b, "/v1/calls", 0, RECORD_MS), "calls are left");
	}
	crew_stop(crew);
	CHECK_INT(0, bridge_stop(&b), "bridge");
	free(caller);
	free(crew);
}

TESTS(keys_count_when_they_come_as_the_trunk_says, events_without_agreement_are_no_keys)
