#include "bridge/dialling.h"
#include "bridge/pattern.h"
#include "bridge/site_priv.h"
#include "bridge/zones.h"

#include <stdlib.h>
#include <string.h>

struct spender {
	char account[SITE_NAME];
	struct budget_limits limits;
	const struct zone *zone; /* borrowed from zones */
	struct budget budget;
	bool changed;                  /* since it was saved */
	int64_t told_s[DIALLING_NEWS]; /* when that was told last, 0: never */
};

struct dialling {
	struct routes *routes;       /* owned */
	struct calendar **calendars; /* owned, each owned */
	size_t n_calendars;
	struct pattern **patterns; /* owned, each owned: of each route of the site, NULL: none */
	size_t n_patterns;
	struct named_zone {
		char name[SITE_NAME];
		struct zone *zone; /* owned */
	} * zones;                 /* owned */
	size_t n_zones;
	struct spender *spenders; /* owned, sorted by account */
	size_t n_spenders;
};

/* ---- time ---- */

/* *out NULL: UTC. */
static enum bridge_err zone_use(struct dialling *d, const struct zone **out, const char *name)
{
	struct named_zone *next;
	enum bridge_err err;

	*out = NULL;
	if (!name[0])
		return BRIDGE_OK;
	for (size_t i = 0; i < d->n_zones; i++)
		if (strcmp(d->zones[i].name, name) == 0) {
			*out = d->zones[i].zone;
			return BRIDGE_OK;
		}
	next = &d->zones[d->n_zones];
	err = zones_load(&next->zone, name);
	if (err)
		return err == BRIDGE_NOMEM ? err : BRIDGE_SYNTAX;
	memcpy(next->name, name, strlen(name) + 1);
	d->n_zones++;
	*out = next->zone;
	return BRIDGE_OK;
}

static enum bridge_err calendars_make(struct dialling *d, const struct site *s)
{
	d->zones = calloc(s->n_calendars + s->n_accounts + 1, sizeof(*d->zones));
	d->calendars = calloc(s->n_calendars + 1, sizeof(*d->calendars));
	if (!d->zones || !d->calendars)
		return BRIDGE_NOMEM;
	for (size_t i = 0; i < s->n_calendars; i++) {
		const struct site_calendar *from = &s->calendars[i];
		struct calendar *c = calloc(1, sizeof(*c));
		enum bridge_err err;

		if (!c)
			return BRIDGE_NOMEM;
		d->calendars[d->n_calendars++] = c;
		memcpy(c->name, from->name, sizeof(c->name));
		err = zone_use(d, &c->zone, from->zone);
		if (err)
			return err;
		for (; c->n_spans < from->n_spans && c->n_spans < CALENDAR_SPANS; c->n_spans++)
			if (calendar_span_parse(&c->spans[c->n_spans], from->spans[c->n_spans], NULL))
				return BRIDGE_SYNTAX;
	}
	return BRIDGE_OK;
}

/* ---- what accounts spend ---- */

static int spender_order(const void *a, const void *b)
{
	return strcmp(((const struct spender *)a)->account, ((const struct spender *)b)->account);
}

static enum bridge_err spenders_make(struct dialling *d, const struct site *s)
{
	d->spenders = calloc(s->n_accounts + 1, sizeof(*d->spenders));
	if (!d->spenders)
		return BRIDGE_NOMEM;
	for (; d->n_spenders < s->n_accounts; d->n_spenders++) {
		const struct site_account *a = &s->accounts[d->n_spenders];
		struct spender *sp = &d->spenders[d->n_spenders];
		enum bridge_err err = zone_use(d, &sp->zone, a->zone);

		if (err)
			return err;
		memcpy(sp->account, a->name, sizeof(sp->account));
		sp->limits = a->limits;
		if (a->daily_money[0] && !money_parse(a->daily_money, &sp->limits.daily_money))
			return BRIDGE_SYNTAX;
	}
	qsort(d->spenders, d->n_spenders, sizeof(*d->spenders), spender_order);
	return BRIDGE_OK;
}

static struct spender *spender_find(const struct dialling *d, const char *account)
{
	struct spender key;

	if (!account || strlen(account) >= sizeof(key.account))
		return NULL;
	memcpy(key.account, account, strlen(account) + 1);
	return bsearch(&key, d->spenders, d->n_spenders, sizeof(key), spender_order);
}

static struct budget_now now_of(const struct spender *sp, int64_t at_s)
{
	return (struct budget_now){ .at_s = at_s, .day = zone_day(sp->zone, at_s) };
}

/* ---- routes ---- */

struct making { /* arrays that routes_alloc() reads and copies */
	struct route_account *accounts;
	struct route_trunk *trunks;
	struct route_rule *rules;
	struct route_owned *owned;
	struct class_entry *classes;
	size_t n_owned, n_classes;
};

static void making_free(struct making *m)
{
	free(m->accounts);
	free(m->trunks);
	free(m->rules);
	free(m->owned);
	free(m->classes);
}

static bool making_alloc(struct making *m, const struct site *s)
{
	size_t n_owned = s->n_numbers, n_classes = 0;

	for (size_t i = 0; i < s->n_trunks; i++)
		n_owned += s->trunks[i].n_ranges;
	for (size_t i = 0; i < s->n_classes; i++)
		n_classes += s->classes[i].n_prefixes;
	m->accounts = calloc(s->n_accounts + 1, sizeof(*m->accounts));
	m->trunks = calloc(s->n_trunks + 1, sizeof(*m->trunks));
	m->rules = calloc(s->n_routes + 1, sizeof(*m->rules));
	m->owned = calloc(n_owned + 1, sizeof(*m->owned));
	m->classes = calloc(n_classes + 1, sizeof(*m->classes));
	return m->accounts && m->trunks && m->rules && m->owned && m->classes;
}

static unsigned class_bits(const struct site_account *a)
{
	unsigned bits = 0;

	for (size_t i = 0; i < a->n_classes; i++) {
		enum number_class class = CLASS_ORDINARY;

		if (class_parse(&class, a->classes[i]))
			bits |= 1U << class;
	}
	return bits;
}

static void accounts_fill(struct making *m, const struct site *s)
{
	for (size_t i = 0; i < s->n_accounts; i++) {
		const struct site_account *from = &s->accounts[i];
		struct route_account *a = &m->accounts[i];

		memcpy(a->name, from->name, sizeof(a->name));
		a->country = from->country;
		a->classes = class_bits(from);
		a->only = (const char(*)[NUMBER_E164])from->only;
		a->n_only = from->n_only;
		a->refuse = (const char(*)[NUMBER_E164])from->refuse;
		a->n_refuse = from->n_refuse;
	}
}

static void trunks_fill(struct making *m, const struct site *s)
{
	for (size_t i = 0; i < s->n_trunks; i++) {
		const struct site_trunk *from = &s->trunks[i];
		struct route_trunk *t = &m->trunks[i];

		memcpy(t->name, from->name, sizeof(t->name));
		memcpy(t->prepend, from->prepend, sizeof(t->prepend));
		t->country = from->country;
		t->format = (enum route_format)from->format;
		t->foreign = (enum route_foreign)from->foreign;
		t->strip = from->strip;
	}
}

static void owned_fill(struct making *m, const struct site *s)
{
	for (size_t i = 0; i < s->n_numbers; i++) {
		const struct site_number *n = &s->numbers[i];
		struct route_owned *o = &m->owned[m->n_owned++];

		memcpy(o->range.first, n->number, sizeof(o->range.first));
		memcpy(o->range.last, n->last, sizeof(o->range.last));
		o->trunk = n->trunk;
		o->account = n->account;
	}
	for (size_t i = 0; i < s->n_trunks; i++)
		for (size_t k = 0; k < s->trunks[i].n_ranges; k++) {
			struct route_owned *o = &m->owned[m->n_owned++];

			site_range_parse(s->trunks[i].ranges[k], o->range.first, o->range.last);
			o->trunk = s->trunks[i].name;
			o->account = "";
		}
}

static void rules_fill(struct making *m, const struct site *s, struct pattern *const *patterns)
{
	for (size_t i = 0; i < s->n_routes; i++) {
		const struct site_route *from = &s->routes[i];

		m->rules[i] = (struct route_rule){
			.account = from->account,
			.prefixes = from->n_prefixes ? (const char(*)[NUMBER_E164])from->prefixes
						     : (const char(*)[NUMBER_E164]) & from->prefix,
			.n_prefixes = site_prefixes(from),
			.trunks = from->trunks,
			.n_trunks = from->n_trunks,
			.priority = from->priority,
			.weight = from->weight,
			.percent = from->percent,
			.caller_id = from->caller_id,
			.match = patterns[i] ? pattern_match(patterns[i]) : NULL,
			.calendar = from->calendar,
			.by_cost = from->order == SITE_ORDER_COST,
			.rated_only = from->unrated == SITE_UNRATED_REFUSE,
		};
	}
	for (size_t i = 0; i < s->n_classes; i++)
		for (size_t k = 0; k < s->classes[i].n_prefixes; k++) {
			struct class_entry *entry = &m->classes[m->n_classes++];

			memcpy(entry->prefix, s->classes[i].prefixes[k], sizeof(entry->prefix));
			entry->class = (enum number_class)s->classes[i].class;
		}
}

static enum bridge_err routes_make(struct dialling *d, const struct site *s)
{
	struct making m = { 0 };
	enum plan_err err = PLAN_NOMEM;

	if (making_alloc(&m, s)) {
		accounts_fill(&m, s);
		trunks_fill(&m, s);
		owned_fill(&m, s);
		rules_fill(&m, s, d->patterns);
		err = routes_alloc(
			&d->routes, &(struct route_site){
					    .accounts = m.accounts,
					    .n_accounts = s->n_accounts,
					    .trunks = m.trunks,
					    .n_trunks = s->n_trunks,
					    .rules = m.rules,
					    .n_rules = s->n_routes,
					    .owned = m.owned,
					    .n_owned = m.n_owned,
					    .calendars = (const struct calendar *const *)d->calendars,
					    .n_calendars = d->n_calendars,
					    .classes = m.classes,
					    .n_classes = m.n_classes,
				    });
	}
	making_free(&m);
	return err == PLAN_OK ? BRIDGE_OK : err == PLAN_NOMEM ? BRIDGE_NOMEM : BRIDGE_SYNTAX;
}

static enum bridge_err patterns_make(struct dialling *d, const struct site *s)
{
	enum bridge_err err = BRIDGE_OK;

	d->patterns = calloc(s->n_routes + 1, sizeof(*d->patterns));
	if (!d->patterns)
		return BRIDGE_NOMEM;
	for (; d->n_patterns < s->n_routes && !err; d->n_patterns++)
		if (s->routes[d->n_patterns].match[0])
			err = pattern_alloc(&d->patterns[d->n_patterns], s->routes[d->n_patterns].match);
	return err;
}

enum bridge_err dialling_alloc(struct dialling **out, const struct site *s)
{
	struct dialling *d = calloc(1, sizeof(*d));
	enum bridge_err err = d ? calendars_make(d, s) : BRIDGE_NOMEM;

	if (!err)
		err = spenders_make(d, s);
	if (!err)
		err = patterns_make(d, s);
	if (!err)
		err = routes_make(d, s);
	if (err) {
		dialling_free(d);
		return err;
	}
	*out = d;
	return BRIDGE_OK;
}

struct dialling *dialling_free(struct dialling *d)
{
	if (!d)
		return NULL;
	routes_free(d->routes);
	for (size_t i = 0; i < d->n_patterns; i++)
		pattern_free(d->patterns[i]);
	free(d->patterns);
	for (size_t i = 0; i < d->n_calendars; i++)
		free(d->calendars[i]);
	free(d->calendars);
	for (size_t i = 0; i < d->n_zones; i++)
		zone_free(d->zones[i].zone);
	free(d->zones);
	free(d->spenders);
	free(d);
	return NULL;
}

void dialling_inherit(struct dialling *d, struct dialling *from)
{
	for (size_t i = 0; from && i < from->n_spenders; i++) {
		struct spender *heir = spender_find(d, from->spenders[i].account);
		struct budget known;

		if (!heir)
			continue;
		known = heir->budget;
		heir->budget = from->spenders[i].budget;
		budget_join(&heir->budget, &known);
		heir->changed = heir->changed || from->spenders[i].changed;
		memcpy(heir->told_s, from->spenders[i].told_s, sizeof(heir->told_s));
	}
}

const struct routes *dialling_routes(const struct dialling *d)
{
	return d->routes;
}

void dialling_rate(struct dialling *d, const char *trunk, const struct rates *rates)
{
	routes_rate(d->routes, trunk, rates);
}

void dialling_standing(struct dialling *d, const char *trunk, enum route_standing standing)
{
	routes_standing(d->routes, trunk, standing);
}

void dialling_decide(const struct dialling *d, const struct route_call *call, struct route_decision *out)
{
	route_decide(d->routes, call, out);
}

void dialling_decide_ported(const struct dialling *d, const struct route_call *call, const char *routing,
	struct route_decision *out)
{
	route_decide_ported(d->routes, call, routing, out);
}

bool dialling_try_other(const struct dialling *d, const struct route_call *call, const char *e164,
	const char *trunk, struct route_try *out)
{
	return route_try_other(d->routes, call, e164, trunk, out);
}

enum budget_verdict dialling_look(
	const struct dialling *d, const struct dialling_ask *ask, char text[BUDGET_TEXT])
{
	const struct spender *sp = spender_find(d, ask->account);
	struct budget_now now;

	text[0] = '\0';
	if (!sp)
		return BUDGET_BLOCKED;
	now = now_of(sp, ask->at_s);
	now.first_cost = ask->first_cost;
	return budget_look(&sp->budget, &sp->limits, ask->e164, now, text);
}

enum budget_verdict dialling_take(struct dialling *d, const struct dialling_ask *ask, char text[BUDGET_TEXT])
{
	struct spender *sp = spender_find(d, ask->account);
	struct budget_now now;

	text[0] = '\0';
	if (!sp)
		return BUDGET_BLOCKED;
	sp->changed = true;
	now = now_of(sp, ask->at_s);
	now.first_cost = ask->first_cost;
	return budget_take(&sp->budget, &sp->limits, ask->e164, now, text);
}

void dialling_give(struct dialling *d, const char *account, uint32_t talked_s, int64_t cost, int64_t at_s)
{
	struct spender *sp = spender_find(d, account);

	if (!sp)
		return;
	budget_give(&sp->budget, talked_s, cost, now_of(sp, at_s));
	sp->changed = true;
}

void dialling_running(struct dialling *d, const char *account, int64_t running)
{
	struct spender *sp = spender_find(d, account);

	if (!sp || sp->budget.running == running)
		return;
	sp->budget.running = running;
	sp->changed = true;
}

int64_t dialling_first_cost(const struct route_decision *decision)
{
	int64_t least = BUDGET_NO_PRICE;

	for (unsigned i = 0; i < decision->n_tries; i++) {
		const struct rate *rate = decision->tries[i].rate;

		if (rate && (least < 0 || rate_cost(rate, 0) < least))
			least = rate_cost(rate, 0);
	}
	return least;
}

bool dialling_spent(struct dialling *d, size_t i, int64_t at_s, struct dialling_spent *out)
{
	struct spender *sp = i < d->n_spenders ? &d->spenders[i] : NULL;

	if (sp)
		*out = (struct dialling_spent){ sp->account, &sp->limits, &sp->budget, now_of(sp, at_s) };
	return sp != NULL;
}

bool dialling_spent_of(struct dialling *d, const char *account, int64_t at_s, struct dialling_spent *out)
{
	const struct spender *sp = spender_find(d, account);

	return sp && dialling_spent(d, (size_t)(sp - d->spenders), at_s, out);
}

struct budget *dialling_budget(struct dialling *d, const char *account)
{
	struct spender *sp = spender_find(d, account);

	return sp ? &sp->budget : NULL;
}

bool dialling_changed(struct dialling *d, size_t i)
{
	const bool changed = i < d->n_spenders && d->spenders[i].changed;

	if (changed)
		d->spenders[i].changed = false;
	return changed;
}

void dialling_touch(struct dialling *d, const char *account)
{
	struct spender *sp = spender_find(d, account);

	if (sp)
		sp->changed = true;
}

bool dialling_tell(
	struct dialling *d, const char *account, enum dialling_news kind, int64_t at_s, int64_t pause_s)
{
	struct spender *sp = spender_find(d, account);

	if (!sp || (sp->told_s[kind] && at_s - sp->told_s[kind] < pause_s))
		return false;
	sp->told_s[kind] = at_s;
	return true;
}
