/* partyctl_budget.c - the verb budget: what accounts have spent, and letting out those that looked like fraud. */
#include "tools/partyctl.h"

#include <string.h>

static enum ctl_exit list(struct ctl *c)
{
	static const struct ctl_column columns[] = {
		{ "ACCOUNT", "account", false },
		{ "CALLS", "calls", true },
		{ "OF", "concurrent", true },
		{ "TODAY", "today", true },
		{ "OF", "daily", true },
		{ "MINUTE", "last_minute", true },
		{ "OF", "per_minute", true },
		{ "TALKED", "minutes_today", true },
		{ "OF", "daily_minutes", true },
		{ "SPENT", "money_today", true },
		{ "OF", "daily_money", true },
		{ "", "currency", false },
		{ "BLOCKED UNTIL", "blocked_until", false },
	};

	return ctl_list(c, "/v1/budgets", columns, sizeof(columns) / sizeof(*columns));
}

static enum ctl_exit unblock(struct ctl *c)
{
	char path[CTL_PATH_MAX] = "";
	json_t *answer;
	enum ctl_exit code;

	if (!ctl_path_add(path, "/v1/budgets/", c->args[1]) || !ctl_path_add(path, "/unblock", ""))
		return ctl_usage(c, "that is no account");
	code = ctl_ask(c, "POST", path, NULL, 0, &answer);
	if (answer)
		fprintf(c->out, "%s may call again\n", c->args[1]);
	json_decref(answer);
	return code;
}

enum ctl_exit ctl_budget(struct ctl *c)
{
	if (strcmp(c->args[0], "list") == 0 && c->n_args == 1)
		return list(c);
	if (strcmp(c->args[0], "unblock") == 0 && c->n_args == 2)
		return unblock(c);
	return ctl_usage(c, "budget knows: list, unblock ACCOUNT");
}
