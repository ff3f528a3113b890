/* moments.h - what is over in a moment and yet told for a while: a step of the wall clock, a full ring between a worker and us.
 *
 * How: each round compares with the round before: the wall clock with the monotonic one, each worker's counter of dropped events with what it was.
 * Use:  moments_begin(); each round moments_clock(), and moments_rings() with all workers' counters, between alerts_begin() and alerts_end().
 *
 * Thread: control; times are given.
 */
#ifndef BRIDGE_MOMENTS_H
#define BRIDGE_MOMENTS_H

#include "bridge/alert.h"
#include <stdint.h>

enum {
	MOMENTS_WORKERS = 64,
	MOMENTS_STEP_US = 1000000, /* the wall clock jumped so far */
	MOMENTS_CLOCK_S = 600,     /* and is told so long */
	MOMENTS_RING_S = 60        /* an overflow */
};

struct moments {
	int64_t apart_us;                   /* wall clock less monotonic, as last seen */
	int64_t step_us;                    /* the last step */
	uint64_t stepped_us, overflowed_us; /* of the monotonic clock; 0: never */
	uint64_t dropped[MOMENTS_WORKERS];
	unsigned overflowed; /* which worker */
};

void moments_begin(struct moments *m, int64_t wall_us, uint64_t now_us);
void moments_clock(struct moments *m, struct alerts *a, int64_t wall_us, uint64_t now_us);
/* `dropped`: events of each worker since the start; n up to MOMENTS_WORKERS. */
void moments_rings(struct moments *m, struct alerts *a, const uint64_t *dropped, unsigned n, uint64_t now_us);

/* Is `at_us` (0: never) within the last `seconds`? */
bool moments_lately(uint64_t at_us, uint64_t now_us, unsigned seconds);
#endif
