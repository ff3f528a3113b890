#include "bridge/edit_priv.h"
#include "bridge/hex.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAG_BYTES = 10 }; /* of the MAC: "0123456789abcdef0123" */

struct edit *edit_alloc(void)
{
	return calloc(1, sizeof(struct edit));
}

struct edit *edit_free(struct edit *e)
{
	if (!e)
		return NULL;
	if (e->site_text)
		OPENSSL_cleanse(e->site_text, e->site_len);
	free(e->site_text);
	if (e->replaced)
		OPENSSL_cleanse(e->replaced, strlen(e->replaced));
	free(e->replaced);
	free(e->answer);
	json_decref(e->body);
	json_decref(e->changes);
	json_decref(e->audit);
	free(e);
	return NULL;
}

/* ---- tags ---- */

void edit_etag(const struct site *s, const struct site_place *at, const uint8_t tag_key[EDIT_TAG_KEY],
	char out[EDIT_ETAG])
{
	json_t *json = site_json(at->kind, site_object(s, at), SITE_SHOW_ALL);
	unsigned char hash[EVP_MAX_MD_SIZE] = { 0 };
	unsigned len = 0;
	char *text;

	if (json)
		json_object_set_new(json, " owner", json_string(site_owner(s, at)));
	text = json ? json_text(json) : NULL;
	if (text) {
		HMAC(EVP_sha256(), tag_key, EDIT_TAG_KEY, (const unsigned char *)text, strlen(text), hash,
			&len);
		OPENSSL_cleanse(text, strlen(text));
	}
	free(text);
	json_decref(json);
	out[0] = '"';
	hex_write(out + 1, hash, TAG_BYTES);
	memcpy(out + 1 + 2 * TAG_BYTES, "\"", 2);
}

/* RFC 9110 section 13.1.1: "*" or a list of which one must be the same; weak ones never are. */
static bool matches(const char *header, const char *etag)
{
	const size_t len = strlen(etag);

	for (const char *at = header; *at;) {
		at += strspn(at, " \t,");
		if (*at == '*' || (strncmp(at, etag, len) == 0 && (!at[len] || strchr(" \t,", at[len]))))
			return true;
		at += strcspn(at, ",");
	}
	return false;
}

/* ---- one edit ---- */

/* What answers carry beside the object: a request may send it back, it means nothing. */
static void strip(enum site_kind kind, json_t *body)
{
	static const char *const live[SITE_KINDS][8] = {
		[SITE_MEETING] = { "open", "participants", "parts", "locked", "opened_at" },
		[SITE_TRUNK] = { "calls", "channels", "gateways", "rtp_pairs", "rtp_pairs_used" },
	};

	for (size_t i = 0; live[kind][i]; i++)
		json_object_del(body, live[kind][i]);
	if (kind != SITE_MEETING)
		json_object_del(body, "id");
}

/* Whose a meeting or user is to be; it is no field of the object.  False: refused. */
static bool take_account(
	struct edit *e, const struct site *s, json_t *body, const char *before, char out[SITE_NAME])
{
	json_t *value = json_object_get(body, "account");
	const char *name = json_string_value(value);

	if (!edit_is_many(e->kind)) {
		out[0] = '\0';
		return true;
	}
	if (value && !json_is_null(value) && !name) {
		edit_refuse(e, 422, "invalid", "account", "account: a text is wanted");
		return false;
	}
	if (!name)
		name = before ? before : e->account;
	if (!name[0]) {
		edit_refuse(e, 422, "invalid", "account", "account: is missing");
		return false;
	}
	if (!site_account(s, name) || (e->account[0] && strcmp(e->account, name) != 0)) {
		edit_refuse(e, 422, "invalid", "account", "account: there is no such account");
		return false;
	}
	snprintf(out, SITE_NAME, "%s", name);
	json_object_del(body, "account");
	return true;
}

static enum bridge_err read_object(struct edit *e, void *object, const json_t *body)
{
	struct config_why why;
	enum bridge_err err = site_json_read(e->kind, object, body, &why);

	return err == BRIDGE_SYNTAX ? edit_refuse_value(e, &why, why.key) : err;
}

/* Room for an object of any kind. */
union object {
	struct site_account account;
	struct site_meeting meeting;
	struct site_user user;
	struct site_trunk trunk;
	struct site_number number;
	struct site_route route;
	struct site_calendar calendar;
	struct site_class class;
};

static enum bridge_err conclude(struct edit *e, const struct site *s, const struct site_place *at)
{
	site_key(s, at, e->new_key);
	snprintf(e->owner, sizeof(e->owner), "%s", site_owner(s, at));
	return BRIDGE_OK;
}

/* What an event and the audit log say of it.  Either may be NULL: made, or gone. */
static enum bridge_err note(struct edit *e, const void *before, const void *after)
{
	const struct site_schema *schema = &site_schemas[e->kind];
	char fields[160] = "";

	e->audit = site_json_change(e->kind, before, after);
	for (size_t i = 0; before && after && i < schema->n_fields; i++) {
		const size_t used = strlen(fields);

		if (!site_field_same(before, after, &schema->fields[i]))
			snprintf(fields + used, sizeof(fields) - used, "%s%s", used ? ", " : "",
				schema->fields[i].key);
	}
	e->n_changes = 1;
	e->changes = json_pack("[{s:s, s:s, s:s, s:s}]", "kind", schema->word, "key", e->key, "what",
		!before ? "added"
		: after ? "changed"
			: "removed",
		"fields", fields);
	return e->audit && e->changes ? BRIDGE_OK : BRIDGE_NOMEM;
}

/* A meeting or user goes to another account.  False: out of memory. */
static bool note_move(struct edit *e, const char *from, const char *to)
{
	json_t *change = json_array_get(e->changes, 0);
	const char *fields = json_string_value(json_object_get(change, "fields"));

	return json_object_set_new(json_object_get(e->audit, "before"), "account", json_string(from)) == 0 &&
	       json_object_set_new(json_object_get(e->audit, "after"), "account", json_string(to)) == 0 &&
	       json_object_set_new(change, "fields",
		       json_sprintf("account%s%s", fields && fields[0] ? ", " : "", fields ? fields : "")) ==
		       0;
}

/* Takes `object` over, whatever comes of it. */
static enum bridge_err put_in(struct edit *e, struct site *s, const char *account, union object *object)
{
	struct site_place at;
	enum bridge_err err = site_insert(s, e->kind, account, object, &at);

	if (err) {
		site_object_clear(e->kind, object);
		return err;
	}
	err = edit_twin_check(e, s, &at);
	if (!err)
		err = edit_check(e, s, &at);
	if (!err) {
		conclude(e, s, &at);
		snprintf(e->key, sizeof(e->key), "%s", e->new_key);
		err = note(e, NULL, object);
	}
	if (err)
		site_drop(s, &at);
	return err;
}

static enum bridge_err create(struct edit *e, struct site *s)
{
	char account[SITE_NAME];
	union object object;
	enum bridge_err err;

	strip(e->kind, e->body);
	if (!take_account(e, s, e->body, NULL, account))
		return BRIDGE_SYNTAX;
	err = read_object(e, &object, e->body);
	if (err)
		return err;
	if (e->kind != SITE_MEETING || !site_meeting(s, object.meeting.id, NULL))
		return put_in(e, s, account, &object);
	err = edit_refuse(e, 409, "exists", "id", "there is a meeting %s already", object.meeting.id);
	site_object_clear(e->kind, &object);
	return err;
}

/* The body as the object is to be, secrets and names that it leaves out filled in. */
static json_t *wanted_of(struct edit *e, const struct site *s, const struct site_place *at)
{
	json_t *was = site_json(e->kind, site_object(s, at), SITE_SHOW_ALL), *now = NULL;

	if (was && e->what == EDIT_PATCH) {
		now = json_merge(was, e->body);
	} else if (was) {
		now = site_json_keep(e->kind, e->body, was) ? json_incref(e->body) : NULL;
	}
	json_decref(was);
	return now;
}

/* Takes `fresh` over, whatever comes of it; a refusal leaves the site as it was. */
static enum bridge_err change_to(struct edit *e, struct site *s, struct site_place *at, const char *account,
	union object *fresh, const char *old_account)
{
	union object old;
	enum bridge_err err = site_object_copy(e->kind, &old, site_object(s, at)) ? BRIDGE_OK : BRIDGE_NOMEM;

	if (!err)
		err = site_replace(s, account, fresh, at);
	if (err) {
		site_object_clear(e->kind, fresh);
		return err;
	}
	err = edit_twin_check(e, s, at);
	if (!err)
		err = edit_check(e, s, at);
	if (err && site_replace(s, old_account, &old, at) == BRIDGE_OK)
		return err;
	if (!err && e->kind == SITE_ACCOUNT && strcmp(old.account.name, fresh->account.name) != 0)
		memcpy(e->old_name, old.account.name, sizeof(e->old_name));
	site_object_clear(e->kind, &old);
	return err ? err : conclude(e, s, at);
}

static enum bridge_err change(struct edit *e, struct site *s, struct site_place *at)
{
	char account[SITE_NAME], old_account[SITE_NAME];
	json_t *body;
	union object fresh;
	enum bridge_err err;
	bool moves;

	strip(e->kind, e->body);
	snprintf(old_account, sizeof(old_account), "%s", site_owner(s, at));
	body = wanted_of(e, s, at);
	if (!body)
		return BRIDGE_NOMEM;
	err = take_account(e, s, body, old_account, account) ? read_object(e, &fresh, body) : BRIDGE_SYNTAX;
	json_decref(body);
	if (err)
		return err;
	moves = edit_is_many(e->kind) && strcmp(account, old_account) != 0;
	err = note(e, site_object(s, at), &fresh);
	if (!err && moves && !note_move(e, old_account, account))
		err = BRIDGE_NOMEM;
	if (err) {
		site_object_clear(e->kind, &fresh);
		return err;
	}
	if (json_object_size(json_object_get(e->audit, "after")) == 0) {
		site_object_clear(e->kind, &fresh);
		e->unchanged = true;
		return conclude(e, s, at);
	}
	if (e->kind == SITE_MEETING && strcmp(fresh.meeting.id, e->key) != 0 &&
		site_meeting(s, fresh.meeting.id, NULL)) {
		err = edit_refuse(e, 409, "exists", "id", "there is a meeting %s already", fresh.meeting.id);
		site_object_clear(e->kind, &fresh);
		return err;
	}
	return change_to(e, s, at, account, &fresh, old_account);
}

static enum bridge_err drop(struct edit *e, struct site *s, const struct site_place *at)
{
	const struct site_account *a = e->kind == SITE_ACCOUNT ? &s->accounts[at->outer] : NULL;
	enum bridge_err err = BRIDGE_OK;

	if (a && !e->recursive && (a->n_meetings || a->n_users))
		return edit_refuse(e, 409, "in_use", "",
			"account %s has %zu meetings and %zu users: delete them first, or ask with "
			"recursive=true",
			a->name, a->n_meetings, a->n_users);
	snprintf(e->owner, sizeof(e->owner), "%s", site_owner(s, at));
	err = note(e, site_object(s, at), NULL);
	if (!err && a)
		json_object_set_new(e->audit, "with",
			json_pack("{s:i, s:i}", "meetings", (int)a->n_meetings, "users", (int)a->n_users));
	if (!err && e->kind == SITE_MEETING)
		err = edit_numbers_check(e, s, e->key);
	if (!err)
		site_drop(s, at);
	return err || edit_is_many(e->kind) ? err : edit_whole_check(e, s, NULL);
}

static enum bridge_err apply(struct edit *e, struct site *s, const uint8_t tag_key[EDIT_TAG_KEY])
{
	struct site_place at;
	char etag[EDIT_ETAG];

	if (e->what == EDIT_CREATE)
		return create(e, s);
	if (!site_find(s, e->kind, e->key, &at) ||
		(e->account[0] && strcmp(site_owner(s, &at), e->account) != 0))
		return edit_refuse(
			e, 404, "not_found", "", "there is no such %s", site_schemas[e->kind].word);
	if (e->if_match[0])
		edit_etag(s, &at, tag_key, etag);
	if (e->if_match[0] && !matches(e->if_match, etag))
		return edit_refuse(
			e, 412, "changed_meanwhile", "", "it is no longer what If-Match says: read it again");
	return e->what == EDIT_DELETE ? drop(e, s, &at) : change(e, s, &at);
}

/* ---- the chain ---- */

/* On the site as it is so far; `mine`: that is a clone, to be written to. */
static enum bridge_err step(
	struct edit *e, const struct site *from, struct site **mine, const uint8_t tag_key[EDIT_TAG_KEY])
{
	const struct site *so_far = *mine ? *mine : from;
	struct site *next = NULL;
	enum bridge_err err;

	if (e->what == EDIT_SITE) {
		err = edit_whole_site(e, so_far, &next);
	} else if (*mine && edit_is_many(e->kind)) {
		return apply(e, *mine, tag_key); /* a refusal leaves it as it was */
	} else {
		next = site_clone(so_far);
		err = next ? apply(e, next, tag_key) : BRIDGE_NOMEM;
	}
	if (err || e->unchanged) {
		site_free(next);
		return err;
	}
	site_free(*mine);
	*mine = next;
	return BRIDGE_OK;
}

enum bridge_err edits_apply(
	const struct site *from, struct edit *first, const uint8_t tag_key[EDIT_TAG_KEY], struct site **out)
{
	struct site *mine = NULL;

	for (struct edit *e = first; e; e = e->next) {
		enum bridge_err err = step(e, from, &mine, tag_key);

		if (err && err != BRIDGE_SYNTAX) {
			e->unchanged = true;
			edit_refuse(e, 503, "out_of_memory", "", "out of memory");
		} else if (!err) {
			e->status = e->what == EDIT_CREATE ? 201 : 200;
		}
	}
	*out = mine;
	return BRIDGE_OK;
}

bool edits_reach_plan(const struct edit *first)
{
	for (const struct edit *e = first; e; e = e->next)
		if (e->status < 300 && !e->unchanged && (e->what == EDIT_SITE || !edit_is_many(e->kind)))
			return true;
	return false;
}
