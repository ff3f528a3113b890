#include "bridge/api.h"
#include "bridge/idempotence.h"
#include "bridge/keeping.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the site holds of one kind: who may read it, whether a token of one account sees its own, who may change it. */
#define OBJECTS(list, one, read_of, change, change_of)                                                       \
	OBJECTS_READ_BY(ACCESS_READER, list, one, read_of, change, change_of)
/* `role`: who may read one of them, by its ID. */
#define OBJECTS_READ_BY(role, list, one, read_of, change, change_of)                                         \
	{ "GET", "/v1/" list, api_objects, ACCESS_READER, read_of, "All " list ", page by page" },           \
		{ "POST", "/v1/" list, api_object_create, change, change_of, "Make a " one },                \
		{ "GET", "/v1/" list "/{id}", api_object, role, read_of, "One " one },                       \
		{ "PUT", "/v1/" list "/{id}", api_object_replace, change, change_of,                         \
			"Change a " one "; what is left out goes back to its default" },                     \
		{ "PATCH", "/v1/" list "/{id}", api_object_patch, change, change_of,                         \
			"Change a " one "; what is left out stays (RFC 7396)" },                             \
	{                                                                                                    \
		"DELETE", "/v1/" list "/{id}", api_object_delete, change, change_of, "Delete a " one         \
	}

static const struct api_route routes[] = {
	{ "GET", "/v1/status", api_status, ACCESS_READER, OF_NODE, "How the bridge is doing" },
	OBJECTS("accounts", "account", OF_ACCOUNT, ACCESS_OPERATOR, OF_NODE),
	OBJECTS_READ_BY(ACCESS_JOIN, "meetings", "meeting", OF_ACCOUNT, ACCESS_ADMIN, OF_ACCOUNT),
	{ "GET", "/v1/users", api_objects, ACCESS_READER, OF_ACCOUNT, "All users, page by page" },
	{ "POST", "/v1/users", api_object_create, ACCESS_ADMIN, OF_ACCOUNT, "Make a user" },
	{ "GET", "/v1/users/{account}/{id}", api_object, ACCESS_READER, OF_ACCOUNT, "One user" },
	{ "PUT", "/v1/users/{account}/{id}", api_object_replace, ACCESS_ADMIN, OF_ACCOUNT,
		"Change a user; what is left out goes back to its default" },
	{ "PATCH", "/v1/users/{account}/{id}", api_object_patch, ACCESS_ADMIN, OF_ACCOUNT,
		"Change a user; what is left out stays (RFC 7396)" },
	{ "DELETE", "/v1/users/{account}/{id}", api_object_delete, ACCESS_ADMIN, OF_ACCOUNT,
		"Delete a user" },
	OBJECTS("trunks", "trunk", OF_NODE, ACCESS_OPERATOR, OF_NODE),
	{ "POST", "/v1/trunks/{id}/drain", api_trunk_drain, ACCESS_OPERATOR, OF_NODE,
		"No new calls on a trunk; live ones end by themselves" },
	{ "POST", "/v1/trunks/{id}/resume", api_trunk_resume, ACCESS_OPERATOR, OF_NODE,
		"A trunk takes calls again" },
	{ "POST", "/v1/drain", api_drain, ACCESS_OPERATOR, OF_NODE,
		"No new calls at all, before an upgrade; the bridge may end when the last one is over" },
	{ "POST", "/v1/resume", api_resume, ACCESS_OPERATOR, OF_NODE, "New calls are taken again" },
	OBJECTS("numbers", "number", OF_ACCOUNT, ACCESS_OPERATOR, OF_NODE),
	OBJECTS("routes", "route", OF_ACCOUNT, ACCESS_OPERATOR, OF_NODE),
	OBJECTS("calendars", "calendar", OF_NODE, ACCESS_OPERATOR, OF_NODE),
	OBJECTS("classes", "class", OF_NODE, ACCESS_OPERATOR, OF_NODE),
	{ "GET", "/v1/meetings/{id}/participants", api_participants, ACCESS_JOIN, OF_ACCOUNT, "The roster" },
	{ "POST", "/v1/meetings/{id}/lock", api_lock, ACCESS_ADMIN, OF_ACCOUNT, "Lock or unlock" },
	{ "POST", "/v1/participants/{id}/mute", api_mute, ACCESS_ADMIN, OF_ACCOUNT,
		"Mute or unmute as a host does" },
	{ "DELETE", "/v1/participants/{id}", api_remove, ACCESS_ADMIN, OF_ACCOUNT,
		"Remove from the meeting" },
	{ "POST", "/v1/meetings/{id}/calls", api_dial, ACCESS_ADMIN, OF_ACCOUNT,
		"Call somebody into the meeting" },
	{ "GET", "/v1/meetings/{id}/calls", api_dialouts, ACCESS_READER, OF_ACCOUNT,
		"Whom the meeting is calling" },
	{ "GET", "/v1/meetings/{id}/invite", api_invite, ACCESS_READER, OF_ACCOUNT,
		"By which numbers people dial in, toll and toll-free by country, and a text to send them" },
	{ "POST", "/v1/meetings/{id}/people", api_people, ACCESS_ADMIN, OF_ACCOUNT,
		"Call a list of people into the meeting, each at one number or several" },
	{ "GET", "/v1/meetings/{id}/people", api_people_list, ACCESS_READER, OF_ACCOUNT,
		"People of such lists who are not there yet" },
	{ "GET", "/v1/alerts", api_alerts, ACCESS_READER, OF_NODE,
		"What is wrong now, since when, and what can be done" },
	{ "GET", "/v1/budgets", api_budgets, ACCESS_READER, OF_ACCOUNT,
		"What accounts have spent on calls, and their ceilings" },
	{ "POST", "/v1/budgets/{id}/unblock", api_unblock, ACCESS_OPERATOR, OF_NODE,
		"Let an account's calls out again that looked like fraud" },
	{ "GET", "/v1/rates", api_rates, ACCESS_READER, OF_NODE, "Trunks' rate sheets" },
	{ "GET", "/v1/rates/{id}", api_rates_show, ACCESS_READER, OF_NODE,
		"A trunk's rate sheet, page by page, or what it says of one number" },
	{ "PUT", "/v1/rates/{id}", api_rates_import, ACCESS_OPERATOR, OF_NODE,
		"Import a trunk's rate sheet from CSV, whole or not at all" },
	{ "DELETE", "/v1/rates/{id}", api_rates_delete, ACCESS_OPERATOR, OF_NODE,
		"Forget a trunk's rate sheet" },
	{ "GET", "/v1/calls", api_calls, ACCESS_READER, OF_ACCOUNT, "Live calls" },
	{ "DELETE", "/v1/calls/{id}", api_hangup, ACCESS_ADMIN, OF_ACCOUNT, "Hang up" },
	{ "POST", "/v1/calls/{id}/transfer", api_transfer, ACCESS_ADMIN, OF_ACCOUNT,
		"Send a call elsewhere: its far end is asked to call somebody else" },
	{ "POST", "/v1/calls/{id}/digits", api_digits, ACCESS_ADMIN, OF_ACCOUNT,
		"Press keys on a call that sits in a meeting" },
	{ "GET", "/v1/calls/{id}/trace", api_call_trace, ACCESS_READER, OF_ACCOUNT,
		"What was said about a call, message by message" },
	{ "GET", "/v1/calls/{id}/why", api_call_why, ACCESS_READER, OF_ACCOUNT,
		"How a call went and ended, in plain words" },
	{ "GET", "/v1/records", api_records, ACCESS_READER, OF_ACCOUNT, "Call records, newest first" },
	{ "GET", "/v1/sittings", api_sittings, ACCESS_READER, OF_ACCOUNT,
		"Meetings' records: each time one was held, the last first" },
	{ "PUT", "/v1/site", api_site_put, ACCESS_OPERATOR, OF_NODE,
		"Apply a site file, whole or not at all" },
	{ "POST", "/v1/site/rollback", api_site_rollback, ACCESS_OPERATOR, OF_NODE,
		"Back to the site before the last file that was applied" },
	{ "GET", "/v1/site", api_site_get, ACCESS_OPERATOR, OF_NODE,
		"The site file in force, PINs and passwords in it" },
	{ "GET", "/v1/dialplan/explain", api_explain, ACCESS_READER, OF_NODE,
		"What would answer a number, or carry a call to it, and why" },
	{ "POST", "/v1/dialplan/diff", api_plan_diff, ACCESS_OPERATOR, OF_NODE,
		"What a day's calls would have met with another site file" },
	{ "POST", "/v1/tokens", api_token_make, ACCESS_OPERATOR, OF_NODE,
		"Make a token; it is shown this once" },
	{ "GET", "/v1/tokens", api_tokens, ACCESS_OPERATOR, OF_NODE,
		"Tokens in force, without their secrets" },
	{ "DELETE", "/v1/tokens/{id}", api_token_drop, ACCESS_OPERATOR, OF_NODE, "Revoke a token" },
	{ "GET", "/v1/audit", api_audit_list, ACCESS_OPERATOR, OF_NODE, "Who changed what, newest first" },
	{ "GET", "/v1/audit/check", api_audit_check, ACCESS_OPERATOR, OF_NODE, "Is the audit log unbroken?" },
	{ "POST", "/v1/webhooks", api_webhook_make, ACCESS_OPERATOR, OF_NODE,
		"Send events to a URL; the secret is shown this once" },
	{ "GET", "/v1/webhooks", api_webhooks, ACCESS_OPERATOR, OF_NODE, "Webhooks, and how they are doing" },
	{ "POST", "/v1/webhooks/{id}/retry", api_webhook_retry, ACCESS_OPERATOR, OF_NODE,
		"Try again at once what its receiver has refused" },
	{ "DELETE", "/v1/webhooks/{id}", api_webhook_drop, ACCESS_OPERATOR, OF_NODE,
		"Drop one, and what it has not got" },
	{ "POST", "/v1/backup", api_backup, ACCESS_OPERATOR, OF_NODE,
		"The database to a file, while calls go on" },
	{ "POST", "/v1/restore", api_restore, ACCESS_OPERATOR, OF_NODE, "The database from such a file" },
	{ "GET", "/metrics", api_metrics, ACCESS_READER, OF_NODE, "Prometheus metrics" },
	{ "GET", "/v1/openapi.json", api_openapi, ACCESS_READER, OF_ACCOUNT, "This description" },
};
enum { ROUTES = sizeof(routes) / sizeof(*routes), WORD_MAX = 256 };

const struct api_route *api_routes(size_t *n)
{
	*n = ROUTES;
	return routes;
}

void api_reply(struct node *n, uint64_t id, unsigned status, json_t *body)
{
	api_reply_more(n, id, status, body, NULL);
}

static void answer(
	struct node *n, uint64_t id, unsigned status, const char *text, const struct http_more *more)
{
	const struct idempotence_kept *kept =
		idempotence_settle(n->idempotence, id, status, text, strlen(text), more);

	if (kept)
		keeping_answer(n, id, kept);
	else
		http_reply_more(n->http, id, status, "application/json", text, strlen(text), more);
}

void api_reply_more(struct node *n, uint64_t id, unsigned status, json_t *body, const struct http_more *more)
{
	static const char no_memory[] =
		"{\"error\":{\"code\":\"out_of_memory\",\"message\":\"out of memory\"}}";
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;

	if (text)
		answer(n, id, status, text, more);
	else
		answer(n, id, 503, no_memory, NULL);
	free(text);
	json_decref(body);
}

void api_reply_text(struct node *n, uint64_t id, unsigned status, const char *json)
{
	answer(n, id, status, json, NULL);
}

static void refuse_more(
	struct node *n, uint64_t id, const struct api_error *error, const struct http_more *more)
{
	json_t *inner = json_pack("{s:s, s:s}", "code", error->code, "message", error->message);

	if (inner && error->field && error->field[0])
		json_object_set_new(inner, "field", json_string(error->field));
	if (inner && error->line)
		json_object_set_new(inner, "line", json_integer(error->line));
	api_reply_more(n, id, error->status, inner ? json_pack("{s:o}", "error", inner) : NULL, more);
}

void api_refuse(struct node *n, uint64_t id, const struct api_error *error)
{
	refuse_more(n, id, error, NULL);
}

void api_refuse_as(struct node *n, uint64_t id, unsigned status, const char *code, const char *message,
	const char *field)
{
	api_refuse(n, id,
		&(struct api_error){ .status = status, .code = code, .message = message, .field = field });
}

void api_refuse_field(struct node *n, uint64_t id, const char *field, const char *message)
{
	api_refuse_as(n, id, 400, "bad_request", message, field);
}

/* Does `path` fit the route's pattern?  The variable segments go to `word`. */
static bool fits(const char *pattern, const char *path, char word[WORD_MAX])
{
	size_t used = 0;

	word[0] = '\0';
	while (*pattern) {
		if (*pattern == '{') {
			size_t len = strcspn(path, "/");

			if (len == 0 || used + len + 2 > WORD_MAX)
				return false;
			if (used)
				word[used++] = '/';
			memcpy(word + used, path, len);
			used += len;
			word[used] = '\0';
			path += len;
			pattern = strchr(pattern, '}') + 1;
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return *path == '\0';
}

bool api_sees(const struct http_request *request, const char *account)
{
	return access_allows(
		request->who, ACCESS_JOIN, account); /* whether they may do it, their route has said */
}

static void refuse_who(struct node *n, const struct http_request *request, enum access_answer answer)
{
	const struct http_more wrong = { .bearer = "invalid_token" };

	if (answer == ACCESS_TOO_OFTEN)
		api_refuse_as(n, request->id, 429, "too_many_tries",
			"too many wrong tokens from this address; wait a minute", NULL);
	else
		refuse_more(n, request->id,
			&(struct api_error){ .status = 401,
				.code = "unauthorized",
				.message = "a valid token is needed: Authorization: Bearer ..." },
			request->token[0] ? &wrong : NULL);
}

/* Has it been asked before?  True: it is answered. */
static bool asked_before(struct node *n, const struct http_request *request)
{
	struct idempotence_answer kept;

	if (strcmp(request->method, "POST") != 0 || !request->idempotency_key[0])
		return false;
	if (strcmp(request->idempotency_key, "?") == 0) {
		api_refuse_field(
			n, request->id, "Idempotency-Key", "an Idempotency-Key has 127 bytes at most");
		return true;
	}
	switch (idempotence_begin(n->idempotence, request->who->name, request, when_now_us(), &kept)) {
	case IDEMPOTENCE_NEW: return false;
	case IDEMPOTENCE_BUSY:
		api_refuse_as(n, request->id, 409, "busy",
			"the first request with this Idempotency-Key is not answered yet", NULL);
		return true;
	case IDEMPOTENCE_OTHER:
		api_refuse_as(n, request->id, 422, "key_reused",
			"this Idempotency-Key was used for another request", "Idempotency-Key");
		return true;
	case IDEMPOTENCE_GONE:
		api_refuse_as(n, request->id, 409, "answer_gone",
			"this was carried out before the bridge restarted; its answer held a "
			"secret, which is not kept",
			"Idempotency-Key");
		return true;
	case IDEMPOTENCE_AGAIN: break;
	}
	kept.more.replayed = true;
	http_reply_more(
		n->http, request->id, kept.status, "application/json", kept.body, kept.len, &kept.more);
	return true;
}

/* Who asks is known; may they? */
static void run(
	struct node *n, const struct api_route *route, const struct http_request *request, const char *word)
{
	const char *account = request->who->account;

	if (request->who->meeting[0] && route->role == ACCESS_JOIN &&
		strcmp(request->who->meeting, word) != 0) {
		api_refuse_as(n, request->id, 404, "not_found", "no such meeting", NULL);
		return;
	}
	if (access_allows(request->who, route->role, route->of == OF_NODE || !account[0] ? NULL : account)) {
		if (!asked_before(n, request))
			route->handler(n, request, word);
		return;
	}
	refuse_more(n, request->id,
		&(struct api_error){ .status = 403,
			.code = "forbidden",
			.message = request->who->role < route->role
					   ? "this token's role does not allow it"
					   : "this token is confined to one account" },
		&(struct http_more){ .bearer = "insufficient_scope" });
}

/* NULL: no such method here; those that there are go to `allow`, "" when there is no such path. */
static const struct api_route *find(const struct http_request *request, char word[WORD_MAX],
	char allow[static sizeof(((struct http_more *)0)->allow)])
{
	const size_t cap = sizeof(((struct http_more *)0)->allow);

	allow[0] = '\0';
	for (size_t i = 0; i < ROUTES; i++) {
		const size_t used = strlen(allow);

		if (!fits(routes[i].path, request->path, word))
			continue;
		if (strcmp(routes[i].method, request->method) == 0)
			return &routes[i];
		snprintf(allow + used, cap - used, "%s%s%s", used ? ", " : "", routes[i].method,
			strcmp(routes[i].method, "GET") == 0 ? ", HEAD" : "");
	}
	return NULL;
}

static void refuse_path(struct node *n, const struct http_request *request, const char *allow)
{
	struct http_more more = { .replayed = false };

	if (!allow[0]) {
		api_refuse_as(n, request->id, 404, "not_found", "there is nothing at this path", NULL);
		return;
	}
	snprintf(more.allow, sizeof(more.allow), "%s", allow);
	api_reply_more(n, request->id, 405,
		json_pack("{s:{s:s, s:s}}", "error", "code", "method_not_allowed", "message",
			"this path has no such method"),
		&more);
}

void api_request(void *arg, const struct http_request *request)
{
	struct node *n = arg;
	struct http_request asked = *request;
	struct access_who who;
	enum access_answer answer =
		access_ask(n->access, request->local, request->token, request->source, when_now_us(), &who);
	const struct api_route *route;
	char word[WORD_MAX], allow[sizeof(((struct http_more *)0)->allow)];

	asked.who = &who;
	if (answer != ACCESS_YES) {
		refuse_who(n, request, answer);
		return;
	}
	route = find(request, word, allow);
	if (route)
		run(n, route, &asked, word);
	else
		refuse_path(n, request, allow);
}

/* API thread. */
unsigned api_may_listen(
	void *arg, bool local, const char *token, const char *source, struct http_scope *scope)
{
	struct node *n = arg;
	struct access_who who;

	switch (access_ask(n->access, local, token, source, when_now_us(), &who)) {
	case ACCESS_UNKNOWN: return 401;
	case ACCESS_TOO_OFTEN: return 429;
	case ACCESS_YES: break;
	}
	snprintf(scope->account, sizeof(scope->account), "%s", who.account);
	snprintf(scope->meeting, sizeof(scope->meeting), "%s", who.meeting);
	scope->types = who.role == ACCESS_JOIN ? "meeting.*,participant.*" : NULL;
	return 0;
}
