/* shared.h - RTP ports that many legs share, told apart by where their packets come from.
 *
 *      leg 7  192.0.2.5:20000 --+                                +--> leg 7
 *      leg 8  192.0.2.5:20002 --+--> one port, one system call --+--> leg 8, on another worker
 *      leg 9  192.0.2.9:31000 --+      for up to 32 packets      +--> leg 9
 *      a stranger --------------+                                +--> counted, not heard
 *
 * How: a trunk says `media_port: shared` when its carrier sends from the addresses that it signals (no NAT between).  A call that
 * comes in on it claims its source at the port of one worker, its home; that worker alone reads the port and passes on what
 * is for legs elsewhere.  What two legs would claim alike, and calls that we make (their source is not known when our port is told), get
 * a port of their own (bridge/ports).  A port takes as many legs as its receive buffer holds a tenth of a second of; then
 * another one is opened.  They stay open until the end.
 * Why: a socket a leg costs a third more of the kernel's time, most of it for fetching each socket's memory.
 * Use:  share_begin(), with shared_open() when there is no port yet; share_place() whenever the leg gets a worker, share_signal() when its address changes, share_end().
 *
 * Thread: control.  What the home worker does with a port: worker_shared.c.
 */
#ifndef BRIDGE_SHARED_H
#define BRIDGE_SHARED_H

#include "bridge/worker.h"

enum { SHARED_LEGS_MAX = 512 /* of one port */, SHARED_GROUP = 112 };

struct shared;
struct shared *shared_alloc(void);            /* NULL: out of memory */
struct shared *shared_free(struct shared *s); /* after all workers: closes the ports */

struct share_wish {
	struct worker *home;
	uint32_t leg_id;
	char group
		[SHARED_GROUP]; /* legs of one group alone share a port: those of one trunk, as long as its addresses stay */
	struct net_addr rtp; /* where its sound comes from */
	uint16_t rtcp_port;
};
struct share; /* one leg's */

/* A place at a port of the group's, its source claimed; *pair is what the leg gets.
 * BRIDGE_FULL: no port of that home and group has a place: shared_open() one.  BRIDGE_STATE: another leg of the group has that
 * source.  BRIDGE_RANGE: it names no address. */
enum bridge_err share_begin(
	struct share **out, struct shared *s, const struct share_wish *wish, struct port_pair *pair);
/* Takes the pair over, which is then read by the wish's home; `address` (borrowed) goes with it in SDP.  BRIDGE_NOMEM: the
 * pair stays the caller's. */
enum bridge_err shared_open(
	struct shared *s, const struct share_wish *wish, const struct port_pair *pair, const char *address);
const char *share_address(const struct share *share);
void share_place(struct share *share, struct worker *at); /* the leg is, or soon will be, there */
/* False: another leg has that source, and this one keeps what it had. */
bool share_signal(struct share *share, const struct net_addr *rtp, uint16_t rtcp_port);
struct share *share_end(struct share *share); /* accepts NULL, returns NULL */
#endif
