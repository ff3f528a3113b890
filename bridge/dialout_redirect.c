/* dialout_redirect.c - a gateway answers with 3xx: who is called instead?
 *
 * Only gateways of the same trunk, each at most once with the same number, three in a dial-out; another number is called only
 * when the account may call it: a 3xx comes from the called side, which must not send us where it pays off. */
#include "bridge/dialout_priv.h"
#include "bridge/remark.h"
#include "sip/callee.h"
#include <stdio.h>
#include <string.h>

enum { REDIRECTS_MAX = 3 };

/* The gateway that is meant, as a try has it.  False: none of this trunk's. */
static bool find_gateway(const struct dialout *d, const struct callee *to,
	char out[sizeof(((struct dialout_try *)0)->gateway)])
{
	const struct carrier *c = carrier_find(d->node, d->tries.list[d->at_try].trunk);

	for (size_t i = 0; c && i < c->n_gateways; i++) {
		const struct carrier_gateway *g = &c->gateways[i];

		if (callee_is_at(to, g->uri)) {
			snprintf(out, sizeof(((struct dialout_try *)0)->gateway), "%.127s", g->host);
			return true;
		}
		for (size_t m = 0; m < g->n_members; m++)
			if (callee_is_member(to, g->members[m].at.target)) {
				snprintf(out, sizeof(((struct dialout_try *)0)->gateway), "%.127s",
					g->members[m].at.target + 4);
				return true;
			}
	}
	return false;
}

/* May the account call that number?  A name is the gateway's own affair. */
static bool may_call(const struct dialout *d, const struct callee *to)
{
	const struct dialout_try *t = &d->tries.list[d->at_try];
	const struct site_trunk *trunk = site_trunk(d->node->site, t->trunk);
	struct number_readings readings;
	struct route_call call = {
		.account = d->account, .at_s = when_now_us() / 1000000, .seed = route_seed(d->id)
	};
	struct route_decision decision;

	if (strcmp(to->user, t->number) == 0)
		return true;
	if (number_read(&readings, to->user, trunk ? &trunk->country : NULL) != PLAN_OK)
		return callee_user_is_name(to);
	call.number = readings.reading[0].e164;
	if (strcmp(call.number, d->tries.e164) == 0)
		return true;
	dialling_decide(d->node->dialling, &call, &decision);
	return decision.result == ROUTE_OK;
}

static bool seen(const struct dialout *d, const struct dialout_try *next)
{
	const struct dialout_try *now = &d->tries.list[d->at_try];

	for (size_t i = 0; i < d->tries.n; i++) {
		const struct dialout_try *t = &d->tries.list[i];

		if (t->gateway[0] && strcmp(t->gateway, next->gateway) == 0 &&
			strcmp(t->trunk, next->trunk) == 0 && strcmp(t->number, next->number) == 0)
			return true;
	}
	/* of a try without a gateway of its own: the one that has just been asked */
	return strcmp(now->number, next->number) == 0 &&
	       (strcmp(d->targets[d->at_target].host, next->gateway) == 0 ||
		       strcmp(d->targets[d->at_target].target + 4, next->gateway) == 0);
}

static const char *refusal(const struct dialout *d, const char *uri, size_t len, struct dialout_try *next)
{
	struct callee to;

	*next = d->tries.list[d->at_try];
	if (!callee_read(&to, uri, len))
		return "not to one number";
	if (strlen(to.user) >= sizeof(next->number))
		return "to a number that is too long";
	if (!find_gateway(d, &to, next->gateway))
		return "to no gateway of this trunk";
	snprintf(next->number, sizeof(next->number), "%.39s", to.user);
	if (seen(d, next))
		return "in a circle";
	if (d->redirects >= REDIRECTS_MAX)
		return "too often";
	return may_call(d, &to) ? NULL : "to a number that the account may not call";
}

bool dialout_redirect(struct dialout *d, const char *uris)
{
	struct dialout_tries *tries = &d->tries;
	size_t at = d->at_try;

	for (const char *uri = uris; *uri;) {
		const size_t len = strcspn(uri, " ");
		struct dialout_try next;
		const char *why = refusal(d, uri, len, &next);

		if (why) {
			remark_dialout(d->node, d->id, "redirected %s: not followed", why);
		} else if (at + 1 < DIALOUT_TRIES) {
			at++;
			d->redirects++;
			if (tries->n == DIALOUT_TRIES)
				tries->n--;
			memmove(&tries->list[at + 1], &tries->list[at], (tries->n - at) * sizeof(next));
			tries->list[at] = next;
			tries->n++;
			remark_dialout(d->node, d->id, "redirected to %s", next.gateway);
		}
		uri += len + (uri[len] == ' ');
	}
	return at > d->at_try;
}
