/* ports.h - RTP ports: an even one and its odd neighbour per leg, bound from a range at one address.
 *
 * How: pairs are taken round the range, so that a port rests as long as possible before
 * it serves another leg (late packets of the last one find nobody).  Parts of the range may be kept for somebody
 * (ports_part()): whoever names no part gets what is left beside them.  Sockets are
 * non-blocking, with kernel receive timestamps (SO_TIMESTAMPNS) and room for a burst.
 *
 * Thread: control.
 */
#ifndef BRIDGE_PORTS_H
#define BRIDGE_PORTS_H

#include "bridge/err.h"
#include <stddef.h>
#include <stdint.h>

struct ports;

struct shared_port;

struct port_pair {
	int rtp_fd, rtcp_fd;        /* owned by whoever holds the pair; -1 none */
	uint16_t rtp_port;          /* even; RTCP is the next one */
	struct ports *of;           /* borrowed: where it goes back to; NULL: nowhere */
	struct shared_port *shared; /* NULL; else the sockets are that one's: bridge/shared */
};

struct port_range {
	uint16_t first, last; /* inclusive; both 0: none */
};

/* `listen` an IPv4 or IPv6 literal; first and last bound the range, inclusive.
 * BRIDGE_RANGE: fewer than one pair fits, or no such address on this machine. */
enum bridge_err ports_alloc(struct ports **out, const char *listen, uint16_t first, uint16_t last);
struct ports *ports_free(struct ports *p);
/* Keeps these parts for who names them, and no others; parts of it that are out stay out.  BRIDGE_NOMEM: as before. */
enum bridge_err ports_part(struct ports *p, const struct port_range *parts, size_t n);
/* `part`: one of ports_part()'s, or part of the range at any rate; NULL: what nobody's part is.
 * BRIDGE_FULL: every pair there is in use, by us or by others.  BRIDGE_FILE: the system gives no more
 * sockets; errno says why.  On error *out is an empty pair. */
enum bridge_err ports_take(struct ports *p, const struct port_range *part, struct port_pair *out);
void ports_give(struct port_pair *pair); /* closes both, unless they are shared; *pair is emptied */
/* As large a receive buffer as the system allows, up to `bytes`; what it really is, in the kernel's count. */
size_t ports_widen(const struct port_pair *pair, size_t bytes);

struct ports_count {
	size_t used, all; /* pairs */
};
struct ports_count ports_count(const struct ports *p, const struct port_range *part); /* as ports_take() */
size_t ports_used(const struct ports *p);                                             /* of the whole range */
#endif
