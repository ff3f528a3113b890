/* dialout_dips.c - a dial-out asks the DNS about its number before the first INVITE goes out. */
#include "bridge/dialout_priv.h"
#include "bridge/remark.h"
#include <stdio.h>
#include <string.h>

/* The trunks that the number it was ported to leads to; none: as without. */
static void use_routing(struct dialout *d)
{
	struct dialout_tries ported = { .n = 0 };

	if (!dialout_tries_ported(d->node, d->account, d->tries.e164, d->id, d->lookup.routing, &ported)) {
		remark_dialout(d->node, d->id, "no route for its routing number %s: routed as it was called",
			d->lookup.routing);
		return;
	}
	d->tries = ported;
	remark_dialout(d->node, d->id, "routed by %s, the number it was ported to", d->lookup.routing);
}

static void use(struct dialout *d)
{
	char words[LOOKUP_WORDS];

	if (d->lookup.routing[0])
		use_routing(d);
	if (dialout_tries_enum(&d->tries, &d->lookup, d->node, d->account, NULL))
		remark_dialout(
			d->node, d->id, "ENUM: %s, by trunk %s", d->lookup.uri, d->tries.list[0].trunk);
	lookup_words(&d->lookup, words);
	for (unsigned i = 0; i < LOOKUP_WHATS; i++)
		if (d->lookup.why[i][0])
			remark_dialout(d->node, d->id, "%s: %s: the call goes on as without",
				i == LOOKUP_ENUM ? "ENUM" : "number portability", d->lookup.why[i]);
	log_line(LOG_INFO, d->id, "dialout", "%s", words);
}

static void take(struct node *n, uint32_t number, enum lookup_what what, struct dips_answer *answer)
{
	struct dialout *d = dialout_find(n, number);

	if (!d)
		return;
	lookup_take(&d->lookup, what, answer);
	if (lookup_waits(&d->lookup))
		return;
	use(d);
	if (!d->asking && d->state == DIALOUT_QUEUED && !d->leg)
		dialout_advance(d);
}

static void on_enum(struct node *n, uint32_t number, struct dips_answer *answer)
{
	take(n, number, LOOKUP_ENUM, answer);
}

static void on_lnp(struct node *n, uint32_t number, struct dips_answer *answer)
{
	take(n, number, LOOKUP_LNP, answer);
}

void dialout_look_up(struct dialout *d)
{
	static const dips_fn done[LOOKUP_WHATS] = { [LOOKUP_ENUM] = on_enum, [LOOKUP_LNP] = on_lnp };
	const struct site_account *account = site_account(d->node->site, d->account);

	d->asking =
		true; /* what is known already comes at once, and whoever asked for the call hears of it first */
	if (account)
		lookup_begin(&d->lookup, d->node, account, d->tries.e164, done, d->number);
	d->asking = false;
}
