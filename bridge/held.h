/* held.h - packets that came on a shared port and wait for their leg's turn.
 *
 * How: buffers made once per port; the newest that came back is taken first, while it is still in the cache.  A leg that sits
 * on another worker gets the buffer itself, by a stack that any thread may push on to, and sends it back the same way.
 *
 * Thread: a pool and a list belong to one media worker; held_push() and held_release() of another's are for all.
 */
#ifndef BRIDGE_HELD_H
#define BRIDGE_HELD_H

#include "mixer/addr.h"
#include <stdatomic.h>
#include <stddef.h>

enum { HELD_BYTES = 512 }; /* 60 ms of G.711 under SRTP; what is longer is heard at once */

struct held_pool;
struct held {
	struct held *next;
	struct held_pool *pool; /* borrowed */
	uint64_t arrival_us;
	uint32_t leg_id;
	uint16_t len;
	bool rtcp;
	struct net_addr from;
	uint8_t bytes[HELD_BYTES];
};

struct held_list { /* first come, first out */
	struct held *first, *last;
};
void held_append(struct held_list *list, struct held *h);
struct held *held_next(struct held_list *list); /* takes it out; NULL: empty */

struct held_stack { /* between threads */
	_Atomic(struct held *) top;
};
void held_push(struct held_stack *stack, struct held *h);
struct held *held_pop_all(
	struct held_stack *stack); /* linked by `next`, in the order in which they were pushed */

struct held_pool *held_pool_alloc(
	size_t n, unsigned owner);                        /* owner: a worker's index; NULL: out of memory */
struct held_pool *held_pool_free(struct held_pool *pool); /* nobody holds any of it */
struct held *held_take(struct held_pool *pool);           /* owner only; NULL: all wait */
void held_release(struct held *h, unsigned worker);       /* by that worker */
#endif
