/* site_carrier.c - is it sound, what a trunk's carrier is told of who calls, and what sends a call on to the next one? */
#include "bridge/site_priv.h"
#include "sip/reroute.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *site_identity_broken(const char *text)
{
	static const char *const words[] = { "pai", "ppi", "rpid", "from" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(words[i], text) == 0)
			return NULL;
	return "pai, ppi, rpid or from is wanted: P-Asserted-Identity, P-Preferred-Identity, "
	       "Remote-Party-ID, or none of them";
}

static enum bridge_err add_words(struct reroute_policy *p, enum reroute_choice choice,
	struct site_words words, const char *group, const struct site_place *at, struct config_why *why)
{
	for (size_t i = 0; i < words.n; i++) {
		const char *broken = reroute_policy_add(p, choice, words.list[i]);
		char item[40];

		snprintf(item, sizeof(item), "%s%s[%zu]", group,
			choice == REROUTE_GO_ON ? "reroute_on" : "stop_on", i);
		if (broken)
			return site_refuse(why, at, item, "%s", broken);
	}
	return BRIDGE_OK;
}

enum bridge_err site_check_reroute(struct site_words on, struct site_words stop, const char *group,
	const struct site_place *at, struct config_why *why)
{
	struct reroute_policy p = { { 0 }, { 0 } };
	const enum bridge_err err = add_words(&p, REROUTE_GO_ON, on, group, at, why);

	return err ? err : add_words(&p, REROUTE_STOP, stop, group, at, why);
}

/* Is this header named before the colon of one of these texts? */
static bool is_named(const char *header, const char (*texts)[SITE_HEADER], size_t n)
{
	const size_t len = strlen(header);

	for (size_t i = 0; i < n; i++)
		if (strcspn(texts[i], ":") == len && strncasecmp(texts[i], header, len) == 0)
			return true;
	return false;
}

/* What is left out cannot be wanted as well. */
static enum bridge_err check_strip(
	const struct site_trunk *t, const struct site_place *at, struct config_why *why)
{
	char item[40];

	for (size_t i = 0; i < t->n_ignored; i++) {
		snprintf(item, sizeof(item), "inbound.strip[%zu]", i);
		if (is_named(t->ignored[i], (const char(*)[SITE_HEADER])t->mapped, t->n_mapped))
			return site_refuse(why, at, item, "inbound.map wants this header");
		if (t->header[0] && is_named(t->ignored[i], &t->header, 1))
			return site_refuse(why, at, item, "the trunk is known by this header");
	}
	for (size_t i = 0; i < t->n_stripped; i++) {
		snprintf(item, sizeof(item), "outbound.strip[%zu]", i);
		if (is_named(t->stripped[i], (const char(*)[SITE_HEADER])t->added, t->n_added))
			return site_refuse(why, at, item, "outbound.add writes this header");
	}
	return BRIDGE_OK;
}

enum bridge_err site_check_carrier(
	const struct site_trunk *t, const struct site_place *at, struct config_why *why)
{
	const enum bridge_err err = check_strip(t, at, why);
	char item[40];

	if (err)
		return err;
	for (size_t i = 0; i < t->n_identities; i++) {
		snprintf(item, sizeof(item), "outbound.identity[%zu]", i);
		if (t->n_identities > 1 && strcmp(t->identities[i], "from") == 0)
			return site_refuse(why, at, item, "From alone, or other headers beside it: not both");
		for (size_t k = 0; k < i; k++)
			if (strcmp(t->identities[i], t->identities[k]) == 0)
				return site_refuse(why, at, item, "given twice");
	}
	if (t->n_identities && !t->asserts)
		return site_refuse(why, at, "outbound.identity",
			"assert: false says that From alone tells who calls; one of the two is wanted");
	if (t->diverts_by != SITE_DIVERTS_DIVERSION && !t->diverts)
		return site_refuse(why, at, "outbound.diversion_as", "diversion: true is wanted as well");
	return site_check_reroute(
		(struct site_words){ (const char(*)[SITE_WORD])t->reroute_on, t->n_reroute_on },
		(struct site_words){ (const char(*)[SITE_WORD])t->stop_on, t->n_stop_on }, "outbound.", at,
		why);
}
