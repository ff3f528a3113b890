/* store_kept.c - texts that are kept by a name: what accounts have spent, how well trunks do. */
#include "bridge/store_priv.h"

struct kept_table {
	const char *list, *save;
	const char *tidy; /* before something is saved; NULL: nothing goes */
};

static const struct kept_table tables[] = {
	[STORE_SPENT] = { .list = "SELECT account, spent FROM budget",
		.save = "INSERT INTO budget(account, spent) VALUES (?, ?)"
			" ON CONFLICT(account) DO UPDATE SET spent = excluded.spent" },
	[STORE_LEARNED] = { .list = "SELECT trunk, learned FROM standing",
		.save = "INSERT INTO standing(trunk, learned) VALUES (?, ?)"
			" ON CONFLICT(trunk) DO UPDATE SET learned = excluded.learned",
		.tidy = "DELETE FROM standing WHERE trunk NOT IN (SELECT name FROM trunk)" },
	[STORE_HUNTS] = { .list = "SELECT id, state FROM hunt ORDER BY rowid",
		.save = "INSERT INTO hunt(id, state) VALUES (?, ?)"
			" ON CONFLICT(id) DO UPDATE SET state = excluded.state",
		.tidy = "DELETE FROM hunt WHERE state = ''" },
};

enum bridge_err store_each_kept(
	struct store *s, enum store_kept what, void (*each)(void *arg, const struct kept_row *row), void *arg)
{
	sqlite3_stmt *statement;
	enum bridge_err err = store_prepare(s, &statement, tables[what].list);
	int step;

	if (err)
		return err;
	while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
		const struct kept_row row = { (const char *)sqlite3_column_text(statement, 0),
			(const char *)sqlite3_column_text(statement, 1) };

		if (row.name && row.text)
			each(arg, &row);
	}
	if (step != SQLITE_DONE)
		err = store_fail(s);
	sqlite3_finalize(statement);
	return err;
}

enum bridge_err store_save_kept(struct store *s, enum store_kept what, const struct kept_row *rows, size_t n)
{
	sqlite3_stmt *statement = NULL;
	enum bridge_err err = store_exec(s, "BEGIN IMMEDIATE");

	if (err)
		return err;
	if (tables[what].tidy)
		err = store_exec(s, tables[what].tidy);
	if (!err)
		err = store_prepare(s, &statement, tables[what].save);
	for (size_t i = 0; i < n && !err; i++) {
		store_bind_text(statement, 1, rows[i].name);
		store_bind_text(statement, 2, rows[i].text);
		err = store_run(s, statement);
	}
	sqlite3_finalize(statement);
	return store_finish(s, err);
}
