#include "tests/speech.h"

#include "mixer/cue.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct speech speech_load(const char *path, unsigned seconds)
{
	struct speech s = { 0 };
	struct cue *cue = NULL;
	const struct cue *list[1];
	struct cue_player player = { 0 };
	size_t frames;
	uint32_t ended;

	if (cue_load(&cue, path) != MIX_OK)
		return s;
	frames = cue_ms(cue) / FRAME_MS;
	if (frames > seconds * 50)
		frames = seconds * 50;
	s.pcm = calloc(frames * 160 + 160, sizeof(int16_t));
	list[0] = cue;
	if (s.pcm && cue_play(&player, list, 1, false, 1) == MIX_OK)
		for (s.n = 0; s.n < frames * 160; s.n += 160)
			cue_frame(&player, RATE_8K, s.pcm + s.n, &ended);
	cue_free(cue);
	return s;
}

static int16_t clamped(double x)
{
	return (int16_t)lrint(fmax(-32768, fmin(32767, x)));
}

void speech_scale(struct speech *s, double dbov)
{
	double gain = pow(10, (dbov - active_level(s->pcm, s->n)) / 20);

	for (size_t i = 0; i < s->n; i++)
		s->pcm[i] = clamped(s->pcm[i] * gain);
}

void speech_add_noise(struct speech *s, double dbov, unsigned seed)
{
	double peak = 32768 * sqrt(3) * pow(10, dbov / 20);

	srand(seed);
	for (size_t i = 0; i < s->n; i++)
		s->pcm[i] = clamped(s->pcm[i] + peak * (2.0 * rand() / RAND_MAX - 1));
}

double rms_level(const int16_t *pcm, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)pcm[i] * pcm[i];
	return sum > 0 ? 10 * log10(sum / (double)n / 32768 / 32768) : -100;
}

/* Method B: an envelope by two exponential averages of 30 ms, its activity over thresholds 2^j with a hangover of
 * 200 ms, and the level whose threshold lies 15.9 dB below it, by interpolation. */
double active_level(const int16_t *pcm, size_t n)
{
	enum { THRESHOLDS = 15, HANG = 1600 };
	const double g = exp(-1 / (8000 * 0.03));
	double p = 0, q = 0, sum = 0, before_a = 0, before_d = 0;
	size_t active[THRESHOLDS] = { 0 };
	unsigned hang[THRESHOLDS];

	for (unsigned j = 0; j < THRESHOLDS; j++)
		hang[j] = HANG;
	for (size_t i = 0; i < n; i++) {
		sum += (double)pcm[i] * pcm[i];
		p = g * p + (1 - g) * abs(pcm[i]);
		q = g * q + (1 - g) * p;
		for (unsigned j = 0; j < THRESHOLDS; j++) {
			if (q >= 1u << j) {
				active[j]++;
				hang[j] = 0;
			} else if (hang[j] < HANG) {
				active[j]++;
				hang[j]++;
			}
		}
	}
	for (unsigned j = 0; j < THRESHOLDS && active[j]; j++) {
		double a = 10 * log10(sum / (double)active[j] / 32768 / 32768),
		       c = 20 * log10((1u << j) / 32768.0);
		double d = a - c - 15.9;

		if (d <= 0 && j > 0)
			return before_a + (a - before_a) * before_d / (before_d - d);
		before_a = a;
		before_d = d;
	}
	return -100;
}
