/* room_limit.c - a room's limiters, one for each rate that is heard, in the listeners' memory.
 *
 * Most rooms are heard at 8 kHz alone, and a limiter for 48 kHz is six times as large: it comes and goes with those who hear
 * at that rate.  The first of them lends it; when he leaves, another takes over where it stands.
 */
#include "mixer/room_priv.h"

static struct stream *find(const struct room *r, enum rate_class rate, const struct stream *but)
{
	struct stream *s = r->first;

	while (s && (s == but || !s->kit || s->kit->tx_rate != rate))
		s = s->next;
	return s;
}

struct limit *room_limit(struct room *r, enum rate_class rate)
{
	if (!r->limit[rate]) {
		r->lender[rate] = find(r, rate, NULL);
		r->limit[rate] = r->lender[rate]->kit->lent_limit;
		limit_init(r->limit[rate], rate);
	}
	return r->limit[rate];
}

void room_limit_release(struct room *r, const struct stream *s)
{
	for (unsigned rate = 0; rate < RATES; rate++) {
		struct stream *heir;

		if (!r->lender[rate] || r->lender[rate] != s)
			continue;
		heir = find(r, (enum rate_class)rate, s);
		if (heir)
			limit_copy(heir->kit->lent_limit, r->limit[rate]);
		r->lender[rate] = heir;
		r->limit[rate] = heir ? heir->kit->lent_limit : NULL;
	}
}
