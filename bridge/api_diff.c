/* A day's call records through a candidate site: page by page, so that calls in progress are not kept waiting. */
#include "bridge/api.h"
#include "bridge/replay.h"
#include "bridge/tariff.h"
#include <stdlib.h>
#include <string.h>

enum { PAGE = 250, SHOWN_MAX = 1000 };

static const int64_t DAY_US = 86400000000;

struct replay { /* one request, while its records are read */
	struct node *node;
	uint64_t request;
	struct site *site;         /* owned: the candidate */
	struct plan *plan;         /* owned */
	struct dialling *dialling; /* owned */
	struct cdr_filter filter;
	json_t *items; /* owned */
	unsigned records, changed;
};

static void replay_free(struct replay *r)
{
	json_decref(r->items);
	dialling_free(r->dialling);
	plan_free(r->plan);
	site_free(r->site);
	free(r);
}

static json_t *change_json(const struct cdr *record, const struct replay_change *change)
{
	json_t *all = cdr_json(record), *item;

	item = all ? json_pack("{s:O, s:O, s:b, s:O, s:O, s:O, s:O, s:O, s:s, s:s, s:s}", "id",
			     json_object_get(all, "id"), "started_at", json_object_get(all, "started_at"),
			     "outbound", strcmp(record->direction, "out") == 0, "trunk",
			     json_object_get(all, "trunk"), "account", json_object_get(all, "account"),
			     "from", json_object_get(all, "from"), "to", json_object_get(all, "to"), "number",
			     json_object_get(all, "number"), "before", change->before, "after", change->after,
			     "why", change->why)
		   : NULL;
	json_decref(all);
	return item;
}

static void replay_record(struct replay *r, const struct cdr *record)
{
	struct replay_side now = { r->node->plan, r->node->dialling }, then = { r->plan, r->dialling };
	struct replay_change change;

	if (!record->trunk[0] && !record->account[0])
		return; /* a stranger's: it never came to the plan */
	r->records++;
	if (!replay_call(&now, &then, record, &change))
		return;
	if (r->changed++ < SHOWN_MAX)
		json_array_append_new(r->items, change_json(record, &change));
}

/* Each page anew: between two of them sheets may come and go. */
static void use_prices(struct replay *r)
{
	for (size_t i = 0; i < r->site->n_trunks; i++) {
		const char *trunk = r->site->trunks[i].name;
		const struct tariff *t = tariff_find(r->node, trunk);

		dialling_rate(r->dialling, trunk, t ? t->rates : NULL);
	}
}

static void page_read(void *arg, enum bridge_err err, const struct cdr *cdrs, size_t n)
{
	struct replay *r = arg;

	if (err) {
		api_refuse_as(r->node, r->request, 503, "database", "the call records cannot be read", NULL);
		replay_free(r);
		return;
	}
	use_prices(r);
	for (size_t i = 0; i < n; i++)
		replay_record(r, &cdrs[i]);
	if (n == PAGE) {
		r->filter.skip += PAGE;
		writer_list_cdrs(r->node->writer, &r->filter, page_read, r);
		return;
	}
	api_reply(r->node, r->request, 200,
		json_pack("{s:i, s:i, s:b, s:O}", "records", (int)r->records, "changed", (int)r->changed,
			"more", r->changed > SHOWN_MAX, "items", r->items));
	replay_free(r);
}

/* False: refused already. */
static bool candidate_read(struct replay *r, const struct http_request *request)
{
	struct config_why why = { .line = 0 };
	enum bridge_err err = site_parse(&r->site, request->body, request->body_len, &why);

	if (err == BRIDGE_SYNTAX) {
		api_refuse_site(r->node, request->id, &why);
		return false;
	}
	if (!err)
		err = site_plan(r->site, &r->plan);
	if (!err)
		err = dialling_alloc(&r->dialling, r->site);
	if (err)
		api_reply(r->node, request->id, 503, NULL);
	return !err;
}

void api_plan_diff(struct node *n, const struct http_request *request, const char *word)
{
	struct replay *r = calloc(1, sizeof(*r));
	char day[16] = "";
	int64_t day_us = 0;

	(void)word;
	http_query(request->query, "day", day, sizeof(day));
	if (!r || strlen(day) != strlen("2026-12-24") || !when_parse(day, &day_us)) {
		free(r);
		api_refuse_field(n, request->id, "day", "a day is wanted as in 2026-12-24");
		return;
	}
	*r = (struct replay){ .node = n,
		.request = request->id,
		.items = json_array(),
		.filter = { .limit = PAGE, .since_us = day_us, .before_us = day_us + DAY_US } };
	if (candidate_read(r, request))
		writer_list_cdrs(n->writer, &r->filter, page_read, r);
	else
		replay_free(r);
}
