/* http_ring.c - the last events, for listeners that come late: by place, and behind a number. */
#include "bridge/http_priv.h"

#include <stdlib.h>

static void drop_oldest(struct event_ring *r)
{
	struct news **slot = &r->slots[r->first % HTTP_EVENTS];

	r->bytes -= (*slot)->len;
	free(*slot);
	*slot = NULL;
	r->first++;
}

void ring_add(struct event_ring *r, struct news *news)
{
	if (r->next - r->first == HTTP_EVENTS)
		drop_oldest(r);
	r->slots[r->next++ % HTTP_EVENTS] = news;
	r->bytes += news->len;
	r->last_seq = news->seq;
	while (r->bytes > HTTP_EVENT_BYTES && r->next - r->first > 1)
		drop_oldest(r);
}

void ring_clear(struct event_ring *r)
{
	while (r->first < r->next)
		drop_oldest(r);
}

const struct news *ring_at(const struct event_ring *r, uint64_t place)
{
	return place >= r->first && place < r->next ? r->slots[place % HTTP_EVENTS] : NULL;
}

uint64_t ring_after(const struct event_ring *r, uint64_t last_seq, bool *gap)
{
	uint64_t low = r->first, high = r->next; /* the first event with a greater number is in low..high */
	const struct news *before, *after;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (ring_at(r, middle)->seq > last_seq)
			high = middle;
		else
			low = middle + 1;
	}
	before = low > r->first ? ring_at(r, low - 1) : NULL;
	after = ring_at(r, low);
	*gap = !(before && before->seq == last_seq) &&
	       !(after && low == r->first && after->seq == last_seq + 1) &&
	       !(r->last_seq && r->last_seq == last_seq);
	return *gap ? r->first : low;
}
