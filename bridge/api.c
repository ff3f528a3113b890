#include "bridge/api.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct route {
	const char *method, *path; /* {id} stands for one segment */
	api_fn *handler;
	enum access_role role;           /* that it needs */
	enum { OF_ACCOUNT, OF_NODE } of; /* OF_NODE: about all accounts, so not for a token of one */
	const char *summary;
};

static void api_openapi(struct node *n, const struct http_request *request, const char *word);

static const struct route routes[] = {
	{ "GET", "/v1/status", api_status, ACCESS_READER, OF_NODE, "How the bridge is doing" },
	{ "GET", "/v1/meetings", api_meetings, ACCESS_READER, OF_ACCOUNT, "Meetings, configured or open" },
	{ "GET", "/v1/meetings/{id}", api_meeting, ACCESS_READER, OF_ACCOUNT, "One meeting" },
	{ "GET", "/v1/meetings/{id}/participants", api_participants, ACCESS_READER, OF_ACCOUNT,
		"The roster" },
	{ "POST", "/v1/meetings/{id}/lock", api_lock, ACCESS_ADMIN, OF_ACCOUNT, "Lock or unlock" },
	{ "POST", "/v1/participants/{id}/mute", api_mute, ACCESS_ADMIN, OF_ACCOUNT,
		"Mute or unmute as a host does" },
	{ "DELETE", "/v1/participants/{id}", api_remove, ACCESS_ADMIN, OF_ACCOUNT,
		"Remove from the meeting" },
	{ "POST", "/v1/meetings/{id}/calls", api_dial, ACCESS_ADMIN, OF_ACCOUNT,
		"Call somebody into the meeting" },
	{ "GET", "/v1/meetings/{id}/calls", api_dialouts, ACCESS_READER, OF_ACCOUNT,
		"Whom the meeting is calling" },
	{ "GET", "/v1/budgets", api_budgets, ACCESS_READER, OF_ACCOUNT,
		"What accounts have spent on calls, and their ceilings" },
	{ "POST", "/v1/budgets/{id}/unblock", api_unblock, ACCESS_OPERATOR, OF_NODE,
		"Let an account's calls out again that looked like fraud" },
	{ "GET", "/v1/trunks", api_trunks, ACCESS_READER, OF_NODE, "How trunks and their gateways do" },
	{ "GET", "/v1/calls", api_calls, ACCESS_READER, OF_ACCOUNT, "Live calls" },
	{ "DELETE", "/v1/calls/{id}", api_hangup, ACCESS_ADMIN, OF_ACCOUNT, "Hang up" },
	{ "GET", "/v1/calls/{id}/trace", api_call_trace, ACCESS_READER, OF_ACCOUNT,
		"What was said about a call, message by message" },
	{ "GET", "/v1/calls/{id}/why", api_call_why, ACCESS_READER, OF_ACCOUNT,
		"How a call went and ended, in plain words" },
	{ "GET", "/v1/records", api_records, ACCESS_READER, OF_ACCOUNT, "Call records, newest first" },
	{ "PUT", "/v1/site", api_site_put, ACCESS_OPERATOR, OF_NODE,
		"Apply a site file, whole or not at all" },
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
	{ "DELETE", "/v1/webhooks/{id}", api_webhook_drop, ACCESS_OPERATOR, OF_NODE,
		"Drop one, and what it has not got" },
	{ "POST", "/v1/backup", api_backup, ACCESS_OPERATOR, OF_NODE,
		"The database to a file, while calls go on" },
	{ "POST", "/v1/restore", api_restore, ACCESS_OPERATOR, OF_NODE, "The database from such a file" },
	{ "GET", "/metrics", api_metrics, ACCESS_READER, OF_NODE, "Prometheus metrics" },
	{ "GET", "/v1/openapi.json", api_openapi, ACCESS_READER, OF_ACCOUNT, "This description" },
};
enum { ROUTES = sizeof(routes) / sizeof(*routes), WORD_MAX = 256 };

void api_reply(struct node *n, uint64_t id, unsigned status, json_t *body)
{
	static const char no_memory[] =
		"{\"error\":{\"code\":\"out_of_memory\",\"message\":\"out of memory\"}}";
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;

	if (text)
		http_reply(n->http, id, status, "application/json", text, strlen(text));
	else
		http_reply(n->http, id, 503, "application/json", no_memory, sizeof(no_memory) - 1);
	free(text);
	json_decref(body);
}

void api_refuse(struct node *n, uint64_t id, const struct api_error *error)
{
	json_t *inner = json_pack("{s:s, s:s}", "code", error->code, "message", error->message);

	if (inner && error->field && error->field[0])
		json_object_set_new(inner, "field", json_string(error->field));
	if (inner && error->line)
		json_object_set_new(inner, "line", json_integer(error->line));
	api_reply(n, id, error->status, inner ? json_pack("{s:o}", "error", inner) : NULL);
}

/* Does `path` fit the route's pattern?  The variable segment goes to `word`. */
static bool fits(const char *pattern, const char *path, char word[WORD_MAX])
{
	word[0] = '\0';
	while (*pattern) {
		if (*pattern == '{') {
			size_t len = strcspn(path, "/");

			if (len == 0 || len >= WORD_MAX)
				return false;
			memcpy(word, path, len);
			word[len] = '\0';
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
	return access_allows(request->who, ACCESS_READER, account);
}

static void refuse_who(struct node *n, const struct http_request *request, enum access_answer answer)
{
	api_refuse(n, request->id,
		answer == ACCESS_TOO_OFTEN
			? &(struct api_error){ .status = 429,
				  .code = "too_many_tries",
				  .message = "too many wrong tokens from this address; wait a minute" }
			: &(struct api_error){ .status = 401,
				  .code = "unauthorized",
				  .message = "a valid token is needed: Authorization: Bearer ..." });
}

/* Who asks is known; may they? */
static void run(
	struct node *n, const struct route *route, const struct http_request *request, const char *word)
{
	const char *account = request->who->account;

	if (access_allows(request->who, route->role, route->of == OF_NODE || !account[0] ? NULL : account)) {
		route->handler(n, request, word);
		return;
	}
	api_refuse(n, request->id,
		&(struct api_error){ .status = 403,
			.code = "forbidden",
			.message = request->who->role < route->role
					   ? "this token's role does not allow it"
					   : "this token is confined to one account" });
}

static const struct route *find(const struct http_request *request, char word[WORD_MAX], bool *known)
{
	*known = false;
	for (size_t i = 0; i < ROUTES; i++) {
		if (!fits(routes[i].path, request->path, word))
			continue;
		*known = true;
		if (strcmp(routes[i].method, request->method) == 0)
			return &routes[i];
	}
	return NULL;
}

void api_request(void *arg, const struct http_request *request)
{
	struct node *n = arg;
	struct http_request asked = *request;
	struct access_who who;
	enum access_answer answer =
		access_ask(n->access, request->local, request->token, request->source, when_now_us(), &who);
	const struct route *route;
	char word[WORD_MAX];
	bool known;

	asked.who = &who;
	if (answer != ACCESS_YES) {
		refuse_who(n, request, answer);
		return;
	}
	route = find(request, word, &known);
	if (route) {
		run(n, route, &asked, word);
		return;
	}
	api_refuse(n, request->id,
		known ? &(struct api_error){ .status = 405,
				.code = "method_not_allowed",
				.message = "this path has no such method" }
		      : &(struct api_error){ .status = 404,
				.code = "not_found",
				.message = "there is nothing at this path" });
}

/* API thread. */
unsigned api_may_listen(
	void *arg, bool local, const char *token, const char *source, char account[HTTP_ACCOUNT_MAX])
{
	struct node *n = arg;
	struct access_who who;

	switch (access_ask(n->access, local, token, source, when_now_us(), &who)) {
	case ACCESS_UNKNOWN: return 401;
	case ACCESS_TOO_OFTEN: return 429;
	case ACCESS_YES: break;
	}
	snprintf(account, HTTP_ACCOUNT_MAX, "%s", who.account);
	return 0;
}

static json_t *describe(const struct route *r)
{
	json_t *operation = json_pack("{s:s, s:s, s:{s:{s:s}, s:{s:s}}}", "summary", r->summary, "x-role",
		access_role_name(r->role), "responses", "200", "description", "done", "default",
		"description", "an error object");

	if (operation && strchr(r->path, '{'))
		json_object_set_new(operation, "parameters",
			json_pack("[{s:s, s:s, s:b, s:{s:s}}]", "name", "id", "in", "path", "required", 1,
				"schema", "type", "string"));
	return operation;
}

static void api_openapi(struct node *n, const struct http_request *request, const char *word)
{
	json_t *paths = json_object();

	(void)word;
	for (size_t i = 0; paths && i < ROUTES; i++) {
		json_t *path = json_object_get(paths, routes[i].path);
		char method[8];

		snprintf(method, sizeof(method), "%s", routes[i].method);
		for (char *c = method; *c; c++)
			*c = (char)(*c | 0x20);
		if (!path) {
			path = json_object();
			json_object_set_new(paths, routes[i].path, path);
		}
		json_object_set_new(path, method, describe(&routes[i]));
	}
	api_reply(n, request->id, 200,
		json_pack("{s:s, s:{s:s, s:s}, s:o}", "openapi", "3.1.0", "info", "title", "partyline",
			"version", "1", "paths", paths));
}
