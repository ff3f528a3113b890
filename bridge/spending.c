#include "bridge/spending.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t now_s(void)
{
	return when_now_us() / 1000000;
}

/* ---- from and to the disk ---- */

static void restore_one(void *arg, const struct kept_row *row)
{
	struct dialling *d = arg;
	struct budget *b = dialling_budget(d, row->name);

	if (b && !budget_read(b, row->text))
		log_line(LOG_WARNING, NULL, "budget", "%s: what it had spent cannot be read: it begins anew",
			row->name);
}

enum bridge_err spending_load(struct dialling *d, struct store *store)
{
	return store_each_kept(store, STORE_SPENT, restore_one, d);
}

void spending_restored(struct node *n)
{
	struct dialling_spent spent;

	for (size_t i = 0; dialling_spent(n->dialling, i, now_s(), &spent); i++)
		dialling_touch(n->dialling, spent.account);
}

static void missed(struct node *n, const char *account)
{
	dialling_touch(n->dialling, account);
}

static void saved(struct node *n)
{
	if (n->spending.again)
		spending_save(n);
}

void spending_save(struct node *n)
{
	static const struct saving_kind kind = { .what = STORE_SPENT,
		.topic = "budget",
		.cannot = "what accounts spend cannot be saved",
		.missed = missed,
		.done = saved };
	struct dialling_spent spent;
	const int64_t at_s = now_s();
	struct saving *s = NULL;
	char text[BUDGET_SAVED];

	n->spending.again = n->spending.out;
	if (n->spending.out)
		return;
	for (size_t i = 0; dialling_spent(n->dialling, i, at_s, &spent); i++) {
		if (!dialling_changed(n->dialling, i))
			continue;
		budget_write(spent.budget, text);
		if (!saving_add(&s, spent.account, text)) {
			dialling_touch(n->dialling, spent.account);
			break;
		}
	}
	if (s)
		saving_go(n, &n->spending, &kind, s);
}

void spending_close(struct node *n)
{
	n->spending.out = false; /* the disk thread keeps the order */
	spending_save(n);
}

/* ---- what is told ---- */

static void tell(struct node *n, const char *type, const char *account, const char *kind, const char *text)
{
	event_emit(n->bus, type, json_pack("{s:s, s:s, s:s}", "account", account, "kind", kind, "why", text));
	log_line(LOG_WARNING, NULL, "budget", "%s: %s", account, text);
}

void spending_tell(struct node *n, const char *account, enum budget_verdict verdict, const char *text)
{
	switch (verdict) {
	case BUDGET_FREE:
	case BUDGET_VERDICTS: return;
	case BUDGET_NEAR:
		if (dialling_tell(n->dialling, account, DIALLING_NEAR, now_s(), SPENDING_NEAR_S))
			tell(n, "budget.near", account, budget_word(verdict), text);
		return;
	case BUDGET_CONSECUTIVE:
	case BUDGET_ALIKE:
		tell(n, "budget.blocked", account, budget_word(verdict), text);
		spending_save(n);
		break;
	case BUDGET_CONCURRENT:
	case BUDGET_PER_MINUTE:
	case BUDGET_DAILY:
	case BUDGET_MINUTES:
	case BUDGET_MONEY:
	case BUDGET_UNPRICED:
		if (dialling_tell(n->dialling, account, DIALLING_REACHED, now_s(), SPENDING_REACHED_S))
			tell(n, "budget.reached", account, budget_word(verdict), text);
		break;
	case BUDGET_BLOCKED: break; /* that was told when it began */
	}
	n->tally.over_budget++;
}

bool spending_unblock(struct node *n, const char *account, const char *who)
{
	struct budget *b = dialling_budget(n->dialling, account);
	char text[128];

	if (!b)
		return false;
	if (b->blocked_until_s <= now_s())
		return true;
	budget_unblock(b);
	dialling_touch(n->dialling, account);
	snprintf(text, sizeof(text), "calls are let out again by %.64s", who);
	tell(n, "budget.unblocked", account, "unblocked", text);
	spending_save(n);
	return true;
}

unsigned spending_blocked(const struct node *n)
{
	struct dialling_spent spent;
	const int64_t at_s = now_s();
	unsigned blocked = 0;

	for (size_t i = 0; dialling_spent(n->dialling, i, at_s, &spent); i++)
		blocked += spent.budget->blocked_until_s > at_s;
	return blocked;
}
