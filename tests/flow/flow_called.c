/* links: tests/far.c tests/gate.c tests/rawsip.c tests/wire.c tests/speech.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/err.c mixer/level.c mixer/cue.c mixer/cue_load.c mixer/resample.c mixer/lull.c mixer/cue_player.c mixer/opus_peek.c mixer/denoise.c */
/* Whom a meeting called: what they sound like before they are in it (O6), machines that answer (O3), and keys that are pressed on them on purpose (C12). */
#include "tests/far.h"
#include "tests/flow/ask.h"
#include "tests/flow/events.h"
#include "tests/gate.h"
#include "tests/speech.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

enum { SITE = 4096, WAIT_MS = 6000, PROMPTS_MS = 7000, SPAN_MS = 1500 };

/* In the meeting: somebody who listens; and a host, where the test has one. */
struct bed {
	struct bridge bridge;
	struct events *events;
	struct gate gate; /* of whom we call */
	struct wire wire; /* and their sound */
	struct gate_request invite, r;
	struct far listener, host;
	char id[ASK_ID];
	unsigned rtp_port; /* ours, for them */
};

static const char *site_of(const char *way, unsigned port)
{
	static char site[SITE];

	snprintf(site, sizeof(site),
		"accounts:\n  - name: acme\n    meetings:\n"
		"      - { id: \"100200300\", name: Open, host_pin: \"99\", chimes: false }\n"
		"trunks:\n  - { name: in, inbound: { from: [ 127.0.0.2 ] } }\n"
		"  - { name: out, outbound: { gateways: [ \"sip:127.0.0.11:%u\" ], keepalive: false }, "
		"codecs: [ "
		"PCMU ]%s }\n"
		"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ out ] }\n"
		"numbers:\n  - { number: \"+15550101\", account: acme, answer: \"meeting:100200300\" }\n",
		port, way);
	return site;
}

static void begin(struct bed *b, const char *way, bool with_host)
{
	memset(b, 0, sizeof(*b));
	CHECK(gate_open(&b->gate, "127.0.0.11") && wire_open(&b->wire, "127.0.0.11"), "sockets");
	CHECK(bridge_start(&b->bridge, &(struct bridge_setup){ .site = site_of(way, b->gate.port) }),
		"bridge");
	b->events = events_open(&b->bridge, NULL);
	CHECK(b->events, "events");
	far_call(&b->listener, &b->bridge, "+15550101", NULL, 0);
	far_press(&b->listener.wire, b->listener.rtp_port, "#");
	CHECK(bridge_wait_count(&b->bridge, "/v1/meetings/100200300/participants", 1, WAIT_MS), "listener");
	if (!with_host)
		return;
	far_call(&b->host, &b->bridge, "+15550101", NULL, 0);
	far_press(&b->host.wire, b->host.rtp_port, "99");
	CHECK(bridge_wait_count(&b->bridge, "/v1/meetings/100200300/participants", 2, WAIT_MS), "host");
}

static void end(struct bed *b)
{
	far_bye(&b->listener);
	far_close(&b->listener);
	if (b->host.number) {
		far_bye(&b->host);
		far_close(&b->host);
	}
	CHECK(bridge_wait_count(&b->bridge, "/v1/calls", 0, WAIT_MS), "calls are left");
	events_close(b->events);
	wire_close(&b->wire);
	gate_close(&b->gate);
	CHECK_INT(0, bridge_stop(&b->bridge), "bridge");
}

static void respond(struct bed *b, unsigned status)
{
	char sdp[256];

	snprintf(sdp, sizeof(sdp),
		"v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %u RTP/AVP 0\r\n",
		b->wire.ip, b->wire.ip, b->wire.port);
	gate_answer(&b->gate, &b->invite, status, "a", NULL, sdp);
}

static void take_invite(struct bed *b)
{
	const char *media;

	CHECK(gate_wait(&b->gate, &b->invite, "INVITE", WAIT_MS), "INVITE");
	media = strstr(b->invite.text, "\r\nm=audio ");
	CHECK(media, "%s", b->invite.text);
	b->rtp_port = (unsigned)strtoul(media + 10, NULL, 10);
}

static void press_info(struct bed *b, char key, unsigned cseq)
{
	char body[40];

	snprintf(body, sizeof(body), "Signal=%c\r\nDuration=160\r\n", key);
	gate_request_body(
		&b->gate, &b->invite, "INFO", "a", cseq, "Content-Type: application/dtmf-relay\r\n", body);
}

/* A tone of theirs for a while; how loud it is for who listens in the meeting. */
static double heard(struct bed *b, unsigned hz)
{
	const uint64_t from_ms = test_now_ms();

	wire_tone(&b->wire, WIRE_PCMU, hz, FAR_DBOV);
	test_sleep_ms(SPAN_MS);
	return wire_heard(&b->listener.wire, hz, from_ms, test_now_ms());
}

/*  gateway                      bridge            who listens in the meeting
 *  183, ringback (1,000 Hz) ------>                 hears nothing
 *  200, "hello" (1,400 Hz) ------->                 hears nothing
 *  1; speech (1,800 Hz) ---------->                 hears it */
TEST(nothing_is_heard_of_them_before_they_are_in)
{
	static const double gone_dbov = -65;
	struct bed b;
	double dbov;

	begin(&b, "", false);
	test_sleep_ms(PROMPTS_MS); /* the listener's own prompts have those frequencies as well */
	ask_call(&b.bridge, "+15550199", b.id);
	take_invite(&b);
	respond(&b, 183);
	events_need(b.events, &b.bridge, "dialout.early", "id", b.id, WAIT_MS);
	wire_aim(&b.wire, b.rtp_port);
	dbov = heard(&b, 1000);
	CHECK(dbov < gone_dbov, "early media: %.1f dBov", dbov);
	respond(&b, 200);
	CHECK(gate_wait(&b.gate, &b.r, "ACK", WAIT_MS), "ACK");
	events_need(b.events, &b.bridge, "dialout.answered", "id", b.id, WAIT_MS);
	dbov = heard(&b, 1400);
	CHECK(dbov < gone_dbov, "answered, but not in it: %.1f dBov", dbov);
	press_info(&b, '1', 1);
	CHECK(bridge_wait_count(&b.bridge, "/v1/meetings/100200300/participants", 2, WAIT_MS), "in it");
	wire_tone(&b.wire, WIRE_PCMU, 0, FAR_DBOV);
	test_sleep_ms(500);
	dbov = heard(&b, 1800);
	CHECK(dbov > FAR_DBOV - 12, "in the meeting: %.1f dBov", dbov);
	gate_request(&b.gate, &b.invite, "BYE", "a", 2);
	end(&b);
}

/* An announcement of the carrier's, then a refusal: nothing of it is heard. */
TEST(nor_of_an_announcement)
{
	struct bed b;
	double dbov;

	begin(&b, "", false);
	test_sleep_ms(PROMPTS_MS);
	ask_call(&b.bridge, "+15550199", b.id);
	take_invite(&b);
	respond(&b, 183);
	wire_aim(&b.wire, b.rtp_port);
	dbov = heard(&b, 1000);
	gate_answer(&b.gate, &b.invite, 404, "a", "Reason: Q.850;cause=1\r\n", NULL);
	events_need(b.events, &b.bridge, "dialout.failed", "id", b.id, WAIT_MS);
	CHECK(dbov < -65, "%.1f dBov", dbov);
	end(&b);
}

/* Who answers talks: 700 ms, and 200 ms of silence, over and over. */
static void talk(struct bed *b, unsigned ms)
{
	const uint64_t until_ms = test_now_ms() + ms;

	while (test_now_ms() < until_ms) {
		wire_tone(&b->wire, WIRE_PCMU, 500, FAR_DBOV);
		test_sleep_ms(700);
		wire_tone(&b->wire, WIRE_PCMU, 0, FAR_DBOV);
		test_sleep_ms(200);
	}
}

static void answer_talking(struct bed *b, unsigned ms)
{
	ask_call(&b->bridge, "+15550199", b->id);
	take_invite(b);
	wire_tone(&b->wire, WIRE_PCMU, 0, FAR_DBOV);
	wire_aim(&b->wire, b->rtp_port);
	respond(b, 200);
	CHECK(gate_wait(&b->gate, &b->r, "ACK", WAIT_MS), "ACK");
	events_need(b->events, &b->bridge, "dialout.answered", "id", b->id, WAIT_MS);
	talk(b, ms);
}

/* O3: a greeting is hung up on before it ends; somebody who says hello, and listens, comes in with 1. */
TEST(a_greeting_is_hung_up_on)
{
	struct bed b;
	json_t *record;

	begin(&b, "", false);
	answer_talking(&b, 8000);
	CHECK(gate_wait(&b.gate, &b.r, "BYE", 1000), "the machine is left");
	gate_answer(&b.gate, &b.r, 200, NULL, NULL, NULL);
	record = record_wait(&b.bridge, gate_header(&b.invite, "Call-ID"), WAIT_MS);
	CHECK(record && strstr(json_text_at(record, "cause"), "an answering machine"), "%s",
		record ? json_text_at(record, "cause") : "no record");
	json_decref(record);
	CHECK_INT(1, bridge_count(&b.bridge, "/v1/meetings/100200300/participants"), "it was never in");

	answer_talking(&b, 1600);
	test_sleep_ms(6000);
	press_info(&b, '1', 1);
	CHECK(bridge_wait_count(&b.bridge, "/v1/meetings/100200300/participants", 2, WAIT_MS), "in it");
	gate_request(&b.gate, &b.invite, "BYE", "a", 2);
	end(&b);
}

/* Two seconds of a greeting, a beep, and quiet for half a minute. */
static int16_t *recording(size_t *n)
{
	enum {
		RATE = 8000,
		WORDS = 2 * RATE,
		BEEP_AT = WORDS + 3 * RATE / 10,
		BEEP = 4 * RATE / 10,
		LONG = 30 * RATE
	};
	struct speech s = speech_load(SPEECH_FOLDER "vm-intro.g722", 2);
	int16_t *pcm = calloc(LONG, sizeof(*pcm));

	CHECK(pcm && s.n == WORDS, "a greeting");
	speech_scale(&s, FAR_DBOV);
	memcpy(pcm, s.pcm, WORDS * sizeof(*pcm));
	for (unsigned i = 0; i < BEEP; i++)
		pcm[BEEP_AT + i] = (int16_t)lrint(6000 * sin(2 * M_PI * 1000 * i / RATE));
	free(s.pcm);
	*n = LONG;
	return pcm;
}

/* O3: too short a greeting to be told by its length, but it beeps.  In the meeting a beep is sound like any other. */
TEST(a_beep_is_hung_up_on)
{
	struct bed b;
	json_t *record;
	int16_t *pcm;
	size_t n;

	begin(&b, "", false);
	pcm = recording(&n);
	answer_talking(&b, 0);
	wire_say(&b.wire, pcm, n);
	CHECK(gate_wait(&b.gate, &b.r, "BYE", 4500), "the machine is left");
	gate_answer(&b.gate, &b.r, 200, NULL, NULL, NULL);
	record = record_wait(&b.bridge, gate_header(&b.invite, "Call-ID"), WAIT_MS);
	CHECK_STR("answering machine (beep)", record ? json_text_at(record, "cause") : NULL, "its record");
	json_decref(record);
	CHECK_INT(1, bridge_count(&b.bridge, "/v1/meetings/100200300/participants"), "it was never in");

	answer_talking(&b, 0);
	press_info(&b, '1', 1);
	CHECK(bridge_wait_count(&b.bridge, "/v1/meetings/100200300/participants", 2, WAIT_MS), "in it");
	wire_say(&b.wire, pcm, n);
	CHECK(gate_quiet(&b.gate, "BYE", 4500), "and stays, with a beep");
	gate_request(&b.gate, &b.invite, "BYE", "a", 2);
	end(&b);
	free(pcm);
}

/* O2: the phone is bound to the web user who asked for it, in what is told of the call, of the participant, and in the roster. */
TEST(a_call_is_for_somebody)
{
	static const char body[] = "{\"to\":\"+15550199\",\"name\":\"Ann\",\"user\":\"web-42\"}";
	struct bed b;
	json_t *row;
	long status;

	begin(&b, "", false);
	json_decref(bridge_call(&b.bridge, "POST", "/v1/meetings/100200300/calls", NULL, body, &status));
	CHECK_INT(202, status, "call me");
	take_invite(&b);
	respond(&b, 200);
	CHECK(gate_wait(&b.gate, &b.r, "ACK", WAIT_MS), "ACK");
	events_need(b.events, &b.bridge, "dialout.answered", "user", "web-42", WAIT_MS);
	CHECK_INT(1, bridge_count(&b.bridge, "/v1/meetings/100200300/participants"), "not before 1");
	press_info(&b, '1', 1);
	events_need(b.events, &b.bridge, "participant.joined", "user", "web-42", WAIT_MS);
	row = roster_wait(&b.bridge, "100200300", "Ann", WAIT_MS);
	CHECK_STR("web-42", json_text_at(row, "user"), "roster");
	json_decref(row);
	gate_request(&b.gate, &b.invite, "BYE", "a", 2);
	end(&b);
}

/* ---- keys that are pressed on them ---- */

/* Calls them in; nobody has to press 1. */
static void call_machine(struct bed *b)
{
	json_t *answer = bridge_call(&b->bridge, "POST", "/v1/meetings/100200300/calls", NULL,
		"{\"to\":\"+15550199\",\"digits\":\"0\",\"digits_wait_ms\":0,\"confirm\":false}", NULL);
	const int people = bridge_count(&b->bridge, "/v1/meetings/100200300/participants");
	int at;

	json_decref(answer);
	take_invite(b);
	respond(b, 200);
	CHECK(gate_wait(&b->gate, &b->r, "ACK", WAIT_MS), "ACK");
	at = events_need(b->events, &b->bridge, "call.answered", "call_id",
		gate_header(&b->invite, "Call-ID"), WAIT_MS);
	snprintf(b->id, sizeof(b->id), "%s", json_text_at(events_get(b->events, at, NULL), "call"));
	if (gate_wait(&b->gate, &b->r, "INFO", 1000))
		gate_answer(&b->gate, &b->r, 200, NULL, NULL, NULL);
	CHECK(bridge_wait_count(&b->bridge, "/v1/meetings/100200300/participants", people + 1, WAIT_MS),
		"it is in the meeting");
}

static void take_keys(struct bed *b, const char *keys)
{
	for (; *keys; keys++) {
		char want[16];

		CHECK(gate_wait(&b->gate, &b->r, "INFO", WAIT_MS), "no INFO for %c", *keys);
		snprintf(want, sizeof(want), "Signal=%c\r\n", *keys);
		CHECK(strstr(b->r.text, want), "'%c': %s", *keys, b->r.text);
		gate_answer(&b->gate, &b->r, 200, NULL, NULL, NULL);
	}
}

static void host_presses(struct bed *b, const char *keys)
{
	far_press(&b->host.wire, b->host.rtp_port, keys);
}

/*  host                 bridge                  machine
 *  *# 47#*2 ------------->  INFO 4 7 # * 2 -------->
 *  * ... -----------------> INFO * ----------------->   after a second: it was no *#
 *  *# *5 ----------------> the meeting is locked */
TEST(a_hosts_keys_go_to_who_was_called)
{
	struct bed b;

	begin(&b, ", dtmf: info", true);
	host_presses(&b, "*#");
	CHECK(gate_quiet(&b.gate, "INVITE", 300), "nobody was called: an invalid key");
	call_machine(&b);
	far_press(&b.listener.wire, b.listener.rtp_port, "*#4");
	CHECK(gate_quiet(&b.gate, "INFO", 500), "a guest's keys go nowhere");
	host_presses(&b, "*#47#*2");
	take_keys(&b, "47#*2");
	host_presses(&b, "*");
	take_keys(&b, "*");
	CHECK_INT(-1, events_wait(b.events, 0, "meeting.locked", NULL, NULL, 0), "no commands meanwhile");
	host_presses(&b, "*#*5");
	CHECK(events_wait(b.events, 0, "meeting.locked", "locked", "true", WAIT_MS) >= 0, "commands again");
	CHECK(gate_quiet(&b.gate, "INFO", 500), "and no keys");
	CHECK(events_wait(b.events, 0, "call.digits", "sent", "true", WAIT_MS) >= 0, "told");
	host_presses(&b, "*#");
	gate_request(&b.gate, &b.invite, "BYE", "a", 9);
	CHECK(bridge_wait_count(&b.bridge, "/v1/meetings/100200300/participants", 2, WAIT_MS), "it hangs up");
	test_sleep_ms(300);
	host_presses(&b, "*5");
	CHECK(events_wait(b.events, 0, "meeting.locked", "locked", "false", WAIT_MS) >= 0,
		"with the call the keys are one's own again");
	end(&b);
}

/* As a tone where there are no events: for the machine alone, not for the meeting. */
TEST(others_do_not_hear_them)
{
	enum { KEY_5_HZ = 770 };
	struct bed b;
	uint64_t from_ms;
	char path[ASK_ID + 32];
	long status;

	begin(&b, ", dtmf: inband", false);
	call_machine(&b);
	test_sleep_ms(PROMPTS_MS);
	wire_aim(&b.wire, b.rtp_port); /* silence */
	from_ms = test_now_ms();
	snprintf(path, sizeof(path), "/v1/calls/%s/digits", b.id);
	json_decref(bridge_call(&b.bridge, "POST", path, NULL, "{\"digits\":\"5555\"}", &status));
	CHECK_INT(202, status, "digits");
	CHECK(events_wait(b.events, 0, "call.digits", "sent", "true", WAIT_MS) >= 0, "sent");
	CHECK(wire_heard(&b.wire, KEY_5_HZ, from_ms, test_now_ms()) > -35, "the machine: %.1f dBov",
		wire_heard(&b.wire, KEY_5_HZ, from_ms, test_now_ms()));
	CHECK(wire_heard(&b.listener.wire, KEY_5_HZ, from_ms, test_now_ms()) < -65, "the meeting: %.1f dBov",
		wire_heard(&b.listener.wire, KEY_5_HZ, from_ms, test_now_ms()));
	gate_request(&b.gate, &b.invite, "BYE", "a", 1);
	end(&b);
}

TEST(digits_by_the_api)
{
	struct bed b;
	char path[ASK_ID + 32], *audit, *trace;
	long status;

	begin(&b, ", dtmf: info", false);
	call_machine(&b);
	snprintf(path, sizeof(path), "/v1/calls/%s/digits", b.id);
	json_decref(bridge_call(&b.bridge, "POST", path, NULL, "{\"digits\":\"73w9\"}", &status));
	CHECK_INT(202, status, "digits");
	json_decref(bridge_call(&b.bridge, "POST", path, NULL, "{\"digits\":\"1\"}", &status));
	CHECK_INT(202, status, "more of them, behind");
	take_keys(&b, "7391");
	CHECK(events_wait(b.events, 0, "call.digits", "call", b.id, WAIT_MS) >= 0, "sent");
	audit = bridge_text(&b.bridge, "GET", "/v1/audit", NULL, NULL, NULL);
	CHECK(audit && strstr(audit, "call.digits") && !strstr(audit, "73w9"), "%s", audit);
	free(audit);
	*strrchr(path, '/') = '\0';
	memcpy(path + strlen(path), "/trace", 7);
	trace = bridge_text(&b.bridge, "GET", path, NULL, NULL, NULL);
	CHECK(trace && strstr(trace, "keys are pressed") && !strstr(trace, "Signal="), "%s", trace);
	free(trace);
	/* a far end that does not take them stays where it is, and it is told */
	memcpy(strrchr(path, '/'), "/digits", 8);
	json_decref(bridge_call(&b.bridge, "POST", path, NULL, "{\"digits\":\"12\"}", &status));
	CHECK(gate_wait(&b.gate, &b.r, "INFO", WAIT_MS), "INFO");
	gate_answer(&b.gate, &b.r, 415, NULL, NULL, NULL);
	CHECK(events_wait(b.events, 0, "call.digits", "sent", "false", WAIT_MS) >= 0, "refused");
	CHECK(gate_quiet(&b.gate, "BYE", 200), "it stays");
	CHECK_INT(2, bridge_count(&b.bridge, "/v1/meetings/100200300/participants"), "it stays");
	json_decref(
		bridge_call(&b.bridge, "POST", "/v1/calls/none/digits", NULL, "{\"digits\":\"1\"}", &status));
	CHECK_INT(404, status, "no such call");
	gate_request(&b.gate, &b.invite, "BYE", "a", 9);
	end(&b);
}

TESTS(nothing_is_heard_of_them_before_they_are_in, nor_of_an_announcement, a_call_is_for_somebody,
	a_greeting_is_hung_up_on, a_beep_is_hung_up_on, a_hosts_keys_go_to_who_was_called,
	others_do_not_hear_them, digits_by_the_api)
