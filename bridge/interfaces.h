/* interfaces.h - this machine's addresses for media (FEATURES T24): which of them, and which ports there, a trunk's legs use.
 *
 *   node file  rtp: ...             "default", for trunks that name none, and for legs without a trunk
 *              interfaces: { lan }  one more, with an address, what callers are told in its place, and a range of its own
 *   site file  trunk { interface: lan, rtp: { ports: A-B } }   that part of lan's range is this trunk's own
 *
 * How: each interface has one range of ports (bridge/ports); what trunks keep for themselves is a part of it, which nobody
 * else's legs get.  Two trunks that name the same part share it.  A leg keeps the address that it was given: a
 * new site changes new calls only.
 * Use:  interfaces_open(); interfaces_use_site() after each change of the site; interfaces_take() per leg, ports_give() after it.
 *
 * Thread: control.
 */
#ifndef BRIDGE_INTERFACES_H
#define BRIDGE_INTERFACES_H

#include "bridge/ports.h"
#include "bridge/site.h"
#include <jansson.h>

enum { INTERFACES_WHY = 96 };

struct interfaces;
/* BRIDGE_RANGE: *why says which address or range cannot be used. */
enum bridge_err interfaces_open(
	struct interfaces **out, const struct config *config, char *why, size_t why_cap);
struct interfaces *interfaces_close(struct interfaces *i); /* accepts NULL, returns NULL */
void interfaces_use_site(struct interfaces *i, const struct site *site);

/* Ports for a leg of this trunk (NULL: of none), and the address that goes with them in SDP, borrowed from `i`.
 * BRIDGE_UNKNOWN: the trunk names an interface that this machine has not; BRIDGE_FULL, BRIDGE_FILE as ports_take(): counted.
 * On error `why` is a sentence for the call record. */
enum bridge_err interfaces_take(struct interfaces *i, const struct site_trunk *trunk, struct port_pair *out,
	const char **address, char why[INTERFACES_WHY]);
/* Address of ours that the trunk's signalling is to leave by; NULL: as the routes of this machine say. */
const char *interfaces_local(const struct interfaces *i, const struct site_trunk *trunk);
struct ports_count interfaces_count(const struct interfaces *i, const struct site_trunk *trunk);
size_t interfaces_used(const struct interfaces *i); /* pairs, of all */

struct interface_figures {
	const char *name, *address, *advertise; /* borrowed */
	struct port_range ports;
	struct ports_count count;
	uint64_t refused; /* legs that found no port */
};
bool interfaces_figures(
	const struct interfaces *i, size_t at, struct interface_figures *out); /* false: no more */
json_t *interfaces_json(const struct interfaces *i);                           /* the same, of all */
#endif
