/* resample.h - one stream of samples from one rate class to another (libspeexdsp).
 *
 * How: a windowed sinc, flat within 0.5 dB to 3.4 kHz of 8 (6.8 of 16).  The delay is constant: 4 ms
 * where one side is 8 kHz, 2 ms otherwise.
 * Use:  resample_alloc() on the control thread; resample_frame() once a tick: always
 *       a whole frame in, a whole frame out.
 *
 * Thread: one at a time.
 */
#ifndef MIXER_RESAMPLE_H
#define MIXER_RESAMPLE_H

#include "mixer/err.h"
#include "mixer/frame.h"

struct resample;
/* MIX_RANGE: from and to are the same. */
enum mix_err resample_alloc(struct resample **out, enum rate_class from, enum rate_class to);
struct resample *resample_free(struct resample *r);
void resample_frame(
	struct resample *r, const int16_t *in, int16_t *out); /* frame_samples(from) in, (to) out */
void resample_reset(struct resample *r);

/* A whole sound at once, for prompts at load: any rates, 4000..192000 Hz; no delay, n_in * to / from samples.
 * MIX_RANGE: such a rate, or n_in is 0.
 * *out is allocated and owned by the caller. */
enum mix_err resample_all(
	int16_t **out, size_t *n_out, const int16_t *in, size_t n_in, unsigned from_hz, unsigned to_hz);
#endif
