/* outbox.h - packets that leave by one socket, many in one system call.
 *
 * How: what is put in is copied; sendmmsg() takes the lot when the box is full or at outbox_flush().  Packets leave in
 * the order in which they were put in.
 *
 * Thread: the worker that owns it.
 */
#ifndef BRIDGE_OUTBOX_H
#define BRIDGE_OUTBOX_H

#include "mixer/addr.h"
#include <stddef.h>

enum { OUTBOX_PACKETS = 64, OUTBOX_BYTES = 512 /* of one; a longer one goes at once */ };

struct outbox;
struct outbox *outbox_alloc(int fd, bool ipv6); /* NULL: out of memory */
struct outbox *outbox_free(struct outbox *box);

/* Both give back how many packets the kernel refused. */
unsigned outbox_put(struct outbox *box, const struct net_addr *to, const uint8_t *p, size_t len);
unsigned outbox_flush(struct outbox *box);
#endif
