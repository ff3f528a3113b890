#include "sip/guard.h"

#include <stdlib.h>
#include <string.h>

#define REFILL_US (60ull * 1000000) /* one more answer a minute */

struct source {
	uint8_t ip[16];            /* of IPv6 the first 64 bits, the rest 0 */
	uint64_t seen_us;          /* its last request */
	uint64_t refilled_us;      /* when its budget last grew */
	uint64_t silent_until_us;  /* 0: it is answered */
	uint64_t vouched_until_us; /* 0: nobody knows it */
	unsigned answers;          /* left */
	bool in_use;
};

struct guard {
	struct source sources[GUARD_SOURCES];
	uint64_t crowded_until_us; /* 0: not crowded */
	uint64_t dropped;
};

struct guard *guard_alloc(void)
{
	return calloc(1, sizeof(struct guard));
}

struct guard *guard_free(struct guard *g)
{
	free(g);
	return NULL;
}

static void source_key(uint8_t key[16], const uint8_t ip[16])
{
	static const uint8_t v4_prefix[12] = { [10] = 0xff, [11] = 0xff };

	memcpy(key, ip, 16);
	if (memcmp(ip, v4_prefix, sizeof(v4_prefix)) != 0)
		memset(key + 8, 0, 8);
}

/* Has it been quiet for long enough to be as good as unknown? */
static bool is_forgotten(const struct source *s, uint64_t now_us)
{
	if (!s->in_use)
		return true;
	if (s->vouched_until_us)
		return now_us >= s->vouched_until_us;
	if (s->silent_until_us)
		return now_us >= s->silent_until_us;
	return now_us >= s->seen_us && now_us - s->seen_us >= GUARD_ANSWERS * REFILL_US;
}

static void settle_time(struct guard *g, uint64_t now_us)
{
	if (now_us >= g->crowded_until_us)
		g->crowded_until_us = 0;
}

/* The source's row; for a new one a free or forgotten row, else the one seen longest ago, and then it is crowded here. */
static struct source *find_source(struct guard *g, const uint8_t key[16], uint64_t now_us, bool *pushed_out)
{
	struct source *oldest = &g->sources[0], *vacant = NULL;

	*pushed_out = false;
	for (unsigned i = 0; i < GUARD_SOURCES; i++) {
		struct source *s = &g->sources[i];

		if (s->in_use && memcmp(s->ip, key, 16) == 0) {
			if (!is_forgotten(s, now_us))
				return s;
			vacant = s;
			break;
		}
		if (!vacant && is_forgotten(s, now_us))
			vacant = s;
		if (!s->vouched_until_us && (oldest->vouched_until_us || s->seen_us < oldest->seen_us))
			oldest = s;
	}
	*pushed_out = !vacant;
	if (!vacant)
		vacant = oldest;
	*vacant = (struct source){
		.seen_us = now_us, .refilled_us = now_us, .answers = GUARD_ANSWERS, .in_use = true
	};
	memcpy(vacant->ip, key, 16);
	return vacant;
}

static void refill(struct source *s, uint64_t now_us)
{
	uint64_t n = now_us > s->refilled_us ? (now_us - s->refilled_us) / REFILL_US : 0;

	s->refilled_us += n * REFILL_US;
	s->answers = n >= GUARD_ANSWERS - s->answers ? GUARD_ANSWERS : s->answers + (unsigned)n;
	if (s->answers == GUARD_ANSWERS)
		s->refilled_us = now_us; /* a full budget does not save up */
}

enum guard_verdict guard_stranger(struct guard *g, const uint8_t ip[16], uint64_t now_us)
{
	bool was_crowded, pushed_out;
	struct source *s;
	uint8_t key[16];

	settle_time(g, now_us);
	was_crowded = g->crowded_until_us != 0;
	source_key(key, ip);
	s = find_source(g, key, now_us, &pushed_out);
	s->seen_us = now_us;
	if (s->vouched_until_us)
		return GUARD_ANSWER;
	if (pushed_out)
		g->crowded_until_us = now_us + GUARD_SILENCE_US;
	if (s->silent_until_us) {
		g->dropped++;
		return GUARD_SILENT;
	}
	refill(s, now_us);
	if (g->crowded_until_us) {
		g->dropped++;
		return was_crowded ? GUARD_SILENT : GUARD_SILENCED_NOW;
	}
	if (s->answers) {
		s->answers--;
		return GUARD_ANSWER;
	}
	s->silent_until_us = now_us + GUARD_SILENCE_US;
	g->dropped++;
	return GUARD_SILENCED_NOW;
}

static const struct source *peek(const struct guard *g, const uint8_t ip[16], uint64_t now_us)
{
	uint8_t key[16];

	source_key(key, ip);
	for (unsigned i = 0; i < GUARD_SOURCES; i++)
		if (!is_forgotten(&g->sources[i], now_us) && memcmp(g->sources[i].ip, key, 16) == 0)
			return &g->sources[i];
	return NULL;
}

bool guard_is_silent(const struct guard *g, const uint8_t ip[16], uint64_t now_us)
{
	const struct source *s = peek(g, ip, now_us);

	return s && s->silent_until_us && !s->vouched_until_us;
}

void guard_vouch(struct guard *g, const uint8_t ip[16], uint64_t now_us)
{
	bool pushed_out;
	struct source *s;
	uint8_t key[16];

	source_key(key, ip);
	s = find_source(g, key, now_us, &pushed_out);
	s->seen_us = now_us;
	s->silent_until_us = 0;
	s->vouched_until_us = now_us + GUARD_VOUCH_US;
}

void guard_doubt(struct guard *g, const uint8_t ip[16])
{
	uint8_t key[16];

	source_key(key, ip);
	for (unsigned i = 0; i < GUARD_SOURCES; i++)
		if (memcmp(g->sources[i].ip, key, 16) == 0)
			g->sources[i].vouched_until_us = 0;
}

size_t guard_silenced(struct guard *g, uint8_t (*ips)[16], size_t cap, uint64_t now_us)
{
	size_t n = 0;

	settle_time(g, now_us);
	for (unsigned i = 0; i < GUARD_SOURCES && n < cap; i++)
		if (g->sources[i].silent_until_us && !is_forgotten(&g->sources[i], now_us))
			memcpy(ips[n++], g->sources[i].ip, 16);
	return n;
}

bool guard_crowded(const struct guard *g)
{
	return g->crowded_until_us != 0;
}

uint64_t guard_dropped(const struct guard *g)
{
	return g->dropped;
}

void guard_forgive(struct guard *g)
{
	memset(g->sources, 0, sizeof(g->sources));
	g->crowded_until_us = 0;
}
