/* store_token.c - API tokens on disk: their hashes, never the tokens. */
#include "bridge/store_priv.h"

#include <stdio.h>
#include <string.h>

static bool read_token(sqlite3_stmt *statement, struct access_token *out)
{
	char role[16];

	*out = (struct access_token){ .created_us = sqlite3_column_int64(statement, 5),
		.expires_us = sqlite3_column_int64(statement, 6) };
	if (!store_read_text(statement, 0, out->id, sizeof(out->id)) ||
		!store_read_text(statement, 1, out->name, sizeof(out->name)) ||
		!store_read_text(statement, 2, role, sizeof(role)) || !access_role_find(role, &out->role) ||
		!store_read_text(statement, 3, out->account, sizeof(out->account)) ||
		!store_read_text(statement, 7, out->meeting, sizeof(out->meeting)) ||
		sqlite3_column_bytes(statement, 4) != ACCESS_HASH)
		return false;
	memcpy(out->hash, sqlite3_column_blob(statement, 4), ACCESS_HASH);
	return true;
}

enum bridge_err store_load_tokens(struct store *s, struct access *into)
{
	sqlite3_stmt *statement;
	enum bridge_err err = store_prepare(s, &statement,
		"SELECT id, name, role, account, hash, created_us, expires_us, meeting FROM token ORDER BY "
		"created_us, id");
	int step;

	if (err)
		return err;
	while ((step = sqlite3_step(statement)) == SQLITE_ROW && !err) {
		struct access_token token;

		if (read_token(statement, &token)) {
			err = access_put(into, &token);
		} else {
			snprintf(s->error, sizeof(s->error), "a token in it cannot be read");
			err = BRIDGE_FILE;
		}
	}
	if (!err && step != SQLITE_DONE)
		err = store_fail(s);
	sqlite3_finalize(statement);
	return err;
}

enum bridge_err store_add_token(struct store *s, const struct access_token *token)
{
	sqlite3_stmt *statement;
	enum bridge_err err = store_prepare(s, &statement,
		"INSERT INTO token(id, name, role, account, hash, created_us, expires_us, meeting) VALUES "
		"(?, ?, "
		"?, ?, ?, ?, ?, ?)");

	if (err)
		return err;
	store_bind_text(statement, 1, token->id);
	store_bind_text(statement, 2, token->name);
	store_bind_text(statement, 3, access_role_name(token->role));
	store_bind_text(statement, 4, token->account);
	sqlite3_bind_blob(statement, 5, token->hash, ACCESS_HASH, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 6, token->created_us);
	sqlite3_bind_int64(statement, 7, token->expires_us);
	store_bind_text(statement, 8, token->meeting);
	err = store_run(s, statement);
	sqlite3_finalize(statement);
	return err;
}

enum bridge_err store_drop_token(struct store *s, const char *id)
{
	sqlite3_stmt *statement;
	enum bridge_err err = store_prepare(s, &statement, "DELETE FROM token WHERE id = ?");

	if (err)
		return err;
	store_bind_text(statement, 1, id);
	err = store_run(s, statement);
	sqlite3_finalize(statement);
	return err;
}
