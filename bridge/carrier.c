#include "bridge/carrier.h"
#include "bridge/carrier_priv.h"
#include "bridge/dips.h"
#include "bridge/secure.h"
#include "bridge/standing.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTIONS_S = 30, RETRY_S = 30, SECOND_US = 1000000 };

uint32_t carrier_any(void)
{
	uint32_t random;

	node_random(&random, sizeof(random));
	return random;
}

static unsigned draw(void *arg, unsigned below)
{
	(void)arg;
	return carrier_any() % below;
}

/* What our listeners speak, as bits of enum locate_transport. */
static unsigned spoken(const struct node *n)
{
	return (ua_port(n->ua, "udp") ? 1u << LOCATE_UDP : 0) |
	       (ua_port(n->ua, "tcp") ? 1u << LOCATE_TCP : 0) | 1u << LOCATE_TLS;
}

struct carrier *carrier_find(const struct node *n, const char *trunk)
{
	struct carrier *c = n->carriers;

	while (c && strcmp(c->name, trunk) != 0)
		c = c->next;
	return c;
}

void carrier_tell(const struct carrier *c, const char *type, const char *gateway, const char *more)
{
	event_emit(c->node->bus, type,
		json_pack("{s:s, s:s, s:s}", "trunk", c->name, "gateway", gateway, "what", more));
	log_line(LOG_INFO, NULL, "trunk", "%s: %s: %s", c->name, gateway, more);
}

void carrier_credentials(struct ask_question *q, const struct site_trunk *t, const struct carrier_gateway *g)
{
	q->username = t->username;
	q->password = t->password;
	q->realm = t->realm[0] ? t->realm : g->host;
}

/* ---- where gateways are ---- */

/* Everybody we may call, told to the endpoint: they are not silenced, and pass its filter. */
static void tell_peers(struct node *n)
{
	struct trunk_network *list;
	size_t most = 0, count = 0;

	for (const struct carrier *c = n->carriers; c; c = c->next)
		most += c->n_gateways * CARRIER_MEMBERS;
	list = calloc(most + 1, sizeof(*list));
	if (!list)
		return;
	for (const struct carrier *c = n->carriers; c; c = c->next)
		for (size_t g = 0; g < c->n_gateways; g++)
			for (size_t m = 0; m < c->gateways[g].n_members; m++) {
				char host[LOCATE_TARGET];

				snprintf(host, sizeof(host), "%s", c->gateways[g].members[m].at.target + 4);
				*strrchr(host, ':') = '\0';
				list[count].prefix_bits = 128;
				count += trunk_address_parse(list[count].ip, host);
			}
	ua_set_peers(n->ua, list, count);
	free(list);
}

static struct gateway_rules rules_of(const struct site_trunk *t)
{
	return (struct gateway_rules){
		.interval_s = t->keeps_asking ? (t->options_s ? t->options_s : OPTIONS_S) : 0,
		.only_2xx = t->only_2xx
	};
}

/* The new members; what is known about those that were there before stays. */
static void take_members(struct carrier_gateway *g, const struct locate *found)
{
	const struct site_trunk *t = site_trunk(g->of->node->site, g->of->name);
	const struct gateway_rules rules = t ? rules_of(t) : (struct gateway_rules){ 0 };
	struct carrier_member *old = calloc(CARRIER_MEMBERS, sizeof(*old));
	const size_t n_old = g->n_members;

	if (!old)
		return;
	memcpy(old, g->members, sizeof(g->members));
	memset(g->members, 0, sizeof(g->members));
	for (g->n_members = 0; g->n_members < found->n_members; g->n_members++) {
		struct carrier_member *m = &g->members[g->n_members];

		m->at = found->members[g->n_members];
		m->of = g;
		gateway_init(&m->health, &rules);
		for (size_t i = 0; i < n_old; i++)
			if (strcmp(old[i].at.target, m->at.target) == 0) {
				m->health = old[i].health;
				m->ask_id = old[i].ask_id;
				m->way = old[i].way;
			}
	}
	free(old);
}

static void on_found(void *arg, const char *uri, bool failed, const struct locate *found)
{
	struct node *n = arg;
	const uint64_t now_us = loop_now_us();

	for (struct carrier *c = n->carriers; c; c = c->next)
		for (size_t i = 0; i < c->n_gateways; i++) {
			struct carrier_gateway *g = &c->gateways[i];

			if (strcmp(g->uri, uri) != 0)
				continue;
			g->no_name_server = failed;
			g->look_up_us =
				now_us +
				(uint64_t)(failed || !found->n_members ? RETRY_S : found->ttl_s) * SECOND_US;
			if (!failed)
				take_members(g, found);
			if (failed || !found->n_members)
				log_line(LOG_WARNING, NULL, "trunk", "%s: %s: %s", c->name, uri,
					failed ? "no name server answers" : "no address is known for it");
		}
	tell_peers(n);
}

/* An address needs no resolver. */
static void look_up(struct carrier_gateway *g, uint64_t now_us)
{
	struct node *n = g->of->node;
	struct locate *l = malloc(sizeof(*l));

	g->look_up_us = now_us + (uint64_t)LOCATE_TTL_MAX_S * SECOND_US;
	if (l && locate_start(l, g->uri, spoken(n)) && !locate_next(l))
		on_found(n, g->uri, false, l);
	else if (!n->resolver || resolver_ask(n->resolver, g->uri, spoken(n)) != BRIDGE_OK)
		g->look_up_us = now_us + (uint64_t)RETRY_S * SECOND_US;
	free(l);
}

/* ---- questions ---- */

const char *carrier_words(struct node *n, uint16_t way, const char *otherwise, char text[CARRIER_WORDS])
{
	return secure_failure(n, way, text, CARRIER_WORDS) ? text : otherwise;
}

void carrier_put(
	struct node *n, struct ask_question *q, const struct site_trunk *t, const char *host, uint16_t *way)
{
	char relay[SECURE_RELAY];

	*way = secure_way(n, t, host, q->target, relay);
	q->relay = *way ? relay : NULL;
	q->local = interfaces_local(n->interfaces, t);
	if (ua_ask(n->ua, q) != CALL_OK)
		q->done(n, q->id, &(struct ask_answer){ .text = "no way leads there" });
}

/* ---- time goes by ---- */

static void tick_gateway(struct carrier_gateway *g, const struct site_trunk *t, uint64_t now_us)
{
	unsigned expires_s;

	if (now_us >= g->look_up_us)
		look_up(g, now_us);
	for (size_t i = 0; i < g->n_members; i++) {
		struct carrier_member *m = &g->members[i];
		enum gateway_change change;
		const bool due = gateway_due(&m->health, now_us, carrier_any(), &change);

		carrier_tell_change(m, change);
		if (due)
			carrier_ask_options(m, t, now_us);
	}
	if (drain_leaves(g->of))
		register_stop(&g->registration);
	else if (g->registration.stopping)
		register_init(&g->registration, 0);
	if (t->registers && g->n_members && register_due(&g->registration, now_us, &expires_s))
		carrier_ask_register(g, t, expires_s);
}

void carriers_tick(struct node *n, uint64_t now_us)
{
	if (n->stopping)
		return;
	for (struct carrier *c = n->carriers; c; c = c->next) {
		const struct site_trunk *t = site_trunk(n->site, c->name);

		for (size_t i = 0; t && i < c->n_gateways; i++)
			tick_gateway(&c->gateways[i], t, now_us);
	}
}

/* ---- the site ---- */

static void gateway_begin(struct carrier_gateway *g, struct carrier *c, const char *uri)
{
	size_t skip = strncmp(uri, "sips:", 5) == 0 ? 5 : 4;

	memset(g, 0, sizeof(*g));
	g->of = c;
	snprintf(g->uri, sizeof(g->uri), "%s", uri);
	snprintf(g->host, sizeof(g->host), "%.*s", (int)strcspn(uri + skip, ";"), uri + skip);
	register_init(&g->registration, 0);
	node_token(g->contact, 32);
	node_token(g->call_id, 32);
}

/* `kept` NULL: a new trunk. */
static struct carrier *carrier_make(struct node *n, const struct site_trunk *t, const struct carrier *kept)
{
	const struct gateway_rules rules = rules_of(t);
	struct carrier *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->node = n;
	snprintf(c->name, sizeof(c->name), "%s", t->name);
	c->gateways = calloc(t->n_gateways + 1, sizeof(*c->gateways));
	if (!c->gateways) {
		free(c);
		return NULL;
	}
	drain_carrier_begin(c, t->maintenance);
	if (kept) {
		c->drain = kept->drain;
		c->in = kept->in;
		c->out = kept->out;
		c->tally = kept->tally;
	}
	standing_use_site(c, t, kept);
	for (; c->n_gateways < t->n_gateways; c->n_gateways++) {
		struct carrier_gateway *g = &c->gateways[c->n_gateways];

		gateway_begin(g, c, t->gateways[c->n_gateways]);
		for (size_t i = 0; kept && i < kept->n_gateways; i++)
			if (strcmp(kept->gateways[i].uri, g->uri) == 0)
				*g = kept->gateways[i];
		g->of = c;
		for (size_t m = 0; m < g->n_members; m++) {
			g->members[m].of = g;
			gateway_set_rules(&g->members[m].health, &rules);
		}
	}
	return c;
}

static void carrier_free(struct carrier *c)
{
	free(c->gateways);
	free(c);
}

void carriers_use_site(struct node *n)
{
	struct carrier *old = n->carriers, **end = &n->carriers;
	const uint64_t now_us = loop_now_us();

	n->carriers = NULL;
	for (size_t i = 0; i < n->site->n_trunks; i++) {
		const struct carrier *kept = old;

		while (kept && strcmp(kept->name, n->site->trunks[i].name) != 0)
			kept = kept->next;
		*end = carrier_make(n, &n->site->trunks[i], kept);
		if (*end)
			end = &(*end)->next;
	}
	while (old) {
		struct carrier *gone = old;

		old = old->next;
		carrier_free(gone);
	}
	if (!n->ua)
		return;
	secure_use_site(n);
	tell_peers(n);
	carrier_tell_contacts(n);
	carriers_tick(n, now_us);
}

static void on_resolver(void *arg)
{
	resolver_poll(arg);
}

enum bridge_err carriers_open(struct node *n)
{
	enum bridge_err err = resolver_open(&n->resolver, n->config.dns, on_found, n);

	if (!err && loop_watch(n->loop, resolver_fd(n->resolver), on_resolver, n->resolver) != CALL_OK)
		err = BRIDGE_NOMEM;
	if (!err)
		err = dips_open(&n->dips, n);
	if (!err)
		carriers_use_site(n);
	return err;
}

void carriers_close(struct node *n)
{
	if (n->resolver)
		loop_unwatch(n->loop, resolver_fd(n->resolver));
	n->dips = dips_close(n->dips);
	n->resolver = resolver_close(n->resolver);
	while (n->carriers) {
		struct carrier *c = n->carriers;

		n->carriers = c->next;
		carrier_free(c);
	}
}

/* ---- calls ---- */

size_t carrier_targets(struct carrier *c, struct carrier_target out[CARRIER_TARGETS], const char **why)
{
	const uint64_t now_us = loop_now_us();
	size_t n = 0, known = 0;

	for (size_t i = 0; i < c->n_gateways; i++) {
		const struct carrier_gateway *g = &c->gateways[i];
		struct locate_member at[CARRIER_MEMBERS];
		unsigned order[CARRIER_MEMBERS];

		for (size_t m = 0; m < g->n_members; m++)
			at[m] = g->members[m].at;
		locate_order(at, g->n_members, draw, NULL, order);
		known += g->n_members;
		for (size_t m = 0; m < g->n_members && n < CARRIER_TARGETS; m++) {
			if (!gateway_usable(&g->members[order[m]].health, now_us))
				continue;
			memcpy(out[n].target, at[order[m]].target, sizeof(out[n].target));
			memcpy(out[n].host, g->host, sizeof(out[n].host));
			out[n].sips = strncmp(g->uri, "sips:", 5) == 0;
			n++;
		}
	}
	*why = !c->n_gateways ? "the trunk has no gateway"
	       : !known       ? "no address of the trunk's gateways is known"
			      : "no gateway of the trunk is up";
	return n;
}

static struct carrier_member *find_member(struct carrier *c, const char *target)
{
	for (size_t i = 0; c && i < c->n_gateways; i++)
		for (size_t m = 0; m < c->gateways[i].n_members; m++)
			if (strcmp(c->gateways[i].members[m].at.target, target) == 0)
				return &c->gateways[i].members[m];
	return NULL;
}

void carrier_note_call(struct node *n, const char *trunk, const char *target, bool answered, unsigned q850,
	uint32_t post_dial_us, unsigned rest_s)
{
	struct carrier_member *m = find_member(carrier_find(n, trunk), target);

	if (!m)
		return;
	gateway_call(&m->health, answered, q850, post_dial_us);
	if (rest_s)
		gateway_rest(&m->health, loop_now_us() + (uint64_t)rest_s * SECOND_US);
}

void carrier_note_talk(struct node *n, const char *trunk, const char *target, uint32_t talked_s)
{
	struct carrier_member *m = find_member(carrier_find(n, trunk), target);

	if (m)
		gateway_talked(&m->health, talked_s);
}
