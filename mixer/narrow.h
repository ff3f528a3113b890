/* narrow.h - cheap changes of rate that need no library and no memory of their own.
 *
 * How: narrow_frame() brings a leg's sound to 8 kHz for the in-band digit receiver: a short FIR
 * whose stop band keeps what would fold onto 600-1700 Hz 40 dB down.  rate_plain() is what a mix falls back on
 * for a leg without a resampler: straight lines up, block means down.
 *
 * Thread: the worker that owns the leg.
 */
#ifndef MIXER_NARROW_H
#define MIXER_NARROW_H

#include "mixer/frame.h"

enum { NARROW_TAPS_MAX = 48 };

struct narrow {                        /* zero-initialise, and again when the rate changes */
	int16_t tail[NARROW_TAPS_MAX]; /* last samples of the frame before */
};

/* frame_samples(from) in, 160 out; RATE_8K is copied and needs no n. */
void narrow_frame(struct narrow *n, enum rate_class from, const int16_t *in, int16_t out[8 * FRAME_MS]);

/* One frame of rate `from` to one of rate `to`; no state, so a seam between frames may be heard. */
void rate_plain(enum rate_class from, const int16_t *in, enum rate_class to, int16_t *out);
#endif
