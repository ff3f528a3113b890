/* edit_site.c - the whole site replaced by a file's. */
#include "bridge/edit_priv.h"

#include <stdlib.h>
#include <string.h>

/* Of one site file: changes whose values the audit log keeps, and that an event tells one by one. */
enum { AUDIT_WHOLE = 1000, TOLD_CHANGES = 1000 };

static json_t *change_json(const struct site_change *c)
{
	return json_pack(
		"{s:s, s:s, s:s, s:s}", "kind", c->kind, "key", c->key, "what", c->what, "fields", c->fields);
}

/* A new value; `told` is borrowed. */
static json_t *with_values(json_t *told, const struct site_change *c)
{
	json_t *out = json_copy(told), *values;
	enum site_kind kind = 0;

	while (strcmp(site_schemas[kind].word, c->kind) != 0)
		kind++;
	values = site_json_change(kind, c->before, c->after);
	if (!values || json_object_update(out, values)) {
		json_decref(out);
		out = NULL;
	}
	json_decref(values);
	return out;
}

/* Written here, where it keeps no call waiting: events stay in memory for those who reconnect, and one that is told of a
 * large site's every line is told how many. */
static void note_all(struct edit *e, const struct site_change *changes, size_t n)
{
	json_t *told = json_array(), *answer;
	bool whole = true;

	e->n_changes = n;
	e->audit = json_array();
	for (size_t i = 0; i < n; i++) {
		json_t *one = change_json(&changes[i]);

		whole = json_array_append_new(e->audit,
				i < AUDIT_WHOLE ? with_values(one, &changes[i]) : json_incref(one)) == 0 &&
			json_array_append_new(told, one) == 0 && whole;
	}
	answer = json_pack("{s:O}", "changes", told);
	e->answer = answer && whole ? json_text(answer) : NULL;
	json_decref(answer);
	if (n <= TOLD_CHANGES)
		e->changes = told;
	else
		json_decref(told);
}

static enum bridge_err parse(const struct edit *e, struct site **out, struct config_why *why)
{
	enum bridge_err err = site_parse(out, e->site_text, e->site_len, why);

	if (err || !e->config)
		return err;
	err = site_check_node(*out, e->config, why);
	if (err) {
		*out = site_free(*out);
		why->line = site_line(e->site_text, e->site_len, why->key);
	}
	return err;
}

enum bridge_err edit_whole_site(struct edit *e, const struct site *now, struct site **out)
{
	struct config_why why = { .line = 0 };
	enum bridge_err err = parse(e, out, &why);
	struct site_change *changes;
	size_t n = 0;

	if (err == BRIDGE_SYNTAX) {
		e->line = why.line;
		if (why.line)
			return edit_refuse(e, 422, "site_invalid", why.key, "line %u: %s: %s", why.line,
				why.key, why.text);
		return edit_refuse(e, 422, "site_invalid", why.key, "%s: %s", why.key, why.text);
	}
	if (err)
		return err;
	changes = site_diff(now, *out, &n);
	if (!changes && n) {
		*out = site_free(*out);
		return BRIDGE_NOMEM;
	}
	note_all(e, changes, n);
	free(changes);
	if (!e->answer) {
		*out = site_free(*out);
		return BRIDGE_NOMEM;
	}
	e->unchanged = n == 0 || e->dry_run;
	if (!e->unchanged && (now->n_accounts || now->n_trunks))
		e->replaced = site_export(now);
	if (e->unchanged)
		*out = site_free(*out);
	return BRIDGE_OK;
}
