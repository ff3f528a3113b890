#include "mixer/level.h"

#include "mixer/frame.h"
#include "mixer/quad.h"

#include <math.h>
#include <string.h>

/* Levels count down from full scale: a smaller number is louder. */
enum {
	QUIETEST_TALK = 57, /* whatever the floor: quieter than this is nobody talking */
	FLOOR_AT_FIRST = 60,
	ABOVE_TO_START = 9, /* dB over the noise floor */
	ABOVE_TO_STAY = 6,
	START_FRAMES = 2,   /* one frame alone is a click */
	HANG_MS = 400,      /* FEATURES L8 */
	WINDOW_FRAMES = 25, /* half a second */
};

enum { EIGHT = 8, HALF_BITS = 16 };

static quad squares(whole_quad x)
{
	const quad real = __builtin_convertvector(x, quad);

	return real * real;
}

/* A float's rounding is less than a ten thousandth of a dB here. */
static float sum_of_squares(const int16_t *pcm, size_t n)
{
	quad sums = { 0 };
	float sum = 0;
	size_t i = 0;

	for (; i + EIGHT <= n; i += EIGHT) {
		whole_quad two; /* samples in each */

		memcpy(&two, pcm + i, sizeof(two));
		sums += squares(two << HALF_BITS >> HALF_BITS) + squares(two >> HALF_BITS);
	}
	for (; i < n; i++)
		sum += (float)pcm[i] * (float)pcm[i];
	return sum + (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

uint8_t level_dbov(const int16_t *pcm, size_t n)
{
	const float sum = sum_of_squares(pcm, n);

	if (sum == 0)
		return LEVEL_SILENCE;
	double below = -10 * log10((double)sum / ((double)n * 32768 * 32768));
	return below >= LEVEL_SILENCE ? LEVEL_SILENCE : (uint8_t)lround(below);
}

void talk_init(struct talk *t)
{
	*t = (struct talk){ .smooth_dbov = LEVEL_SILENCE, .floor_dbov = FLOOR_AT_FIRST };
	for (unsigned i = 0; i < TALK_WINDOWS; i++)
		t->quiet_dbov[i] = FLOOR_AT_FIRST;
}

/* The noise floor is the quietest frame of the last two seconds (minimum statistics): speech has
 * a gap in every two seconds, steady noise has none. */
static void follow_floor(struct talk *t, uint8_t dbov)
{
	uint8_t quietest = 0;

	if (t->n_window == WINDOW_FRAMES) {
		t->n_window = 0;
		t->window = (uint8_t)((t->window + 1) % TALK_WINDOWS);
		t->quiet_dbov[t->window] = 0;
	}
	t->n_window++;
	if (dbov > t->quiet_dbov[t->window])
		t->quiet_dbov[t->window] = dbov;
	for (unsigned i = 0; i < TALK_WINDOWS; i++)
		if (t->quiet_dbov[i] > quietest)
			quietest = t->quiet_dbov[i];
	t->floor_dbov = quietest;
}

/* Louder at once by half the way, quieter by 1 dB a frame: syllables do not make the choice
 * of the loudest flutter. */
static void follow_level(struct talk *t, uint8_t dbov)
{
	if (dbov < t->smooth_dbov)
		t->smooth_dbov = (uint8_t)((t->smooth_dbov + dbov) / 2);
	else if (dbov > t->smooth_dbov)
		t->smooth_dbov++;
}

static bool is_voiced(const struct talk *t, uint8_t dbov)
{
	int threshold = t->floor_dbov - (t->talking ? ABOVE_TO_STAY : ABOVE_TO_START);

	return dbov <= QUIETEST_TALK && dbov <= threshold;
}

static bool follow(struct talk *t, uint8_t dbov)
{
	bool was = t->talking;

	follow_level(t, dbov);
	if (is_voiced(t, dbov)) {
		if (t->voiced < UINT8_MAX)
			t->voiced++;
		if (t->talking || t->voiced >= START_FRAMES) {
			t->talking = true;
			t->hang_ms = HANG_MS;
		}
	} else {
		t->voiced = 0;
		t->hang_ms = t->hang_ms > FRAME_MS ? (uint16_t)(t->hang_ms - FRAME_MS) : 0;
		if (t->hang_ms == 0)
			t->talking = false;
	}
	return t->talking != was;
}

bool talk_frame(struct talk *t, uint8_t dbov)
{
	follow_floor(t, dbov);
	return follow(t, dbov);
}

bool talk_guess(struct talk *t, uint8_t dbov)
{
	return follow(t, dbov);
}
