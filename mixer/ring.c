#include "mixer/ring.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 64, ELEMENT_MAX = 4096 };

/* Both counters only grow; a slot is counter & mask, and full is a difference of `slots`. */
struct ring {
	size_t mask, size;                 /* never changed after ring_alloc() */
	_Alignas(LINE) atomic_size_t tail; /* putter writes */
	size_t head_seen;                  /* putter's own copy of head, refreshed when it looks full */
	_Alignas(LINE) atomic_size_t head; /* taker writes */
	size_t tail_seen;                  /* taker's own copy of tail, refreshed when it looks empty */
	_Alignas(LINE) uint8_t slots[];
};

enum mix_err ring_alloc(struct ring **out, size_t slots, size_t size)
{
	struct ring *r;
	size_t bytes;

	if (slots < 2 || slots > RING_SLOTS_MAX || (slots & (slots - 1)) || size == 0 || size > ELEMENT_MAX)
		return MIX_RANGE;
	bytes = (sizeof(*r) + slots * size + LINE - 1) / LINE * LINE;
	r = aligned_alloc(LINE, bytes);
	if (!r)
		return MIX_NOMEM;
	memset(r, 0, sizeof(*r));
	r->mask = slots - 1;
	r->size = size;
	*out = r;
	return MIX_OK;
}

struct ring *ring_free(struct ring *r)
{
	free(r);
	return NULL;
}

enum mix_err ring_put(struct ring *r, const void *element)
{
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	if (tail - r->head_seen > r->mask) {
		r->head_seen = atomic_load_explicit(&r->head, memory_order_acquire);
		if (tail - r->head_seen > r->mask)
			return MIX_FULL;
	}
	memcpy(r->slots + (tail & r->mask) * r->size, element, r->size);
	atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
	return MIX_OK;
}

enum mix_err ring_take(struct ring *r, void *element)
{
	size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

	if (head == r->tail_seen) {
		r->tail_seen = atomic_load_explicit(&r->tail, memory_order_acquire);
		if (head == r->tail_seen)
			return MIX_EMPTY;
	}
	memcpy(element, r->slots + (head & r->mask) * r->size, r->size);
	atomic_store_explicit(&r->head, head + 1, memory_order_release);
	return MIX_OK;
}

size_t ring_room(const struct ring *r)
{
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	size_t head = atomic_load_explicit(&r->head, memory_order_acquire);

	return r->mask + 1 - (tail - head);
}

bool ring_empty(const struct ring *r)
{
	return atomic_load_explicit(&r->head, memory_order_relaxed) ==
	       atomic_load_explicit(&r->tail, memory_order_seq_cst);
}
