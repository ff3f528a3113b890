#include "mixer/cue.h"

#include "mixer/cue_priv.h"
#include "mixer/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TONE_MS_MAX = 60000, RAMP_MS = 5 };

struct cue *cue_free(struct cue *c)
{
	if (!c)
		return NULL;
	for (unsigned rate = 0; rate < RATES; rate++)
		free(c->pcm[rate]);
	for (struct clip *clip = atomic_load(&c->clips), *next; clip; clip = next) {
		next = clip->next;
		free(clip);
	}
	free(c);
	return NULL;
}

unsigned cue_ms(const struct cue *c)
{
	return c->frames * FRAME_MS;
}

const int16_t *cue_sound(const struct cue *c, enum rate_class rate, uint32_t frame)
{
	return frame < c->frames ? c->pcm[rate] + frame * frame_samples(rate) : NULL;
}

enum mix_err cue_alloc(struct cue **out, uint32_t frames)
{
	struct cue *c = calloc(1, sizeof(*c));

	if (!c)
		return MIX_NOMEM;
	c->frames = frames;
	for (enum rate_class rate = 0; rate < RATES; rate++) {
		c->pcm[rate] = calloc(frames, frame_samples(rate) * sizeof(int16_t));
		if (!c->pcm[rate]) {
			cue_free(c);
			return MIX_NOMEM;
		}
	}
	*out = c;
	return MIX_OK;
}

/* Both ends of a tone rise and fall as half a cosine, so that it does not click. */
static double ramp(size_t at, size_t n, size_t n_ramp)
{
	size_t edge = at < n - 1 - at ? at : n - 1 - at;

	if (edge >= n_ramp)
		return 1;
	return 0.5 - 0.5 * cos(M_PI * ((double)edge + 0.5) / (double)n_ramp);
}

static void write_tone(int16_t *pcm, unsigned rate, size_t n, unsigned hz_a, unsigned hz_b, double amplitude)
{
	size_t n_ramp = (size_t)rate * RAMP_MS / 1000;

	if (n_ramp > n / 2)
		n_ramp = n / 2;
	for (size_t i = 0; i < n; i++) {
		double t = 2 * M_PI * (double)i / rate;
		double wave = (hz_a ? sin(t * hz_a) : 0) + (hz_b ? sin(t * hz_b) : 0);
		pcm[i] = (int16_t)lrint(wave * amplitude * ramp(i, n, n_ramp));
	}
}

enum mix_err cue_tone(
	struct cue **out, unsigned hz_a, unsigned hz_b, unsigned level_dbov, unsigned on_ms, unsigned off_ms)
{
	unsigned n_waves = (hz_a ? 1u : 0u) + (hz_b ? 1u : 0u);

	if (on_ms > TONE_MS_MAX || off_ms > TONE_MS_MAX || on_ms + off_ms == 0 || hz_a >= 4000 ||
		hz_b >= 4000)
		return MIX_RANGE;
	/* A sine of full scale is -3 dBov; two of them must not clip. */
	if (n_waves > 0 && level_dbov < (n_waves == 2 ? 6 : 3))
		return MIX_RANGE;

	struct cue *c;
	enum mix_err err = cue_alloc(&c, (on_ms + off_ms + FRAME_MS - 1) / FRAME_MS);
	if (err)
		return err;
	if (n_waves > 0) {
		double amplitude = 32767 * sqrt(2.0 / n_waves) * pow(10, -(double)level_dbov / 20);
		for (enum rate_class rate = 0; rate < RATES; rate++)
			write_tone(c->pcm[rate], rate_hz(rate), (size_t)rate_hz(rate) * on_ms / 1000, hz_a,
				hz_b, amplitude);
	}
	*out = c;
	return MIX_OK;
}

enum mix_err cue_join(struct cue **out, const struct cue *const *parts, size_t n)
{
	struct cue *c;
	uint64_t frames = 0;

	for (size_t i = 0; i < n; i++)
		frames += parts[i]->frames;
	if (frames == 0 || frames > CUE_FRAMES_MAX)
		return MIX_RANGE;
	enum mix_err err = cue_alloc(&c, (uint32_t)frames);
	if (err)
		return err;
	for (enum rate_class rate = 0; rate < RATES; rate++) {
		int16_t *to = c->pcm[rate];
		for (size_t i = 0; i < n; i++) {
			size_t samples = parts[i]->frames * frame_samples(rate);
			memcpy(to, parts[i]->pcm[rate], samples * sizeof(*to));
			to += samples;
		}
	}
	*out = c;
	return MIX_OK;
}
