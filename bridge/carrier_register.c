/* carrier_register.c - keeps us registered at the gateways of trunks that want it. */
#include "bridge/carrier_priv.h"
#include <stdio.h>
#include <string.h>

static void on_registered(void *arg, uint32_t id, const struct ask_answer *a)
{
	const struct node *n = arg;
	const uint64_t now_us = loop_now_us();
	char text[CARRIER_WORDS];

	for (struct carrier *c = n->carriers; c; c = c->next)
		for (size_t i = 0; i < c->n_gateways; i++) {
			struct carrier_gateway *g = &c->gateways[i];
			const bool held = register_holds(&g->registration, now_us);

			if (!g->asking || g->cseq != id)
				continue;
			g->asking = false;
			register_heard(&g->registration,
				&(struct register_answer){ a->status, a->expires_s, a->min_expires_s,
					a->retry_after_s, a->refused_credentials },
				now_us, carrier_any());
			if (!held && register_holds(&g->registration, now_us))
				carrier_tell(c, "trunk.registered", g->uri, "registered");
			else if (a->status != 423 && !register_holds(&g->registration, now_us))
				carrier_tell(c, "trunk.unregistered", g->uri,
					g->registration.stopping ? "given back: the trunk is drained"
					: a->status              ? a->text
						    : carrier_words(c->node, g->way, a->text, text));
		}
}

void carrier_ask_register(struct carrier_gateway *g, const struct site_trunk *t, unsigned expires_s)
{
	struct node *n = g->of->node;
	struct carrier_target targets[CARRIER_TARGETS];
	const char *why;
	char uri[LOCATE_HOST + 8], aor[LOCATE_HOST + SITE_NAME + 8];
	const size_t n_targets = carrier_targets(g->of, targets, &why);
	struct ask_question q = { .method = "REGISTER",
		.target = n_targets      ? targets[0].target
			  : g->n_members ? g->members[0].at.target
					 : "",
		.uri = uri,
		.from = aor,
		.to = aor,
		.registers = true,
		.expires_s = expires_s,
		.contact_user = g->contact,
		.call_id = g->call_id,
		.done = on_registered,
		.arg = n };
	char host[LOCATE_HOST];

	for (size_t i = 0; i < n_targets; i++)
		if (strcmp(targets[i].host, g->host) == 0) {
			q.target = targets[i].target;
			break;
		}
	n->last_ask_id += 4; /* the CSeq rises by one with each answer to a challenge */
	g->cseq = n->last_ask_id;
	q.cseq = q.id = g->cseq;
	snprintf(host, sizeof(host), "%s", g->host);
	snprintf(uri, sizeof(uri), "sip:%s", host);
	snprintf(aor, sizeof(aor), "sip:%s@%s", t->username, host);
	carrier_credentials(&q, t, g);
	g->asking = true;
	carrier_put(n, &q, t, g->host, &g->way);
}
