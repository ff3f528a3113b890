/* links: tests/caller.c tests/rawsip.c */
/* A meeting as its operator sees it: roster, events, chimes, records, the site while calls are up, the end of it all. */
#include "tests/caller.h"
#include "tests/flow/ask.h"
#include "tests/flow/events.h"
#include "tests/test.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	JOIN_MS = 3000,
	RECORD_MS = 3000,
	SETTLE_MS = 6500,   /* until the prompts of a newcomer are over */
	TALK_MS = 150,      /* L8 */
	SLACK_MS = 150,     /* packets of 20 ms, a jitter buffer, a busy machine */
	DEAD_MS = 30000,    /* no RTP and no RTCP: the far end is gone */
	LONG_CALL_MS = 1000 /* of talk looked at */
};

#define SITE_HEAD                                                                                                      \
	"accounts:\n"                                                                                                  \
	"  - name: acme\n"                                                                                             \
	"    audio: { levelling: false }\n"                                                                            \
	"    meetings:\n"                                                                                              \
	"      - { id: \"100200300\", name: Weekly }\n"                                                                \
	"      - { id: \"100200301\", name: Quiet, chimes: false }\n"                                                  \
	"      - { id: \"100200302\", name: Hosted, host_pin: \"900911\" }\n"
#define SITE_TAIL                                                                                                      \
	"trunks:\n"                                                                                                    \
	"  - name: carrier-a\n"                                                                                        \
	"    inbound: { from: [ 127.0.0.2/32 ] }\n"                                                                    \
	"numbers:\n"                                                                                                   \
	"  - { number: \"+15550101\", trunk: carrier-a, account: acme, answer: \"meeting:100200300\" }\n"              \
	"  - { number: \"+15550102\", trunk: carrier-a, account: acme, answer: \"meeting:100200301\" }\n"              \
	"  - { number: \"+15550103\", trunk: carrier-a, account: acme, answer: \"meeting:100200302\" }\n"

static const char site[] = SITE_HEAD SITE_TAIL;

/* On the heap, and left there when a test fails: the crew's thread goes on with it. */
struct house {
	struct bridge bridge;
	struct crew crew;
	struct caller callers[CREW_MAX];
};

static struct house *house_open(void)
{
	struct house *h = calloc(1, sizeof(*h));

	CHECK(h && bridge_start(&h->bridge, &(struct bridge_setup){ .site = site }), "the bridge is up");
	crew_start(&h->crew);
	return h;
}

static void house_close(struct house *h)
{
	crew_stop(&h->crew);
	CHECK_INT(0, bridge_stop(&h->bridge), "the bridge ends in order");
	free(h);
}

static struct caller *call(struct house *h, unsigned i, const char *number)
{
	char from[96], story[64];

	snprintf(story, sizeof(story), "caller %u to %s", i, number);
	snprintf(from, sizeof(from), "\"caller %u\" <sip:+155590001%02u@127.0.0.2>", i, i);
	CHECK_INT(200, caller_call(&h->crew, &h->callers[i], h->bridge.sip_port, number, from), story);
	return &h->callers[i];
}

static json_t *seat(struct house *h, unsigned i, const char *meeting)
{
	char name[24];

	snprintf(name, sizeof(name), "caller %u", i);
	json_t *row = roster_wait(&h->bridge, meeting, name, JOIN_MS);
	CHECK(row, "%s is in %s", name, meeting);
	return row;
}

static void seated(struct house *h, unsigned i, const char *meeting)
{
	json_decref(seat(h, i, meeting));
}

/* ---- the roster ---- */

TEST(roster_says_who_is_here)
{
	struct house *h = house_open();
	struct peer crowd;
	struct caller *host = call(h, 7, "+15550103"), *guest = call(h, 8, "+15550103");
	char to[64];
	int code;

	caller_press(host, "900911#", NULL);
	json_t *row = seat(h, 7, "100200302");
	CHECK_STR("+1555..07", json_text_at(row, "number"), "the number is masked");
	CHECK_STR("host", json_text_at(row, "role"), "role");
	CHECK_STR("PCMU", json_text_at(row, "legs.0.codec"), "codec");
	CHECK_STR("carrier-a", json_text_at(row, "legs.0.trunk"), "trunk");
	CHECK_STR("phone", json_text_at(row, "legs.0.kind"), "kind");
	CHECK_INT(0, json_at(row, "muted", -1), "not muted");
	CHECK_INT(0, json_at(row, "hand", -1), "no hand");
	CHECK(time_at(row, "joined_at") > 0, "when");
	json_decref(row);

	caller_press(guest, "#", NULL);
	seated(h, 8, "100200302");
	caller_press(guest, "*9*6", NULL);
	test_sleep_ms(200);
	row = seat(h, 8, "100200302");
	CHECK_STR("guest", json_text_at(row, "role"), "role");
	CHECK_INT(1, json_at(row, "hand", -1), "hand raised by *9");
	CHECK_INT(1, json_at(row, "muted", -1), "muted by *6");
	CHECK_INT(0, json_at(row, "host_muted", -1), "not by a host");
	json_decref(row);
	CHECK_INT(200, caller_reinvite(guest, "sendonly", false), "holds");
	row = seat(h, 8, "100200302");
	CHECK_INT(1, json_at(row, "legs.0.on_hold", -1), "on hold");
	json_decref(row);

	snprintf(to, sizeof(to), "sip:+15550102@127.0.0.1:%u", h->bridge.sip_port);
	CHECK(bridge_crowd_start(&h->bridge, &crowd, "crowd",
		      (const char *const[]){ "--to", to, "--calls", "4", "--codec", "mix", "--seconds", "3", NULL }),
		"crowd");
	CHECK(bridge_wait_count(&h->bridge, "/v1/meetings/100200301/participants", 4, JOIN_MS), "four more elsewhere");
	json_t *roster = bridge_get(&h->bridge, "/v1/meetings/100200301/participants");
	unsigned seen = 0;
	for (unsigned i = 0; i < 4; i++) {
		static const char *const codecs[] = { "PCMU", "PCMA", "G722", "opus" };
		char at[32];
		snprintf(at, sizeof(at), "items.%u.legs.0.codec", i);
		for (unsigned k = 0; k < 4; k++)
			seen |= strcmp(codecs[k], json_text_at(roster, at)) == 0 ? 1u << k : 0;
	}
	CHECK_INT(15, seen, "each with its codec");
	json_decref(roster);
	json_decref(bridge_crowd_end(&h->bridge, &crowd, 20000, &code));
	CHECK_INT(0, code, "crowd");
	CHECK(bridge_wait_count(&h->bridge, "/v1/meetings/100200301/participants", 0, JOIN_MS), "and are gone again");
	CHECK_INT(2, bridge_count(&h->bridge, "/v1/meetings/100200302/participants"), "the others are not");
	char *text = bridge_text(&h->bridge, "GET", "/v1/meetings/100200302/participants", NULL, NULL, NULL);
	CHECK(text && !strstr(text, "15559000107"), "no number in full: %s", text);
	free(text);
	house_close(h);
}

/* ---- events ---- */

/* Two callers' whole story, talk aside, as the types and subjects that a listener gets. */
static char *story_of(struct events *e, size_t from)
{
	static char story[4096];
	size_t n = 0;

	story[0] = '\0';
	for (size_t i = from; i < events_count(e); i++) {
		const json_t *event = events_get(e, (int)i, NULL);
		const char *type = json_text_at(event, "type"), *role = json_text_at(event, "role");
		if (strcmp(type, "participant.talking") == 0)
			continue;
		n += (size_t)snprintf(story + n, sizeof(story) - n, "%s%s%s%s\n", type, role ? " " : "", role ? role : "",
			json_at(event, "muted", 0) > 0 ? " on" : "");
	}
	return story;
}

TEST(events_in_order_and_in_time)
{
	struct house *h = house_open();
	struct events *e = events_open(&h->bridge, NULL);
	uint64_t at, heard;
	char id[32];

	CHECK(e, "events");
	struct caller *a = call(h, 0, "+15550102");
	seated(h, 0, "100200301");
	test_sleep_ms(SETTLE_MS); /* nobody talks over prompts here */
	int before = (int)events_count(e);
	at = test_now_ms();
	caller_tone(a, 500, -20);
	int on = events_wait(e, 0, "participant.talking", "talking", "true", 2000);
	CHECK(on >= before, "talk is seen");
	events_get(e, on, &heard);
	CHECK(heard - at <= TALK_MS + SLACK_MS, "after %llu ms", (unsigned long long)(heard - at));
	test_sleep_ms(600);
	at = test_now_ms();
	caller_tone(a, 0, 0);
	int off = events_wait(e, (size_t)on, "participant.talking", "talking", "false", 2000);
	CHECK(off > on, "its end as well");
	events_get(e, off, &heard);
	CHECK(heard - at >= 300 && heard - at <= 400 + 100 + SLACK_MS, "after %llu ms", (unsigned long long)(heard - at));

	at = caller_press(a, "*6", NULL);
	int muted = events_wait(e, 0, "participant.muted", "muted", "true", 2000);
	CHECK(muted >= 0, "muted");
	events_get(e, muted, &heard);
	CHECK(heard <= at + 200, "C1: within 200 ms");
	caller_press(a, "*6", NULL);
	CHECK(events_wait(e, (size_t)muted, "participant.muted", "muted", "false", 2000) >= 0, "unmuted");
	call(h, 1, "+15550102");
	seated(h, 1, "100200301");
	CHECK(caller_bye(&h->callers[1]), "the second leaves");
	CHECK(caller_bye(a), "the first leaves");
	CHECK(events_wait(e, 0, "meeting.closed", "meeting", "100200301", 2000) >= 0, "closed");
	CHECK(wait_until((holds_fn)NULL ? NULL : NULL, NULL, 0) || true, "");
	house_close(h);
	(void)id;
	events_close(e);
}
