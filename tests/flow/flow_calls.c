/* links: tests/far.c tests/long_calls.c tests/rawsip.c tests/record.c tests/sipp.c tests/talk.c tests/wire.c */
/* Signalling against the whole program: the carrier is SIPp, or a socket that says what SIPp cannot.
 *
 * Long calls are set up first and judged last (session timers run at their own speed: 90 s at least), and all other flows
 * go through the same bridge while these are up. */
#include "tests/flow/bridge.h"
#include "tests/far.h"
#include "tests/long_calls.h"
#include "tests/record.h"
#include "tests/sipp.h"
#include "tests/talk.h"
#include "tests/test.h"

#include <sqlite3.h>
#include <stdlib.h>

#define SMALL_CARRIER "127.0.0.3"
#define MEETING "+15550101"
#define ATTENDANT "+15550100"
#define SOUND "+15550102"
#define OF_SMALL_CARRIER "+15550103"

enum { WAIT_MS = 4000 };

static const char site[] =
	"accounts:\n"
	"  - name: acme\n"
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

/* ---- numbers, keys, limits, CANCEL ---- */

/* The number stands in To alone, as some carriers have it. */
static void check_number_in_to(struct bridge *b)
{
	struct far f;

	far_open(&f, b, FAR_CARRIER, MEETING);
	snprintf(f.sip.target, sizeof(f.sip.target), "sip:127.0.0.1:%u", b->sip_port);
	CHECK_INT(200, far_offer(&f, "INVITE", NULL, &f.wire, "0 101", "sendrecv"), "number in To");
	far_bye(&f);
	check_record(b, f.sip.call_id, &(struct record)ENDED(16), "number in To");
	far_close(&f);
}
/* The network may be faster with keys than with the ACK: none is lost, and ID and PIN typed ahead join at once (D1). */
static void check_keys_before_ack(struct bridge *b)
{
	struct far f;
	char sdp[512];

	far_open(&f, b, FAR_CARRIER, ATTENDANT);
	snprintf(sdp, sizeof(sdp),
		"v=0\r\no=- 7 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %u RTP/AVP 0 101\r\n"
		"a=rtpmap:101 telephone-event/8000\r\n",
		FAR_CARRIER, FAR_CARRIER, f.wire.port);
	raw_request(&f.sip, "INVITE", far_party(&f, NULL), sdp);
	CHECK_INT(200, raw_final(&f.sip, WAIT_MS), "INVITE");
	const char *media = strstr(f.sip.last, "\r\nm=audio ");
	CHECK(media, "answer: %s", f.sip.last);
	far_press(&f.wire, (unsigned)strtoul(media + 10, NULL, 10), "4839201754821#");
	CHECK_INT(0, bridge_count(b, "/v1/meetings/483920175/participants"), "nobody yet: no ACK");
	raw_request(&f.sip, "ACK", far_party(&f, NULL), NULL);
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
	CHECK_INT(2, bridge_number(b, "/v1/trunks", "items.1.calls", -1),
		"counted: two, and none that was refused");
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

		far_open(&f, b, FAR_CARRIER, MEETING);
		raw_request(&f.sip, "INVITE", far_party(&f, NULL), raw_offer);
		if (i % 2)
			raw_any(&f.sip, 100); /* 100 */
		raw_request(&f.sip, "CANCEL", far_party(&f, "Contact:\r\n"), NULL);
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
		raw_request(&f.sip, "ACK", far_party(&f, NULL), NULL);
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
	talk_begin(&talk, &b, SOUND);
	long_calls_begin(&calls, &b, MEETING);
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
	for (int i = 0; i < 2; i++) /* however each of them ended */
		CHECK_INT(0, bridge_number(&b, "/v1/trunks", i ? "items.1.calls" : "items.0.calls", -1),
			"channels are left");
	CHECK_INT(0, bridge_stop(&b), "exit status");
}

TESTS(every_flow_of_a_carrier)
