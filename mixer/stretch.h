/* stretch.h - takes a pitch period out of sound, or puts one in, so that it is not heard.
 *
 * How: waveform similarity overlap-add (WSOLA).  The sound is compared with itself 2.5 to 15 ms later; where
 * it is most alike one of the two is blended into the other over 5 ms, and what lay between is gone, or
 * comes twice.  The blend keeps the power: of like sounds their mean, of noise more than that.
 * SpanDSP's time_scale does the same, but always, alike or not, wherever its buffer happens to end, and keeps
 * 3 kB per leg; here the caller chooses the moment, and nothing is kept.
 * Cost: 3 us at 8 kHz and 6 at 48 when called on sound, 0.2 in a pause.
 * Use:  stretch_cut() or stretch_add() on decoded sound that has not been played yet.
 *
 * Thread: any.
 */
#ifndef MIXER_STRETCH_H
#define MIXER_STRETCH_H

#include "mixer/frame.h"

enum { STRETCH_LAG_MIN_US = 2500, STRETCH_LAG_MAX_US = 15000, STRETCH_BLEND_US = 5000 };

/* Shortens pcm[0..n) in place by up to `most` samples.  `alike` 0..100: how alike both sides of the
 * splice must be, percent of correlation; 0 for a pause: anything will do, and the longest cut is taken.
 * Returns how many samples are gone; 0: nothing alike enough, or n or `most` too small. */
size_t stretch_cut(int16_t *pcm, size_t n, size_t most, enum rate_class rate, unsigned alike);

/* Lengthens it in the same way; there is room for pcm[n + most). */
size_t stretch_add(int16_t *pcm, size_t n, size_t most, enum rate_class rate, unsigned alike);
#endif
