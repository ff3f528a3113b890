#include "mixer/stretch.h"

#include <math.h>
#include <string.h>

enum { BLEND_MAX = 48 * STRETCH_BLEND_US / 1000 };

struct splice {
	size_t lag; /* 0: none */
	float alike;
};

static size_t samples(enum rate_class rate, unsigned us)
{
	return (size_t)rate_hz(rate) / 1000 * us / 1000;
}

/* Correlation of pcm[0..span) with the same `lag` later, every `stride`th sample: -1..1.  Silence is like silence. */
static float likeness(const int16_t *pcm, size_t lag, size_t span, size_t stride)
{
	float both = 1, here = 1, there = 1;

	for (size_t i = 0; i < span; i += stride) {
		float a = pcm[i], b = pcm[i + lag];

		both += a * b;
		here += a * a;
		there += b * b;
	}
	return both / sqrtf(here * there);
}

/* The best of lags low..high; of equals the longest. */
static struct splice best_lag(
	const int16_t *pcm, size_t low, size_t high, size_t step, size_t span, size_t stride)
{
	struct splice best = { .lag = 0, .alike = -2 };

	for (size_t lag = high; lag >= low; lag -= step) {
		float alike = likeness(pcm, lag, span, stride);

		if (alike > best.alike)
			best = (struct splice){ lag, alike };
		if (lag < low + step)
			break;
	}
	return best;
}

static struct splice find_splice(
	const int16_t *pcm, size_t n, size_t most, enum rate_class rate, unsigned alike)
{
	size_t scale = rate_hz(rate) / 8000, blend = samples(rate, STRETCH_BLEND_US), span;
	size_t low = samples(rate, STRETCH_LAG_MIN_US), high = samples(rate, STRETCH_LAG_MAX_US);
	struct splice best = { 0 };

	high = most < high ? most : high;
	if (n < low + blend || high < low)
		return best;
	high = n - blend < high ? n - blend : high;
	span = n - high < 2 * blend ? n - high : 2 * blend;
	if (alike == 0)
		return (struct splice){ high, likeness(pcm, high, span, scale) };
	best = best_lag(pcm, low, high, scale, span, 2 * scale);
	low = best.lag > low + scale ? best.lag - scale : low;
	high = best.lag + scale < high ? best.lag + scale : high;
	best = best_lag(pcm, low, high, 1, span, scale > 1 ? scale / 2 : 1);
	if (best.alike * 100 < (float)alike)
		best.lag = 0;
	return best;
}

/* out[i] goes from from[i] to to[i]; `out` may be either. */
static void blend_over(int16_t *out, const int16_t *from, const int16_t *to, size_t n, float alike)
{
	float r = alike < 0 ? 0 : alike > 1 ? 1 : alike;

	for (size_t i = 0; i < n; i++) {
		float t = (float)(i + 1) / (float)(n + 1), s = 1 - t;
		float y = (s * from[i] + t * to[i]) / sqrtf(s * s + t * t + 2 * s * t * r);

		y = y > INT16_MAX ? INT16_MAX : y < INT16_MIN ? INT16_MIN : y;
		out[i] = (int16_t)lrintf(y);
	}
}

size_t stretch_cut(int16_t *pcm, size_t n, size_t most, enum rate_class rate, unsigned alike)
{
	struct splice at = find_splice(pcm, n, most, rate, alike);
	size_t blend = samples(rate, STRETCH_BLEND_US);

	if (at.lag == 0)
		return 0;
	blend_over(pcm, pcm, pcm + at.lag, blend, at.alike);
	memmove(pcm + blend, pcm + blend + at.lag, (n - blend - at.lag) * sizeof(*pcm));
	return at.lag;
}

size_t stretch_add(int16_t *pcm, size_t n, size_t most, enum rate_class rate, unsigned alike)
{
	struct splice at = find_splice(pcm, n, most, rate, alike);
	size_t blend = samples(rate, STRETCH_BLEND_US);
	int16_t again[BLEND_MAX];

	if (at.lag == 0)
		return 0;
	memcpy(again, pcm, blend * sizeof(*pcm));
	memmove(pcm + at.lag + blend, pcm + blend, (n - blend) * sizeof(*pcm));
	blend_over(pcm + at.lag, pcm + at.lag, again, blend, at.alike);
	return at.lag;
}
