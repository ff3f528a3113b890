/* shared_priv.h - a shared port from inside: made by shared.c (control thread), read by worker_shared.c (its home worker).
 *
 * Thread: each field says who may touch it.
 */
#ifndef BRIDGE_SHARED_PRIV_H
#define BRIDGE_SHARED_PRIV_H

#include "bridge/bysource.h"
#include "bridge/held.h"
#include "bridge/outbox.h"
#include "bridge/shared.h"

struct shared_port {
	struct port_pair pair; /* owned by shared.c; pair.shared is this port */
	struct worker *home;   /* borrowed; the only one that reads it */
	bool ipv6;

	/* control thread */
	struct shared_port *next;
	char group[SHARED_GROUP];
	const char *address; /* borrowed; in SDP */
	size_t max;
	struct bysource *claimed; /* owned */

	/* the home worker's thread */
	bool listed;                   /* among its ports */
	struct shared_port *next_here; /* the same list */
	unsigned visits;
	struct bysource *rtp,
		*rtcp;          /* owned by shared.c; whose packets come from where; `at` a struct worker */
	struct held_pool *pool; /* owned by shared.c */
	struct outbox *outbox;  /* owned by shared.c */
};
#endif
