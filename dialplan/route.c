#include "dialplan/route_priv.h"
#include "dialplan/sorted.h"

#include <stdlib.h>
#include <string.h>

static int account_order(const void *a, const void *b)
{
	return strcmp(((const struct account *)a)->name, ((const struct account *)b)->name);
}

static int trunk_order(const void *a, const void *b)
{
	return strcmp(((const struct route_trunk *)a)->name, ((const struct route_trunk *)b)->name);
}

static int rule_order(const void *a, const void *b)
{
	const struct rule *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static int first_order(const void *a, const void *b)
{
	const struct first_number *x = a, *y = b;

	if (x->account != y->account)
		return x->account < y->account ? -1 : 1;
	return x->trunk < y->trunk ? -1 : x->trunk > y->trunk;
}

/* Index + 1 of a name in a sorted array whose items begin with their names; 0: not there. */
static uint32_t named(const void *array, size_t n, size_t size, const char *name)
{
	const size_t slot = sorted_slot(array, n, size, 0, name);

	return slot < n && strcmp((const char *)array + slot * size, name) == 0 ? (uint32_t)slot + 1 : 0;
}

static uint32_t account_named(const struct routes *r, const char *name)
{
	return named(r->accounts, r->n_accounts, sizeof(*r->accounts), name);
}

static uint32_t trunk_named(const struct routes *r, const char *name)
{
	return named(r->trunks, r->n_trunks, sizeof(*r->trunks), name);
}

static enum plan_err people_fill(struct routes *r, const struct route_site *site)
{
	r->accounts = calloc(site->n_accounts + 1, sizeof(*r->accounts));
	r->trunks = calloc(site->n_trunks + 1, sizeof(*r->trunks));
	r->live = calloc(site->n_trunks + 1, sizeof(*r->live));
	if (!r->accounts || !r->trunks || !r->live)
		return PLAN_NOMEM;
	for (; r->n_accounts < site->n_accounts; r->n_accounts++) {
		const struct route_account *from = &site->accounts[r->n_accounts];
		struct account *a = &r->accounts[r->n_accounts];

		memcpy(a->name, from->name, sizeof(a->name));
		a->country = from->country;
		a->classes = from->classes;
		a->has_only = from->n_only > 0;
	}
	for (; r->n_trunks < site->n_trunks; r->n_trunks++)
		r->trunks[r->n_trunks] = site->trunks[r->n_trunks];
	qsort(r->accounts, r->n_accounts, sizeof(*r->accounts), account_order);
	qsort(r->trunks, r->n_trunks, sizeof(*r->trunks), trunk_order);
	return PLAN_OK;
}

static enum plan_err calendar_find(
	const struct calendar **out, const struct route_site *site, const char *name)
{
	*out = NULL;
	for (size_t i = 0; name[0] && i < site->n_calendars; i++)
		if (strcmp(site->calendars[i]->name, name) == 0)
			*out = site->calendars[i];
	return name[0] && !*out ? PLAN_SYNTAX : PLAN_OK;
}

static enum plan_err rule_fill(
	struct routes *r, const struct route_site *site, uint32_t index, uint32_t *n_refs)
{
	const struct route_rule *from = &site->rules[index];
	struct rule *rule = &r->rules[r->n_rules++];

	*rule = (struct rule){ .index = index,
		.trunks = *n_refs,
		.n_trunks = (uint32_t)from->n_trunks,
		.weight = from->weight ? from->weight : 1,
		.priority = from->priority ? from->priority : 1,
		.percent = from->percent ? from->percent : 100,
		.by_cost = from->by_cost,
		.rated_only = from->rated_only,
		.match = from->match };
	if (from->caller_id[0] && !number_valid(from->caller_id))
		return PLAN_SYNTAX;
	memcpy(rule->caller_id, from->caller_id, strlen(from->caller_id) + 1);
	for (size_t i = 0; i < from->n_trunks; i++) {
		uint32_t trunk = trunk_named(r, from->trunks[i]);

		if (!trunk)
			return PLAN_SYNTAX;
		r->rule_trunks[(*n_refs)++] = trunk - 1;
	}
	return calendar_find(&rule->calendar, site, from->calendar);
}

static enum plan_err rules_fill(struct routes *r, const struct route_site *site)
{
	size_t n_trunks = 0, n_prefixes = 0;
	struct prefix_entry *entries;
	enum plan_err err = PLAN_OK;
	uint32_t n_refs = 0;

	for (size_t i = 0; i < site->n_rules; i++) {
		n_trunks += site->rules[i].n_trunks;
		n_prefixes += site->rules[i].n_prefixes;
	}
	r->rules = calloc(site->n_rules + 1, sizeof(*r->rules));
	r->rule_trunks = calloc(n_trunks + 1, sizeof(*r->rule_trunks));
	entries = calloc(n_prefixes + 1, sizeof(*entries));
	if (!r->rules || !r->rule_trunks || !entries)
		err = PLAN_NOMEM;
	for (uint32_t i = 0; i < site->n_rules && !err; i++)
		err = rule_fill(r, site, i, &n_refs);
	if (!err)
		qsort(r->rules, r->n_rules, sizeof(*r->rules), rule_order);
	n_prefixes = 0;
	for (uint32_t i = 0; i < r->n_rules && !err; i++) {
		const struct route_rule *from = &site->rules[r->rules[i].index];
		uint32_t account = account_named(r, from->account);

		if (!account)
			err = PLAN_SYNTAX;
		for (size_t k = 0; k < from->n_prefixes && !err; k++) {
			struct prefix_entry *entry = &entries[n_prefixes++];

			entry->set = account - 1;
			entry->value = i;
			memcpy(entry->prefix, from->prefixes[k], sizeof(entry->prefix));
		}
	}
	if (!err)
		err = prefixes_alloc(&r->prefixes, entries, n_prefixes);
	free(entries);
	return err;
}

static enum plan_err lists_fill(struct routes *r, const struct route_site *site)
{
	struct prefix_entry *entries;
	enum plan_err err;
	size_t n = 0;

	for (size_t i = 0; i < site->n_accounts; i++)
		n += site->accounts[i].n_only + site->accounts[i].n_refuse;
	entries = calloc(n + 1, sizeof(*entries));
	if (!entries)
		return PLAN_NOMEM;
	n = 0;
	for (size_t i = 0; i < site->n_accounts; i++) {
		const struct route_account *a = &site->accounts[i];
		uint32_t set = account_named(r, a->name) - 1;

		for (size_t k = 0; k < a->n_only + a->n_refuse; k++) {
			bool only = k < a->n_only;
			const char *prefix = only ? a->only[k] : a->refuse[k - a->n_only];

			entries[n] = (struct prefix_entry){ set, only ? ROUTE_ONLY : ROUTE_DENY, "" };
			memcpy(entries[n++].prefix, prefix, sizeof(entries->prefix));
		}
	}
	err = prefixes_alloc(&r->lists, entries, n);
	free(entries);
	return err;
}

/* The first number of each account on each trunk: later ones of the same pair go. */
static void firsts_keep(struct routes *r, const struct route_site *site)
{
	for (size_t i = 0; i < site->n_owned; i++) {
		const struct route_owned *o = &site->owned[i];
		struct first_number first = { .account = account_named(r, o->account),
			.trunk = trunk_named(r, o->trunk) };
		bool known = !first.account;

		for (uint32_t k = r->n_firsts; k-- > 0 && !known;)
			known = first_order(&first, &r->firsts[k]) == 0;
		if (known)
			continue;
		memcpy(first.e164, o->range.first, sizeof(first.e164));
		r->firsts[r->n_firsts++] = first;
	}
	qsort(r->firsts, r->n_firsts, sizeof(*r->firsts), first_order);
}

static enum plan_err owned_fill(struct routes *r, const struct route_site *site)
{
	struct block *owned = calloc(site->n_owned + 1, sizeof(*owned));
	struct block *ranges = calloc(site->n_owned + 1, sizeof(*ranges));
	size_t n_owned = 0, n_ranges = 0;
	enum plan_err err = PLAN_NOMEM;

	r->firsts = calloc(site->n_owned + 1, sizeof(*r->firsts));
	if (!owned || !ranges || !r->firsts)
		goto done;
	err = PLAN_SYNTAX;
	for (size_t i = 0; i < site->n_owned; i++) {
		const struct route_owned *o = &site->owned[i];
		struct block *block = o->account[0] ? &owned[n_owned++] : &ranges[n_ranges++];

		block->set = trunk_named(r, o->trunk);
		block->value = account_named(r, o->account);
		if (!block_ends(block, o->range.first, o->range.last) || (o->trunk[0] && !block->set) ||
			(o->account[0] && !block->value))
			goto done;
	}
	firsts_keep(r, site);
	err = blocks_alloc(&r->owned, owned, n_owned, NULL, NULL);
	if (!err)
		err = blocks_alloc(&r->ranges, ranges, n_ranges, NULL, NULL);
done:
	free(owned);
	free(ranges);
	return err;
}

enum plan_err routes_alloc(struct routes **out, const struct route_site *site)
{
	struct routes *r = calloc(1, sizeof(*r));
	enum plan_err err = r ? people_fill(r, site) : PLAN_NOMEM;

	if (!err)
		err = rules_fill(r, site);
	if (!err)
		err = lists_fill(r, site);
	if (!err)
		err = owned_fill(r, site);
	if (!err)
		err = classes_alloc(&r->classes, site->classes, site->n_classes, NULL);
	if (err) {
		routes_free(r);
		return err == PLAN_NOMEM ? PLAN_NOMEM : PLAN_SYNTAX;
	}
	*out = r;
	return PLAN_OK;
}

struct routes *routes_free(struct routes *r)
{
	if (r) {
		classes_free(r->classes);
		blocks_free(r->ranges);
		blocks_free(r->owned);
		prefixes_free(r->lists);
		prefixes_free(r->prefixes);
		free(r->firsts);
		free(r->rule_trunks);
		free(r->rules);
		free(r->live);
		free(r->trunks);
		free(r->accounts);
		free(r);
	}
	return NULL;
}

void routes_rate(struct routes *r, const char *trunk, const struct rates *rates)
{
	uint32_t at = trunk_named(r, trunk);

	if (at)
		r->live[at - 1].rates = rates;
}

void routes_standing(struct routes *r, const char *trunk, enum route_standing standing)
{
	uint32_t at = trunk_named(r, trunk);

	if (at)
		r->live[at - 1].standing = standing;
}
