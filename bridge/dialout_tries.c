/* dialout_tries.c - which trunks carry a call of ours: the site's routes, by longest prefix. */
#include "bridge/dialout.h"
#include <stdio.h>
#include <string.h>

static const struct site_route *longest(const struct site *s, const char *account, const char *e164)
{
	const struct site_route *best = NULL;

	for (size_t i = 0; i < s->n_routes; i++) {
		const struct site_route *r = &s->routes[i];

		if (strcmp(r->account, account) == 0 && strncmp(e164, r->prefix, strlen(r->prefix)) == 0 &&
			(!best || strlen(r->prefix) > strlen(best->prefix)))
			best = r;
	}
	return best;
}

size_t dialout_tries(const struct node *n, const struct dialout_order *order,
	struct dialout_try out[DIALOUT_TRIES], char e164[NUMBER_E164], const char **why)
{
	const struct site_route *route;
	size_t count = 0;

	if (!number_valid(order->to)) {
		*why = "a number in E.164 is wanted: + and 2 to 15 digits";
		return 0;
	}
	snprintf(e164, NUMBER_E164, "%s", order->to);
	route = longest(n->site, order->account, e164);
	if (!route) {
		*why = "no route of the account leads there";
		return 0;
	}
	for (; count < route->n_trunks && count < DIALOUT_TRIES; count++) {
		struct dialout_try *t = &out[count];

		snprintf(t->trunk, sizeof(t->trunk), "%s", route->trunks[count]);
		snprintf(t->number, sizeof(t->number), "%s", e164);
		snprintf(t->caller_id, sizeof(t->caller_id), "%s", route->caller_id);
	}
	*why = "the route has no trunk";
	return count;
}
