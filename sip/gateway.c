#include "sip/gateway.h"

#include <string.h>

enum { DEFAULT_UP = 2, DEFAULT_DOWN = 3, DEFAULT_OF = 5, SMOOTH = 8, SOONER = 4, SECOND_US = 1000000 };

void gateway_set_rules(struct gateway *g, const struct gateway_rules *rules)
{
	g->rules = *rules;
	if (!g->rules.of || g->rules.of > GATEWAY_WINDOW)
		g->rules.of = DEFAULT_OF;
	if (!g->rules.up || g->rules.up > g->rules.of)
		g->rules.up = DEFAULT_UP < g->rules.of ? DEFAULT_UP : g->rules.of;
	if (!g->rules.down || g->rules.down > g->rules.of)
		g->rules.down = DEFAULT_DOWN < g->rules.of ? DEFAULT_DOWN : g->rules.of;
}

void gateway_init(struct gateway *g, const struct gateway_rules *rules)
{
	memset(g, 0, sizeof(*g));
	gateway_set_rules(g, rules);
}

/* The next question: after the interval, or a quarter of it when something is amiss; up to a tenth later or earlier. */
static void plan(struct gateway *g, uint64_t now_us, uint32_t random)
{
	const bool amiss = g->state != GATEWAY_DOWN && g->n_history && !(g->history & 1);
	uint64_t wait_us = (uint64_t)g->rules.interval_s * SECOND_US / (amiss ? SOONER : 1);
	const uint64_t tenth_us = wait_us / 10;

	wait_us = wait_us - tenth_us + (tenth_us ? random % (2 * tenth_us) : 0);
	g->next_us = now_us + wait_us;
}

static enum gateway_change judge(struct gateway *g)
{
	const unsigned seen = g->n_history < g->rules.of ? g->n_history : g->rules.of;
	const uint32_t window = g->history & ((1u << seen) - 1);
	const unsigned good = (unsigned)__builtin_popcount(window), bad = seen - good;

	if (g->state != GATEWAY_DOWN && bad >= g->rules.down) {
		g->state = GATEWAY_DOWN;
		g->n_history = 0; /* what counts from here on is since it went down */
		return GATEWAY_WENT_DOWN;
	}
	if (g->state != GATEWAY_UP && good >= g->rules.up) {
		const bool was_down = g->state == GATEWAY_DOWN;

		g->state = GATEWAY_UP;
		if (was_down)
			g->n_history = 0;
		return GATEWAY_CAME_UP;
	}
	return GATEWAY_SAME;
}

static bool shows_life(const struct gateway *g, unsigned status)
{
	if (g->rules.only_2xx)
		return status >= 200 && status < 300;
	return status >= 200 && status != 408 && status / 100 != 5;
}

static void smooth(uint32_t *figure, uint32_t sample)
{
	*figure = *figure ? *figure - *figure / SMOOTH + sample / SMOOTH : sample;
}

enum gateway_change gateway_heard(
	struct gateway *g, uint64_t now_us, unsigned status, uint32_t round_trip_us, uint32_t random)
{
	const bool good = shows_life(g, status);

	if (!g->asked_us)
		return GATEWAY_SAME; /* too late: it has been counted as missed */
	g->asked_us = 0;
	g->history = g->history << 1 | good;
	if (g->n_history < GATEWAY_WINDOW)
		g->n_history++;
	if (good)
		smooth(&g->round_trip_us, round_trip_us ? round_trip_us : 1);
	else
		g->n_missed++;
	plan(g, now_us, random);
	return judge(g);
}

bool gateway_due(struct gateway *g, uint64_t now_us, uint32_t random, enum gateway_change *change)
{
	*change = GATEWAY_SAME;
	if (!g->rules.interval_s)
		return false;
	if (g->asked_us) {
		if (now_us - g->asked_us < GATEWAY_PATIENCE_MS * 1000ull)
			return false;
		*change = gateway_heard(g, now_us, 0, 0, random);
	}
	return now_us >= g->next_us;
}

void gateway_asked(struct gateway *g, uint64_t now_us)
{
	g->asked_us = now_us ? now_us : 1;
	g->n_asked++;
}

void gateway_rest(struct gateway *g, uint64_t until_us)
{
	if (until_us > g->rest_until_us)
		g->rest_until_us = until_us;
}

bool gateway_usable(const struct gateway *g, uint64_t now_us)
{
	return g->state != GATEWAY_DOWN && now_us >= g->rest_until_us;
}

unsigned gateway_rests_s(const struct gateway *g, uint64_t now_us)
{
	return now_us < g->rest_until_us ? (unsigned)((g->rest_until_us - now_us + 999999) / 1000000) : 0;
}

void gateway_call(struct gateway *g, bool answered, unsigned q850, uint32_t post_dial_us)
{
	g->calls++;
	g->n_answered += answered;
	g->lately = g->lately << 1 | answered;
	if (g->n_lately < GATEWAY_CALLS)
		g->n_lately++;
	if (post_dial_us)
		smooth(&g->post_dial_us, post_dial_us);
	if (answered)
		return;
	memmove(g->causes + 1, g->causes, GATEWAY_CAUSES - 1);
	g->causes[0] = (uint8_t)q850;
}

void gateway_talked(struct gateway *g, uint32_t talked_s)
{
	g->n_over++;
	g->talked_s += talked_s;
}

unsigned gateway_answer_percent(const struct gateway *g)
{
	const uint64_t window = g->n_lately == 64 ? g->lately : g->lately & ((1ull << g->n_lately) - 1);

	return g->n_lately ? (unsigned)__builtin_popcountll(window) * 100 / g->n_lately : 100;
}

const char *gateway_word(enum gateway_state state)
{
	switch (state) {
	case GATEWAY_UNKNOWN: return "unknown";
	case GATEWAY_UP: return "up";
	case GATEWAY_DOWN: return "down";
	}
	return "unknown";
}
