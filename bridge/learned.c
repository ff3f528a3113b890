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

struct saving {
	struct node *node;
	struct learned *rows; /* owned */
};

static enum bridge_err save(void *arg, struct store *store)
{
	const struct saving *s = arg;
	enum bridge_err err = BRIDGE_OK;

	for (const struct learned *row = s->rows; row && !err;) {
		struct kept_row rows[STORE_KEPT_AT_ONCE];
		size_t n = 0;

		for (; row && n < STORE_KEPT_AT_ONCE; row = row->next)
			rows[n++] = (struct kept_row){ row->trunk, row->text };
		err = store_save_kept(store, STORE_LEARNED, rows, n);
	}
	return err;
}

static void saved(void *arg, enum bridge_err err, const char *text)
{
	struct saving *s = arg;
	struct node *n = s->node;

	n->learning.out = false;
	if (err && !n->learning.failed)
		log_line(LOG_ERROR, NULL, "trunk", "how well trunks do cannot be saved, tried again: %s",
			text);
	n->learning.failed = err != BRIDGE_OK;
	for (const struct learned *row = s->rows; err && row; row = row->next) {
		struct carrier *c = carrier_find(n, row->trunk);

		if (c)
			c->learned = true;
	}
	learned_free(s->rows);
	free(s);
}

void learned_save(struct node *n)
{
	struct saving *s = NULL;
	char text[REPUTE_SAVED];

	if (n->learning.out)
		return;
	for (struct carrier *c = n->carriers; c; c = c->next) {
		struct learned *row;

		if (!c->learned)
			continue;
		if (!s)
			s = calloc(1, sizeof(*s));
		repute_write(&c->repute, text);
		row = s ? row_make(c->name, text) : NULL;
		if (!row)
			break; /* with the next call or the next round */
		row->next = s->rows;
		s->rows = row;
		c->learned = false;
	}
	if (!s)
		return;
	s->node = n;
	n->learning.out = true;
	writer_do(n->writer, save, saved, s);
}

void learned_close(struct node *n)
{
	n->learning.out = false; /* the disk thread keeps the order */
	learned_save(n);
}
