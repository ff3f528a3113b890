#include "bridge/figures.h"

#include "bridge/carrier.h"
#include "bridge/cdr.h"
#include "sip/cause.h"

#include <string.h>

void figures_count(struct node *n, const struct cdr *cdr)
{
	struct carrier *c = cdr->trunk[0] ? carrier_find(n, cdr->trunk) : NULL;
	const unsigned way = strcmp(cdr->direction, "out") == 0 ? FIGURES_OUT : FIGURES_IN;

	if (!c)
		return;
	c->tally.ended[way][cause_class(cdr->q850)]++;
	if (cdr->answered_us)
		c->tally.answered[way]++;
	else
		c->tally.last_cause[way] = (uint8_t)cdr->q850;
}

/* A mean by weight; nothing is known of members that carried or answered nothing. */
struct mean {
	uint64_t sum, weight;
};

static void mean_add(struct mean *m, uint64_t value, uint64_t weight)
{
	if (!value || !weight)
		return;
	m->sum += value * weight;
	m->weight += weight;
}

static uint64_t mean_of(const struct mean *m)
{
	return m->weight ? m->sum / m->weight : 0;
}

void figures_of(struct figures *out, const struct carrier *c, uint64_t now_us)
{
	struct mean answers = { 0, 0 }, post_dial = { 0, 0 }, round_trip = { 0, 0 };

	uint64_t over = 0;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < c->n_gateways; i++) {
		out->n_registered += register_holds(&c->gateways[i].registration, now_us);
		for (size_t m = 0; m < c->gateways[i].n_members; m++) {
			const struct gateway *g = &c->gateways[i].members[m].health;

			out->n_gateways++;
			out->n_usable += gateway_usable(g, now_us);
			out->dialled += g->calls;
			out->answered += g->n_answered;
			mean_add(&answers, gateway_answer_percent(g) + 1,
				g->n_lately); /* 0 % counts as well */
			mean_add(&post_dial, g->post_dial_us, g->calls);
			mean_add(&round_trip, g->round_trip_us, 1);
			out->talked_s += g->talked_s;
			over += g->n_over;
		}
	}
	out->answer_percent = answers.weight ? (unsigned)mean_of(&answers) - 1 : 100;
	out->talk_ms = over ? (uint32_t)(out->talked_s * 1000 / over) : 0;
	out->post_dial_us = (uint32_t)mean_of(&post_dial);
	out->round_trip_us = (uint32_t)mean_of(&round_trip);
}
