/* socket.h - datagrams of media in batches, and addresses between the mixer's shape and the kernel's.
 *
 * How: one recvmmsg() takes what one leg's socket holds, up to SOCKET_BATCH packets (SOCKET_BATCH_SHARED where many share one), into buffers made once;
 * arrival times are the kernel's (SO_TIMESTAMPNS), moved to the monotonic clock.
 *
 * Thread: the worker that owns the batch.
 */
#ifndef BRIDGE_SOCKET_H
#define BRIDGE_SOCKET_H

#include "mixer/addr.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SOCKET_BATCH = 8,
	SOCKET_BATCH_SHARED = 32,
	SOCKET_ALONE_US =
		9000 /* behind a datagram younger than this no other is looked for: ptime is 10 or more */
};

struct datagram {
	const uint8_t *p; /* borrowed until the next receive */
	size_t len;
	struct net_addr from;
	uint64_t arrival_us; /* monotonic */
};

struct socket_clock {     /* read once per slot */
	uint64_t now_us;  /* monotonic */
	uint64_t real_us; /* since 1970 */
	uint64_t ntp;     /* the same as RFC 3550 section 4 has it */
};
void socket_clock_read(struct socket_clock *out);

struct socket_batch;
struct socket_batch *socket_batch_new(unsigned max); /* datagrams at once, from 1; NULL: out of memory */
struct socket_batch *socket_batch_free(struct socket_batch *b);

/* What waits on `fd`, as many datagrams as the batch takes; *n of them are in the array returned.  Datagrams too long for
 * a packet are left out; an error of the socket (an ICMP answer to what we sent) reads as one datagram less, counted. */
const struct datagram *socket_receive(
	struct socket_batch *b, int fd, const struct socket_clock *clock, unsigned *n);
bool socket_batch_was_full(const struct socket_batch *b); /* more may wait */

/* The first datagram that waits; NULL: none, or none of use.  Costs half of socket_receive() where one is all there is.
 * socket_batch_was_full() then says whether to look for more: not when this one is so young that it must be the
 * last; two that came in a lump are then read in two ticks, as they will be played. */
const struct datagram *socket_receive_one(struct socket_batch *b, int fd, const struct socket_clock *clock);

/* False: the kernel refused; nothing to be done about it in a tick. */
bool socket_send(int fd, bool ipv6, const struct net_addr *to, const uint8_t *p, size_t len);
bool socket_is_ipv6(int fd);
uint64_t socket_errors(const struct socket_batch *b);
#endif
