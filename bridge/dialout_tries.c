/* dialout_tries.c - which trunks carry a call of ours: what the dial plan decided, and what the account may still spend. */
#include "bridge/dialout.h"
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

static void copy_try(struct dialout_try *t, const struct route_try *from)
{
	snprintf(t->trunk, sizeof(t->trunk), "%.63s", from->trunk);
	snprintf(t->number, sizeof(t->number), "%s", from->number);
	snprintf(t->caller_id, sizeof(t->caller_id), "%s", from->caller_id);
	memcpy(t->caller_e164, from->caller_e164, sizeof(t->caller_e164));
	t->own_number = from->own_number;
	meter_price(t, from);
}

static void copy_tries(struct dialout_tries *out, const struct route_decision *d)
{
	snprintf(out->e164, sizeof(out->e164), "%s", d->number.e164);
	for (out->n = 0; out->n < d->n_tries && out->n < DIALOUT_TRIES; out->n++)
		copy_try(&out->list[out->n], &d->tries[out->n]);
}

bool dialout_try_other(
	struct node *n, const char *account, const char *e164, const char *trunk, struct dialout_try *out)
{
	const struct route_call call = {
		.account = account, .number = e164, .at_s = when_now_us() / 1000000
	};
	struct route_try other;

	if (!dialling_try_other(n->dialling, &call, e164, trunk, &other))
		return false;
	memset(out, 0, sizeof(*out));
	copy_try(out, &other);
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
	copy_tries(out, &d);
	return d.result == ROUTE_OK;
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

	dialling_decide(n->dialling, &call, &d);
	snprintf(why, DIALOUT_WHY, "%s", route_result_text(d.result));
	if (d.result != ROUTE_OK)
		return verdict_of(d.result);
	spent = meter_take(n, order->account, &d, at_s, text);
	spending_tell(n, order->account, spent, text);
	if (spent > BUDGET_NEAR) {
		snprintf(why, DIALOUT_WHY, "%s", text);
		return DIALOUT_REFUSED;
	}
	standing_decided(n, &d);
	copy_tries(out, &d);
	return DIALOUT_OK;
}
