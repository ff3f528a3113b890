/* limit.h - look-ahead limiter: a 32-bit sum becomes 16 bit without wrap or clip.
 *
 * How: gain falls before a peak arrives (5 ms look-ahead, so the output is the input 5 ms
 * ago) and recovers within half a second; up to LIMIT_CEILING it is exactly transparent.
 * Use:  one per listener class and one per talker; copied by assignment when a listener becomes
 *       a talker, so that nobody hears a seam.
 *
 * Thread: the worker that owns the room.
 */
#ifndef MIXER_LIMIT_H
#define MIXER_LIMIT_H

#include "mixer/frame.h"

enum { LIMIT_LOOK_MS = 5, LIMIT_CEILING = 32256 /* A-law's loudest: a lone phone is never touched */ };

struct limit {
	float gain;                       /* now in force, 1 at rest */
	int32_t tail[48 * LIMIT_LOOK_MS]; /* the look-ahead: samples not yet out */
	uint16_t n_tail;                  /* how many, by the rate of limit_init() */
};

void limit_init(struct limit *l, enum rate_class rate);
/* frame_samples(rate) sums in, as many samples out, 5 ms late: sum[-n_tail] first. */
void limit_frame(struct limit *l, enum rate_class rate, const int32_t *sum, int16_t *out);
#endif
