/* warp.h - sound played faster or slower by up to WARP_MAX_PPB, without a sample dropped or doubled.
 *
 * How: each output is interpolated between inputs by a windowed sinc of WARP_TAPS.  The filter is worked
 * out anew for every WARP_BLOCK outputs and moves evenly between two of these, so that the pitch glides
 * (at most 2.8 cents off) and no phase ever jumps.  Sound is handed on WARP_DELAY samples late,
 * warped or not, so that warping may begin and end at any frame.
 * A frame in which nobody would hear the difference may be passed as it is: warp_pass() counts and filters
 * nothing; what is owed is then made good by whole samples.
 * Quality: a tone's error lies 50 dB below it up to 2 kHz of 8, 38 at 2.7, 29 at 3 (PCMU's own noise: 38 dB).
 * Cost: 0.3 us a frame at 8 kHz, 1.8 at 48.  libspeexdsp's resampler takes 1.5 us at its lowest quality and
 * 5.7 at 4, and half a microsecond to nine for each new rate; a cubic (four taps) is cheaper, and loses
 * 5 dB at 3 kHz whenever it stands between two samples.
 * Use:  warp_need() says how many samples to have ready; then warp_frame() or warp_pass().
 *
 * Thread: the worker that owns the leg.
 */
#ifndef MIXER_WARP_H
#define MIXER_WARP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	WARP_TAPS = 10,
	WARP_DELAY = WARP_TAPS / 2, /* samples */
	WARP_PAST = WARP_TAPS,      /* samples before the first that warp_frame() looks at */
	WARP_BLOCK = 80,
	WARP_MAX_PPB = 1600000
};

struct warp {
	double at; /* where the next output lies, in input samples: 0 up to 1 */
};

/* Inputs that the next `n` outputs use up when the input is consumed `ppb` faster than it is given out:
 * at most two more or less, of up to 960. */
size_t warp_need(const struct warp *w, size_t n, int32_t ppb);

/* Makes `n` outputs, a multiple of WARP_BLOCK, from in[-WARP_PAST] up to in[warp_need() - 1]. */
void warp_frame(struct warp *w, const int16_t *in, int16_t *out, size_t n, int32_t ppb);

/* The same, but what is played is in[-WARP_DELAY] onward as it is. */
void warp_pass(struct warp *w, size_t n, int32_t ppb);

/* Does a frame at this rate need warp_frame(), or is it the input itself? */
static inline bool warp_idle(const struct warp *w, int32_t ppb)
{
	return ppb == 0 && w->at == 0;
}
#endif
