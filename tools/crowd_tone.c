#include "tools/crowd_tone.h"
#include <math.h>

enum { BRIEF_MS = 200 };
#define ALIKE 10.0     /* 10 dB */
#define PART_OF 1000.0 /* 30 dB */

struct stretch {
	const int16_t *ring;
	size_t cap, from, n;
	unsigned rate_hz;
};

/* Mean square of the sine in one block, `at` samples into the stretch. */
static double block_power(const struct stretch *s, size_t at, size_t n, double hz)
{
	double turn = 2.0 * cos(2.0 * M_PI * hz / s->rate_hz), s1 = 0.0, s2 = 0.0, weight = 0.0;
	double peak;

	for (size_t i = 0; i < n; i++) {
		double hann = 0.5 - 0.5 * cos(2.0 * M_PI * (double)i / (double)n);
		double now = hann * s->ring[(s->from + at + i) % s->cap] + turn * s1 - s2;

		s2 = s1;
		s1 = now;
		weight += hann;
	}
	peak = 2.0 * sqrt(fmax(s1 * s1 + s2 * s2 - turn * s1 * s2, 0.0)) / weight;
	return peak * peak / 2.0;
}

static double mean_power(const struct stretch *s, unsigned block_ms, double hz)
{
	size_t block = (size_t)s->rate_hz * block_ms / 1000, blocks = 0;
	double power = 0.0;

	block = block < s->n ? block : s->n;
	for (size_t at = 0; at + block <= s->n; at += (block + 1) / 2, blocks++)
		power += block_power(s, at, block, hz);
	return power / (double)blocks;
}

/* Mean square of all there is. */
static double whole_power(const struct stretch *s)
{
	double sum = 0.0;

	for (size_t i = 0; i < s->n; i++) {
		double sample = s->ring[(s->from + i) % s->cap];

		sum += sample * sample;
	}
	return sum / (double)s->n;
}

double crowd_tone_dbov(const int16_t *ring, size_t cap, size_t from, size_t n, unsigned rate_hz, double hz)
{
	const struct stretch s = { ring, cap, from, n, rate_hz };
	double power, brief, dbov;

	if (n < 2 || rate_hz == 0 || hz * 2 >= rate_hz)
		return -127.0;
	power = mean_power(&s, CROWD_TONE_BLOCK_MS, hz);
	brief = mean_power(&s, BRIEF_MS, hz);
	if (brief > power && brief <= power * ALIKE && power * PART_OF >= whole_power(&s))
		power = brief;
	dbov = power > 0.0 ? 10.0 * log10(power / (32768.0 * 32768.0)) : -127.0;
	return dbov < -127.0 ? -127.0 : dbov;
}
