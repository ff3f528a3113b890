#include "mixer/mix.h"

#include <math.h>

static int is_unity(struct ramp gain)
{
	return gain.from == GAIN_UNITY && gain.to == GAIN_UNITY;
}

/* Steps of a ramp are kept 16 bits finer, so that its end is met. */
static int64_t ramp_step(struct ramp gain, size_t n)
{
	return (int64_t)(gain.to - gain.from) * 65536 / (int64_t)n;
}

int32_t gain_of_db(int db)
{
	int bounded = db < GAIN_DB_MIN ? GAIN_DB_MIN : db > GAIN_DB_MAX ? GAIN_DB_MAX : db;

	return (int32_t)lround(GAIN_UNITY * pow(10, bounded / 20.0));
}

void mix_add(int32_t *sum, int32_t *share, const int16_t *pcm, size_t n, struct ramp gain)
{
	const int64_t step = ramp_step(gain, n);
	int64_t now = (int64_t)gain.from * 65536;

	if (is_unity(gain)) {
		for (size_t i = 0; i < n; i++)
			sum[i] += pcm[i];
		for (size_t i = 0; share && i < n; i++)
			share[i] = pcm[i];
		return;
	}
	for (size_t i = 0; i < n; i++, now += step) {
		int32_t mine = (int32_t)(pcm[i] * (now >> 16) / GAIN_UNITY);

		sum[i] += mine;
		if (share)
			share[i] = mine;
	}
}

void mix_take(int32_t *out, const int32_t *sum, const int32_t *share, size_t n, struct ramp gain)
{
	const int64_t step = ramp_step(gain, n);
	int64_t now = (int64_t)gain.from * 65536;

	if (share)
		for (size_t i = 0; i < n; i++)
			out[i] = sum[i] - share[i];
	else
		for (size_t i = 0; i < n; i++)
			out[i] = sum[i];
	if (is_unity(gain))
		return;
	for (size_t i = 0; i < n; i++, now += step)
		out[i] = (int32_t)(out[i] * (now >> 16) / GAIN_UNITY);
}
