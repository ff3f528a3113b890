/* store_cdr.c - call records: written many at a time, read back, forgotten when they are old. */
#include "bridge/store_priv.h"

#include <stdarg.h>
#include <stdio.h>
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

/* Once: reading it costs more than a record does. */
static enum bridge_err prepare_insert(struct store *s)
{
	struct sql sql = { .len = 0 };
	size_t n;

	if (s->add_cdr)
		return BRIDGE_OK;
	cdr_fields(&n);
	sql_add(&sql, "INSERT INTO cdr(");
	sql_columns(&sql, ",", NULL);
	sql_add(&sql, ") VALUES (");
	for (size_t i = 0; i < n; i++)
		sql_add(&sql, "%s?", i ? "," : "");
	sql_add(&sql, ") ON CONFLICT(id) DO UPDATE SET ");
	sql_columns(&sql, ",", "excluded.");
	return store_prepare(s, &s->add_cdr, sql.text);
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
	case CDR_KEPT:
		sqlite3_bind_text(
			statement, at, cdr_text(cdr, (enum cdr_text)field->offset), -1, SQLITE_STATIC);
		return;
	case CDR_FLAG:
		memcpy(&flag, member, sizeof(flag));
		sqlite3_bind_int(statement, at, flag);
		return;
	case CDR_TIME:
	case CDR_COUNT:
	case CDR_SCORE:
	case CDR_MONEY:
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

static bool read_kept(sqlite3_stmt *statement, int column, const struct cdr_field *field, struct cdr *cdr)
{
	char text[CDR_TEXT_MAX];

	return !store_read_text(statement, column, text, field->size) || /* too long: stays "" */
	       cdr_say(cdr, (enum cdr_text)field->offset, "%s", text);
}

/* False: out of memory. */
static bool read_field(sqlite3_stmt *statement, int column, const struct cdr_field *field, struct cdr *cdr)
{
	char *member = (char *)cdr + field->offset;
	int64_t wide = sqlite3_column_int64(statement, column);
	uint32_t narrow = (uint32_t)wide;
	bool flag = wide != 0;

	if (field->kind == CDR_KEPT)
		return read_kept(statement, column, field, cdr);
	if (field->kind == CDR_TEXT)
		(void)store_read_text(statement, column, member, field->size); /* too long: stays "" */
	else if (field->kind == CDR_FLAG)
		memcpy(member, &flag, sizeof(flag));
	else if (field->size == sizeof(wide))
		memcpy(member, &wide, sizeof(wide));
	else
		memcpy(member, &narrow, sizeof(narrow));
	return true;
}

bool store_read_cdr(sqlite3_stmt *statement, struct cdr *out)
{
	size_t n;
	const struct cdr_field *fields = cdr_fields(&n);

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < n; i++)
		if (!read_field(statement, (int)i, &fields[i], out)) {
			cdr_clear(out);
			return false;
		}
	return true;
}

void store_cdr_columns(char *out, size_t cap)
{
	struct sql sql = { .len = 0 };

	sql_columns(&sql, ",", NULL);
	snprintf(out, cap, "%s", sql.text);
}

enum bridge_err store_add_cdrs(struct store *s, const struct cdr *const *cdrs, size_t n)
{
	size_t n_fields;
	const struct cdr_field *fields = cdr_fields(&n_fields);
	enum bridge_err err = store_exec(s, "BEGIN IMMEDIATE");

	if (err)
		return err;
	err = prepare_insert(s);
	for (size_t i = 0; i < n && !err; i++) {
		for (size_t f = 0; f < n_fields; f++)
			bind_field(s->add_cdr, (int)f + 1, &fields[f], cdrs[i]);
		err = store_run(s, s->add_cdr);
	}
	return store_finish(s, err);
}

enum bridge_err store_add_cdr(struct store *s, const struct cdr *cdr)
{
	return store_add_cdrs(s, &cdr, 1);
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

/* Names are leapt over, one look into the index each: how many records somebody has does not matter. */
enum bridge_err store_expire_orphans(struct store *s, int64_t before_us, unsigned limit, unsigned *n)
{
	sqlite3_stmt *statement;
	enum bridge_err err = store_prepare(s, &statement,
		"WITH RECURSIVE of(name) AS (SELECT min(account) FROM cdr UNION ALL"
		" SELECT (SELECT min(account) FROM cdr WHERE account > of.name) FROM of WHERE of.name IS NOT "
		"NULL)"
		" DELETE FROM cdr WHERE seq IN (SELECT cdr.seq FROM of CROSS JOIN cdr ON cdr.account = "
		"of.name"
		" WHERE of.name NOT IN (SELECT name FROM account) AND cdr.started_us < ? LIMIT ?)");

	*n = 0;
	if (err)
		return err;
	sqlite3_bind_int64(statement, 1, before_us);
	sqlite3_bind_int64(statement, 2, limit);
	err = store_run(s, statement);
	if (!err)
		*n = (unsigned)sqlite3_changes(s->db);
	sqlite3_finalize(statement);
	return err;
}
