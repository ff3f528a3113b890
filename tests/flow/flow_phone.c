/* A phone that somebody else has written: baresip dials in, keys, talks and hears, with Opus and with PCMU. */
#include "tests/flow/ask.h"
#include "tests/flow/softphone.h"
#include "tests/test.h"
#include <stdio.h>
#include <stdlib.h>

enum {
	CROWD_HZ = 1009,
	JOIN_MS = 5000,
	CROWD_WAIT_MS = 40000,
	BOTH_MS = 3000 /* of talk with nothing else over it, at least */
};

static const char site[] =
	"accounts:\n"
	"  - name: acme\n"
	"    audio: { levelling: false }\n"
	"    meetings:\n"
	"      - { id: \"483920175\", name: Weekly, host_pin: \"900911\", guest_pin: \"4821\", chimes: false "
	"}\n"
	"trunks:\n"
	"  - name: carrier-a\n"
	"    inbound: { from: [ 127.0.0.2/32 ] }\n"
	"numbers:\n"
	"  - { number: \"+15550100\", trunk: carrier-a, account: acme, answer: attendant, language: en }\n"
	"  - { number: \"+15550101\", trunk: carrier-a, account: acme, answer: \"meeting:483920175\" }\n";

/* In the stretches where the crowd's caller is to be heard undisturbed, it is as loud as it spoke, and the phone's own
 * tone is not there. */
static void check_recording(const struct bridge *b, const struct softphone_case *c)
{
	struct sound s;
	unsigned clear_ms = 0;

	softphone_heard(b, &s);
	CHECK_INT(c->rate, s.hz, "its rate");
	for (unsigned at = 0; at + 500 <= sound_ms(&s); at += 500) {
		double tone = sound_level(&s, CROWD_HZ, at, at + 500),
		       own = sound_level(&s, SOFTPHONE_HZ, at, at + 500);
		bool clear = tone >= -21 && tone <= -19 && sound_loudness(&s, at, at + 500) < -19;
		clear_ms += clear ? 500 : 0;
		CHECK(!clear || own <= -60, "%s: it hears itself with %.1f dBov at %u ms", c->name, own, at);
		CHECK(tone < -19, "%s: %.1f dBov is too loud at %u ms", c->name, tone, at);
	}
	CHECK(clear_ms >= BOTH_MS, "%s: heard the other caller for %u ms of %u", c->name, clear_ms,
		sound_ms(&s));
	sound_free(&s);
}

static void whole_call(const struct softphone_case *c)
{
	struct bridge b;
	struct softphone phone;
	struct peer crowd;
	char hear[24], say[24];
	int code = -1;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "the bridge is up");
	snprintf(hear, sizeof(hear), "%d,%d", SOFTPHONE_HZ, CROWD_HZ);
	snprintf(say, sizeof(say), "tone:%d:-20", CROWD_HZ);
	softphone_start(&b, &phone, c);
	CHECK(bridge_crowd_start(&b, &crowd, "crowd",
		      (const char *const[]){ "--to", b.uri_attendant, "--keys", "4839201754821", "--say", say,
			      "--hear", hear, "--seconds", "11", NULL }),
		"crowd");
	softphone_dial(&b, &phone, c);
	json_t *row = roster_wait(&b, "483920175", "Some Body", JOIN_MS);
	CHECK(row, "%s: the phone is in the meeting: %s", c->name, phone.seen);
	CHECK_STR(c->name, json_text_at(row, "legs.0.codec"), "with its codec");
	CHECK_STR(c->role, json_text_at(row, "role"), "in its role");
	json_decref(row);

	json_t *report = bridge_crowd_end(&b, &crowd, CROWD_WAIT_MS, &code);
	CHECK(report && code == 0, "crowd: %d", code);
	CHECK_NEAR(-20, crowd_heard(report, 1, 1, SOFTPHONE_HZ), 1, "crowd hears the phone");
	CHECK(crowd_heard(report, 1, 1, CROWD_HZ) <= -60, "and not itself");
	json_decref(report);

	for (const char *k = "*6"; *k; k++) {
		char key[2] = { *k, 0 };
		softphone_order(&phone, "sndcode", key);
		test_sleep_ms(200);
	}
	test_sleep_ms(300);
	row = roster_row(&b, "483920175", "Some Body");
	CHECK_INT(1, json_at(row, "muted", -1), "muted by its keys");
	json_decref(row);

	json_t *calls = bridge_get(&b, "/v1/calls");
	char call_id[128];
	snprintf(call_id, sizeof(call_id), "%s", json_text_at(calls, "items.0.call_id"));
	json_decref(calls);
	softphone_order(&phone, "hangup", "");
	json_t *record = record_wait(&b, call_id, 3000);
	CHECK(record, "the call has a record");
	CHECK(json_at(record, "by_far_end", 0) > 0.5, "the phone hung up");
	CHECK_STR("483920175", json_text_at(record, "meeting"), "its meeting");
	CHECK_STR(c->name, json_text_at(record, "codec"), "its codec");
	CHECK(json_at(record, "rx_packets", 0) > 500, "its packets came");
	CHECK_INT(0, json_at(record, "rx_lost", -1), "all of them");
	json_decref(record);
	softphone_quit(&phone);
	check_recording(&b, c);
	CHECK_INT(0, bridge_stop(&b), "the bridge ends in order");
}

/* Stereo Opus, as baresip offers it; ID and PIN keyed at the attendant. */
TEST(whole_call_with_opus)
{
	whole_call(&(struct softphone_case){ "opus/48000/2", "opus", "+15550100", "483920175900911", "host",
		.rate = 48000, .channels = 2 });
}

/* The meeting's own number: only the PIN is keyed. */
TEST(whole_call_with_pcmu)
{
	whole_call(&(struct softphone_case){
		"PCMU/8000/1", "PCMU", "+15550101", "4821", "guest", .rate = 8000, .channels = 1 });
}

TESTS(whole_call_with_opus, whole_call_with_pcmu)
