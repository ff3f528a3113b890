/* api_audit.c - the audit log by the API: who changed what is written, listed, and held against its own chain. */
#include "bridge/api.h"
#include "bridge/topics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	struct audit_filter filter;
	char what[32], who[64]; /* the filter's */
	int64_t last;           /* id of the last row shown; 0: of none */
	struct audit_chain chain;
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

	r->last = row->id;
	json_array_append_new(r->items, json_pack("{s:I, s:s, s:s, s:s, s:o}", "id", (json_int_t)row->id,
						"at", when_text(at, row->at_us), "who", row->who, "what",
						row->what, "changes", changes ? changes : json_null()));
}

static enum bridge_err read_audit(void *arg, struct store *store)
{
	struct audit_reading *r = arg;

	return store_each_audit(store, &r->filter, add_row, r);
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

	const bool full = json_array_size(r->items) == r->filter.limit && r->last > 1;

	reading_end(r, err, text,
		json_pack("{s:O, s:o}", "items", r->items, "next",
			full ? json_sprintf("%lld", (long long)r->last) : json_null()));
}

/* NULL: good; else the field that is wrong. */
static const char *read_filter(struct audit_reading *r, const char *query)
{
	uint64_t limit = PAGE_LIMIT, before = 0;
	const struct {
		const char *name;
		char *value;
		size_t cap;
	} fields[] = {
		{ "what", r->what, sizeof(r->what) },
		{ "who", r->who, sizeof(r->who) },
	};
	char unused[HTTP_PATH_MAX];

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (!http_query(query, fields[i].name, fields[i].value, fields[i].cap) &&
			http_query(query, fields[i].name, unused, sizeof(unused)))
			return fields[i].name;
	if (!http_number(query, "limit", 1, PAGE_MAX, &limit))
		return "limit";
	if (!http_number(query, "cursor", 0, INT64_MAX, &before))
		return "cursor";
	r->filter = (struct audit_filter){
		.limit = (unsigned)limit, .before = (int64_t)before, .what = r->what, .who = r->who
	};
	return r->what[0] && (strchr(r->what, ',') || !topics_valid(r->what)) ? "what" : NULL;
}

void api_audit_list(struct node *n, const struct http_request *request, const char *word)
{
	struct audit_reading *r = reading_of(n, request);
	const char *wrong = r ? read_filter(r, request->query) : NULL;

	(void)word;
	if (!r)
		return;
	if (wrong) {
		api_refuse_field(n, request->id, wrong,
			"limit is 1 to 1000, cursor what `next` said, what meeting.change or meeting.*, who "
			"a part "
			"of it");
		json_decref(r->items);
		free(r);
		return;
	}
	writer_do(n->writer, read_audit, audit_read, r);
}

static enum bridge_err check_audit(void *arg, struct store *store)
{
	struct audit_reading *r = arg;

	return store_check_audit(store, &r->chain);
}

static void audit_checked(void *arg, enum bridge_err err, const char *text)
{
	struct audit_reading *r = arg;

	reading_end(r, err, text,
		json_pack("{s:I, s:b, s:o, s:s}", "rows", (json_int_t)r->chain.rows, "unbroken",
			r->chain.broken == 0, "first_broken",
			r->chain.broken ? json_integer(r->chain.broken) : json_null(), "last_seal",
			r->chain.last_seal));
}

void api_audit_check(struct node *n, const struct http_request *request, const char *word)
{
	struct audit_reading *r = reading_of(n, request);

	(void)word;
	if (r)
		writer_do(n->writer, check_audit, audit_checked, r);
}
