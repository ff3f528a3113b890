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

/* The gateway that ENUM names comes first, then all as without. */
static void use_place(struct dialout *d)
{
	const struct site_account *account = site_account(d->node->site, d->account);
	struct dialout_tries *tries = &d->tries;
	const char *trunks[DIALOUT_TRIES];
	struct lookup_place place;
	struct dialout_try first = { .trunk = "" };

	for (size_t i = 0; i < tries->n; i++)
		trunks[i] = tries->list[i].trunk;
	if (!account || !lookup_place(&d->lookup, d->node->site, account, trunks, tries->n, &place))
		return;
	for (size_t i = 0; i < tries->n; i++)
		if (trunks[i] == place.trunk)
			first = tries->list[i];
	if (place.other && !dialout_try_other(d->node, d->account, tries->e164, place.trunk, &first)) {
		remark_dialout(d->node, d->id, "ENUM: %s: trunk %s cannot carry the call", d->lookup.uri,
			place.trunk);
		return;
	}
	memcpy(first.gateway, place.gateway, sizeof(first.gateway));
	if (place.user[0])
		memcpy(first.number, place.user, sizeof(first.number));
	if (tries->n == DIALOUT_TRIES)
		tries->n--;
	memmove(&tries->list[1], &tries->list[0], tries->n * sizeof(first));
	tries->list[0] = first;
	tries->n++;
	remark_dialout(d->node, d->id, "ENUM: %s, by trunk %s", d->lookup.uri, first.trunk);
}

static void use(struct dialout *d)
{
	char words[LOOKUP_WORDS];

	if (d->lookup.routing[0])
		use_routing(d);
	use_place(d);
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
