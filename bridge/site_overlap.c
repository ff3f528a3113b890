/* site_overlap.c - what in a dial plan gets in each other's way: ranges of numbers, routes of one prefix, lists, classes. */
#include "bridge/site_priv.h"
#include "dialplan/block.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- ranges ---- */

static uint32_t trunk_set(const struct site *s, const char *name)
{
	for (size_t i = 0; name[0] && i < s->n_trunks; i++)
		if (strcmp(s->trunks[i].name, name) == 0)
			return (uint32_t)i + 1;
	return 0;
}

static enum bridge_err check_number_ranges(const struct site *s, struct config_why *why)
{
	struct block *blocks = calloc(s->n_numbers + 1, sizeof(*blocks));
	struct blocks *table = NULL;
	enum bridge_err err = BRIDGE_OK;
	size_t n = 0, at, with;
	enum plan_err found;

	if (!blocks)
		return BRIDGE_NOMEM;
	for (size_t i = 0; i < s->n_numbers; i++)
		if (s->numbers[i].last[0]) {
			block_ends(&blocks[n], s->numbers[i].number, s->numbers[i].last);
			blocks[n].set = trunk_set(s, s->numbers[i].trunk);
			blocks[n++].value = (uint32_t)i;
		}
	found = blocks_alloc(&table, blocks, n, &at, &with);
	if (found == PLAN_NOMEM)
		err = BRIDGE_NOMEM;
	else if (found)
		err = site_refuse(why, &(struct site_place){ SITE_NUMBER, blocks[at].value, 0 }, "number",
			"overlaps numbers[%u], %s..%s: nobody could say whose the numbers in both are",
			blocks[with].value, s->numbers[blocks[with].value].number,
			s->numbers[blocks[with].value].last);
	blocks_free(table);
	free(blocks);
	return err;
}

static enum bridge_err check_trunk_ranges(const struct site *s, size_t trunk, struct config_why *why)
{
	const struct site_trunk *t = &s->trunks[trunk];
	struct block *blocks = calloc(t->n_ranges + 1, sizeof(*blocks));
	char first[NUMBER_E164], last[NUMBER_E164], item[40];
	struct blocks *table = NULL;
	enum bridge_err err = BRIDGE_OK;
	enum plan_err found;
	size_t at, with;

	if (!blocks)
		return BRIDGE_NOMEM;
	for (size_t i = 0; i < t->n_ranges; i++) {
		site_range_parse(t->ranges[i], first, last);
		block_ends(&blocks[i], first, last);
	}
	found = blocks_alloc(&table, blocks, t->n_ranges, &at, &with);
	if (found == PLAN_NOMEM) {
		err = BRIDGE_NOMEM;
	} else if (found) {
		snprintf(item, sizeof(item), "ranges[%zu]", at);
		err = site_refuse(why, &(struct site_place){ SITE_TRUNK, trunk, 0 }, item,
			"overlaps ranges[%zu], %s", with, t->ranges[with]);
	}
	blocks_free(table);
	free(blocks);
	return err;
}

/* ---- RTP ports ---- */

static const char *interface_of(const struct site_trunk *t)
{
	return t->interface[0] ? t->interface : "default";
}

/* Parts of one interface's ports: the same for two trunks, or none of one in the other's. */
static enum bridge_err check_ports(const struct site *s, struct config_why *why)
{
	for (size_t i = 0; i < s->n_trunks; i++)
		for (size_t k = 0; k < i; k++) {
			const struct site_trunk *a = &s->trunks[k], *b = &s->trunks[i];
			struct port_range x, y;

			if (!a->rtp_ports[0] || !b->rtp_ports[0] ||
				strcmp(interface_of(a), interface_of(b)) != 0 ||
				config_ports_broken(&x, a->rtp_ports) ||
				config_ports_broken(&y, b->rtp_ports))
				continue;
			if (x.last < y.first || y.last < x.first || memcmp(&x, &y, sizeof(x)) == 0)
				continue;
			return site_refuse(why, &(struct site_place){ SITE_TRUNK, i, 0 }, "rtp.ports",
				"overlaps those of trunk %s, %s: give both the same range to share it, or "
				"ranges apart",
				a->name, a->rtp_ports);
		}
	return BRIDGE_OK;
}

/* ---- routes ---- */

struct ref { /* one prefix of one route */
	const char *prefix;
	const struct site_route *route;
	uint32_t index;
};

static unsigned priority_of(const struct site_route *r)
{
	return r->priority ? r->priority : 1;
}

static int rank_order(const struct ref *x, const struct ref *y)
{
	int order = strcmp(x->route->account, y->route->account);

	if (!order)
		order = strcmp(x->prefix, y->prefix);
	if (order || priority_of(x->route) == priority_of(y->route))
		return order;
	return priority_of(x->route) < priority_of(y->route) ? -1 : 1;
}

static int ref_order(const void *a, const void *b)
{
	const struct ref *x = a, *y = b;
	int order = rank_order(x, y);

	if (order)
		return order;
	if (x->route != y->route)
		return x->route < y->route ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static const struct site_calendar *calendar_of(const struct site *s, const char *name)
{
	for (size_t i = 0; i < s->n_calendars; i++)
		if (strcmp(s->calendars[i].name, name) == 0)
			return &s->calendars[i];
	return NULL;
}

/* Can both be open at once?  Two time zones: it cannot be told. */
static bool may_meet(const struct site *s, const char *name_a, const char *name_b)
{
	const struct site_calendar *from[2];
	struct calendar c[2];

	if (!name_a[0] || !name_b[0])
		return true;
	from[0] = calendar_of(s, name_a);
	from[1] = calendar_of(s, name_b);
	if (!from[0] || !from[1]) /* refused for that elsewhere */
		return true;
	if (strcmp(from[0]->zone, from[1]->zone) != 0)
		return true;
	for (unsigned i = 0; i < 2; i++) {
		c[i].zone = NULL;
		c[i].n_spans = from[i]->n_spans;
		for (size_t k = 0; k < from[i]->n_spans; k++)
			calendar_span_parse(&c[i].spans[k], from[i]->spans[k], NULL);
	}
	return calendar_overlap(&c[0], &c[1]);
}

static enum bridge_err refuse_ref(
	const struct site *s, const struct ref *ref, const struct ref *first, struct config_why *why)
{
	struct site_place at = { SITE_ROUTE, (size_t)(ref->route - s->routes), 0 };
	char item[40] = "prefix";

	if (ref->route->n_prefixes)
		snprintf(item, sizeof(item), "prefixes[%u]", ref->index);
	if (ref->route == first->route)
		return site_refuse(why, &at, item, "'%s' is given twice", ref->prefix);
	return site_refuse(why, &at, item,
		"'%s' is given twice, first in routes[%zu], with the same priority: which of them comes "
		"first? Give them "
		"priorities, a weight each, order: cost, or calendars that never meet",
		ref->prefix, (size_t)(first->route - s->routes));
}

/* Is it clear which of two routes of one prefix and priority comes first?  Those by cost are one list, before the others. */
static bool go_together(const struct site_route *a, const struct site_route *b)
{
	return a->order == SITE_ORDER_COST || b->order == SITE_ORDER_COST || (a->weight && b->weight);
}

static enum bridge_err check_refs(
	const struct site *s, const struct ref *refs, size_t n, struct config_why *why)
{
	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k-- > 0 && rank_order(&refs[k], &refs[i]) == 0;) {
			const struct site_route *a = refs[k].route, *b = refs[i].route;

			if (a == b || (!go_together(a, b) && may_meet(s, a->calendar, b->calendar)))
				return refuse_ref(s, &refs[i], &refs[k], why);
			if (i - k == SITE_LIST)
				return site_refuse(why,
					&(struct site_place){ SITE_ROUTE, (size_t)(b - s->routes), 0 },
					"prefix", "more than %d routes share it and its priority", SITE_LIST);
		}
	return BRIDGE_OK;
}

static enum bridge_err check_routes(const struct site *s, struct config_why *why)
{
	enum bridge_err err;
	struct ref *refs;
	size_t n = 0;

	for (size_t i = 0; i < s->n_routes; i++)
		n += site_prefixes(&s->routes[i]);
	refs = calloc(n + 1, sizeof(*refs));
	if (!refs)
		return BRIDGE_NOMEM;
	n = 0;
	for (size_t i = 0; i < s->n_routes; i++)
		for (size_t k = 0; k < site_prefixes(&s->routes[i]); k++)
			refs[n++] = (struct ref){ site_prefix(&s->routes[i], k), &s->routes[i], (uint32_t)k };
	qsort(refs, n, sizeof(*refs), ref_order);
	err = check_refs(s, refs, n, why);
	free(refs);
	return err;
}

/* ---- lists of prefixes ---- */

struct listed {
	const char *prefix, *field;
	size_t object, index;
};

static int listed_order(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;
	int order = strcmp(x->prefix, y->prefix);

	if (order)
		return order;
	if (x->object != y->object)
		return x->object < y->object ? -1 : 1;
	order = strcmp(x->field, y->field);
	return order ? order : x->index < y->index ? -1 : x->index > y->index;
}

static enum bridge_err refuse_listed_twice(
	enum site_kind kind, struct listed *all, size_t n, struct config_why *why)
{
	char item[48], first[80];

	qsort(all, n, sizeof(*all), listed_order);
	for (size_t i = 1; i < n; i++)
		if (strcmp(all[i - 1].prefix, all[i].prefix) == 0) {
			snprintf(item, sizeof(item), "%s[%zu]", all[i].field, all[i].index);
			return site_refuse(why, &(struct site_place){ kind, all[i].object, 0 }, item,
				"'%s' is given twice, first in %s.%s[%zu]", all[i].prefix,
				site_place_path(&(struct site_place){ kind, all[i - 1].object, 0 }, first,
					sizeof(first)),
				all[i - 1].field, all[i - 1].index);
		}
	return BRIDGE_OK;
}

static enum bridge_err check_account_lists(const struct site *s, size_t account, struct config_why *why)
{
	const struct site_account *a = &s->accounts[account];
	struct listed *all = calloc(a->n_only + a->n_refuse + 1, sizeof(*all));
	enum bridge_err err;
	size_t n = 0;

	if (!all)
		return BRIDGE_NOMEM;
	for (size_t i = 0; i < a->n_only; i++)
		all[n++] = (struct listed){ a->only[i], "dialling.only", account, i };
	for (size_t i = 0; i < a->n_refuse; i++)
		all[n++] = (struct listed){ a->refuse[i], "dialling.refuse", account, i };
	err = refuse_listed_twice(SITE_ACCOUNT, all, n, why);
	free(all);
	return err;
}

static enum bridge_err check_classes(const struct site *s, struct config_why *why)
{
	enum bridge_err err;
	struct listed *all;
	size_t n = 0;

	for (size_t i = 0; i < s->n_classes; i++)
		n += s->classes[i].n_prefixes;
	all = calloc(n + 1, sizeof(*all));
	if (!all)
		return BRIDGE_NOMEM;
	n = 0;
	for (size_t i = 0; i < s->n_classes; i++)
		for (size_t k = 0; k < s->classes[i].n_prefixes; k++)
			all[n++] = (struct listed){ s->classes[i].prefixes[k], "prefixes", i, k };
	err = refuse_listed_twice(SITE_CLASS, all, n, why);
	free(all);
	return err;
}

enum bridge_err site_check_plan(const struct site *s, struct config_why *why)
{
	enum bridge_err err = check_number_ranges(s, why);

	for (size_t i = 0; !err && i < s->n_trunks; i++)
		err = check_trunk_ranges(s, i, why);
	if (!err)
		err = check_ports(s, why);
	if (!err)
		err = check_routes(s, why);
	for (size_t i = 0; !err && i < s->n_accounts; i++)
		err = check_account_lists(s, i, why);
	return err ? err : check_classes(s, why);
}
