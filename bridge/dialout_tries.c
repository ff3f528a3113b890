/* dialout_tries.c - which trunks carry a call of ours: what the dial plan decided, and what the account may still spend. */
#include "bridge/dialout.h"
#include "bridge/lookup.h"
#include "bridge/meter.h"
#include "bridge/spending.h"
#include "bridge/standing.h"
#include <stdio.h>
#include <string.h>

static enum dialout_verdict verdict_of(enum route_result result)
{
	switch (result) {
	case ROUTE_OK: return DIALOUT_OK;
	case ROUTE_NO_NUMBER:
	case ROUTE_UNWRITABLE: return DIALOUT_NO_NUMBER;
	case ROUTE_NO_ACCOUNT:
	case ROUTE_NO_RULE: return DIALOUT_NO_ROUTE;
	default: return DIALOUT_REFUSED;
	}
}

static void copy_try(struct dialout_try *t, const struct route_try *from, unsigned of)
{
	memset(t, 0, sizeof(*t));
	t->of = of;
	snprintf(t->trunk, sizeof(t->trunk), "%.63s", from->trunk);
	snprintf(t->number, sizeof(t->number), "%s", from->number);
	snprintf(t->caller_id, sizeof(t->caller_id), "%s", from->caller_id);
	memcpy(t->caller_e164, from->caller_e164, sizeof(t->caller_e164));
	t->own_number = from->own_number;
	meter_price(t, from);
}

static void add_words(
	struct reroute_policy *p, enum reroute_choice choice, const char (*words)[SITE_WORD], size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)reroute_policy_add(p, choice, words[i]); /* site_check() has looked at them */
}

void dialout_policy_route(struct reroute_policy *out, const struct site_route *r)
{
	*out = (struct reroute_policy){ { 0 }, { 0 } };
	add_words(out, REROUTE_GO_ON, (const char(*)[SITE_WORD])r->reroute_on, r->n_reroute_on);
	add_words(out, REROUTE_STOP, (const char(*)[SITE_WORD])r->stop_on, r->n_stop_on);
}

void dialout_policy_trunk(struct reroute_policy *out, const struct site_trunk *t)
{
	*out = (struct reroute_policy){ { 0 }, { 0 } };
	add_words(out, REROUTE_GO_ON, (const char(*)[SITE_WORD])t->reroute_on, t->n_reroute_on);
	add_words(out, REROUTE_STOP, (const char(*)[SITE_WORD])t->stop_on, t->n_stop_on);
}

void dialout_tries_of(struct dialout_tries *out, const struct site *site, const struct route_decision *d)
{
	snprintf(out->e164, sizeof(out->e164), "%s", d->number.e164);
	for (out->n = 0; out->n < d->n_tries && out->n < DIALOUT_TRIES; out->n++) {
		const unsigned rule = d->tries[out->n].rule;

		copy_try(&out->list[out->n], &d->tries[out->n], (unsigned)out->n);
		if (rule < site->n_routes)
			dialout_policy_route(&out->list[out->n].reroute, &site->routes[rule]);
	}
}

/* By the trunk where ENUM leads, which may be one that no route names.  False: it cannot carry such a call. */
static bool placed_try(const struct dialout_tries *tries, const struct node *n, const char *account,
	const struct lookup_place *place, struct dialout_try *out, struct route_try *other)
{
	const struct route_call call = {
		.account = account, .number = tries->e164, .at_s = when_now_us() / 1000000
	};

	if (place->other) {
		if (!dialling_try_other(n->dialling, &call, tries->e164, place->trunk, other))
			return false;
		copy_try(out, other, DIALOUT_TRY_OTHER);
		return true;
	}
	for (size_t i = tries->n; i-- > 0;)
		if (tries->list[i].trunk == place->trunk)
			*out = tries->list[i];
	return true;
}

bool dialout_tries_enum(struct dialout_tries *tries, struct lookup *l, const struct node *n,
	const char *account, struct route_try *other)
{
	const struct site_account *who = site_account(n->site, account);
	const char *trunks[DIALOUT_TRIES];
	struct lookup_place place;
	struct dialout_try first = { .trunk = "" };
	struct route_try spare;

	for (size_t i = 0; i < tries->n; i++)
		trunks[i] = tries->list[i].trunk;
	if (!who || !lookup_place(l, n->site, who, trunks, tries->n, &place))
		return false;
	if (!placed_try(tries, n, account, &place, &first, other ? other : &spare)) {
		snprintf(l->why[LOOKUP_ENUM], LOOKUP_WHY, "trunk %.30s cannot carry the call", place.trunk);
		return false;
	}
	snprintf(first.gateway, sizeof(first.gateway), "%.127s", place.gateway);
	if (place.user[0])
		snprintf(first.number, sizeof(first.number), "%s", place.user);
	if (tries->n == DIALOUT_TRIES)
		tries->n--;
	memmove(&tries->list[1], &tries->list[0], tries->n * sizeof(first));
	tries->list[0] = first;
	tries->n++;
	return true;
}

bool dialout_tries_ported(struct node *n, const char *account, const char *e164, const char *id,
	const char *routing, struct dialout_tries *out)
{
	const struct route_call call = {
		.account = account, .number = e164, .at_s = when_now_us() / 1000000, .seed = route_seed(id)
	};
	struct route_decision d;

	dialling_decide_ported(n->dialling, &call, routing, &d);
	dialout_tries_of(out, n->site, &d);
	return d.result == ROUTE_OK;
}

/* The tries by this trunk alone are left. */
static void keep_trunk(struct route_decision *d, const char *trunk)
{
	unsigned n = 0;

	for (unsigned i = 0; i < d->n_tries; i++)
		if (strcmp(d->tries[i].trunk, trunk) == 0)
			d->tries[n++] = d->tries[i];
	d->n_tries = n;
}

/* The one try: whoever it is, they are at that trunk. */
static void reach_extension(const struct dialout_order *order, struct dialout_tries *out)
{
	struct dialout_try *t = &out->list[0];

	memset(out, 0, sizeof(*out));
	snprintf(out->e164, sizeof(out->e164), "%.*s", NUMBER_E164 - 1, order->to);
	snprintf(t->trunk, sizeof(t->trunk), "%s", order->trunk);
	snprintf(t->number, sizeof(t->number), "%s", order->to);
	snprintf(t->caller_id, sizeof(t->caller_id), "%s", order->extension_from);
	snprintf(t->caller_e164, sizeof(t->caller_e164), "%.*s", NUMBER_E164 - 1, order->extension_from);
	t->own_number = true;
	out->n = 1;
}

enum dialout_verdict dialout_tries(
	struct node *n, const struct dialout_order *order, struct dialout_tries *out, char why[DIALOUT_WHY])
{
	const int64_t at_s = when_now_us() / 1000000;
	const struct route_call call = {
		.account = order->account, .number = order->to, .at_s = at_s, .seed = route_seed(order->id)
	};
	struct route_decision d;
	enum budget_verdict spent;
	char text[BUDGET_TEXT];

	if (order->extension_from)
		memset(&d, 0, sizeof(d)); /* ROUTE_OK */
	else
		dialling_decide(n->dialling, &call, &d);
	snprintf(why, DIALOUT_WHY, "%s", route_result_text(d.result));
	if (d.result != ROUTE_OK)
		return verdict_of(d.result);
	if (order->trunk)
		keep_trunk(&d, order->trunk);
	if (!d.n_tries && !order->extension_from) {
		snprintf(why, DIALOUT_WHY, "no route leads there by trunk %s", order->trunk);
		return DIALOUT_NO_ROUTE;
	}
	spent = meter_take(n, order->account, &d, at_s, text);
	spending_tell(n, order->account, spent, text);
	if (spent > BUDGET_NEAR) {
		snprintf(why, DIALOUT_WHY, "%s", text);
		return DIALOUT_REFUSED;
	}
	standing_decided(n, &d);
	if (order->extension_from)
		reach_extension(order, out);
	else
		dialout_tries_of(out, n->site, &d);
	return DIALOUT_OK;
}
