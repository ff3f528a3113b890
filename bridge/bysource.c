#include "bridge/bysource.h"

#include <stdlib.h>

struct bysource {
	size_t max, n, mask;
	struct bysource_leg entries[]; /* from.port 0: free */
};

struct bysource *bysource_alloc(size_t max)
{
	size_t slots = 4;
	struct bysource *b;

	while (slots < 2 * max)
		slots *= 2;
	b = calloc(1, sizeof(*b) + slots * sizeof(b->entries[0]));
	if (!b)
		return NULL;
	b->max = max;
	b->mask = slots - 1;
	return b;
}

struct bysource *bysource_free(struct bysource *b)
{
	free(b);
	return NULL;
}

static size_t home_of(const struct bysource *b, const struct net_addr *from)
{
	const uint64_t odd =
		0x9e3779b97f4a7c15u; /* 2^64 over the golden ratio: spreads what differs in few bits */
	uint64_t high, low;

	memcpy(&high, from->ip, sizeof(high));
	memcpy(&low, from->ip + sizeof(high), sizeof(low));
	high = (high ^ low * odd ^ from->port) * odd;
	return (size_t)(high >> 32) & b->mask;
}

/* Where it stands, or the free place where it would. */
static size_t place_of(const struct bysource *b, const struct net_addr *from)
{
	size_t at = home_of(b, from);

	while (b->entries[at].from.port && !net_addr_equal(&b->entries[at].from, from))
		at = (at + 1) & b->mask;
	return at;
}

bool bysource_put(struct bysource *b, const struct bysource_leg *leg)
{
	struct bysource_leg *e = &b->entries[place_of(b, &leg->from)];

	if (!leg->from.port || (e->from.port && e->leg_id != leg->leg_id))
		return false;
	if (!e->from.port) {
		if (b->n == b->max)
			return false;
		b->n++;
	}
	*e = *leg;
	return true;
}

void bysource_remove(struct bysource *b, const struct net_addr *from, uint32_t leg_id)
{
	size_t hole = place_of(b, from);

	if (!b->entries[hole].from.port || b->entries[hole].leg_id != leg_id)
		return;
	b->n--;
	/* Whoever looks from its home past the hole must not stop there. */
	for (size_t at = (hole + 1) & b->mask; b->entries[at].from.port; at = (at + 1) & b->mask) {
		size_t home = home_of(b, &b->entries[at].from);

		if (((at - home) & b->mask) < ((at - hole) & b->mask))
			continue;
		b->entries[hole] = b->entries[at];
		hole = at;
	}
	b->entries[hole] = (struct bysource_leg){ .leg_id = 0 };
}

const struct bysource_leg *bysource_find(const struct bysource *b, const struct net_addr *from)
{
	const struct bysource_leg *e = &b->entries[place_of(b, from)];

	return e->from.port ? e : NULL;
}

size_t bysource_count(const struct bysource *b)
{
	return b->n;
}
