#include "bridge/lookup.h"
#include "bridge/node.h"
#include "sip/callee.h"

#include <stdio.h>
#include <string.h>

bool lookup_begin(struct lookup *l, struct node *n, const struct site_account *account, const char *e164,
	const dips_fn done[LOOKUP_WHATS], uint32_t id)
{
	const struct {
		const char *suffix;
		unsigned ms;
	} wanted[LOOKUP_WHATS] = { [LOOKUP_ENUM] = { account->enum_suffix, account->enum_ms },
		[LOOKUP_LNP] = { account->lnp_suffix, account->lnp_ms } };
	char names[LOOKUP_WHATS][NAPTR_NAME];

	memset(l, 0, sizeof(*l));
	snprintf(l->e164, sizeof(l->e164), "%s", e164);
	for (unsigned i = 0; i < LOOKUP_WHATS; i++)
		l->asks[i] = l->waits[i] = naptr_domain(names[i], e164, wanted[i].suffix);
	for (unsigned i = 0; i < LOOKUP_WHATS; i++)
		if (l->asks[i])
			dips_ask(n->dips, names[i], wanted[i].ms, done[i], id);
	return l->asks[LOOKUP_ENUM] || l->asks[LOOKUP_LNP];
}

bool lookup_waits(const struct lookup *l)
{
	return l->waits[LOOKUP_ENUM] || l->waits[LOOKUP_LNP];
}

static void note(struct lookup *l, enum lookup_what what, const char *why)
{
	snprintf(l->why[what], LOOKUP_WHY, "%s", why);
}

static void take_routing(struct lookup *l, const char *uri)
{
	struct number_readings readings;

	if (number_read(&readings, uri, NULL) || !readings.reading[0].routing[0])
		note(l, LOOKUP_LNP, "not ported");
	else if (strcmp(readings.reading[0].e164, l->e164) != 0)
		note(l, LOOKUP_LNP, "an answer about another number");
	else
		snprintf(l->routing, sizeof(l->routing), "%s", readings.reading[0].routing);
}

void lookup_take(struct lookup *l, enum lookup_what what, struct dips_answer *answer)
{
	static const enum naptr_service services[LOOKUP_WHATS] = {
		[LOOKUP_ENUM] = NAPTR_SIP, [LOOKUP_LNP] = NAPTR_PSTN
	};
	char uri[NAPTR_URI];
	const char *why = answer->failure;

	l->waits[what] = false;
	if (!why)
		why = naptr_pick(uri, answer->records, answer->n, services[what], l->e164);
	if (why)
		note(l, what, why);
	else if (what == LOOKUP_ENUM)
		snprintf(l->uri, sizeof(l->uri), "%s", uri);
	else
		take_routing(l, uri);
}

/* ---- where ENUM leads ---- */

/* A gateway calls whatever digits it is given: only the number itself may come back, or a name. */
static bool user_allowed(const struct callee *to, const char *e164)
{
	if (callee_user_is_name(to))
		return strlen(to->user) < LOOKUP_USER;
	return strcmp(to->user, e164) == 0 || strcmp(to->user, e164 + 1) == 0;
}

static bool find_gateway(const struct site_trunk *t, const struct callee *to, struct lookup_place *out)
{
	for (size_t i = 0; t && i < t->n_gateways; i++)
		if (callee_is_at(to, t->gateways[i])) {
			const char *host = strchr(t->gateways[i], ':') + 1;

			snprintf(out->gateway, sizeof(out->gateway), "%.*s", (int)strcspn(host, ";"), host);
			return true;
		}
	return false;
}

bool lookup_place(struct lookup *l, const struct site *site, const struct site_account *account,
	const char *const *trunks, size_t n_trunks, struct lookup_place *out)
{
	const char *only = strcmp(account->enum_trunk, "any") == 0 ? "" : account->enum_trunk;
	struct callee to;

	memset(out, 0, sizeof(*out));
	if (!l->uri[0])
		return false;
	if (!callee_read(&to, l->uri, strlen(l->uri))) {
		note(l, LOOKUP_ENUM, "a URI without user or host");
		return false;
	}
	if (!user_allowed(&to, l->e164)) {
		note(l, LOOKUP_ENUM, "it leads to another number than the one called");
		return false;
	}
	for (size_t i = 0; i < n_trunks && !out->trunk; i++)
		if ((!only[0] || strcmp(only, trunks[i]) == 0) &&
			find_gateway(site_trunk(site, trunks[i]), &to, out))
			out->trunk = trunks[i];
	if (!out->trunk && only[0]) { /* the operator has named it, whether a route does or not */
		const struct site_trunk *named = site_trunk(site, only);

		out->other = named && find_gateway(named, &to, out);
		out->trunk = out->other ? named->name : NULL;
	}
	if (!out->trunk) {
		note(l, LOOKUP_ENUM, "its host is no gateway of this call's trunks");
		return false;
	}
	if (callee_user_is_name(&to))
		snprintf(out->user, sizeof(out->user), "%.39s", to.user);
	return true;
}

void lookup_words(const struct lookup *l, char out[LOOKUP_WORDS])
{
	static const char *const words[LOOKUP_WHATS] = { [LOOKUP_ENUM] = "enum", [LOOKUP_LNP] = "lnp" };
	const char *const found[LOOKUP_WHATS] = { [LOOKUP_ENUM] = l->uri, [LOOKUP_LNP] = l->routing };
	size_t n = 0;

	out[0] = '\0';
	for (unsigned i = LOOKUP_WHATS; i-- > 0;) {
		if (!l->asks[i] || n >= LOOKUP_WORDS)
			continue;
		n += (size_t)snprintf(out + n, LOOKUP_WORDS - n, "%s%s: %.60s", n ? "; " : "", words[i],
			l->why[i][0] ? l->why[i] : found[i]);
	}
}
