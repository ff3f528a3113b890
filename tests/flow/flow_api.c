/* The API against its own description: every path and method, each answer held to its schema; and what nobody described. */
#include "tests/flow/exchange.h"
#include "tests/flow/schema.h"
#include "tests/test.h"
#include <stdlib.h>

enum { CALL_MS = 20000 };

static const char site[] =
	"accounts:\n"
	"  - name: acme\n"
	"    meetings:\n"
	"      - { id: \"483920175\", name: Weekly, host_pin: \"900911\", guest_pin: \"4821\" }\n"
	"      - { id: \"100200300\", name: Open }\n"
	"    users:\n"
	"      - { name: alice, password: s3cret }\n"
	"trunks:\n"
	"  - name: carrier-a\n"
	"    inbound: { from: [ 127.0.0.2/32 ] }\n"
	"    outbound: { gateways: [ \"sip:127.0.0.9:9\" ], username: us, password: hidden-one }\n"
	"    refer: { out: any }\n"
	"numbers:\n"
	"  - { number: \"+15550101\", trunk: carrier-a, account: acme, answer: \"meeting:100200300\" }\n"
	"routes:\n"
	"  - { account: acme, prefix: \"+1\", trunks: [ carrier-a ] }\n"
	"calendars:\n"
	"  - { name: office, spans: [ \"mon-fri 08:00-18:00\" ] }\n"
	"classes:\n"
	"  - { class: premium, prefixes: [ \"+1900\" ] }\n";

/* In this order; `{p}` a participant, `{c}` its call, `{t}` the token, `{h}` the webhook, `{r}` the route, `{d}` the folder. */
static const struct step {
	const char *method, *path, *at, *body; /* path as described; at: NULL, the same; query and all */
	long status;
} steps[] = {
	{ "GET", "/v1/status", NULL, NULL, 200 },
	{ "GET", "/v1/accounts", NULL, NULL, 200 },
	{ "POST", "/v1/accounts", NULL, "{\"name\":\"zenith\",\"dialling\":{\"only\":[\"+1\"],\"daily\":10}}",
		201 },
	{ "GET", "/v1/accounts/{id}", "/v1/accounts/zenith", NULL, 200 },
	{ "PUT", "/v1/accounts/{id}", "/v1/accounts/zenith", "{\"language\":\"fr\"}", 200 },
	{ "PATCH", "/v1/accounts/{id}", "/v1/accounts/zenith", "{\"zone\":\"Europe/Paris\"}", 200 },
	{ "DELETE", "/v1/accounts/{id}", "/v1/accounts/zenith", NULL, 200 },
	{ "GET", "/v1/meetings", "/v1/meetings?open=true&account=acme", NULL, 200 },
	{ "GET", "/v1/meetings", "/v1/meetings?q=week&limit=1&guest_pin=", NULL,
		400 }, /* secrets are no filter */
	{ "POST", "/v1/meetings", NULL, "{\"account\":\"acme\",\"id\":\"77001\",\"guest_pin\":\"12\"}", 201 },
	{ "GET", "/v1/meetings/{id}", "/v1/meetings/77001", NULL, 200 },
	{ "PUT", "/v1/meetings/{id}", "/v1/meetings/77001", "{\"name\":\"Seven\",\"chimes\":false}", 200 },
	{ "PATCH", "/v1/meetings/{id}", "/v1/meetings/77001", "{\"max_participants\":5}", 200 },
	{ "DELETE", "/v1/meetings/{id}", "/v1/meetings/77001", NULL, 200 },
	{ "GET", "/v1/meetings/{id}/participants", "/v1/meetings/100200300/participants", NULL, 200 },
	{ "POST", "/v1/meetings/{id}/lock", "/v1/meetings/100200300/lock", "{\"locked\":true}", 200 },
	{ "POST", "/v1/participants/{id}/mute", "/v1/participants/{p}/mute", "{\"muted\":true}", 200 },
	{ "GET", "/v1/calls", NULL, NULL, 200 },
	{ "GET", "/v1/calls/{id}/trace", "/v1/calls/{c}/trace", NULL, 200 },
	{ "GET", "/v1/calls/{id}/why", "/v1/calls/{c}/why", NULL, 200 },
	{ "POST", "/v1/calls/{id}/transfer", "/v1/calls/{c}/transfer", "{\"to\":\"+4420\"}", 422 },
	{ "POST", "/v1/calls/{id}/transfer", "/v1/calls/{c}/transfer", "{\"to\":\"sip:bob@example.com\"}",
		202 },
	{ "POST", "/v1/calls/{id}/digits", "/v1/calls/{c}/digits", "{\"digits\":\"12x\"}", 400 },
	{ "POST", "/v1/calls/{id}/digits", "/v1/calls/{c}/digits", "{\"digits\":\"12\"}", 202 },
	{ "POST", "/v1/meetings/{id}/people", "/v1/meetings/100200300/people",
		"{\"people\":[{\"to\":[\"+19005550100\"],\"name\":\"Bob\",\"ring\":\"parallel\"}],\"wait_s\":"
		"1}",
		202 },
	{ "GET", "/v1/meetings/{id}/people", "/v1/meetings/100200300/people", NULL, 200 },
	{ "GET", "/v1/alerts", "/v1/alerts?limit=1&severity=critical", NULL, 200 },
	{ "GET", "/v1/budgets", "/v1/budgets?limit=1&blocked=false", NULL, 200 },
	{ "POST", "/v1/budgets/{id}/unblock", "/v1/budgets/acme/unblock", NULL, 200 },
	{ "POST", "/v1/meetings/{id}/calls", "/v1/meetings/100200300/calls", "{\"to\":\"+15550199\"}", 202 },
	{ "GET", "/v1/meetings/{id}/calls", "/v1/meetings/100200300/calls", NULL, 200 },
	{ "GET", "/v1/meetings/{id}/invite", "/v1/meetings/100200300/invite?country=DE", NULL, 200 },
	{ "DELETE", "/v1/participants/{id}", "/v1/participants/{p}", NULL, 200 },
	{ "DELETE", "/v1/calls/{id}", "/v1/calls/{c}", NULL, 200 },
	{ "GET", "/v1/users", NULL, NULL, 200 },
	{ "POST", "/v1/users", NULL, "{\"account\":\"acme\",\"name\":\"bob\",\"password\":\"x\"}", 201 },
	{ "GET", "/v1/users/{account}/{id}", "/v1/users/acme/bob", NULL, 200 },
	{ "PUT", "/v1/users/{account}/{id}", "/v1/users/acme/bob", "{\"password\":\"y\"}", 200 },
	{ "PATCH", "/v1/users/{account}/{id}", "/v1/users/acme/bob", "{\"password\":\"z\"}", 200 },
	{ "DELETE", "/v1/users/{account}/{id}", "/v1/users/acme/bob", NULL, 200 },
	{ "GET", "/v1/trunks", NULL, NULL, 200 },
	{ "POST", "/v1/trunks", NULL,
		"{\"name\":\"b\",\"inbound\":{\"from\":[\"192.0.2.1/32\"]},\"srtp\":\"never\"}", 201 },
	{ "GET", "/v1/trunks/{id}", "/v1/trunks/b", NULL, 200 },
	{ "PUT", "/v1/trunks/{id}", "/v1/trunks/b", "{\"limits\":{\"channels\":2}}", 200 },
	{ "PATCH", "/v1/trunks/{id}", "/v1/trunks/b", "{\"limits\":{\"channels\":3}}", 200 },
	{ "POST", "/v1/trunks/{id}/drain", "/v1/trunks/b/drain", NULL, 200 },
	{ "POST", "/v1/trunks/{id}/resume", "/v1/trunks/b/resume", NULL, 200 },
	{ "POST", "/v1/drain", NULL, "{\"exit\":false}", 202 },
	{ "POST", "/v1/resume", NULL, NULL, 200 },
	{ "DELETE", "/v1/trunks/{id}", "/v1/trunks/b", NULL, 200 },
	{ "GET", "/v1/numbers", NULL, NULL, 200 },
	{ "POST", "/v1/numbers", NULL,
		"{\"number\":\"+15550200..+15550299\",\"account\":\"acme\",\"answer\":\"attendant\"}", 201 },
	{ "GET", "/v1/numbers/{id}", "/v1/numbers/%2B15550200..%2B15550299", NULL, 200 },
	{ "PUT", "/v1/numbers/{id}", "/v1/numbers/%2B15550200..%2B15550299",
		"{\"account\":\"acme\",\"language\":\"fr\"}", 200 },
	{ "PATCH", "/v1/numbers/{id}", "/v1/numbers/%2B15550200..%2B15550299", "{\"toll_free\":true}", 200 },
	{ "DELETE", "/v1/numbers/{id}", "/v1/numbers/%2B15550200..%2B15550299", NULL, 200 },
	{ "GET", "/v1/routes", NULL, NULL, 200 },
	{ "POST", "/v1/routes", NULL,
		"{\"account\":\"acme\",\"prefixes\":[\"+33\",\"+34\"],\"trunks\":[\"carrier-a\"]}", 201 },
	{ "GET", "/v1/routes/{id}", "/v1/routes/{r}", NULL, 200 },
	{ "PUT", "/v1/routes/{id}", "/v1/routes/{r}",
		"{\"account\":\"acme\",\"prefixes\":[\"+33\",\"+34\"],\"trunks\":[\"carrier-a\"],"
		"\"priority\":2}",
		200 },
	{ "PATCH", "/v1/routes/{id}", "/v1/routes/{r}", "{\"caller_id\":\"+15550101\"}", 200 },
	{ "DELETE", "/v1/routes/{id}", "/v1/routes/{r}", NULL, 200 },
	{ "GET", "/v1/calendars", NULL, NULL, 200 },
	{ "POST", "/v1/calendars", NULL, "{\"name\":\"night\",\"spans\":[\"mon-fri 20:00-23:00\"]}", 201 },
	{ "GET", "/v1/calendars/{id}", "/v1/calendars/night", NULL, 200 },
	{ "PUT", "/v1/calendars/{id}", "/v1/calendars/night", "{\"spans\":[\"sat 20:00-23:00\"]}", 200 },
	{ "PATCH", "/v1/calendars/{id}", "/v1/calendars/night", "{\"zone\":\"Europe/Berlin\"}", 200 },
	{ "DELETE", "/v1/calendars/{id}", "/v1/calendars/night", NULL, 200 },
	{ "GET", "/v1/classes", NULL, NULL, 200 },
	{ "POST", "/v1/classes", NULL, "{\"class\":\"satellite\",\"prefixes\":[\"+8816\"]}", 201 },
	{ "GET", "/v1/classes/{id}", "/v1/classes/%2B8816", NULL, 200 },
	{ "PUT", "/v1/classes/{id}", "/v1/classes/%2B8816", "{\"class\":\"risky\",\"prefixes\":[\"+8816\"]}",
		200 },
	{ "PATCH", "/v1/classes/{id}", "/v1/classes/%2B8816", "{\"prefixes\":[\"+8816\",\"+8817\"]}", 200 },
	{ "DELETE", "/v1/classes/{id}", "/v1/classes/%2B8816", NULL, 200 },
	{ "GET", "/v1/records", "/v1/records?limit=1", NULL, 200 },
	{ "GET", "/v1/sittings", "/v1/sittings?limit=1", NULL, 200 },
	{ "PUT", "/v1/rates/{id}", "/v1/rates/carrier-a", "prefix,per_minute,currency\n+1555,0.01,EUR\n",
		200 },
	{ "GET", "/v1/rates", "/v1/rates?limit=1&in_site=true", NULL, 200 },
	{ "GET", "/v1/rates/{id}", "/v1/rates/carrier-a?number=%2B15550199", NULL, 200 },
	{ "GET", "/v1/dialplan/explain", "/v1/dialplan/explain?number=%2B15550199&account=acme", NULL, 200 },
	{ "DELETE", "/v1/rates/{id}", "/v1/rates/carrier-a", NULL, 200 },
	{ "GET", "/v1/site", NULL, NULL, 200 },
	{ "PUT", "/v1/site", "/v1/site?dry_run=true", "accounts: []\n", 200 },
	{ "POST", "/v1/site/rollback", NULL, NULL, 404 },
	{ "GET", "/v1/dialplan/explain", "/v1/dialplan/explain?number=%2B15550101&trunk=carrier-a", NULL,
		200 },
	{ "GET", "/v1/dialplan/explain", "/v1/dialplan/explain?number=%2B15550199&account=acme", NULL, 200 },
	{ "POST", "/v1/dialplan/diff", "/v1/dialplan/diff?day=2026-11-27", "accounts: []\n", 200 },
	{ "POST", "/v1/tokens", NULL, "{\"name\":\"one\",\"role\":\"reader\"}", 201 },
	{ "GET", "/v1/tokens", "/v1/tokens?limit=1&role=reader", NULL, 200 },
	{ "DELETE", "/v1/tokens/{id}", "/v1/tokens/{t}", NULL, 200 },
	{ "GET", "/v1/audit", NULL, NULL, 200 },
	{ "GET", "/v1/audit/check", NULL, NULL, 200 },
	{ "POST", "/v1/webhooks", NULL, "{\"url\":\"http://127.0.0.1:9/x\"}", 201 },
	{ "POST", "/v1/webhooks", NULL, "{\"url\":\"http://192.0.2.1/x\",\"plain\":true}", 201 },
	{ "GET", "/v1/webhooks", "/v1/webhooks?limit=1&waiting=false", NULL, 200 },
	{ "POST", "/v1/webhooks/{id}/retry", "/v1/webhooks/{h}/retry", NULL, 202 },
	{ "DELETE", "/v1/webhooks/{id}", "/v1/webhooks/{h}", NULL, 200 },
	{ "POST", "/v1/backup", NULL, "{\"file\":\"{d}/copy.db\"}", 200 },
	{ "POST", "/v1/restore", NULL, "{\"file\":\"{d}/copy.db\"}", 200 },
	{ "GET", "/metrics", NULL, NULL, 200 },
	{ "GET", "/v1/openapi.json", NULL, NULL, 200 },
};
enum { STEPS = sizeof(steps) / sizeof(*steps) };

struct names {
	char p[64], c[64], t[64], h[64], r[64], d[256];
};

static void fill(char *out, size_t cap, const char *text, const struct names *n)
{
	size_t used = 0;

	for (; *text && used + 1 < cap; text++) {
		const char *value = NULL;

		if (text[0] == '{' && text[1] && text[2] == '}')
			value = text[1] == 'p'   ? n->p
				: text[1] == 'c' ? n->c
				: text[1] == 't' ? n->t
				: text[1] == 'h' ? n->h
				: text[1] == 'r' ? n->r
				: text[1] == 'd' ? n->d
						 : NULL;
		if (value) {
			used += (size_t)snprintf(out + used, cap - used, "%s", value);
			text += 2;
		} else {
			out[used++] = *text;
		}
	}
	out[used] = '\0';
}

static void keep(char out[64], const json_t *body, const char *path)
{
	const char *text = json_text_at(body, path);

	if (text)
		snprintf(out, 64, "%s", text);
}

static const json_t *operation(const json_t *doc, const char *method, const char *path)
{
	char lower[8] = "";

	for (size_t i = 0; method[i] && i + 1 < sizeof(lower); i++)
		lower[i] = (char)(method[i] | 0x20);
	return json_object_get(json_object_get(json_object_get(doc, "paths"), path), lower);
}

/* What the description says of an answer of this status; "default" where it says nothing of its own. */
static const json_t *answer_of(const json_t *op, long status, const char **type)
{
	char text[16];
	const json_t *responses = json_object_get(op, "responses"), *one;
	void *at;

	snprintf(text, sizeof(text), "%ld", status);
	one = json_object_get(responses, text);
	if (!one && status >= 400)
		one = json_object_get(responses, "default");
	at = json_object_iter(json_object_get(one, "content"));
	*type = at ? json_object_iter_key(at) : "";
	return at ? json_object_get(json_object_iter_value(at), "schema") : NULL;
}

static void held(const json_t *doc, const char *method, const char *path, const struct exchange *x)
{
	const char *type;
	const json_t *schema = answer_of(operation(doc, method, path), x->status, &type);
	char header[256], why[300];

	CHECK(schema, "%s %s: an answer of %ld is described", method, path, x->status);
	exchange_header(x, "content-type", header);
	CHECK(strncmp(header, type, strlen(type)) == 0, "%s %s is %s: %s", method, path, type, header);
	if (strcmp(type, "application/json") != 0)
		return;
	CHECK(x->body, "%s %s answers JSON: %.200s", method, path, x->text);
	CHECK(schema_keeps(doc, schema, x->body, why), "%s %s: %s: %.300s", method, path, why, x->text);
}

static void learn(const struct step *s, const struct exchange *x, struct names *n)
{
	if (strcmp(s->path, "/v1/meetings/{id}/participants") == 0) {
		keep(n->p, x->body, "items.0.id");
		keep(n->c, x->body, "items.1.legs.0.call"); /* the other one, who stays when p is removed */
	} else if (strcmp(s->path, "/v1/tokens") == 0) {
		keep(n->t, x->body, "id");
	} else if (strcmp(s->path, "/v1/webhooks") == 0) {
		keep(n->h, x->body, "id");
	} else if (strncmp(s->path, "/v1/routes", strlen("/v1/routes")) == 0) {
		keep(n->r, x->body, "id");
	}
}

static struct exchange step_run(const struct bridge *b, const struct step *s, const struct names *n)
{
	char at[300], body[600];

	fill(at, sizeof(at), s->at ? s->at : s->path, n);
	fill(body, sizeof(body), s->body ? s->body : "", n);
	return exchange(b, s->method, at, s->body ? body : NULL, NULL);
}

/* When the audit log's newest row was written: the log itself may be another one, after a restore. */
static void newest_audit(const struct bridge *b, char out[40])
{
	json_t *log = bridge_get(b, "/v1/audit?limit=1");
	const char *at = json_text_at(log, "items.0.at");

	snprintf(out, 40, "%s", at ? at : "");
	json_decref(log);
}

/* What was changed by whom is in the log (S10): of every method but GET that was answered well, and changes something. */
static void audited(const struct bridge *b, const struct step *s, char before[40])
{
	const bool changes = strcmp(s->method, "GET") != 0 && s->status < 300 &&
			     !(s->at && strstr(s->at, "dry_run")) &&
			     strcmp(s->path, "/v1/dialplan/diff") != 0;
	char now[40];

	newest_audit(b, now);
	CHECK((strcmp(before, now) != 0) == changes, "%s %s: %s in the audit log", s->method, s->path,
		changes ? "is" : "is not");
	memcpy(before, now, sizeof(now));
}

static bool visited(const char *method, const char *path)
{
	for (size_t i = 0; i < STEPS; i++)
		if (strcasecmp(steps[i].method, method) == 0 && strcmp(steps[i].path, path) == 0)
			return true;
	return false;
}

static json_t *described(const struct bridge *b)
{
	json_t *doc = bridge_get(b, "/v1/openapi.json");

	CHECK_STR("3.1.0", json_text_at(doc, "openapi"), "OpenAPI 3.1");
	return doc;
}

/* Both callers, a page each. */
static void roster_in_pages(const struct bridge *b)
{
	static const char *const bad[] = { "limit=0", "limit=x", "cursor=nobody" };
	char path[160] = "/v1/meetings/100200300/participants?limit=1", first[64];
	struct exchange x = exchange(b, "GET", path, NULL, NULL);

	CHECK_INT(1, json_array_size(json_object_get(x.body, "items")), x.text);
	snprintf(first, sizeof(first), "%s", json_text_at(x.body, "items.0.id"));
	snprintf(path, sizeof(path), "/v1/meetings/100200300/participants?limit=1&cursor=%s",
		json_text_at(x.body, "next"));
	exchange_free(&x);
	x = exchange(b, "GET", path, NULL, NULL);
	CHECK_INT(1, json_array_size(json_object_get(x.body, "items")), x.text);
	CHECK(strcmp(first, json_text_at(x.body, "items.0.id")) != 0, "the other one: %s", x.text);
	CHECK(json_is_null(json_object_get(x.body, "next")), "that was all: %s", x.text);
	exchange_free(&x);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(path, sizeof(path), "/v1/meetings/100200300/participants?%s", bad[i]);
		x = exchange(b, "GET", path, NULL, NULL);
		CHECK(x.status == 400 && strncmp(bad[i], json_text_at(x.body, "error.field"), 5) == 0,
			"%s: %s", bad[i], x.text);
		exchange_free(&x);
	}
}

TEST(every_path_answers_as_described)
{
	struct names n = { .p = "" };
	const char *path, *method;
	json_t *operations, *op, *doc;
	struct bridge b;
	struct peer crowd;
	char uri[96], newest[40];
	const char *argv[] = { "--to", uri, "--calls", "2", "--seconds", "60", NULL };

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "up");
	doc = described(&b);
	json_object_foreach(json_object_get(doc, "paths"), path, operations) json_object_foreach(operations,
		method, op) CHECK(visited(method, path) || strcmp(path, "/v1/events") == 0 /* flow_events */,
		"%s %s is described, and tried here", method, path);
	snprintf(n.d, sizeof(n.d), "%s", b.folder.path);
	snprintf(uri, sizeof(uri), "sip:+15550101@127.0.0.1:%u", b.sip_port);
	CHECK(bridge_crowd_start(&b, &crowd, "crowd", argv), "callers");
	CHECK(bridge_wait_number(&b, "/v1/status", "participants", 2, CALL_MS), "are seated");
	roster_in_pages(&b);
	newest_audit(&b, newest);
	for (size_t i = 0; i < STEPS; i++) {
		struct exchange x = step_run(&b, &steps[i], &n);

		CHECK(x.status == steps[i].status, "%s %s: wanted %ld, have %ld: %.300s", steps[i].method,
			steps[i].path, steps[i].status, x.status, x.text);
		held(doc, steps[i].method, steps[i].path, &x);
		audited(&b, &steps[i], newest);
		learn(&steps[i], &x, &n);
		exchange_free(&x);
	}
	peer_stop(&crowd, 3000);
	json_decref(doc);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

/* The path with something in its holes that is not there. */
static void nowhere(char *out, size_t cap, const char *path)
{
	size_t used = 0;

	for (; *path && used + 8 < cap; path++) {
		if (*path == '{') {
			used += (size_t)snprintf(out + used, cap - used, "none");
			path = strchr(path, '}');
		} else {
			out[used++] = *path;
		}
	}
	out[used] = '\0';
}

static void other_methods(
	const struct bridge *b, const json_t *doc, const char *path, const json_t *operations)
{
	static const char *const all[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };
	char at[200], allow[256];

	nowhere(at, sizeof(at), path);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct exchange x;
		bool good = true;

		if (operation(doc, all[i], path))
			continue;
		x = exchange(b, all[i], at, "{}", NULL);
		CHECK(x.status == 405, "%s %s: %ld", all[i], at, x.status);
		CHECK_STR("method_not_allowed", json_text_at(x.body, "error.code"), "says so");
		exchange_header(&x, "allow", allow);
		for (size_t k = 0; k < sizeof(all) / sizeof(*all); k++) {
			bool said = false;
			char copy[256], *rest = copy;

			memcpy(copy, allow, sizeof(copy));
			for (char *one; (one = strsep(&rest, ", "));)
				said = said || strcmp(one, all[k]) == 0;
			good = good && said == (operation(doc, all[k], path) != NULL);
		}
		CHECK(good, "%s %s: Allow is what is described: %s", all[i], at, allow);
		exchange_free(&x);
	}
	(void)operations;
}

TEST(what_is_not_described_is_refused)
{
	struct bridge b;
	const char *path;
	json_t *operations, *doc;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "up");
	doc = described(&b);
	json_object_foreach(json_object_get(doc, "paths"), path, operations)
	{
		if (strcmp(path, "/v1/events") == 0)
			continue;
		other_methods(&b, doc, path, operations);
	}
	json_decref(doc);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

TEST(bad_bodies_are_refused_by_field)
{
	static const struct {
		const char *method, *path, *body;
		long status;
		const char *field; /* "": none */
	} cases[] = {
		{ "POST", "/v1/meetings", "{", 400, "" },
		{ "POST", "/v1/meetings", "[]", 400, "" },
		{ "POST", "/v1/meetings", "{\"id\":\"1\",\"id\":\"2\"}", 400, "" },
		{ "POST", "/v1/meetings", "{\"account\":\"acme\"}", 422, "id" },
		{ "POST", "/v1/meetings", "{\"account\":\"acme\",\"id\":12345}", 422, "id" },
		{ "POST", "/v1/meetings", "{\"account\":\"acme\",\"id\":\"12\"}", 422, "id" },
		{ "POST", "/v1/meetings", "{\"id\":\"12345\"}", 422, "account" },
		{ "POST", "/v1/meetings", "{\"account\":\"none\",\"id\":\"12345\"}", 422, "account" },
		{ "POST", "/v1/meetings", "{\"account\":\"acme\",\"id\":\"12345\",\"colour\":1}", 422,
			"colour" },
		{ "POST", "/v1/meetings", "{\"account\":\"acme\",\"id\":\"483920175\"}", 409, "id" },
		{ "POST", "/v1/meetings", "{\"account\":\"acme\",\"id\":\"4839\"}", 409, "id" },
		{ "POST", "/v1/meetings", "{\"account\":\"acme\",\"id\":\"4839201751\"}", 409, "id" },
		{ "PATCH", "/v1/meetings/483920175", "{\"guest_pin\":\"9009\"}", 422, "guest_pin" },
		{ "PATCH", "/v1/meetings/483920175", "{\"chimes\":\"no\"}", 422, "chimes" },
		{ "PATCH", "/v1/meetings/483920175", "{\"name\":\"a\\u0007b\"}", 422, "name" },
		{ "PATCH", "/v1/meetings/none", "{\"name\":\"x\"}", 404, "" },
		{ "DELETE", "/v1/meetings/100200300", NULL, 409, "" }, /* a number leads there */
		{ "POST", "/v1/users", "{\"account\":\"acme\",\"name\":\"alice\",\"password\":\"x\"}", 409,
			"name" },
		{ "POST", "/v1/users", "{\"account\":\"acme\",\"name\":\"bob\"}", 422, "password" },
		{ "POST", "/v1/trunks", "{\"name\":\"c\",\"limits\":{\"channels\":0}}", 422,
			"limits.channels" },
		{ "POST", "/v1/trunks", "{\"name\":\"c\",\"limits\":[]}", 422, "limits" },
		{ "POST", "/v1/trunks", "{\"name\":\"c\",\"inbound\":{\"from\":[\"127.0.0.2/32\"]}}", 409,
			"inbound.from[0]" },
		{ "POST", "/v1/trunks", "{\"name\":\"c\",\"codecs\":[\"g729\"]}", 422, "codecs[0]" },
		{ "POST", "/v1/trunks", "{\"name\":\"carrier-a\"}", 409, "name" },
		{ "DELETE", "/v1/trunks/carrier-a", NULL, 409, "" },
		{ "POST", "/v1/numbers", "{\"number\":\"+15550300\",\"account\":\"acme\",\"trunk\":\"x\"}",
			422, "trunk" },
		{ "POST", "/v1/numbers",
			"{\"number\":\"+15550300\",\"account\":\"acme\",\"answer\":\"meeting:1\"}", 422,
			"answer" },
		{ "POST", "/v1/routes", "{\"account\":\"acme\",\"prefix\":\"+1\",\"trunks\":[\"carrier-a\"]}",
			409, "prefix" },
		{ "POST", "/v1/routes", "{\"account\":\"acme\",\"prefix\":\"+2\",\"trunks\":[\"x\"]}", 422,
			"trunks[0]" },
		{ "DELETE", "/v1/accounts/acme", NULL, 409, "" },
		{ "POST", "/v1/webhooks", "{\"url\":\"ftp://x\"}", 400, "url" },
		{ "POST", "/v1/webhooks", "{\"url\":\"http://hooks.example/x\"}", 400, "url" },
		{ "POST", "/v1/webhooks", "{\"url\":\"http://hooks.example/x\",\"plain\":false}", 400,
			"url" },
		{ "POST", "/v1/tokens", "{\"name\":\"x\",\"role\":\"king\"}", 400, "role" },
		{ "GET", "/v1/meetings?limit=0", NULL, 400, "limit" },
		{ "GET", "/v1/numbers?colour=red", NULL, 400, "colour" },
		{ "GET", "/v1/meetings?cursor=none", NULL, 400, "cursor" },
	};
	struct bridge b;
	char *before, *after;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "up");
	before = bridge_text(&b, "GET", "/v1/site", NULL, NULL, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct exchange x = exchange(&b, cases[i].method, cases[i].path, cases[i].body, NULL);
		const char *field = json_text_at(x.body, "error.field");

		CHECK(x.status == cases[i].status, "%s %s %s: wanted %ld, have %ld: %s", cases[i].method,
			cases[i].path, cases[i].body, cases[i].status, x.status, x.text);
		CHECK(strcmp(field ? field : "", cases[i].field) == 0, "%s %s: field %s: %s", cases[i].path,
			cases[i].body, cases[i].field, x.text);
		exchange_free(&x);
	}
	after = bridge_text(&b, "GET", "/v1/site", NULL, NULL, NULL);
	CHECK_STR(before, after, "nothing of it has changed the site");
	free(before);
	free(after);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

TESTS(every_path_answers_as_described, what_is_not_described_is_refused, bad_bodies_are_refused_by_field)
