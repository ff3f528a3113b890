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

enum bridge_err store_each_audit(struct store *s, const struct audit_filter *filter,
	void (*each)(void *arg, const struct audit_row *row), void *arg)
{
	sqlite3_stmt *statement;
	enum bridge_err err = store_prepare(s, &statement,
		"SELECT id, at_us, who, what, changes FROM audit WHERE (?1=0 OR id<?1) AND (?2='' OR what "
		"GLOB ?2) "
		"AND (?3='' OR instr(who, ?3)) ORDER BY id DESC LIMIT ?4");
	int step;

	if (err)
		return err;
	sqlite3_bind_int64(statement, 1, filter->before);
	store_bind_text(statement, 2, filter->what);
	store_bind_text(statement, 3, filter->who);
	sqlite3_bind_int64(statement, 4, filter->limit);
	while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
		struct audit_row row = row_at(statement);

		each(arg, &row);
	}
	if (step != SQLITE_DONE)
		err = store_fail(s);
	sqlite3_finalize(statement);
	return err;
}

/* Does this row follow from the one before, whose seal is chain->last_seal?  `expected`: the id that must be its own. */
static enum bridge_err check_row(
	struct audit_chain *chain, const struct audit_row *row, const char *sealed, int64_t expected)
{
	char own[HEX];

	chain->rows++;
	if (row->id != expected) /* AUTOINCREMENT leaves no hole by itself */
		chain->broken = row->id;
	/* rows of the first schema have no seal; none comes after one that has */
	if (!*sealed && !chain->last_seal[0])
		return BRIDGE_OK;
	if (!seal(own, chain->last_seal, row))
		return BRIDGE_NOMEM;
	if (strcmp(own, sealed) != 0)
		chain->broken = row->id;
	snprintf(chain->last_seal, sizeof(chain->last_seal), "%s", sealed);
	return BRIDGE_OK;
}

/* The last row that ever was; 0: none. */
static enum bridge_err last_given(struct store *s, int64_t *out)
{
	sqlite3_stmt *statement;
	enum bridge_err err =
		store_prepare(s, &statement, "SELECT seq FROM sqlite_sequence WHERE name='audit'");

	*out = 0;
	if (err)
		return err;
	switch (sqlite3_step(statement)) {
	case SQLITE_ROW: *out = sqlite3_column_int64(statement, 0); break;
	case SQLITE_DONE: break;
	default: err = store_fail(s);
	}
	sqlite3_finalize(statement);
	return err;
}

enum bridge_err store_check_audit(struct store *s, struct audit_chain *out)
{
	sqlite3_stmt *statement;
	int64_t expected = 1, given;
	enum bridge_err err = last_given(s, &given);
	int step = SQLITE_DONE;

	_Static_assert((int)AUDIT_SEAL == (int)HEX, "a seal's text");
	*out = (struct audit_chain){ .rows = 0 };
	if (!err)
		err = store_prepare(
			s, &statement, "SELECT id, at_us, who, what, changes, seal FROM audit ORDER BY id");
	if (err)
		return err;
	while (!err && !out->broken && (step = sqlite3_step(statement)) == SQLITE_ROW) {
		const struct audit_row row = row_at(statement);

		err = check_row(out, &row, (const char *)sqlite3_column_text(statement, 5), expected);
		expected = row.id + 1;
	}
	if (!err && step != SQLITE_DONE && step != SQLITE_ROW)
		err = store_fail(s);
	if (!err && !out->broken && given >= expected)
		out->broken = expected; /* the last ones are gone */
	sqlite3_finalize(statement);
	return err;
}
