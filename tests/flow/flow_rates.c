/* Rate sheets through the real program (FEATURES N4, T22, X5): imported whole or not at all, kept, in force at their dates; the cheapest carrier
 * is called first, and what the call cost stands in its record.  SIPp stands at each gateway. */
#include "tests/flow/ctl.h"
#include "tests/flow/outbed.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum { DEAR, CHEAP, UNRATED, GATEWAYS, WAIT_MS = 8000, SITE = 4096, LARGE = 100000 };

static void begin(struct bed *b, const char *more)
{
	static char site[SITE];

	memset(b, 0, sizeof(*b));
	gateways_init(&b->gateways, GATEWAYS);
	snprintf(site, sizeof(site),
		"accounts:\n  - name: acme\n%s    meetings: [ { id: \"100200300\", name: Open } ]\n"
		"trunks:\n"
		"  - { name: dear, outbound: { gateways: [ \"sip:127.0.0.11:%u\" ], keepalive: false } }\n"
		"  - { name: cheap, outbound: { gateways: [ \"sip:127.0.0.12:%u\" ], keepalive: false } }\n"
		"  - { name: unrated, outbound: { gateways: [ \"sip:127.0.0.13:%u\" ], keepalive: false } }\n"
		"routes:\n"
		"  - { account: acme, prefix: \"+1\", trunks: [ unrated, dear, cheap ], order: cost, "
		"caller_id: "
		"\"+15550100\" }\n"
		"  - { account: acme, prefix: \"+44\", trunks: [ unrated, dear, cheap ], order: cost, "
		"unrated: refuse, "
		"caller_id: \"+15550100\" }\n"
		"numbers:\n  - { number: \"+15550100\", account: acme, answer: attendant }\n",
		more, b->gateways.ports[DEAR], b->gateways.ports[CHEAP], b->gateways.ports[UNRATED]);
	bed_start(b, site);
}

static void import(const struct bed *b, const char *trunk, const char *sheet)
{
	char words[300];

	CHECK(folder_write(&b->bridge.folder, "sheet.csv", sheet), "sheet");
	snprintf(words, sizeof(words), "rates import %s %s", trunk,
		folder_file(&b->bridge.folder, "sheet.csv"));
	free(ctl(&b->bridge, 0, words));
}

static void call(struct bed *b)
{
	ask_call(&b->bridge, "+15550199", b->id);
	events_need(b->events, &b->bridge, "dialout.answered", "id", b->id, WAIT_MS);
}

static void hang_up(struct bed *b)
{
	ask_hang_up(&b->bridge, b->id);
	CHECK(bridge_wait_count(&b->bridge, "/v1/calls", 0, WAIT_MS), "calls are left");
}

/* The `i`-th newest record of the dial-out. */
static json_t *record(struct bed *b, unsigned n)
{
	char path[120];

	snprintf(path, sizeof(path), "/v1/records?call=%s", b->id);
	CHECK(bridge_wait_count(&b->bridge, path, (int)n, WAIT_MS), "%u records", n);
	return bridge_get(&b->bridge, path);
}

TEST(a_sheet_is_imported_whole_or_not_at_all)
{
	struct bed b;
	json_t *list;
	long status;

	begin(&b, "");
	import(&b, "dear", "prefix,per_minute,currency\n+1,0.05,EUR\n");
	ctl_says(&b.bridge, 0, "rates list", SAYS("TRUNK", "dear", "EUR", "operator at the control socket"));
	CHECK(events_wait(b.events, 0, "rates.imported", "trunk", "dear", WAIT_MS) >= 0, "told");
	folder_write(&b.bridge.folder, "bad.csv", "prefix,per_minute,currency\n+1,0.04,EUR\n+2,cheap,EUR\n");
	{
		char words[300];

		snprintf(words, sizeof(words), "rates import dear %s",
			folder_file(&b.bridge.folder, "bad.csv"));
		ctl_says(&b.bridge, 1, words, SAYS("line 3, column 2 (per_minute): an amount is wanted"));
	}
	ctl_says(&b.bridge, 0, "rates show dear --number +15550199",
		SAYS("+1", "0.05", "=> +15550199: 0.05 EUR a minute in 60/60 s, by +1"));
	list = bridge_call(
		&b.bridge, "PUT", "/v1/rates/dear", "text/csv", "prefix,per_minute\n+1,x\n", &status);
	CHECK_INT(422, status, "by the API");
	CHECK_STR("invalid_rates", json_text_at(list, "error.code"), "code");
	CHECK_STR("per_minute", json_text_at(list, "error.field"), "the column");
	CHECK_INT(2, (int)json_at(list, "error.line", 0), "the line");
	json_decref(list);
	json_decref(bridge_call(&b.bridge, "PUT", "/v1/rates/nobody", "text/csv", "", &status));
	CHECK_INT(404, status, "no such trunk");
	list = bridge_call(&b.bridge, "PUT", "/v1/rates/cheap", "text/csv",
		"prefix,per_minute,currency\n+1,0.01,USD\n", &status);
	CHECK_INT(422, status, "another currency");
	CHECK(strstr(json_text_at(list, "error.message"), "'dear' is in EUR"), "%s",
		json_text_at(list, "error.message"));
	json_decref(list);

	/* more beside it, and in its place */
	json_decref(bridge_call(&b.bridge, "PUT", "/v1/rates/dear?add=true&currency=EUR", "text/csv",
		"prefix,per_minute\n+1,0.06\n+44,0.2\n", &status));
	CHECK_INT(200, status, "added");
	ctl_says(&b.bridge, 0, "rates show dear", SAYS("0.06", "0.2"));

	end(&b);
}

TEST(a_sheet_is_kept)
{
	struct bed b;
	json_t *list;
	long status;

	begin(&b, "");
	import(&b, "dear", "prefix,per_minute,currency\n+1,0.06,EUR\n+44,0.2,EUR\n");
	/* over another site in force */
	json_decref(bridge_call(
		&b.bridge, "PATCH", "/v1/trunks/cheap", "application/json", "{\"ptime\":30}", &status));
	CHECK_INT(200, status, "a change");
	ctl_says(&b.bridge, 0, "dialplan explain +15550199 --account acme", SAYS("0.06 EUR a minute"));

	/* it is in a backup, and comes back with it */
	{
		char words[300];

		snprintf(words, sizeof(words), "backup %s", folder_file(&b.bridge.folder, "copy.db"));
		free(ctl(&b.bridge, 0, words));
		free(ctl(&b.bridge, 0, "rates delete dear"));
		CHECK_INT(0, bridge_count(&b.bridge, "/v1/rates"), "gone");
		snprintf(words, sizeof(words), "restore %s", folder_file(&b.bridge.folder, "copy.db"));
		free(ctl(&b.bridge, 0, words));
		ctl_says(&b.bridge, 0, "rates show dear", SAYS("0.06", "0.2"));
		ctl_says(
			&b.bridge, 0, "dialplan explain +15550199 --account acme", SAYS("0.06 EUR a minute"));
	}

	/* it outlives a crash and a site without the trunk, and is audited */
	events_close(b.events);
	{
		int code;

		CHECK(bridge_restart(&b.bridge, SIGKILL, &code), "restart");
	}
	b.events = events_open(&b.bridge, NULL);
	ctl_says(&b.bridge, 0, "rates show dear", SAYS("0.06", "0.2"));
	CHECK_INT(200, bridge_put_site(&b.bridge, "accounts: []\n", NULL), "an empty site");
	list = bridge_get(&b.bridge, "/v1/rates");
	CHECK_STR("dear", json_text_at(list, "items.0.trunk"), "still there");
	CHECK_INT(0, (int)json_at(list, "items.0.in_site", -1), "but not in the site");
	json_decref(list);
	ctl_says(&b.bridge, 0, "audit", SAYS("rates.import", "\"rows\":2"));
	ctl_says(&b.bridge, 0, "audit check", SAYS("unbroken"));
	free(ctl(&b.bridge, 0, "rates delete dear"));
	free(ctl(&b.bridge, 1, "rates delete dear"));
	CHECK_INT(0, bridge_count(&b.bridge, "/v1/rates"), "gone");
	end(&b);
}

/* T22, X5: cheapest first, with what the record and the explanation say of it. */
TEST(the_cheapest_trunk_is_called_first)
{
	struct bed b;
	json_t *list;
	char *text;

	begin(&b, "");
	import(&b, "dear", "prefix,per_minute,currency\n+1,0.01,EUR\n+1555,0.06,EUR\n+44,0.3,EUR\n");
	import(&b, "cheap",
		"prefix,per_minute,connect,increments,currency\n+1555,0.012,0.001,1/1,EUR\n+44,0.2,,,EUR\n");
	ctl_says(&b.bridge, 0, "dialplan explain +15550199 --account acme",
		SAYS("routes[0], priority 1: by cost, the cheapest trunk first", "1: trunk 'cheap' is sent",
			"0.037 EUR for 180 s: 0.012 EUR a minute in 1/1 s, 0.001 to connect, by +1555",
			"2: trunk 'dear' is sent",
			"0.18 EUR for 180 s: 0.06 EUR a minute in 60/60 s, by +1555",
			"3: trunk 'unrated' is sent", "'unrated' has no price for it: it comes behind",
			"cheap", "0.012", "goes out by 3 trunks"));
	ctl_says(&b.bridge, 0, "dialplan explain +12120199 --account acme",
		SAYS("1: trunk 'dear' is sent", "0.03 EUR for 180 s: 0.01 EUR a minute in 60/60 s, by +1"));
	ctl_says(&b.bridge, 0, "dialplan explain +442012345 --account acme",
		SAYS("trunk 'unrated' is left out: it has no price for it", "goes out by 2 trunks"));

	gateways_start(&b.gateways, &b.bridge, DEAR, "answer");
	gateways_start(&b.gateways, &b.bridge, CHEAP, "answer");
	gateways_start(&b.gateways, &b.bridge, UNRATED, "answer");
	call(&b);
	test_sleep_ms(1200);
	hang_up(&b);
	CHECK(gateways_asked(&b.gateways, CHEAP) == 1 && gateways_asked(&b.gateways, DEAR) == 0 &&
			gateways_asked(&b.gateways, UNRATED) == 0,
		"the cheap one alone was asked");
	list = record(&b, 1);
	CHECK_STR("cheap", json_text_at(list, "items.0.trunk"), "trunk");
	CHECK_STR("EUR", json_text_at(list, "items.0.currency"), "currency");
	CHECK_STR("0.0014", json_text_at(list, "items.0.cost"), "two seconds begun, and to connect");
	CHECK_STR("0.012 EUR a minute in 1/1 s, 0.001 to connect, by +1555",
		json_text_at(list, "items.0.rate"), "rate");
	json_decref(list);
	text = ctl(&b.bridge, 0, "records --csv");
	CHECK(strstr(text, ",cost,currency,rate,sitting\r\n") &&
			strstr(text, ",0.0014,EUR,\"0.012 EUR a minute in 1/1 s, 0.001 to connect, by "
				     "+1555\",\r\n"),
		"%s", text);
	free(text);

	/* the cheap one fails: the next is dearer, and each attempt's record says what it cost */
	gateways_start(&b.gateways, &b.bridge, CHEAP, "503");
	call(&b);
	hang_up(&b);
	list = record(&b, 2);
	CHECK_STR("dear", json_text_at(list, "items.0.trunk"), "the newest");
	CHECK_STR("0.06", json_text_at(list, "items.0.cost"), "a minute begun");
	CHECK_STR("cheap", json_text_at(list, "items.1.trunk"), "before");
	CHECK_STR("0", json_text_at(list, "items.1.cost"), "nobody answered");
	json_decref(list);
	end(&b);
}

static void moment(char out[32], time_t at)
{
	struct tm tm;

	gmtime_r(&at, &tm);
	strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static bool dear_is_first(void *arg)
{
	json_t *answer = bridge_get(arg, "/v1/dialplan/explain?number=%2B15550199&account=acme");
	const char *trunk = json_text_at(answer, "trunks.0.trunk");
	const bool first = trunk && strcmp(trunk, "dear") == 0;

	json_decref(answer);
	return first;
}

/* A price that begins in three seconds takes effect by itself. */
TEST(a_future_price_comes_into_force_at_its_moment)
{
	char sheet[256], at[32];
	struct timespec now; /* time() may lag behind it */
	struct bed b;
	time_t due;

	begin(&b, "");
	due = time(NULL) + 3;
	moment(at, due);
	import(&b, "cheap", "prefix,per_minute,currency\n+1,0.05,EUR\n");
	snprintf(sheet, sizeof(sheet), "prefix,per_minute,currency,from\n+1,0.09,EUR,\n+1,0.01,EUR,%s\n", at);
	import(&b, "dear", sheet);
	CHECK(!dear_is_first(&b.bridge), "not yet");
	CHECK(wait_until(dear_is_first, &b.bridge, WAIT_MS), "dear is the cheaper one now");
	CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0 && now.tv_sec >= due, "not before its time");
	ctl_says(&b.bridge, 0, "rates show dear --number +15550199",
		SAYS("0.09", "0.01", "=> +15550199: 0.01 EUR"));
	end(&b);
}

/* A hundred thousand rows by partyctl, with their dates: longer than the API takes from afar. */
TEST(a_large_sheet_is_imported)
{
	struct bed b;
	char *sheet = NULL;
	size_t len;
	FILE *out = open_memstream(&sheet, &len);
	uint64_t begun, imported, again;
	json_t *list;

	CHECK(out, "memory");
	fputs("prefix,per_minute,connect,increments,currency,from,until\n", out);
	for (unsigned i = 0; i < LARGE; i++)
		fprintf(out, "+4%05u,0.%06u,0.000001,60/60,EUR,2026-01-01,2036-01-01\n", i, 1 + i % 99999);
	fclose(out);
	CHECK(len > 4 << 20, "%zu bytes", len);
	begin(&b, "");
	begun = test_now_ms();
	import(&b, "dear", sheet);
	imported = test_now_ms();
	import(&b, "dear", sheet);
	again = test_now_ms();
	print_message("%u rows, %zu bytes: %llu ms, in the place of themselves %llu ms\n", LARGE, len,
		(unsigned long long)(imported - begun), (unsigned long long)(again - imported));
	CHECK(again - begun < 20000, "in time, on a busy machine as well");
	list = bridge_get(&b.bridge, "/v1/rates/dear?number=%2B400123456&limit=5");
	CHECK_INT(LARGE, (int)json_at(list, "rows", 0), "rows");
	CHECK_STR("0.000124", json_text_at(list, "price.rate.per_minute"), "the price of +400123");
	json_decref(list);
	{
		int code;

		CHECK(bridge_restart(&b.bridge, SIGTERM, &code), "restart");
		CHECK_INT(0, code, "in order");
	}
	CHECK(bridge_number(&b.bridge, "/v1/rates", "items.0.rows", 0) == LARGE, "all of them are back");
	free(sheet);
	end(&b);
}

TESTS(a_sheet_is_imported_whole_or_not_at_all, a_sheet_is_kept, the_cheapest_trunk_is_called_first,
	a_future_price_comes_into_force_at_its_moment, a_large_sheet_is_imported)
