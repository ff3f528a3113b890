#include "bridge/store_keys.h"
#include "bridge/store_priv.h"

#include <string.h>

static const int64_t KEPT_US = IDEMPOTENCE_HOURS * 3600000000ll;

static enum bridge_err forget_old(struct store *s, int64_t now_us)
{
	sqlite3_stmt *statement;
	enum bridge_err err = store_prepare(s, &statement,
		"DELETE FROM idempotence WHERE at_us <= ? OR seq <= (SELECT max(seq) FROM idempotence) - ?");

	if (err)
		return err;
	sqlite3_bind_int64(statement, 1, now_us - KEPT_US);
	sqlite3_bind_int64(statement, 2, IDEMPOTENCE_MAX);
	err = store_run(s, statement);
	sqlite3_finalize(statement);
	return err;
}

enum bridge_err store_save_key(struct store *s, const struct idempotence_kept *k)
{
	sqlite3_stmt *statement = NULL;
	enum bridge_err err = store_exec(s, "BEGIN IMMEDIATE");

	if (err)
		return err;
	err = store_prepare(s, &statement,
		"REPLACE INTO idempotence(who, key, asked, at_us, status, body, etag, location)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
	if (!err) {
		store_bind_text(statement, 1, k->who);
		store_bind_text(statement, 2, k->key);
		sqlite3_bind_blob(statement, 3, k->asked, sizeof(k->asked), SQLITE_STATIC);
		sqlite3_bind_int64(statement, 4, k->at_us);
		sqlite3_bind_int64(statement, 5, k->status);
		if (!k->secret)
			sqlite3_bind_blob(statement, 6, k->body, (int)k->len, SQLITE_STATIC);
		store_bind_text(statement, 7, k->more.etag);
		store_bind_text(statement, 8, k->more.location);
		err = store_run(s, statement);
	}
	sqlite3_finalize(statement);
	if (!err)
		err = forget_old(s, k->at_us);
	return store_finish(s, err);
}

static bool read_key(sqlite3_stmt *statement, struct idempotence_kept *k)
{
	memset(k, 0, sizeof(*k));
	if (!store_read_text(statement, 0, k->who, sizeof(k->who)) ||
		!store_read_text(statement, 1, k->key, sizeof(k->key)) ||
		sqlite3_column_bytes(statement, 2) != sizeof(k->asked) ||
		!store_read_text(statement, 6, k->more.etag, sizeof(k->more.etag)) ||
		!store_read_text(statement, 7, k->more.location, sizeof(k->more.location)))
		return false;
	memcpy(k->asked, sqlite3_column_blob(statement, 2), sizeof(k->asked));
	k->at_us = sqlite3_column_int64(statement, 3);
	k->status = (unsigned)sqlite3_column_int64(statement, 4);
	k->secret = sqlite3_column_type(statement, 5) == SQLITE_NULL;
	k->body = (char *)(uintptr_t)sqlite3_column_blob(statement, 5);
	k->len = (size_t)sqlite3_column_bytes(statement, 5);
	return true;
}

enum bridge_err store_each_key(
	struct store *s, int64_t now_us, void (*each)(void *arg, const struct idempotence_kept *k), void *arg)
{
	sqlite3_stmt *statement;
	enum bridge_err err = store_prepare(s, &statement,
		"SELECT who, key, asked, at_us, status, body, etag, location FROM idempotence WHERE at_us > ?"
		" ORDER BY seq");
	struct idempotence_kept k;
	int step;

	if (err)
		return err;
	sqlite3_bind_int64(statement, 1, now_us - KEPT_US);
	while ((step = sqlite3_step(statement)) == SQLITE_ROW)
		if (read_key(statement, &k))
			each(arg, &k);
	if (step != SQLITE_DONE)
		err = store_fail(s);
	sqlite3_finalize(statement);
	return err;
}

enum bridge_err store_tag_key(struct store *s, uint8_t *key, size_t len)
{
	sqlite3_stmt *statement;
	enum bridge_err err = store_prepare(s, &statement, "SELECT key FROM tag_key");
	int step;

	if (err)
		return err;
	step = sqlite3_step(statement);
	if (step == SQLITE_ROW && (size_t)sqlite3_column_bytes(statement, 0) == len)
		memcpy(key, sqlite3_column_blob(statement, 0), len);
	else
		step = SQLITE_DONE;
	sqlite3_finalize(statement);
	if (step == SQLITE_ROW)
		return BRIDGE_OK;
	err = store_prepare(s, &statement, "REPLACE INTO tag_key(one, key) VALUES (1, ?)");
	if (err)
		return err;
	sqlite3_bind_blob(statement, 1, key, (int)len, SQLITE_STATIC);
	err = store_run(s, statement);
	sqlite3_finalize(statement);
	return err;
}
