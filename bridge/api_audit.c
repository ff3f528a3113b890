/* api_audit.c - the audit log by the API: who changed what is written, listed, and held against its own chain. */
#include "bridge/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AUDIT_LIMIT = 1000 };

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
		api_reply(n, request->id, 503, NULL);
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

/* Answers with `body`, which is taken, and is done with it. */
static void reading_end(struct audit_reading *r, enum bridge_err err, const char *text, json_t *body)
{
	if (err)
		api_refuse_as(r->node, r->request, 503, "database", text, NULL);
	else
		api_reply(r->node, r->request, 200, json_incref(body));
	json_decref(body);
	json_decref(r->items);
	free(r);
}

static void audit_read(void *arg, enum bridge_err err, const char *text)
{
	struct audit_reading *r = arg;

	reading_end(r, err, text, json_pack("{s:O}", "items", r->items));
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
		api_refuse_field(n, request->id, "limit", "limit must be 1 to 1000");
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

	reading_end(r, err, text,
		json_pack("{s:I, s:b, s:o}", "rows", (json_int_t)r->rows, "unbroken", r->broken == 0,
			"first_broken", r->broken ? json_integer(r->broken) : json_null()));
}

void api_audit_check(struct node *n, const struct http_request *request, const char *word)
{
	struct audit_reading *r = reading_of(n, request);

	(void)word;
	if (r)
		writer_do(n->writer, check_audit, audit_checked, r);
}
