/* links: tests/caller.c tests/rawsip.c */
/* A meeting as its operator sees it: roster, events, chimes, records, the site while calls are up, the end of it all. */
#include "tests/flow/ask.h"
#include "tests/flow/ctl.h"
#include "tests/flow/events.h"
#include "tests/house.h"
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

#define SITE_HEAD                                                                                            \
	"accounts:\n"                                                                                        \
	"  - name: acme\n"                                                                                   \
	"    audio: { levelling: false }\n"                                                                  \
	"    meetings:\n"                                                                                    \
	"      - { id: \"100200300\", name: Weekly }\n"                                                      \
	"      - { id: \"100200301\", name: Quiet, chimes: false }\n"                                        \
	"      - { id: \"100200302\", name: Hosted, host_pin: \"900911\" }\n"
#define SITE_TAIL                                                                                            \
	"trunks:\n"                                                                                          \
	"  - name: carrier-a\n"                                                                              \
	"    inbound: { from: [ 127.0.0.2/32 ] }\n"                                                          \
	"numbers:\n"                                                                                         \
	"  - { number: \"+15550101\", trunk: carrier-a, account: acme, answer: \"meeting:100200300\" }\n"    \
	"  - { number: \"+15550102\", trunk: carrier-a, account: acme, answer: \"meeting:100200301\" }\n"    \
	"  - { number: \"+15550103\", trunk: carrier-a, account: acme, answer: \"meeting:100200302\" }\n"

static const char site[] = SITE_HEAD SITE_TAIL;

static struct house *house_open(void)
{
	return house_start(&(struct bridge_setup){ .site = site });
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
		      (const char *const[]){
			      "--to", to, "--calls", "4", "--codec", "mix", "--seconds", "3", NULL }),
		"crowd");
	CHECK(bridge_wait_count(&h->bridge, "/v1/meetings/100200301/participants", 4, JOIN_MS),
		"four more elsewhere");
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
	CHECK(bridge_wait_count(&h->bridge, "/v1/meetings/100200301/participants", 0, JOIN_MS),
		"and are gone again");
	CHECK_INT(2, bridge_count(&h->bridge, "/v1/meetings/100200302/participants"), "the others are not");
	char *text = bridge_text(&h->bridge, "GET", "/v1/meetings/100200302/participants", NULL, NULL, NULL);
	CHECK(text && !strstr(text, "15559000107"), "no number in full: %s", text);
	free(text);
	house_close(h);
}

/* ---- events ---- */

/* Two callers' whole story, talk aside, as the types and subjects that a listener gets. */
static char *story_of(struct events *e)
{
	static char story[4096];
	size_t n = 0;

	story[0] = '\0';
	for (size_t i = 0; i < events_count(e); i++) {
		const json_t *event = events_get(e, (int)i, NULL);
		const char *type = json_text_at(event, "type"), *role = json_text_at(event, "role");
		if (strcmp(type, "participant.talking") == 0)
			continue;
		n += (size_t)snprintf(story + n, sizeof(story) - n, "%s%s%s%s\n", type, role ? " " : "",
			role ? role : "", json_at(event, "muted", 0) > 0 ? " on" : "");
	}
	return story;
}

/* A listener who comes back with Last-Event-ID gets what came after it, and the same. */
static void check_resume(struct house *h, struct events *all)
{
	const json_t *fifth = events_get(all, 4, NULL), *event;
	char last[32];

	snprintf(last, sizeof(last), "%.0f", json_at(fifth, "seq", -1));
	struct events *again = events_open(&h->bridge, last);
	CHECK(again && events_wait(again, 0, "meeting.closed", NULL, NULL, 2000) >= 0, "resumed after %s",
		last);
	event = events_get(again, 0, NULL);
	CHECK(json_equal(event, events_get(all, 5, NULL)), "it goes on with the next one");
	CHECK(events_in_order(again), "without a gap");
	events_close(again);
}

TEST(events_in_order_and_in_time)
{
	struct house *h = house_open();
	struct events *e = events_open(&h->bridge, NULL);
	uint64_t at, heard;

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
	CHECK(heard - at >= 300 && heard - at <= 400 + 100 + SLACK_MS, "after %llu ms",
		(unsigned long long)(heard - at));

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
	int first_end = events_wait(e, 0, "call.ended", NULL, NULL, 2000);
	CHECK(first_end >= 0, "one has ended");
	CHECK(caller_bye(a), "the first leaves");
	CHECK(events_wait(e, (size_t)first_end + 1, "call.ended", NULL, NULL, 2000) >= 0, "and the other");

	CHECK_STR(
		"call.started\ncall.answered\nmeeting.opened\nparticipant.joined guest\n"
		"participant.muted guest on\nparticipant.muted guest\n"
		"call.started\ncall.answered\nparticipant.joined guest\nparticipant.left guest\ncall.ended\n"
		"participant.left guest\nmeeting.closed\ncall.ended\n",
		story_of(e), "the whole story");
	CHECK(events_in_order(e), "each seq is one more, and the event's id");
	check_resume(h, e);
	events_close(e);
	house_close(h);
}

/* ---- chimes, and a wire that falls silent meanwhile ---- */

static const unsigned chime_in[] = { 660, 880 }, chime_out[] = { 880, 587 };

/* Its loudest 100 ms between two moments. */
static double peak(struct caller *c, unsigned hz, uint64_t from_ms, uint64_t to_ms)
{
	double best = -127;

	for (uint64_t at = from_ms; at + 100 <= to_ms; at += 20) {
		double level = caller_heard(c, hz, at, at + 100);
		best = level > best ? level : best;
	}
	return best;
}

static void check_chime(struct caller *c, const unsigned hz[2], uint64_t from_ms, const char *story)
{
	for (unsigned i = 0; i < 2; i++)
		CHECK_NEAR(-26, peak(c, hz[i], from_ms, from_ms + 1500), 4, story);
}

/* One caller comes and goes; `ear` sits there already and everything else is silent. */
static void come_and_go(struct house *h, unsigned i, const char *number, struct caller *ear, bool chimes)
{
	uint64_t at = test_now_ms();
	struct caller *c = call(h, i, number);

	test_sleep_ms(SETTLE_MS);
	if (chimes) {
		check_chime(ear, chime_in, at, "the entry is heard");
		CHECK(caller_heard_ms(ear, at + 2000, at + SETTLE_MS) == 0,
			"%s: and nothing of the newcomer's prompts", number);
	} else {
		CHECK_INT(0, caller_heard_ms(ear, at, at + SETTLE_MS), "no chime on entry");
	}
	at = test_now_ms();
	CHECK(caller_bye(c), "%s: leaves", number);
	test_sleep_ms(1500);
	if (chimes)
		check_chime(ear, chime_out, at, "the exit is heard");
	else
		CHECK_INT(0, caller_heard_ms(ear, at, at + 1500), "no chime on exit");
}

/* Three fall silent at `since`: one in the meeting, one at the attendant's PIN, one that holds. Only the hold lasts. */
static void check_silent(struct house *h, struct events *e, uint64_t since_ms)
{
	static const char *const stories[] = { "in a meeting", "at the attendant" };

	for (unsigned i = 0; i < 2; i++) {
		struct caller *c = &h->callers[i];
		uint64_t now = test_now_ms();
		CHECK(caller_wait_bye(c, (unsigned)(since_ms + DEAD_MS + 4000 - now)), "%s: hung up",
			stories[i]);
		now = test_now_ms();
		CHECK(now - since_ms > DEAD_MS - 1000, "%s: not before its time: %llu ms", stories[i],
			(unsigned long long)(now - since_ms));
		CHECK(raw_has(&c->sip, "Reason: Q.850;cause="), "%s: with a reason", stories[i]);
		CHECK(events_wait(e, 0, "call.media_lost", "call_id", c->sip.call_id, 1000) >= 0,
			"%s: an event", stories[i]);
		json_t *record = record_wait(&h->bridge, c->sip.call_id, RECORD_MS);
		CHECK_STR("no RTP and no RTCP for 30 s", json_text_at(record, "cause"), stories[i]);
		CHECK(json_at(record, "by_far_end", 1) < 0.5, "%s: by us", stories[i]);
		json_decref(record);
	}
	test_sleep_ms(1500);
	seated(h, 2, "100200300");
	CHECK_INT(200, caller_reinvite(&h->callers[2], "sendrecv", false), "the hold ends");
}

TEST(chimes_and_calls_whose_far_end_is_gone)
{
	struct house *h = house_open();
	struct events *e = events_open(&h->bridge, NULL);
	uint64_t silent_ms;

	CHECK(e, "events");
	call(h, 0, "+15550101");
	call(h, 1, "+15550103");
	call(h, 2, "+15550101");
	seated(h, 2, "100200300");
	CHECK_INT(200, caller_reinvite(&h->callers[2], "inactive", false), "holds");
	struct caller *ear = call(h, 3, "+15550101"), *quiet = call(h, 4, "+15550102");
	test_sleep_ms(1000);
	for (unsigned i = 0; i < 3; i++)
		caller_wire(&h->callers[i], false);
	silent_ms = test_now_ms();
	test_sleep_ms(SETTLE_MS);
	come_and_go(h, 5, "+15550101", ear, true);
	come_and_go(h, 6, "+15550102", quiet, false);
	check_silent(h, e, silent_ms);
	seated(h, 3, "100200300");
	seated(h, 4, "100200301");
	events_close(e);
	house_close(h);
}

/* ---- the site while calls are up ---- */

static char *id_of(struct house *h, unsigned i, const char *meeting)
{
	static char ids[4][32];
	static unsigned next;
	char *id = ids[next++ % 4];
	json_t *row = seat(h, i, meeting);

	snprintf(id, sizeof(ids[0]), "%s", json_text_at(row, "id"));
	json_decref(row);
	return id;
}

TEST(applying_a_site_leaves_calls_alone)
{
	static const struct {
		const char *story, *yaml;
		long status;
	} sites[] = {
		{ "one more meeting", SITE_HEAD "      - { id: \"100200309\", name: New }\n" SITE_TAIL, 200 },
		{ "the same again", SITE_HEAD "      - { id: \"100200309\", name: New }\n" SITE_TAIL, 200 },
		{ "a wrong one", SITE_HEAD "      - { id: \"100200309\", nmae: New }\n" SITE_TAIL, 422 },
		{ "their meeting and number are gone",
			"accounts:\n  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Weekly "
			"}\n"
			"trunks:\n  - name: carrier-a\n    inbound: { from: [ 127.0.0.2/32 ] }\n"
			"numbers:\n  - { number: \"+15550101\", trunk: carrier-a, account: acme, answer: "
			"\"meeting:100200300\" }\n",
			200 },
		{ "all is back", site, 200 },
	};
	struct house *h = house_open();
	struct caller *a = call(h, 0, "+15550102"), *b = call(h, 1, "+15550102");
	char ids[2][32];

	caller_tone(a, 443, -20);
	caller_tone(b, 1009, -20);
	for (unsigned i = 0; i < 2; i++)
		snprintf(ids[i], sizeof(ids[i]), "%s", id_of(h, i, "100200301"));
	test_sleep_ms(SETTLE_MS);
	for (size_t k = 0; k < sizeof(sites) / sizeof(*sites); k++) {
		uint64_t from = test_now_ms();
		CHECK_INT(sites[k].status, bridge_put_site(&h->bridge, sites[k].yaml, NULL), sites[k].story);
		test_sleep_ms(LONG_CALL_MS);
		CHECK_NEAR(-20, caller_heard(a, 1009, from, from + LONG_CALL_MS), 1, sites[k].story);
		CHECK_NEAR(-20, caller_heard(b, 443, from, from + LONG_CALL_MS), 1, sites[k].story);
		size_t packets = caller_packets(a, from, from + LONG_CALL_MS);
		CHECK(packets >= 48 && packets <= 52, "%s: %zu packets in a second", sites[k].story, packets);
		CHECK_INT(2, bridge_number(&h->bridge, "/v1/status", "participants", -1), sites[k].story);
	}
	for (unsigned i = 0; i < 2; i++)
		CHECK_STR(ids[i], id_of(h, i, "100200301"), "the same participant");
	CHECK(caller_bye(a) && caller_bye(b), "they hang up themselves");
	house_close(h);
}

/* Applies this file of the test's folder, to be ended with `want`; what partyctl said. */
static char *apply(struct house *h, int want, const char *file)
{
	char words[FOLDER_PATH * 2];

	snprintf(words, sizeof(words), "apply %s", folder_file(&h->bridge.folder, file));
	return ctl(&h->bridge, want, words);
}

/* N8: refused whole, naming line and key; exit code 1; the site in force stays. */
TEST(a_wrong_site_file_is_refused_by_line_and_key)
{
	static const struct {
		const char *story, *yaml, *line, *key;
	} wrong[] = {
		{ "unknown key",
			"accounts:\n  - name: acme\n    meetings:\n      - { id: \"1234567\", nmae: x }\n",
			"4", "nmae" },
		{ "equal PINs",
			"accounts:\n  - name: acme\n    meetings:\n      - id: \"1234567\"\n        "
			"host_pin: \"1111\"\n"
			"        guest_pin: \"1111\"\n",
			"6", "guest_pin" },
		{ "no such meeting",
			"accounts:\n  - name: acme\ntrunks:\n  - name: t\nnumbers:\n"
			"  - { number: \"+15550101\", trunk: t, account: acme, answer: \"meeting:5556667\" "
			"}\n",
			"6", "answer" },
		{ "no such trunk",
			"accounts:\n  - name: acme\nnumbers:\n  - { number: \"+15550101\", trunk: nix, "
			"account: acme, answer: attendant }\n",
			"4", "trunk" },
		{ "a network that is none",
			"trunks:\n  - name: t\n    inbound: { from: [ 127.0.0.300/32 ] }\n", "3", "from" },
		{ "a word for a number", "trunks:\n  - name: t\n    limits:\n      channels: many\n", "4",
			"channels" },
		{ "not YAML", "accounts:\n  - name: acme\n   meetings: [\n", "3", "" },
	};
	struct house *h = house_open();
	char *before, *after, *said;

	before = ctl(&h->bridge, 0, "export");
	CHECK(strstr(before, "100200300"), "it is the site: %s", before);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		char line[24];
		folder_write(&h->bridge.folder, "wrong.yaml", wrong[i].yaml);
		said = apply(h, 1, "wrong.yaml");
		snprintf(line, sizeof(line), "line %s", wrong[i].line);
		CHECK(strstr(said, line), "%s: '%s' in: %s", wrong[i].story, line, said);
		CHECK(strstr(said, wrong[i].key), "%s: '%s' in: %s", wrong[i].story, wrong[i].key, said);
		free(said);
	}
	after = ctl(&h->bridge, 0, "export");
	CHECK_STR(before, after, "the site stands as it was");
	folder_write(&h->bridge.folder, "again.yaml", after);
	free(apply(h, 0, "again.yaml")); /* what was exported can be applied */
	free(before);
	free(after);
	house_close(h);
}

/* ---- the end, and a new beginning ---- */

static long last_seq(struct house *h)
{
	struct events *e = events_open(&h->bridge, NULL);

	CHECK(e, "events");
	CHECK_INT(200, bridge_put_site(&h->bridge, site, NULL), "apply");
	struct caller *c = call(h, 9, "+15550102");
	CHECK(caller_bye(c), "hangs up");
	int at = events_wait(e, 0, "call.ended", NULL, NULL, 2000);
	CHECK(at >= 0, "an event");
	long seq = (long)json_at(events_get(e, at, NULL), "seq", -1);
	events_close(e);
	return seq;
}

/* SIGTERM: BYE with a reason to every call, a record of each, exit code 0, soon; even if one does not answer. */
TEST(sigterm_says_goodbye_and_a_restart_remembers)
{
	struct house *h = house_open();
	struct peer crowd;
	char to[64], *before, *after, token[96];
	int code = -1, crowd_code;

	long seq = last_seq(h);
	snprintf(to, sizeof(to), "sip:+15550101@127.0.0.1:%u", h->bridge.sip_port);
	CHECK(bridge_crowd_start(&h->bridge, &crowd, "crowd",
		      (const char *const[]){
			      "--to", to, "--calls", "8", "--codec", "mix", "--seconds", "30", NULL }),
		"crowd");
	struct caller *a = call(h, 0, "+15550102");
	call(h, 1, "+15550103"); /* still at the attendant; it will not answer */
	CHECK(bridge_wait_number(&h->bridge, "/v1/status", "participants", 9, JOIN_MS), "all are in");
	before = ctl(&h->bridge, 0, "export");

	uint64_t at = test_now_ms();
	CHECK(bridge_restart(&h->bridge, SIGTERM, &code), "it comes back");
	CHECK_INT(0, code, "SIGTERM: exit code");
	CHECK(test_now_ms() - at < 8000, "soon: %llu ms", (unsigned long long)(test_now_ms() - at));
	CHECK(caller_wait_bye(a, 100), "BYE has come");
	CHECK(raw_has(&a->sip, "Reason: Q.850;cause="), "with a reason:\n%s", a->sip.last);
	json_t *report = bridge_crowd_end(&h->bridge, &crowd, 10000, &crowd_code);
	CHECK_INT(8, json_at(report, "groups.0.dropped", -1), "crowd: ended by the bridge, all of them");
	CHECK_INT(0, json_at(report, "groups.0.timeout", -1), "crowd: none without an end");
	for (unsigned i = 0; i < 8; i++) {
		snprintf(token, sizeof(token), "groups.0.calls.%u.call_id", i);
		json_t *record = record_wait(&h->bridge, json_text_at(report, token), RECORD_MS);
		CHECK(record, "call %u has a record after the restart", i);
		CHECK(json_at(record, "by_far_end", 1) < 0.5, "call %u was ended by us", i);
		CHECK_STR("100200300", json_text_at(record, "meeting"), "with its meeting");
		CHECK(time_at(record, "ended_at") > time_at(record, "answered_at"), "and its times");
		json_decref(record);
	}
	json_decref(report);
	for (unsigned i = 0; i < 2; i++)
		json_decref(record_wait(&h->bridge, h->callers[i].sip.call_id, RECORD_MS));
	after = ctl(&h->bridge, 0, "export");
	CHECK_STR(before, after, "the site is there without having been applied");
	free(before);
	free(after);
	long later = last_seq(h);
	CHECK(later > seq, "events count on: %ld after %ld", later, seq);

	int records = bridge_count(&h->bridge, "/v1/records?limit=1000");
	CHECK(bridge_restart(&h->bridge, SIGKILL, &code), "it comes back from kill -9");
	CHECK_INT(128 + SIGKILL, code, "killed");
	CHECK_INT(records, bridge_count(&h->bridge, "/v1/records?limit=1000"), "no record was lost");
	CHECK(last_seq(h) > later, "events count on");
	house_close(h);
}

TESTS(roster_says_who_is_here, events_in_order_and_in_time, chimes_and_calls_whose_far_end_is_gone,
	applying_a_site_leaves_calls_alone, a_wrong_site_file_is_refused_by_line_and_key,
	sigterm_says_goodbye_and_a_restart_remembers)
