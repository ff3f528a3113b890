/* links: tests/far.c tests/rawsip.c tests/wire.c */
/* A20 through the whole program: a trunk that plays a busy tone where a caller was, and a fax machine that calls in, are named and kept
 * out of the meeting; the others go on. */
#include "tests/far.h"
#include "tests/flow/bridge.h"
#include "tests/flow/events.h"
#include "tests/test.h"

#include <math.h>
#include <stdio.h>

enum { WAIT_MS = 12000, LOOK_MS = 5500 /* figures are renewed every 5 s */, CYCLE = 8000, FAX_CYCLE = 28000 };

static const char site[] =
	"accounts:\n"
	"  - name: acme\n"
	"    audio: { levelling: false }\n"
	"    meetings:\n"
	"      - { id: \"100200301\", name: Weekly, chimes: false }\n"
	"trunks:\n"
	"  - { name: carrier-a, inbound: { from: [ 127.0.0.2/32 ] }, codecs: [ PCMU ] }\n"
	"numbers:\n"
	"  - { number: \"+15550101\", trunk: carrier-a, account: acme, answer: \"meeting:100200301\" }\n";

enum { BUSY, FAX, EAR, TALKER, CALLERS };
enum { TALKER_HZ = 1009 };

static int16_t busy[CYCLE], fax[FAX_CYCLE];

static void check_told(struct events *e, const struct far *f, const char *kind)
{
	int at = events_wait(e, 0, "call.tones", "call_id", f->sip.call_id, WAIT_MS);

	CHECK(at >= 0, "%s: told", kind);
	CHECK_STR(kind, json_text_at(events_get(e, at, NULL), "kind"), "which");
	CHECK(json_at(events_get(e, at, NULL), "on", 0) > 0, "%s: on", kind);
}

static const char *tones_of(const json_t *roster, size_t i)
{
	const json_t *person = json_array_get(json_object_get(roster, "items"), i);

	return json_text_at(
		json_object_get(json_array_get(json_object_get(person, "legs"), 0), "quality"), "tones");
}

TEST(machines_are_kept_out_of_the_meeting)
{
	struct far far[CALLERS];
	struct events *e;
	struct bridge b;
	unsigned n_busy = 0, n_fax = 0, n_none = 0;
	uint64_t from_ms;

	for (unsigned i = 0; i < CYCLE; i++)
		busy[i] = i < CYCLE / 2 ? (int16_t)lrint(4600 * sin(2 * M_PI * 425 * i / 8000)) : 0;
	for (unsigned i = 0; i < 4000; i++)
		fax[i] = (int16_t)lrint(4600 * sin(2 * M_PI * 1100 * i / 8000));
	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site, .workers = "1" }), "bridge");
	e = events_open(&b, NULL);
	CHECK(e, "events");
	for (unsigned i = 0; i < CALLERS; i++)
		far_call(&far[i], &b, "+15550101", NULL, i == TALKER ? TALKER_HZ : 0);
	wire_say(&far[BUSY].wire, busy, CYCLE);
	wire_say(&far[FAX].wire, fax, FAX_CYCLE);
	check_told(e, &far[BUSY], "busy");
	check_told(e, &far[FAX], "fax_calls");
	from_ms = test_now_ms() + 200;
	test_sleep_ms(LOOK_MS + 200);
	CHECK(wire_heard(&far[EAR].wire, 425, from_ms, from_ms + LOOK_MS) < -60, "no busy tone: %.1f",
		wire_heard(&far[EAR].wire, 425, from_ms, from_ms + LOOK_MS));
	CHECK(wire_heard(&far[EAR].wire, 1100, from_ms, from_ms + LOOK_MS) < -60, "no fax: %.1f",
		wire_heard(&far[EAR].wire, 1100, from_ms, from_ms + LOOK_MS));
	CHECK_NEAR(FAR_DBOV, wire_heard(&far[EAR].wire, TALKER_HZ, from_ms, from_ms + LOOK_MS), 1,
		"who talks is heard");
	json_t *roster = bridge_get(&b, "/v1/meetings/100200301/participants");
	for (size_t i = 0; i < CALLERS; i++) {
		const char *tones = tones_of(roster, i);

		n_busy += tones && strcmp(tones, "busy") == 0;
		n_fax += tones && strcmp(tones, "fax_calls") == 0;
		n_none += tones && strcmp(tones, "none") == 0;
	}
	CHECK(n_busy == 1 && n_fax == 1 && n_none == 2, "the roster names them: %u %u %u", n_busy, n_fax,
		n_none);
	json_decref(roster);
	for (unsigned i = 0; i < CALLERS; i++) {
		far_bye(&far[i]);
		far_close(&far[i]);
	}
	events_close(e);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

TESTS(machines_are_kept_out_of_the_meeting)
