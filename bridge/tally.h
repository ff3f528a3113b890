/* tally.h - how calls sounded, counted for the metrics page: a histogram of MOS each way, and troubles told.
 *
 * How: a handful of counters, however many calls there were.
 * Use:  zero-initialise; tally_call() per ended call; troubles are added to where they are told.
 *
 * Thread: control.
 */
#ifndef BRIDGE_TALLY_H
#define BRIDGE_TALLY_H

#include "mixer/oneway.h"
#include <stdint.h>

enum { TALLY_STEPS = 6, TALLY_ONE_WAYS = ONEWAY_NO_OUT + 1 };

struct tally_mos {
	uint64_t at_most[TALLY_STEPS]; /* calls with a MOS up to tally_step() */
	uint64_t n, sum_hundredths;
};

struct tally {
	struct tally_mos rx, tx; /* what callers sent, as we heard it; what we sent, as they report */
	uint64_t one_way[TALLY_ONE_WAYS]; /* by oneway_kind */
	uint64_t echo;
	uint64_t over_budget; /* calls of ours that an account's ceilings or a block refused */
};

/* MOS in hundredths; 0, not known, is not counted. */
void tally_call(struct tally_mos *t, uint32_t mos_hundredths);
double tally_step(unsigned i); /* upper end of step i, i < TALLY_STEPS */
#endif
