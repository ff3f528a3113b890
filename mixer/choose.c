#include "mixer/choose.h"

enum { QUIETEST = 127 };

bool voice_hear(struct voice *v, uint8_t dbov, uint8_t floor_dbov, bool crowded)
{
	unsigned loud = dbov < QUIETEST ? QUIETEST - dbov : 0;
	bool rises =
		dbov <= CHOOSE_LOUD_DBOV || floor_dbov >= QUIETEST || dbov + CHOOSE_RISE_DB <= floor_dbov;
	bool open = crowded ? dbov <= CHOOSE_CROWD_DBOV && rises : dbov <= CHOOSE_GATE_DBOV;

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

void chooser_begin(struct chooser *c, unsigned max)
{
	c->n = 0;
	c->max = max < CHOOSE_MAX ? max : CHOOSE_MAX;
}

/* Sorted insertion, loudest first: a room's talkers are few, and who is silent never comes here. */
void chooser_offer(struct chooser *c, struct voice *v, void *owner)
{
	unsigned rank = v->score + (v->was_chosen ? (unsigned)CHOOSE_EDGE_DB : 0u);
	unsigned at = c->n;

	while (at > 0 && (c->best[at - 1].rank < rank ||
				 (c->best[at - 1].rank == rank && c->best[at - 1].voice->waited < v->waited)))
		at--;
	if (at == c->max)
		return;
	if (c->n < c->max)
		c->n++;
	for (unsigned i = c->n - 1; i > at; i--)
		c->best[i] = c->best[i - 1];
	c->best[at].voice = v;
	c->best[at].owner = owner;
	c->best[at].rank = rank;
}

void chooser_end(struct chooser *c)
{
	for (unsigned i = 0; i < c->n; i++)
		c->best[i].voice->chosen = true;
}
