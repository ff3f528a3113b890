/* links: tests/rawsip.c tests/sipp.c tests/wire.c */
/* Signalling against the whole program: the carrier is SIPp, or a socket that says what SIPp cannot.
 *
 * Long calls are set up first and judged last (session timers run at their own speed: 90 s at least), and all other flows
 * go through the same bridge while these are up. */
#include "tests/flow/bridge.h"
#include "tests/rawsip.h"
#include "tests/sipp.h"
#include "tests/test.h"
#include "tests/wire.h"

#include <poll.h>
#include <sqlite3.h>
#include <stdlib.h>

#define CARRIER "127.0.0.2"
#define SMALL_CARRIER "127.0.0.3"
#define MEETING "+15550101"
#define ATTENDANT "+15550100"
#define SOUND "+15550102"
#define OF_SMALL_CARRIER "+15550103"

#define SAID_DBOV (-20.0)
#define GONE_DBOV (-60.0)

enum {
	WAIT_MS = 4000,
	PROMPTS_MS = 7000, /* "hello, there are two other people here" */
	SETTLE_MS = 300,   /* a change has reached every ear */
	LOOK_MS = 500,     /* of sound looked at */
	LONG_MS = 63000,   /* past 90 s - min(32 s, 90 s / 3): RFC 4028 section 10 */
	REFRESH_MS = 45000,
	DEAD_MS = 30000,
	EARLY_MS = 2000, /* by which a thing may be early or late */
	LATE_MS = 6000,
};

static const char site[] =
	"accounts:\n"
	"  - name: acme\n"
	"    audio: { levelling: false, noise_suppression: false }\n"
	"    meetings:\n"
	"      - { id: \"483920175\", name: Weekly, guest_pin: \"4821\" }\n"
	"      - { id: \"100200300\", name: Open, chimes: false }\n"
	"      - { id: \"100200302\", name: Sound, chimes: false }\n"
	"trunks:\n"
	"  - name: carrier-a\n"
	"    inbound: { from: [ 127.0.0.2/32 ] }\n"
	"    codecs: [ PCMU, PCMA ]\n"
	"  - name: carrier-small\n"
	"    inbound: { from: [ 127.0.0.3/32 ] }\n"
	"    limits: { channels: 2 }\n"
	"numbers:\n"
	"  - { number: \"+15550100\", trunk: carrier-a, account: acme, answer: attendant }\n"
	"  - { number: \"+15550101\", trunk: carrier-a, account: acme, answer: \"meeting:100200300\" }\n"
	"  - { number: \"+15550102\", trunk: carrier-a, account: acme, answer: \"meeting:100200302\" }\n"
	"  - { number: \"+15550103\", trunk: carrier-small, account: acme, answer: attendant }\n";

/* ---- the record of a call ---- */

struct record {
	const char *trunk, *number, *cause; /* NULL: not looked at */
	unsigned status, q850;
	bool by_them, joined;
	const char *codec;
};

static void check_text(const json_t *j, const char *field, const char *want, const char *story)
{
	char name[160];

	snprintf(name, sizeof(name), "%s: %s", story, field);
	if (want)
		CHECK_STR(want, json_string_value(json_object_get(j, field)), name);
}

/* RFC 3339 in UTC to the microsecond: texts sort as times do. */
static const char *time_of(const json_t *j, const char *field)
{
	return json_string_value(json_object_get(j, field));
}

static void check_times(const json_t *j, const struct record *want, const char *story)
{
	const char *started = time_of(j, "started_at"), *answered = time_of(j, "answered_at"),
		   *joined = time_of(j, "joined_at"), *ended = time_of(j, "ended_at");

	CHECK(started && strlen(started) == 27 && started[26] == 'Z', "%s: started_at %s", story, started);
	CHECK(ended && strcmp(started, ended) <= 0, "%s: ended_at %s", story, ended);
	CHECK((answered != NULL) == (want->status == 200), "%s: answered_at %s", story, answered);
	CHECK((joined != NULL) == want->joined, "%s: joined_at %s", story, joined);
	if (answered)
		CHECK(strcmp(started, answered) <= 0 && strcmp(answered, ended) <= 0, "%s: answered_at %s",
			story, answered);
	if (joined)
		CHECK(strcmp(answered, joined) <= 0 && strcmp(joined, ended) <= 0, "%s: joined_at %s", story,
			joined);
}

/* The one record with this Call-ID; the caller json_decref()s. */
static json_t *record_of(const struct bridge *b, const char *call_id, const char *story)
{
	char path[256];

	snprintf(path, sizeof(path), "/v1/records?call=%s", call_id);
	if (!bridge_wait_count(b, path, 1, WAIT_MS))
		CHECK_INT(1, bridge_count(b, path), story);
	json_t *list = bridge_get(b, path);
	json_t *record = json_incref(json_array_get(json_object_get(list, "items"), 0));
	json_decref(list);
	CHECK(record, "%s: has a record", story);
	return record;
}

static void check_record(
	const struct bridge *b, const char *call_id, const struct record *want, const char *story)
{
	json_t *have = record_of(b, call_id, story);

	check_text(have, "trunk", want->trunk ? want->trunk : "carrier-a", story);
	check_text(have, "number", want->number, story);
	check_text(have, "cause", want->cause, story);
	check_text(have, "codec", want->codec, story);
	check_text(have, "account", want->status == 200 ? "acme" : NULL, story);
	check_text(have, "meeting", want->joined ? "100200300" : "", story);
	CHECK_INT(want->status, json_at(have, "sip_status", -1), story);
	CHECK_INT(want->q850, json_at(have, "q850", -1), story);
	CHECK_INT(want->by_them, json_at(have, "by_far_end", -1), story);
	check_times(have, want, story);
	json_decref(have);
}

/* ---- SIPp's flows ---- */

struct flow {
	const char *scenario, *number;
	struct record record;
	bool tcp, none; /* none: no INVITE that deserves a record */
};

#define ENDED(cause_)                                                                                        \
	{                                                                                                    \
		.number = MEETING, .status = 200, .q850 = cause_, .cause = "far end hung up",                \
		.by_them = true, .joined = true                                                              \
	}
#define REFUSED(status_, cause_, words)                                                                      \
	{                                                                                                    \
		.status = status_, .q850 = cause_, .cause = words                                            \
	}

static const struct flow flows[] = {
	{ "call", MEETING, .record = ENDED(31) },
	{ "call", MEETING, .record = ENDED(31), .tcp = true },
	{ "call", ATTENDANT,
		.record = { .number = ATTENDANT,
			.status = 200,
			.q850 = 31,
			.cause = "far end hung up",
			.by_them = true } },
	{ "multipart", MEETING, .record = ENDED(16) },
	{ "delayed", MEETING, .record = ENDED(16) },
	{ "delayed_no_answer", MEETING,
		.record = { .number = MEETING,
			.status = 200,
			.q850 = 88,
			.cause = "no usable answer to our offer" } },
	{ "bridge_reliable", MEETING, .record = ENDED(16) },
	{ "hold", MEETING, .record = ENDED(16) },
	{ "update", MEETING, .record = ENDED(16) },
	{ "change", MEETING, .record = ENDED(16) },
	{ "reinvite_delayed", MEETING, .record = ENDED(16) },
	{ "t38", MEETING, .record = ENDED(16) },
	{ "info", ATTENDANT,
		.record = { .number = ATTENDANT,
			.status = 200,
			.q850 = 16,
			.cause = "far end hung up",
			.by_them = true } },
	{ "refused", "+15559999", .record = REFUSED(404, 1, NULL) },
	{ "no_codec", MEETING, .record = REFUSED(488, 88, "no codec in common") },
	{ "timer_small", MEETING, .record = REFUSED(422, 127, NULL) },
	{ "media_type", MEETING, .record = REFUSED(415, 79, NULL) },
	{ "encoding", MEETING, .record = REFUSED(415, 79, NULL) },
	{ "too_big", MEETING, .record = REFUSED(513, 127, NULL) },
	{ "require_unknown", MEETING, .none = true },
	{ "options", MEETING, .none = true },
	{ "methods", MEETING, .none = true },
};

static void run_flow(struct bridge *b, const struct flow *f, unsigned number)
{
	char pattern[64], call_id[64], story[96];
	int code;

	snprintf(story, sizeof(story), "%s to %s%s", f->scenario, f->number, f->tcp ? " by TCP" : "");
	snprintf(pattern, sizeof(pattern), "%%u-%u-flow@sipp.invalid", number);
	snprintf(call_id, sizeof(call_id), "1-%u-flow@sipp.invalid", number);
	code = sipp_run(&(struct sipp_run){ .scenario = f->scenario,
		.number = f->number,
		.to_port = b->sip_port,
		.call_id = pattern,
		.tcp = f->tcp,
		.on_bridge = true });
	CHECK_INT(0, code, story);
	if (!f->none)
		check_record(b, call_id, &f->record, story);
}

/* The far end hangs up with a Reason in each of these; here it is we, because the operator says so. */
static void check_operator_hangs_up(struct bridge *b)
{
	static const char call_id[] = "1-operator@sipp.invalid";
	struct sipp_job job;
	char path[96];
	size_t i;
	json_t *call;

	CHECK(sipp_start(&job, &(struct sipp_run){ .scenario = "bridge_hangup",
				       .number = MEETING,
				       .to_port = b->sip_port,
				       .call_id = "%u-operator@sipp.invalid",
				       .on_bridge = true }),
		"SIPp starts");
	path[0] = '\0';
	for (uint64_t end = test_now_ms() + WAIT_MS; !path[0] && test_now_ms() < end; test_sleep_ms(20)) {
		json_t *calls = bridge_get(b, "/v1/calls");
		json_array_foreach(json_object_get(calls, "items"), i, call)
		{
			if (strcmp(json_text_at(call, "call_id"), call_id) == 0 &&
				strcmp(json_text_at(call, "state"), "meeting") == 0)
				snprintf(path, sizeof(path), "/v1/calls/%s", json_text_at(call, "id"));
		}
		json_decref(calls);
	}
	CHECK(path[0], "the call is up");
	long status = 0;
	json_decref(bridge_call(b, "DELETE", path, NULL, NULL, &status));
	CHECK_INT(200, status, "DELETE");
	CHECK_INT(0, sipp_end(&job), "BYE with Reason");
	check_record(b, call_id,
		&(struct record){ .number = MEETING,
			.status = 200,
			.q850 = 16,
			.cause = "hung up by the operator",
			.joined = true },
		"the operator hangs up");
	json_decref(bridge_call(b, "DELETE", path, NULL, NULL, &status));
	CHECK_INT(404, status, "once more");
}

/* ---- a far end with sound ---- */

struct far {
	struct raw sip;
	struct wire wire;
	unsigned version, rtp_port; /* of its last description; the bridge's */
	char answer[RAW_TEXT], party[RAW_TAG * 4];
	const char *number;
	uint64_t since_ms, answered_ms; /* when the call was answered; when the last offer was */
};

static void far_open(struct far *f, const struct bridge *b, const char *ip, const char *number)
{
	memset(f, 0, sizeof(*f));
	f->number = number;
	CHECK(raw_open(&f->sip, ip, 0, b->sip_port, false) && wire_open(&f->wire, ip), "sockets");
	raw_fresh(&f->sip, number);
}

static void far_close(struct far *f)
{
	wire_close(&f->wire);
	raw_close(&f->sip);
}

static const char *party(struct far *f, const char *more)
{
	snprintf(f->party, sizeof(f->party),
		"From: <sip:+15550001@carrier.invalid>;tag=%s\r\nTo: <sip:%s@127.0.0.1>%s%s\r\n%s",
		f->sip.from_tag, f->number, f->sip.to_tag[0] ? ";tag=" : "", f->sip.to_tag, more ? more : "");
	return f->party;
}

/* INVITE or UPDATE with an offer for sound at this wire; its final status; a final answer is kept and acknowledged. */
static unsigned far_offer(struct far *f, const char *method, const char *headers, const struct wire *at,
	const char *formats, const char *direction)
{
	char sdp[512];
	const char *media;

	snprintf(sdp, sizeof(sdp),
		"v=0\r\no=- 7 %u IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %u RTP/AVP %s\r\n"
		"a=rtpmap:101 telephone-event/8000\r\na=%s\r\n",
		++f->version, at->ip, at->ip, at->port, formats, direction);
	raw_request(&f->sip, method, party(f, headers), sdp);
	const unsigned status = raw_final(&f->sip, WAIT_MS);
	f->answered_ms = test_now_ms();
	memcpy(f->answer, f->sip.last, sizeof(f->answer));
	if (strcmp(method, "INVITE") == 0 && status)
		raw_request(&f->sip, "ACK", party(f, NULL), NULL);
	media = strstr(f->answer, "\r\nm=audio ");
	if (status == 200 && media)
		f->rtp_port = (unsigned)strtoul(media + 10, NULL, 10);
	return status;
}

static void far_call(
	struct far *f, const struct bridge *b, const char *number, const char *headers, unsigned hz)
{
	far_open(f, b, CARRIER, number);
	CHECK_INT(200, far_offer(f, "INVITE", headers, &f->wire, "0 101", "sendrecv"), "call");
	f->since_ms = test_now_ms();
	wire_tone(&f->wire, WIRE_PCMU, hz, SAID_DBOV);
	wire_aim(&f->wire, f->rtp_port);
}

static void far_bye(struct far *f)
{
	wire_aim(&f->wire, 0);
	test_sleep_ms(60);
	raw_request(&f->sip, "BYE", party(f, "Reason: Q.850;cause=16;text=\"done\"\r\n"), NULL);
	CHECK_INT(200, raw_final(&f->sip, WAIT_MS), "BYE");
}

/* ---- three with sound, in a meeting of their own ---- */

enum { TONE_HZ = 620, OTHER_HZ = 770, MUSIC_HZ = 1130, LISTENER_HZ = 410 };

struct talk {
	struct far listener, held, changed;
};

static void talk_begin(struct talk *t, const struct bridge *b)
{
	far_call(&t->listener, b, SOUND, NULL, LISTENER_HZ);
	far_call(&t->held, b, SOUND, NULL, TONE_HZ);
	far_call(&t->changed, b, SOUND, NULL, OTHER_HZ);
}

static void check_heard(struct wire *listener, unsigned hz, bool there, const char *story)
{
	test_sleep_ms(SETTLE_MS);
	const uint64_t from_ms = test_now_ms();
	test_sleep_ms(LOOK_MS);
	const double level = wire_heard(listener, hz, from_ms, test_now_ms());
	if (there)
		CHECK_NEAR(SAID_DBOV, level, 1.0, story);
	else
		CHECK(level <= GONE_DBOV, "%s: %.1f dBov", story, level);
}

/* The carrier's music stays out (T9). */
static void check_hold(struct talk *t, const char *method)
{
	struct wire *listener = &t->listener.wire;
	struct far *held = &t->held;
	char story[96];

	snprintf(story, sizeof(story), "before %s", method);
	check_heard(listener, TONE_HZ, true, story);

	CHECK_INT(200, far_offer(held, method, NULL, &held->wire, "0 101", "sendonly"), method);
	CHECK(strstr(held->answer, "a=recvonly"), "answer to %s: %s", method, held->answer);
	wire_tone(&held->wire, WIRE_PCMU, MUSIC_HZ, -10.0);
	snprintf(story, sizeof(story), "music on hold by %s", method);
	check_heard(listener, MUSIC_HZ, false, story);
	const uint64_t now_ms = test_now_ms();
	CHECK_INT(
		0, wire_packets(&held->wire, -1, now_ms - LOOK_MS, now_ms), "packets to who does not listen");

	CHECK_INT(200, far_offer(held, method, NULL, &held->wire, "0 101", "sendrecv"), method);
	wire_tone(&held->wire, WIRE_PCMU, TONE_HZ, SAID_DBOV);
	snprintf(story, sizeof(story), "resumed by %s", method);
	check_heard(listener, TONE_HZ, true, story);
	check_heard(&held->wire, LISTENER_HZ, true, story);
}

/* ---- codec and address change while sound goes on (T10) ---- */

/* No hole of 60 ms or more in what the listener hears of this tone. */
static void check_whole(
	struct wire *listener, unsigned hz, uint64_t from_ms, uint64_t to_ms, const char *story)
{
	enum { STEP_MS = 60 };

	for (uint64_t at = from_ms; at + STEP_MS <= to_ms; at += STEP_MS) {
		const double level = wire_heard(listener, hz, at, at + STEP_MS);
		CHECK(level > SAID_DBOV - 8.0, "%s: %.1f dBov %llu ms in", story, level,
			(unsigned long long)(at - from_ms));
	}
}

static void check_codec_change(struct far *f, struct wire *listener)
{
	const uint64_t from_ms = test_now_ms();

	CHECK_INT(200, far_offer(f, "INVITE", NULL, &f->wire, "8 101", "sendrecv"), "re-INVITE: PCMA");
	CHECK(strstr(f->answer, "RTP/AVP 8 101"), "answer: %s", f->answer);
	wire_tone(&f->wire, WIRE_PCMA, OTHER_HZ, SAID_DBOV);
	test_sleep_ms(1000);
	check_whole(listener, OTHER_HZ, from_ms, test_now_ms() - 100, "through PCMU to PCMA");
	CHECK_INT(0, wire_packets(&f->wire, WIRE_PCMU, f->answered_ms + 60, test_now_ms()),
		"PCMU after the answer");
	CHECK(wire_packets(&f->wire, WIRE_PCMA, f->answered_ms, test_now_ms()) > 40, "PCMA after the answer");
	check_heard(listener, OTHER_HZ, true, "by PCMA");
	check_heard(&f->wire, LISTENER_HZ, true, "the others, by PCMA");
}

static void check_address_change(struct far *f, struct wire *listener)
{
	struct wire elsewhere;
	const uint64_t from_ms = test_now_ms();

	CHECK(wire_open(&elsewhere, "127.0.0.5"), "another address");
	wire_tone(&elsewhere, WIRE_PCMA, OTHER_HZ, SAID_DBOV);
	CHECK_INT(200, far_offer(f, "INVITE", NULL, &elsewhere, "8 101", "sendrecv"), "re-INVITE: address");
	wire_aim(&elsewhere, f->rtp_port);
	wire_aim(&f->wire, 0);
	test_sleep_ms(1000);
	check_whole(listener, OTHER_HZ, from_ms, test_now_ms() - 100, "through the change of address");
	CHECK_INT(0, wire_packets(&f->wire, -1, f->answered_ms + 60, test_now_ms()),
		"packets to the old address");
	CHECK(wire_packets(&elsewhere, WIRE_PCMA, f->answered_ms, test_now_ms()) > 40,
		"packets to the new one");

	/* who was left behind is nobody now */
	wire_tone(&f->wire, WIRE_PCMA, MUSIC_HZ, -6.0);
	wire_aim(&f->wire, f->rtp_port);
	check_heard(listener, MUSIC_HZ, false, "the old address speaks");
	check_heard(listener, OTHER_HZ, true, "the new one is heard");
	wire_aim(&f->wire, 0);
	wire_close(&elsewhere);
}

static void talk_end(struct talk *t, const struct bridge *b)
{
	struct wire *w = &t->listener.wire;
	json_t *record;

	far_bye(&t->held);
	far_bye(&t->changed);
	far_bye(&t->listener);
	record = record_of(b, t->listener.sip.call_id, "listener");
	CHECK_STR("PCMU", json_text_at(record, "codec"), "codec of the listener");
	CHECK_NEAR((double)wire_sent(w), json_at(record, "rx_packets", -1), 2, "packets to us");
	CHECK_NEAR((double)wire_packets(w, -1, 0, UINT64_MAX), json_at(record, "tx_packets", -1), 3,
		"packets from us");
	CHECK_INT(0, json_at(record, "rx_lost", -1), "lost");
	json_decref(record);
	record = record_of(b, t->changed.sip.call_id, "changed");
	CHECK_STR("PCMA", json_text_at(record, "codec"), "codec of who changed");
	json_decref(record);
	far_close(&t->held);
	far_close(&t->changed);
	far_close(&t->listener);
}

static void check_talk(struct talk *t, const struct bridge *b)
{
	const uint64_t ready_ms = t->changed.since_ms + PROMPTS_MS, now_ms = test_now_ms();

	if (now_ms < ready_ms)
		test_sleep_ms((unsigned)(ready_ms - now_ms));
	check_hold(t, "INVITE");
	check_hold(t, "UPDATE");
	check_heard(&t->listener.wire, OTHER_HZ, true, "by PCMU");
	check_codec_change(&t->changed, &t->listener.wire);
	check_address_change(&t->changed, &t->listener.wire);
	talk_end(t, b);
}

/* ---- numbers, keys, limits, CANCEL ---- */

/* The number stands in To alone, as some carriers have it. */
static void check_number_in_to(struct bridge *b)
{
	struct far f;

	far_open(&f, b, CARRIER, MEETING);
	snprintf(f.sip.target, sizeof(f.sip.target), "sip:127.0.0.1:%u", b->sip_port);
	CHECK_INT(200, far_offer(&f, "INVITE", NULL, &f.wire, "0 101", "sendrecv"), "number in To");
	far_bye(&f);
	check_record(b, f.sip.call_id, &(struct record)ENDED(16), "number in To");
	far_close(&f);
}

/* RFC 4733: each key as three packets, the last with the end bit, 40 ms apart. */
static void press_keys(struct wire *w, unsigned port, const char *keys)
{
	static const char codes[] = "0123456789*#";
	uint16_t seq = 100;
	uint32_t timestamp = 4000;

	for (; *keys; keys++, timestamp += 8 * WIRE_FRAME)
		for (unsigned step = 1; step <= 3; step++, seq++) {
			const unsigned duration = step * 2 * WIRE_FRAME;
			uint8_t packet[16] = { 0x80, (uint8_t)(101 | (step == 1 ? 0x80 : 0)),
				(uint8_t)(seq >> 8), (uint8_t)seq, (uint8_t)(timestamp >> 24),
				(uint8_t)(timestamp >> 16), (uint8_t)(timestamp >> 8), (uint8_t)timestamp, 0,
				0, 0, 7, (uint8_t)(strchr(codes, *keys) - codes),
				(uint8_t)(step == 3 ? 0x8a : 0x0a), (uint8_t)(duration >> 8),
				(uint8_t)duration };

			wire_throw(w, false, port, packet, sizeof(packet));
			test_sleep_ms(20);
		}
}

/* The network may be faster with keys than with the ACK: none is lost, and ID and PIN typed ahead join at once (D1). */
static void check_keys_before_ack(struct bridge *b)
{
	struct far f;
	char sdp[512];

	far_open(&f, b, CARRIER, ATTENDANT);
	snprintf(sdp, sizeof(sdp),
		"v=0\r\no=- 7 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %u RTP/AVP 0 101\r\n"
		"a=rtpmap:101 telephone-event/8000\r\n",
		CARRIER, CARRIER, f.wire.port);
	raw_request(&f.sip, "INVITE", party(&f, NULL), sdp);
	CHECK_INT(200, raw_final(&f.sip, WAIT_MS), "INVITE");
	const char *media = strstr(f.sip.last, "\r\nm=audio ");
	CHECK(media, "answer: %s", f.sip.last);
	press_keys(&f.wire, (unsigned)strtoul(media + 10, NULL, 10), "4839201754821#");
	CHECK_INT(0, bridge_count(b, "/v1/meetings/483920175/participants"), "nobody yet: no ACK");
	raw_request(&f.sip, "ACK", party(&f, NULL), NULL);
	CHECK(bridge_wait_count(b, "/v1/meetings/483920175/participants", 1, 1000),
		"in, at once after the ACK");
	far_bye(&f);
	far_close(&f);
}

static void check_trunk_limit(struct bridge *b)
{
	struct far f[3];

	for (int i = 0; i < 3; i++) {
		far_open(&f[i], b, SMALL_CARRIER, OF_SMALL_CARRIER);
		CHECK_INT(i < 2 ? 200 : 503,
			far_offer(&f[i], "INVITE", NULL, &f[i].wire, "0 101", "sendrecv"),
			"a trunk with two channels");
	}
	CHECK(strstr(f[2].answer, "Retry-After: "), "with Retry-After: %s", f[2].answer);
	check_record(b, f[2].sip.call_id,
		&(struct record){ .trunk = "carrier-small", .status = 503, .q850 = 34 }, "beyond the limit");
	far_bye(&f[0]);
	raw_fresh(&f[2].sip, OF_SMALL_CARRIER);
	CHECK_INT(200, far_offer(&f[2], "INVITE", NULL, &f[2].wire, "0 101", "sendrecv"),
		"a channel is free again");
	far_bye(&f[1]);
	far_bye(&f[2]);
	for (int i = 0; i < 3; i++)
		far_close(&f[i]);
}

/* The bridge answers at once, so that CANCEL mostly comes too late (RFC 3261 section 9.2): the call is either
 * cancelled whole or up whole, and CANCEL gets its own answer. */
static void check_cancel(struct bridge *b)
{
	unsigned n_cancelled = 0, n_up = 0;

	for (unsigned i = 0; i < 20; i++) {
		struct far f;
		unsigned status, invite = 0, cancel = 0;

		far_open(&f, b, CARRIER, MEETING);
		raw_request(&f.sip, "INVITE", party(&f, NULL), raw_offer);
		if (i % 2)
			raw_any(&f.sip, 100); /* 100 */
		raw_request(&f.sip, "CANCEL", party(&f, "Contact:\r\n"), NULL);
		while ((!invite || !cancel) && (status = raw_any(&f.sip, 1000)))
			if (status >= 200 && raw_has(&f.sip, " CANCEL\r\n"))
				cancel = status;
			else if (status >= 200) {
				invite = status;
				memcpy(f.answer, f.sip.last, sizeof(f.answer));
			}
		CHECK(cancel == 200 || cancel == 481, "CANCEL got %u", cancel);
		CHECK(invite == 200 || invite == 487, "INVITE got %u", invite);
		memcpy(f.sip.last, f.answer, sizeof(f.answer));
		snprintf(f.sip.to_tag, sizeof(f.sip.to_tag), "%.*s",
			(int)strcspn(strstr(strstr(f.answer, "\r\nTo:"), ";tag=") + 5, ";\r"),
			strstr(strstr(f.answer, "\r\nTo:"), ";tag=") + 5);
		raw_request(&f.sip, "ACK", party(&f, NULL), NULL);
		n_cancelled += invite == 487;
		n_up += invite == 200;
		if (invite == 200)
			far_bye(&f);
		json_t *record = record_of(b, f.sip.call_id, "CANCEL");
		CHECK_INT(invite, json_at(record, "sip_status", -1), "status in the record");
		CHECK_INT(1, json_at(record, "by_far_end", -1), "whose wish it was");
		CHECK_INT(16, json_at(record, "q850", -1), "cause");
		json_decref(record);
		far_close(&f);
	}
	print_message("CANCEL: %u in time, %u too late\n", n_cancelled, n_up);
}

/* ---- long calls: session timers (T7), and who falls silent ---- */

enum long_call {
	WE_REFRESH,    /* refresher=uas: an UPDATE of ours after half the time */
	THEY_DO_NOT,   /* no refresher named: they are asked to, and never do, but sound flows: stays */
	BY_INVITE,     /* the same for a far end that knows no UPDATE */
	HELD_AND_GONE, /* refresher=uac, on hold, silent: over after 60 s */
	HELD,          /* on hold, silent, no timer: stays */
	SILENT,        /* no packet after the first: over after 30 s */
	LONG_CALLS
};

struct long_calls {
	struct far far[LONG_CALLS];
	uint64_t refreshed_ms[LONG_CALLS], ended_ms[LONG_CALLS], silent_since_ms;
	unsigned n_refreshes[LONG_CALLS];
	char last_words[LONG_CALLS][RAW_TEXT];
};

static void long_calls_begin(struct long_calls *l, const struct bridge *b)
{
	static const char *const headers[LONG_CALLS] = {
		[WE_REFRESH] = "Supported: timer\r\nSession-Expires: 90;refresher=uas\r\nAllow: INVITE, ACK, "
			       "BYE, CANCEL, UPDATE\r\n",
		[THEY_DO_NOT] = "Supported: timer\r\nSession-Expires: 90\r\n",
		[BY_INVITE] = "Supported: timer\r\nSession-Expires: 90;refresher=uas\r\n",
		[HELD_AND_GONE] = "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n",
	};
	static const char *const settled[LONG_CALLS] = {
		[WE_REFRESH] = "Session-Expires: 90;refresher=uas",
		[THEY_DO_NOT] = "Session-Expires: 90;refresher=uac",
		[BY_INVITE] = "Session-Expires: 90;refresher=uas",
		[HELD_AND_GONE] = "Session-Expires: 90;refresher=uac",
	};

	memset(l, 0, sizeof(*l));
	for (int i = 0; i < LONG_CALLS; i++) {
		struct far *f = &l->far[i];

		far_call(f, b, MEETING, headers[i], 0);
		CHECK(!settled[i] || strstr(f->answer, settled[i]), "%s: %s", settled[i], f->answer);
	}
	test_sleep_ms(200);
	wire_aim(&l->far[SILENT].wire, 0);
	l->silent_since_ms = test_now_ms();
	for (int i = HELD_AND_GONE; i <= HELD; i++) {
		struct far *f = &l->far[i];

		CHECK_INT(200,
			far_offer(f, "INVITE", headers[i], &f->wire, "0 101",
				i == HELD ? "inactive" : "sendonly"),
			"hold");
		wire_aim(&f->wire, 0);
	}
}

static void serve_one(struct long_calls *l, int i, struct raw *sip)
{
	const bool update = strncmp(sip->last, "UPDATE ", 7) == 0;

	if (strncmp(sip->last, "BYE ", 4) == 0) {
		l->ended_ms[i] = test_now_ms();
		memcpy(l->last_words[i], sip->last, RAW_TEXT);
		raw_reply(sip, 200, NULL);
	} else if (update || strncmp(sip->last, "INVITE ", 7) == 0) {
		CHECK(raw_has(sip, "Session-Expires: 90;refresher=uac"), "refresh: %s", sip->last);
		CHECK(update != raw_has(sip, "\r\n\r\nv=0"), "our description in INVITE alone: %s",
			sip->last);
		CHECK_INT(i == WE_REFRESH, update, "UPDATE where it is allowed");
		if (!l->refreshed_ms[i])
			l->refreshed_ms[i] = test_now_ms();
		l->n_refreshes[i]++;
		/* one that fails does not end a call while sound flows */
		raw_reply(sip, update ? 200 : 488,
			update ? "Supported: timer\r\nRequire: timer\r\nSession-Expires: 90;refresher=uac\r\n"
			       : NULL);
	}
}

/* What the bridge asks of the long calls, answered as it comes. */
static void long_calls_serve(struct long_calls *l)
{
	for (int i = 0; i < LONG_CALLS; i++) {
		struct far *f = &l->far[i];

		while (raw_any(&f->sip, 0) == 1)
			serve_one(l, i, &f->sip);
	}
}

static void check_long_end(struct bridge *b, const struct long_calls *l, enum long_call which,
	uint64_t due_ms, unsigned q850, const char *cause)
{
	char reason[64];

	CHECK(l->ended_ms[which], "%s: it is over", cause);
	CHECK(l->ended_ms[which] + EARLY_MS > due_ms && l->ended_ms[which] < due_ms + LATE_MS,
		"%s: BYE %lld ms after it was due", cause, (long long)(l->ended_ms[which] - due_ms));
	snprintf(reason, sizeof(reason), "Reason: Q.850;cause=%u", q850);
	CHECK(strstr(l->last_words[which], reason), "%s: %s", cause, l->last_words[which]);
	check_record(b, l->far[which].sip.call_id,
		&(struct record){
			.number = MEETING, .status = 200, .q850 = q850, .cause = cause, .joined = true },
		cause);
}

static void long_calls_judge(struct long_calls *l, struct bridge *b)
{
	const uint64_t begun_ms = l->far[0].since_ms;

	while (test_now_ms() < begun_ms + LONG_MS) {
		long_calls_serve(l);
		test_sleep_ms(50);
	}
	CHECK(l->refreshed_ms[WE_REFRESH] && l->refreshed_ms[BY_INVITE], "the bridge refreshes");
	CHECK_NEAR(
		REFRESH_MS, (double)(l->refreshed_ms[WE_REFRESH] - begun_ms), LATE_MS, "after half the time");
	CHECK_NEAR(
		REFRESH_MS, (double)(l->refreshed_ms[BY_INVITE] - begun_ms), LATE_MS, "after half the time");
	CHECK_INT(1, l->n_refreshes[WE_REFRESH], "one is enough");
	CHECK(!l->refreshed_ms[THEY_DO_NOT], "the bridge does not do the other side's work");
	check_long_end(b, l, HELD_AND_GONE, begun_ms + 60000, 102, "session timer expired");
	check_long_end(b, l, SILENT, l->silent_since_ms + DEAD_MS, 41, "no RTP and no RTCP for 30 s");
	for (int i = 0; i < LONG_CALLS; i++) {
		if (i != HELD_AND_GONE && i != SILENT) {
			CHECK(!l->ended_ms[i], "long call %d lives: %s", i, l->last_words[i]);
			far_bye(&l->far[i]);
		}
		far_close(&l->far[i]);
	}
}

/* ---- the database ---- */

/* What the API lists is what lies in the file. */
static void check_database(struct bridge *b)
{
	static const char *const texts[] = { "id", "call_id", "trunk", "number", "cause", "codec", "account",
		"meeting" };
	sqlite3 *db = NULL;
	sqlite3_stmt *select = NULL;
	json_t *list = bridge_get(b, "/v1/records?limit=10000"), *row;
	const json_t *items = json_object_get(list, "items");
	size_t i;

	CHECK_INT(SQLITE_OK,
		sqlite3_open_v2(folder_file(&b->folder, "partyline.db"), &db, SQLITE_OPEN_READONLY, NULL),
		"opens");
	CHECK_INT(SQLITE_OK,
		sqlite3_prepare_v2(db,
			"SELECT "
			"id,call_id,trunk,number,cause,codec,account,meeting,sip_status,q850,rx_packets,"
			"started_us<=ended_us FROM cdr WHERE id=?1",
			-1, &select, NULL),
		sqlite3_errmsg(db));
	json_array_foreach(items, i, row)
	{
		sqlite3_reset(select);
		sqlite3_bind_text(select, 1, json_text_at(row, "id"), -1, SQLITE_TRANSIENT);
		CHECK_INT(SQLITE_ROW, sqlite3_step(select), "the record is in the file");
		for (int c = 0; c < (int)(sizeof(texts) / sizeof(*texts)); c++)
			CHECK_STR(json_text_at(row, texts[c]), (const char *)sqlite3_column_text(select, c),
				texts[c]);
		CHECK_INT(json_at(row, "sip_status", -1), sqlite3_column_int64(select, 8), "sip_status");
		CHECK_INT(json_at(row, "q850", -1), sqlite3_column_int64(select, 9), "q850");
		CHECK_INT(json_at(row, "rx_packets", -1), sqlite3_column_int64(select, 10), "rx_packets");
		CHECK_INT(1, sqlite3_column_int(select, 11), "times in order");
	}
	CHECK(json_array_size(items) > sizeof(flows) / sizeof(*flows), "%zu records", json_array_size(items));
	print_message("%zu records in the file\n", json_array_size(items));
	sqlite3_finalize(select);
	sqlite3_close(db);
	json_decref(list);
}

TEST(every_flow_of_a_carrier)
{
	static struct long_calls calls;
	static struct talk talk;
	struct bridge b;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "the bridge comes up");
	talk_begin(&talk, &b);
	long_calls_begin(&calls, &b);
	for (unsigned i = 0; i < sizeof(flows) / sizeof(*flows); i++) {
		run_flow(&b, &flows[i], i);
		long_calls_serve(&calls);
	}
	check_operator_hangs_up(&b);
	check_number_in_to(&b);
	check_keys_before_ack(&b);
	check_trunk_limit(&b);
	check_cancel(&b);
	long_calls_serve(&calls);
	check_talk(&talk, &b);
	long_calls_judge(&calls, &b);
	check_database(&b);
	CHECK(bridge_wait_number(&b, "/v1/status", "calls", 0, WAIT_MS), "calls are left");
	CHECK_INT(0, bridge_number(&b, "/v1/status", "rtp_ports_used", -1), "ports are left");
	CHECK_INT(0, bridge_stop(&b), "exit status");
}

TESTS(every_flow_of_a_carrier)
