/* pace.h - calls per second of a trunk: a bucket that fills evenly and holds one second's worth (FEATURES T21).
 *
 * Thread: control; pure, time injected.
 */
#ifndef SIP_PACE_H
#define SIP_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {              /* zero-initialise: full */
	uint64_t spent_us; /* what has been taken, as time that must pass; against now_us */
};

/* Takes one call.  False: there are as many as `per_second` allows already, nothing was taken.  per_second 0: no limit. */
bool pace_take(struct pace *p, unsigned per_second, uint64_t now_us);
#endif
