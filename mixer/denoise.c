#include "mixer/denoise.h"

#include "mixer/level.h"

#include <math.h>
#include <speex/speex_preprocess.h>
#include <stdlib.h>
#include <string.h>

enum {
	EAR_HZ = 4000,
	EAR_SAMPLES = EAR_HZ / 1000 * FRAME_MS,
	LAG_MIN = EAR_HZ / 500, /* pitches of 100 to 500 Hz */
	LAG_MAX = EAR_HZ / 100,
	MEMORY = DENOISE_MUSIC_MS / FRAME_MS,
	QUIET_DBOV = 50, /* quieter frames have no pitch */
	HANG = 20,
	DIP_DB = 16
};

static const float tonal_least = 0.6f; /* of the autocorrelation's peak */
static const float tonal_share = 0.25f;
static const float moves_like_speech = 2.2f, dips_like_speech = 0.10f; /* as in agc.c */

struct denoise {
	SpeexPreprocessState *speex; /* owned */
	enum rate_class rate;
	struct music music;
	bool through;              /* the last frame went through as it was */
	int16_t before[FRAME_MAX]; /* as it came: what goes through must be as late as what does not */
	int16_t out[FRAME_MAX];
};

/* ---- music ---- */

static void to_ear(float *out, enum rate_class rate, const int16_t *pcm)
{
	size_t step = rate_hz(rate) / EAR_HZ;

	for (size_t i = 0; i < EAR_SAMPLES; i++) {
		int32_t sum = 0;

		for (size_t k = 0; k < step; k++)
			sum += pcm[i * step + k];
		out[i] = (float)sum / (float)step;
	}
}

static float periodicity(const float *x)
{
	float best = 0;

	for (unsigned lag = LAG_MIN; lag <= LAG_MAX; lag++) {
		float cross = 0, a = 1, b = 1;

		for (unsigned i = lag; i < EAR_SAMPLES; i++) {
			cross += x[i] * x[i - lag];
			a += x[i] * x[i];
			b += x[i - lag] * x[i - lag];
		}
		cross /= sqrtf(a * b);
		best = cross > best ? cross : best;
	}
	return best;
}

static void follow(float *mean, float value, float n)
{
	*mean += (value - *mean) / n;
}

bool music_frame(struct music *m, enum rate_class rate, const int16_t *pcm)
{
	uint8_t dbov = level_dbov(pcm, frame_samples(rate));
	int step = dbov - m->last_dbov;
	float x[EAR_SAMPLES];

	m->last_dbov = dbov;
	m->quiet = dbov > QUIET_DBOV ? (uint8_t)(m->quiet < UINT8_MAX ? m->quiet + 1 : UINT8_MAX) : 0;
	if (m->quiet > HANG) /* a pause tells nothing */
		return m->on;
	to_ear(x, rate, pcm);
	m->n = m->n < MEMORY ? m->n + 1 : MEMORY;
	m->loudest = m->n < 2 || dbov < m->loudest ? (float)dbov : m->loudest + 0.1f;
	follow(&m->tonal, m->quiet == 0 && periodicity(x) > tonal_least ? 1 : 0, m->n);
	follow(&m->movement, (float)(step < -8 || step > 8 ? 8 : step < 0 ? -step : step), m->n);
	follow(&m->dips, (float)dbov > m->loudest + DIP_DB ? 1 : 0, m->n);
	if (m->n >= MEMORY)
		m->on = m->tonal > tonal_share &&
			(m->movement < moves_like_speech || m->dips < dips_like_speech) &&
			m->dips < 2 * dips_like_speech && m->movement < moves_like_speech * 1.1f;
	return m->on;
}

/* ---- suppression ---- */

enum mix_err denoise_alloc(struct denoise **out, enum rate_class rate)
{
	struct denoise *d;
	int on = 1, off = 0, db = -DENOISE_DB;

	if ((unsigned)rate >= RATES)
		return MIX_RANGE;
	d = calloc(1, sizeof(*d));
	if (!d)
		return MIX_NOMEM;
	d->rate = rate;
	d->speex = speex_preprocess_state_init((int)frame_samples(rate), (int)rate_hz(rate));
	if (!d->speex) {
		free(d);
		return MIX_NOMEM;
	}
	speex_preprocess_ctl(d->speex, SPEEX_PREPROCESS_SET_DENOISE, &on);
	speex_preprocess_ctl(d->speex, SPEEX_PREPROCESS_SET_NOISE_SUPPRESS, &db);
	speex_preprocess_ctl(d->speex, SPEEX_PREPROCESS_SET_AGC, &off);
	*out = d;
	return MIX_OK;
}

struct denoise *denoise_free(struct denoise *d)
{
	if (!d)
		return NULL;
	speex_preprocess_state_destroy(d->speex);
	free(d);
	return NULL;
}

const int16_t *denoise_frame(struct denoise *d, const int16_t *pcm)
{
	size_t n = frame_samples(d->rate);
	bool through = music_frame(&d->music, d->rate, pcm);

	memcpy(d->out, pcm, n * sizeof(*pcm));
	speex_preprocess_run(d->speex, d->out);
	for (size_t i = 0; (through || d->through) && i < n; i++) {
		int32_t in = (int32_t)(i * 256 / n), weight = !d->through ? in : through ? 256 : 256 - in;

		/* speex gives out a frame later what came */
		d->out[i] = (int16_t)((d->before[i] * weight + d->out[i] * (256 - weight)) / 256);
	}
	memcpy(d->before, pcm, n * sizeof(*pcm));
	d->through = through;
	return d->out;
}

enum rate_class denoise_rate(const struct denoise *d)
{
	return d->rate;
}

bool denoise_hears_music(const struct denoise *d)
{
	return d->music.on;
}
