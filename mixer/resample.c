#include "mixer/resample.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <speex/speex_resampler.h>

enum {
	QUALITY_LIVE = 4, /* flat to 3.4 kHz of 8, 4 ms of delay there; 2 to 7 us a frame */
	QUALITY_LOAD = 7, /* prompts, each once: cut at 3.8 kHz of 8 */
	RATE_MIN_HZ = 4000,
	RATE_MAX_HZ = 192000,
	CHUNK = 4096,
};

struct resample {
	SpeexResamplerState *speex; /* owned */
	uint16_t n_in, n_out;       /* samples of a frame */
};

enum mix_err resample_alloc(struct resample **out, enum rate_class from, enum rate_class to)
{
	int bad = 0;

	if (from >= RATES || to >= RATES || from == to)
		return MIX_RANGE;
	struct resample *r = calloc(1, sizeof(*r));
	if (!r)
		return MIX_NOMEM;
	r->n_in = (uint16_t)frame_samples(from);
	r->n_out = (uint16_t)frame_samples(to);
	r->speex = speex_resampler_init(1, rate_hz(from), rate_hz(to), QUALITY_LIVE, &bad);
	if (!r->speex || bad) {
		resample_free(r);
		return MIX_NOMEM;
	}
	*out = r;
	return MIX_OK;
}

struct resample *resample_free(struct resample *r)
{
	if (!r)
		return NULL;
	if (r->speex)
		speex_resampler_destroy(r->speex);
	free(r);
	return NULL;
}

void resample_frame(struct resample *r, const int16_t *in, int16_t *out)
{
	spx_uint32_t n_in = r->n_in, n_out = r->n_out;

	/* The rates divide one another, so every frame in gives exactly one out: the filter's
	 * delay stays in its memory. */
	speex_resampler_process_int(r->speex, 0, in, &n_in, out, &n_out);
	assert(n_in == r->n_in && n_out == r->n_out);
}

void resample_reset(struct resample *r)
{
	speex_resampler_reset_mem(r->speex);
}

/* Runs `n_in` samples through; input NULL: zeros.  Writes at most `cap`, returns how many. */
static size_t run_all(SpeexResamplerState *speex, const int16_t *in, size_t n_in, int16_t *out, size_t cap)
{
	static const int16_t zeros[CHUNK];
	size_t taken = 0, made = 0;

	while (taken < n_in && made < cap) {
		spx_uint32_t step_in = (spx_uint32_t)(n_in - taken < CHUNK ? n_in - taken : CHUNK);
		spx_uint32_t step_out = (spx_uint32_t)(cap - made < UINT32_MAX ? cap - made : UINT32_MAX);
		speex_resampler_process_int(
			speex, 0, in ? in + taken : zeros, &step_in, out + made, &step_out);
		taken += step_in;
		made += step_out;
	}
	return made;
}

enum mix_err resample_all(
	int16_t **out, size_t *n_out, const int16_t *in, size_t n_in, unsigned from_hz, unsigned to_hz)
{
	if (from_hz < RATE_MIN_HZ || from_hz > RATE_MAX_HZ || to_hz < RATE_MIN_HZ || to_hz > RATE_MAX_HZ ||
		n_in == 0 || n_in > SIZE_MAX / RATE_MAX_HZ)
		return MIX_RANGE;

	size_t n = (size_t)(((uint64_t)n_in * to_hz + from_hz / 2) / from_hz);
	int16_t *pcm = calloc(n ? n : 1, sizeof(*pcm));
	if (!pcm)
		return MIX_NOMEM;
	if (from_hz == to_hz) {
		memcpy(pcm, in, n * sizeof(*pcm));
	} else {
		int bad = 0;
		SpeexResamplerState *speex = speex_resampler_init(1, from_hz, to_hz, QUALITY_LOAD, &bad);
		if (!speex || bad) {
			if (speex)
				speex_resampler_destroy(speex);
			free(pcm);
			return MIX_NOMEM;
		}
		/* The filter's delay is skipped at the start and pushed out by zeros at the end. */
		speex_resampler_skip_zeros(speex);
		size_t made = run_all(speex, in, n_in, pcm, n);
		size_t tail = (size_t)speex_resampler_get_input_latency(speex) + 1;
		run_all(speex, NULL, tail, pcm + made, n - made);
		speex_resampler_destroy(speex);
	}
	*out = pcm;
	*n_out = n;
	return MIX_OK;
}
