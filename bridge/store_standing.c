/* store_standing.c - how well trunks do, on disk. */
#include "bridge/store_priv.h"

enum bridge_err store_each_standing(
	struct store *s, void (*each)(void *arg, const struct standing_row *row), void *arg)
{
	sqlite3_stmt *statement;
	enum bridge_err err = store_prepare(s, &statement, "SELECT trunk, learned FROM standing");
	int step;

	if (err)
		return err;
	while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
		const struct standing_row row = { (const char *)sqlite3_column_text(statement, 0),
			(const char *)sqlite3_column_text(statement, 1) };

		if (row.trunk && row.learned)
			each(arg, &row);
	}
	if (step != SQLITE_DONE)
		err = store_fail(s);
	sqlite3_finalize(statement);
	return err;
}

enum bridge_err store_save_standing(struct store *s, const struct standing_row *row)
{
	sqlite3_stmt *statement = NULL;
	enum bridge_err err = store_exec(s, "BEGIN IMMEDIATE");

	if (err)
		return err;
	err = store_exec(s, "DELETE FROM standing WHERE trunk NOT IN (SELECT name FROM trunk)");
	if (!err)
		err = store_prepare(s, &statement,
			"INSERT INTO standing(trunk, learned) VALUES (?, ?)"
			" ON CONFLICT(trunk) DO UPDATE SET learned = excluded.learned");
	if (!err) {
		store_bind_text(statement, 1, row->trunk);
		store_bind_text(statement, 2, row->learned);
		err = store_run(s, statement);
	}
	sqlite3_finalize(statement);
	return store_finish(s, err);
}
