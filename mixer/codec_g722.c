/* codec_g722.c - G.722 at 64 kbit/s, by SpanDSP: 16 kHz sound, a byte for two samples.
 *
 * The sub-band filter of SpanDSP's decoder (0.0.6) does not saturate: sound near full scale comes out with
 * its sign turned round.  Two guards:
 * - what we send is bent below full scale, for far ends that decode with the same library.
 *   Scaling everything down would make every leg quieter, so only what is near full scale is bent;
 * - what we receive is filtered again in 32 bits when it may have wrapped.
 */
#include "mixer/codec_priv.h"

#include <stdlib.h>
#include <spandsp.h>
#include <spandsp/expose.h>

enum {
	G722_BIT_RATE = 64000,
	BLOCK = 320,
	KNEE = 22000,    /* -3.5 dB: nothing below it is changed */
	CEILING = 26000, /* -2 dB: a sine of this size passes every decoder */
	WRAPPED = 13000, /* the filter overshoots by less than 1.6: a wrapped sample is no smaller */
	TAPS = 12,
};

size_t codec_g722_encoder_size(void)
{
	return sizeof(g722_encode_state_t);
}

void codec_g722_encoder_init(void *state)
{
	g722_encode_init(state, G722_BIT_RATE, 0);
}

/* Unity up to KNEE, then a curve of falling slope that nears CEILING; odd, and without a corner. */
static int16_t headroom(int16_t sample)
{
	int over = abs(sample) - KNEE;
	int room = CEILING - KNEE;

	if (over <= 0)
		return sample;
	int bent = KNEE + over * room / (over + room);
	return (int16_t)(sample < 0 ? -bent : bent);
}

void codec_g722_encode(void *state, uint8_t *out, const int16_t *pcm, size_t n)
{
	int16_t bent[BLOCK];

	for (size_t at = 0; at < n; at += BLOCK) {
		size_t block = n - at < BLOCK ? n - at : BLOCK;
		for (size_t i = 0; i < block; i++)
			bent[i] = headroom(pcm[at + i]);
		g722_encode(state, out + at / 2, bent, (int)block);
	}
}

size_t codec_g722_decoder_size(void)
{
	return sizeof(g722_decode_state_t);
}

void codec_g722_decoder_init(void *state)
{
	g722_decode_init(state, G722_BIT_RATE, 0);
}

/* The receive QMF of G.722 section 4.4 (coefficients: table 11) over the decoder's history, saturated. */
static int16_t qmf(const int16_t history[TAPS], int oldest, bool reversed)
{
	static const int16_t coeffs[TAPS] = { 3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11 };
	int32_t sum = 0;

	for (int i = 0; i < TAPS; i++)
		sum += history[(oldest + i) % TAPS] * coeffs[reversed ? TAPS - 1 - i : i];
	sum >>= 11;
	return (int16_t)(sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum);
}

void codec_g722_decode(void *state, int16_t *pcm, const uint8_t *in, size_t n_bytes)
{
	g722_decode_state_t *d = state;

	for (size_t i = 0; i < n_bytes; i++, pcm += 2) {
		g722_decode(d, pcm, in + i, 1);
		if (abs(pcm[0]) >= WRAPPED)
			pcm[0] = qmf(d->y, d->ptr, true);
		if (abs(pcm[1]) >= WRAPPED)
			pcm[1] = qmf(d->x, d->ptr, false);
	}
}
