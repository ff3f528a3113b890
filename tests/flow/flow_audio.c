/* links: tests/caller.c tests/rawsip.c */
/* Sound through the real program and the real network path: what each caller hears of whom, and how loud. */
#include "tests/caller.h"
#include "tests/flow/bridge.h"
#include "tests/flow/events.h"
#include "tests/test.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* What everybody sends; what nobody may hear. */
#define SENT_DBOV (-20.0)
#define GONE_DBOV (-60.0)

enum {
	SETTLE_MS = 6500, /* "hello, there is one other person here" */
	SWITCH_MS = 200,  /* mute, hold and their ends are heard by then */
	LOOK_MS = 700,    /* of sound looked at */
	CROWD_WAIT_MS = 50000
};

/* Levelling is off: what comes in goes out as loud.  Meeting by meeting, a number without questions. */
static const char site[] =
	"accounts:\n"
	"  - name: acme\n"
	"    audio: { levelling: false, noise_suppression: false }\n"
	"    meetings:\n"
	"      - { id: \"100200301\", name: Codecs }\n"
	"      - { id: \"100200302\", name: Ptimes }\n"
	"      - { id: \"100200303\", name: Quiet, chimes: false }\n"
	"trunks:\n"
	"  - name: carrier-a\n"
	"    inbound: { from: [ 127.0.0.2/32 ] }\n"
	"numbers:\n"
	"  - { number: \"+15550101\", trunk: carrier-a, account: acme, answer: \"meeting:100200301\" }\n"
	"  - { number: \"+15550102\", trunk: carrier-a, account: acme, answer: \"meeting:100200302\" }\n"
	"  - { number: \"+15550103\", trunk: carrier-a, account: acme, answer: \"meeting:100200303\" }\n";

/* A bridge with that site. `media`: workers, and more keys of the node file's media. */
static void start(struct bridge *b, const char *media)
{
	CHECK(bridge_start(b, &(struct bridge_setup){ .site = site, .workers = media }), "the bridge is up");
}

static void stop(struct bridge *b)
{
	CHECK_INT(0, bridge_stop(b), "the bridge ends in order");
}

/* ---- who hears whom ---- */

struct talker {
	const char *story, *number, *codec, *ptime, *after;
	unsigned hz;
};

/* Three meetings at once; tones are no harmonics of each other, nor a key's. */
static const struct talker talkers[] = {
	{ "PCMU", "+15550101", "PCMU", "20", "0", 409 },
	{ "PCMA", "+15550101", "PCMA", "20", "0", 593 },
	{ "Opus", "+15550101", "opus", "20", "0", 1129 },
	{ "G.722", "+15550101", "G722", "20", "0", 1787 },
	{ "PCMU ptime 10", "+15550102", "PCMU", "10", "0", 467 },
	{ "PCMA ptime 30", "+15550102", "PCMA", "30", "0", 673 },
	{ "G.722 ptime 40", "+15550102", "G722", "40", "0", 1013 },
	{ "Opus ptime 60", "+15550102", "opus", "60", "0", 1373 },
	{ "PCMU ptime 60, late", "+15550102", "PCMU", "60", "3", 1907 },
	{ "first in the third room", "+15550103", "opus", "20", "0", 541 },
	{ "late in the third room", "+15550103", "PCMA", "20", "3.5", 2153 },
};
enum { TALKERS = sizeof(talkers) / sizeof(*talkers), WORDS_EACH = 20 };

/* One crowd of one group per talker, each of whom reports all tones. */
static const char **talkers_argv(const struct bridge *b)
{
	static const char *argv[PEER_ARGS * 4];
	static char to[TALKERS][64], say[TALKERS][24], hear[128], record[TALKERS][FOLDER_PATH * 2];
	size_t n = 0, at = 0;

	for (size_t i = 0; i < TALKERS; i++)
		at += (size_t)snprintf(hear + at, sizeof(hear) - at, "%s%u", i ? "," : "", talkers[i].hz);
	argv[n++] = "--seconds";
	argv[n++] = "8";
	argv[n++] = "--hear";
	argv[n++] = hear;
	for (size_t i = 0; i < TALKERS; i++) {
		snprintf(to[i], sizeof(to[i]), "sip:%s@127.0.0.1:%u", talkers[i].number, b->sip_port);
		snprintf(say[i], sizeof(say[i]), "tone:%u:%.0f", talkers[i].hz, SENT_DBOV);
		snprintf(record[i], sizeof(record[i]), "%s/heard-%zu.wav", b->folder.path, i);
		if (i)
			argv[n++] = "--and";
		const char *words[] = { "--to", to[i], "--say", say[i], "--codec", talkers[i].codec,
			"--ptime", talkers[i].ptime, "--after", talkers[i].after, "--record", record[i] };
		for (size_t k = 0; k < sizeof(words) / sizeof(*words); k++)
			argv[n++] = words[k];
	}
	argv[n] = NULL;
	return argv;
}

/* Where a packet of a tone that is heard was late, its phase moves, and that is seen 60 Hz beside it, 30 dB down and more. */
static double gone_beside(const struct talker *listener, unsigned hz)
{
	for (size_t i = 0; i < TALKERS; i++)
		if (&talkers[i] != listener && strcmp(talkers[i].number, listener->number) == 0 &&
			abs((int)talkers[i].hz - (int)hz) < 60)
			return GONE_DBOV + 10;
	return GONE_DBOV;
}

static void check_pair(
	const struct talker *listener, const struct talker *speaker, double dbov, const char *by)
{
	char story[160];
	bool hears = listener != speaker && strcmp(listener->number, speaker->number) == 0;

	snprintf(story, sizeof(story), "%s hears %s (%u Hz), %s", listener->story,
		listener == speaker ? "itself" : speaker->story, speaker->hz, by);
	if (hears)
		CHECK_NEAR(SENT_DBOV, dbov, 1.0, story);
	else
		CHECK(dbov <= gone_beside(listener, speaker->hz), "%s: %.1f dBov", story, dbov);
}

/* The second look: the recording's last second but one, by this side's own filter. */
static void check_recording(const struct bridge *b, size_t listener)
{
	char name[32];
	struct sound s;

	snprintf(name, sizeof(name), "heard-%zu.wav", listener);
	CHECK(sound_read(&s, folder_file(&b->folder, name)), "%s: recorded", talkers[listener].story);
	unsigned end = sound_ms(&s);
	CHECK(end > 8000, "%s: %u ms recorded", talkers[listener].story, end);
	for (size_t k = 0; k < TALKERS; k++)
		check_pair(&talkers[listener], &talkers[k],
			sound_level(&s, talkers[k].hz, end - 2200, end - 800), "by its recording");
	sound_free(&s);
}

/* The wire: packets of the length that was asked for, all of them, none late or lost for good. */
static void check_packets(const json_t *report, size_t i)
{
	char at[64];
	const struct talker *t = &talkers[i];

	snprintf(at, sizeof(at), "groups.%zu.calls.0.received", i);
	double received = json_at(report, at, -1);
	snprintf(at, sizeof(at), "groups.%zu.calls.0.seconds", i);
	double due = json_at(report, at, 0) * 1000.0 / atof(t->ptime);
	CHECK(received > due * 0.95 - 3 && received < due * 1.05 + 3, "%s: %.0f packets, %.0f are due",
		t->story, received, due);
	snprintf(at, sizeof(at), "groups.%zu.calls.0.lost", i);
	CHECK_INT(0, json_at(report, at, -1), t->story);
}

/* Issue 2, shown 2; T16; late joiners; meetings do not leak into each other. */
TEST(each_hears_the_others_and_never_itself)
{
	struct bridge b;
	struct peer crowd;
	int code = -1;

	start(&b, "1, mixed_talkers: 8");
	const char *const *argv = talkers_argv(&b);
	CHECK(bridge_crowd_start(&b, &crowd, "crowd", argv), "crowd");
	json_t *report = bridge_crowd_end(&b, &crowd, CROWD_WAIT_MS, &code);
	CHECK(report, "crowd reports");
	CHECK_INT(0, code, "all calls went as planned");
	for (unsigned i = 0; i < TALKERS; i++) {
		for (unsigned k = 0; k < TALKERS; k++)
			check_pair(&talkers[i], &talkers[k], crowd_heard(report, i + 1, 1, talkers[k].hz),
				"by crowd");
		check_recording(&b, i);
		check_packets(report, i);
	}
	json_decref(report);
	stop(&b);
}

/* Six talk, four are mixed: the loudest.  Who is mixed hears the other three, who is not hears all four. */
TEST(six_talk_and_the_loudest_four_are_heard)
{
	static const char *const levels[] = { "-12", "-14", "-16", "-18", "-34", "-36" };
	static const unsigned hz[] = { 409, 593, 769, 1129, 1373, 1787 };
	char say[6][32], to[64], story[80];
	const char *argv[PEER_ARGS] = { "--to", to, "--hear", "409,593,769,1129,1373,1787", "--seconds", "8",
		"--codec", "PCMU" };
	size_t n = 8;
	struct bridge b;
	int code = -1;

	start(&b, "1, mixed_talkers: 4");
	snprintf(to, sizeof(to), "sip:+15550103@127.0.0.1:%u", b.sip_port);
	for (unsigned i = 0; i < 6; i++) {
		snprintf(say[i], sizeof(say[i]), "tone:%u:%s", hz[i], levels[i]);
		if (i)
			argv[n++] = "--and";
		argv[n++] = "--say";
		argv[n++] = say[i];
	}
	json_t *report = bridge_crowd(&b, argv, &code);
	CHECK(report && code == 0, "crowd: %d", code);
	for (unsigned i = 0; i < 6; i++) {
		for (unsigned k = 0; k < 6; k++) {
			double dbov = crowd_heard(report, i + 1, 1, hz[k]);
			snprintf(story, sizeof(story), "%u hears %u", i, k);
			if (k < 4 && k != i)
				CHECK_NEAR(atof(levels[k]), dbov, 1.0, story);
			else
				CHECK(dbov <= GONE_DBOV, "%s: %.1f dBov", story, dbov);
		}
	}
	json_decref(report);
	stop(&b);
}

/* ---- in mid-call ---- */

struct room { /* A talks at 443 Hz, B at 1009 Hz, C says nothing; nothing else is to be heard */
	struct bridge bridge;
	struct crew crew;
	struct caller a, b, c;
};
enum { A_HZ = 443, B_HZ = 1009 };

static void check_heard(struct caller *c, unsigned hz, bool heard, uint64_t from_ms, const char *story)
{
	double dbov = caller_heard(c, hz, from_ms, from_ms + LOOK_MS);

	if (heard)
		CHECK_NEAR(SENT_DBOV, dbov, 1.0, story);
	else
		CHECK(dbov <= GONE_DBOV, "%s: %.1f dBov at %u Hz", story, dbov, hz);
}

/* On the heap, and left there when a test fails: the crew's thread goes on with it. */
static struct room *room_open(void)
{
	struct room *r = calloc(1, sizeof(*r));

	CHECK(r, "memory");
	start(&r->bridge, "1");
	crew_start(&r->crew);
	CHECK_INT(200,
		caller_call(&r->crew, &r->a, r->bridge.sip_port, "+15550103",
			"\"Ann\" <sip:+15559000011@127.0.0.2>"),
		"A");
	CHECK_INT(200,
		caller_call(&r->crew, &r->b, r->bridge.sip_port, "+15550103",
			"\"Bob\" <sip:+15559000012@127.0.0.2>"),
		"B");
	CHECK_INT(200,
		caller_call(&r->crew, &r->c, r->bridge.sip_port, "+15550103",
			"\"Cy\" <sip:+15559000013@127.0.0.2>"),
		"C");
	caller_tone(&r->a, A_HZ, SENT_DBOV);
	caller_tone(&r->b, B_HZ, SENT_DBOV);
	test_sleep_ms(SETTLE_MS);
	uint64_t from = test_now_ms();
	test_sleep_ms(LOOK_MS);
	check_heard(&r->b, A_HZ, true, from, "B hears A from the start");
	check_heard(&r->a, A_HZ, false, from, "A does not hear itself");
	check_heard(&r->c, A_HZ, true, from, "C hears A");
	check_heard(&r->c, B_HZ, true, from, "C hears B");
	return r;
}

static void room_close(struct room *r)
{
	CHECK(caller_bye(&r->a) && caller_bye(&r->b) && caller_bye(&r->c), "all hang up");
	CHECK_INT(0, r->a.strange + r->b.strange + r->c.strange, "nothing but PCMU came");
	crew_stop(&r->crew);
	stop(&r->bridge);
	free(r);
}

/* From SWITCH_MS after `since` on, B and C hear A (or do not), and B's own sound goes on as before. */
static void check_switch(struct room *r, uint64_t since_ms, bool heard, const char *story)
{
	uint64_t from = since_ms + SWITCH_MS, now = test_now_ms();

	if (from + LOOK_MS > now)
		test_sleep_ms((unsigned)(from + LOOK_MS - now) + 20);
	check_heard(&r->b, A_HZ, heard, from, story);
	check_heard(&r->c, A_HZ, heard, from, story);
	check_heard(&r->c, B_HZ, true, from, story);
}

static bool set_mute(struct room *r, const char *person, bool muted)
{
	char path[96];
	long status;

	snprintf(path, sizeof(path), "/v1/participants/%s/mute", person);
	json_decref(bridge_call(
		&r->bridge, "POST", path, NULL, muted ? "{\"muted\":true}" : "{\"muted\":false}", &status));
	return status == 200;
}

static const json_t *roster_of(const json_t *roster, const char *name)
{
	size_t i;
	json_t *row;

	json_array_foreach(json_object_get(roster, "items"), i,
		row) if (strcmp(name, json_string_value(json_object_get(row, "name"))) == 0) return row;
	return NULL;
}

static bool is_muted(struct room *r, const char *name)
{
	json_t *roster = bridge_get(&r->bridge, "/v1/meetings/100200303/participants");
	bool muted = json_at(roster_of(roster, name), "muted", -1) > 0;

	json_decref(roster);
	return muted;
}

/* C1 and H1: silent to others within 200 ms and back; the confirmation is the muter's alone. */
TEST(mute_by_key_and_by_host)
{
	struct room *r = room_open();
	char person[32];
	uint64_t at;

	json_t *roster = bridge_get(&r->bridge, "/v1/meetings/100200303/participants");
	const char *id = json_text_at(roster_of(roster, "Ann"), "id");
	CHECK(id, "Ann is in the roster");
	snprintf(person, sizeof(person), "%s", id);
	json_decref(roster);

	at = caller_press(&r->a, "*6", NULL);
	check_switch(r, at, false, "muted by *6");
	CHECK(is_muted(r, "Ann"), "the roster says so");
	CHECK(caller_heard_ms(&r->a, at + 100, at + 2500) > 300, "A is told");
	check_heard(&r->b, A_HZ, false, at + 900, "B hears no confirmation");
	at = caller_press(&r->a, "*6", NULL);
	check_switch(r, at, true, "unmuted by *6");
	CHECK(!is_muted(r, "Ann"), "the roster says so");

	at = test_now_ms();
	CHECK(set_mute(r, person, true), "API");
	check_switch(r, at, false, "muted by API");
	at = caller_press(&r->a, "*6*6", NULL);
	check_switch(r, at, false, "one's own *6 does not undo the host's mute");
	at = test_now_ms();
	CHECK(set_mute(r, person, false), "API");
	check_switch(r, at, true, "unmuted by API");
	room_close(r);
}

/* T9: while a caller holds, what its side sends (music, say) stays out of the mix; after that it is back. */
TEST(hold_in_every_style)
{
	static const struct {
		const char *story, *direction, *answered;
		bool zero_address;
	} holds[] = {
		{ "sendonly", "sendonly", "a=recvonly", false },
		{ "inactive", "inactive", "a=inactive", false },
		{ "c=0.0.0.0", "sendrecv", "a=", true },
		{ "recvonly", "recvonly", "a=sendonly", false },
	};
	struct room *r = room_open();

	for (size_t i = 0; i < sizeof(holds) / sizeof(*holds); i++) {
		uint64_t at = test_now_ms();
		char story[64];
		snprintf(story, sizeof(story), "held: %s", holds[i].story);
		CHECK_INT(200, caller_reinvite(&r->a, holds[i].direction, holds[i].zero_address), story);
		CHECK(raw_has(&r->a.sip, holds[i].answered), "%s: the answer says %s", story,
			holds[i].answered);
		check_switch(r, at, false, story);
		bool listens = strcmp(holds[i].direction, "recvonly") == 0;
		size_t packets = caller_packets(&r->a, at + SWITCH_MS, at + SWITCH_MS + LOOK_MS);
		CHECK(listens ? packets > 25 : packets == 0, "%s: %zu packets come", story, packets);
		at = test_now_ms();
		CHECK_INT(200, caller_reinvite(&r->a, "sendrecv", false), story);
		snprintf(story, sizeof(story), "resumed after %s", holds[i].story);
		check_switch(r, at, true, story);
		check_heard(&r->a, B_HZ, true, at + SWITCH_MS, story);
	}
	room_close(r);
}

/* A bad network between A and the bridge: swapped and doubled packets cost nothing, lost ones little. */
TEST(packets_swapped_doubled_and_lost)
{
	static const struct {
		const char *story;
		unsigned swap, lose, twice;
		double tolerance;
	} paths[] = {
		{ "every 5th comes after the 6th", 5, 0, 0, 1.0 },
		{ "every 3rd comes twice", 0, 0, 3, 1.0 },
		{ "every 20th is lost", 0, 20, 0, 1.5 },
		{ "all of it", 7, 20, 3, 1.5 },
	};
	struct room *r = room_open();

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		caller_spoil(&r->a, paths[i].swap, paths[i].lose, paths[i].twice);
		test_sleep_ms(600); /* the jitter buffer finds its depth */
		uint64_t from = test_now_ms();
		test_sleep_ms(2000);
		CHECK_NEAR(SENT_DBOV, caller_heard(&r->b, A_HZ, from, from + 2000), paths[i].tolerance,
			paths[i].story);
		double all = caller_loudness(&r->b, from, from + 2000);
		CHECK_NEAR(SENT_DBOV, all, paths[i].tolerance, paths[i].story);
		check_heard(&r->a, A_HZ, false, from, paths[i].story);
	}
	room_close(r);
}

/* ---- a machine that is busy ---- */

enum { STALL_MS = 45, STALL_MOST_MS = 70, STALLS = 5 };

static double skipped(const struct room *r)
{
	json_t *status = bridge_get(&r->bridge, "/v1/status");
	double n = json_at(status, "workers.0.skipped_ticks", -1);

	json_decref(status);
	return n;
}

/* How long it stood still. */
static uint64_t stand_still(struct room *r, unsigned ms)
{
	uint64_t at = test_now_ms();

	peer_signal(&r->bridge.peer, SIGSTOP);
	test_sleep_ms(ms);
	peer_signal(&r->bridge.peer, SIGCONT);
	return test_now_ms() - at;
}

/* The bridge gets no time for two frames, and its callers' packets wait: all of that is heard.  A machine that takes more than it
 * was asked for is asked again. */
TEST(what_waits_while_the_machine_stands_still_is_heard)
{
	struct room *r = room_open();
	bool whole = false;

	for (unsigned i = 0; i < STALLS && !whole; i++) {
		const double before = skipped(r);
		uint64_t from = test_now_ms(), stood_ms;

		test_sleep_ms(200);
		stood_ms = stand_still(r, STALL_MS);
		test_sleep_ms(LOOK_MS + 1100); /* and the worker has told its figures */
		size_t packets = caller_packets(&r->c, from, from + LOOK_MS);
		check_heard(&r->c, A_HZ, true, from, "C hears A");
		check_heard(&r->c, B_HZ, true, from, "C hears B");
		whole = stood_ms < STALL_MOST_MS && skipped(r) == before && packets + 1 >= LOOK_MS / 20;
	}
	CHECK(whole, "in one of %u stalls of %u ms no frame was given up", STALLS, STALL_MS);
	room_close(r);
}

TESTS(each_hears_the_others_and_never_itself, six_talk_and_the_loudest_four_are_heard,
	mute_by_key_and_by_host, hold_in_every_style, packets_swapped_doubled_and_lost,
	what_waits_while_the_machine_stands_still_is_heard)
