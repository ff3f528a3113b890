/* api_list.c - lists of what the site holds, page by page, filtered; secrets are in none, whoever asks.
 *
 * How: in the order of the site, meetings by account and ID.  The cursor is the key of the last row, so that pages go on where they
 * stopped whatever is added or deleted meanwhile; a cursor whose row has gone is told so (of meetings the place is known still).  At most
 * SCANNED rows are looked at for one page: with a filter a page may be short, even empty, and have a next one.
 */
#include "bridge/api.h"
#include "bridge/editor.h"
#include "bridge/meeting.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCANNED = 2000, FILTERS = 8, VALUE_MAX = 256 };

struct filter {
	char name[48], value[VALUE_MAX];
};

struct list {
	struct node *node;
	const struct http_request *request;
	enum site_kind kind;
	uint64_t limit;
	char cursor[SITE_KEY], account[SITE_NAME], words[VALUE_MAX]; /* "": not asked for */
	bool open;                                                   /* only meetings that are */
	struct filter filters[FILTERS];
	size_t n_filters, scanned;
	json_t *items; /* owned */
	char last[SITE_KEY];
	bool more;
};

static bool is_inner(enum site_kind kind)
{
	return kind == SITE_MEETING || kind == SITE_USER;
}

static void bad(struct list *l, const char *field, const char *code, const char *message)
{
	api_refuse_as(l->node, l->request->id, 400, code, message, field);
}

/* ---- what is asked ---- */

/* What is neither one of ours nor a field of the objects is refused: a filter misspelt would show everything. */
static bool take_filter(struct list *l, const char *name, const char *value)
{
	if (strcmp(name, "limit") == 0) {
		if (!http_number(l->request->query, name, 1, PAGE_MAX, &l->limit)) {
			bad(l, name, "bad_request", "limit must be 1 to 1000");
			return false;
		}
	} else if (strcmp(name, "cursor") == 0) {
		snprintf(l->cursor, sizeof(l->cursor), "%.*s", SITE_KEY - 1, value);
	} else if (strcmp(name, "q") == 0) {
		snprintf(l->words, sizeof(l->words), "%s", value);
	} else if (strcmp(name, "open") == 0 && l->kind == SITE_MEETING) {
		l->open = strcmp(value, "true") == 0;
	} else if (strcmp(name, "account") == 0 && is_inner(l->kind)) {
		/* Longer than any name finds nothing, however it is cut. */
		snprintf(l->account, sizeof(l->account), "%.*s", SITE_NAME - 1, value[0] ? value : "\n");
	} else if (site_json_filters(l->kind, name) && l->n_filters < FILTERS) {
		struct filter *f = &l->filters[l->n_filters++];

		snprintf(f->name, sizeof(f->name), "%s", name);
		snprintf(f->value, sizeof(f->value), "%s", value);
	} else {
		bad(l, name, "bad_request", "there is no such filter");
		return false;
	}
	return true;
}

static bool take_query(struct list *l)
{
	const char *at = l->request->query;

	while (*at) {
		size_t len = strcspn(at, "&="), whole = strcspn(at, "&");
		char name[48], value[VALUE_MAX] = "";

		snprintf(name, sizeof(name), "%.*s", (int)len, at);
		if (len >= sizeof(name) || !http_query(at, name, value, sizeof(value))) {
			bad(l, len < sizeof(name) ? name : "", "bad_request",
				"this part of the query cannot be read");
			return false;
		}
		if (strcmp(name, "access_token") != 0 && !take_filter(l, name, value))
			return false;
		at += whole + (at[whole] == '&');
	}
	return true;
}

/* ---- what is shown ---- */

static bool fits(const struct list *l, const struct site_place *at)
{
	const void *object = site_object(l->node->site, at);
	char key[SITE_KEY];
	json_t *name;
	bool found;

	if (l->request->who->account[0] && !api_sees(l->request, site_owner(l->node->site, at)))
		return false;
	for (size_t i = 0; i < l->n_filters; i++)
		if (!site_json_is(l->kind, object, l->filters[i].name, l->filters[i].value))
			return false;
	if (!l->words[0])
		return true;
	site_key(l->node->site, at, key);
	name = site_json_field(l->kind, object, "name");
	found = strcasestr(key, l->words) ||
		(json_is_string(name) && strcasestr(json_string_value(name), l->words));
	json_decref(name);
	return found;
}

/* False: the page is full. */
static bool show(struct list *l, const struct site_place *at)
{
	if (l->scanned++ >= SCANNED || json_array_size(l->items) >= l->limit) {
		l->more = true;
		return false;
	}
	if (fits(l, at))
		json_array_append_new(l->items, api_row(l->node, at, ACCESS_READER));
	site_key(l->node->site, at, l->last);
	return true;
}

/* ---- where to go on ---- */

/* After which place?  *outer, *inner: the first to be shown.  False: refused. */
static bool start_of(struct list *l, size_t *outer, size_t *inner)
{
	const struct site *s = l->node->site;
	const char *slash = strchr(l->cursor, '/');
	struct site_place at;
	char account[SITE_NAME];

	*outer = *inner = 0;
	if (!l->cursor[0])
		return true;
	if (l->kind == SITE_MEETING && slash) {
		const struct site_account *a;

		snprintf(account, sizeof(account), "%.*s", (int)(slash - l->cursor), l->cursor);
		a = site_account(s, account);
		if (a) {
			*outer = (size_t)(a - s->accounts);
			*inner = site_meeting_after(a, slash + 1);
			return true;
		}
	} else if (site_find(s, l->kind, l->cursor, &at)) {
		*outer = is_inner(l->kind) ? at.outer : at.outer + 1;
		*inner = is_inner(l->kind) ? at.inner + 1 : 0;
		return true;
	}
	bad(l, "cursor", "cursor_gone", "what this cursor points to has been deleted: begin again");
	return false;
}

static void walk(struct list *l, size_t outer, size_t inner)
{
	const struct site *s = l->node->site;
	const bool inside = is_inner(l->kind);
	const size_t n = inside ? s->n_accounts : site_count(s, l->kind, 0);

	for (; outer < n; outer++, inner = 0) {
		size_t n_inner = inside ? site_count(s, l->kind, outer) : 1;

		if (inside && l->account[0] && strcmp(l->account, s->accounts[outer].name) != 0)
			continue;
		if (inside && !api_sees(l->request, s->accounts[outer].name))
			continue;
		for (; inner < n_inner; inner++)
			if (!show(l, &(struct site_place){ l->kind, outer, inner }))
				return;
	}
}

static int place_order(const void *a, const void *b)
{
	const struct site_place *x = a, *y = b;

	if (x->outer != y->outer)
		return x->outer < y->outer ? -1 : 1;
	return x->inner < y->inner ? -1 : x->inner > y->inner;
}

/* Those that are open are few: the same order without a look at the others. */
static void walk_open(struct list *l, size_t outer, size_t inner)
{
	struct site_place *places = calloc(l->node->n_meetings + 1, sizeof(*places));
	size_t n = 0;

	for (const struct meeting *m = l->node->meetings; places && m; m = m->next) {
		struct site_place at;

		if (!site_find(l->node->site, SITE_MEETING, m->id, &at) || at.outer < outer ||
			(at.outer == outer && at.inner < inner))
			continue;
		if ((!l->account[0] || strcmp(l->account, m->account) == 0) &&
			api_sees(l->request, m->account))
			places[n++] = at;
	}
	if (n)
		qsort(places, n, sizeof(*places), place_order);
	for (size_t i = 0; i < n && show(l, &places[i]); i++)
		;
	free(places);
}

static json_t *next_of(const struct list *l)
{
	const struct site_account *account = NULL;

	if (!l->more)
		return json_null();
	if (l->kind == SITE_MEETING && site_meeting(l->node->site, l->last, &account))
		return json_sprintf("%s/%s", account->name, l->last);
	return json_string(l->last);
}

void api_objects(struct node *n, const struct http_request *request, const char *word)
{
	struct list l = { .node = n, .request = request, .limit = PAGE_LIMIT };
	size_t outer, inner;

	(void)word;
	if (!site_kind_find(request->path + strlen("/v1/"), &l.kind))
		abort(); /* the route's path names a list of the site */
	if (!take_query(&l) || !start_of(&l, &outer, &inner))
		return;
	l.items = json_array();
	if (l.open)
		walk_open(&l, outer, inner);
	else
		walk(&l, outer, inner);
	api_reply(n, request->id, 200, json_pack("{s:o, s:o}", "items", l.items, "next", next_of(&l)));
}
