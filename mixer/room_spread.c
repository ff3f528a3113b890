/* room_spread.c - a room that is one part of a larger one: its bids go out, everybody's come in. */
#include "mixer/room_priv.h"

#include <assert.h>

void room_spread(struct room *r, struct exchange *x, unsigned part)
{
	assert(!r->must_speak && !r->config.isolated && part < exchange_parts(x));
	r->exchange = x;
	r->part = part;
}

bool room_is_spread(const struct room *r)
{
	return r->exchange != NULL;
}

bool room_must_speak(const struct room *r)
{
	return r->must_speak;
}

bool room_is_ready(const struct room *r)
{
	return r->must_speak && !exchange_is_due(r->exchange, r->part, r->stamp);
}

unsigned room_size(const struct room *r)
{
	unsigned elsewhere = 0, rates;

	if (r->exchange)
		exchange_census(r->exchange, r->part, &elsewhere, &rates);
	return r->n_streams + elsewhere;
}

static void offer(struct room *r, unsigned place, struct bid *bid, unsigned rates)
{
	int16_t buffer[FRAME_MAX];

	bid->place = (uint8_t)place;
	bid->rates = (uint8_t)(bid->sounds ? rates | 1u << bid->rate : 0);
	for (unsigned rate = 0; rate < RATES; rate++)
		if (bid->rates & 1u << rate)
			exchange_put_frame(r->exchange, r->part, r->stamp, place, (enum rate_class)rate,
				room_frame_at(bid->owner, (enum rate_class)rate, buffer));
	exchange_put_bid(r->exchange, r->part, r->stamp, place, bid);
}

void room_offer(struct room *r)
{
	unsigned elsewhere, heard_elsewhere, heard = room_rates(r), place = 0;

	exchange_census(r->exchange, r->part, &elsewhere, &heard_elsewhere);
	exchange_begin(r->exchange, r->part, r->stamp);
	for (unsigned i = 0; i < r->mine.n; i++)
		offer(r, place++, &r->mine.best[i], heard | heard_elsewhere);
	for (unsigned i = 0; i < r->mine.n_leaving; i++)
		offer(r, place++, &r->mine.leaving[i], heard | heard_elsewhere);
	exchange_publish(r->exchange, r->part, r->stamp, place, r->n_streams, heard);
}

void room_gather(struct room *r, struct chooser *all)
{
	struct bid bids[EXCHANGE_BIDS_MAX];
	unsigned n = 0;

	chooser_begin(all, r->config.mixed_talkers);
	for (unsigned i = 0; i < r->mine.n; i++)
		chooser_bid(all, &r->mine.best[i]);
	for (unsigned i = 0; i < r->mine.n_leaving; i++)
		chooser_bid(all, &r->mine.leaving[i]);
	for (unsigned part = 0; part < exchange_parts(r->exchange); part++) {
		if (part == r->part)
			continue;
		if (exchange_read(r->exchange, part, r->stamp, bids, &n) == EXCHANGE_MISSING)
			r->stats.offers_missed++;
		for (unsigned i = 0; i < n; i++)
			chooser_bid(all, &bids[i]);
	}
}

/* At a rate that nobody had heard until now it is made from the talker's own, plainly, for a tick. */
const int16_t *room_offered_frame(
	struct room *r, const struct bid *bid, enum rate_class rate, int16_t buffer[FRAME_MAX])
{
	int16_t own[FRAME_MAX];
	bool found;

	if (bid->rates & 1u << rate) {
		found = exchange_frame(r->exchange, bid->part, r->stamp, bid->place, rate, buffer);
	} else {
		found = exchange_frame(
			r->exchange, bid->part, r->stamp, bid->place, (enum rate_class)bid->rate, own);
		if (found)
			rate_plain((enum rate_class)bid->rate, own, rate, buffer);
	}
	if (!found)
		r->stats.offers_missed++;
	return found ? buffer : NULL;
}

/* The others have its frame and mix it; so do we.  Nobody is left whose share it could be. */
void room_forget(struct room *r, const struct stream *s)
{
	for (unsigned i = 0; i < r->mine.n; i++)
		if (r->mine.best[i].owner == s)
			r->mine.best[i].owner = NULL;
	for (unsigned i = 0; i < r->mine.n_leaving; i++)
		if (r->mine.leaving[i].owner == s)
			r->mine.leaving[i].owner = NULL;
	if (r->exchange && r->n_streams == 1) { /* the last one takes the light with it */
		r->must_speak = false;
		exchange_absent(r->exchange, r->part);
	}
}
