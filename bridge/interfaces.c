#include "bridge/interfaces.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct interface {
	struct config_interface is;
	struct ports *ports; /* owned */
	uint64_t refused;
};

struct interfaces {
	struct interface list[CONFIG_INTERFACES_MAX + 1]; /* the default first */
	size_t n;
};

/* ---- which ---- */

static bool is_meant(const struct config_interface *is, const struct site_trunk *trunk)
{
	return strcmp(is->name, trunk && trunk->interface[0] ? trunk->interface : "default") == 0;
}

static struct interface *find(const struct interfaces *i, const struct site_trunk *trunk)
{
	for (size_t k = 0; k < i->n; k++)
		if (is_meant(&i->list[k].is, trunk))
			return (struct interface *)&i->list[k];
	return NULL;
}

/* NULL: it keeps none. */
static const struct port_range *part_of(const struct site_trunk *trunk, struct port_range *out)
{
	return trunk && trunk->rtp_ports[0] && !config_ports_broken(out, trunk->rtp_ports) ? out : NULL;
}

/* ---- open, close ---- */

enum bridge_err interfaces_open(
	struct interfaces **out, const struct config *config, char *why, size_t why_cap)
{
	struct interfaces *i = calloc(1, sizeof(*i));

	if (!i)
		return BRIDGE_NOMEM;
	for (i->n = 0; i->n <= config->n_interfaces; i->n++) {
		struct interface *at = &i->list[i->n];
		enum bridge_err err;

		at->is = i->n ? config->interfaces[i->n - 1] : config_interface_default(config);
		err = ports_alloc(&at->ports, at->is.listen, at->is.ports.first, at->is.ports.last);
		if (err) {
			snprintf(why, why_cap, "%s%s: no port pair of %u-%u at %s can be used",
				i->n ? "interfaces." : "rtp", i->n ? at->is.name : "", at->is.ports.first,
				at->is.ports.last, at->is.listen);
			i->n++;
			interfaces_close(i);
			return err;
		}
	}
	*out = i;
	return BRIDGE_OK;
}

struct interfaces *interfaces_close(struct interfaces *i)
{
	for (size_t k = 0; i && k < i->n; k++)
		ports_free(i->list[k].ports);
	free(i);
	return NULL;
}

void interfaces_use_site(struct interfaces *i, const struct site *site)
{
	struct port_range *parts = calloc(site->n_trunks + 1, sizeof(*parts));

	for (size_t k = 0; parts && k < i->n; k++) {
		size_t n = 0;

		for (size_t t = 0; t < site->n_trunks; t++)
			if (is_meant(&i->list[k].is, &site->trunks[t]) &&
				part_of(&site->trunks[t], &parts[n]))
				n++;
		(void)ports_part(i->list[k].ports, parts, n); /* without memory the old parts stay */
	}
	free(parts);
}

/* ---- a leg's ---- */

enum bridge_err interfaces_take(struct interfaces *i, const struct site_trunk *trunk, struct port_pair *out,
	const char **address, char why[INTERFACES_WHY])
{
	struct interface *at = find(i, trunk);
	struct port_range range;
	const struct port_range *part = part_of(trunk, &range);
	enum bridge_err err;

	*out = (struct port_pair){ .rtp_fd = -1, .rtcp_fd = -1 };
	if (!at) {
		snprintf(why, INTERFACES_WHY, "this node has no interface %s", trunk->interface);
		return BRIDGE_UNKNOWN;
	}
	*address = at->is.advertise[0] ? at->is.advertise : at->is.listen;
	err = ports_take(at->ports, part, out);
	if (!err)
		return BRIDGE_OK;
	at->refused++;
	if (err == BRIDGE_FILE)
		snprintf(why, INTERFACES_WHY, "no RTP port: %.60s", strerror(errno));
	else if (part)
		snprintf(why, INTERFACES_WHY, "no RTP port is free of %u-%u, the trunk's own", part->first,
			part->last);
	else
		snprintf(why, INTERFACES_WHY, "no RTP port is free of %u-%u at %.40s", at->is.ports.first,
			at->is.ports.last, at->is.listen);
	return err;
}

const char *interfaces_local(const struct interfaces *i, const struct site_trunk *trunk)
{
	const struct interface *at = trunk && trunk->interface[0] ? find(i, trunk) : NULL;

	return at && at != i->list ? at->is.listen : NULL;
}

struct ports_count interfaces_count(const struct interfaces *i, const struct site_trunk *trunk)
{
	const struct interface *at = find(i, trunk);
	struct port_range range;

	return at ? ports_count(at->ports, part_of(trunk, &range)) : (struct ports_count){ 0, 0 };
}

size_t interfaces_used(const struct interfaces *i)
{
	size_t used = 0;

	for (size_t k = 0; k < i->n; k++)
		used += ports_used(i->list[k].ports);
	return used;
}

/* ---- as it is shown ---- */

bool interfaces_figures(const struct interfaces *i, size_t at, struct interface_figures *out)
{
	if (at >= i->n)
		return false;
	*out = (struct interface_figures){ .name = i->list[at].is.name,
		.address = i->list[at].is.listen,
		.advertise = i->list[at].is.advertise,
		.ports = i->list[at].is.ports,
		.refused = i->list[at].refused };
	out->count = ports_count(i->list[at].ports, &out->ports);
	return true;
}

json_t *interfaces_json(const struct interfaces *i)
{
	json_t *list = json_array();
	struct interface_figures f;

	for (size_t at = 0; interfaces_figures(i, at, &f); at++)
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:I}", "name", f.name, "listen",
				      f.address, "advertise", f.advertise, "first", f.ports.first, "last",
				      f.ports.last, "pairs", (int)f.count.all, "used", (int)f.count.used,
				      "refused", (json_int_t)f.refused));
	return list;
}
