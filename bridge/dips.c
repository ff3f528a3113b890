#include "bridge/dips.h"
#include "bridge/hash.h"
#include "bridge/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TICK_MS = 20, BUCKETS = 1024, MS_US = 1000, SECOND_US = 1000000 };

struct kept {
	struct kept *next; /* of its bucket */
	char name[NAPTR_NAME];
	uint64_t until_us;
	size_t n;
	struct naptr records[];
};

struct wait {
	struct wait *next;
	char name[NAPTR_NAME];
	uint64_t until_us;
	dips_fn done;
	uint32_t id;
};

struct dips {
	struct node *node; /* borrowed: its owner */
	struct kept *buckets[BUCKETS];
	struct kept *ring[DIPS_CACHE]; /* by age; owned */
	unsigned oldest, n_kept;
	struct wait *waits; /* owned */
	unsigned n_waits;
	bool ticks;
	uint64_t counts[DIPS_RESULTS], remembered;
};

static unsigned bucket_of(const char *name)
{
	return hash_bytes(name, strlen(name)) % BUCKETS;
}

/* ---- what is remembered ---- */

static struct kept **find(struct dips *d, const char *name)
{
	struct kept **at = &d->buckets[bucket_of(name)];

	while (*at && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	return at;
}

static void forget_oldest(struct dips *d)
{
	struct kept *k = d->ring[d->oldest], **at = find(d, k->name);

	while (*at && *at != k) /* a name may stand twice, the newer one first */
		at = &(*at)->next;
	if (*at)
		*at = k->next;
	free(k);
	d->ring[d->oldest] = NULL;
	d->oldest = (d->oldest + 1) % DIPS_CACHE;
	d->n_kept--;
}

static void keep(struct dips *d, const char *name, const struct resolver_records *found)
{
	const unsigned ttl_s = !found->n                       ? DIPS_NOTHING_S
			       : found->ttl_s > DIPS_TTL_MAX_S ? DIPS_TTL_MAX_S
							       : found->ttl_s;
	struct kept **bucket = &d->buckets[bucket_of(name)], *k;

	if (!ttl_s)
		return;
	if (d->n_kept == DIPS_CACHE)
		forget_oldest(d);
	k = malloc(sizeof(*k) + found->n * sizeof(k->records[0]));
	if (!k)
		return;
	snprintf(k->name, sizeof(k->name), "%s", name);
	k->until_us = loop_now_us() + (uint64_t)ttl_s * SECOND_US;
	k->n = found->n;
	memcpy(k->records, found->records, found->n * sizeof(k->records[0]));
	k->next = *bucket;
	*bucket = k;
	d->ring[(d->oldest + d->n_kept++) % DIPS_CACHE] = k;
}

/* ---- who waits ---- */

static void answer(struct dips *d, dips_fn done, uint32_t id, enum dips_result result, const char *failure,
	const struct naptr *records, size_t n)
{
	struct dips_answer a = { .result = result, .failure = failure, .n = n };

	if (n)
		memcpy(a.records, records, n * sizeof(*records));
	d->counts[result]++;
	done(d->node, id, &a);
}

static void answer_found(struct dips *d, dips_fn done, uint32_t id, const struct naptr *records, size_t n)
{
	answer(d, done, id, n ? DIPS_FOUND : DIPS_NOTHING, n ? NULL : "no record", records, n);
}

static struct wait *take(struct dips *d, struct wait **at)
{
	struct wait *w = *at;

	*at = w->next;
	d->n_waits--;
	return w;
}

/* To a list of its own, before anybody is told: who is told may ask again. */
static void take_to(struct dips *d, struct wait **at, struct wait **list)
{
	struct wait *w = take(d, at);

	w->next = *list;
	*list = w;
}

static void on_records(void *arg, const char *name, bool failed, const struct resolver_records *found)
{
	struct dips *d = arg;
	struct wait *due = NULL;

	if (!failed)
		keep(d, name, found);
	for (struct wait **at = &d->waits; *at;)
		if (strcmp((*at)->name, name) == 0)
			take_to(d, at, &due);
		else
			at = &(*at)->next;
	while (due) {
		struct wait *w = due;

		due = w->next;
		if (failed)
			answer(d, w->done, w->id, DIPS_FAILED, "the name server failed", NULL, 0);
		else
			answer_found(d, w->done, w->id, found->records, found->n);
		free(w);
	}
}

static void on_tick(void *arg)
{
	struct dips *d = arg;
	const uint64_t next_us = loop_now_us() + (uint64_t)TICK_MS * MS_US;
	struct wait *late = NULL;

	for (struct wait **at = &d->waits; *at;)
		if ((*at)->until_us <= next_us) /* with the last tick before its time is over */
			take_to(d, at, &late);
		else
			at = &(*at)->next;
	while (late) {
		struct wait *w = late;

		late = w->next;
		answer(d, w->done, w->id, DIPS_LATE, "no answer in time", NULL, 0);
		free(w);
	}
	if (!d->waits) {
		loop_never(d->node->loop, on_tick, d);
		d->ticks = false;
	}
}

void dips_ask(struct dips *d, const char *name, unsigned wait_ms, dips_fn done, uint32_t id)
{
	const uint64_t now_us = loop_now_us();
	const struct kept *k = *find(d, name);
	struct wait *w;

	if (k && k->until_us > now_us) {
		d->remembered++;
		answer_found(d, done, id, k->records, k->n);
		return;
	}
	w = d->n_waits < DIPS_WAITS ? calloc(1, sizeof(*w)) : NULL;
	if (!w || !d->node->resolver || resolver_ask_records(d->node->resolver, name) != BRIDGE_OK) {
		free(w);
		answer(d, done, id, DIPS_BUSY, "too many questions are out", NULL, 0);
		return;
	}
	*w = (struct wait){ .next = d->waits, .done = done, .id = id };
	snprintf(w->name, sizeof(w->name), "%s", name);
	w->until_us = now_us + (uint64_t)(wait_ms && wait_ms < DIPS_MS ? wait_ms : DIPS_MS) * MS_US;
	d->waits = w;
	d->n_waits++;
	if (!d->ticks)
		d->ticks = loop_every(d->node->loop, TICK_MS, on_tick, d) == CALL_OK;
}

/* ---- open, close, figures ---- */

enum bridge_err dips_open(struct dips **out, struct node *n)
{
	struct dips *d = calloc(1, sizeof(*d));

	if (!d)
		return BRIDGE_NOMEM;
	d->node = n;
	resolver_on_records(n->resolver, on_records, d);
	*out = d;
	return BRIDGE_OK;
}

struct dips *dips_close(struct dips *d)
{
	if (!d)
		return NULL;
	if (d->ticks)
		loop_never(d->node->loop, on_tick, d);
	while (d->n_kept)
		forget_oldest(d);
	while (d->waits)
		free(take(d, &d->waits));
	free(d);
	return NULL;
}

uint64_t dips_count(const struct dips *d, enum dips_result result, const char **word)
{
	static const char *const words[DIPS_RESULTS] = { "found", "nothing", "failed", "late", "busy" };

	*word = words[result];
	return d->counts[result];
}

uint64_t dips_remembered(const struct dips *d)
{
	return d->remembered;
}
