/* conceal.h - sound made up for lost packets of waveform codecs (G.711 Appendix I class).
 *
 * How: SpanDSP's PLC keeps the last pitch periods, repeats them and fades out within
 * about 60 ms.  Opus has its own concealment and does not come here.
 * Use:  conceal_good() on every decoded block, conceal_fill() for every missing one.
 *
 * Thread: the worker that owns the leg.
 */
#ifndef MIXER_CONCEAL_H
#define MIXER_CONCEAL_H

#include "mixer/err.h"
#include <stddef.h>
#include <stdint.h>

struct conceal;
enum mix_err conceal_alloc(struct conceal **out);
struct conceal *conceal_free(struct conceal *c);
void conceal_good(struct conceal *c, int16_t *pcm, size_t n); /* may smooth the first samples after a gap */
void conceal_fill(struct conceal *c, int16_t *pcm, size_t n); /* any n, also below 40 (LIBRARIES trap) */
#endif
