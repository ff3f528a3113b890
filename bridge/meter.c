#include "bridge/meter.h"
#include "bridge/dialout_priv.h"
#include "bridge/leg_priv.h"
#include "bridge/spending.h"
#include "bridge/why_call.h"
#include "sip/cause.h"

#include <stdio.h>
#include <string.h>

enum { SECOND_US = 1000000, AHEAD_US = 2 * SECOND_US };

static const struct dialout_try *try_of(const struct dialout *d)
{
	return d->at_try < d->tries.n ? &d->tries.list[d->at_try] : NULL;
}

/* What it costs `ahead_us` from now; before the answer its first step. */
static int64_t cost_of(const struct dialout *d, int64_t ahead_us)
{
	const struct dialout_try *t = try_of(d);

	if (!t || !t->currency[0])
		return 0;
	if (d->cut_us)
		return rate_cost(&t->rate, d->cut_us);
	return rate_cost(&t->rate, d->answered_us ? (int64_t)(loop_now_us() - d->answered_us) + ahead_us : 0);
}

/* Of the account's calls that are on, but for one. */
static int64_t sum_of(
	const struct node *n, const char *account, int64_t ahead_us, const struct dialout *but_for)
{
	int64_t sum = 0;

	for (const struct dialout *d = n->dialouts; d; d = d->next)
		if (d != but_for && strcmp(d->account, account) == 0)
			sum += cost_of(d, ahead_us);
	return sum;
}

static void update(struct node *n, const char *account)
{
	dialling_running(n->dialling, account, sum_of(n, account, 0, NULL));
}

/* ---- before a call ---- */

enum budget_verdict meter_take(struct node *n, const char *account, const struct route_decision *d,
	int64_t at_s, char text[BUDGET_TEXT])
{
	update(n, account);
	return dialling_take(n->dialling,
		&(struct dialling_ask){ account, d->number.e164, at_s, dialling_first_cost(d) }, text);
}

void meter_price(struct dialout_try *to, const struct route_try *from)
{
	to->currency[0] = '\0';
	if (!from->rate)
		return;
	to->rate = *from->rate;
	snprintf(to->currency, sizeof(to->currency), "%s", rates_currency(from->rates));
}

static bool find_spent(const struct node *n, const char *account, struct dialling_spent *out)
{
	return dialling_spent_of(n->dialling, account, when_now_us() / SECOND_US, out);
}

bool meter_allows(const struct dialout *d, const char **why)
{
	const struct dialout_try *t = try_of(d);
	struct dialling_spent spent;
	int64_t others;

	if (!find_spent(d->node, d->account, &spent) || !spent.limits->daily_money)
		return true;
	*why = "its price is not known, and the account has a ceiling of money";
	if (!t->currency[0])
		return false;
	others = budget_money(spent.budget, spent.now.day) - spent.budget->running +
		 sum_of(d->node, d->account, 0, d);
	*why = "the account's money for today does not reach for its first step";
	return others + rate_cost(&t->rate, 0) <= spent.limits->daily_money;
}

/* ---- of a call ---- */

void meter_begin(const struct dialout_try *t, struct cdr *cdr)
{
	char words[RATE_WORDS];

	if (!t->currency[0])
		return;
	memcpy(cdr->currency, t->currency, sizeof(cdr->currency));
	cdr_say(cdr, CDR_RATE, "%s", rate_words(&t->rate, t->currency, words));
}

void meter_end(struct dialout *d, struct cdr *cdr)
{
	const struct dialout_try *t = try_of(d);

	if (!t || !t->currency[0] || !cdr->answered_us)
		return;
	d->cost = rate_cost(&t->rate, d->cut_us ? d->cut_us : cdr->ended_us - cdr->answered_us);
	cdr->cost = d->cost;
}

/* It has left the node's list. */
void meter_give(struct dialout *d, uint32_t talked_s)
{
	const int64_t cost = d->cost || !d->answered_us ? d->cost : cost_of(d, 0);

	dialling_give(d->node->dialling, d->account, talked_s, cost, when_now_us() / SECOND_US);
	update(d->node, d->account);
}

/* ---- time goes by ---- */

static void cut(struct dialout *d)
{
	d->cut_us = (int64_t)(loop_now_us() - d->answered_us);
	leg_ended_by(d->leg, WHY_US);
	leg_hangup(d->leg, Q850_NORMAL_UNSPECIFIED, "the account's money for today is used up");
}

/* Ends calls whose next step is not left, the one that began last first: the list has it in front. */
static unsigned cut_some(struct node *n, const char *account, int64_t over)
{
	unsigned ended = 0;

	for (struct dialout *d = n->dialouts, *next; d && over > 0; d = next) {
		int64_t growth;

		next = d->next; /* it may be gone */
		if (strcmp(d->account, account) != 0 || d->state != DIALOUT_ANSWERED || !d->leg || d->cut_us)
			continue;
		growth = cost_of(d, AHEAD_US) - cost_of(d, 0);
		if (growth <= 0)
			continue;
		over -= growth;
		ended++;
		cut(d);
	}
	return ended;
}

static void tick_account(struct node *n, const struct dialling_spent *s)
{
	const int64_t limit = s->limits->daily_money;
	char text[BUDGET_TEXT], have[MONEY_TEXT], all[MONEY_TEXT];
	int64_t spent, soon;

	update(n, s->account);
	if (!limit)
		return;
	spent = budget_money(s->budget, s->now.day);
	soon = spent - s->budget->running + sum_of(n, s->account, AHEAD_US, NULL);
	money_text(have, spent);
	money_text(all, limit);
	if (soon > limit && cut_some(n, s->account, soon - limit)) {
		snprintf(text, sizeof(text), "%s of %s spent today: calls that would outgrow it are ended",
			have, all);
		spending_tell(n, s->account, BUDGET_MONEY, text);
	} else if (spent >= limit / 100 * BUDGET_WARN_PERCENT) {
		snprintf(text, sizeof(text), "%s of %s spent today", have, all);
		spending_tell(n, s->account, BUDGET_NEAR, text);
	}
}

void meter_tick(struct node *n)
{
	const int64_t at_s = when_now_us() / SECOND_US;
	struct dialling_spent s;

	for (size_t i = 0; dialling_spent(n->dialling, i, at_s, &s); i++)
		if (s.budget->calls || s.budget->running)
			tick_account(n, &s);
}
