/* worker_idle.c - rooms in which nobody is heard: silence is sent in each tick, and what came in is looked at every few ticks,
 * in one go.  That spares most of the system calls and of the memory that each tick must fetch. */
#include "bridge/worker_priv.h"

void worker_note_idle(struct worker_room *room)
{
	if (!room_is_idle(room->room))
		return;
	room->idle = true;
	room->unheard = 0;
	room->hear_in = (uint8_t)(1 + room->room_id % ROOM_OVERHEAR_TICKS); /* not all in the same tick */
}

/* The rested ticks that were over at `until_us`. */
static void overhear(struct worker *w, struct worker_room *room, uint64_t until_us)
{
	struct worker_media *m = &w->media;

	while (room->unheard > 0) {
		uint64_t then_us = room->rested_us - (room->unheard - 1u) * FRAME_US;

		if (then_us >= until_us)
			return;
		room_overhear(room->room, then_us, m->clock.now_us, m->clock.ntp, &m->out);
		room->unheard--;
	}
}

static void catch_up_inbox(struct worker *w, struct worker_room *room, struct worker_leg *leg)
{
	struct held *h;

	while ((h = held_next(&leg->inbox))) {
		if (!h->rtcp)
			overhear(w, room, h->arrival_us);
		worker_hear_held(w, leg, h);
	}
}

static void catch_up(struct worker *w, struct worker_room *room)
{
	struct worker_media *m = &w->media;
	struct stream *s = room_only(room->room);
	struct worker_leg *leg = stream_user(s);
	unsigned rounds = 0, n;

	if (leg->ports.shared) {
		catch_up_inbox(w, room, leg);
		overhear(w, room, UINT64_MAX);
		return;
	}
	do {
		const struct datagram *d = socket_receive(m->batch, leg->ports.rtp_fd, &m->clock, &n);

		for (unsigned i = 0; i < n; i++) {
			overhear(w, room, d[i].arrival_us);
			stream_rx_rtp(s, d[i].p, d[i].len, &d[i].from, d[i].arrival_us, &m->out);
		}
	} while (socket_batch_was_full(m->batch) && rounds++ < WORKER_ROUNDS);
	overhear(w, room, UINT64_MAX);
}

void worker_tick_idle(struct worker *w, struct worker_room *room)
{
	room->rested_us = w->media.clock.now_us;
	room->unheard++;
	room_rest(room->room, &w->media.out);
	if (--room->hear_in > 0)
		return;
	catch_up(w, room);
	room->idle = room_is_idle(room->room);
	room->hear_in = ROOM_OVERHEAR_TICKS;
}

void worker_rouse(struct worker *w, struct worker_room *room)
{
	if (room->idle && room->unheard > 0)
		catch_up(w, room);
	room->idle = false;
}
