#include "bridge/channels.h"
#include "bridge/hash.h"

#include <stdlib.h>
#include <string.h>

struct channel {
	struct channel *next; /* in its bucket */
	unsigned calls;       /* at least one */
	char trunk[];
};

/* FNV-1a: names are the operator's own, nobody chooses them to collide. */
static unsigned bucket_of(const char *trunk)
{
	return hash_bytes(trunk, strlen(trunk)) % CHANNELS_BUCKETS;
}

/* Where it hangs, or would. */
static struct channel **find(struct channels *c, const char *trunk)
{
	struct channel **at = &c->buckets[bucket_of(trunk)];

	for (; *at; at = &(*at)->next) {
		c->n_compared++;
		if (strcmp((*at)->trunk, trunk) == 0)
			break;
	}
	return at;
}

void channels_clear(struct channels *c)
{
	for (unsigned i = 0; i < CHANNELS_BUCKETS; i++)
		for (struct channel *ch; (ch = c->buckets[i]);) {
			c->buckets[i] = ch->next;
			free(ch);
		}
}

struct channel *channels_take(struct channels *c, const char *trunk)
{
	struct channel **at = find(c, trunk), *ch = *at;
	const size_t size = strlen(trunk) + 1;

	if (size == 1)
		return NULL;
	if (!ch) {
		ch = calloc(1, sizeof(*ch) + size);
		if (!ch)
			return NULL;
		memcpy(ch->trunk, trunk, size);
		*at = ch;
	}
	ch->calls++;
	return ch;
}

void channels_give(struct channels *c, struct channel *taken)
{
	struct channel **at;

	if (!taken || --taken->calls)
		return;
	at = find(c, taken->trunk);
	*at = taken->next;
	free(taken);
}

unsigned channels_used(struct channels *c, const char *trunk)
{
	const struct channel *ch = *find(c, trunk);

	return ch ? ch->calls : 0;
}
