#include "bridge/tariff.h"
#include "bridge/node.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tariff *tariff_free(struct tariff *t)
{
	if (t) {
		rates_free(t->rates);
		free(t);
	}
	return NULL;
}

struct tariff *tariffs_free(struct tariff *first)
{
	while (first) {
		struct tariff *next = first->next;

		tariff_free(first);
		first = next;
	}
	return NULL;
}

/* ---- the disk thread ---- */

static enum bridge_err make(struct tariff **out, const struct rate_sheet *sheet)
{
	struct tariff *t = calloc(1, sizeof(*t));
	size_t at;
	enum plan_err err =
		t ? rates_alloc(&t->rates, sheet->rows, sheet->n, sheet->currency, &at) : PLAN_NOMEM;

	if (err) {
		tariff_free(t);
		return err == PLAN_NOMEM ? BRIDGE_NOMEM : BRIDGE_SYNTAX;
	}
	snprintf(t->trunk, sizeof(t->trunk), "%s", sheet->trunk);
	snprintf(t->who, sizeof(t->who), "%s", sheet->who);
	t->imported_us = sheet->imported_us;
	*out = t;
	return BRIDGE_OK;
}

struct others { /* the sheets of other trunks */
	const char *trunk;
	char currency[MONEY_CURRENCY], named[SITE_NAME];
};

static void note_other(void *arg, const struct rate_sheet *sheet)
{
	struct others *o = arg;

	if (strcmp(sheet->trunk, o->trunk) == 0)
		return;
	memcpy(o->currency, sheet->currency, sizeof(o->currency));
	memcpy(o->named, sheet->trunk, sizeof(o->named));
}

/* Reads the text into *sheet; the currency of a node's sheets is one. */
static enum bridge_err read_text(
	struct store *s, const struct tariff_order *order, struct rate_sheet *sheet, struct rates_why *why)
{
	struct others others = { .trunk = order->trunk };
	enum bridge_err err = store_each_sheet(s, note_other, &others);
	enum plan_err read;

	if (err)
		return err;
	memcpy(sheet->currency, order->currency, sizeof(sheet->currency));
	read = rates_read(&sheet->rows, &sheet->n, sheet->currency, order->text, order->len, why);
	if (read)
		return read == PLAN_NOMEM ? BRIDGE_NOMEM : BRIDGE_SYNTAX;
	if (others.currency[0] && strcmp(others.currency, sheet->currency) != 0) {
		*why = (struct rates_why){ .name = "currency" };
		snprintf(why->text, sizeof(why->text),
			"%s, but the sheet of trunk '%.63s' is in %s: prices in two currencies cannot be "
			"compared",
			sheet->currency, others.named, others.currency);
		return BRIDGE_SYNTAX;
	}
	return BRIDGE_OK;
}

/* What the trunk has, with the new rows in their places. */
static enum bridge_err add_to_old(struct store *s, struct rate_sheet *sheet, struct rates_why *why)
{
	struct rate_sheet old;
	enum bridge_err err = store_load_sheet(s, sheet->trunk, &old);
	struct rate *merged;
	size_t n;

	if (err)
		return err;
	if (old.n && strcmp(old.currency, sheet->currency) != 0) {
		*why = (struct rates_why){ .name = "currency" };
		snprintf(why->text, sizeof(why->text), "%s cannot be added to a sheet in %s", sheet->currency,
			old.currency);
		rate_sheet_clear(&old);
		return BRIDGE_SYNTAX;
	}
	merged = rates_merge(old.rows, old.n, sheet->rows, sheet->n, &n);
	rate_sheet_clear(&old);
	if (!merged)
		return BRIDGE_NOMEM;
	free(sheet->rows);
	sheet->rows = merged;
	sheet->n = n;
	return BRIDGE_OK;
}

static enum bridge_err save(
	struct store *s, const struct tariff_order *order, const struct rate_sheet *sheet, size_t n_read)
{
	json_t *changes = json_pack("{s:s, s:s, s:I, s:I, s:b}", "trunk", sheet->trunk, "currency",
		sheet->currency, "read", (json_int_t)n_read, "rows", (json_int_t)sheet->n, "add", order->add);
	char *text = changes ? json_dumps(changes, JSON_COMPACT) : NULL;
	const struct audit_row row = {
		.at_us = order->now_us, .who = order->who, .what = "rates.import", .changes = text
	};
	enum bridge_err err = text ? store_save_sheet(s, sheet, &row) : BRIDGE_NOMEM;

	free(text);
	json_decref(changes);
	return err;
}

enum bridge_err tariff_import(
	struct store *s, const struct tariff_order *order, struct tariff **out, struct rates_why *why)
{
	struct rate_sheet sheet = { .imported_us = order->now_us };
	struct tariff *t = NULL;
	enum bridge_err err;
	size_t n_read;

	*why = (struct rates_why){ .line = 0 };
	snprintf(sheet.trunk, sizeof(sheet.trunk), "%s", order->trunk);
	snprintf(sheet.who, sizeof(sheet.who), "%s", order->who);
	err = read_text(s, order, &sheet, why);
	n_read = sheet.n;
	if (!err && order->add)
		err = add_to_old(s, &sheet, why);
	if (!err)
		err = make(&t, &sheet);
	if (!err)
		err = save(s, order, &sheet, n_read);
	rate_sheet_clear(&sheet);
	if (err) {
		tariff_free(t);
		return err;
	}
	*out = t;
	return BRIDGE_OK;
}

enum bridge_err tariff_forget(struct store *s, const struct tariff_order *order)
{
	json_t *changes = json_pack("{s:s}", "trunk", order->trunk);
	char *text = changes ? json_dumps(changes, JSON_COMPACT) : NULL;
	const struct audit_row row = {
		.at_us = order->now_us, .who = order->who, .what = "rates.delete", .changes = text
	};
	enum bridge_err err = text ? store_drop_sheet(s, order->trunk, &row) : BRIDGE_NOMEM;

	free(text);
	json_decref(changes);
	return err;
}

struct names {                   /* of trunks that have a sheet */
	char (*list)[SITE_NAME]; /* owned */
	size_t n;
	bool no_memory;
};

static void note_name(void *arg, const struct rate_sheet *sheet)
{
	struct names *names = arg;
	char(*more)[SITE_NAME] = realloc(names->list, (names->n + 1) * sizeof(*more));

	if (!more) {
		names->no_memory = true;
		return;
	}
	names->list = more;
	memcpy(more[names->n++], sheet->trunk, sizeof(*more));
}

enum bridge_err tariffs_load(struct store *s, struct tariff **out)
{
	struct names names = { .n = 0 };
	struct tariff *all = NULL;
	enum bridge_err err = store_each_sheet(s, note_name, &names);

	if (names.no_memory)
		err = BRIDGE_NOMEM;
	for (size_t i = names.n; !err && i-- > 0;) {
		struct rate_sheet sheet;
		struct tariff *t = NULL;

		err = store_load_sheet(s, names.list[i], &sheet);
		if (!err)
			err = make(&t, &sheet);
		if (err == BRIDGE_SYNTAX) { /* the bridge can do without it */
			log_line(LOG_ERROR, NULL, "rates",
				"the sheet of trunk %s cannot be read: import it again", names.list[i]);
			err = BRIDGE_OK;
		}
		if (t) {
			t->next = all;
			all = t;
		}
		rate_sheet_clear(&sheet);
	}
	free(names.list);
	if (err) {
		tariffs_free(all);
		return err;
	}
	*out = all;
	return BRIDGE_OK;
}

/* ---- in force ---- */

const struct tariff *tariff_find(const struct node *n, const char *trunk)
{
	const struct tariff *t = n->tariffs;

	while (t && strcmp(t->trunk, trunk) != 0)
		t = t->next;
	return t;
}

const char *tariff_currency(const struct node *n)
{
	return n->tariffs ? rates_currency(n->tariffs->rates) : "";
}

static void take_out(struct node *n, const char *trunk)
{
	struct tariff **at = &n->tariffs, *gone;

	while (*at && strcmp((*at)->trunk, trunk) != 0)
		at = &(*at)->next;
	gone = *at;
	if (!gone)
		return;
	*at = gone->next;
	dialling_rate(n->dialling, trunk, NULL);
	tariff_free(gone);
}

void tariff_put(struct node *n, struct tariff *t)
{
	struct tariff **at = &n->tariffs;

	take_out(n, t->trunk);
	while (*at && strcmp((*at)->trunk, t->trunk) < 0)
		at = &(*at)->next;
	t->next = *at;
	*at = t;
	dialling_rate(n->dialling, t->trunk, t->rates);
}

void tariff_drop(struct node *n, const char *trunk)
{
	take_out(n, trunk);
}

void tariffs_replace(struct node *n, struct tariff *all)
{
	while (n->tariffs)
		take_out(n, n->tariffs->trunk);
	n->tariffs = all;
	tariffs_use(n);
}

void tariffs_use(struct node *n)
{
	for (const struct tariff *t = n->tariffs; t; t = t->next)
		dialling_rate(n->dialling, t->trunk, t->rates);
}
