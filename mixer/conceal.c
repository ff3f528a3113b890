#include "mixer/conceal.h"
#include "mixer/warm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Lengths in milliseconds' eighths, as samples of 8 kHz; twice as many at 16 kHz. */
enum {
	LAG_MIN = 40,  /* 200 Hz: higher voices repeat in two or three of their periods */
	LAG_MAX = 120, /* 66 Hz */
	SPAN = 160,    /* how much of the past must be alike one lag apart */
	HISTORY = LAG_MAX + SPAN,
	HOLD = 80, /* 10 ms at full level, then down to nothing at 60 ms (G.711 Appendix I) */
	FADE_END = 480,
	JOIN = 32, /* 4 ms of cross-fade back to real sound, and as much for each 10 ms lost */
	JOIN_MAX = 80,
	MEET = 80,      /* so much of what came late must fit; by as much as pays for the delay: */
	MEET_COST = 15, /* percent of likeness for a whole period */
	SCALE_MAX = 2,
};

struct conceal {
	int16_t *cycle;   /* into sound[]: one period that joins to itself, repeated while sound is missing */
	uint16_t lag;     /* its length */
	uint16_t at;      /* within it */
	uint32_t missing; /* samples made up in a row; 0: sound is good */
	float step;       /* between the last real sample and the cycle, taken back softly */
	uint8_t scale, widest; /* rate / 8000: now, and the most there is room for */
	int16_t history[];     /* the last real sound, oldest first; behind it the cycle */
};

static uint8_t scale_of(enum rate_class rate)
{
	return rate == RATE_8K ? 1 : SCALE_MAX;
}

static size_t samples_of(uint8_t scale)
{
	return (size_t)(HISTORY + LAG_MAX) * scale;
}

enum mix_err conceal_alloc(struct conceal **out, enum rate_class widest)
{
	struct conceal *c = calloc(1, sizeof(*c) + samples_of(scale_of(widest)) * sizeof(int16_t));

	if (!c)
		return MIX_NOMEM;
	c->scale = 1;
	c->widest = scale_of(widest);
	c->cycle = c->history + (size_t)HISTORY * c->widest;
	*out = c;
	return MIX_OK;
}

struct conceal *conceal_free(struct conceal *c)
{
	free(c);
	return NULL;
}

void conceal_warm(const struct conceal *c)
{
	warm(c, sizeof(*c) + HISTORY * sizeof(int16_t));
}

void conceal_rate(struct conceal *c, enum rate_class rate)
{
	uint8_t scale = scale_of(rate);

	if (scale == c->scale || scale > c->widest)
		return;
	memset(c->history, 0, samples_of(c->widest) * sizeof(int16_t));
	c->lag = c->at = 0;
	c->missing = 0;
	c->step = 0;
	c->scale = scale;
}

static size_t history_len(const struct conceal *c)
{
	return (size_t)HISTORY * c->scale;
}

static void remember(struct conceal *c, const int16_t *pcm, size_t n)
{
	size_t len = history_len(c);

	if (n >= len) {
		memcpy(c->history, pcm + n - len, len * sizeof(*pcm));
		return;
	}
	memmove(c->history, c->history + n, (len - n) * sizeof(*pcm));
	memcpy(c->history + len - n, pcm, n * sizeof(*pcm));
}

/* How alike the last SPAN is to itself `lag` earlier, every `stride`th sample: -1..1. */
static float likeness(const struct conceal *c, size_t lag, size_t stride)
{
	const int16_t *end = c->history + history_len(c), *now = end - (size_t)SPAN * c->scale;
	float both = 0, then_power = 1;

	for (; now < end; now += stride) {
		float then = *(now - lag);
		both += (float)*now * then;
		then_power += then * then;
	}
	return both <= 0 ? 0 : both * both / then_power;
}

static size_t find_lag(const struct conceal *c)
{
	size_t stride = 2u * c->scale, low = (size_t)LAG_MIN * c->scale, high = (size_t)LAG_MAX * c->scale;
	size_t best = high, from, to;
	float most = 0;

	for (size_t lag = low; lag <= high; lag += c->scale) {
		float alike = likeness(c, lag, stride);
		if (alike > most) {
			most = alike;
			best = lag;
		}
	}
	from = best > low + c->scale ? best - c->scale : low;
	to = best + c->scale < high ? best + c->scale : high;
	most = 0;
	for (size_t lag = from; lag <= to; lag++) {
		float alike = likeness(c, lag, 1);
		if (alike > most) {
			most = alike;
			best = lag;
		}
	}
	return best;
}

/* The last period, its end blended into what came before its begin, so that it repeats without a seam. */
static void begin_gap(struct conceal *c)
{
	size_t lag = find_lag(c), blend = lag / 4;
	const int16_t *period = c->history + history_len(c) - lag;

	memcpy(c->cycle, period, lag * sizeof(*period));
	for (size_t i = 0; i < blend; i++) {
		float in = (float)(i + 1) / (float)(blend + 1);
		float mixed = (1 - in) * (float)period[lag - blend + i] + in * (float)*(period + i - blend);
		c->cycle[lag - blend + i] = (int16_t)lrintf(mixed);
	}
	c->lag = (uint16_t)lag;
	c->at = 0;
	c->step = (float)period[lag - 1] - (float)*(period - 1);
}

static float gain_at(const struct conceal *c)
{
	uint32_t hold = (uint32_t)HOLD * c->scale, end = (uint32_t)FADE_END * c->scale;

	if (c->missing <= hold)
		return 1;
	return c->missing >= end ? 0 : (float)(end - c->missing) / (float)(end - hold);
}

/* The next made-up sample. */
static float make_one(struct conceal *c)
{
	float sample = c->cycle[c->at] * gain_at(c);
	size_t soft = c->lag / 4u;

	if (c->missing < soft)
		sample += c->step * (float)(soft - c->missing) / (float)(soft + 1);
	c->at = (uint16_t)(c->at + 1 == c->lag ? 0 : c->at + 1);
	c->missing++;
	return sample;
}

static int16_t clipped(float sample)
{
	return (int16_t)lrintf(fminf(fmaxf(sample, INT16_MIN), INT16_MAX));
}

void conceal_fill(struct conceal *c, int16_t *pcm, size_t n)
{
	if (c->missing == 0)
		begin_gap(c);
	if (c->missing >= (uint32_t)FADE_END * c->scale) {
		memset(pcm, 0, n * sizeof(*pcm));
		memset(c->history, 0, history_len(c) * sizeof(int16_t));
		return;
	}
	for (size_t i = 0; i < n; i++)
		pcm[i] = clipped(make_one(c));
	remember(c, pcm, n);
}

struct meeting {
	size_t ahead; /* samples that the period goes on first */
	float worth;  /* likeness, -1..1, less what the delay costs */
};

/* How well what came, pcm[0..span), goes with the period `ahead` of where it stands; every `stride`th sample. */
static float worth(const struct conceal *c, const int16_t *pcm, size_t span, size_t ahead, size_t stride)
{
	size_t at = (c->at + ahead) % c->lag;
	float both = 0, here = 1, there = 1;

	for (size_t i = 0; i < span; i += stride) {
		float a = pcm[i], b = c->cycle[at];

		both += a * b;
		here += a * a;
		there += b * b;
		at += stride;
		at = at < c->lag ? at : at - c->lag;
	}
	return both / sqrtf(here * there) - (float)MEET_COST / 100 * (float)ahead / (float)c->lag;
}

static struct meeting best_meeting(
	const struct conceal *c, const int16_t *pcm, size_t span, size_t from, size_t to, size_t step)
{
	struct meeting best = { .worth = -2 };

	for (size_t ahead = from; ahead <= to; ahead += step) {
		float w = worth(c, pcm, span, ahead, step);

		if (w > best.worth)
			best = (struct meeting){ ahead, w };
	}
	return best;
}

static size_t find_meeting(const struct conceal *c, const int16_t *pcm, size_t n, size_t most)
{
	const size_t span = n < (size_t)MEET * c->scale ? n : (size_t)MEET * c->scale, step = 2u * c->scale;
	size_t about;

	most = most < c->lag ? most : c->lag - 1u;
	about = best_meeting(c, pcm, span, 0, most, step).ahead;
	return best_meeting(
		c, pcm, span, about > step ? about - step : 0, about + step < most ? about + step : most, 1)
		.ahead;
}

size_t conceal_meet(struct conceal *c, int16_t *pcm, size_t n, size_t most)
{
	size_t more = 0;

	if (c->missing > 0 && c->missing < (uint32_t)FADE_END * c->scale)
		more = find_meeting(c, pcm, n, most);
	if (more > 0) {
		memmove(pcm + more, pcm, n * sizeof(*pcm));
		for (size_t i = 0; i < more; i++)
			pcm[i] = clipped(make_one(c));
	}
	conceal_good(c, pcm + more, n);
	return more;
}

void conceal_good(struct conceal *c, int16_t *pcm, size_t n)
{
	if (c->missing) {
		size_t hold = (size_t)HOLD * c->scale, lost_10ms = hold > 0 ? c->missing / hold : 0;
		size_t join = JOIN * (lost_10ms ? lost_10ms : 1);
		join = (join < JOIN_MAX ? join : JOIN_MAX) * c->scale;
		if (join > n)
			join = n;
		for (size_t i = 0; i < join; i++) {
			float real = (float)(i + 1) / (float)(join + 1);
			pcm[i] = clipped(real * pcm[i] + (1 - real) * make_one(c));
		}
		c->missing = 0;
	}
	remember(c, pcm, n);
}
