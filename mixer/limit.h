/* limit.h - look-ahead limiter: a 32-bit sum becomes 16 bit without wrap or clip.
 *
 * How: gain falls before a peak arrives (5 ms look-ahead, so the output is the input 5 ms
 * ago) and recovers within half a second; up to LIMIT_CEILING it is exactly transparent.
 * Use:  one per listener class and one per talker; limit_copy() when a listener becomes a talker, so that nobody
 *       hears a seam.
 *
 * Thread: the worker that owns the room.
 */
#ifndef MIXER_LIMIT_H
#define MIXER_LIMIT_H

#include "mixer/frame.h"

enum { LIMIT_LOOK_MS = 5, LIMIT_CEILING = 32256 /* A-law's loudest: a lone phone is never touched */ };

struct limit {
	float gain;      /* now in force, 1 at rest */
	uint16_t n_tail; /* samples of the look-ahead, by the rate of limit_init() */
	int32_t tail[48 *
		     LIMIT_LOOK_MS]; /* the look-ahead: samples not yet out; no more than n_tail are touched */
};

/* Bytes of a struct limit that are used at this rate: whoever needs it at no other may have no more (a fifth at 8 kHz). */
size_t limit_size(enum rate_class rate);

void limit_init(struct limit *l, enum rate_class rate);
void limit_copy(struct limit *to, const struct limit *from); /* both of the same rate */
/* frame_samples(rate) sums in, as many samples out, 5 ms late: sum[-n_tail] first. */
void limit_frame(struct limit *l, enum rate_class rate, const int32_t *sum, int16_t *out);
#endif
