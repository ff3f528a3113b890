/* ports.h - RTP ports: an even one and its odd neighbour per leg, bound from the node's range.
 *
 * How: pairs are taken round the range, so that a port rests as long as possible before
 * it serves another leg (late packets of the last one find nobody).  Sockets are
 * non-blocking, with kernel receive timestamps (SO_TIMESTAMPNS) and room for a burst.
 *
 * Thread: control.
 */
#ifndef BRIDGE_PORTS_H
#define BRIDGE_PORTS_H

#include "bridge/err.h"
#include <stddef.h>
#include <stdint.h>

struct shared_port;

struct port_pair {
	int rtp_fd, rtcp_fd;        /* owned by whoever holds the pair; -1 none */
	uint16_t rtp_port;          /* even; RTCP is the next one */
	struct shared_port *shared; /* NULL; else the sockets are that one's: bridge/shared */
};

struct ports;
/* `listen` an IPv4 or IPv6 literal; first and last bound the range, inclusive.
 * BRIDGE_RANGE: fewer than one pair fits, or no such address on this machine. */
enum bridge_err ports_alloc(struct ports **out, const char *listen, uint16_t first, uint16_t last);
struct ports *ports_free(struct ports *p);
/* BRIDGE_FULL: every pair of the range is in use, by us or by others.  BRIDGE_FILE: the system gives no more
 * sockets; errno says why.  On error *out is an empty pair. */
enum bridge_err ports_take(struct ports *p, struct port_pair *out);
/* Closes both, unless they are shared; *pair is emptied. */
void ports_give(struct ports *p, struct port_pair *pair);
/* As large a receive buffer as the system allows, up to `bytes`; what it really is, in the kernel's count. */
size_t ports_widen(const struct port_pair *pair, size_t bytes);
size_t ports_used(const struct ports *p);
#endif
