#include "dialplan/block.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	struct block block;
	uint32_t around; /* the narrowest other that holds it; BLOCK_NONE */
	uint32_t at;     /* where the caller had it */
};

struct blocks {
	struct entry *entries; /* owned, sorted by set, first, the wider first */
	uint32_t n;
};

uint64_t block_digits(const char *e164)
{
	return strtoull(e164 + 1, NULL, 10);
}

bool block_ends(struct block *out, const char *first, const char *last)
{
	if (!last[0])
		last = first;
	if (!number_valid(first) || !number_valid(last) || strlen(first) != strlen(last))
		return false;
	out->first = block_digits(first);
	out->last = block_digits(last);
	return out->first <= out->last;
}

static int entry_order(const void *a, const void *b)
{
	const struct block *x = &((const struct entry *)a)->block, *y = &((const struct entry *)b)->block;

	if (x->set != y->set)
		return x->set < y->set ? -1 : 1;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->last != y->last)
		return x->last > y->last ? -1 : 1;
	return ((const struct entry *)a)->at < ((const struct entry *)b)->at ? -1 : 1;
}

/* Finds each entry's surroundings.  False: entry *i overlaps entry *k. */
static bool nest(struct entry *entries, uint32_t n, uint32_t *i, uint32_t *k)
{
	for (*i = 1; *i < n; ++*i) {
		struct block *block = &entries[*i].block;

		for (*k = *i - 1; *k != BLOCK_NONE; *k = entries[*k].around) {
			const struct block *other = &entries[*k].block;

			if (other->set != block->set)
				break;
			if (other->last < block->first)
				continue;
			if (other->last < block->last ||
				(other->first == block->first && other->last == block->last))
				return false;
			entries[*i].around = *k;
			break;
		}
	}
	return true;
}

enum plan_err blocks_alloc(
	struct blocks **out, const struct block *blocks, size_t n, size_t *at, size_t *with)
{
	enum plan_err err = PLAN_NOMEM;
	struct blocks *b = calloc(1, sizeof(*b));
	uint32_t i, k;

	if (b)
		b->entries = calloc(n + 1, sizeof(*b->entries));
	if (!b || !b->entries)
		goto fail;
	b->n = (uint32_t)n;
	for (i = 0; i < b->n; i++)
		b->entries[i] = (struct entry){ blocks[i], BLOCK_NONE, i };
	qsort(b->entries, n, sizeof(*b->entries), entry_order);
	if (!nest(b->entries, b->n, &i, &k)) {
		bool later = b->entries[i].at > b->entries[k].at;

		if (at)
			*at = b->entries[later ? i : k].at;
		if (with)
			*with = b->entries[later ? k : i].at;
		err = PLAN_TWICE;
		goto fail;
	}
	*out = b;
	return PLAN_OK;
fail:
	blocks_free(b);
	return err;
}

struct blocks *blocks_free(struct blocks *b)
{
	if (b) {
		free(b->entries);
		free(b);
	}
	return NULL;
}

uint32_t blocks_find(const struct blocks *b, uint32_t set, uint64_t number)
{
	uint32_t low = 0, high = b->n; /* the first entry behind the number */

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct block *block = &b->entries[middle].block;

		if (block->set < set || (block->set == set && block->first <= number))
			low = middle + 1;
		else
			high = middle;
	}
	for (uint32_t i = low - 1; i != BLOCK_NONE && b->entries[i].block.set == set;
		i = b->entries[i].around)
		if (b->entries[i].block.last >= number)
			return b->entries[i].block.value;
	return BLOCK_NONE;
}
