/* store_budget.c - what accounts have spent, on disk. */
#include "bridge/store_priv.h"

enum bridge_err store_each_budget(
	struct store *s, void (*each)(void *arg, const struct budget_row *row), void *arg)
{
	sqlite3_stmt *statement;
	enum bridge_err err = store_prepare(s, &statement, "SELECT account, spent FROM budget");
	int step;

	if (err)
		return err;
	while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
		const struct budget_row row = { (const char *)sqlite3_column_text(statement, 0),
			(const char *)sqlite3_column_text(statement, 1) };

		if (row.account && row.spent)
			each(arg, &row);
	}
	if (step != SQLITE_DONE)
		err = store_fail(s);
	sqlite3_finalize(statement);
	return err;
}

enum bridge_err store_save_budgets(struct store *s, const struct budget_row *rows, size_t n)
{
	sqlite3_stmt *statement = NULL;
	enum bridge_err err = store_exec(s, "BEGIN IMMEDIATE");

	if (err)
		return err;
	err = store_prepare(s, &statement,
		"INSERT INTO budget(account, spent) VALUES (?, ?)"
		" ON CONFLICT(account) DO UPDATE SET spent = excluded.spent");
	for (size_t i = 0; i < n && !err; i++) {
		store_bind_text(statement, 1, rows[i].account);
		store_bind_text(statement, 2, rows[i].spent);
		err = store_run(s, statement);
	}
	sqlite3_finalize(statement);
	return store_finish(s, err);
}
