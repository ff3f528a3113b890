#include "bridge/backlog.h"

#include <stdlib.h>

struct record *record_alloc(const struct cdr *cdr)
{
	struct record *r = malloc(sizeof(*r));

	if (r && !cdr_copy(&r->cdr, cdr)) {
		free(r);
		return NULL;
	}
	if (r)
		r->next = NULL;
	return r;
}

void record_free(struct record *r)
{
	if (r)
		cdr_clear(&r->cdr);
	free(r);
}

static struct record *drop_first(struct record *batch)
{
	struct record *next = batch->next;

	record_free(batch);
	return next;
}

void backlog_init(struct backlog *b)
{
	b->first = NULL;
	b->end = &b->first;
}

void backlog_clear(struct backlog *b)
{
	while (b->first)
		b->first = drop_first(b->first);
	backlog_init(b);
}

void backlog_add(struct backlog *b, struct record *r)
{
	*b->end = r;
	b->end = &r->next;
}

struct record *backlog_drop(struct backlog *b)
{
	struct record *r = b->first;

	if (r && !(b->first = r->next))
		b->end = &b->first;
	return r;
}

struct record *backlog_take(struct backlog *b)
{
	struct record *batch = b->first, *last = batch;

	for (int i = 1; i < BACKLOG_BATCH && last->next; i++)
		last = last->next;
	b->first = last->next;
	if (!b->first)
		b->end = &b->first;
	last->next = NULL;
	return batch;
}

void backlog_put_back(struct backlog *b, struct record *batch)
{
	struct record *last = batch;

	while (last->next)
		last = last->next;
	last->next = b->first;
	if (!b->first)
		b->end = &last->next;
	b->first = batch;
}

struct record *backlog_write(struct store *store, struct record *batch, struct backlog_written *out)
{
	const struct cdr *cdrs[BACKLOG_BATCH] = { &batch->cdr };
	enum bridge_err err;
	unsigned n = 0;

	for (struct record *r = batch; r; r = r->next)
		cdrs[n++] = &r->cdr;
	err = store_add_cdrs(store, cdrs, n);
	if (!err) {
		out->written = n;
		while (batch)
			batch = drop_first(batch);
		return NULL;
	}
	while (batch && (err == BRIDGE_OK || err == BRIDGE_RANGE)) {
		err = store_add_cdr(store, &batch->cdr);
		if (err && err != BRIDGE_RANGE)
			break;
		*(err ? &out->refused : &out->written) += 1;
		batch = drop_first(batch);
	}
	return batch;
}
