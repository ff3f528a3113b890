/* store_sitting.c - meetings' sittings, added up from the records of their calls. */
#include "bridge/sitting.h"
#include "bridge/store_priv.h"

#include <string.h>

static const char listed[] =
	"SELECT sitting, account, meeting, MIN(joined_us), MAX(ended_us), COUNT(*), SUM(direction='out'),"
	" COUNT(DISTINCT participant), SUM(ended_us-joined_us), SUM(cost), MAX(currency),"
	" CAST(ROUND(IFNULL(AVG(NULLIF(rx_mos,0)),0)) AS INTEGER),"
	" IFNULL(MIN(NULLIF(MIN(IIF(rx_mos,rx_mos,tx_mos),IIF(tx_mos,tx_mos,rx_mos)),0)),0), SUM(trouble<>'')"
	" FROM cdr WHERE sitting<>'' AND sitting>=?1 AND (?2='' OR sitting<?2) AND (?3='' OR account=?3)"
	" AND (?4='' OR meeting=?4) GROUP BY sitting ORDER BY sitting DESC LIMIT ?5";

/* How many were there at once: who comes at the moment that another leaves was not there with them. */
static const char crowded[] =
	"SELECT MAX(here) FROM (SELECT SUM(step) OVER (ORDER BY at_us, step) AS here FROM"
	" (SELECT joined_us AS at_us, 1 AS step FROM cdr WHERE sitting<>'' AND sitting=?1"
	"  UNION ALL SELECT ended_us, -1 FROM cdr WHERE sitting<>'' AND sitting=?1))";

static const char last[] = "SELECT cause, ended_by FROM cdr WHERE sitting<>'' AND sitting=?1 ORDER BY "
			   "ended_us DESC, seq DESC LIMIT 1";

struct reading {
	sqlite3_stmt *list, *crowd, *last;
};

static const char *text_at(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	return text ? text : "";
}

static bool row_about(sqlite3_stmt *statement, const char *id)
{
	sqlite3_reset(statement);
	sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC);
	return sqlite3_step(statement) == SQLITE_ROW;
}

static void read_row(struct reading *r, struct sitting *out)
{
	int column = 0;

	out->id = text_at(r->list, column++);
	out->account = text_at(r->list, column++);
	out->meeting = text_at(r->list, column++);
	out->opened_us = sqlite3_column_int64(r->list, column++);
	out->ended_us = sqlite3_column_int64(r->list, column++);
	out->calls = (unsigned)sqlite3_column_int(r->list, column++);
	out->dialled = (unsigned)sqlite3_column_int(r->list, column++);
	out->participants = (unsigned)sqlite3_column_int(r->list, column++);
	out->talked_us = sqlite3_column_int64(r->list, column++);
	out->cost = sqlite3_column_int64(r->list, column++);
	out->currency = text_at(r->list, column++);
	out->mos = (unsigned)sqlite3_column_int(r->list, column++);
	out->worst_mos = (unsigned)sqlite3_column_int(r->list, column++);
	out->troubled = (unsigned)sqlite3_column_int(r->list, column);
	out->most = row_about(r->crowd, out->id) ? (unsigned)sqlite3_column_int(r->crowd, 0) : 0;
	out->cause = out->ended_by = "";
	if (row_about(r->last, out->id)) {
		out->cause = text_at(r->last, 0);
		out->ended_by = text_at(r->last, 1);
	}
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

enum bridge_err store_each_sitting(struct store *s, const struct sitting_filter *filter,
	void (*each)(void *arg, const struct sitting *sitting), void *arg)
{
	struct reading r = { NULL, NULL, NULL };
	struct sitting sitting;
	int step = SQLITE_DONE;
	enum bridge_err err = store_prepare(s, &r.list, listed);

	if (!err)
		err = store_prepare(s, &r.crowd, crowded);
	if (!err)
		err = store_prepare(s, &r.last, last);
	if (!err) {
		store_bind_text(r.list, 1, or_empty(filter->from_id));
		store_bind_text(r.list, 2, or_empty(filter->below_id));
		store_bind_text(r.list, 3, or_empty(filter->account));
		store_bind_text(r.list, 4, or_empty(filter->meeting));
		sqlite3_bind_int64(r.list, 5, filter->limit ? filter->limit : STORE_LIST_DEFAULT);
	}
	while (!err && (step = sqlite3_step(r.list)) == SQLITE_ROW) {
		read_row(&r, &sitting);
		each(arg, &sitting);
	}
	if (!err && step != SQLITE_DONE)
		err = store_fail(s);
	sqlite3_finalize(r.list);
	sqlite3_finalize(r.crowd);
	sqlite3_finalize(r.last);
	return err;
}
