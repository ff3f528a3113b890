#include "mixer/echo.h"

#include "mixer/mix.h"

#include <math.h>
#include <string.h>

enum {
	SILENCE_DBOV = 62, /* levels below are all the same */
	TICK_MS = 20,
	LOOK_EVERY = 25,   /* frames */
	LEARN_LEAST = 100, /* frames, before the first look */
	LEARN_MOST = 200,  /* frames that the means are over */
	GOOD_LOOKS = 6,
	BAD_LOOKS = 12,
	OVER_ECHO_DB = 6, /* louder than the echo by this: somebody speaks */
	LOUD_DBOV = 40    /* frames that the loss is taken from */
};

static const float sure = 0.74f, unsure = 0.45f;
static const float least_power = 25; /* dB squared: steadier sound shows no echo */

static float above_silence(uint8_t dbov)
{
	return dbov < SILENCE_DBOV ? (float)(SILENCE_DBOV - dbov) : 0;
}

void echo_sent(struct echo *e, uint8_t dbov)
{
	float level = above_silence(dbov);

	memmove(e->sent_dbov + 1, e->sent_dbov, sizeof(e->sent_dbov) - 1);
	if (level > 0)
		e->quiet = 0;
	else if (e->quiet < UINT8_MAX)
		e->quiet++;
	if (e->quiet < ECHO_LAGS) {
		e->sent_n = e->sent_n < LEARN_MOST ? (uint16_t)(e->sent_n + 1) : LEARN_MOST;
		e->sent_mean += (level - e->sent_mean) / (float)e->sent_n;
	}
	e->sent_dbov[0] = dbov;
}

/* How far above what it usually is sent. */
static float sent_at(const struct echo *e, unsigned lag)
{
	return above_silence(e->sent_dbov[lag]) - e->sent_mean;
}

static void learn(struct echo *e, uint8_t dbov)
{
	float level = above_silence(dbov), heard, sent, rate;

	e->learned = e->learned < LEARN_MOST ? (uint16_t)(e->learned + 1) : LEARN_MOST;
	rate = 1.0f / (float)e->learned;
	e->heard_mean += (level - e->heard_mean) * rate;
	heard = level - e->heard_mean;
	e->heard_power += (heard * heard - e->heard_power) * rate;
	sent = sent_at(e, e->lag);
	e->sent_power += (sent * sent - e->sent_power) * rate;
	for (unsigned i = 0; i < ECHO_LAGS; i++)
		e->cross[i] += (sent_at(e, i) * heard - e->cross[i]) * rate;
	if (e->sent_dbov[e->lag] < LOUD_DBOV)
		e->loss += ((float)dbov - (float)e->sent_dbov[e->lag] - e->loss) * 0.05f;
}

static unsigned best_lag(const struct echo *e)
{
	unsigned best = 0;

	for (unsigned i = 1; i < ECHO_LAGS; i++)
		if (e->cross[i] > e->cross[best])
			best = i;
	return best;
}

static bool near(unsigned a, unsigned b)
{
	return a <= b + 1 && b <= a + 1;
}

/* Between two lags, by the parabola through three; the frame sent last tick is at lag 0. */
static uint16_t delay_ms(const struct echo *e, unsigned lag)
{
	float before = lag > 0 ? e->cross[lag - 1] : 0, at = e->cross[lag];
	float after = lag + 1 < ECHO_LAGS ? e->cross[lag + 1] : 0, bend = before - 2 * at + after;
	float off = bend < 0 ? 0.5f * (before - after) / bend : 0;

	return (uint16_t)lroundf(fmaxf(0, ((float)lag + 1 + fminf(fmaxf(off, -0.5f), 0.5f)) * TICK_MS));
}

static void tell(struct echo *e, float likeness)
{
	e->finding.delay_ms = delay_ms(e, e->lag);
	e->finding.loss_db = (int8_t)lroundf(fminf(fmaxf(e->loss, -20), 60));
	e->finding.confidence = (uint8_t)lroundf(100 * fminf(likeness, 1));
}

static void look(struct echo *e)
{
	unsigned best = best_lag(e);
	float power = sqrtf(e->sent_power * e->heard_power);
	float likeness =
		e->sent_power > least_power && e->heard_power > least_power / 4 ? e->cross[best] / power : 0;

	if (likeness < unsure || !near(best, e->lag)) {
		e->good = 0;
		if (e->bad < BAD_LOOKS)
			e->bad++;
		if (!e->found)
			e->lag = (uint8_t)best;
		return;
	}
	e->bad = 0;
	e->lag = (uint8_t)best;
	if (likeness < sure)
		return;
	if (e->good < GOOD_LOOKS)
		e->good++;
	if (e->good >= GOOD_LOOKS)
		tell(e, likeness);
}

bool echo_heard(struct echo *e, uint8_t dbov)
{
	bool before = e->found;

	if (e->quiet >= ECHO_LAGS)
		return false;
	learn(e, dbov);
	if (++e->since < LOOK_EVERY || e->learned < LEARN_LEAST)
		return false;
	e->since = 0;
	look(e);
	e->found = e->found ? e->bad < BAD_LOOKS : e->good >= GOOD_LOOKS;
	return e->found != before;
}

int32_t echo_gain(const struct echo *e, uint8_t dbov)
{
	unsigned first = e->lag > 0 ? e->lag - 1u : 0,
		 last = e->lag + 2 < ECHO_LAGS ? e->lag + 2u : ECHO_LAGS - 1;
	int loudest = 127;

	if (!e->found)
		return GAIN_UNITY;
	for (unsigned i = first; i <= last; i++)
		loudest = e->sent_dbov[i] < loudest ? e->sent_dbov[i] : loudest;
	if (loudest >= SILENCE_DBOV || (int)dbov < loudest + e->finding.loss_db - OVER_ECHO_DB)
		return GAIN_UNITY;
	return gain_of_db(-ECHO_DUCK_DB);
}
