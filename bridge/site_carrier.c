/* site_carrier.c - is it sound, what a trunk's carrier is told of who calls? */
#include "bridge/site_priv.h"

#include <stdio.h>
#include <string.h>

const char *site_identity_broken(const char *text)
{
	static const char *const words[] = { "pai", "ppi", "rpid", "from" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(words[i], text) == 0)
			return NULL;
	return "pai, ppi, rpid or from is wanted: P-Asserted-Identity, P-Preferred-Identity, "
	       "Remote-Party-ID, or none of them";
}

enum bridge_err site_check_carrier(
	const struct site_trunk *t, const struct site_place *at, struct config_why *why)
{
	char item[40];

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
	return BRIDGE_OK;
}
