/* worker_phase.c - which slot a room sits in: where it moves, the packets of its talkers wait least. */
#include "bridge/worker_priv.h"

enum { CROWD_LEGS = 64 }; /* a slot of no more is never called crowded */

void worker_sit(struct worker *w, struct worker_room *room, unsigned slot)
{
	struct worker_slot *at = &w->media.slots[slot];

	room->slot = slot;
	room->next_in_slot = at->rooms;
	at->rooms = room;
	at->n_rooms++;
	at->n_legs += room->n_legs;
}

void worker_stand(struct worker *w, struct worker_room *room)
{
	struct worker_slot *slot = &w->media.slots[room->slot];
	struct worker_room **at;

	for (at = &slot->rooms; *at != room; at = &(*at)->next_in_slot)
		;
	*at = room->next_in_slot;
	slot->n_rooms--;
	slot->n_legs -= room->n_legs;
}

bool worker_is_due(struct worker_room *room)
{
	bool due = !room->rests;

	room->rests = false;
	return due;
}

/* Talkers' packets come when they come: if all come at once, the work must still be spread.  From a crowd to a smaller
 * one it is always allowed, so that a large room is not tied down. */
static bool has_place(const struct worker *w, const struct worker_room *room, unsigned slot)
{
	const struct worker_slot *slots = w->media.slots;
	unsigned n_legs = slots[slot].n_legs + room->n_legs, most = w->media.n_legs * 3 / 2 / WORKER_SLOTS;

	return n_legs <= CROWD_LEGS || n_legs <= most || n_legs <= slots[room->slot].n_legs;
}

static void move(struct worker *w, struct worker_room *room, unsigned slot)
{
	worker_stand(w, room);
	worker_sit(w, room, slot);
}

/* The slot before is at 17.5 ms from now, so nothing else is to be done.  The slot after comes in 2.5 ms, when the room has
 * to sit still once, or its frame would be run before its time. */
void worker_follow_phases(struct worker *w, unsigned slot)
{
	unsigned before = (slot + WORKER_SLOTS - 1) % WORKER_SLOTS, after = (slot + 1) % WORKER_SLOTS;

	for (struct worker_room *room = w->media.slots[slot].rooms, *next; room; room = next) {
		next = room->next_in_slot;
		if (room->idle || room->room_id == ROOM_ISOLATED ||
			room_is_spread(room->room)) /* all parts or none */
			continue;
		switch (phase_tick(&room->phase, room->room, WORKER_SLOT_US, w->media.clock.now_us)) {
		case PHASE_STAY: break;
		case PHASE_EARLIER:
			if (has_place(w, room, before))
				move(w, room, before);
			break;
		case PHASE_LATER:
			if (has_place(w, room, after)) {
				move(w, room, after);
				room->rests = true;
			}
			break;
		}
	}
}
