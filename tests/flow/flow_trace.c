/* links: tests/sipp.c tests/gate.c tests/rawsip.c */
/* The operator always knows why: ladders, stories, records and logs of real calls. */
#include "tests/flow/ask.h"
#include "tests/flow/ctl.h"
#include "tests/gate.h"
#include "tests/rawsip.h"
#include "tests/sipp.h"
#include "tests/test.h"

#include <stdlib.h>

enum { WAIT_MS = 8000, T1_MS = 100, SITE = 2048 };

/* These stand in it, in this order. */
static void in_order(const char *text, const char *const *parts, const char *story)
{
	const char *at = text;

	for (size_t i = 0; parts[i]; i++) {
		const char *found = strstr(at, parts[i]);

		CHECK(found, "%s: '%s' is not there, or too early, in:\n%s", story, parts[i], text);
		at = found + strlen(parts[i]);
	}
}

static void tells(struct bridge *b, const char *verb, const char *call, const char *const *parts)
{
	char words[400], *said;

	snprintf(words, sizeof(words), "%s %s", verb, call);
	said = ctl(b, 0, words);
	in_order(said, parts, words);
	free(said);
}

/* T9 as it is seen: SIPp holds and resumes, over UDP and over TCP.
 *
 *   INVITE ->  <- 200  ACK ->  INVITE (sendonly) ->  <- 200 (recvonly)  ACK ->  ...  BYE ->  <- 200 */
TEST(an_answered_call_is_a_ladder)
{
	struct bridge b;

	CHECK(bridge_start(&b, NULL), "bridge");
	for (unsigned tcp = 0; tcp < 2; tcp++) {
		const char *call = tcp ? "1-tcp@sipp.invalid" : "1-udp@sipp.invalid";
		const struct sipp_run run = { .scenario = "hold",
			.number = "+15550101",
			.to_port = b.sip_port,
			.call_id = tcp ? "%u-tcp@sipp.invalid" : "%u-udp@sipp.invalid",
			.tcp = tcp,
			.on_bridge = true };

		CHECK_INT(0, sipp_run(&run), "SIPp is content");
		json_decref(record_wait(&b, call, WAIT_MS));
		tells(&b, "trace", call,
			SAYS("trunk carrier-a, from +15550001 to +15550101, account acme", "    0.000  ",
				tcp ? "tcp 127.0.0.2:" : "udp 127.0.0.2:", "----> INVITE +15550101 (1)",
				"PCMU PCMA telephone-event, 127.0.0.2:30000, sendrecv",
				"<---- 200 OK (1 INVITE)", "sendrecv", "----> ACK (1)",
				"joins meeting 100200300 as guest", "----> INVITE", "(2)", "sendonly",
				"the far end holds the call", "<---- 200 OK (2 INVITE)", "recvonly",
				"----> INVITE", "(3)", "the far end takes the call back", "----> BYE (7)",
				"Q.850;cause=16", "<---- 200 OK (7 BYE)", "ended: far end hung up",
				"codec PCMU"));
		tells(&b, "why", call,
			SAYS("from +15550001 to +15550101 was answered", "joined meeting 100200300 as guest",
				"The caller ended it: far end hung up", "SIP       200 OK",
				"16: normal call clearing", "next"));
	}
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

static const char keyed_offer[] =
	"v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 30000 RTP/SAVP 0 "
	"101\r\n"
	"a=rtpmap:101 telephone-event/8000\r\n"
	"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5\r\n";

/* What is secret on the wire is nowhere to be read: not in the ladder, not in the messages, not in the log. */
TEST(secrets_are_withheld)
{
	static const char *const secrets[] = { "c0ffee", "inline:", "Signal=", "MDEyMzQ1" };
	static const char *const places[] = { "trace %s --full", "--json trace %s", "why %s" };
	struct bridge b;
	struct raw r;
	char words[400], *said;

	CHECK(bridge_start(&b, NULL), "bridge");
	CHECK(raw_open(&r, "127.0.0.2", 0, b.sip_port, false), "socket");
	raw_fresh(&r, "+15550101;postd=c0ffee");
	raw_request(
		&r, "INVITE", "Authorization: Digest username=\"us\", response=\"c0ffee\"\r\n", keyed_offer);
	CHECK_INT(200, raw_final(&r, 3000), "answered, encrypted");
	CHECK(raw_has(&r, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"), "with a key of ours: %s", r.last);
	raw_request(&r, "ACK", NULL, NULL);
	raw_request(&r, "INFO", "Content-Type: application/dtmf-relay\r\n", "Signal=7\r\nDuration=160\r\n");
	CHECK_INT(200, raw_final(&r, 3000), "a key");
	raw_request(&r, "BYE", NULL, NULL);
	CHECK_INT(200, raw_final(&r, 3000), "the end");
	json_decref(record_wait(&b, r.call_id, WAIT_MS));
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		snprintf(words, sizeof(words), places[i], r.call_id);
		said = ctl(&b, 0, words);
		for (size_t k = 0; k < sizeof(secrets) / sizeof(*secrets); k++)
			CHECK(!strstr(said, secrets[k]), "%s tells %s:\n%s", words, secrets[k], said);
		free(said);
	}
	snprintf(words, sizeof(words), "trace %s --full", r.call_id);
	said = ctl(&b, 0, words);
	in_order(said,
		SAYS("AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_80", "INFO (2)",
			"Authorization: Digest (withheld)", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 (withheld)",
			"a=crypto:1 AES_CM_128_HMAC_SHA1_80 (withheld)", "bytes withheld)"),
		words);
	free(said);
	raw_close(&r);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

/* Refused by the plan, and a stranger: both can be looked up. */
TEST(refused_calls_are_explained)
{
	struct bridge b;
	struct raw r;
	json_t *row;
	char id[64];

	CHECK(bridge_start(&b, NULL), "bridge");
	CHECK(raw_open(&r, "127.0.0.2", 0, b.sip_port, false), "socket");
	CHECK_INT(404, raw_call(&r, "+15550999"), "no such number");
	row = record_wait(&b, r.call_id, WAIT_MS);
	snprintf(id, sizeof(id), "%s", json_text_at(row, "id"));
	CHECK_STR("us", json_text_at(row, "ended_by"), "whose doing");
	json_decref(row);
	tells(&b, "trace", id,
		SAYS("----> INVITE +15550999 (1)", "<---- 404 Not Found (1 INVITE)", "ended: "));
	tells(&b, "why", id,
		SAYS("was not answered", "This bridge refused it", "404 Not Found", "1: unallocated number",
			"add it under `numbers`"));
	raw_close(&r);

	CHECK(raw_open(&r, "127.0.0.9", 0, b.sip_port, false), "socket");
	CHECK_INT(403, raw_call(&r, "+15550101"), "a stranger");
	row = record_wait(&b, r.call_id, WAIT_MS);
	snprintf(id, sizeof(id), "%s", json_text_at(row, "id"));
	json_decref(row);
	tells(&b, "trace", id,
		SAYS("udp 127.0.0.9:", "----> INVITE", "<---- 403 Forbidden", "not from a known trunk"));
	tells(&b, "why", id, SAYS("not from a known trunk", "`inbound.from`"));
	raw_close(&r);
	free(ctl(&b, 1, "trace nobody"));
	free(ctl(&b, 1, "why nobody"));
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

static void dial(struct bridge *b, char id[ASK_ID])
{
	ask_call(b, "+15550199", id);
}

/*   first is in maintenance; second: 503, repeated requests and silence, third: busy
 *
 *   INVITE -> 127.0.0.11  503   INVITE -> 127.0.0.12 (again, again)   INVITE -> 127.0.0.13  486 */
TEST(a_dial_out_is_one_story)
{
	struct bridge b;
	struct gate gates[3];
	struct gate_request request;
	char site[SITE], id[ASK_ID], *said;
	static const char *const ips[] = { "127.0.0.11", "127.0.0.12", "127.0.0.13" };

	for (size_t i = 0; i < 3; i++)
		CHECK(gate_open(&gates[i], ips[i]), "gateway");
	snprintf(site, sizeof(site),
		"accounts:\n  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Open }\n"
		"trunks:\n  - { name: closed, maintenance: true, outbound: { gateways: [ "
		"\"sip:127.0.0.14:5060\" ], "
		"keepalive: false } }\n"
		"  - { name: first, outbound: { gateways: [ \"sip:127.0.0.11:%u\", \"sip:127.0.0.12:%u\" ], "
		"keepalive: "
		"false } }\n"
		"  - { name: second, outbound: { gateways: [ \"sip:127.0.0.13:%u\" ], keepalive: false } }\n"
		"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ closed, first, second ], caller_id: "
		"\"+15550100\" }\n"
		"numbers:\n  - { number: \"+15550100\", account: acme, answer: attendant }\n",
		gates[0].port, gates[1].port, gates[2].port);
	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site, .t1_ms = T1_MS }), "bridge");
	dial(&b, id);
	CHECK(gate_wait(&gates[0], &request, "INVITE", WAIT_MS), "the first");
	gate_answer(&gates[0], &request, 503, "a", "Retry-After: 7\r\n", NULL);
	CHECK(gate_wait(&gates[1], &request, "INVITE", WAIT_MS), "the second, which says nothing");
	CHECK(gate_wait(&gates[2], &request, "INVITE", WAIT_MS), "the third");
	tells(&b, "why", id, SAYS("is being set up", "is being called"));
	gate_answer(&gates[2], &request, 486, "c", "Reason: Q.850;cause=17\r\n", NULL);
	CHECK(bridge_wait_count(&b, "/v1/records", 3, WAIT_MS), "three attempts");
	tells(&b, "trace", id,
		SAYS("trunk first", "trunk first", "trunk second",
			"trunk closed is passed over: the trunk is in maintenance", "udp 127.0.0.11",
			"<---- INVITE +15550199", "----> 503", "Retry-After: 7",
			"failed for a moment: the next one is tried", "udp 127.0.0.12",
			"<---- INVITE +15550199", "again", "did not respond: the next one is tried",
			"udp 127.0.0.13", "<---- INVITE +15550199", "----> 486", "Q.850;cause=17"));
	tells(&b, "why", id,
		SAYS("A call out through second", "it took 3 attempts", "The called person ended it",
			"486 Busy Here", "17: user busy", "tried     1. first udp:127.0.0.11", ": 503",
			"2. first udp:127.0.0.12", "did not respond", "3. second udp:127.0.0.13",
			"486 Busy Here"));
	said = ctl(&b, 0, "status");
	in_order(said, SAYS("TRUNK", "LAST CAUSE OUT", "first", "second", "user busy"), "status");
	free(said);
	said = bridge_text(&b, "GET", "/metrics", NULL, NULL, NULL);
	CHECK(strstr(said, "partyline_trunk_calls_ended_total{trunk=\"second\",direction=\"out\",cause="
			   "\"busy\"} 1\n"),
		"%s", said);
	CHECK(strstr(said, "partyline_trunk_answer_ratio{trunk=\"second\"} 0\n"), "nobody answered there");
	free(said);
	for (size_t i = 0; i < 3; i++)
		gate_close(&gates[i]);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

/* No trunk may be used at all: that leaves a record, and a reason. */
TEST(a_dial_out_that_was_never_tried_is_recorded)
{
	static const char site[] =
		"accounts:\n  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Open }\n"
		"trunks:\n  - { name: closed, maintenance: true, outbound: { gateways: [ "
		"\"sip:127.0.0.14:5060\" ], "
		"keepalive: false } }\n"
		"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ closed ], caller_id: \"+15550100\" "
		"}\n"
		"numbers:\n  - { number: \"+15550100\", account: acme, answer: attendant }\n";
	struct bridge b;
	char id[64];

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "bridge");
	dial(&b, id);
	CHECK(bridge_wait_count(&b, "/v1/records?direction=out&trunk=closed", 1, WAIT_MS), "a record");
	tells(&b, "why", id, SAYS("was not answered", "the trunk is in maintenance"));
	tells(&b, "trace", id, SAYS("trunk closed is passed over: the trunk is in maintenance"));
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

/* Who ended it, when it was the operator. */
TEST(the_operator_is_named)
{
	struct bridge b;
	struct raw r;
	json_t *row, *calls;
	char path[128];

	CHECK(bridge_start(&b, NULL), "bridge");
	CHECK(raw_open(&r, "127.0.0.2", 0, b.sip_port, false), "socket");
	CHECK_INT(200, raw_call(&r, "+15550101"), "answered");
	tells(&b, "why", r.call_id, SAYS("was answered", "and goes on"));
	calls = bridge_get(&b, "/v1/calls");
	snprintf(path, sizeof(path), "/v1/calls/%s", json_text_at(calls, "items.0.id"));
	json_decref(calls);
	json_decref(bridge_call(&b, "DELETE", path, NULL, NULL, NULL));
	raw_wait(&r, 2000);
	raw_reply(&r, 200, NULL);
	row = record_wait(&b, r.call_id, WAIT_MS);
	CHECK_STR("operator", json_text_at(row, "ended_by"), "whose doing");
	json_decref(row);
	tells(&b, "why", r.call_id, SAYS("The operator ended it: hung up by the operator"));
	raw_close(&r);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

static int count_items(const json_t *page)
{
	return (int)json_array_size(json_object_get(page, "items"));
}

/* Pages, filters and CSV over the records of 25 refused calls and an answered one. */
TEST(records_are_found_paged_and_exported)
{
	static const struct {
		const char *query;
		int want;
	} filters[] = {
		{ "answered=true", 1 },
		{ "answered=false", 25 },
		{ "status=404&limit=1000", 25 },
		{ "q850=1&direction=in", 25 },
		{ "number=%2B15550999", 25 },
		{ "number=%2B15550101", 1 },
		{ "cause=HUNG%20up", 1 },
		{ "cause=%25", 0 },
		{ "ended_by=caller", 1 },
		{ "ended_by=us", 25 },
		{ "min_duration=0.001", 1 },
		{ "min_duration=3600", 0 },
		{ "mos_below=5&answered=false", 0 },
		{ "direction=out", 0 },
		{ "since=2020-01-01", 26 },
		{ "before=2020-01-01", 0 },
		{ "account=acme", 1 },
		{ "trunk=carrier-a&limit=7", 7 },
	};
	static const char *const wrong[] = { "limit=0", "limit=x", "cursor=7", "since=soon", "answered=maybe",
		"direction=up", "mos_below=9", "q850=-1" };
	struct bridge b;
	struct raw r;
	char path[200], cursor[64] = "", last[64] = "", *csv;
	int seen = 0, pages = 0, lines = 0;
	long status;

	CHECK(bridge_start(&b, NULL), "bridge");
	CHECK(raw_open(&r, "127.0.0.2", 0, b.sip_port, false), "socket");
	for (int i = 0; i < 25; i++)
		CHECK_INT(404, raw_call(&r, "+15550999"), "refused");
	CHECK_INT(200, raw_call(&r, "+15550101"), "answered");
	test_sleep_ms(50);
	raw_request(&r, "BYE", NULL, NULL);
	raw_final(&r, 2000);
	CHECK(bridge_wait_count(&b, "/v1/records", 26, WAIT_MS), "26 records");
	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		snprintf(path, sizeof(path), "/v1/records?%s", filters[i].query);
		CHECK_INT(filters[i].want, bridge_count(&b, path), filters[i].query);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		snprintf(path, sizeof(path), "/v1/records?%s", wrong[i]);
		json_decref(bridge_call(&b, "GET", path, NULL, NULL, &status));
		CHECK_INT(400, status, wrong[i]);
	}
	do {
		snprintf(path, sizeof(path), "/v1/records?limit=10%s%s", cursor[0] ? "&cursor=" : "", cursor);
		json_t *page = bridge_get(&b, path);
		const char *next = json_text_at(page, "next_cursor");

		CHECK(strcmp(last, json_text_at(page, "items.0.id")) != 0, "another page");
		snprintf(last, sizeof(last), "%s", json_text_at(page, "items.0.id"));
		snprintf(cursor, sizeof(cursor), "%s", next ? next : "");
		seen += count_items(page);
		pages++;
		json_decref(page);
	} while (cursor[0]);
	CHECK(seen == 26 && pages == 3, "%d records on %d pages", seen, pages);
	csv = ctl(&b, 0, "records --csv");
	for (const char *p = csv; (p = strstr(p, "\r\n")); p += 2)
		lines++;
	CHECK_INT(27, lines, "names and 26 lines");
	CHECK(strncmp(csv, "id,direction,dialout,call_id,trunk,", 35) == 0, "names: %.80s", csv);
	CHECK(strstr(csv, ",+15550999,"), "%.600s", csv);
	free(csv);
	csv = ctl(&b, 0, "records --csv --answered true");
	CHECK(strstr(csv, "far end hung up") && !strstr(csv, "+15550999"), "%s", csv);
	free(csv);
	csv = ctl(&b, 1, "records --csv --answered maybe");
	CHECK(strstr(csv, "true or false"), "%s", csv);
	free(csv);
	raw_close(&r);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

#define PIN "48219937" /* so long that no time and no ID holds it by chance */
#define HOST_PIN "90091155"
static const char pin_site[] =
	"accounts:\n  - name: acme\n    meetings:\n"
	"      - { id: \"483920175\", name: Weekly, host_pin: \"" HOST_PIN "\", guest_pin: \"" PIN "\" }\n"
	"trunks:\n  - { name: carrier-a, inbound: { from: [ 127.0.0.2/32 ] } }\n"
	"numbers:\n  - { number: \"+15550100\", trunk: carrier-a, account: acme, answer: attendant }\n";

/* A line of the log, and whether it is one about a call. */
static void check_line(const char *line, unsigned *of_calls)
{
	static const char *const secrets[] = { PIN, HOST_PIN, "+1555900", "+15550199", "483920175#" };
	static const char *const areas[] = { "call", "media", "attendant" };
	json_t *j = json_loads(line, 0, NULL);
	const char *area;

	CHECK(j, "not JSON: %s", line);
	CHECK(json_text_at(j, "time") && json_text_at(j, "level") && json_text_at(j, "text"), "members: %s",
		line);
	area = json_text_at(j, "area");
	CHECK(area, "area: %s", line);
	for (size_t i = 0; i < sizeof(areas) / sizeof(*areas); i++)
		if (strcmp(area, areas[i]) == 0) {
			CHECK(json_text_at(j, "call"), "a line about a call without its ID: %s", line);
			++*of_calls;
		}
	for (size_t i = 0; i < sizeof(secrets) / sizeof(*secrets); i++)
		CHECK(!strstr(line, secrets[i]), "%s in: %s", secrets[i], line);
	json_decref(j);
}

/* Who got in pressed as many keys as the ladder has dots, and nothing there says which. */
static void check_keys(const struct bridge *b)
{
	json_t *rows = bridge_get(b, "/v1/records?meeting=483920175"), *trace, *item;
	char path[128], *text;
	double keys = 0;
	size_t i;

	CHECK_INT(1, json_array_size(json_object_get(rows, "items")), "one got in");
	snprintf(path, sizeof(path), "/v1/calls/%s/trace", json_text_at(rows, "items.0.id"));
	trace = bridge_get(b, path);
	json_array_foreach(json_object_get(trace, "items"), i, item)
	{
		keys += json_at(item, "keys", 0);
	}
	text = json_dumps(trace, 0);
	CHECK(keys == strlen("483920175#" PIN "#"), "%g keys: %s", keys, text);
	CHECK(!strstr(text, PIN), "the PIN: %s", text);
	free(text);
	json_decref(trace);
	json_decref(rows);
}

/* X5, S7: every line of a bridge's log is JSON, with the call's ID where there is a call, and tells no PIN and no number. */
TEST(logs_are_json_and_tell_no_secret)
{
	struct bridge b;
	struct raw r;
	char attendant[96], wrong[96], *log, *rest, *line;
	unsigned of_calls = 0, n = 0;
	int code;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = pin_site,
				       .node = "log: { format: json, level: debug }\n" }),
		"bridge");
	snprintf(attendant, sizeof(attendant), "sip:+15550100@127.0.0.1:%u", b.sip_port);
	snprintf(wrong, sizeof(wrong), "%s", attendant);
	{
		const char *const argv[] = { "--to", attendant, "--keys", ("483920175#" PIN "#"), "--seconds",
			"1", "--and", "--to", wrong, "--keys", "483920175#1111#ww2222#ww3333#", "--seconds",
			"3", NULL };

		json_decref(bridge_crowd(&b, argv, &code));
	}
	CHECK(raw_open(&r, "127.0.0.2", 0, b.sip_port, false), "socket");
	CHECK_INT(404, raw_call(&r, "+15550999"), "refused");
	raw_close(&r);
	CHECK(raw_open(&r, "127.0.0.9", 0, b.sip_port, false), "socket");
	CHECK_INT(403, raw_call(&r, "+15550101"), "a stranger");
	raw_close(&r);
	CHECK(bridge_wait_count(&b, "/v1/records", 4, WAIT_MS), "records");
	check_keys(&b);
	log = peer_output(&b.peer);
	for (rest = log; (line = strsep(&rest, "\n")) != NULL;)
		if (*line) {
			check_line(line, &of_calls);
			n++;
		}
	CHECK(n >= 8 && of_calls >= 4, "%u lines, %u of calls", n, of_calls);
	free(log);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

TESTS(an_answered_call_is_a_ladder, secrets_are_withheld, refused_calls_are_explained,
	a_dial_out_is_one_story, a_dial_out_that_was_never_tried_is_recorded, the_operator_is_named,
	records_are_found_paged_and_exported, logs_are_json_and_tell_no_secret)
