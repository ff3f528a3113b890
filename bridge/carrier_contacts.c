/* carrier_contacts.c - the Contacts that we are registered with, told to the endpoint: who calls them is known by them. */
#include "bridge/carrier.h"
#include <stdlib.h>
#include <string.h>

/* Whoever knows the token in our registered Contact was told by the registrar: the call is that trunk's. */
void carrier_tell_contacts(struct node *n)
{
	struct ua_contact *list;
	size_t most = 0, count = 0;

	for (const struct carrier *c = n->carriers; c; c = c->next)
		most += c->n_gateways;
	list = calloc(most + 1, sizeof(*list));
	if (!list)
		return;
	for (const struct carrier *c = n->carriers; c; c = c->next) {
		const struct site_trunk *t = site_trunk(n->site, c->name);

		for (size_t i = 0; t && t->registers && i < c->n_gateways; i++, count++) {
			_Static_assert(sizeof(list->user) >= sizeof(c->gateways->contact), "the whole token");
			memcpy(list[count].user, c->gateways[i].contact, sizeof(c->gateways[i].contact));
			memcpy(list[count].trunk, c->name, sizeof(list[count].trunk));
		}
	}
	ua_set_contacts(n->ua, list, count);
	free(list);
}
