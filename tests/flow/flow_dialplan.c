/* links: tests/caller.c tests/rawsip.c */
/* The dial plan through the real program: explained, replayed through another site, refused, swapped while a call goes on. */
#include "tests/flow/ask.h"
#include "tests/flow/ctl.h"
#include "tests/house.h"
#include "tests/test.h"
#include <sqlite3.h>
#include <stdlib.h>

static const char site[] =
	"accounts:\n"
	"  - name: acme\n"
	"    zone: Europe/Berlin\n"
	"    country: { code: \"49\", trunk_prefix: \"0\" }\n"
	"    dialling: { refuse: [ \"+49180\" ], daily: 100 }\n"
	"    meetings: [ { id: \"100200300\", name: Weekly }, { id: \"100200301\", name: Other } ]\n"
	"trunks:\n"
	"  - name: carrier-a\n"
	"    inbound: { from: [ 127.0.0.2/32 ] }\n"
	"    outbound: { gateways: [ \"sip:127.0.0.2:5062\" ] }\n"
	"    ranges: [ \"+15550100..99\" ]\n"
	"  - name: carrier-b\n"
	"    outbound: { gateways: [ \"sip:127.0.0.3:5062\" ] }\n"
	"    country: { code: \"49\", trunk_prefix: \"0\" }\n"
	"    dialling: { format: national }\n"
	"numbers:\n"
	"  - { number: \"+15550101\", trunk: carrier-a, account: acme, answer: \"meeting:100200300\" }\n"
	"  - { number: \"+15550110..+15550119\", trunk: carrier-a, account: acme, answer: "
	"\"meeting:100200301\" }\n"
	"routes:\n"
	"  - { account: acme, prefix: \"+49\", trunks: [ carrier-b, carrier-a ], calendar: office }\n"
	"  - { account: acme, prefix: \"+49\", trunks: [ carrier-a ], priority: 2 }\n"
	"  - { account: acme, prefix: \"+44\", trunks: [ carrier-b ], match: \"\\\\+447.*\" }\n"
	"  - { account: acme, prefix: \"+44\", trunks: [ carrier-a ], priority: 2 }\n"
	"calendars:\n"
	"  - { name: office, zone: Europe/Berlin, spans: [ \"mon-fri 08:00-18:00\" ] }\n";

static struct house *house_open(void)
{
	return house_start(&(struct bridge_setup){ .site = site });
}

static unsigned call(struct house *h, unsigned i, const char *number)
{
	return caller_call(&h->crew, &h->callers[i], h->bridge.sip_port, number,
		"\"caller\" <sip:+15559000100@127.0.0.2>");
}

TEST(what_would_happen_to_this_number)
{
	struct house *h = house_open();

	ctl_says(&h->bridge, 0, "dialplan explain 030123456 --account acme --at 2026-11-27T12:00:00+01:00",
		SAYS("'030123456' read as national: +4930123456", "+4930123456 is ordinary",
			"+49 is the longest prefix left: 2 routes", "calendar 'office' is open by spans[0]",
			"1: trunk 'carrier-b' is sent 030123456", "2: trunk 'carrier-a' is sent +4930123456",
			"shows +15550101, the account's first number",
			"trunk 'carrier-a' stands before already", "call 1 now, 1 today",
			"carrier-b  030123456    -", "=> +4930123456 goes out by 2 trunks, in this order"));
	ctl_says(&h->bridge, 0, "dialplan explain +4930123456 --account acme --at 2026-11-28T12:00:00+01:00",
		SAYS("calendar 'office' is closed", "routes[1], priority 2", "goes out by 1 trunk\n"));
	ctl_says(&h->bridge, 0, "dialplan explain +447700900123 --account acme",
		SAYS("routes[2]: +447700900123 fits \\+447.*", "goes out by 2 trunks",
			"1: trunk 'carrier-b'"));
	ctl_says(&h->bridge, 0, "dialplan explain +442079460000 --account acme",
		SAYS("routes[2]: +442079460000 does not fit \\+447.*", "routes[3], priority 2",
			"goes out by 1 trunk\n"));
	ctl_says(&h->bridge, 0, "dialplan explain 112 --account acme",
		SAYS("never called from a conference", "=> refused with SIP status 403: class"));
	ctl_says(&h->bridge, 0, "dialplan explain +491801234567 --account acme",
		SAYS("refused with SIP status 403: list"));
	ctl_says(&h->bridge, 0, "dialplan explain +33123456789 --account acme",
		SAYS("refused with SIP status 404: no_route"));
	ctl_says(&h->bridge, 0,
		"--json dialplan explain +4930123456 --account acme --at 2026-11-27T12:00:00Z",
		SAYS("\"answer\": \"route\"", "\"trunk\": \"carrier-b\"", "\"number\": \"030123456\"",
			"\"caller\": \"+15550101\""));
	ctl_says(&h->bridge, 0, "dialplan explain +15550115 --trunk carrier-a",
		SAYS("in the range +15550110..+15550119", "answered by meeting 100200301"));
	ctl_says(&h->bridge, 0, "dialplan explain +15550150 --trunk carrier-a",
		SAYS("in a range of trunk 'carrier-a', and nobody's", "404: unassigned_number"));
	ctl_says(&h->bridge, 1, "dialplan explain +4930123456 --account acme --at yesterday",
		SAYS("a time is wanted"));
	house_close(h);
}

/* One more record, of a call that went out; all of one Saturday, whatever day it is. */
static void make_day(struct house *h)
{
	sqlite3 *db = NULL;

	CHECK_INT(
		SQLITE_OK, sqlite3_open(folder_file(&h->bridge.folder, "partyline.db"), &db), "the database");
	sqlite3_busy_timeout(db, 5000);
	CHECK_INT(SQLITE_OK,
		sqlite3_exec(db,
			"CREATE TEMP TABLE one AS SELECT * FROM cdr LIMIT 1;"
			"UPDATE one SET seq = seq + 1000, id = 'outbound-1', trunk = 'carrier-b', account = "
			"'acme',"
			" from_number = '', to_number = '030123456', number = '+4930123456', direction = "
			"'out';"
			"INSERT INTO cdr SELECT * FROM one;"
			"UPDATE cdr SET started_us = 1795867200000000 + seq",
			NULL, NULL, NULL),
		sqlite3_errmsg(db));
	sqlite3_close(db);
}

/* Calls are made and recorded; the same day through other sites. */
TEST(a_day_through_another_plan)
{
	static const struct {
		const char *story, *from, *to;
		const char *const words[6];
	} cases[] = {
		{ "the same site", "daily: 100", "daily: 99",
			{ "0 of 4 calls would be decided differently" } },
		{ "a shorter range", "+15550110..+15550119", "+15550110..+15550112",
			{ "now   meeting 100200301 of account acme",
				"then  refused with 404: unassigned_number", "1 of 4 calls" } },
		{ "a number for the unassigned one", "numbers:\n",
			"numbers:\n  - { number: \"+15550150\", account: acme }\n",
			{ "now   refused with 404: unassigned_number", "then  attendant of account acme",
				"1 of 4 calls" } },
		{ "another route", "trunks: [ carrier-a ], priority: 2", "trunks: [ carrier-b ], priority: 2",
			{ "out", "then  ", "carrier-b 030123456", "1 of 4 calls" } },
		{ "a list", "\"+49180\"", "\"+4930\"", { "then  refused with 403: list", "1 of 4 calls" } },
	};
	struct house *h = house_open();
	char words[200];

	CHECK_INT(200, call(h, 0, "+15550101"), "a number");
	CHECK_INT(200, call(h, 1, "+15550115"), "one of a range");
	CHECK_INT(404, call(h, 2, "+15550150"), "one that is nobody's");
	CHECK(caller_bye(&h->callers[0]) && caller_bye(&h->callers[1]), "they hang up");
	CHECK(bridge_wait_count(&h->bridge, "/v1/records", 3, 5000), "three records");
	make_day(h);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[4096];
		const char *at = strstr(site, cases[i].from);

		CHECK(at, "%s: the example lacks it", cases[i].story);
		snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - site), site, cases[i].to,
			at + strlen(cases[i].from));
		folder_write(&h->bridge.folder, "new.yaml", text);
		snprintf(words, sizeof(words), "dialplan diff %s --records 2026-11-28",
			folder_file(&h->bridge.folder, "new.yaml"));
		ctl_says(&h->bridge, 0, words, cases[i].words);
	}
	folder_write(&h->bridge.folder, "new.yaml", "accounts: [ { nmae: x } ]\n");
	ctl_says(&h->bridge, 1, words, SAYS("line 1", "nmae")); /* a candidate with a mistake */
	ctl_says(&h->bridge, 0, "dialplan explain +15550115 --trunk carrier-a", SAYS("meeting 100200301"));
	house_close(h);
}

/* N8: an ambiguous plan leaves the old one; a good one is in force for the next call, and a call that is on goes on. */
TEST(swapped_whole_or_not_at_all)
{
	struct house *h = house_open();
	json_t *answer = NULL;
	char text[4096], *at;

	CHECK_INT(200, call(h, 0, "+15550115"), "one of a range");
	snprintf(text, sizeof(text), "%s", site);
	at = strstr(text, ", priority: 2");
	memmove(at, at + strlen(", priority: 2"), strlen(at + strlen(", priority: 2")) + 1);
	CHECK_INT(422, bridge_put_site(&h->bridge, text, &answer), "two routes, and neither comes first");
	CHECK_INT(21, (int)json_at(answer, "error.line", -1), "its line");
	CHECK_STR("routes[1].prefix", json_text_at(answer, "error.field"), "and key");
	json_decref(answer);
	ctl_says(&h->bridge, 0, "dialplan explain +4930123456 --account acme --at 2026-11-28T12:00:00Z",
		SAYS("routes[1], priority 2"));
	snprintf(text, sizeof(text), "%s", site);
	at = strstr(text, "+15550110..+15550119");
	memcpy(at, "+15550110..+15550112", strlen("+15550110..+15550119"));
	CHECK_INT(200, bridge_put_site(&h->bridge, text, NULL), "a shorter range");
	CHECK_INT(404, call(h, 1, "+15550115"), "the next call is refused");
	CHECK_INT(1, bridge_number(&h->bridge, "/v1/status", "participants", -1), "the one before goes on");
	CHECK(caller_bye(&h->callers[0]), "until it hangs up");
	house_close(h);
}

TESTS(what_would_happen_to_this_number, a_day_through_another_plan, swapped_whole_or_not_at_all)
