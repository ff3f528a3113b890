/* api_token.c - tokens by the API: made and shown once, listed without their secrets, revoked. */
#include "bridge/api.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAYS_MAX = 3650, MINUTES_MAX = 525600 };

static json_t *token_json(const struct access_token *t)
{
	char created[WHEN_TEXT];

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "id", t->id, "name", t->name, "role",
		access_role_name(t->role), "account", t->account, "meeting", t->meeting, "created_at",
		when_text(created, t->created_us), "expires_at", when_json(t->expires_us));
}

struct token_job { /* a token that is being stored or forgotten */
	struct node *node;
	uint64_t request;
	struct access_token token;
	char secret[ACCESS_SECRET_TEXT];
};

static void token_done(struct token_job *job)
{
	OPENSSL_cleanse(job, sizeof(*job));
	free(job);
}

static enum bridge_err store_it(void *arg, struct store *store)
{
	const struct token_job *job = arg;

	return store_add_token(store, &job->token);
}

static void token_stored(void *arg, enum bridge_err err, const char *text)
{
	struct token_job *job = arg;
	struct node *n = job->node;

	if (!err)
		err = access_put(n->access, &job->token);
	if (err) {
		api_refuse_as(n, job->request, 503, "database",
			err == BRIDGE_RANGE ? "there are too many tokens" : text, NULL);
	} else {
		json_t *body = token_json(&job->token);

		json_object_set_new(body, "token", json_string(job->secret));
		api_reply(n, job->request, 201, body);
	}
	token_done(job);
}

/* The meeting that a `join` is for, and its account; answers the error itself. */
static bool read_meeting(
	struct node *n, const struct http_request *request, const json_t *body, struct access_token *out)
{
	const json_t *meeting = json_object_get(body, "meeting");
	const char *account = json_string_value(json_object_get(body, "account"));
	const struct site_account *of = NULL;

	if (out->role != ACCESS_JOIN && !meeting)
		return true;
	if (out->role != ACCESS_JOIN || !json_is_string(meeting) ||
		!site_meeting(n->site, json_string_value(meeting), &of) ||
		(account && strcmp(of->name, account) != 0)) {
		api_refuse_field(n, request->id, "meeting",
			out->role == ACCESS_JOIN ? "a meeting that there is must be given, of that account"
						 : "only a token to join is of one meeting");
		return false;
	}
	snprintf(out->meeting, sizeof(out->meeting), "%s", json_string_value(meeting));
	snprintf(out->account, sizeof(out->account), "%s", of->name);
	return true;
}

/* How long it lives: {"days": 30}, {"minutes": 30}; neither: until it is revoked.  Answers the error itself. */
static bool read_end(
	struct node *n, const struct http_request *request, const json_t *body, struct access_token *out)
{
	static const struct {
		const char *field, *wrong;
		json_int_t max;
		int64_t each_us;
	} spans[] = {
		{ "days", "days must be a whole number, 1 to 3650", DAYS_MAX, 86400000000 },
		{ "minutes", "minutes, in place of days, must be a whole number, 1 to 525600", MINUTES_MAX,
			60000000 },
	};

	for (size_t i = 0; i < sizeof(spans) / sizeof(*spans); i++) {
		const json_t *span = json_object_get(body, spans[i].field);
		const json_int_t value = json_integer_value(span);

		if (!span)
			continue;
		if (out->expires_us || !json_is_integer(span) || value < 1 || value > spans[i].max) {
			api_refuse_field(n, request->id, spans[i].field, spans[i].wrong);
			return false;
		}
		out->expires_us = when_now_us() + value * spans[i].each_us;
	}
	return true;
}

/* Reads the body into `out`; answers the error itself. */
static bool read_token(
	struct node *n, const struct http_request *request, const json_t *body, struct access_token *out)
{
	const char *name = json_string_value(json_object_get(body, "name"));
	const char *role = json_string_value(json_object_get(body, "role"));
	const json_t *account = json_object_get(body, "account");

	if (!name || !*name || strlen(name) >= sizeof(out->name)) {
		api_refuse_field(n, request->id, "name", "a name of 1 to 63 bytes must be given");
		return false;
	}
	if (!role || !access_role_find(role, &out->role)) {
		api_refuse_field(n, request->id, "role", "role must be join, reader, admin or operator");
		return false;
	}
	if (account && (!json_is_string(account) || !site_account(n->site, json_string_value(account)))) {
		api_refuse_field(n, request->id, "account", "no such account");
		return false;
	}
	if (account && out->role == ACCESS_OPERATOR) {
		api_refuse_field(n, request->id, "account", "an operator is not confined to an account");
		return false;
	}
	snprintf(out->name, sizeof(out->name), "%s", name);
	snprintf(out->account, sizeof(out->account), "%s", account ? json_string_value(account) : "");
	return read_meeting(n, request, body, out) && read_end(n, request, body, out);
}

void api_token_make(struct node *n, const struct http_request *request, const char *word)
{
	json_t *body = json_loadb(request->body, request->body_len, 0, NULL);
	struct token_job *job = calloc(1, sizeof(*job));

	(void)word;
	if (!job) {
		api_reply(n, request->id, 503, NULL);
	} else if (!read_token(n, request, body, &job->token)) {
		free(job);
	} else if (access_make(&job->token, job->secret, when_now_us()) != BRIDGE_OK) {
		api_refuse_field(n, request->id, "name", "the name holds control characters");
		token_done(job);
	} else {
		job->node = n;
		job->request = request->id;
		api_audit_change(n, request, "token.create", job->token.id, NULL, token_json(&job->token));
		writer_do(n->writer, store_it, token_stored, job);
	}
	json_decref(body);
}

void api_tokens(struct node *n, const struct http_request *request, const char *word)
{
	static const struct page_rules rules = { "id", "name role account meeting", PAGE_LIMIT, PAGE_MAX };
	size_t count = 0;
	struct access_token *list = access_list(n->access, &count);
	json_t *items = json_array();

	(void)word;
	if (count == SIZE_MAX) {
		json_decref(items);
		api_reply(n, request->id, 503, NULL);
		return;
	}
	for (size_t i = 0; i < count; i++)
		json_array_append_new(items, token_json(&list[i]));
	free(list);
	api_reply_page(n, request, &rules, items);
}

static enum bridge_err forget_it(void *arg, struct store *store)
{
	const struct token_job *job = arg;

	return store_drop_token(store, job->token.id);
}

static void token_forgotten(void *arg, enum bridge_err err, const char *text)
{
	struct token_job *job = arg;

	if (err)
		api_refuse_as(job->node, job->request, 503, "database",
			text[0] ? text : "it is refused from now on, but not forgotten on disk", NULL);
	else
		api_reply(job->node, job->request, 200, json_pack("{s:s}", "id", job->token.id));
	token_done(job);
}

/* NULL: there is no such token. */
static json_t *token_find(struct node *n, const char *id)
{
	size_t count = 0;
	struct access_token *list = access_list(n->access, &count);
	json_t *found = NULL;

	for (size_t i = 0; list && i < count && !found; i++)
		if (strcmp(list[i].id, id) == 0)
			found = token_json(&list[i]);
	free(list);
	return found;
}

/* It is refused from this moment, whatever the disk says. */
void api_token_drop(struct node *n, const struct http_request *request, const char *word)
{
	struct token_job *job;
	json_t *was = token_find(n, word);

	if (!access_drop(n->access, word)) {
		json_decref(was);
		api_refuse_as(n, request->id, 404, "not_found", "no such token", NULL);
		return;
	}
	job = calloc(1, sizeof(*job));
	if (!job) {
		json_decref(was);
		api_reply(n, request->id, 503, NULL);
		return;
	}
	*job = (struct token_job){ .node = n, .request = request->id };
	snprintf(job->token.id, sizeof(job->token.id), "%s", word);
	api_audit_change(n, request, "token.revoke", word, was, NULL);
	writer_do(n->writer, forget_it, token_forgotten, job);
}
