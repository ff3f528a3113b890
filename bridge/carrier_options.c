/* carrier_options.c - asks the members of a trunk's gateways how they do, and tells when that changes. */
#include "bridge/carrier_priv.h"
#include <stdio.h>
#include <string.h>

static struct carrier_member *find_asked(struct node *n, uint32_t id)
{
	for (struct carrier *c = n->carriers; c; c = c->next)
		for (size_t g = 0; g < c->n_gateways; g++)
			for (size_t m = 0; m < c->gateways[g].n_members; m++)
				if (c->gateways[g].members[m].ask_id == id)
					return &c->gateways[g].members[m];
	return NULL;
}

void carrier_tell_change(const struct carrier_member *m, enum gateway_change change)
{
	char text[CARRIER_WORDS];

	if (change == GATEWAY_CAME_UP)
		carrier_tell(m->of->of, "trunk.gateway_up", m->at.target, "the gateway is up");
	else if (change == GATEWAY_WENT_DOWN)
		carrier_tell(m->of->of, "trunk.gateway_down", m->at.target,
			carrier_words(m->of->of->node, m->way, "the gateway is down", text));
}

static void on_options(void *arg, uint32_t id, const struct ask_answer *answer)
{
	struct carrier_member *m = find_asked(arg, id); /* it may be gone by now */

	if (m)
		carrier_tell_change(m, gateway_heard(&m->health, loop_now_us(), answer->status,
					       answer->round_trip_us, carrier_any()));
}

void carrier_ask_options(struct carrier_member *m, const struct site_trunk *t, uint64_t now_us)
{
	struct node *n = m->of->of->node;
	char uri[LOCATE_HOST + 8], from[CALL_URI + 8];
	struct ask_question q = { .method = "OPTIONS",
		.target = m->at.target,
		.uri = uri,
		.from = from,
		.to = uri,
		.done = on_options,
		.arg = n };

	m->ask_id = ++n->last_ask_id;
	q.id = m->ask_id;
	snprintf(uri, sizeof(uri), "%s:%s", strncmp(m->of->uri, "sips:", 5) == 0 ? "sips" : "sip",
		m->of->host);
	snprintf(from, sizeof(from), "sip:%s",
		n->config.sip.advertise[0] ? n->config.sip.advertise : "partyline.invalid");
	carrier_credentials(&q, t, m->of);
	gateway_asked(&m->health, now_us);
	carrier_put(n, &q, t, m->of->host, &m->way);
}
