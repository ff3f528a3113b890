/* api_admin.c - what operators do to the bridge itself: tokens, the audit log, backup and restore. */
#include "bridge/api.h"
#include "bridge/node_site.h"
#include "bridge/editor.h"
#include "bridge/tariff.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AUDIT_LIMIT = 1000, DAYS_MAX = 3650, PATH_CAP = 512 };
static const int64_t DAY_US = 86400000000;

static void bad_field(struct node *n, uint64_t id, const char *field, const char *message)
{
	api_refuse(n, id,
		&(struct api_error){
			.status = 400, .code = "bad_request", .message = message, .field = field });
}

static void no_memory(struct node *n, uint64_t id)
{
	api_reply(n, id, 503, NULL);
}

/* ---- the audit log ---- */

struct audit { /* a row on its way to the disk */
	struct node *node;
	char who[sizeof(((struct access_who *)0)->name)], what[32];
	char *changes; /* owned; jansson's */
	int64_t at_us;
};

static enum bridge_err write_audit(void *arg, struct store *store)
{
	const struct audit *a = arg;
	const struct audit_row row = {
		.at_us = a->at_us, .who = a->who, .what = a->what, .changes = a->changes
	};

	return store_add_audit(store, &row);
}

static void audit_written(void *arg, enum bridge_err err, const char *text)
{
	struct audit *a = arg;

	if (err)
		log_line(LOG_ERROR, NULL, "audit", "%s by %s is not in the audit log: %s", a->what, a->who,
			text);
	free(a->changes);
	free(a);
}

void api_audit(struct node *n, const struct http_request *request, const char *what, json_t *changes)
{
	struct audit *a = calloc(1, sizeof(*a));

	if (a) {
		*a = (struct audit){
			.node = n, .at_us = when_now_us(), .changes = json_dumps(changes, JSON_COMPACT)
		};
		snprintf(a->who, sizeof(a->who), "%s", request->who->name);
		snprintf(a->what, sizeof(a->what), "%s", what);
	}
	json_decref(changes);
	if (a && a->changes)
		writer_do(n->writer, write_audit, audit_written, a);
	else
		free(a);
}

void api_audit_change(struct node *n, const struct http_request *request, const char *what, const char *key,
	json_t *before, json_t *after)
{
	api_audit(n, request, what,
		json_pack("{s:s, s:o, s:o}", "key", key, "before", before ? before : json_null(), "after",
			after ? after : json_null()));
}

struct audit_reading {
	struct node *node;
	uint64_t request;
	json_t *items; /* owned */
	unsigned limit;
	uint64_t rows;
	int64_t broken;
};

static struct audit_reading *reading_of(struct node *n, const struct http_request *request)
{
	struct audit_reading *r = calloc(1, sizeof(*r));

	if (r)
		*r = (struct audit_reading){ .node = n, .request = request->id, .items = json_array() };
	else
		no_memory(n, request->id);
	return r;
}

static void add_row(void *arg, const struct audit_row *row)
{
	struct audit_reading *r = arg;
	json_t *changes = json_loads(row->changes, JSON_DECODE_ANY, NULL);
	char at[WHEN_TEXT];

	json_array_append_new(r->items, json_pack("{s:I, s:s, s:s, s:s, s:o}", "id", (json_int_t)row->id,
						"at", when_text(at, row->at_us), "who", row->who, "what",
						row->what, "changes", changes ? changes : json_null()));
}

static enum bridge_err read_audit(void *arg, struct store *store)
{
	struct audit_reading *r = arg;

	return store_each_audit(store, r->limit, add_row, r);
}

static void audit_read(void *arg, enum bridge_err err, const char *text)
{
	struct audit_reading *r = arg;

	if (err)
		api_refuse(r->node, r->request,
			&(struct api_error){ .status = 503, .code = "database", .message = text });
	else
		api_reply(r->node, r->request, 200, json_pack("{s:O}", "items", r->items));
	json_decref(r->items);
	free(r);
}

void api_audit_list(struct node *n, const struct http_request *request, const char *word)
{
	char text[16] = "100";
	struct audit_reading *r;
	unsigned long limit;

	(void)word;
	http_query(request->query, "limit", text, sizeof(text));
	limit = strtoul(text, NULL, 10);
	if (limit < 1 || limit > AUDIT_LIMIT) {
		bad_field(n, request->id, "limit", "limit must be 1 to 1000");
		return;
	}
	r = reading_of(n, request);
	if (!r)
		return;
	r->limit = (unsigned)limit;
	writer_do(n->writer, read_audit, audit_read, r);
}

static enum bridge_err check_audit(void *arg, struct store *store)
{
	struct audit_reading *r = arg;

	return store_check_audit(store, &r->rows, &r->broken);
}

static void audit_checked(void *arg, enum bridge_err err, const char *text)
{
	struct audit_reading *r = arg;

	if (err)
		api_refuse(r->node, r->request,
			&(struct api_error){ .status = 503, .code = "database", .message = text });
	else
		api_reply(r->node, r->request, 200,
			json_pack("{s:I, s:b, s:o}", "rows", (json_int_t)r->rows, "unbroken", r->broken == 0,
				"first_broken", r->broken ? json_integer(r->broken) : json_null()));
	json_decref(r->items);
	free(r);
}

void api_audit_check(struct node *n, const struct http_request *request, const char *word)
{
	struct audit_reading *r = reading_of(n, request);

	(void)word;
	if (r)
		writer_do(n->writer, check_audit, audit_checked, r);
}

/* ---- tokens ---- */

static json_t *token_json(const struct access_token *t)
{
	char created[WHEN_TEXT];

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "id", t->id, "name", t->name, "role",
		access_role_name(t->role), "account", t->account, "created_at",
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
		api_refuse(n, job->request,
			&(struct api_error){ .status = 503,
				.code = "database",
				.message = err == BRIDGE_RANGE ? "there are too many tokens" : text });
	} else {
		json_t *body = token_json(&job->token);

		json_object_set_new(body, "token", json_string(job->secret));
		api_reply(n, job->request, 201, body);
	}
	token_done(job);
}

/* Reads the body into `out`; answers the error itself. */
static bool read_token(
	struct node *n, const struct http_request *request, const json_t *body, struct access_token *out)
{
	const char *name = json_string_value(json_object_get(body, "name"));
	const char *role = json_string_value(json_object_get(body, "role"));
	const json_t *account = json_object_get(body, "account"), *days = json_object_get(body, "days");

	if (!name || !*name || strlen(name) >= sizeof(out->name)) {
		bad_field(n, request->id, "name", "a name of 1 to 63 bytes must be given");
		return false;
	}
	if (!role || !access_role_find(role, &out->role)) {
		bad_field(n, request->id, "role", "role must be reader, admin or operator");
		return false;
	}
	if (account && (!json_is_string(account) || !site_account(n->site, json_string_value(account)))) {
		bad_field(n, request->id, "account", "no such account");
		return false;
	}
	if (account && out->role == ACCESS_OPERATOR) {
		bad_field(n, request->id, "account", "an operator is not confined to an account");
		return false;
	}
	if (days && (!json_is_integer(days) || json_integer_value(days) < 1 ||
			    json_integer_value(days) > DAYS_MAX)) {
		bad_field(n, request->id, "days", "days must be a whole number, 1 to 3650");
		return false;
	}
	snprintf(out->name, sizeof(out->name), "%s", name);
	snprintf(out->account, sizeof(out->account), "%s", account ? json_string_value(account) : "");
	out->expires_us = days ? when_now_us() + json_integer_value(days) * DAY_US : 0;
	return true;
}

void api_token_make(struct node *n, const struct http_request *request, const char *word)
{
	json_t *body = json_loadb(request->body, request->body_len, 0, NULL);
	struct token_job *job = calloc(1, sizeof(*job));

	(void)word;
	if (!job) {
		no_memory(n, request->id);
	} else if (!read_token(n, request, body, &job->token)) {
		free(job);
	} else if (access_make(&job->token, job->secret, when_now_us()) != BRIDGE_OK) {
		bad_field(n, request->id, "name", "the name holds control characters");
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
	size_t count = 0;
	struct access_token *list = access_list(n->access, &count);
	json_t *items = json_array();

	(void)word;
	if (count == SIZE_MAX) {
		json_decref(items);
		no_memory(n, request->id);
		return;
	}
	for (size_t i = 0; i < count; i++)
		json_array_append_new(items, token_json(&list[i]));
	free(list);
	api_reply(n, request->id, 200, json_pack("{s:o}", "items", items));
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
		api_refuse(job->node, job->request,
			&(struct api_error){ .status = 503,
				.code = "database",
				.message =
					text[0] ? text
						: "it is refused from now on, but not forgotten on disk" });
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
		api_refuse(n, request->id,
			&(struct api_error){
				.status = 404, .code = "not_found", .message = "no such token" });
		return;
	}
	job = calloc(1, sizeof(*job));
	if (!job) {
		json_decref(was);
		no_memory(n, request->id);
		return;
	}
	*job = (struct token_job){ .node = n, .request = request->id };
	snprintf(job->token.id, sizeof(job->token.id), "%s", word);
	api_audit_change(n, request, "token.revoke", word, was, NULL);
	writer_do(n->writer, forget_it, token_forgotten, job);
}

/* ---- backup and restore ---- */

struct copy_job {
	struct node *node;
	uint64_t request;
	char path[PATH_CAP];
	struct node_site fresh; /* owned; what was restored */
	struct tariff *tariffs; /* owned; the same */
};

/* {"file": "/absolute/path"}, from the machine's own operators: a file here is none of a remote one's business. */
static struct copy_job *copy_of(struct node *n, const struct http_request *request)
{
	json_t *body = json_loadb(request->body, request->body_len, 0, NULL);
	const char *path = json_string_value(json_object_get(body, "file"));
	struct copy_job *job = NULL;

	if (!request->local)
		api_refuse(n, request->id,
			&(struct api_error){ .status = 403,
				.code = "forbidden",
				.message = "only at the control socket: it is about files of this machine" });
	else if (!path || path[0] != '/' || strlen(path) >= PATH_CAP)
		bad_field(n, request->id, "file", "an absolute path must be given");
	else if (!(job = calloc(1, sizeof(*job))))
		no_memory(n, request->id);
	if (job) {
		*job = (struct copy_job){ .node = n, .request = request->id };
		snprintf(job->path, sizeof(job->path), "%s", path);
	}
	json_decref(body);
	return job;
}

static enum bridge_err back_up(void *arg, struct store *store)
{
	const struct copy_job *job = arg;

	return store_backup(store, job->path);
}

static void backed_up(void *arg, enum bridge_err err, const char *text)
{
	struct copy_job *job = arg;

	if (err)
		api_refuse(job->node, job->request,
			&(struct api_error){ .status = 503, .code = "file", .message = text });
	else
		api_reply(job->node, job->request, 200, json_pack("{s:s}", "file", job->path));
	free(job);
}

void api_backup(struct node *n, const struct http_request *request, const char *word)
{
	struct copy_job *job = copy_of(n, request);

	(void)word;
	if (!job)
		return;
	api_audit(n, request, "backup", json_pack("{s:s}", "file", job->path));
	writer_do(n->writer, back_up, backed_up, job);
}

static enum bridge_err restore(void *arg, struct store *store)
{
	struct copy_job *job = arg;
	struct site *site = NULL;
	enum bridge_err err = store_restore(store, job->path);

	if (!err)
		err = store_load_site(store, &site);
	if (!err)
		err = node_site_build(&job->fresh, site, true);
	if (err)
		site_free(site);
	if (!err)
		err = tariffs_load(store, &job->tariffs);
	if (!err) {
		access_clear(job->node->access);
		err = store_load_tokens(store, job->node->access);
	}
	return err;
}

static void restored(void *arg, enum bridge_err err, const char *text)
{
	struct copy_job *job = arg;
	struct node *n = job->node;

	n->applying = NULL;
	if (!err && job->fresh.site) {
		editor_use(n->editor, &job->fresh);
		job->fresh = (struct node_site){ .site = NULL };
		tariffs_replace(n, job->tariffs);
		job->tariffs = NULL;
		n->trim_due = true;
	}
	if (err) {
		api_refuse(n, job->request,
			&(struct api_error){ .status = 503,
				.code = "file",
				.message = text[0] ? text : bridge_strerror(err) });
	} else {
		log_line(LOG_WARNING, NULL, "store", "restored from %s", job->path);
		event_emit(n->bus, "site.applied", json_pack("{s:s}", "restored_from", job->path));
		api_reply(n, job->request, 200, json_pack("{s:s}", "file", job->path));
	}
	node_site_clear(&job->fresh);
	tariffs_free(job->tariffs);
	free(job);
	editor_go(n->editor);
}

void api_restore(struct node *n, const struct http_request *request, const char *word)
{
	struct copy_job *job;

	(void)word;
	if (n->applying) {
		api_refuse(n, request->id,
			&(struct api_error){ .status = 409,
				.code = "busy",
				.message = "a site is being applied; try again" });
		return;
	}
	job = copy_of(n, request);
	if (!job)
		return;
	n->applying = n->site; /* nobody applies another meanwhile */
	writer_do(n->writer, restore, restored, job);
	api_audit(n, request, "restore",
		json_pack("{s:s}", "file", job->path)); /* into the log that it brought */
}
