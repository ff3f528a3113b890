#include "bridge/parts.h"

enum {
	NONE = NODE_WORKERS_MAX,
	BUSIER_PERMILLE =
		100 /* of its time: so much more than the smallest part's worker is too much for a part */
};

void parts_init(struct parts *p, struct node *n)
{
	*p = (struct parts){ .room_id = ++n->last_room_id };
}

void parts_close(struct parts *p)
{
	p->exchange = exchange_leave(p->exchange);
}

/* ---- opening a part ---- */

/* The room that there is becomes a part of a larger one. */
static enum bridge_err make_exchange(struct parts *p, struct node *n)
{
	enum bridge_err err = BRIDGE_OK;

	if (p->exchange)
		return BRIDGE_OK;
	if (exchange_alloc(&p->exchange, n->n_workers, n->config.media.mixed_talkers) != MIX_OK)
		return BRIDGE_NOMEM;
	for (unsigned i = 0; i < n->n_workers && !err; i++)
		if (p->n_legs[i] > 0)
			err = worker_spread_room(n->workers[i], p->room_id, p->exchange, i);
	if (err)
		p->exchange = exchange_leave(p->exchange); /* there was one part, and it does not know */
	return err;
}

static enum bridge_err open_part(struct parts *p, struct node *n, unsigned i)
{
	enum bridge_err err = BRIDGE_OK;

	if (p->n > 0)
		err = make_exchange(p, n);
	if (!err)
		err = worker_add_room(n->workers[i], p->room_id);
	if (err || !p->exchange)
		return err;
	err = worker_spread_room(n->workers[i], p->room_id, p->exchange, i);
	if (err)
		worker_drop_room(n->workers[i], p->room_id);
	return err;
}

/* ---- who sits where ---- */

static bool is_full(const struct parts *p, const struct node *n, unsigned i)
{
	return p->n_legs[i] >= n->config.media.room_legs_per_worker || n->admission.workers[i].closed;
}

static unsigned smallest_part(const struct parts *p, const struct node *n, bool with_place)
{
	unsigned best = NONE;

	for (unsigned i = 0; i < n->n_workers; i++)
		if (p->n_legs[i] > 0 && (best == NONE || p->n_legs[i] < p->n_legs[best]) &&
			!(with_place && is_full(p, n, i)))
			best = i;
	return best;
}

/* Of those without a part the least busy; of equals the one that the leg is at already. */
static unsigned worker_without_part(const struct parts *p, const struct node *n, unsigned at, uint32_t limit)
{
	uint32_t least = limit;
	unsigned best = NONE;

	for (unsigned i = 0; i < n->n_workers; i++) {
		uint32_t busy = admission_expected(&n->admission, i);

		if (p->n_legs[i] == 0 && !n->admission.workers[i].closed &&
			(busy < least || (busy == least && i == at))) {
			least = busy;
			best = i;
		}
	}
	return best;
}

static unsigned choose(struct parts *p, struct node *n, unsigned at)
{
	unsigned best = smallest_part(p, n, true), other;

	if (p->n == 0)
		return open_part(p, n, at) == BRIDGE_OK ? at : NONE;
	if (p->n_legs[at] > 0 && !is_full(p, n, at))
		return at;
	if (best != NONE)
		return best;
	best = smallest_part(p, n, false);
	other = worker_without_part(p, n, at, admission_expected(&n->admission, best) + BUSIER_PERMILLE);
	return other != NONE && open_part(p, n, other) == BRIDGE_OK ? other : best;
}

int parts_wish(const struct parts *p, const struct node *n)
{
	unsigned best = smallest_part(p, n, true);

	return best == NONE ? (int)ADMISSION_ANY : (int)best;
}

struct worker *parts_enter(struct parts *p, struct node *n, struct worker *at)
{
	unsigned i = choose(p, n, node_worker_number(n, at));

	if (i == NONE)
		return NULL;
	p->n += p->n_legs[i] == 0;
	p->n_legs[i]++;
	return n->workers[i];
}

void parts_leave(struct parts *p, struct node *n, const struct worker *part)
{
	unsigned i = node_worker_number(n, part);

	if (--p->n_legs[i] > 0)
		return;
	p->n--;
	worker_drop_room(n->workers[i], p->room_id);
}

void parts_play(const struct parts *p, const struct node *n, const struct cue *cue)
{
	for (unsigned i = 0; i < n->n_workers; i++)
		if (p->n_legs[i] > 0)
			worker_room_play(n->workers[i], p->room_id, &cue, 1);
}
