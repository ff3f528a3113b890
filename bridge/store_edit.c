/* store_edit.c - what edits changed in the site: a meeting or user by itself, of the rest all that is not many. */
#include "bridge/store_edit.h"
#include "bridge/store_pass.h"
#include "bridge/when.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Texts are bound as they are; `b` NULL: one alone. */
static void run_with(struct pass *p, const char *sql, const char *a, const char *b)
{
	pass_use(p, sql);
	pass_put_text(p, 1, a);
	if (b)
		pass_put_text(p, 2, b);
	pass_put_row(p);
}

/* ---- meetings ---- */

static void put_meeting(struct pass *p, const struct site *site, const char *id)
{
	const struct site_account *account = NULL;
	const struct site_meeting *m = site_meeting(site, id, &account);

	if (!m) {
		run_with(p, "DELETE FROM meeting WHERE id = ?", id, NULL);
		return;
	}
	pass_use(p, "INSERT INTO meeting(id, account, name, host_pin, guest_pin, max_participants, chimes)"
		    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET account = excluded.account,"
		    " name = excluded.name, host_pin = excluded.host_pin, guest_pin = excluded.guest_pin,"
		    " max_participants = excluded.max_participants, chimes = excluded.chimes");
	pass_put_text(p, 1, m->id);
	pass_put_text(p, 2, account->name);
	pass_put_text(p, 3, m->name);
	pass_put_text(p, 4, m->host_pin);
	pass_put_text(p, 5, m->guest_pin);
	pass_put_number(p, 6, m->max_participants);
	pass_put_number(p, 7, m->chimes);
	pass_put_row(p);
}

/* ---- users ---- */

/* One who is new comes last. */
static void put_user(struct pass *p, const struct site *site, const char *key)
{
	const char *slash = strchr(key, '/');
	char account[SITE_NAME];
	struct site_place at;
	const struct site_user *u;

	if (!slash)
		return;
	snprintf(account, sizeof(account), "%.*s", (int)(slash - key), key);
	if (!site_find(site, SITE_USER, key, &at)) {
		run_with(p, "DELETE FROM sip_user WHERE account = ? AND name = ?", account, slash + 1);
		return;
	}
	u = site_object(site, &at);
	pass_use(p, "INSERT INTO sip_user(account, position, name, password) VALUES"
		    " (?1, (SELECT coalesce(max(position), -1) + 1 FROM sip_user WHERE account = ?1), ?2, ?3)"
		    " ON CONFLICT(account, name) DO UPDATE SET password = excluded.password");
	pass_put_text(p, 1, account);
	pass_put_text(p, 2, u->name);
	pass_put_text(p, 3, u->password);
	pass_put_row(p);
}

/* One who is only called otherwise keeps their place. */
static void rename_user(struct pass *p, const struct edit *e)
{
	const char *was = strchr(e->key, '/'), *is = strchr(e->new_key, '/');
	const size_t account = was ? (size_t)(was - e->key) : 0;

	if (!was || !is || strcmp(was, is) == 0 || strncmp(e->key, e->new_key, account + 1) != 0)
		return;
	pass_use(p, "UPDATE OR IGNORE sip_user SET name = ? WHERE account || '/' || name = ?");
	pass_put_text(p, 1, is + 1);
	pass_put_text(p, 2, e->key);
	pass_put_row(p);
}

/* ---- accounts ---- */

/* Those of an account follow it: to its new name, or away. */
static void put_account_of(struct pass *p, const struct edit *e)
{
	if (e->what == EDIT_DELETE) {
		run_with(p, "DELETE FROM meeting WHERE account = ?", e->key, NULL);
		run_with(p, "DELETE FROM sip_user WHERE account = ?", e->key, NULL);
	} else if (e->old_name[0]) {
		run_with(p, "UPDATE meeting SET account = ? WHERE account = ?", e->new_key, e->old_name);
		run_with(p, "UPDATE sip_user SET account = ? WHERE account = ?", e->new_key, e->old_name);
	}
}

/* Either key may be "", or known no longer: what the site holds now is what counts. */
static void put_edit(struct pass *p, const struct site *site, const struct edit *e)
{
	const char *const keys[] = { e->key, e->new_key };

	if (e->kind == SITE_USER)
		rename_user(p, e);
	for (size_t i = 0; i < 2; i++) {
		if (!keys[i][0] || (i == 1 && strcmp(keys[0], keys[1]) == 0))
			continue;
		if (e->kind == SITE_MEETING)
			put_meeting(p, site, keys[i]);
		else if (e->kind == SITE_USER)
			put_user(p, site, keys[i]);
	}
	if (e->kind == SITE_ACCOUNT)
		put_account_of(p, e);
}

static void put_audit(struct pass *p, const struct edit *e)
{
	static const char *const done[] = { [EDIT_CREATE] = "create",
		[EDIT_REPLACE] = "change",
		[EDIT_PATCH] = "change",
		[EDIT_DELETE] = "delete" };
	char what[32] = "site", *text;
	struct audit_row row = { .at_us = when_now_us(), .who = e->who, .what = what };

	if (e->what != EDIT_SITE) {
		snprintf(what, sizeof(what), "%s.%s", site_schemas[e->kind].word, done[e->what]);
		json_object_set_new(e->audit, "key", json_string(e->key));
	}
	text = json_text(e->audit);
	row.changes = text;
	if (!p->err)
		p->err = text ? store_add_audit(p->s, &row) : BRIDGE_NOMEM;
	free(text);
}

static bool is_done(const struct edit *e)
{
	return e->status < 300 && !e->unchanged;
}

enum bridge_err store_save_edits(struct store *s, const struct site *site, const struct edit *first)
{
	struct pass p = { .s = s, .err = store_exec(s, "BEGIN IMMEDIATE") };

	if (p.err)
		return p.err;
	p.err = store_exec(s, "PRAGMA defer_foreign_keys = ON");
	for (const struct edit *e = first; e; e = e->next)
		if (is_done(e))
			put_edit(&p, site, e);
	if (edits_reach_plan(first))
		pass_put_shell(&p, site);
	for (const struct edit *e = first; e; e = e->next)
		if (is_done(e))
			put_audit(&p, e);
	pass_end(&p);
	return store_finish(s, p.err);
}
