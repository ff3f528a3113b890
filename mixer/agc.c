#include "mixer/agc.h"

#include "mixer/mix.h"

#include <math.h>

enum {
	BLOCK = 75,           /* frames above the noise */
	HANG = 10,            /* frames: P.56's 200 ms */
	EVIDENCE = 20,        /* frames like speech before it acts */
	EVIDENCE_MAX = 100,   /* and how long it believes */
	JUMP_DB = 15,         /* a step this large is an edge of a tone or a click, not a syllable */
	NOISE_MOST_DBOV = 42, /* noise is not lifted beyond */
	CLEAR_DB = 10         /* a voice nearer to its noise than this is not lifted */
};

static const float margin_db = 15.9f;  /* P.56 section 6.1 */
static const float memory = 200;       /* active frames: a voice is followed over 4 s */
static const float moved = 0.32f;      /* 5 dB */
static const float memory_before = 40; /* while it is not known to be speech */
static const float look = 60;          /* frames over which movement and dips are looked at */
static const float look_least = 35;
static const float moves_like_speech = 2.2f; /* dB a frame; prompts 2.8 to 3.2, hold music 1.2 to 2.0 */
static const float dips_like_speech = 0.10f; /* prompts 0.2 to 0.3, hold music under 0.07 */
static const float dip_db = 16, dip_least_db = 10;
static const float off_most_db = 0.7f;
static const float up_db = 0.3f, down_db = 0.5f, pause_db = 0.5f; /* a frame */

void agc_init(struct agc *a)
{
	*a = (struct agc){ .last_dbov = LEVEL_SILENCE, .loudest = LEVEL_SILENCE };
}

static float in_db(float power)
{
	return 3.0103f * log2f(power);
}

static float level_of(const struct agc *a) /* dBov, counted down */
{
	return a->power > 0 ? -in_db(a->power) : LEVEL_SILENCE;
}

static void follow_mean(float *mean, float value, float over)
{
	*mean += (value - *mean) / over;
}

/* A dip is deep, or goes down to the noise. */
static bool is_dip(const struct agc *a, const struct talk *t, uint8_t dbov)
{
	float below = (float)dbov - a->loudest;

	return below > dip_db || (below > dip_least_db && dbov + 3 >= t->floor_dbov);
}

static bool above_noise(const struct talk *t, uint8_t dbov)
{
	return dbov + 6 < t->floor_dbov;
}

static void look_for_speech(struct agc *a, const struct talk *t, uint8_t dbov)
{
	int step = dbov - a->last_dbov;
	float size = (float)(step < 0 ? -step : step), over;

	if (size > JUMP_DB)
		size = 0;
	else if (size > 8)
		size = 8;
	a->loudest = dbov < a->loudest ? (float)dbov : a->loudest + 0.1f;
	a->seen = fminf(a->seen + 1, look);
	over = a->seen;
	if (above_noise(t, dbov) || above_noise(t, a->last_dbov))
		follow_mean(&a->movement, size, over);
	follow_mean(&a->dips, is_dip(a, t, dbov) ? 1 : 0, over * 1.5f);
	if (a->seen >= look_least && a->movement > moves_like_speech && a->dips > dips_like_speech)
		a->evidence = a->evidence < EVIDENCE_MAX ? (uint8_t)(a->evidence + 1) : EVIDENCE_MAX;
	else if (a->evidence > 0)
		a->evidence--;
}

/* A mean of powers forgets loud words slowly, and its gate lets nothing in that is far below: a plain mean of each
 * second or two tells when the voice has become another. */
static void follow_level(struct agc *a, const struct talk *t, uint8_t dbov)
{
	float power = exp2f((float)dbov * -0.332193f);
	bool active = a->n < 1 || dbov <= level_of(a) + margin_db;

	a->hang = active ? HANG : a->hang > 0 ? (uint8_t)(a->hang - 1) : 0;
	if (active || a->hang > 0) {
		a->n = fminf(a->n + 1, a->evidence >= EVIDENCE ? memory : memory_before);
		follow_mean(&a->power, power, a->n);
	}
	if (!above_noise(t, dbov))
		return;
	a->block += power;
	if (++a->n_block < BLOCK)
		return;
	if (a->block / BLOCK < a->power * moved) {
		a->power = a->block / BLOCK;
		a->n = BLOCK;
	}
	a->block = 0;
	a->n_block = 0;
}

static float wanted_db(const struct agc *a, const struct talk *t)
{
	float level = level_of(a), gain = fminf(fmaxf(level - AGC_TARGET_DBOV, -AGC_MOST_DB), AGC_MOST_DB);
	float most = (float)t->floor_dbov - NOISE_MOST_DBOV;

	if (gain > 0 && (level + CLEAR_DB > (float)t->floor_dbov || most < 0))
		return 0;
	return fminf(gain, fmaxf(most, 0));
}

static void step_towards(float *now, float to, float up, float down)
{
	*now = to > *now ? fminf(*now + up, to) : fmaxf(*now - down, to);
}

/* A gain that stands still costs less in the mix than one that moves a little all the time. */
static void follow_wanted(struct agc *a, float wanted)
{
	if (fabsf(wanted - a->gain_db) > off_most_db)
		a->moves = true;
	if (!a->moves)
		return;
	step_towards(&a->gain_db, wanted, up_db, down_db);
	a->moves = a->gain_db != wanted;
}

int32_t agc_frame(struct agc *a, const struct talk *t, uint8_t dbov)
{
	if (t->talking) {
		look_for_speech(a, t, dbov);
		follow_level(a, t, dbov);
		if (a->evidence >= EVIDENCE)
			follow_wanted(a, wanted_db(a, t));
		a->now_db = a->gain_db;
	} else {
		step_towards(&a->now_db, fminf(a->gain_db, 0), pause_db, pause_db);
	}
	a->last_dbov = dbov;
	return a->now_db == 0 ? GAIN_UNITY : (int32_t)lroundf(GAIN_UNITY * exp2f(a->now_db * 0.166096f));
}

int agc_gain_db(const struct agc *a)
{
	return (int)lroundf(a->gain_db);
}
