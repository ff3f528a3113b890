/* api_objects.c - one object of the site by the API: shown, made, changed, deleted.  Lists are in api_list.c.
 *
 * Secrets: passwords are never shown; PINs with one meeting alone, to those who may change it.  Left out of a PUT they stay,
 * null or "" takes them away.
 */
#include "bridge/api.h"
#include "bridge/editor.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum site_kind kind_of(const struct http_request *request)
{
	const char *list = request->path + strlen("/v1/");
	enum site_kind kind = SITE_KINDS;
	char name[16];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(list, "/"), list);
	if (!site_kind_find(name, &kind))
		abort(); /* the route's path names a list of the site */
	return kind;
}

/* ---- as it is shown ---- */

json_t *api_row(struct node *n, const struct site_place *at, enum access_role role)
{
	json_t *row = site_json(
		at->kind, site_object(n->site, at), role >= ACCESS_ADMIN ? SITE_SHOW_PINS : SITE_SHOW_OPEN);
	char key[SITE_KEY];

	if (!row)
		return NULL;
	site_key(n->site, at, key);
	json_object_set_new(row, "id", json_string(key));
	if (at->kind == SITE_MEETING || at->kind == SITE_USER)
		json_object_set_new(row, "account", json_string(site_owner(n->site, at)));
	if (at->kind == SITE_MEETING)
		api_meeting_live(n, key, row);
	else if (at->kind == SITE_TRUNK)
		api_trunk_live(n, key, row);
	return row;
}

void api_object(struct node *n, const struct http_request *request, const char *word)
{
	const enum site_kind kind = kind_of(request);
	struct http_more more = { .replayed = false };
	struct site_place at;

	if (!site_find(n->site, kind, word, &at) ||
		(request->who->account[0] && !api_sees(request, site_owner(n->site, &at)))) {
		char message[48];

		snprintf(message, sizeof(message), "there is no such %s", site_schemas[kind].word);
		api_refuse_as(n, request->id, 404, "not_found", message, NULL);
		return;
	}
	edit_etag(n->site, &at, editor_tag_key(n->editor), more.etag);
	api_reply_more(n, request->id, 200, api_row(n, &at, request->who->role), &more);
}

/* ---- changes ---- */

static struct edit *edit_of(
	struct node *n, const struct http_request *request, enum edit_what what, const char *word)
{
	struct edit *e = edit_alloc();

	if (!e) {
		api_reply(n, request->id, 503, NULL);
		return NULL;
	}
	e->what = what;
	e->kind = kind_of(request);
	e->request = request->id;
	snprintf(e->who, sizeof(e->who), "%s", request->who->name);
	snprintf(e->key, sizeof(e->key), "%s", word);
	snprintf(e->account, sizeof(e->account), "%s", request->who->account);
	snprintf(e->if_match, sizeof(e->if_match), "%s", request->if_match);
	return e;
}

/* On its way to the editor, which answers; `body` is taken. */
static void post(struct node *n, const struct http_request *request, enum edit_what what, const char *word,
	json_t *body)
{
	struct edit *e = edit_of(n, request, what, word);

	if (!e) {
		json_decref(body);
		return;
	}
	e->body = body;
	editor_post(n->editor, e);
}

/* With a body, which must be an object. */
static void change(struct node *n, const struct http_request *request, enum edit_what what, const char *word)
{
	json_error_t wrong;
	json_t *body = json_loadb(request->body, request->body_len, JSON_REJECT_DUPLICATES, &wrong);
	char message[300];

	if (!json_is_object(body)) {
		if (body)
			snprintf(message, sizeof(message), "the body must be a JSON object");
		else
			snprintf(message, sizeof(message), "the body is not JSON: line %d: %.200s",
				wrong.line, request->body_len ? wrong.text : "it is empty");
		json_decref(body);
		api_refuse_as(n, request->id, 400, "bad_request", message, NULL);
		return;
	}
	post(n, request, what, word, body);
}

void api_object_create(struct node *n, const struct http_request *request, const char *word)
{
	change(n, request, EDIT_CREATE, word);
}

void api_object_replace(struct node *n, const struct http_request *request, const char *word)
{
	change(n, request, EDIT_REPLACE, word);
}

void api_object_patch(struct node *n, const struct http_request *request, const char *word)
{
	change(n, request, EDIT_PATCH, word);
}

void api_object_set(struct node *n, const struct http_request *request, const char *word, json_t *body)
{
	post(n, request, EDIT_PATCH, word, body);
}

void api_object_delete(struct node *n, const struct http_request *request, const char *word)
{
	struct edit *e = edit_of(n, request, EDIT_DELETE, word);
	char recursive[8] = "";

	if (!e)
		return;
	http_query(request->query, "recursive", recursive, sizeof(recursive));
	e->recursive = strcmp(recursive, "true") == 0;
	editor_post(n->editor, e);
}

/* ---- answers ---- */

static void tell_applied(struct node *n, const struct edit *e)
{
	json_t *data = json_pack("{s:i}", "count", (int)e->n_changes);

	if (e->owner[0])
		json_object_set_new(data, "account", json_string(e->owner));
	if (e->changes)
		json_object_set(data, "changes", e->changes);
	event_emit(n->bus, "site.applied", data);
}

static void put_location(char *out, size_t cap, enum site_kind kind, const char *key)
{
	size_t used = (size_t)snprintf(out, cap, "/v1/%s/", site_schemas[kind].list);

	for (const unsigned char *c = (const unsigned char *)key; *c && used + 4 < cap; c++)
		used += (size_t)(isalnum(*c) || strchr("-._~/+@:", *c)
					 ? snprintf(out + used, cap - used, "%c", *c)
					 : snprintf(out + used, cap - used, "%%%02X", *c));
}

static void answer_done(struct node *n, const struct edit *e)
{
	struct http_more more = { .replayed = false };
	struct site_place at;

	if (e->what == EDIT_SITE) {
		api_reply_text(n, e->request, 200, e->answer);
		return;
	}
	if (e->what == EDIT_DELETE || !site_find(n->site, e->kind, e->new_key, &at)) {
		api_reply(n, e->request, e->status, json_pack("{s:s}", "id", e->key));
		return;
	}
	edit_etag(n->site, &at, editor_tag_key(n->editor), more.etag);
	if (e->what == EDIT_CREATE)
		put_location(more.location, sizeof(more.location), e->kind, e->new_key);
	api_reply_more(n, e->request, e->status, api_row(n, &at, ACCESS_ADMIN), &more);
}

void api_edited(struct node *n, const struct edit *e)
{
	if (e->status >= 300) {
		api_refuse(n, e->request,
			&(struct api_error){ .status = e->status,
				.code = e->code,
				.message = e->message,
				.field = e->field,
				.line = e->line });
		return;
	}
	if (!e->unchanged) {
		log_line(LOG_INFO, NULL, "site", "applied, %zu changes", e->n_changes);
		tell_applied(n, e);
	}
	answer_done(n, e);
}
