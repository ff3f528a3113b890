/* route_decide.c - asks the table: a number, its class, what the account may call, then trunk after trunk, each step noted. */
#include "dialplan/route_priv.h"
#include "dialplan/sorted.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

enum { IN_FORCE = 64, DRAW_PICK = 1 << 16, PERCENT = 100 };

static const unsigned refused_classes = 1U << CLASS_PREMIUM | 1U << CLASS_SATELLITE | 1U << CLASS_RISKY |
					1U << CLASS_UNALLOCATED | 1U << CLASS_EMERGENCY;

struct asking { /* what the parts of a decision hand on */
	const struct routes *r;
	const struct route_call *call;
	struct route_decision *d;
	uint32_t account; /* index */
	uint32_t drawn;   /* rules that have had their lot, so that their lots do not depend on other rules */
};

static void note(struct asking *q, enum route_why why, bool matched, uint32_t a, uint32_t b, uint32_t c)
{
	struct route_decision *d = q->d;

	if (d->n_steps == ROUTE_STEPS)
		d->n_unsaid++;
	else
		d->steps[d->n_steps++] = (struct route_step){ (uint8_t)why, matched, a, b, c };
}

static void refuse(struct asking *q, enum route_result result)
{
	static const struct {
		unsigned sip_status, q850;
	} answers[ROUTE_RESULTS] = {
		[ROUTE_NO_ACCOUNT] = { 404, 1 },
		[ROUTE_NO_NUMBER] = { 484, 28 },
		[ROUTE_CLASS] = { 403, 21 },
		[ROUTE_LIST] = { 403, 21 },
		[ROUTE_NO_RULE] = { 404, 3 },
		[ROUTE_NO_CALLER] = { 403, 21 },
		[ROUTE_UNWRITABLE] = { 484, 28 },
		[ROUTE_UNPRICED] = { 403, 21 },
	};
	struct route_step *last = &q->d->steps[ROUTE_STEPS - 1];

	q->d->result = result;
	q->d->sip_status = answers[result].sip_status;
	q->d->q850 = answers[result].q850;
	if (q->d->n_steps == ROUTE_STEPS) { /* the end is always said */
		*last = (struct route_step){ WHY_REFUSED, false, result, 0, 0 };
		q->d->n_unsaid++;
		return;
	}
	note(q, WHY_REFUSED, false, result, 0, 0);
}

uint64_t route_seed(const char *id)
{
	uint64_t hash = 14695981039346656037U; /* FNV-1a */

	for (; *id; id++)
		hash = (hash ^ (uint8_t)*id) * 1099511628211U;
	return hash;
}

/* The k-th lot of a seed, below `below` (splitmix64). */
static uint32_t draw(uint64_t seed, uint32_t k, uint32_t below)
{
	uint64_t z = seed + (k + 1U) * 0x9e3779b97f4a7c15U;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
	z = (z ^ z >> 27) * 0x94d049bb133111ebU;
	return (uint32_t)((z ^ z >> 31) % below);
}

static bool find_account(struct asking *q)
{
	const struct account *accounts = q->r->accounts;
	const size_t n = q->r->n_accounts;
	const char *name = q->call->account ? q->call->account : "";
	const size_t slot = sorted_slot(accounts, n, sizeof(*accounts), offsetof(struct account, name), name);

	if (slot == n || strcmp(accounts[slot].name, name) != 0) {
		note(q, WHY_NO_ACCOUNT, false, 0, 0, 0);
		refuse(q, ROUTE_NO_ACCOUNT);
		return false;
	}
	q->account = (uint32_t)slot;
	note(q, WHY_ACCOUNT, true, q->account, 0, 0);
	return true;
}

static bool read_number(struct asking *q)
{
	struct number_readings readings;
	const struct number_country *country = &q->r->accounts[q->account].country;
	enum plan_err err = number_read(&readings, q->call->number ? q->call->number : "", country);
	const char *digits = err == PLAN_OK && readings.reading[0].form == NUMBER_GLOBAL
				     ? readings.reading[0].e164 + 1
				     : readings.digits;

	memcpy(q->d->number.original, readings.original, sizeof(readings.original));
	if (class_emergency_code(digits)) {
		q->d->class = CLASS_EMERGENCY;
		note(q, WHY_EMERGENCY_CODE, false, 0, 0, 0);
		refuse(q, ROUTE_CLASS);
		return false;
	}
	if (err) {
		note(q, WHY_UNREAD, false, 0, 0, 0);
		refuse(q, ROUTE_NO_NUMBER);
		return false;
	}
	q->d->number = readings.reading[0];
	note(q, WHY_READ, true, q->d->number.form, 0, 0);
	return true;
}

static bool pass_class(struct asking *q)
{
	const struct class_entry *by;
	unsigned allowed = q->r->accounts[q->account].classes & ~(1U << CLASS_EMERGENCY);
	enum number_class class = class_of(q->r->classes, q->d->number.e164, &by);
	uint32_t digits = by ? (uint32_t)strlen(by->prefix) : 0;

	q->d->class = class;
	if (!(refused_classes >> class & 1)) {
		note(q, WHY_CLASS, true, class, digits, 0);
		return true;
	}
	if (allowed >> class & 1) {
		note(q, WHY_CLASS_ALLOWED, true, class, digits, 0);
		return true;
	}
	note(q, WHY_CLASS_REFUSED, false, class, digits, 0);
	refuse(q, ROUTE_CLASS);
	return false;
}

static bool pass_lists(struct asking *q)
{
	struct prefix_match found[PREFIX_DEPTH];
	unsigned n = prefixes_find(q->r->lists, q->account, q->d->number.e164, found);
	bool has_only = q->r->accounts[q->account].has_only;

	if (n && found[0].values[found[0].n - 1] == ROUTE_DENY) {
		note(q, WHY_LIST_REFUSE, false, found[0].digits, 0, 0);
	} else if (n) {
		note(q, WHY_LIST_ONLY, true, found[0].digits, 0, 0);
		return true;
	} else if (has_only) {
		note(q, WHY_LIST_NOT_ONLY, false, 0, 0, 0);
	} else {
		return true;
	}
	refuse(q, ROUTE_LIST);
	return false;
}

static bool rule_in_force(struct asking *q, uint32_t index)
{
	const struct rule *rule = &q->r->rules[index];
	uint32_t lot = rule->percent < PERCENT ? draw(q->call->seed, q->drawn++, PERCENT) : 0;
	size_t by;

	if (rule->match) {
		const bool fits =
			rule->match->fits(rule->match, q->d->routing[0] ? q->d->routing : q->d->number.e164);

		note(q, fits ? WHY_FITS : WHY_FITS_NOT, fits, index, 0, 0);
		if (!fits)
			return false;
	}
	if (rule->calendar) {
		bool open = calendar_open(rule->calendar, q->call->at_s, &by);
		uint32_t span = by < rule->calendar->n_spans ? (uint32_t)by + 1 : 0;

		note(q, open ? WHY_CALENDAR_OPEN : WHY_CALENDAR_SHUT, open, index, span, 0);
		if (!open)
			return false;
	}
	if (rule->percent < PERCENT) {
		bool in = lot < rule->percent;

		note(q, in ? WHY_SHARE_IN : WHY_SHARE_OUT, in, index, lot, 0);
		return in;
	}
	return true;
}

/* ---- one trunk ---- */

/* Whose number it is on this trunk; BLOCK_NONE: nobody's. */
static uint32_t owner_of(const struct asking *q, uint32_t trunk, const char *e164)
{
	uint64_t number = block_digits(e164);
	uint32_t owner = blocks_find(q->r->owned, trunk + 1, number);

	return owner != BLOCK_NONE ? owner : blocks_find(q->r->owned, ROUTE_ANY, number);
}

static bool owns(const struct asking *q, uint32_t trunk, const char *e164)
{
	uint32_t owner = owner_of(q, trunk, e164);

	if (owner != BLOCK_NONE)
		return owner == q->account + 1;
	return blocks_find(q->r->ranges, trunk + 1, block_digits(e164)) != BLOCK_NONE;
}

static int first_compare(const void *key, const void *item)
{
	const struct first_number *x = key, *y = item;

	if (x->account != y->account)
		return x->account < y->account ? -1 : 1;
	return x->trunk < y->trunk ? -1 : x->trunk > y->trunk;
}

static const char *first_number(const struct asking *q, uint32_t trunk)
{
	struct first_number key = { .account = q->account + 1, .trunk = trunk + 1 };
	const struct first_number *found =
		bsearch(&key, q->r->firsts, q->r->n_firsts, sizeof(key), first_compare);

	key.trunk = ROUTE_ANY;
	if (!found)
		found = bsearch(&key, q->r->firsts, q->r->n_firsts, sizeof(key), first_compare);
	return found ? found->e164 : "";
}

/* Which caller ID the trunk is to show, "" for none; the step that says why. */
static const char *choose_shown(
	const struct asking *q, const struct rule *rule, uint32_t trunk, enum route_why *why)
{
	const char *wanted = q->call->caller_id ? q->call->caller_id : "", *first;
	enum route_foreign foreign = q->r->trunks[trunk].foreign;

	if (wanted[0] && !number_valid(wanted))
		wanted = "";
	if (wanted[0] && owns(q, trunk, wanted)) {
		*why = WHY_SHOWN_WANTED;
		return wanted;
	}
	if (wanted[0] && foreign != ROUTE_REPLACE) {
		*why = foreign == ROUTE_PASS ? WHY_SHOWN_FOREIGN : WHY_CALLER_REFUSED;
		return wanted;
	}
	if (rule->caller_id[0]) {
		*why = WHY_SHOWN_RULE;
		return rule->caller_id;
	}
	first = first_number(q, trunk);
	*why = first[0] ? WHY_SHOWN_FIRST : wanted[0] ? WHY_CALLER_REFUSED : WHY_SHOWN_NONE;
	return first;
}

static void note_standing(struct asking *q, uint32_t trunk)
{
	enum route_standing standing = q->r->live[trunk].standing;

	if (standing != ROUTE_GOOD)
		note(q, standing == ROUTE_LOW ? WHY_LOW : WHY_PROBED, standing == ROUTE_PROBED, trunk, 0, 0);
}

/* A trunk without a sheet has nothing to say, unless its place depends on it. */
static void note_rate(struct asking *q, const struct chosen *c)
{
	const struct rates *rates = q->r->live[c->trunk].rates;
	const bool by_cost = q->r->rules[c->rule].by_cost;

	if (c->rate)
		note(q, WHY_RATE, true, c->trunk, (uint32_t)(c->rate - rates_row(rates, 0)), 0);
	else if (rates || by_cost)
		note(q, WHY_UNRATED, false, c->trunk, by_cost, 0);
}

/* All but the number. */
static void fill_try(const struct asking *q, struct route_try *t, uint32_t trunk, const char *shown)
{
	t->trunk = q->r->trunks[trunk].name;
	t->rates = q->r->live[trunk].rates;
	t->standing = q->r->live[trunk].standing;
	if (!shown[0])
		return;
	route_write_shown(t->caller_id, &q->r->trunks[trunk], shown);
	memcpy(t->caller_e164, shown, strlen(shown) + 1);
	t->owned = owns(q, trunk, shown);
	t->own_number = owner_of(q, trunk, shown) == q->account + 1;
}

static void try_trunk(struct asking *q, const struct chosen *c, enum route_result *failed)
{
	const struct rule *rule = &q->r->rules[c->rule];
	const uint32_t index = c->trunk;
	const struct route_trunk *trunk = &q->r->trunks[index];
	struct route_decision *d = q->d;
	struct route_try *t = &d->tries[d->n_tries];
	enum route_why why;
	const char *shown;

	for (unsigned i = 0; i < d->n_tries; i++)
		if (d->tries[i].trunk == trunk->name) {
			note(q, WHY_TRUNK_TWICE, false, index, 0, 0);
			return;
		}
	if (d->n_tries == ROUTE_TRIES) {
		note(q, WHY_TRUNK_FULL, false, index, 0, 0);
		return;
	}
	shown = choose_shown(q, rule, index, &why);
	if (why == WHY_CALLER_REFUSED) {
		*failed = ROUTE_NO_CALLER;
		note(q, why, false, index, 0, 0);
		return;
	}
	memset(t, 0, sizeof(*t));
	if (!route_write_called(t->number, trunk, d->number.e164)) {
		*failed = ROUTE_UNWRITABLE;
		note(q, WHY_UNWRITABLE, false, index, 0, 0);
		return;
	}
	fill_try(q, t, index, shown);
	t->rule = rule->index;
	t->rate = c->rate;
	note_standing(q, index);
	note(q, WHY_TRUNK, true, index, d->n_tries, 0);
	note(q, why, true, index, d->n_tries, 0);
	note_rate(q, c);
	d->n_tries++;
}

/* ---- rules ---- */

/* Takes one of the `n` rules at `left`, all of one priority: heavier ones more often (as RFC 2782 does). */
static uint32_t pick(struct asking *q, uint32_t *left, uint32_t n, uint32_t turn, uint32_t *drawn_of)
{
	uint32_t total = 0, lot, i, taken;

	for (i = 0; i < n; i++)
		total += q->r->rules[left[i]].weight;
	lot = n > 1 ? draw(q->call->seed, DRAW_PICK + turn, total) : 0;
	for (i = 0; i + 1 < n && lot >= q->r->rules[left[i]].weight; i++)
		lot -= q->r->rules[left[i]].weight;
	taken = left[i];
	*drawn_of = n > 1 ? total : 0;
	memmove(&left[i], &left[i + 1], (n - i - 1) * sizeof(*left));
	return taken;
}

/* Rules in force behind one prefix, in the order of the table: by priority. */
static uint32_t gather(struct asking *q, const struct prefix_match *match, uint32_t out[IN_FORCE])
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < match->n; i++) {
		if (n == IN_FORCE)
			note(q, WHY_TOO_MANY, false, match->values[i], 0, 0);
		else if (rule_in_force(q, match->values[i]))
			out[n++] = match->values[i];
	}
	return n;
}

/* The rules of one priority as they are made a list of: those by cost first, then the others. */
struct choosing {
	struct chosen list[ROUTE_CHOICES];
	unsigned n, left_out;
};

/* Takes the rules by cost out of the `n` at `rules`; how many are left. */
static uint32_t choose_by_cost(
	struct asking *q, uint32_t *rules, uint32_t n, struct choosing *c, enum route_result *failed)
{
	uint32_t left = 0;
	unsigned kept = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (!q->r->rules[rules[i]].by_cost) {
			rules[left++] = rules[i];
			continue;
		}
		note(q, WHY_BY_COST, true, rules[i], 0, 0);
		route_choose(q->r, rules[i], q->d->number.e164, q->call->at_s, c->list, &c->n, &c->left_out);
	}
	for (unsigned i = 0; i < c->n; i++) {
		if (c->list[i].rate || !q->r->rules[c->list[i].rule].rated_only) {
			c->list[kept++] = c->list[i];
			continue;
		}
		*failed = ROUTE_UNPRICED;
		note(q, WHY_UNRATED_OUT, false, c->list[i].trunk, 0, 0);
	}
	c->n = kept;
	route_by_cost(c->list, c->n);
	return left;
}

static void choose_by_weight(
	struct asking *q, uint32_t *rules, uint32_t n, uint32_t *turn, struct choosing *c)
{
	for (uint32_t left = n; left > 0; left--) {
		uint32_t total;
		unsigned first = c->n;
		uint32_t taken = pick(q, rules, left, (*turn)++, &total);

		route_choose(q->r, taken, q->d->number.e164, q->call->at_s, c->list, &c->n, &c->left_out);
		for (; first < c->n; first++)
			c->list[first].total = total;
	}
}

static void try_chosen(struct asking *q, const struct choosing *c, enum route_result *failed)
{
	uint32_t said = UINT32_MAX;

	for (unsigned i = 0; i < c->n; i++) {
		const struct chosen *one = &c->list[i];

		if (one->rule != said && !q->r->rules[one->rule].by_cost) {
			said = one->rule;
			note(q, one->total ? WHY_WEIGHT : WHY_RULE, true, said, one->total, 0);
		}
		try_trunk(q, one, failed);
	}
	if (c->left_out && c->n)
		note(q, WHY_TOO_MANY, false, c->list[c->n - 1].rule, 0, 0);
}

static void try_all(struct asking *q, uint32_t *rules, uint32_t n, enum route_result *failed)
{
	uint32_t turn = 0;

	for (uint32_t i = 0, same; i < n; i += same) {
		struct choosing c;
		uint32_t left;

		c.n = c.left_out = 0;
		same = 1;
		while (i + same < n &&
			q->r->rules[rules[i + same]].priority == q->r->rules[rules[i]].priority)
			same++;
		left = choose_by_cost(q, &rules[i], same, &c, failed);
		choose_by_weight(q, &rules[i], left, &turn, &c);
		route_by_standing(q->r, c.list, c.n);
		try_chosen(q, &c, failed);
	}
}

static void find_trunks(struct asking *q)
{
	struct prefix_match found[PREFIX_DEPTH];
	uint32_t rules[IN_FORCE], n = 0;
	const char *routing = q->d->routing[0] ? q->d->routing : q->d->number.e164;
	unsigned n_found = prefixes_find(q->r->prefixes, q->account, routing, found), i;
	enum route_result failed = ROUTE_NO_RULE;

	if (n_found == 0)
		note(q, WHY_NO_PREFIX, false, 0, 0, 0);
	for (i = 0; i < n_found && n == 0; i++) {
		note(q, WHY_PREFIX, true, found[i].digits, found[i].n, 0);
		n = gather(q, &found[i], rules);
	}
	try_all(q, rules, n, &failed);
	for (unsigned k = i; k < n_found && n > 0; k++)
		note(q, WHY_SHADOWED, false, found[k].digits, found[k].n, found[i - 1].digits);
	if (q->d->n_tries)
		note(q, WHY_ANSWER, true, q->d->n_tries, 0, 0);
	else
		refuse(q, failed);
}

void route_decide(const struct routes *r, const struct route_call *call, struct route_decision *out)
{
	route_decide_ported(r, call, "", out);
}

void route_decide_ported(const struct routes *r, const struct route_call *call, const char *routing,
	struct route_decision *out)
{
	struct asking q = { .r = r, .call = call, .d = out };

	memset(&out->number, 0, sizeof(out->number));
	snprintf(out->routing, sizeof(out->routing), "%s", routing);
	out->result = ROUTE_OK;
	out->sip_status = out->q850 = 0;
	out->class = CLASS_ORDINARY;
	out->n_tries = out->n_steps = out->n_unsaid = 0;
	if (find_account(&q) && read_number(&q) && pass_class(&q) && pass_lists(&q))
		find_trunks(&q);
}

bool route_try_other(const struct routes *r, const struct route_call *call, const char *e164,
	const char *trunk, struct route_try *out)
{
	static const struct rule no_rule = { .percent = PERCENT };
	struct route_decision unsaid = { .n_steps = 0 };
	struct asking q = { .r = r, .call = call, .d = &unsaid };
	enum route_why why;
	const char *shown;
	uint32_t index = 0;

	while (index < r->n_trunks && strcmp(r->trunks[index].name, trunk) != 0)
		index++;
	if (index == r->n_trunks || !find_account(&q))
		return false;
	memset(out, 0, sizeof(*out));
	shown = choose_shown(&q, &no_rule, index, &why);
	if (why == WHY_CALLER_REFUSED || !route_write_called(out->number, &r->trunks[index], e164))
		return false;
	fill_try(&q, out, index, shown);
	out->rule = ROUTE_BY_NO_RULE;
	out->rate = rates_find(out->rates, e164, call->at_s);
	return true;
}
