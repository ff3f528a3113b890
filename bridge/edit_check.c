/* edit_check.c - may an object stand in the site as it does now, and in what words is it refused? */
#include "bridge/edit_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum bridge_err edit_refuse(
	struct edit *e, unsigned status, const char *code, const char *field, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(e->message, sizeof(e->message), format, args);
	va_end(args);
	e->status = status;
	e->code = code;
	snprintf(e->field, sizeof(e->field), "%s", field);
	return BRIDGE_SYNTAX;
}

enum bridge_err edit_refuse_value(struct edit *e, const struct config_why *why, const char *field)
{
	return edit_refuse(e, 422, "invalid", field, "%s%s%s", field, field[0] ? ": " : "", why->text);
}

/* ---- what an object conflicts with ---- */

static bool begins_either(const char *a, const char *b)
{
	const size_t n = strlen(a), m = strlen(b);

	return strncmp(a, b, n < m ? n : m) == 0;
}

/* D1 among all meetings: those that begin it or that it begins are its neighbours in the order. */
static bool id_conflicts(const struct site *s, const struct site_place *at)
{
	const char *id = s->accounts[at->outer].meetings[at->inner].id;

	for (size_t i = 0; i < s->n_accounts; i++) {
		const struct site_account *a = &s->accounts[i];
		size_t low = site_meeting_slot(a, id);

		/* Its own beginnings, among sorted IDs of which none begins another: the one just before it. */
		if (low > 0 && begins_either(a->meetings[low - 1].id, id))
			return true;
		if (i == at->outer && low == at->inner)
			low++; /* itself */
		if (low < a->n_meetings && begins_either(a->meetings[low].id, id))
			return true;
	}
	return false;
}

static enum bridge_err meeting_check(struct edit *e, const struct site *s, const struct site_place *at)
{
	const struct site_meeting *m = &s->accounts[at->outer].meetings[at->inner];

	if (!id_conflicts(s, at))
		return BRIDGE_OK;
	return edit_refuse(e, 409, "conflict", "id",
		"%s begins, or begins with, the ID of another meeting: keyed without '#', one of them could "
		"never be reached",
		m->id);
}

/* A number that leads to a meeting needs it there, in its own account. */
enum bridge_err edit_numbers_check(struct edit *e, const struct site *s, const char *was)
{
	const struct site_account *account = NULL;
	const bool there = e->what != EDIT_DELETE && site_meeting(s, was, &account);

	for (size_t i = 0; i < s->n_numbers; i++) {
		const struct site_number *n = &s->numbers[i];

		if (n->answer == PLAN_MEETING && strcmp(n->meeting, was) == 0 &&
			(!there || strcmp(account->name, n->account) != 0))
			return edit_refuse(
				e, 409, "in_use", "", "the number %s leads to meeting %s", n->number, was);
	}
	return BRIDGE_OK;
}

static bool is_reference(const char *field)
{
	return strcmp(field, "account") == 0 || strcmp(field, "trunk") == 0 ||
	       strcmp(field, "enum.trunk") == 0 || strcmp(field, "answer") == 0 ||
	       strcmp(field, "calendar") == 0 || strncmp(field, "trunks[", strlen("trunks[")) == 0;
}

/* The whole check.  What it says of this object is about what it names; of another: about what this one did to it. */
enum bridge_err edit_whole_check(struct edit *e, const struct site *s, const struct site_place *at)
{
	struct config_why why = { .line = 0 };
	char path[80] = "";
	enum bridge_err err = site_check(s, &why);
	size_t n;

	if (err != BRIDGE_SYNTAX)
		return err;
	if (at)
		site_place_path(at, path, sizeof(path));
	n = strlen(path);
	if (n == 0 || strncmp(why.key, path, n) != 0 || why.key[n] != '.')
		return edit_refuse(e, 409, e->what == EDIT_DELETE ? "in_use" : "conflict", "", "%s: %s",
			why.key, why.text);
	if (is_reference(why.key + n + 1))
		return edit_refuse_value(e, &why, why.key + n + 1);
	return edit_refuse(e, 409, "conflict", why.key + n + 1, "%s: %s", why.key + n + 1, why.text);
}

bool edit_is_many(enum site_kind kind)
{
	return kind == SITE_MEETING || kind == SITE_USER;
}

/* Is the site sound with the object that stands at `at` now? */
enum bridge_err edit_check(struct edit *e, const struct site *s, const struct site_place *at)
{
	struct config_why why = { .line = 0 };
	enum bridge_err err = site_check_object(s, at, &why);

	if (!err && at->kind == SITE_TRUNK && e->config)
		err = site_check_node(s, e->config, &why);
	if (err == BRIDGE_SYNTAX) {
		char path[80];
		const size_t n = strlen(site_place_path(at, path, sizeof(path)));

		return edit_refuse_value(e, &why, strlen(why.key) > n ? why.key + n + 1 : "");
	}
	if (err)
		return err;
	if (!edit_is_many(e->kind))
		return edit_whole_check(e, s, at);
	if (e->kind == SITE_MEETING)
		err = meeting_check(e, s, at);
	return !err && e->kind == SITE_MEETING && e->key[0] ? edit_numbers_check(e, s, e->key) : err;
}

static const char *name_field(enum site_kind kind)
{
	return kind == SITE_MEETING  ? "id"
	       : kind == SITE_NUMBER ? "number"
	       : kind == SITE_ROUTE  ? "prefix"
	       : kind == SITE_CLASS  ? "prefixes"
				     : "name";
}

/* Is there another of this key?  The one at `at` has just been put in. */
enum bridge_err edit_twin_check(struct edit *e, const struct site *s, const struct site_place *at)
{
	const size_t n = site_count(s, at->kind, at->outer);
	struct site_place other = *at;
	char key[SITE_KEY], theirs[SITE_KEY];

	if (at->kind == SITE_ROUTE || at->kind == SITE_MEETING || at->kind == SITE_CLASS)
		return BRIDGE_OK; /* found by what they conflict with */
	site_key(s, at, key);
	for (size_t i = 0; i < n; i++) {
		*(at->kind == SITE_USER ? &other.inner : &other.outer) = i;
		if (other.inner == at->inner && other.outer == at->outer)
			continue;
		site_key(s, &other, theirs);
		if (strcmp(key, theirs) == 0)
			return edit_refuse(
				e, 409, "exists", name_field(at->kind), "there is %s already", key);
	}
	return BRIDGE_OK;
}
