#include "mixer/limit.h"

#include <string.h>

enum { BLOCKS = FRAME_MS / LIMIT_LOOK_MS };

/* Per block of 5 ms, of what is missing to unity: too slow to follow a voice's own wave.  The least
 * step ends the recovery within half a second, and with it all difference to the input. */
static const float recovery = 0.04f;
static const float least_step = 0.002f;

static size_t block_samples(enum rate_class rate)
{
	return rate_hz(rate) / 1000 * LIMIT_LOOK_MS;
}

size_t limit_size(enum rate_class rate)
{
	return offsetof(struct limit, tail) + block_samples(rate) * sizeof(int32_t);
}

void limit_copy(struct limit *to, const struct limit *from)
{
	memcpy(to, from, offsetof(struct limit, tail) + from->n_tail * sizeof(from->tail[0]));
}

void limit_init(struct limit *l, enum rate_class rate)
{
	memset(l, 0, limit_size(rate));
	l->gain = 1;
	l->n_tail = (uint16_t)block_samples(rate);
}

/* The largest gain that keeps every sample of the block at or under the ceiling. */
static float block_gain(const int32_t *sum, size_t n)
{
	uint32_t peak = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t size = sum[i] < 0 ? 0u - (uint32_t)sum[i] : (uint32_t)sum[i];
		peak = size > peak ? size : peak;
	}
	return peak > LIMIT_CEILING ? (float)LIMIT_CEILING / (float)peak : 1.0f;
}

static float recovered(float gain)
{
	float step = (1 - gain) * recovery;

	gain += step > least_step ? step : least_step;
	return gain < 1 ? gain : 1;
}

/* Gain goes in a line from `from` to `to`, both low enough for the whole block. */
static void write_block(const int32_t *sum, int16_t *out, size_t n, float from, float to)
{
	float gain = from, step = (to - from) / (float)n;

	if (from >= 1 && to >= 1) {
		for (size_t i = 0; i < n; i++)
			out[i] = (int16_t)sum[i];
		return;
	}
	for (size_t i = 0; i < n; i++) {
		float scaled = (float)sum[i] * gain;
		out[i] = (int16_t)(scaled < 0 ? scaled - 0.5f : scaled + 0.5f);
		gain += step;
	}
}

/* Block by block, one block late.  The gain at a block's end suits that block and the next one, so at
 * its start it suits the block already: nothing is ever over the ceiling, and it falls
 * during the 5 ms before a peak. */
void limit_frame(struct limit *l, enum rate_class rate, const int32_t *sum, int16_t *out)
{
	size_t n = block_samples(rate);
	const int32_t *block = l->tail;
	float here = block_gain(block, n);

	for (size_t b = 0; b < BLOCKS; b++) {
		const int32_t *next = sum + b * n;
		float ahead = block_gain(next, n);
		float gain = recovered(l->gain);
		if (gain > here)
			gain = here;
		if (gain > ahead)
			gain = ahead;
		write_block(block, out + b * n, n, l->gain, gain);
		l->gain = gain;
		here = ahead;
		block = next;
	}
	memcpy(l->tail, block, n * sizeof(*block));
}
