/* phase.h - when within the 20 ms a room should tick: soon after the packets of those who speak in it.
 *
 * How: a packet waits for its room's tick, anything up to a frame, and all packets of a sender wait equally long.  Of those who
 * spoke in the last PHASE_SPOKE_US the one who waits least says how much earlier the tick could come without
 * missing a packet that is due (room_spare()).  A step's worth and what a packet may once be late: the tick moves one
 * step earlier.  Little of that is left: clocks have drifted, and it moves a step later before a packet is missed.
 * It moves no later when the packets of another would then wait for a whole frame, whose delay would be cut as
 * needless, and so round and round.  Between both lies more than a step, so that it does not go to and fro.  Who only
 * listens is not asked: a packet of silence may come a tick later.
 * A room that misses sound is wary for PHASE_FORGIVE_US: its packets wait a little longer, and again a little with each miss
 * in that time, as much as they would in any slot by chance.
 *
 *      packets of the talker      |         |         |
 *      ticks                   T    .   T  . T        T       each a step nearer, none left out, none run twice
 *
 * Use:  phase_tick() after each tick of the room; on PHASE_EARLIER the next tick comes a frame less a step later,
 *       on PHASE_LATER a frame and a step; either may be left undone.
 *
 * Thread: the worker that owns the room.
 */
#ifndef BRIDGE_PHASE_H
#define BRIDGE_PHASE_H

#include "mixer/room.h"

enum {
	PHASE_EVERY = 25, /* ticks between moves: far ends see one packet a little off in half a second */
	PHASE_LOOKS = 4,  /* of those, the last in which is looked: one that was late says too much */
	PHASE_SPARE_US = 6000,  /* left after a move earlier: a packet may be late so much out of the blue */
	PHASE_WARY_US = 9000,   /* once sound was missing, the least wait ... */
	PHASE_WARIER_US = 1000, /* ... more with each further miss ... */
	PHASE_WARIEST_US = 13000,
	PHASE_FORGIVE_US = 60000000, /* ... until so long after the last */
	PHASE_SLACK_US = 500,        /* short of that by less, it is as good */
	PHASE_TIGHT_US = 3500,       /* less is made more */
	PHASE_MISSED_US = 1000,      /* short by more than this it is the jitter buffer's to gain delay */
	PHASE_SPOKE_US = 30000000
};

struct phase { /* zero-initialise */
	uint64_t concealed_us, wary_until_us;
	int32_t wary_us; /* the least wait until wary_until_us */
	uint8_t ticks;
	bool asked;              /* somebody who spoke was heard of; spare is set */
	struct room_spare spare; /* the extremes of the looks so far */
};

enum phase_move { PHASE_STAY, PHASE_EARLIER, PHASE_LATER };

/* `step_us`: by how much the tick would be moved. */
enum phase_move phase_tick(struct phase *p, const struct room *r, uint32_t step_us, uint64_t now_us);
#endif
