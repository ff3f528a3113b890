/* links: tests/caller.c tests/rawsip.c */
/* Who may do what by the API over TCP: roles, accounts kept apart, the audit log, backup and restore. */
#include "tests/flow/ask.h"
#include "tests/flow/ctl.h"
#include "tests/flow/exchange.h"
#include "tests/test.h"
#include <ctype.h>
#include <curl/curl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>

enum { CALL_MS = 20000, FEED_MS = 4000 };

static const char site[] =
	"accounts:\n"
	"  - name: acme\n"
	"    meetings:\n"
	"      - { id: \"100200300\", name: Acme weekly }\n"
	"  - name: zenith\n"
	"    meetings:\n"
	"      - { id: \"700200300\", name: Zenith weekly }\n"
	"trunks:\n"
	"  - name: carrier-a\n"
	"    inbound: { from: [ 127.0.0.2/32 ] }\n"
	"numbers:\n"
	"  - { number: \"+15550101\", trunk: carrier-a, account: acme, answer: \"meeting:100200300\" }\n"
	"  - { number: \"+15550701\", trunk: carrier-a, account: zenith, answer: \"meeting:700200300\" }\n";

struct text {
	char *at;
	size_t n;
};

static size_t take(char *bytes, size_t size, size_t n, void *arg)
{
	struct text *t = arg;
	char *more = realloc(t->at, t->n + size * n + 1);

	if (!more)
		return 0;
	t->at = more;
	memcpy(t->at + t->n, bytes, size * n);
	t->n += size * n;
	t->at[t->n] = '\0';
	return size * n;
}

/* Over TCP, as somebody elsewhere would; `token` NULL: shows none.  The body, allocated; *status 0: no answer. */
static char *far_ms(const struct bridge *b, const char *method, const char *path, const char *token,
	const char *body, long *status, long ms)
{
	CURL *curl = curl_easy_init();
	struct curl_slist *headers = NULL;
	struct text answer = { calloc(1, 1), 0 };
	char url[600], line[200];

	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", b->http_port, path);
	if (token) {
		snprintf(line, sizeof(line), "Authorization: Bearer %s", token);
		headers = curl_slist_append(headers, line);
	}
	headers = curl_slist_append(headers, "Content-Type: application/json");
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ms);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
	if (body)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	(void)curl_easy_perform(curl); /* a feed ends by the time limit */
	*status = 0;
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	return answer.at;
}

static char *far(const struct bridge *b, const char *method, const char *path, const char *token,
	const char *body, long *status)
{
	return far_ms(b, method, path, token, body, status, 10000);
}

static long far_status(
	const struct bridge *b, const char *method, const char *path, const char *token, const char *body)
{
	long status;

	free(far(b, method, path, token, body, &status));
	return status;
}

struct key {
	char secret[80], id[32];
};

static struct key make_key(const struct bridge *b, const char *body)
{
	struct key k = { "", "" };
	long status;
	json_t *answer = bridge_call(b, "POST", "/v1/tokens", "application/json", body, &status);

	CHECK_INT(201, status, body);
	snprintf(k.secret, sizeof(k.secret), "%s", json_text_at(answer, "token"));
	snprintf(k.id, sizeof(k.id), "%s", json_text_at(answer, "id"));
	json_decref(answer);
	return k;
}

/* One caller in each account's meeting, kept until the bridge ends. */
static void seat_two(struct bridge *b, struct peer *crowd)
{
	char acme[96], zenith[96];
	const char *argv[] = { "--to", acme, "--calls", "1", "--seconds", "60", "--and", "--to", zenith,
		NULL };

	snprintf(acme, sizeof(acme), "sip:+15550101@127.0.0.1:%u", b->sip_port);
	snprintf(zenith, sizeof(zenith), "sip:+15550701@127.0.0.1:%u", b->sip_port);
	CHECK(bridge_crowd_start(b, crowd, "crowd", argv), "callers");
	CHECK(bridge_wait_number(b, "/v1/status", "participants", 2, CALL_MS), "both are seated");
}

static void person_of(const struct bridge *b, const char *meeting, char out[32])
{
	char path[96];

	snprintf(path, sizeof(path), "/v1/meetings/%s/participants", meeting);
	json_t *roster = bridge_get(b, path);
	const char *id = json_text_at(roster, "items.0.id");
	snprintf(out, 32, "%s", id ? id : "");
	json_decref(roster);
	CHECK(out[0], "somebody is in %s", meeting);
}

TEST(roles_and_accounts)
{
	struct bridge b;
	struct peer crowd;
	char acme_person[32], zenith_person[32], paths[8][96];

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "up");
	CHECK_INT(200, far_status(&b, "GET", "/v1/status", NULL, NULL), "no token made: loopback is open");
	struct key operator= make_key(&b, "{\"name\":\"boss\",\"role\":\"operator\"}");
	struct key acme_admin = make_key(&b, "{\"name\":\"a\",\"role\":\"admin\",\"account\":\"acme\"}");
	struct key acme_reader = make_key(&b, "{\"name\":\"r\",\"role\":\"reader\",\"account\":\"acme\"}");
	struct key reader = make_key(&b, "{\"name\":\"all\",\"role\":\"reader\"}");
	seat_two(&b, &crowd);
	person_of(&b, "100200300", acme_person);
	person_of(&b, "700200300", zenith_person);
	snprintf(paths[0], sizeof(paths[0]), "/v1/participants/%s/mute", acme_person);
	snprintf(paths[1], sizeof(paths[1]), "/v1/participants/%s/mute", zenith_person);
	snprintf(paths[2], sizeof(paths[2]), "/v1/participants/%s", zenith_person);

	const struct {
		const char *story, *method, *path, *body;
		long nobody, reader, acme_reader, acme_admin, operator;
	} cases[] = {
		{ "status", "GET", "/v1/status", NULL, 401, 200, 403, 403, 200 },
		{ "metrics", "GET", "/metrics", NULL, 401, 200, 403, 403, 200 },
		{ "site", "GET", "/v1/site", NULL, 401, 403, 403, 403, 200 },
		{ "own meeting", "GET", "/v1/meetings/100200300", NULL, 401, 200, 200, 200, 200 },
		{ "other's meeting", "GET", "/v1/meetings/700200300", NULL, 401, 200, 404, 404, 200 },
		{ "own roster", "GET", "/v1/meetings/100200300/participants", NULL, 401, 200, 200, 200, 200 },
		{ "other's roster", "GET", "/v1/meetings/700200300/participants", NULL, 401, 200, 404, 404,
			200 },
		{ "lock own", "POST", "/v1/meetings/100200300/lock", "{\"locked\":true}", 401, 403, 403, 200,
			200 },
		{ "lock other's", "POST", "/v1/meetings/700200300/lock", "{\"locked\":true}", 401, 403, 403,
			404, 200 },
		{ "mute own", "POST", paths[0], "{\"muted\":true}", 401, 403, 403, 200, 200 },
		{ "mute other's", "POST", paths[1], "{\"muted\":true}", 401, 403, 403, 404, 200 },
		{ "call from other's", "POST", "/v1/meetings/700200300/calls", "{\"to\":\"+15550199\"}", 401,
			403, 403, 404, 422 },
		{ "call from own", "POST", "/v1/meetings/100200300/calls", "{\"to\":\"+15550199\"}", 401, 403,
			403, 422, 422 },
		{ "whom other's calls", "GET", "/v1/meetings/700200300/calls", NULL, 401, 200, 404, 404,
			200 },
		{ "trunks", "GET", "/v1/trunks", NULL, 401, 200, 403, 403, 200 },
		{ "tokens", "GET", "/v1/tokens", NULL, 401, 403, 403, 403, 200 },
		{ "audit", "GET", "/v1/audit", NULL, 401, 403, 403, 403, 200 },
		{ "a backup from afar", "POST", "/v1/backup", "{\"file\":\"/tmp/x\"}", 401, 403, 403, 403,
			403 },
		{ "remove other's", "DELETE", paths[2], NULL, 401, 403, 403, 404, 200 },
		{ "nothing", "GET", "/v1/nothing", NULL, 401, 404, 404, 404, 404 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *m = cases[i].method, *p = cases[i].path, *body = cases[i].body;
		CHECK_INT(cases[i].nobody, far_status(&b, m, p, NULL, body), cases[i].story);
		CHECK_INT(cases[i].reader, far_status(&b, m, p, reader.secret, body), cases[i].story);
		CHECK_INT(
			cases[i].acme_reader, far_status(&b, m, p, acme_reader.secret, body), cases[i].story);
		CHECK_INT(cases[i].acme_admin, far_status(&b, m, p, acme_admin.secret, body), cases[i].story);
		CHECK_INT(cases[i].operator, far_status(&b, m, p, operator.secret, body), cases[i].story);
	}
	CHECK_INT(404, far_status(&b, "DELETE", "/v1/tokens/none", operator.secret, NULL), "no such token");
	peer_stop(&crowd, 3000);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

/* Whatever can be read with a token of one account, nothing of the other's is in it. */
TEST(no_token_reads_across_accounts)
{
	static const char *const words[] = { "zenith", "Zenith", "700200300", "15550701" };
	struct bridge b;
	struct peer crowd;
	long status;
	unsigned read = 0;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "up");
	struct key k = make_key(&b, "{\"name\":\"a\",\"role\":\"admin\",\"account\":\"acme\"}");
	char *feed_path = "/v1/events?last_event_id=0";
	seat_two(&b, &crowd);
	peer_stop(&crowd, 5000);
	CHECK(bridge_wait_number(&b, "/v1/status", "calls", 0, CALL_MS), "calls are over");
	CHECK(bridge_wait_count(&b, "/v1/records", 2, CALL_MS), "both left a record");

	json_t *described = bridge_get(&b, "/v1/openapi.json");
	const char *path;
	json_t *operations;
	json_object_foreach(json_object_get(described, "paths"), path, operations)
	{
		if (!json_object_get(operations, "get"))
			continue;
		char real[160];
		const char *hole = strchr(path, '{');
		if (hole)
			snprintf(real, sizeof(real), "%.*s700200300%s", (int)(hole - path), path,
				strchr(hole, '}') + 1);
		else
			snprintf(real, sizeof(real), "%s", path);
		char *text = far(&b, "GET", real, k.secret, NULL, &status);
		CHECK(status == 200 || status == 403 || status == 404 || status == 400, "%s: %ld", real,
			status);
		for (size_t w = 0; w < sizeof(words) / sizeof(*words); w++)
			CHECK(!strstr(text, words[w]), "%s tells of %s: %.300s", real, words[w], text);
		read += status == 200;
		free(text);
	}
	json_decref(described);
	CHECK(read >= 4, "%u paths could be read", read);

	char *text = far(&b, "GET", "/v1/records?account=zenith", k.secret, NULL, &status);
	CHECK(status == 200 && !strstr(text, "zenith"), "asking for the other's records: %.200s", text);
	free(text);
	text = far(&b, "GET", "/v1/records", k.secret, NULL, &status);
	CHECK(strstr(text, "100200300"), "its own records are there: %.200s", text);
	free(text);

	/* by its ID, too, nothing of the other's call is there; their own is */
	json_t *theirs = bridge_get(&b, "/v1/records?account=zenith"),
	       *ours = bridge_get(&b, "/v1/records?account=acme");
	static const char *const about[] = { "trace", "why" };
	for (size_t i = 0; i < 4; i++) {
		char real[160];

		snprintf(real, sizeof(real), "/v1/calls/%s/%s",
			i < 2 ? json_text_at(theirs, "items.0.id") : json_text_at(ours, "items.0.id"),
			about[i % 2]);
		CHECK_INT(i < 2 ? 404 : 200, far_status(&b, "GET", real, k.secret, NULL), real);
	}
	/* who may only read sees no message, and no whole number of a caller's */
	struct key reader = make_key(&b, "{\"name\":\"r\",\"role\":\"reader\",\"account\":\"acme\"}");
	static const char *const seen_by_reader[] = { "/v1/calls/%s/trace", "/v1/calls/%s/why",
		"/v1/records?call=%s" };
	for (size_t i = 0; i < 3; i++) {
		char real[160];

		snprintf(real, sizeof(real), seen_by_reader[i], json_text_at(ours, "items.0.id"));
		text = far(&b, "GET", real, reader.secret, NULL, &status);
		CHECK(status == 200 && !strstr(text, json_text_at(ours, "items.0.from")) &&
				!strstr(text, "Via: "),
			"%s: %.400s", real, text);
		free(text);
	}
	json_decref(theirs);
	json_decref(ours);

	text = far_ms(&b, "GET", feed_path, k.secret, NULL, &status, FEED_MS);
	CHECK_INT(200, status, "the feed");
	CHECK(strstr(text, "participant.joined"), "its own events are there: %.300s", text);
	for (size_t w = 0; w < sizeof(words) / sizeof(*words); w++)
		CHECK(!strstr(text, words[w]), "the feed tells of %s: %.600s", words[w], text);
	free(text);
	free(far_ms(&b, "GET", feed_path, NULL, NULL, &status, FEED_MS));
	CHECK_INT(401, status, "the feed without a token");
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

/* A guest's token: one meeting, who is in it and what happens there; nothing else, by no path and in no event. */
TEST(a_guest_sees_one_meeting)
{
	static const struct {
		const char *body, *field; /* field "": made */
	} made[] = {
		{ "{\"name\":\"g\",\"role\":\"join\",\"meeting\":\"100200300\",\"minutes\":5}", "" },
		{ "{\"name\":\"g\",\"role\":\"join\"}", "meeting" },
		{ "{\"name\":\"g\",\"role\":\"join\",\"meeting\":\"999\"}", "meeting" },
		{ "{\"name\":\"g\",\"role\":\"join\",\"meeting\":\"100200300\",\"account\":\"zenith\"}",
			"meeting" },
		{ "{\"name\":\"g\",\"role\":\"reader\",\"meeting\":\"100200300\"}", "meeting" },
		{ "{\"name\":\"g\",\"role\":\"reader\",\"minutes\":5,\"days\":1}", "minutes" },
	};
	static const char *const own[] = { "/v1/meetings/100200300", "/v1/meetings/100200300/participants" };
	struct bridge b;
	struct peer crowd;
	const char *path, *method;
	json_t *operations, *operation;
	char real[200], line[120], header[256];
	unsigned tried = 0;
	long status;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "up");
	for (size_t i = 0; i < sizeof(made) / sizeof(*made); i++) {
		struct exchange x = exchange(&b, "POST", "/v1/tokens", made[i].body, NULL);

		CHECK(x.status == (made[i].field[0] ? 400 : 201), "%s: %s", made[i].body, x.text);
		if (made[i].field[0])
			CHECK_STR(made[i].field, json_text_at(x.body, "error.field"), made[i].body);
		else
			CHECK(json_text_at(x.body, "expires_at") &&
					strcmp(json_text_at(x.body, "account"), "acme") == 0,
				"it ends, and is of the meeting's account: %s", x.text);
		exchange_free(&x);
	}
	struct key guest = make_key(&b, "{\"name\":\"guest\",\"role\":\"join\",\"meeting\":\"100200300\"}");
	struct exchange other =
		exchange(&b, "POST", "/v1/meetings", "{\"account\":\"acme\",\"id\":\"483920175\"}", NULL);
	CHECK_INT(201, other.status, "another meeting of acme's");
	exchange_free(&other);
	seat_two(&b, &crowd);
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		CHECK_INT(200, far_status(&b, "GET", own[i], guest.secret, NULL), own[i]);
	CHECK_INT(404, far_status(&b, "GET", "/v1/meetings/700200300", guest.secret, NULL), "another's");
	CHECK_INT(404, far_status(&b, "GET", "/v1/meetings/483920175", guest.secret, NULL),
		"the account's own");

	/* of all that is described, nothing else: what it may not is told as RFC 6750 has it */
	json_t *described = bridge_get(&b, "/v1/openapi.json");
	snprintf(line, sizeof(line), "Authorization: Bearer %s", guest.secret);
	json_object_foreach(json_object_get(described, "paths"), path, operations)
		json_object_foreach(operations, method, operation)
	{
		const char *hole = strchr(path, '{'), *after = hole ? strchr(hole, '}') + 1 : "";

		snprintf(real, sizeof(real), "%.*s%s%s", (int)(hole ? hole - path : (long)strlen(path)), path,
			hole ? "100200300" : "", after);
		if (strcmp(path, "/v1/events") == 0 ||
			(strcmp(method, "get") == 0 &&
				(strcmp(real, own[0]) == 0 || strcmp(real, own[1]) == 0)))
			continue;
		for (char *m = header; m == header || m[-1]; m++)
			*m = (char)toupper((unsigned char)method[m - header]);
		struct exchange x = exchange(&b, header, real, "{}", line, NULL);
		CHECK(x.status == 403, "%s %s: %ld", method, real, x.status);
		CHECK_STR("Bearer realm=\"partyline\", error=\"insufficient_scope\"",
			exchange_header(&x, "www-authenticate", header), real);
		exchange_free(&x);
		tried++;
	}
	json_decref(described);
	CHECK(tried > 60, "%u others", tried);

	struct exchange x = exchange(&b, "GET", "/v1/status", NULL, "Authorization: Bearer plt_none", NULL);
	CHECK_STR("Bearer realm=\"partyline\", error=\"invalid_token\"",
		exchange_header(&x, "www-authenticate", header), "a token that is none");
	exchange_free(&x);

	peer_stop(&crowd, 5000);
	CHECK(bridge_wait_number(&b, "/v1/status", "calls", 0, CALL_MS), "calls are over");
	char *text = far_ms(&b, "GET", "/v1/events?last_event_id=0", guest.secret, NULL, &status, FEED_MS);
	CHECK_INT(200, status, "the feed");
	CHECK(strstr(text, "participant.joined") && strstr(text, "meeting.closed"), "%.600s", text);
	CHECK(!strstr(text, "call.") && !strstr(text, "700200300") && !strstr(text, "site.applied"),
		"no more than that: %.900s", text);
	free(text);
	CHECK(bridge_restart(&b, SIGKILL, NULL), "again");
	CHECK_INT(200, far_status(&b, "GET", own[0], guest.secret, NULL), "it outlives the process");
	CHECK_INT(404, far_status(&b, "GET", "/v1/meetings/700200300", guest.secret, NULL), "as it is");
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

TEST(guesses_are_not_heard_and_tokens_last)
{
	struct bridge b;
	long status;
	char path[64];

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "up");
	struct key k = make_key(&b, "{\"name\":\"boss\",\"role\":\"operator\"}");
	CHECK(bridge_restart(&b, SIGTERM, NULL), "again");
	CHECK_INT(200, far_status(&b, "GET", "/v1/tokens", k.secret, NULL), "a token outlives the process");
	char *text = bridge_text(&b, "GET", "/v1/tokens", NULL, NULL, &status);
	CHECK(!strstr(text, k.secret + 4), "its secret is nowhere: %s", text);
	free(text);
	snprintf(path, sizeof(path), "/v1/tokens/%s", k.id);
	for (int i = 0; i < 10; i++)
		CHECK_INT(401, far_status(&b, "GET", "/v1/status", "plt_wrong", NULL), "a guess");
	CHECK_INT(429, far_status(&b, "GET", "/v1/status", k.secret, NULL), "too many");
	json_decref(bridge_call(&b, "DELETE", path, NULL, NULL, &status));
	CHECK_INT(200, status, "the control socket is not shut");
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

static void run_sql(const char *file, const char *sql)
{
	sqlite3 *db = NULL;

	CHECK_INT(SQLITE_OK, sqlite3_open(file, &db), "database");
	sqlite3_busy_timeout(db, 2000);
	CHECK_INT(SQLITE_OK, sqlite3_exec(db, sql, NULL, NULL, NULL), sql);
	sqlite3_close(db);
}

TEST(the_audit_log_knows_when_it_was_touched)
{
	struct bridge b;
	char file[FOLDER_PATH + 32];

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "up");
	make_key(&b, "{\"name\":\"one\",\"role\":\"reader\"}");
	make_key(&b, "{\"name\":\"two\",\"role\":\"reader\"}");
	json_t *log = bridge_get(&b, "/v1/audit");
	CHECK_STR("token.create", json_text_at(log, "items.0.what"), "newest first");
	CHECK_STR("operator at the control socket", json_text_at(log, "items.0.who"), "who");
	CHECK_STR("two", json_text_at(log, "items.0.changes.after.name"), "what");
	CHECK_STR("site", json_text_at(log, "items.2.what"), "the site was put in force");
	json_decref(log);
	CHECK_INT(3, (int)bridge_number(&b, "/v1/audit/check", "rows", -1), "rows");
	CHECK_INT(0, (int)bridge_number(&b, "/v1/audit/check", "first_broken", 0), "unbroken");
	snprintf(file, sizeof(file), "%s/partyline.db", b.folder.path);

	/* page by page, and by what was done */
	char path[64] = "/v1/audit?limit=2";
	log = bridge_get(&b, path);
	CHECK_INT(2, (int)json_array_size(json_object_get(log, "items")), "a page");
	snprintf(path, sizeof(path), "/v1/audit?limit=2&cursor=%s", json_text_at(log, "next"));
	json_decref(log);
	log = bridge_get(&b, path);
	CHECK_INT(1, (int)json_array_size(json_object_get(log, "items")), "the rest");
	CHECK(json_is_null(json_object_get(log, "next")), "that was all");
	json_decref(log);
	CHECK_INT(2, bridge_count(&b, "/v1/audit?what=token.*"), "by what");
	CHECK_INT(1, bridge_count(&b, "/v1/audit?what=site"), "by what, one");
	CHECK_INT(3, bridge_count(&b, "/v1/audit?who=control%20socket"), "by whom");
	CHECK_INT(0, bridge_count(&b, "/v1/audit?who=token"), "by nobody");
	static const char *const bad[] = { "limit=0", "limit=5x", "cursor=x", "cursor=1x", "what=A",
		"what=a,b" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(path, sizeof(path), "/v1/audit?%s", bad[i]);
		struct exchange x = exchange(&b, "GET", path, NULL, NULL);
		CHECK(x.status == 400 && strncmp(bad[i], json_text_at(x.body, "error.field"), 4) == 0,
			"%s: %s", bad[i], x.text);
		exchange_free(&x);
	}

	/* the operator's own words for the same */
	ctl_says(&b, 0, "audit --what token.* --limit 1", SAYS("\"two\"", "there are more: --cursor 3"));
	ctl_says(&b, 0, "audit --what token.* --limit 1 --cursor 3", SAYS("\"one\""));
	ctl_says(&b, 0, "audit --who nobody", SAYS("ROW  AT  WHO"));
	ctl_says(&b, 1, "audit --what A", SAYS("what"));

	/* the last rows are gone, which no other row tells */
	json_t *check = bridge_get(&b, "/v1/audit/check");
	CHECK_INT(64, (int)strlen(json_text_at(check, "last_seal")), "a seal to keep elsewhere");
	json_decref(check);
	run_sql(file,
		"CREATE TABLE away AS SELECT * FROM audit WHERE id = 3; DELETE FROM audit WHERE id = 3");
	CHECK_INT(3, (int)bridge_number(&b, "/v1/audit/check", "first_broken", 0), "the last row is gone");
	run_sql(file, "INSERT INTO audit SELECT * FROM away; DROP TABLE away");
	CHECK_INT(0, (int)bridge_number(&b, "/v1/audit/check", "first_broken", 0), "it is back");
	run_sql(file, "UPDATE audit SET who = 'nobody' WHERE id = 2");
	CHECK_INT(2, (int)bridge_number(&b, "/v1/audit/check", "first_broken", 0), "a changed row");
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

/* Tokens, webhooks and budgets come page by page like everything else, and one reading of `limit` serves all lists. */
TEST(lists_have_pages_and_one_kind_of_limit)
{
	static const char *const lists[] = { "accounts", "meetings", "tokens", "webhooks", "budgets",
		"alerts", "rates", "calls", "records", "sittings", "audit", "meetings/100200300/participants",
		"meetings/100200300/calls", "meetings/100200300/people" };
	static const char *const limits[] = { "0", "5x", "-1", "", "1e3", "%201", "99999999999999999999" };
	struct bridge b;
	char path[120], names[200] = "";

	CHECK(bridge_start(&b, NULL), "up");
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		for (size_t k = 0; k < sizeof(limits) / sizeof(*limits); k++) {
			snprintf(path, sizeof(path), "/v1/%s?limit=%s", lists[i], limits[k]);
			struct exchange x = exchange(&b, "GET", path, NULL, NULL);
			CHECK(x.status == 400 && strcmp("limit", json_text_at(x.body, "error.field")) == 0,
				"%s: %ld %s", path, x.status, x.text);
			exchange_free(&x);
		}
		snprintf(path, sizeof(path), "/v1/%s?limit=1", lists[i]);
		CHECK(bridge_count(&b, path) >= 0, "%s", path);
	}

	/* three tokens, two at a time; one role of them */
	make_key(&b, "{\"name\":\"one\",\"role\":\"reader\"}");
	make_key(&b, "{\"name\":\"two\",\"role\":\"admin\"}");
	make_key(&b, "{\"name\":\"three\",\"role\":\"reader\"}");
	snprintf(path, sizeof(path), "/v1/tokens?limit=2");
	for (unsigned pages = 0; path[0]; pages++) {
		json_t *page = bridge_get(&b, path), *row;
		const char *next = json_text_at(page, "next");
		size_t i;

		CHECK(pages < 2, "two pages");
		json_array_foreach(json_object_get(page, "items"), i, row) snprintf(names + strlen(names),
			sizeof(names) - strlen(names), "%s ", json_text_at(row, "name"));
		snprintf(path, sizeof(path), "%s%s", next ? "/v1/tokens?limit=2&cursor=" : "",
			next ? next : "");
		json_decref(page);
	}
	CHECK(strstr(names, "one ") && strstr(names, "two ") && strstr(names, "three ") &&
			strlen(names) == 14,
		"each once: %s", names);
	CHECK_INT(2, bridge_count(&b, "/v1/tokens?role=reader"), "readers");
	ctl_says(&b, 0, "token list --filter role=admin", SAYS("two"));
	ctl_says(&b, 1, "token list --filter rule=admin", SAYS("there is no such filter"));
	CHECK_INT(1, bridge_count(&b, "/v1/budgets?account=acme&blocked=false"), "a budget");
	CHECK_INT(0, bridge_count(&b, "/v1/budgets?blocked=true"), "none is blocked");
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

TEST(a_backup_brings_everything_back)
{
	struct bridge b;
	struct peer crowd;
	char file[FOLDER_PATH + 32], body[FOLDER_PATH + 64];
	long status;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "up");
	struct key k = make_key(&b, "{\"name\":\"boss\",\"role\":\"operator\"}");
	seat_two(&b, &crowd);
	snprintf(file, sizeof(file), "%s/copy.db", b.folder.path);
	snprintf(body, sizeof(body), "{\"file\":\"%s\"}", file);
	json_decref(bridge_call(&b, "POST", "/v1/backup", "application/json", body, &status));
	CHECK_INT(200, status, "backed up while calls run");

	CHECK_INT(200, bridge_put_site(&b, "accounts: []\n", NULL), "an empty site");
	CHECK_INT(0, bridge_count(&b, "/v1/meetings"), "no meetings");
	json_decref(bridge_call(&b, "POST", "/v1/restore", "application/json", body, &status));
	CHECK_INT(200, status, "restored");
	CHECK_INT(2, bridge_count(&b, "/v1/meetings"), "the meetings are back");
	CHECK_INT(200, far_status(&b, "GET", "/v1/status", k.secret, NULL), "the token is back");
	CHECK_INT(2, (int)bridge_number(&b, "/v1/status", "participants", -1), "nobody was thrown out");

	run_sql(file, "PRAGMA application_id = 7");
	json_decref(bridge_call(&b, "POST", "/v1/restore", "application/json", body, &status));
	CHECK_INT(503, status, "a file that is not ours");
	CHECK_INT(2, bridge_count(&b, "/v1/meetings"), "has changed nothing");
	json_decref(
		bridge_call(&b, "POST", "/v1/backup", "application/json", "{\"file\":\"copy.db\"}", &status));
	CHECK_INT(400, status, "a file of no folder");
	peer_stop(&crowd, 3000);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

TESTS(roles_and_accounts, no_token_reads_across_accounts, a_guest_sees_one_meeting,
	guesses_are_not_heard_and_tokens_last, lists_have_pages_and_one_kind_of_limit,
	the_audit_log_knows_when_it_was_touched, a_backup_brings_everything_back)
