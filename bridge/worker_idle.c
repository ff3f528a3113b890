/* worker_idle.c - rooms in which nobody is heard: silence is sent in each tick, and what came in is looked at every few ticks,
 * in one go.  That spares most of the system calls and of the memory that each tick must fetch. */
#include "bridge/worker_priv.h"

void worker_note_idle(struct worker_room *room)
{
	if (!room_is_idle(room->room))
		return;
	room->idle = true;
	room->unheard = room->still = room->stood = 0;
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

/* A leg's other kit, in force from a moment on. */
struct refit {
	struct kit **kit; /* NULL: none, or it is in force */
	uint64_t since_us;
};

static void refit_at(struct worker *w, struct worker_leg *leg, struct refit *refit, uint64_t us)
{
	if (!refit->kit || us < refit->since_us)
		return;
	overhear(w, leg->room, refit->since_us);
	stream_refit(leg->stream, refit->kit, refit->since_us);
	stream_reopen(leg->stream, refit->since_us, &w->media.out);
	refit->kit = NULL;
}

/* Up to the next packet of the leg. */
static void pass_to(struct worker *w, struct worker_leg *leg, struct refit *refit, uint64_t us)
{
	refit_at(w, leg, refit, us);
	overhear(w, leg->room, us);
}

static void hear_inbox(struct worker *w, struct worker_leg *leg, struct refit *refit)
{
	struct held *h;

	while ((h = held_next(&leg->inbox))) {
		if (!h->rtcp)
			pass_to(w, leg, refit, h->arrival_us);
		worker_hear_held(w, leg, h);
	}
}

static void hear_socket(struct worker *w, struct worker_leg *leg, struct refit *refit)
{
	struct worker_media *m = &w->media;
	unsigned rounds = 0, n;

	do {
		const struct datagram *d = socket_receive(m->batch, leg->ports.rtp_fd, &m->clock, &n);

		for (unsigned i = 0; i < n; i++) {
			pass_to(w, leg, refit, d[i].arrival_us);
			stream_rx_rtp(leg->stream, d[i].p, d[i].len, &d[i].from, d[i].arrival_us, &m->out);
		}
	} while (socket_batch_was_full(m->batch) && rounds++ < WORKER_ROUNDS);
}

/* Its room learns of the ticks that it was not asked in. */
static void settle(struct worker_room *room)
{
	if (room->stood > 0)
		room_rested(room->room, room->stood);
	room->stood = room->still = 0;
}

static void hear_all(struct worker *w, struct worker_leg *leg, struct refit *refit)
{
	settle(leg->room);
	if (leg->ports.shared)
		hear_inbox(w, leg, refit);
	else
		hear_socket(w, leg, refit);
	pass_to(w, leg, refit, UINT64_MAX);
}

static void catch_up(struct worker *w, struct worker_room *room)
{
	hear_all(w, stream_user(room_only(room->room)), &(struct refit){ .kit = NULL });
}

void worker_refit_between(struct worker *w, struct worker_leg *leg, struct kit **kit, uint64_t since_us)
{
	if (leg->ports.shared)
		worker_read_shared(w);
	hear_all(w, leg, &(struct refit){ .kit = kit, .since_us = since_us });
	leg->room->idle = false;
}

void worker_tick_idle(struct worker *w, struct worker_room *room)
{
	room->rested_us = w->media.clock.now_us;
	room->unheard++;
	if (room->still > 0) { /* what it keeps in memory need not be fetched */
		room->still--;
		room->stood++;
	} else {
		settle(room);
		room->still = (uint8_t)room_rest(room->room, &w->media.out);
	}
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
