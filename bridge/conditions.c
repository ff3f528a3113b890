#include "bridge/conditions.h"
#include "bridge/alert.h"
#include "bridge/carrier.h"
#include "bridge/figures.h"
#include "bridge/moments.h"
#include "bridge/secure.h"
#include "bridge/space.h"
#include "bridge/webhook.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000000, DAY_S = 86400 };

/* What a trunk has brought lately. */
struct brought {
	struct brought *next;
	char trunk[SITE_NAME];
	uint32_t one_way;             /* of answered calls: a bit each, the last one lowest */
	unsigned n_calls;             /* up to CONDITIONS_CALLS */
	char unassigned[NUMBER_E164]; /* called last of numbers that nobody has */
	uint64_t unassigned_us;       /* when; 0: never */
	unsigned n_unassigned;        /* calls to such, since the alert began */
};

struct conditions {
	struct alerts *alerts;   /* owned */
	struct brought *brought; /* owned */
	struct moments moments;
	uint64_t began_us, stalled_us; /* loop_now_us(); 0: never */
	uint32_t worst_us;             /* of the last stall */
};

static bool lately(uint64_t at_us, unsigned seconds)
{
	return moments_lately(at_us, loop_now_us(), seconds);
}

static void disk(struct node *n, struct alerts *a)
{
	struct writer_stats s;

	writer_stats(n->writer, &s);
	if (!s.disk_ok)
		alert_holds(a, ALERT_DISK, "", true, "%s cannot be written, %u call records wait: %s",
			n->config.database, s.waiting, s.why);
	if (space_low(&n->space))
		alert_holds(a, ALERT_DISK_LOW, "", false, "%llu of %llu MB are left beside %s",
			(unsigned long long)n->space.free_bytes >> 20,
			(unsigned long long)n->space.all_bytes >> 20, n->config.database);
	space_ask(n); /* for the next round */
}

static void trunks(struct node *n, struct alerts *a)
{
	const uint64_t now_us = loop_now_us();

	for (const struct carrier *c = n->carriers; c; c = c->next) {
		const struct site_trunk *t = site_trunk(n->site, c->name);
		struct figures f;

		if (!t || t->maintenance)
			continue;
		figures_of(&f, c, now_us);
		if (f.n_gateways && !f.n_usable)
			alert_holds(a, ALERT_TRUNK_DOWN, c->name, true, "none of %u gateways can be used",
				f.n_gateways);
		if (t->registers && !f.n_registered && !lately(n->conditions->began_us, CONDITIONS_GRACE_S))
			alert_holds(a, ALERT_UNREGISTERED, c->name, true,
				"no gateway holds our registration: calls in do not reach us");
		if (c->repute.low)
			alert_holds(a, ALERT_QUALITY, c->name, false, "%s",
				c->low_why[0] ? c->low_why
					      : "it did worse than its `quality` asks before the restart");
	}
}

static void unassigned(struct node *n, struct alerts *a)
{
	for (struct brought *b = n->conditions->brought; b; b = b->next)
		if (lately(b->unassigned_us, CONDITIONS_UNASSIGNED_S) && site_trunk(n->site, b->trunk))
			alert_holds(a, ALERT_UNASSIGNED, b->trunk, false,
				"it brings calls to numbers that nobody has: %u, the last to %s",
				b->n_unassigned, b->unassigned);
		else
			b->n_unassigned = 0;
}

static void one_way(struct node *n, struct alerts *a)
{
	for (const struct brought *s = n->conditions->brought; s; s = s->next) {
		const unsigned bad = (unsigned)__builtin_popcount(s->one_way);

		if (bad >= CONDITIONS_ONE_WAY && site_trunk(n->site, s->trunk))
			alert_holds(a, ALERT_ONE_WAY, s->trunk, false,
				"%u of the last %u answered calls had one-way audio", bad, s->n_calls);
	}
}

static void workers(struct node *n, struct alerts *a)
{
	uint64_t dropped[NODE_WORKERS_MAX];
	char name[16];

	for (unsigned i = 0; i < n->n_workers; i++) {
		struct worker_load load;
		const unsigned most = n->config.media.max_load * 10;

		worker_load(n->workers[i], &load);
		snprintf(name, sizeof(name), "%u", i);
		if (most && load.margin.used_permille >= most)
			alert_holds(a, ALERT_WORKER, name, true,
				"media worker %u uses %u %% of its time, %u is the most", i,
				load.margin.used_permille / 10, n->config.media.max_load);
		dropped[i] = load.events_dropped;
	}
	moments_rings(&n->conditions->moments, a, dropped, n->n_workers, loop_now_us());
}

static void control(struct node *n, struct alerts *a)
{
	const struct conditions *c = n->conditions;

	if (pulse_busy(&n->pulse))
		alert_holds(a, ALERT_CONTROL, "", true,
			"the control thread is %u ms late: new calls are refused",
			pulse_lag_us(&n->pulse) / 1000);
	else if (lately(c->stalled_us, CONDITIONS_HOLD_S))
		alert_holds(
			a, ALERT_CONTROL, "", false, "the control thread was %u ms late", c->worst_us / 1000);
}

static void wall_clock(struct node *n, struct alerts *a)
{
	moments_clock(&n->conditions->moments, a, when_now_us(), loop_now_us());
}

static void certificate(struct node *n, struct alerts *a)
{
	const int64_t expires_s = secure_expires_s(n), left_s = expires_s - when_now_us() / SECOND;

	if (expires_s && left_s < 0)
		alert_holds(a, ALERT_CERTIFICATE, "", true, "%s has expired", n->config.tls.certificate);
	else if (expires_s && left_s <= SECURE_WARN_DAYS * DAY_S)
		alert_holds(a, ALERT_CERTIFICATE, "", false, "%s expires within %lld days",
			n->config.tls.certificate, (long long)left_s / DAY_S + 1);
}

static void budgets(struct node *n, struct alerts *a)
{
	const int64_t at_s = when_now_us() / SECOND;
	struct dialling_spent spent;

	for (size_t i = 0; dialling_spent(n->dialling, i, at_s, &spent); i++)
		if (spent.budget->blocked_until_s > spent.now.at_s)
			alert_holds(a, ALERT_BUDGET, spent.account, true,
				"calls out are blocked: they looked like fraud");
}

static void webhooks(struct node *n, struct alerts *a)
{
	json_t *all = hooks_json(n->hooks), *hook;
	size_t i;

	json_array_foreach(all, i, hook)
	{
		const json_int_t tries = json_integer_value(json_object_get(hook, "tries"));
		const char *url = json_string_value(json_object_get(hook, "url"));

		if (tries >= CONDITIONS_HOOK_TRIES)
			alert_holds(a, ALERT_WEBHOOK, json_string_value(json_object_get(hook, "id")), false,
				"%.120s has refused an event %lld times", url ? url : "", (long long)tries);
	}
	json_decref(all);
}

static void (*const looks[])(struct node *n, struct alerts *a) = { disk, trunks, unassigned, one_way, workers,
	control, wall_clock, certificate, budgets, webhooks };

static void tell(void *arg, const struct alert *alert, bool raised)
{
	struct node *n = arg;

	log_line(raised ? LOG_WARNING : LOG_INFO, NULL, "alert", "%s%s%s: %s%s", alert_kind_name(alert->kind),
		alert->subject[0] ? " " : "", alert->subject, raised ? "" : "over: ", alert->text);
	event_emit(n->bus, raised ? "alert.raised" : "alert.ended",
		json_pack("{s:s, s:s, s:s, s:o, s:s, s:s}", "kind", alert_kind_name(alert->kind), "subject",
			alert->subject, "severity", alert->critical ? "critical" : "warning", "since",
			when_json(alert->since_us), "text", alert->text, "advice",
			alert_advice(alert->kind)));
}

enum bridge_err conditions_open(struct node *n)
{
	struct conditions *c = calloc(1, sizeof(*c));

	if (!c)
		return BRIDGE_NOMEM;
	n->conditions = c;
	c->alerts = alerts_alloc(tell, n);
	c->began_us = loop_now_us();
	moments_begin(&c->moments, when_now_us(), c->began_us);
	return c->alerts ? BRIDGE_OK : BRIDGE_NOMEM;
}

void conditions_close(struct node *n)
{
	struct brought *next;

	if (!n->conditions)
		return;
	for (struct brought *s = n->conditions->brought; s; s = next) {
		next = s->next;
		free(s);
	}
	alerts_free(n->conditions->alerts);
	free(n->conditions);
	n->conditions = NULL;
}

void conditions_beat(struct node *n)
{
	const uint32_t worst_us = pulse_worst_us(&n->pulse);

	if (worst_us < CONDITIONS_STALL_US)
		return;
	n->conditions->worst_us = worst_us;
	n->conditions->stalled_us = loop_now_us();
}

void conditions_round(struct node *n)
{
	struct alerts *a = n->conditions->alerts;

	alerts_begin(a, when_now_us());
	for (size_t i = 0; i < sizeof(looks) / sizeof(*looks); i++)
		looks[i](n, a);
	alerts_end(a);
}

/* `make`: one that is not known yet; NULL: not known, or out of memory. */
static struct brought *brought_of(struct node *n, const char *trunk, bool make)
{
	struct conditions *c = n->conditions;
	struct brought *b = c ? c->brought : NULL;

	while (b && strcmp(b->trunk, trunk) != 0)
		b = b->next;
	if (!c || !trunk[0] || b || !make)
		return b;
	b = calloc(1, sizeof(*b));
	if (!b)
		return NULL;
	snprintf(b->trunk, sizeof(b->trunk), "%s", trunk);
	b->next = c->brought;
	c->brought = b;
	return b;
}

void conditions_call(struct node *n, const char *trunk, bool one_way_audio)
{
	struct brought *b =
		brought_of(n, trunk, one_way_audio); /* nothing is kept of trunks that sound well */

	if (!b)
		return;
	b->one_way = (b->one_way << 1 | one_way_audio) & ((1u << CONDITIONS_CALLS) - 1);
	b->n_calls += b->n_calls < CONDITIONS_CALLS;
}

void conditions_unassigned(struct node *n, const char *trunk, const char *number)
{
	struct brought *b = brought_of(n, trunk, true);

	if (!b)
		return;
	snprintf(b->unassigned, sizeof(b->unassigned), "%s", number);
	b->unassigned_us = loop_now_us();
	b->n_unassigned++;
}

const struct alerts *conditions_alerts(const struct node *n)
{
	return n->conditions->alerts;
}
