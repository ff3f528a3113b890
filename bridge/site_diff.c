/* site_diff.c - what changes from one site to the next, by name and field, never by value. */
#include "bridge/site_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct item { /* an object under the name that stays the same when it changes */
	char key[2 * SITE_NAME];
	const void *object;
	const struct site_account *account; /* of meetings and users */
};

struct items {
	struct item *item; /* owned */
	size_t n;
};

struct changes {
	struct site_change *change; /* owned until returned */
	size_t n, cap;
};

static int item_order(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static struct item *item_add(struct items *items, const void *object, const struct site_account *account)
{
	struct item *item = &items->item[items->n++];

	item->object = object;
	item->account = account;
	return item;
}

static size_t count(const struct site *s, enum site_kind kind)
{
	size_t n = 0;

	switch (kind) {
	case SITE_ACCOUNT: return s->n_accounts;
	case SITE_TRUNK: return s->n_trunks;
	case SITE_NUMBER: return s->n_numbers;
	case SITE_ROUTE: return s->n_routes;
	case SITE_CALENDAR: return s->n_calendars;
	case SITE_CLASS: return s->n_classes;
	default: break;
	}
	for (size_t i = 0; i < s->n_accounts; i++)
		n += kind == SITE_MEETING ? s->accounts[i].n_meetings : s->accounts[i].n_users;
	return n;
}

static void put_key(char out[2 * SITE_NAME], const char *first, const char *between, const char *second)
{
	snprintf(out, 2 * SITE_NAME, "%s%s%s", first, between, second);
}

static void items_of_accounts(struct items *items, const struct site *s, enum site_kind kind)
{
	for (size_t i = 0; i < s->n_accounts; i++) {
		const struct site_account *a = &s->accounts[i];

		for (size_t k = 0; kind == SITE_MEETING && k < a->n_meetings; k++)
			put_key(item_add(items, &a->meetings[k], a)->key, a->meetings[k].id, "", "");
		for (size_t k = 0; kind == SITE_USER && k < a->n_users; k++)
			put_key(item_add(items, &a->users[k], a)->key, a->name, "/", a->users[k].name);
	}
}

static void put_number_key(char out[2 * SITE_NAME], const struct site_number *n)
{
	snprintf(out, 2 * SITE_NAME, "%s%s%s%s%s", n->number, n->last[0] ? ".." : "", n->last,
		n->trunk[0] ? "@" : "", n->trunk);
}

/* Routes of one prefix differ in what tells them apart: priority, calendar, first trunk. */
static void put_route_key(char out[2 * SITE_NAME], const struct site_route *r)
{
	int n = snprintf(out, 2 * SITE_NAME, "%.40s %s", r->account, site_prefix(r, 0));

	if (n > 0 && n < 2 * SITE_NAME && r->n_prefixes > 1)
		n += snprintf(out + n, (size_t)(2 * SITE_NAME - n), " and %zu more", r->n_prefixes - 1);
	if (n > 0 && n < 2 * SITE_NAME && r->priority > 1)
		n += snprintf(out + n, (size_t)(2 * SITE_NAME - n), " priority %u", r->priority);
	if (n > 0 && n < 2 * SITE_NAME && r->order == SITE_ORDER_COST)
		n += snprintf(out + n, (size_t)(2 * SITE_NAME - n), " by cost");
	if (n > 0 && n < 2 * SITE_NAME && (r->weight || r->order == SITE_ORDER_COST))
		n += snprintf(out + n, (size_t)(2 * SITE_NAME - n), " to %.20s", r->trunks[0]);
	if (n > 0 && n < 2 * SITE_NAME && r->calendar[0])
		snprintf(out + n, (size_t)(2 * SITE_NAME - n), " in %.20s", r->calendar);
}

static bool items_collect(struct items *items, const struct site *s, enum site_kind kind)
{
	items->n = 0;
	items->item = calloc(count(s, kind) + 1, sizeof(*items->item));
	if (!items->item)
		return false;
	if (kind == SITE_MEETING || kind == SITE_USER)
		items_of_accounts(items, s, kind);
	for (size_t i = 0; kind == SITE_ACCOUNT && i < s->n_accounts; i++)
		put_key(item_add(items, &s->accounts[i], NULL)->key, s->accounts[i].name, "", "");
	for (size_t i = 0; kind == SITE_TRUNK && i < s->n_trunks; i++)
		put_key(item_add(items, &s->trunks[i], NULL)->key, s->trunks[i].name, "", "");
	for (size_t i = 0; kind == SITE_NUMBER && i < s->n_numbers; i++)
		put_number_key(item_add(items, &s->numbers[i], NULL)->key, &s->numbers[i]);
	for (size_t i = 0; kind == SITE_ROUTE && i < s->n_routes; i++)
		put_route_key(item_add(items, &s->routes[i], NULL)->key, &s->routes[i]);
	for (size_t i = 0; kind == SITE_CALENDAR && i < s->n_calendars; i++)
		put_key(item_add(items, &s->calendars[i], NULL)->key, s->calendars[i].name, "", "");
	for (size_t i = 0; kind == SITE_CLASS && i < s->n_classes; i++)
		put_key(item_add(items, &s->classes[i], NULL)->key, class_word(s->classes[i].class), " ",
			s->classes[i].prefixes[0]);
	qsort(items->item, items->n, sizeof(*items->item), item_order);
	return true;
}

bool site_field_same(const void *a, const void *b, const struct site_field *f)
{
	const void *x = (const char *)a + f->offset, *y = (const char *)b + f->offset;

	switch (f->type) {
	case FIELD_TEXT: return strcmp(x, y) == 0;
	case FIELD_LIST:
	case FIELD_TEXTS:
		if (site_texts(a, f) != site_texts(b, f))
			return false;
		for (size_t i = 0; i < site_texts(a, f); i++)
			if (strcmp(site_text(a, f, i), site_text(b, f, i)) != 0)
				return false;
		return true;
	case FIELD_BOOL: return *(const bool *)x == *(const bool *)y;
	case FIELD_RANGE:
		return strcmp(x, y) == 0 &&
		       strcmp((const char *)a + f->n_offset, (const char *)b + f->n_offset) == 0;
	case FIELD_WORD:
	case FIELD_UNSIGNED: return *(const unsigned *)x == *(const unsigned *)y;
	case FIELD_SRTP: return *(const enum site_srtp *)x == *(const enum site_srtp *)y;
	case FIELD_ANSWER:
		return *(const enum plan_answer *)x == *(const enum plan_answer *)y &&
		       strcmp((const char *)a + f->n_offset, (const char *)b + f->n_offset) == 0;
	}
	return false;
}

/* Either may be NULL: made, or gone. */
static bool change_add(struct changes *changes, enum site_kind kind, const struct item *before,
	const struct item *after, const char *fields)
{
	struct site_change *c;

	if (changes->n == changes->cap) {
		size_t cap = changes->cap ? changes->cap * 2 : 16;
		struct site_change *grown = realloc(changes->change, cap * sizeof(*grown));

		if (!grown)
			return false;
		changes->change = grown;
		changes->cap = cap;
	}
	c = &changes->change[changes->n++];
	memset(c, 0, sizeof(*c));
	snprintf(c->kind, sizeof(c->kind), "%s", site_schemas[kind].word);
	snprintf(c->key, sizeof(c->key), "%s", before ? before->key : after->key);
	snprintf(c->what, sizeof(c->what), "%s", !before ? "added" : after ? "changed" : "removed");
	c->before = before ? before->object : NULL;
	c->after = after ? after->object : NULL;
	snprintf(c->fields, sizeof(c->fields), "%s", fields);
	return true;
}

static void fields_add(char *fields, size_t cap, const char *key)
{
	size_t used = strlen(fields);

	snprintf(fields + used, cap - used, "%s%s", used ? ", " : "", key);
}

static bool compare_one(
	struct changes *changes, enum site_kind kind, const struct item *a, const struct item *b)
{
	const struct site_schema *schema = &site_schemas[kind];
	char fields[sizeof(changes->change->fields)] = "";

	if (a->account && strcmp(a->account->name, b->account->name) != 0)
		fields_add(fields, sizeof(fields), "account");
	for (size_t i = 0; i < schema->n_fields; i++)
		if (!site_field_same(a->object, b->object, &schema->fields[i]))
			fields_add(fields, sizeof(fields), schema->fields[i].key);
	return !fields[0] || change_add(changes, kind, a, b, fields);
}

static bool compare_kind(
	struct changes *changes, enum site_kind kind, const struct items *from, const struct items *to)
{
	size_t i = 0, k = 0;
	bool ok = true;

	while (ok && (i < from->n || k < to->n)) {
		int order = i == from->n ? 1 : k == to->n ? -1 : item_order(&from->item[i], &to->item[k]);

		if (order < 0)
			ok = change_add(changes, kind, &from->item[i++], NULL, "");
		else if (order > 0)
			ok = change_add(changes, kind, NULL, &to->item[k++], "");
		else
			ok = compare_one(changes, kind, &from->item[i++], &to->item[k++]);
	}
	return ok;
}

struct site_change *site_diff(const struct site *from, const struct site *to, size_t *n)
{
	struct changes changes = { 0 };
	bool ok = true;

	for (enum site_kind kind = 0; ok && kind < SITE_KINDS; kind++) {
		struct items before = { 0 }, after = { 0 };

		ok = items_collect(&before, from, kind) && items_collect(&after, to, kind) &&
		     compare_kind(&changes, kind, &before, &after);
		free(before.item);
		free(after.item);
	}
	if (!ok) {
		free(changes.change);
		changes.change = NULL;
	}
	*n = ok ? changes.n : SIZE_MAX;
	return changes.change;
}
