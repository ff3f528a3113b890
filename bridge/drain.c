#include "bridge/drain.h"
#include "bridge/carrier_priv.h"
#include "bridge/leg.h"
#include "bridge/node_open.h"
#include <string.h>

enum { RETRY_S = 60, RETRY_SPREAD_S = 15, GOODBYE_US = 2000000 };

static const char maintenance[] = "the trunk is in maintenance", draining[] = "the bridge is being drained";

const char *drain_word(enum drain_state state)
{
	return state == DRAIN_OPEN ? "open" : state == DRAIN_DRAINING ? "draining" : "drained";
}

const char *drain_why(const struct node *n, const struct site_trunk *trunk)
{
	return n->drain.state != DRAIN_OPEN ? draining : trunk && trunk->maintenance ? maintenance : NULL;
}

unsigned drain_retry_s(void)
{
	return RETRY_S + carrier_any() % RETRY_SPREAD_S;
}

unsigned drain_away(void *node, const char *trunk)
{
	const struct node *n = node;

	return drain_why(n, trunk ? site_trunk(n->site, trunk) : NULL) ? drain_retry_s() : 0;
}

/* ---- calls that are left ---- */

enum drain_state drain_of(struct node *n, const struct site_trunk *trunk)
{
	if (!drain_why(n, trunk))
		return DRAIN_OPEN;
	return channels_used(&n->channels, trunk->name) ? DRAIN_DRAINING : DRAIN_DRAINED;
}

bool drain_leaves(const struct carrier *c)
{
	return c->drain == DRAIN_DRAINED || c->node->drain.state == DRAIN_DRAINED;
}

/* ---- a trunk ---- */

static void tell_trunk(const struct carrier *c, const char *type, unsigned calls)
{
	event_emit(c->node->bus, type, json_pack("{s:s, s:i}", "trunk", c->name, "calls", (int)calls));
	log_line(LOG_INFO, NULL, "trunk", "%s: %s, %u calls", c->name, drain_word(c->drain), calls);
}

void drain_carrier_begin(struct carrier *c, bool in_maintenance)
{
	c->drain = in_maintenance ? DRAIN_DRAINED : DRAIN_OPEN;
}

static void tick_trunk(struct carrier *c, bool in_maintenance)
{
	unsigned calls;

	if (!in_maintenance && c->drain == DRAIN_OPEN)
		return;
	if (!in_maintenance) {
		c->drain = DRAIN_OPEN;
		tell_trunk(c, "trunk.resumed", channels_used(&c->node->channels, c->name));
		return;
	}
	if (c->drain == DRAIN_DRAINED)
		return;
	calls = channels_used(&c->node->channels, c->name);
	if (c->drain == DRAIN_OPEN) {
		c->drain = DRAIN_DRAINING;
		tell_trunk(c, "trunk.draining", calls);
	}
	if (!calls) {
		c->drain = DRAIN_DRAINED;
		tell_trunk(c, "trunk.drained", 0);
	}
}

/* ---- the node ---- */

static void tell_node(const struct node *n, const char *type)
{
	event_emit(n->bus, type, json_pack("{s:i, s:b}", "calls", (int)n->n_legs, "exits", n->drain.exits));
	log_line(LOG_INFO, NULL, "node", "%s, %u calls", drain_word(n->drain.state), n->n_legs);
}

void drain_node(struct node *n, bool exits, uint64_t now_us)
{
	n->drain.exits = exits;
	if (n->drain.state != DRAIN_OPEN)
		return;
	n->drain.state = DRAIN_DRAINING;
	tell_node(n, "node.draining");
	drain_tick(n, now_us);
}

void drain_resume(struct node *n)
{
	if (n->drain.state == DRAIN_OPEN || n->stopping)
		return;
	n->drain = (struct drain){ .state = DRAIN_OPEN };
	tell_node(n, "node.resumed");
}

static bool still_registered(const struct node *n)
{
	for (const struct carrier *c = n->carriers; c; c = c->next)
		for (size_t i = 0; i < c->n_gateways; i++)
			if (c->gateways[i].registration.held)
				return true;
	return false;
}

static void tick_node(struct node *n, uint64_t now_us)
{
	if (n->drain.state == DRAIN_DRAINING && !n->n_legs && !n->dialouts) {
		n->drain.state = DRAIN_DRAINED;
		n->drain.left_us = now_us;
		tell_node(n, "node.drained");
	}
	if (n->drain.state == DRAIN_DRAINED && n->drain.exits &&
		(!still_registered(n) || now_us > n->drain.left_us + GOODBYE_US))
		node_stop(n);
}

void drain_tick(struct node *n, uint64_t now_us)
{
	if (n->stopping)
		return;
	for (struct carrier *c = n->carriers; c; c = c->next) {
		const struct site_trunk *t = site_trunk(n->site, c->name);

		tick_trunk(c, t && t->maintenance);
	}
	if (n->drain.state != DRAIN_OPEN)
		tick_node(n, now_us);
}
