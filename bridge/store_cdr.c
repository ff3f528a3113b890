#include "bridge/store_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SQL_MAX = 4096 };

struct sql {
	char text[SQL_MAX];
	size_t len;
};

static void sql_add(struct sql *sql, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void sql_add(struct sql *sql, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(sql->text + sql->len, sizeof(sql->text) - sql->len, format, args);
	va_end(args);
	if (n > 0)
		sql->len += (size_t)n < sizeof(sql->text) - sql->len ? (size_t)n
								     : sizeof(sql->text) - sql->len - 1;
}

static void sql_columns(struct sql *sql, const char *between, const char *format)
{
	size_t n;
	const struct cdr_field *fields = cdr_fields(&n);

	for (size_t i = 0; i < n; i++) {
		sql_add(sql, "%s", i ? between : "");
		if (format)
			sql_add(sql, "%s=%s%s", fields[i].column, format, fields[i].column);
		else
			sql_add(sql, "%s", fields[i].column);
	}
}

static enum bridge_err prepare_insert(struct store *s, sqlite3_stmt **out)
{
	struct sql sql = { .len = 0 };
	size_t n;

	cdr_fields(&n);
	sql_add(&sql, "INSERT INTO cdr(");
	sql_columns(&sql, ",", NULL);
	sql_add(&sql, ") VALUES (");
	for (size_t i = 0; i < n; i++)
		sql_add(&sql, "%s?", i ? "," : "");
	sql_add(&sql, ") ON CONFLICT(id) DO UPDATE SET ");
	sql_columns(&sql, ",", "excluded.");
	return store_prepare(s, out, sql.text);
}

static void bind_field(sqlite3_stmt *statement, int at, const struct cdr_field *field, const struct cdr *cdr)
{
	const char *member = (const char *)cdr + field->offset;
	uint32_t narrow;
	int64_t wide;
	bool flag;

	switch (field->kind) {
	case CDR_TEXT:
		sqlite3_bind_text(statement, at, member, (int)strnlen(member, field->size), SQLITE_STATIC);
		return;
	case CDR_FLAG:
		memcpy(&flag, member, sizeof(flag));
		sqlite3_bind_int(statement, at, flag);
		return;
	case CDR_TIME:
	case CDR_COUNT:
	case CDR_SCORE:
	case CDR_SPAN: break;
	}
	if (field->size == sizeof(wide)) {
		memcpy(&wide, member, sizeof(wide));
		sqlite3_bind_int64(statement, at, wide);
	} else {
		memcpy(&narrow, member, sizeof(narrow));
		sqlite3_bind_int64(statement, at, narrow);
	}
}

static bool read_field(sqlite3_stmt *statement, int column, const struct cdr_field *field, struct cdr *cdr)
{
	char *member = (char *)cdr + field->offset;
	int64_t wide = sqlite3_column_int64(statement, column);
	uint32_t narrow = (uint32_t)wide;
	bool flag = wide != 0;

	if (field->kind == CDR_TEXT)
		return store_read_text(statement, column, member, field->size);
	if (field->kind == CDR_FLAG)
		memcpy(member, &flag, sizeof(flag));
	else if (field->size == sizeof(wide))
		memcpy(member, &wide, sizeof(wide));
	else
		memcpy(member, &narrow, sizeof(narrow));
	return true;
}

enum bridge_err store_add_cdrs(struct store *s, const struct cdr *const *cdrs, size_t n)
{
	size_t n_fields;
	const struct cdr_field *fields = cdr_fields(&n_fields);
	sqlite3_stmt *insert = NULL;
	enum bridge_err err = store_exec(s, "BEGIN IMMEDIATE");

	if (err)
		return err;
	err = prepare_insert(s, &insert);
	for (size_t i = 0; i < n && !err; i++) {
		for (size_t f = 0; f < n_fields; f++)
			bind_field(insert, (int)f + 1, &fields[f], cdrs[i]);
		err = store_run(s, insert);
	}
	sqlite3_finalize(insert);
	return store_finish(s, err);
}

enum bridge_err store_add_cdr(struct store *s, const struct cdr *cdr)
{
	return store_add_cdrs(s, &cdr, 1);
}

/* Appends "AND column=?n" and notes the value, unless any will do. */
static void narrow_by(struct sql *sql, const char *column, const char *value, const char *values[], int *n)
{
	if (!value || !*value)
		return;
	sql_add(sql, "%s%s=?%d", *n ? " AND " : " WHERE ", column, *n + 1);
	values[(*n)++] = value;
}

static enum bridge_err read_rows(struct store *s, sqlite3_stmt *list, struct cdr **out, size_t *n)
{
	size_t n_fields, cap = 0;
	const struct cdr_field *fields = cdr_fields(&n_fields);
	struct cdr *rows = NULL;
	enum bridge_err err = BRIDGE_OK;
	int step;

	*n = 0;
	while ((step = sqlite3_step(list)) == SQLITE_ROW) {
		if (*n == cap) {
			struct cdr *more;

			cap = cap ? cap * 2 : 16;
			more = realloc(rows, cap * sizeof(*rows));
			if (!more) {
				err = BRIDGE_NOMEM;
				break;
			}
			rows = more;
		}
		memset(&rows[*n], 0, sizeof(*rows));
		for (size_t f = 0; f < n_fields; f++) /* text that is too long stays "" */
			read_field(list, (int)f, &fields[f], &rows[*n]);
		++*n;
	}
	if (!err && step != SQLITE_DONE)
		err = store_fail(s);
	if (err) {
		free(rows);
		rows = NULL;
		*n = 0;
	}
	*out = rows;
	return err;
}

enum bridge_err store_list_cdrs(struct store *s, const struct cdr_filter *filter, struct cdr **out, size_t *n)
{
	unsigned limit = filter->limit ? filter->limit : STORE_LIST_DEFAULT;
	struct sql sql = { .len = 0 };
	const char *values[4];
	sqlite3_stmt *list;
	int n_values = 0, any_time = 0;
	enum bridge_err err;

	sql_add(&sql, "SELECT ");
	sql_columns(&sql, ",", NULL);
	sql_add(&sql, " FROM cdr");
	narrow_by(&sql, "account", filter->account, values, &n_values);
	narrow_by(&sql, "meeting", filter->meeting, values, &n_values);
	narrow_by(&sql, "trunk", filter->trunk, values, &n_values);
	if (filter->call && *filter->call) {
		sql_add(&sql, "%s(id=?%d OR call_id=?%d)", n_values ? " AND " : " WHERE ", n_values + 1,
			n_values + 1);
		values[n_values++] = filter->call;
	}
	if (filter->since_us)
		sql_add(&sql, "%sstarted_us>=%lld", n_values || any_time++ ? " AND " : " WHERE ",
			(long long)filter->since_us);
	if (filter->before_us)
		sql_add(&sql, "%sstarted_us<%lld", n_values || any_time++ ? " AND " : " WHERE ",
			(long long)filter->before_us);
	sql_add(&sql, " ORDER BY started_us DESC, seq DESC LIMIT %u OFFSET %u",
		limit < STORE_LIST_MAX ? limit : STORE_LIST_MAX, filter->skip);
	err = store_prepare(s, &list, sql.text);
	if (err)
		return err;
	for (int i = 0; i < n_values; i++)
		store_bind_text(list, i + 1, values[i]);
	err = read_rows(s, list, out, n);
	sqlite3_finalize(list);
	return err;
}

enum bridge_err store_expire_cdrs(
	struct store *s, const char *account, int64_t before_us, unsigned limit, unsigned *n)
{
	sqlite3_stmt *statement;
	enum bridge_err err = store_prepare(s, &statement,
		"DELETE FROM cdr WHERE seq IN (SELECT seq FROM cdr WHERE account = ? AND started_us < ?"
		" ORDER BY started_us LIMIT ?)");

	*n = 0;
	if (err)
		return err;
	store_bind_text(statement, 1, account);
	sqlite3_bind_int64(statement, 2, before_us);
	sqlite3_bind_int64(statement, 3, limit);
	err = store_run(s, statement);
	if (!err)
		*n = (unsigned)sqlite3_changes(s->db);
	sqlite3_finalize(statement);
	return err;
}
