/* route_order.c - the trunks that a rule offers a number, and their order: by cost, and those that do badly last. */
#include "dialplan/route_priv.h"

#include <string.h>

static const int64_t COST_US = INT64_C(1000000) * ROUTE_COST_S;

void route_choose(const struct routes *r, uint32_t rule, const char *e164, int64_t at_s,
	struct chosen list[ROUTE_CHOICES], unsigned *n, unsigned *left_out)
{
	const struct rule *from = &r->rules[rule];

	for (uint32_t i = 0; i < from->n_trunks; i++) {
		const uint32_t trunk = r->rule_trunks[from->trunks + i];
		const struct rate *rate;

		if (*n == ROUTE_CHOICES) {
			++*left_out;
			continue;
		}
		rate = rates_find(r->live[trunk].rates, e164, at_s);
		list[(*n)++] = (struct chosen){ .rule = rule,
			.trunk = trunk,
			.rate = rate,
			.cost = rate ? rate_cost(rate, COST_US) : INT64_MAX };
	}
}

/* Each behind the last that is not after it: lists are short, and equal ones keep their order. */
void route_by_cost(struct chosen *list, unsigned n)
{
	for (unsigned i = 1; i < n; i++) {
		const struct chosen one = list[i];
		unsigned k = i;

		for (; k > 0 && list[k - 1].cost > one.cost; k--)
			list[k] = list[k - 1];
		list[k] = one;
	}
}

void route_by_standing(const struct routes *r, struct chosen *list, unsigned n)
{
	struct chosen low[ROUTE_CHOICES];
	unsigned n_good = 0, n_low = 0;

	for (unsigned i = 0; i < n; i++)
		if (r->live[list[i].trunk].standing == ROUTE_LOW)
			low[n_low++] = list[i];
		else
			list[n_good++] = list[i];
	memcpy(&list[n_good], low, n_low * sizeof(*low));
}
