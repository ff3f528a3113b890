#include "mixer/comfort.h"

#include <math.h>
#include <string.h>

enum { ROOM_REFLECTION = -77, MOST_REFLECTION = 122, LOUDEST_DBOV = 17, CENTRE = 127 };

static int8_t bounded(int k)
{
	return (int8_t)(k > MOST_REFLECTION ? MOST_REFLECTION : k < -MOST_REFLECTION ? -MOST_REFLECTION : k);
}

void comfort_read(struct comfort *c, const uint8_t *payload, size_t len)
{
	int8_t reflection[COMFORT_ORDER] = { ROOM_REFLECTION };

	c->dbov = payload[0] & 127;
	c->order = (uint8_t)(len < 2 ? 1 : len - 1 < COMFORT_ORDER ? len - 1 : COMFORT_ORDER);
	for (unsigned i = 0; len > 1 && i < c->order; i++)
		reflection[i] = bounded(payload[i + 1] - CENTRE);
	if (memcmp(reflection, c->reflection, sizeof(reflection)) == 0)
		return;
	memcpy(c->reflection, reflection, sizeof(reflection));
	memset(c->past, 0, sizeof(c->past)); /* what rang in one filter would howl in another */
}

/* Uniform noise that comes out of the lattice at the level that was told. */
static float input_peak(const struct comfort *c)
{
	const int dbov = c->dbov < LOUDEST_DBOV ? LOUDEST_DBOV : c->dbov; /* nobody's comfort is louder */
	float power = 3 * 32768.0F * 32768.0F * powf(10, (float)-dbov / 10);

	for (unsigned i = 0; i < c->order; i++)
		power *= 1 - (float)(c->reflection[i] * c->reflection[i]) / (128 * 128);
	return sqrtf(power);
}

static float roll(struct comfort *c)
{
	c->dice = c->dice ? c->dice : 1;
	c->dice ^= c->dice << 13;
	c->dice ^= c->dice >> 17;
	c->dice ^= c->dice << 5;
	return (float)(int32_t)c->dice / 2147483648.0F;
}

void comfort_fill(struct comfort *c, int16_t *pcm, size_t n)
{
	const float peak = input_peak(c);

	for (size_t i = 0; i < n; i++) {
		float x = peak * roll(c);

		for (unsigned k = c->order; k > 0; k--) {
			const float reflection = (float)c->reflection[k - 1] / 128;

			x -= reflection * c->past[k - 1];
			if (k < c->order)
				c->past[k] = c->past[k - 1] + reflection * x;
		}
		c->past[0] = x;
		pcm[i] = (int16_t)lrintf(fminf(fmaxf(x, INT16_MIN), INT16_MAX));
	}
}
