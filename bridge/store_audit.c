/* store_audit.c - the audit log: who changed what, each row sealed with the one before. */
#include "bridge/store_priv.h"
#include "bridge/hex.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HASH = 32, HEX = 2 * HASH + 1 };

/* SHA-256 over the seal before and the row's own words, each with its length in front, so that nothing can be shifted from
 * one to the next. */
static bool seal(char out[HEX], const char *before, const struct audit_row *row)
{
	const char *const parts[] = { before, row->who, row->what, row->changes };
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t hash[HASH];
	char head[32];
	bool good = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;

	snprintf(head, sizeof(head), "%lld", (long long)row->at_us);
	good = good && EVP_DigestUpdate(md, head, strlen(head)) == 1;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts) && good; i++) {
		snprintf(head, sizeof(head), ",%zu:", strlen(parts[i]));
		good = EVP_DigestUpdate(md, head, strlen(head)) == 1 &&
		       EVP_DigestUpdate(md, parts[i], strlen(parts[i])) == 1;
	}
	good = good && EVP_DigestFinal_ex(md, hash, NULL) == 1;
	EVP_MD_CTX_free(md);
	if (good)
		hex_write(out, hash, HASH);
	return good;
}

static enum bridge_err last_seal(struct store *s, char out[HEX])
{
	sqlite3_stmt *statement;
	enum bridge_err err = store_prepare(s, &statement, "SELECT seal FROM audit ORDER BY id DESC LIMIT 1");

	out[0] = '\0';
	if (err)
		return err;
	switch (sqlite3_step(statement)) {
	case SQLITE_ROW: (void)store_read_text(statement, 0, out, HEX); break;
	case SQLITE_DONE: break;
	default: err = store_fail(s);
	}
	sqlite3_finalize(statement);
	return err;
}

enum bridge_err store_add_audit(struct store *s, const struct audit_row *row)
{
	char before[HEX], own[HEX];
	sqlite3_stmt *statement;
	enum bridge_err err = last_seal(s, before);

	if (err)
		return err;
	if (!seal(own, before, row))
		return BRIDGE_NOMEM;
	err = store_prepare(
		s, &statement, "INSERT INTO audit(at_us, who, what, changes, seal) VALUES (?, ?, ?, ?, ?)");
	if (err)
		return err;
	sqlite3_bind_int64(statement, 1, row->at_us);
	store_bind_text(statement, 2, row->who);
	store_bind_text(statement, 3, row->what);
	store_bind_text(statement, 4, row->changes);
	store_bind_text(statement, 5, own);
	err = store_run(s, statement);
	sqlite3_finalize(statement);
	return err;
}

/* The row that the statement stands on; its texts live until the next step. */
static struct audit_row row_at(sqlite3_stmt *statement)
{
	return (struct audit_row){ .id = sqlite3_column_int64(statement, 0),
		.at_us = sqlite3_column_int64(statement, 1),
		.who = (const char *)sqlite3_column_text(statement, 2),
		.what = (const char *)sqlite3_column_text(statement, 3),
		.changes = (const char *)sqlite3_column_text(statement, 4) };
}

enum bridge_err store_each_audit(
	struct store *s, unsigned limit, void (*each)(void *arg, const struct audit_row *row), void *arg)
{
	sqlite3_stmt *statement;
	enum bridge_err err = store_prepare(
		s, &statement, "SELECT id, at_us, who, what, changes FROM audit ORDER BY id DESC LIMIT ?");
	int step;

	if (err)
		return err;
	sqlite3_bind_int64(statement, 1, limit);
	while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
		struct audit_row row = row_at(statement);

		each(arg, &row);
	}
	if (step != SQLITE_DONE)
		err = store_fail(s);
	sqlite3_finalize(statement);
	return err;
}

enum bridge_err store_check_audit(struct store *s, uint64_t *n, int64_t *broken)
{
	char before[HEX] = "", own[HEX];
	sqlite3_stmt *statement;
	enum bridge_err err = store_prepare(
		s, &statement, "SELECT id, at_us, who, what, changes, seal FROM audit ORDER BY id");
	int64_t expected = 1;
	int step;

	*n = 0;
	*broken = 0;
	if (err)
		return err;
	while ((step = sqlite3_step(statement)) == SQLITE_ROW && !*broken) {
		struct audit_row row = row_at(statement);
		const char *sealed = (const char *)sqlite3_column_text(statement, 5);

		if (*sealed ||
			before[0]) { /* rows of the first schema have no seal; none comes after one that has */
			if (!seal(own, before, &row))
				err = BRIDGE_NOMEM;
			else if (strcmp(own, sealed) != 0)
				*broken = row.id;
			snprintf(before, sizeof(before), "%s", sealed);
		}
		if (row.id != expected && !*broken) /* AUTOINCREMENT leaves no hole by itself */
			*broken = row.id;
		expected = row.id + 1;
		++*n;
		if (err)
			break;
	}
	if (step != SQLITE_DONE && step != SQLITE_ROW)
		err = store_fail(s);
	sqlite3_finalize(statement);
	return err;
}
