#include "bridge/held.h"

#include <stdlib.h>

struct held_pool {
	unsigned owner;
	size_t n, n_begun; /* those behind were never used: their memory is not touched before it is needed */
	struct held *idle; /* owner's thread */
	struct held_stack returned; /* from other workers */
	struct held all[];
};

void held_append(struct held_list *list, struct held *h)
{
	h->next = NULL;
	if (list->last)
		list->last->next = h;
	else
		list->first = h;
	list->last = h;
}

struct held *held_next(struct held_list *list)
{
	struct held *h = list->first;

	if (h) {
		list->first = h->next;
		if (!list->first)
			list->last = NULL;
	}
	return h;
}

void held_push(struct held_stack *stack, struct held *h)
{
	struct held *top = atomic_load_explicit(&stack->top, memory_order_relaxed);

	do
		h->next = top;
	while (!atomic_compare_exchange_weak_explicit(
		&stack->top, &top, h, memory_order_release, memory_order_relaxed));
}

struct held *held_pop_all(struct held_stack *stack)
{
	struct held *h, *in_order = NULL, *next;

	if (!atomic_load_explicit(&stack->top, memory_order_relaxed))
		return NULL;
	for (h = atomic_exchange_explicit(&stack->top, NULL, memory_order_acquire); h; h = next) {
		next = h->next;
		h->next = in_order;
		in_order = h;
	}
	return in_order;
}

struct held_pool *held_pool_alloc(size_t n, unsigned owner)
{
	struct held_pool *pool = calloc(1, sizeof(*pool) + n * sizeof(pool->all[0]));

	if (!pool)
		return NULL;
	pool->owner = owner;
	pool->n = n;
	return pool;
}

struct held_pool *held_pool_free(struct held_pool *pool)
{
	free(pool);
	return NULL;
}

struct held *held_take(struct held_pool *pool)
{
	struct held *h;

	if (!pool->idle)
		pool->idle = held_pop_all(&pool->returned);
	h = pool->idle;
	if (h) {
		pool->idle = h->next;
	} else if (pool->n_begun < pool->n) {
		h = &pool->all[pool->n_begun++];
		h->pool = pool;
	}
	return h;
}

void held_release(struct held *h, unsigned worker)
{
	if (worker == h->pool->owner) {
		h->next = h->pool->idle;
		h->pool->idle = h;
	} else {
		held_push(&h->pool->returned, h);
	}
}
