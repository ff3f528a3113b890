/* conceal.h - sound made up for lost packets of waveform codecs (G.711 Appendix I).
 *
 * How: the last pitch period is found by correlation and repeated, at full level for
 * 10 ms, faded out at 60 ms; real sound is faded in again over 4 to 10 ms.  No delay.
 * Sound that was late and not lost has moved against what was made up: it is met where both are alike, less than a period later.
 * 8 and 16 kHz: SpanDSP's PLC knows 8 kHz only, which at 16 kHz would miss every pitch
 * below 133 Hz and fade twice as fast.  Opus has its own concealment and does not come here.
 * Use:  conceal_good() on every decoded block, conceal_fill() for every missing one.
 *
 * Thread: the worker that owns the leg.
 */
#ifndef MIXER_CONCEAL_H
#define MIXER_CONCEAL_H

#include "mixer/err.h"
#include "mixer/frame.h"
#include <stddef.h>
#include <stdint.h>

struct conceal;
/* At 8 kHz to begin with; `widest` is the highest rate that conceal_rate() may ask for. */
enum mix_err conceal_alloc(struct conceal **out, enum rate_class widest);
struct conceal *conceal_free(struct conceal *c);

/* RATE_8K or RATE_16K from now on; what was heard is forgotten when it changes. */
void conceal_rate(struct conceal *c, enum rate_class rate);

void conceal_warm(const struct conceal *c);                   /* sound comes soon; see warm.h */
void conceal_good(struct conceal *c, int16_t *pcm, size_t n); /* changes the first samples after a gap */
/* The same, for sound that comes late: the last of what was made up goes on for up to `most` samples first, as many as fit.
 * There is room for n + most in pcm; the result says how many were put in front. */
size_t conceal_meet(struct conceal *c, int16_t *pcm, size_t n, size_t most);
void conceal_fill(struct conceal *c, int16_t *pcm, size_t n); /* any n */
#endif
