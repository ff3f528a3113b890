#include "tools/crowd_tone.h"
#include <math.h>

/* Mean square of the sine in one block. */
static double block_power(const int16_t *ring, size_t cap, size_t from, size_t n, unsigned rate_hz, double hz)
{
	double turn = 2.0 * cos(2.0 * M_PI * hz / rate_hz), s1 = 0.0, s2 = 0.0, weight = 0.0;
	double peak;

	for (size_t i = 0; i < n; i++) {
		double hann = 0.5 - 0.5 * cos(2.0 * M_PI * (double)i / (double)n);
		double now = hann * ring[(from + i) % cap] + turn * s1 - s2;

		s2 = s1;
		s1 = now;
		weight += hann;
	}
	peak = 2.0 * sqrt(fmax(s1 * s1 + s2 * s2 - turn * s1 * s2, 0.0)) / weight;
	return peak * peak / 2.0;
}

double crowd_tone_dbov(const int16_t *ring, size_t cap, size_t from, size_t n, unsigned rate_hz, double hz)
{
	size_t block = (size_t)rate_hz * CROWD_TONE_BLOCK_MS / 1000, blocks = 0;
	double power = 0.0, dbov;

	if (n < 2 || rate_hz == 0 || hz * 2 >= rate_hz)
		return -127.0;
	block = block < n ? block : n;
	for (size_t at = 0; at + block <= n; at += (block + 1) / 2, blocks++)
		power += block_power(ring, cap, (from + at) % cap, block, rate_hz, hz);
	power /= (double)blocks;
	dbov = power > 0.0 ? 10.0 * log10(power / (32768.0 * 32768.0)) : -127.0;
	return dbov < -127.0 ? -127.0 : dbov;
}
