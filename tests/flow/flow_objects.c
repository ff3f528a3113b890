/* What the site holds, changed one by one while calls run: live at once, kept over a restart, each account's own. */
#include "tests/flow/ctl.h"
#include "tests/flow/events.h"
#include "tests/flow/exchange.h"
#include "tests/test.h"
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>

enum { CALL_MS = 20000, MANY = 20000 };

static const char site[] =
	"accounts:\n"
	"  - name: acme\n"
	"    meetings:\n"
	"      - { id: \"100200300\", name: Open }\n"
	"  - name: zenith\n"
	"    meetings:\n"
	"      - { id: \"700200300\", name: Secret, guest_pin: \"9182\" }\n"
	"    users:\n"
	"      - { name: zoe, password: zoes-own }\n"
	"trunks:\n"
	"  - name: carrier-a\n"
	"    inbound: { from: [ 127.0.0.2/32 ] }\n"
	"    outbound: { gateways: [ \"sip:127.0.0.9:9\" ], username: us, password: hidden-one }\n"
	"numbers:\n"
	"  - { number: \"+15550101\", trunk: carrier-a, account: acme, answer: \"meeting:100200300\" }\n"
	"  - { number: \"+15550701\", trunk: carrier-a, account: zenith, answer: \"meeting:700200300\" }\n";

static long status_of(const struct bridge *b, const char *method, const char *path, const char *body)
{
	struct exchange x = exchange(b, method, path, body, NULL);
	const long status = x.status;

	if (status >= 300)
		print_message("%s %s: %ld %s\n", method, path, status, x.text);
	exchange_free(&x);
	return status;
}

static void call_in(struct bridge *b, struct peer *crowd, const char *name, const char *number)
{
	char uri[96];
	const char *argv[] = { "--to", uri, "--calls", "1", "--seconds", "60", NULL };

	snprintf(uri, sizeof(uri), "sip:%s@127.0.0.1:%u", number, b->sip_port);
	CHECK(bridge_crowd_start(b, crowd, name, argv), "a caller");
}

/* Two calls, one in each meeting. */
static void live_pages(const struct bridge *b)
{
	char path[64], id[64];
	json_t *page = bridge_get(b, "/v1/calls?limit=1");

	CHECK_INT(1, json_array_size(json_object_get(page, "items")), "one of them");
	CHECK_STR("100200300", json_text_at(page, "items.0.meeting"), "the older one");
	CHECK(json_text_at(page, "next"), "there are more");
	snprintf(id, sizeof(id), "%s", json_text_at(page, "items.0.id"));
	snprintf(path, sizeof(path), "/v1/calls?limit=1&cursor=%s", json_text_at(page, "next"));
	json_decref(page);
	page = bridge_get(b, path);
	CHECK_INT(1, json_array_size(json_object_get(page, "items")), "the other");
	CHECK(strcmp(id, json_text_at(page, "items.0.id")) != 0, "not the same again");
	CHECK(!json_text_at(page, "next"), "the last page");
	json_decref(page);
	CHECK_INT(1, bridge_count(b, "/v1/calls?meeting=55501"), "by meeting");
	CHECK_INT(2, bridge_count(b, "/v1/calls?account=acme&trunk=carrier-a"), "by account and trunk");
	CHECK_INT(0, bridge_count(b, "/v1/calls?account=zenith"), "of another account");
	CHECK_INT(1, bridge_count(b, "/v1/meetings?open=true&limit=1"), "open meetings, page by page");
	CHECK_INT(2, bridge_count(b, "/v1/meetings?open=true"), "both");
}

TEST(a_change_is_live_at_once_and_touches_no_call)
{
	struct bridge b;
	struct peer first, second;
	char *before, *after;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "up");
	call_in(&b, &first, "first", "+15550101");
	CHECK(bridge_wait_number(&b, "/v1/status", "participants", 1, CALL_MS), "the first is seated");
	CHECK_INT(201, status_of(&b, "POST", "/v1/meetings", "{\"account\":\"acme\",\"id\":\"55501\"}"),
		"a meeting");
	CHECK_INT(201,
		status_of(&b, "POST", "/v1/numbers",
			"{\"number\":\"+15550102\",\"trunk\":\"carrier-a\",\"account\":\"acme\",\"answer\":"
			"\"meeting:55501\"}"),
		"and a number that leads there");
	call_in(&b, &second, "second", "+15550102");
	CHECK(bridge_wait_number(&b, "/v1/meetings/55501", "participants", 1, CALL_MS),
		"is answered at once");
	live_pages(&b);
	CHECK_INT(200,
		status_of(&b, "PATCH", "/v1/meetings/100200300",
			"{\"name\":\"Renamed\",\"max_participants\":1}"),
		"the open meeting is changed");
	CHECK_INT(200, status_of(&b, "PATCH", "/v1/trunks/carrier-a", "{\"maintenance\":true}"),
		"the trunk, too");
	CHECK_INT(2, (int)bridge_number(&b, "/v1/status", "participants", -1), "nobody was thrown out");
	CHECK_INT(200, status_of(&b, "PATCH", "/v1/trunks/carrier-a", "{\"maintenance\":null}"), "and back");
	CHECK_INT(201,
		status_of(&b, "POST", "/v1/users",
			"{\"account\":\"acme\",\"name\":\"bob\",\"password\":\"pw\"}"),
		"a user");
	CHECK_INT(200, status_of(&b, "DELETE", "/v1/users/zenith/zoe", NULL), "one less");
	CHECK_INT(200, status_of(&b, "PATCH", "/v1/accounts/zenith", "{\"records\":{\"keep_days\":7}}"),
		"an account");
	peer_stop(&first, 3000);
	peer_stop(&second, 3000);
	before = bridge_text(&b, "GET", "/v1/site", NULL, NULL, NULL);
	CHECK(bridge_restart(&b, SIGKILL, NULL), "killed, and up again");
	after = bridge_text(&b, "GET", "/v1/site", NULL, NULL, NULL);
	CHECK_STR(before, after, "what was answered is kept");
	CHECK(strstr(after, "Renamed") && strstr(after, "+15550102") && !strstr(after, "zoe"), "%s", after);
	free(before);
	free(after);
	CHECK_INT(
		0, (int)bridge_number(&b, "/v1/audit/check", "first_broken", 0), "the audit log is unbroken");
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

TEST(lost_updates_and_second_requests)
{
	struct bridge b;
	struct exchange x;
	char etag[256], line[300], other[256], header[256];

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "up");
	x = exchange(&b, "GET", "/v1/meetings/100200300", NULL, NULL);
	exchange_header(&x, "etag", etag);
	CHECK(strlen(etag) > 4, "an ETag: %s", x.headers);
	exchange_free(&x);
	snprintf(line, sizeof(line), "If-Match: %s", etag);
	x = exchange(&b, "PATCH", "/v1/meetings/100200300", "{\"name\":\"A\"}", line, NULL);
	CHECK_INT(200, x.status, x.text);
	exchange_header(&x, "etag", other);
	CHECK(strcmp(etag, other) != 0, "another one now");
	exchange_free(&x);
	x = exchange(&b, "PATCH", "/v1/meetings/100200300", "{\"name\":\"B\"}", line, NULL);
	CHECK_INT(412, x.status, "changed meanwhile");
	exchange_free(&x);
	x = exchange(&b, "DELETE", "/v1/meetings/100200300", NULL, line, NULL);
	CHECK_INT(412, x.status, "nor deleted");
	exchange_free(&x);

	x = exchange(&b, "POST", "/v1/tokens", "{\"name\":\"t\",\"role\":\"reader\"}", "Idempotency-Key: one",
		NULL);
	CHECK_INT(201, x.status, x.text);
	snprintf(other, sizeof(other), "%s", json_text_at(x.body, "token"));
	exchange_free(&x);
	x = exchange(&b, "POST", "/v1/tokens", "{\"name\":\"t\",\"role\":\"reader\"}", "Idempotency-Key: one",
		NULL);
	CHECK_INT(201, x.status, "again");
	CHECK_STR(other, json_text_at(x.body, "token"), "the same token");
	CHECK_STR("true", exchange_header(&x, "idempotency-replayed", header), "and it says so");
	exchange_free(&x);
	CHECK_INT(1, bridge_count(&b, "/v1/tokens"), "made once");
	x = exchange(&b, "POST", "/v1/tokens", "{\"name\":\"u\",\"role\":\"reader\"}", "Idempotency-Key: one",
		NULL);
	CHECK_INT(422, x.status, "the key was used for something else");
	exchange_free(&x);
	x = exchange(&b, "POST", "/v1/meetings", "{\"account\":\"acme\",\"id\":\"42424\"}",
		"Idempotency-Key: two", NULL);
	CHECK_STR("/v1/meetings/42424", exchange_header(&x, "location", header), "where it is");
	exchange_free(&x);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

/* A client that has lost its answer to a crash asks again; one that has lost only the connection still knows what it saw. */
TEST(keys_and_tags_outlive_the_process)
{
	static const char meeting[] = "{\"account\":\"acme\",\"id\":\"42424\",\"name\":\"Once\"}";
	static const char token[] = "{\"name\":\"t\",\"role\":\"reader\"}";
	struct bridge b;
	struct exchange x;
	char etag[256], line[300], header[256], text[1024];
	int code;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "up");
	x = exchange(&b, "POST", "/v1/meetings", meeting, "Idempotency-Key: one", NULL);
	CHECK_INT(201, x.status, x.text);
	exchange_header(&x, "etag", etag);
	snprintf(text, sizeof(text), "%s", x.text);
	exchange_free(&x);
	x = exchange(&b, "POST", "/v1/tokens", token, "Idempotency-Key: two", NULL);
	CHECK_INT(201, x.status, x.text);
	exchange_free(&x);
	CHECK(bridge_restart(&b, SIGKILL, &code), "again");
	CHECK_INT(128 + SIGKILL, code, "killed");

	x = exchange(&b, "POST", "/v1/meetings", meeting, "Idempotency-Key: one", NULL);
	CHECK_INT(201, x.status, "not carried out a second time, which would be 409");
	CHECK_STR(text, x.text, "the same answer");
	CHECK_STR("true", exchange_header(&x, "idempotency-replayed", header), "and it says so");
	CHECK_STR("/v1/meetings/42424", exchange_header(&x, "location", header), "where it is");
	exchange_free(&x);
	x = exchange(&b, "POST", "/v1/meetings", "{\"account\":\"acme\",\"id\":\"42425\"}",
		"Idempotency-Key: one", NULL);
	CHECK_INT(422, x.status, "the key was used for something else");
	exchange_free(&x);
	x = exchange(&b, "POST", "/v1/tokens", token, "Idempotency-Key: two", NULL);
	CHECK_INT(409, x.status, "carried out, but the token was shown once");
	CHECK_STR("answer_gone", json_text_at(x.body, "error.code"), x.text);
	exchange_free(&x);
	CHECK_INT(1, bridge_count(&b, "/v1/tokens"), "made once");

	x = exchange(&b, "GET", "/v1/meetings/42424", NULL, NULL);
	CHECK_STR(etag, exchange_header(&x, "etag", header), "the same object, the same tag");
	exchange_free(&x);
	snprintf(line, sizeof(line), "If-Match: %s", etag);
	x = exchange(&b, "PATCH", "/v1/meetings/42424", "{\"name\":\"A\"}", line, NULL);
	CHECK_INT(200, x.status, x.text);
	exchange_free(&x);
	x = exchange(&b, "PATCH", "/v1/meetings/42424", "{\"name\":\"B\"}", line, NULL);
	CHECK_INT(412, x.status, "changed meanwhile");
	exchange_free(&x);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

static struct exchange far(
	const struct bridge *b, const char *token, const char *method, const char *path, const char *body)
{
	char line[200];

	snprintf(line, sizeof(line), "Authorization: Bearer %s", token);
	return exchange(b, method, path, body, line, NULL);
}

static void make_token(const struct bridge *b, const char *body, char out[80])
{
	struct exchange x = exchange(b, "POST", "/v1/tokens", body, NULL);

	CHECK_INT(201, x.status, x.text);
	snprintf(out, 80, "%s", json_text_at(x.body, "token"));
	exchange_free(&x);
}

TEST(an_accounts_token_reaches_its_own_alone)
{
	static const struct {
		const char *method, *path, *body;
		long admin, reader; /* of acme */
	} cases[] = {
		{ "GET", "/v1/accounts/acme", NULL, 200, 200 },
		{ "GET", "/v1/accounts/zenith", NULL, 404, 404 },
		{ "PATCH", "/v1/accounts/acme", "{\"dialling\":{\"daily\":9999}}", 403, 403 },
		{ "GET", "/v1/meetings/700200300", NULL, 404, 404 },
		{ "PATCH", "/v1/meetings/700200300", "{\"name\":\"x\"}", 404, 403 },
		{ "DELETE", "/v1/meetings/700200300", NULL, 404, 403 },
		{ "POST", "/v1/meetings", "{\"account\":\"zenith\",\"id\":\"8881\"}", 422, 403 },
		{ "POST", "/v1/meetings", "{\"id\":\"700200300\"}", 409, 403 },
		{ "POST", "/v1/meetings", "{\"id\":\"8881\",\"guest_pin\":\"73\"}", 201, 403 },
		{ "PATCH", "/v1/meetings/8881", "{\"account\":\"zenith\"}", 422, 403 },
		{ "GET", "/v1/users/zenith/zoe", NULL, 404, 404 },
		{ "POST", "/v1/users", "{\"name\":\"ann\",\"password\":\"p\"}", 201, 403 },
		{ "DELETE", "/v1/users/zenith/zoe", NULL, 404, 403 },
		{ "GET", "/v1/numbers/%2B15550101@carrier-a", NULL, 200, 200 },
		{ "GET", "/v1/numbers/%2B15550701@carrier-a", NULL, 404, 404 },
		{ "POST", "/v1/numbers", "{\"number\":\"+15550999\",\"account\":\"acme\"}", 403, 403 },
		{ "GET", "/v1/trunks", NULL, 403, 403 },
		{ "PATCH", "/v1/trunks/carrier-a", "{\"maintenance\":true}", 403, 403 },
		{ "GET", "/v1/calendars", NULL, 403, 403 },
	};
	static const char *const lists[] = { "/v1/accounts", "/v1/meetings", "/v1/users", "/v1/numbers",
		"/v1/routes", "/v1/meetings?account=zenith", "/v1/numbers?account=zenith",
		"/v1/meetings?q=700" };
	struct bridge b;
	char admin[80], reader[80], all[80], boss[80];
	struct exchange x;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "up");
	make_token(&b, "{\"name\":\"a\",\"role\":\"admin\",\"account\":\"acme\"}", admin);
	make_token(&b, "{\"name\":\"r\",\"role\":\"reader\",\"account\":\"acme\"}", reader);
	make_token(&b, "{\"name\":\"all\",\"role\":\"reader\"}", all);
	make_token(&b, "{\"name\":\"boss\",\"role\":\"operator\"}", boss);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		x = far(&b, admin, cases[i].method, cases[i].path, cases[i].body);
		CHECK(x.status == cases[i].admin, "admin: %s %s: %ld %s", cases[i].method, cases[i].path,
			x.status, x.text);
		exchange_free(&x);
		x = far(&b, reader, cases[i].method, cases[i].path, cases[i].body);
		CHECK(x.status == cases[i].reader, "reader: %s %s: %ld %s", cases[i].method, cases[i].path,
			x.status, x.text);
		exchange_free(&x);
	}
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		x = far(&b, admin, "GET", lists[i], NULL);
		CHECK(x.status == 200 && !strstr(x.text, "zenith") && !strstr(x.text, "7002") &&
				!strstr(x.text, "zoe"),
			"%s: %s", lists[i], x.text);
		exchange_free(&x);
	}
	x = far(&b, admin, "GET", "/v1/meetings/8881", NULL);
	CHECK_STR("73", json_text_at(x.body, "guest_pin"), "who invites people sees PINs");
	exchange_free(&x);
	x = far(&b, admin, "GET", "/v1/meetings?q=8881", NULL);
	CHECK(strstr(x.text, "8881") && !strstr(x.text, "pin"), "but in no list: %s", x.text);
	exchange_free(&x);
	x = far(&b, reader, "GET", "/v1/meetings/8881", NULL);
	CHECK(!json_text_at(x.body, "guest_pin"), "a reader does not: %s", x.text);
	exchange_free(&x);
	for (int i = 0; i < 2; i++) {
		x = far(&b, i ? boss : all, "GET", i ? "/v1/users/zenith/zoe" : "/v1/trunks", NULL);
		CHECK(x.status == 200 && !strstr(x.text, "hidden") && !strstr(x.text, "zoes-own"),
			"passwords nobody: %s", x.text);
		exchange_free(&x);
	}
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

TEST(the_log_says_who_what_before_and_after)
{
	struct bridge b;
	char *text;
	json_t *log;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "up");
	CHECK_INT(200,
		status_of(&b, "PATCH", "/v1/meetings/700200300", "{\"name\":\"New\",\"guest_pin\":\"5557\"}"),
		"changed");
	CHECK_INT(200, status_of(&b, "PATCH", "/v1/users/zenith/zoe", "{\"password\":\"brand-new\"}"),
		"changed");
	CHECK_INT(200, bridge_put_site(&b, "accounts:\n  - { name: acme, language: fr }\n", NULL),
		"a whole site");
	log = bridge_get(&b, "/v1/audit?limit=3");
	CHECK_STR("site", json_text_at(log, "items.0.what"), "the whole site");
	CHECK_STR(
		"en", json_text_at(log, "items.0.changes.0.before.language"), "each of its changes: before");
	CHECK_STR("fr", json_text_at(log, "items.0.changes.0.after.language"), "after");
	CHECK_STR("user.change", json_text_at(log, "items.1.what"), "what");
	CHECK_STR("changed", json_text_at(log, "items.1.changes.after.password"), "a secret that it changed");
	CHECK_STR("meeting.change", json_text_at(log, "items.2.what"), "what");
	CHECK_STR("operator at the control socket", json_text_at(log, "items.2.who"), "who");
	CHECK_STR("700200300", json_text_at(log, "items.2.changes.key"), "which");
	CHECK_STR("Secret", json_text_at(log, "items.2.changes.before.name"), "before");
	CHECK_STR("New", json_text_at(log, "items.2.changes.after.name"), "after");
	json_decref(log);
	struct exchange x = exchange(&b, "POST", "/v1/webhooks", "{\"url\":\"http://127.0.0.1:9/x\"}", NULL);
	char path[80];
	snprintf(path, sizeof(path), "/v1/webhooks/%s", json_text_at(x.body, "id"));
	exchange_free(&x);
	CHECK_INT(200, status_of(&b, "DELETE", path, NULL), "a webhook, made and dropped");
	log = bridge_get(&b, "/v1/audit?limit=2");
	CHECK_STR("http://127.0.0.1:9/x", json_text_at(log, "items.0.changes.before.url"), "what is gone");
	CHECK_STR("http://127.0.0.1:9/x", json_text_at(log, "items.1.changes.after.url"), "what was made");
	json_decref(log);
	text = bridge_text(&b, "GET", "/v1/audit", NULL, NULL, NULL);
	CHECK(!strstr(text, "5557") && !strstr(text, "9182") && !strstr(text, "brand-new") &&
			!strstr(text, "zoes-own") && !strstr(text, "hidden-one"),
		"no secret: %s", text);
	free(text);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

/* One object's change is an event of its account; a secret's value is in none. */
TEST(changes_are_events_of_their_account)
{
	struct bridge b;
	struct events *e;
	char *text;
	int at;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "up");
	e = events_open(&b, NULL);
	CHECK_INT(200,
		status_of(&b, "PATCH", "/v1/meetings/700200300", "{\"name\":\"New\",\"guest_pin\":\"5557\"}"),
		"changed");
	at = events_wait(e, 0, "site.applied", "account", "zenith", CALL_MS);
	CHECK(at >= 0, "its account hears of it");
	CHECK_STR(
		"name, guest_pin", json_text_at(events_get(e, at, NULL), "changes.0.fields"), "which fields");
	CHECK_INT(200, status_of(&b, "PATCH", "/v1/trunks/carrier-a", "{\"maintenance\":true}"), "changed");
	at = events_wait(e, (size_t)at + 1, "site.applied", NULL, NULL, CALL_MS);
	CHECK(at >= 0 && !json_text_at(events_get(e, at, NULL), "account"), "a trunk is nobody's");
	text = events_text(e);
	CHECK(!strstr(text, "5557"), "no secret: %s", text);
	free(text);
	events_close(e);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

TEST(guessers_are_told_when_to_come_back)
{
	struct bridge b;
	struct exchange x;
	char token[80], after[256];

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "up");
	make_token(&b, "{\"name\":\"boss\",\"role\":\"operator\"}", token);
	for (int i = 0; i < 10; i++) {
		x = far(&b, "plt_wrong", "GET", "/v1/meetings", NULL);
		CHECK_INT(401, x.status, "a guess");
		exchange_free(&x);
	}
	x = far(&b, token, "GET", "/v1/meetings", NULL);
	CHECK_INT(429, x.status, "too many: the right one is not heard, either");
	CHECK(atoi(exchange_header(&x, "retry-after", after)) > 0, "Retry-After: %s", after);
	CHECK_STR("too_many_tries", json_text_at(x.body, "error.code"), "and says so");
	exchange_free(&x);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

static void run_sql(const struct bridge *b, const char *sql)
{
	sqlite3 *db = NULL;
	char file[FOLDER_PATH + 32];

	snprintf(file, sizeof(file), "%s/partyline.db", b->folder.path);
	CHECK_INT(SQLITE_OK, sqlite3_open(file, &db), "database");
	sqlite3_busy_timeout(db, 2000);
	CHECK_INT(SQLITE_OK, sqlite3_exec(db, sql, NULL, NULL, NULL), sql);
	sqlite3_close(db);
}

TEST(records_go_when_their_account_says_so)
{
	struct bridge b;
	struct peer crowd;
	char uri[96];
	const char *argv[] = { "--to", uri, "--calls", "3", "--seconds", "1", NULL };

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "up");
	snprintf(uri, sizeof(uri), "sip:+15550101@127.0.0.1:%u", b.sip_port);
	CHECK(bridge_crowd_start(&b, &crowd, "crowd", argv), "callers");
	CHECK(bridge_wait_count(&b, "/v1/records", 3, CALL_MS), "three records");
	peer_stop(&crowd, 3000);
	/* Two of them age by 40 days. */
	run_sql(&b, "UPDATE cdr SET started_us = started_us - 40 * 86400000000 WHERE seq < 3");
	CHECK_INT(200, status_of(&b, "PATCH", "/v1/accounts/acme", "{\"records\":{\"keep_days\":30}}"),
		"30 days");
	CHECK(bridge_wait_count(&b, "/v1/records", 1, CALL_MS), "the old ones are gone");
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

TEST(partyctl_does_the_same)
{
	static const struct {
		const char *words;
		int code;
		const char *says;
	} cases[] = {
		{ "meeting create account=acme id=31415 guest_pin=27 max_participants=5 chimes=no", 0,
			"31415 is made" },
		{ "meeting get 31415", 0, "max_participants             5" },
		{ "meeting list --filter account=acme,q=314", 0, "31415" },
		{ "meeting change 31415 name=Circle max_participants=", 0, "31415 is changed" },
		{ "meeting get 31415", 0, "max_participants             -" },
		{ "meeting create account=acme id=314", 1, "begins" },
		{ "meeting create id", 2, "cannot read" },
		{ "meeting wait", 2, "meeting knows" },
		{ "user create account=acme name=bob password=x", 0, "acme/bob is made" },
		{ "user list --json --limit 1", 0, "\"items\"" },
		{ "trunk create name=b inbound.from=192.0.2.1/32,192.0.2.7/32 limits.channels=4 codecs=PCMA",
			0, "b is made" },
		{ "trunk list", 0, "192.0.2.1/32,192.0.2.7/32" },
		{ "number create number=+15550300..+15550399 account=acme trunk=b", 0,
			"+15550300..+15550399@b is made" },
		{ "number delete +15550300..+15550399@b", 0, "is gone" },
		{ "route create account=acme prefixes=+33,+34 trunks=b,carrier-a", 0, "is made" },
		{ "route list", 0, "+33,+34" },
		{ "calendar create name=night spans=some-day", 1, "spans" },
		{ "class create class=risky prefixes=+8816", 0, "+8816 is made" },
		{ "account create name=new dialling.only=+1,+44 records.keep_days=90", 0, "new is made" },
		{ "account get new", 0, "records.keep_days            90" },
		{ "account delete zenith", 1, "recursive" },
		{ "number delete +15550701@carrier-a", 0, "is gone" },
		{ "account delete zenith --recursive", 0, "zenith is gone" },
		{ "user get zenith/zoe", 1, "no such user" },
	};
	struct bridge b;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "up");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *said = ctl(&b, cases[i].code, cases[i].words);

		CHECK(strstr(said, cases[i].says), "%s: wanted '%s' in: %s", cases[i].words, cases[i].says,
			said);
		free(said);
	}
	CHECK(bridge_restart(&b, SIGTERM, NULL), "up again");
	char *said = ctl(&b, 0, "account list");
	CHECK(strstr(said, "new") && !strstr(said, "zenith"), "kept: %s", said);
	free(said);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

/* CPU time of the control thread, which is the process's first. */
static double control_ms(const struct bridge *b)
{
	char path[64];
	unsigned long long ns = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", (int)b->peer.pid, (int)b->peer.pid);
	file = fopen(path, "r");
	CHECK(file && fscanf(file, "%llu", &ns) == 1, "%s", path);
	fclose(file);
	return (double)ns / 1e6;
}

/* However many there are: the control thread's part of one more is its own size, far from what a walk through all would take. */
TEST(one_more_of_many_is_cheap_and_pages_show_all)
{
	enum { NEW = 40 };
	struct bridge b;
	size_t cap = MANY * 40 + 100, used = 0;
	char *yaml = malloc(cap), path[200] = "/v1/meetings?limit=1000", cursor[160], body[96];
	unsigned seen = 0;

	used += (size_t)snprintf(yaml, cap, "accounts:\n  - name: acme\n    meetings:\n");
	for (unsigned i = 0; i < MANY; i++)
		used += (size_t)snprintf(
			yaml + used, cap - used, "      - { id: \"%09u\" }\n", 100000000 + i);
	CHECK(bridge_start(&b, NULL), "up");
	CHECK_INT(200, bridge_put_site(&b, yaml, NULL), "many meetings");
	free(yaml);
	const double before = control_ms(&b);
	for (unsigned i = 0; i < NEW; i++) {
		snprintf(body, sizeof(body), "{\"account\":\"acme\",\"id\":\"%u\"}", 200000000 + i);
		CHECK_INT(201, status_of(&b, "POST", "/v1/meetings", body), "one more");
	}
	const double each = (control_ms(&b) - before) / NEW;
	print_message("%.3f ms of the control thread for one of %u\n", each, MANY);
	CHECK(each < 2, "%.3f ms each", each);

	for (;;) {
		json_t *page = bridge_get(&b, path);
		const char *next = json_text_at(page, "next");

		seen += (unsigned)json_array_size(json_object_get(page, "items"));
		snprintf(cursor, sizeof(cursor), "%s", next ? next : "");
		json_decref(page);
		if (!cursor[0])
			break;
		snprintf(path, sizeof(path), "/v1/meetings?limit=1000&cursor=%s", cursor);
		if (seen == 3000) /* what the cursor points to goes meanwhile */
			CHECK_INT(200, status_of(&b, "DELETE", "/v1/meetings/100002999", NULL), "deleted");
	}
	CHECK_INT(MANY + NEW, seen, "each was shown once");
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

TESTS(a_change_is_live_at_once_and_touches_no_call, lost_updates_and_second_requests,
	an_accounts_token_reaches_its_own_alone, the_log_says_who_what_before_and_after,
	changes_are_events_of_their_account, guessers_are_told_when_to_come_back,
	keys_and_tags_outlive_the_process, records_go_when_their_account_says_so, partyctl_does_the_same,
	one_more_of_many_is_cheap_and_pages_show_all)
