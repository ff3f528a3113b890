/* site_node.c - does a site suit the node that it is to be in force on? */
#include "bridge/site.h"

#include <stdio.h>
#include <string.h>

static enum bridge_err check_trunk(
	const struct config *config, const struct site_trunk *t, size_t at, struct config_why *why)
{
	const struct config_interface usual = config_interface_default(config);
	const struct config_interface *is = t->interface[0] && strcmp(t->interface, usual.name) != 0
						    ? config_interface(config, t->interface)
						    : &usual;
	struct port_range part;
	char key[64];

	if (!is) {
		snprintf(key, sizeof(key), "trunks[%zu].interface", at);
		return why_refuse(why, 0, key, "the node file has no interface %s", t->interface);
	}
	if (!t->rtp_ports[0] || config_ports_broken(&part, t->rtp_ports) ||
		(part.first >= is->ports.first && part.last <= is->ports.last))
		return BRIDGE_OK;
	snprintf(key, sizeof(key), "trunks[%zu].rtp.ports", at);
	return why_refuse(why, 0, key, "not within %u-%u, the ports of interface %s", is->ports.first,
		is->ports.last, is->name);
}

enum bridge_err site_check_node(const struct site *s, const struct config *config, struct config_why *why)
{
	enum bridge_err err = BRIDGE_OK;

	for (size_t i = 0; i < s->n_trunks && !err; i++)
		err = check_trunk(config, &s->trunks[i], i, why);
	return err;
}
