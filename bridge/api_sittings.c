/* api_sittings.c - meetings' records by the API: GET /v1/sittings. */
#include "bridge/api.h"
#include "bridge/meeting.h"
#include "bridge/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD = 96 };

struct asking {
	struct node *node;
	uint64_t id; /* of the request */
	struct sitting_filter filter;
	char account[WORD], meeting[WORD], since[SITTING_ID], below[SITTING_ID], last[SITTING_ID];
	unsigned limit, n;
	json_t *items; /* owned */
};

static void asking_free(struct asking *a)
{
	json_decref(a->items);
	free(a);
}

static void add(void *arg, const struct sitting *sitting)
{
	struct asking *a = arg;

	if (a->n++ == a->limit) /* one more was asked for, to know whether there are more */
		return;
	json_array_append_new(a->items, sitting_json(sitting));
	snprintf(a->last, sizeof(a->last), "%s", sitting->id);
}

static enum bridge_err read_all(void *arg, struct store *store)
{
	struct asking *a = arg;

	return store_each_sitting(store, &a->filter, add, a);
}

/* A sitting that goes on has calls that are over as well. */
static void mark_open(const struct node *n, json_t *items)
{
	json_t *by_id = json_object(), *item;
	size_t i;

	json_array_foreach(items, i, item)
	{
		json_object_set_new(item, "open", json_false());
		json_object_set(by_id, json_string_value(json_object_get(item, "id")), item);
	}
	for (const struct meeting *m = n->meetings; m; m = m->next)
		if ((item = json_object_get(by_id, m->sitting)))
			json_object_set_new(item, "open", json_true());
	json_decref(by_id);
}

static void read_done(void *arg, enum bridge_err err, const char *text)
{
	struct asking *a = arg;
	json_t *body;

	(void)text;
	if (err) {
		api_refuse_as(a->node, a->id, 503, "database", "the database cannot be read now", NULL);
		asking_free(a);
		return;
	}
	mark_open(a->node, a->items);
	body = json_pack("{s:O}", "items", a->items);
	if (a->n > a->limit)
		json_object_set_new(body, "next_cursor", json_string(a->last));
	api_reply(a->node, a->id, 200, body);
	asking_free(a);
}

/* NULL: good; else the parameter that is not. */
static const char *read_query(struct asking *a, const char *query)
{
	uint64_t limit = STORE_LIST_DEFAULT;
	char text[64];
	int64_t us;

	http_query(query, "account", a->account, sizeof(a->account));
	http_query(query, "meeting", a->meeting, sizeof(a->meeting));
	if (!http_number(query, "limit", 1, PAGE_MAX, &limit))
		return "limit";
	a->limit = (unsigned)limit;
	if (http_query(query, "since", text, sizeof(text))) {
		if (!when_parse(text, &us))
			return "since";
		sitting_since(a->since, us);
	}
	if (http_query(query, "before", text, sizeof(text))) {
		if (!when_parse(text, &us))
			return "before";
		sitting_since(a->below, us);
	}
	if (http_query(query, "cursor", text, sizeof(text))) {
		if (strlen(text) >= sizeof(a->below) || strlen(text) < SITTING_TIME)
			return "cursor";
		snprintf(a->below, sizeof(a->below), "%.23s", text);
	}
	return NULL;
}

void api_sittings(struct node *n, const struct http_request *request, const char *word)
{
	struct asking *a = calloc(1, sizeof(*a));
	const char *own = request->who->account, *wrong;

	(void)word;
	if (!a) {
		api_reply(n, request->id, 503, NULL);
		return;
	}
	a->node = n;
	a->id = request->id;
	a->items = json_array();
	wrong = read_query(a, request->query);
	if (wrong) {
		api_refuse_field(n, request->id, wrong,
			"a time as in 2026-12-24T18:00:00Z, a limit of 1 to 1000, a "
			"cursor of a page");
		asking_free(a);
		return;
	}
	if (own[0] && a->account[0] && strcmp(own, a->account) != 0) {
		api_reply(n, request->id, 200, json_pack("{s:[]}", "items"));
		asking_free(a);
		return;
	}
	if (own[0])
		snprintf(a->account, sizeof(a->account), "%s", own);
	a->filter = (struct sitting_filter){ a->account, a->meeting, a->since, a->below, a->limit + 1 };
	writer_do(n->writer, read_all, read_done, a);
}
