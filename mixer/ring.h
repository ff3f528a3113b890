/* ring.h - a bounded queue from one thread to one other, without a lock.
 *
 * How: slots of one size in a circle; the writer alone moves `tail`, the reader alone moves
 * `head`, each on a cache line of its own (C11 acquire/release).  Elements are copied in and out.
 * What is full says so at once: who puts decides what to do then.
 * Use:  ring_alloc(); ring_put() on the one thread, ring_take() on the other.
 *
 * Thread: exactly one putter and one taker; alloc and free while neither runs.
 */
#ifndef MIXER_RING_H
#define MIXER_RING_H

#include "mixer/err.h"
#include <stdbool.h>
#include <stddef.h>

enum { RING_SLOTS_MAX = 1 << 20 };

struct ring;

/* `slots` a power of two, 2..RING_SLOTS_MAX; `size` bytes of one element, 1..4096.
 * MIX_RANGE: not so. */
enum mix_err ring_alloc(struct ring **out, size_t slots, size_t size);
struct ring *ring_free(struct ring *r); /* accepts NULL, returns NULL */

enum mix_err ring_put(struct ring *r, const void *element); /* MIX_FULL: nothing was put */
enum mix_err ring_take(struct ring *r, void *element);      /* MIX_EMPTY: *element is untouched */

/* Places left, as the putter sees it: never more than there are. */
size_t ring_room(const struct ring *r);
/* As the taker sees it: false when something is there for certain. */
bool ring_empty(const struct ring *r);
#endif
