#include "bridge/learned.h"
#include "bridge/standing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct learned {
	struct learned *next; /* owned */
	char trunk[SITE_NAME];
	char text[]; /* repute_write() */
};

static struct learned *row_make(const char *trunk, const char *text)
{
	const size_t len = strlen(text) + 1;
	struct learned *row = malloc(sizeof(*row) + len);

	if (!row)
		return NULL;
	row->next = NULL;
	snprintf(row->trunk, sizeof(row->trunk), "%s", trunk);
	memcpy(row->text, text, len);
	return row;
}

struct learned *learned_free(struct learned *l)
{
	while (l) {
		struct learned *next = l->next;

		free(l);
		l = next;
	}
	return NULL;
}

/* ---- from the disk ---- */

static void add(void *arg, const struct kept_row *stored)
{
	struct learned **first = arg, *row = row_make(stored->name, stored->text);

	if (!row)
		return; /* then it is learned anew */
	row->next = *first;
	*first = row;
}

enum bridge_err learned_load(struct store *store, struct learned **out)
{
	*out = NULL;
	return store_each_kept(store, STORE_LEARNED, add, out);
}

void learned_use(struct node *n, const struct learned *l)
{
	for (; l; l = l->next) {
		struct carrier *c = carrier_find(n, l->trunk);

		if (c && !standing_take(c, l->text))
			log_line(LOG_WARNING, NULL, "trunk",
				"%s: how well it did cannot be read: it is learned anew", l->trunk);
	}
}

/* ---- to the disk ---- */

static void missed(struct node *n, const char *trunk)
{
	struct carrier *c = carrier_find(n, trunk);

	if (c)
		c->learned = true;
}

void learned_save(struct node *n)
{
	static const struct saving_kind kind = { .what = STORE_LEARNED,
		.topic = "trunk",
		.cannot = "how well trunks do cannot be saved",
		.missed = missed };
	struct saving *s = NULL;
	char text[REPUTE_SAVED];

	if (n->learning.out)
		return;
	for (struct carrier *c = n->carriers; c; c = c->next) {
		if (!c->learned)
			continue;
		repute_write(&c->repute, text);
		if (!saving_add(&s, c->name, text))
			break; /* with the next call or the next round */
		c->learned = false;
	}
	if (s)
		saving_go(n, &n->learning, &kind, s);
}

void learned_close(struct node *n)
{
	n->learning.out = false; /* the disk thread keeps the order */
	learned_save(n);
}
