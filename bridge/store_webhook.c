/* store_webhook.c - webhooks and their queues on disk. */
#include "bridge/store_priv.h"

enum bridge_err store_each_webhook(
	struct store *s, void (*each)(void *arg, const struct webhook *hook), void *arg)
{
	sqlite3_stmt *statement;
	enum bridge_err err = store_prepare(s, &statement,
		"SELECT id, url, account, events, secret, created_us FROM webhook ORDER BY created_us, id");
	int step;

	if (err)
		return err;
	while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
		struct webhook hook = { .created_us = sqlite3_column_int64(statement, 5) };

		if (store_read_text(statement, 0, hook.id, sizeof(hook.id)) &&
			store_read_text(statement, 1, hook.url, sizeof(hook.url)) &&
			store_read_text(statement, 2, hook.account, sizeof(hook.account)) &&
			store_read_text(statement, 3, hook.events, sizeof(hook.events)) &&
			store_read_text(statement, 4, hook.secret, sizeof(hook.secret)))
			each(arg, &hook);
	}
	if (step != SQLITE_DONE)
		err = store_fail(s);
	sqlite3_finalize(statement);
	return err;
}

enum bridge_err store_add_webhook(struct store *s, const struct webhook *hook)
{
	sqlite3_stmt *statement;
	enum bridge_err err = store_prepare(s, &statement,
		"INSERT INTO webhook(id, url, account, events, secret, created_us) VALUES (?, ?, ?, ?, ?, "
		"?)");

	if (err)
		return err;
	store_bind_text(statement, 1, hook->id);
	store_bind_text(statement, 2, hook->url);
	store_bind_text(statement, 3, hook->account);
	store_bind_text(statement, 4, hook->events);
	store_bind_text(statement, 5, hook->secret);
	sqlite3_bind_int64(statement, 6, hook->created_us);
	err = store_run(s, statement);
	sqlite3_finalize(statement);
	return err;
}

enum bridge_err store_drop_webhook(struct store *s, const char *id)
{
	sqlite3_stmt *statement;
	enum bridge_err err = store_prepare(s, &statement, "DELETE FROM webhook WHERE id = ?");

	if (err)
		return err;
	store_bind_text(statement, 1, id);
	err = store_run(s, statement); /* its deliveries go with it */
	sqlite3_finalize(statement);
	return err;
}

enum bridge_err store_add_deliveries(struct store *s, const struct delivery *first)
{
	sqlite3_stmt *statement = NULL;
	enum bridge_err err = store_exec(s, "BEGIN IMMEDIATE");

	if (err)
		return err;
	/* A hook that was dropped meanwhile has no use for it. */
	err = store_prepare(s, &statement,
		"INSERT INTO webhook_delivery(hook, event_seq, body, at_us)"
		" SELECT id, ?2, ?3, ?4 FROM webhook WHERE id = ?1");
	for (const struct delivery *d = first; d && !err; d = d->next) {
		store_bind_text(statement, 1, d->hook);
		sqlite3_bind_int64(statement, 2, (int64_t)d->seq);
		store_bind_text(statement, 3, d->body);
		sqlite3_bind_int64(statement, 4, d->at_us);
		err = store_run(s, statement);
	}
	if (statement)
		sqlite3_finalize(statement);
	return store_finish(s, err);
}

static enum bridge_err drop_delivery(struct store *s, int64_t id)
{
	sqlite3_stmt *statement;
	enum bridge_err err = store_prepare(s, &statement, "DELETE FROM webhook_delivery WHERE id = ?");

	if (err)
		return err;
	sqlite3_bind_int64(statement, 1, id);
	err = store_run(s, statement);
	sqlite3_finalize(statement);
	return err;
}

enum bridge_err store_next_delivery(struct store *s, const char *hook, int64_t after, struct delivery **out)
{
	sqlite3_stmt *statement;
	enum bridge_err err = after ? drop_delivery(s, after) : BRIDGE_OK;

	*out = NULL;
	if (!err)
		err = store_prepare(s, &statement,
			"SELECT id, event_seq, body, at_us FROM webhook_delivery WHERE hook = ? ORDER BY id "
			"LIMIT 1");
	if (err)
		return err;
	store_bind_text(statement, 1, hook);
	switch (sqlite3_step(statement)) {
	case SQLITE_ROW:
		*out = delivery_new(hook, (uint64_t)sqlite3_column_int64(statement, 1),
			(const char *)sqlite3_column_text(statement, 2), sqlite3_column_int64(statement, 3));
		if (*out)
			(*out)->id = sqlite3_column_int64(statement, 0);
		else
			err = BRIDGE_NOMEM;
		break;
	case SQLITE_DONE: break;
	default: err = store_fail(s);
	}
	sqlite3_finalize(statement);
	return err;
}
