/* api_budget.c - what accounts have spent on calls of theirs, by the API. */
#include "bridge/api.h"
#include "bridge/spending.h"
#include "bridge/tariff.h"

static json_t *limit_json(unsigned limit)
{
	return limit ? json_integer(limit) : json_null();
}

static json_t *row_json(const struct dialling_spent *s, const char *currency)
{
	char money[MONEY_TEXT], limit[MONEY_TEXT];
	const struct budget *b = s->budget;
	const struct budget_limits *l = s->limits;
	const bool blocked = b->blocked_until_s > s->now.at_s;

	return json_pack("{s:s, s:i, s:o, s:i, s:o, s:i, s:o, s:i, s:o, s:s, s:o, s:s, s:b, s:o}", "account",
		s->account, "calls", (int)b->calls, "concurrent", limit_json(l->concurrent), "today",
		(int)budget_today(b, s->now.day), "daily", limit_json(l->daily), "last_minute",
		(int)budget_last_minute(b, s->now.at_s), "per_minute", limit_json(l->per_minute),
		"minutes_today", s->now.day == b->day ? (int)(b->talked_s / 60) : 0, "daily_minutes",
		limit_json(l->daily_minutes), "money_today", money_text(money, budget_money(b, s->now.day)),
		"daily_money", l->daily_money ? json_string(money_text(limit, l->daily_money)) : json_null(),
		"currency", currency, "blocked", blocked, "blocked_until",
		when_json(blocked ? b->blocked_until_s * 1000000 : 0));
}

void api_budgets(struct node *n, const struct http_request *request, const char *word)
{
	static const struct page_rules rules = { "account", "account blocked", PAGE_LIMIT, PAGE_MAX };
	const int64_t at_s = when_now_us() / 1000000;
	json_t *items = json_array();
	struct dialling_spent spent;

	(void)word;
	for (size_t i = 0; dialling_spent(n->dialling, i, at_s, &spent); i++)
		if (api_sees(request, spent.account))
			json_array_append_new(items, row_json(&spent, tariff_currency(n)));
	api_reply_page(n, request, &rules, items);
}

void api_unblock(struct node *n, const struct http_request *request, const char *word)
{
	if (!dialling_budget(n->dialling, word)) {
		api_refuse_as(n, request->id, 404, "not_found", "no such account", NULL);
		return;
	}
	api_audit(n, request, "budget.unblock", json_pack("{s:s}", "account", word));
	spending_unblock(n, word, request->who->name);
	api_reply(n, request->id, 200, json_pack("{s:s, s:b}", "account", word, "blocked", false));
}
