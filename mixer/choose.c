#include "mixer/choose.h"

enum { QUIETEST = 127 };

static bool opens(int dbov, uint8_t floor_dbov, bool crowded)
{
	const bool rises =
		dbov <= CHOOSE_LOUD_DBOV || floor_dbov >= QUIETEST || dbov + CHOOSE_RISE_DB <= floor_dbov;

	return crowded ? dbov <= CHOOSE_CROWD_DBOV && rises : dbov <= CHOOSE_GATE_DBOV;
}

bool voice_is_far(uint8_t dbov, uint8_t floor_dbov, bool crowded)
{
	return !opens(dbov - CHOOSE_FAR_DB, floor_dbov, crowded) &&
	       dbov + CHOOSE_RISE_DB - CHOOSE_FAR_DB > floor_dbov;
}

bool voice_hear(struct voice *v, uint8_t dbov, uint8_t floor_dbov, bool crowded)
{
	unsigned loud = dbov < QUIETEST ? QUIETEST - dbov : 0;
	bool open = opens(dbov, floor_dbov, crowded);

	v->was_chosen = v->chosen;
	v->chosen = false;
	if (v->was_chosen || v->hang == 0)
		v->waited = 0;
	else
		v->waited++;

	if (loud >= v->score)
		v->score = (uint8_t)((v->score + 2 * loud + 2) / 3);
	else
		v->score = (uint8_t)(v->score - (v->score - loud + 15) / 16);
	if (open)
		v->hang = CHOOSE_HANG;
	else if (v->hang > 0)
		v->hang--;
	return v->hang > 0;
}

uint32_t voice_rank(const struct voice *v)
{
	return v->score + (v->was_chosen ? (uint32_t)CHOOSE_EDGE_DB : 0u);
}

/* ---- the choice ---- */

void chooser_begin(struct chooser *c, unsigned max)
{
	c->n = c->n_leaving = 0;
	c->max = max < CHOOSE_MAX ? max : CHOOSE_MAX;
}

static bool has_lower_key(const struct bid *a, const struct bid *b)
{
	if (a->key != b->key)
		return a->key < b->key;
	return a->part != b->part ? a->part < b->part : a->place < b->place;
}

static bool is_higher(const struct bid *a, const struct bid *b)
{
	if (a->rank != b->rank)
		return a->rank > b->rank;
	return a->waited != b->waited ? a->waited > b->waited : has_lower_key(b, a);
}

/* Sorted insertion, here and below: a room's talkers are few, and who is silent never comes here. */
static void let_leave(struct chooser *c, const struct bid *bid)
{
	unsigned at = c->n_leaving;

	if (bid->fades_from == 0)
		return;
	while (at > 0 && has_lower_key(bid, &c->leaving[at - 1]))
		at--;
	if (at == CHOOSE_LEAVING)
		return;
	if (c->n_leaving < CHOOSE_LEAVING)
		c->n_leaving++;
	for (unsigned i = c->n_leaving - 1; i > at; i--)
		c->leaving[i] = c->leaving[i - 1];
	c->leaving[at] = *bid;
}

void chooser_bid(struct chooser *c, const struct bid *bid)
{
	unsigned at = c->n;

	while (bid->candidate && at > 0 && is_higher(bid, &c->best[at - 1]))
		at--;
	if (!bid->candidate || at == c->max) {
		let_leave(c, bid);
		return;
	}
	if (c->n == c->max)
		let_leave(c, &c->best[c->n - 1]);
	else
		c->n++;
	for (unsigned i = c->n - 1; i > at; i--)
		c->best[i] = c->best[i - 1];
	c->best[at] = *bid;
}
