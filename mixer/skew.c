#include "mixer/skew.h"

#include <math.h>
#include <stddef.h>

enum {
	WINDOW_FIRST_US = 250000,
	WINDOW_LAST_US = 4000000,
	WINDOW_PACKETS = 4, /* fewer do not make a mark */
	STEP_US = 3000,     /* a mark so far from its line begins a new one */
	POINTS_LEAST = 4,
	MARKS_FEW = 8,
	SPAN_LEAST_MS = 750,
	MOST_PPM = SKEW_MAX_PPB / 1000,
	LEAST_PPM = SKEW_LEAST_PPB / 1000,
	PAIRS = SKEW_POINTS * (SKEW_POINTS - 1) / 2
};

struct slope {
	float ppm, weight;
};

/* By ppm: Shell's sort with the gaps of Ciura; a hundred slopes in a third of the time that qsort() takes to call its
 * comparison. */
static void sort(struct slope *s, size_t n)
{
	static const uint8_t gaps[] = { 57, 23, 10, 4, 1 };

	for (size_t g = 0; g < sizeof(gaps); g++)
		for (size_t i = gaps[g]; i < n; i++) {
			const struct slope one = s[i];
			size_t at = i;

			for (; at >= gaps[g] && s[at - gaps[g]].ppm > one.ppm; at -= gaps[g])
				s[at] = s[at - gaps[g]];
			s[at] = one;
		}
}

/* A clock that is fast makes transit fall. */
static float slope_of(const struct skew *k, unsigned a, unsigned b)
{
	return -1000.0f * (float)(k->mark[b].transit_us - k->mark[a].transit_us) /
	       (float)(k->mark[b].at_ms - k->mark[a].at_ms);
}

/* Half of the weight lies on either side. */
static float median(struct slope *s, size_t n)
{
	float all = 0, below = 0;

	sort(s, n);
	for (size_t i = 0; i < n; i++)
		all += s[i].weight;
	for (size_t i = 0; i < n; i++) {
		below += s[i].weight;
		if (below >= all / 2)
			return s[i].ppm;
	}
	return 0;
}

/* How far marks lie from lines of this slope, in microseconds: what three of four neighbours differ by at most;
 * of a few marks, which may be near by chance, twice the most. */
static float scatter(const struct skew *k, float ppm)
{
	struct slope off[SKEW_POINTS];
	size_t n = 0;

	for (unsigned i = 1; i < k->n; i++) {
		float want, is;

		if (k->line_of[i] != k->line_of[i - 1])
			continue;
		want = -ppm * (float)(k->mark[i].at_ms - k->mark[i - 1].at_ms) / 1000;
		is = (float)(k->mark[i].transit_us - k->mark[i - 1].transit_us);
		off[n++] = (struct slope){ .ppm = is > want ? is - want : want - is, .weight = 1 };
	}
	if (n == 0)
		return 0;
	sort(off, n);
	return n < MARKS_FEW ? 2 * off[n - 1].ppm : off[n * 3 / 4].ppm;
}

static void estimate(struct skew *k)
{
	struct slope slopes[PAIRS];
	size_t n = 0;
	int32_t span_ms = 0;
	float ppm, error;

	for (unsigned a = 0; a < k->n; a++)
		for (unsigned b = a + 1; b < k->n; b++) {
			int32_t apart = k->mark[b].at_ms - k->mark[a].at_ms;

			if (k->line_of[a] != k->line_of[b] || apart <= 0)
				continue;
			slopes[n++] =
				(struct slope){ slope_of(k, a, b), (float)apart * (float)apart * 1e-6f };
			span_ms = apart > span_ms ? apart : span_ms;
		}
	if (k->n < POINTS_LEAST || span_ms < SPAN_LEAST_MS || n < POINTS_LEAST)
		return;
	ppm = median(slopes, n);
	/* 20 us: what the arrival of a packet is known to at best */
	error = (scatter(k, ppm) + 20) * 1000 / (float)span_ms * 1.2f;
	if (fabsf(ppm) > MOST_PPM * 1.2f)
		k->ppb = 0;
	else if (fabsf(ppm) < LEAST_PPM || (fabsf(ppm) < 3 * error && k->ppb == 0))
		k->ppb = 0;
	else
		k->ppb = (int32_t)(fminf(fmaxf(ppm, -MOST_PPM), MOST_PPM) * 1000);
}

/* Transit that would be, were the clocks alike. */
static int64_t level_us(const struct skew *k, int64_t transit, int64_t at)
{
	return transit + at * k->ppb / 1000000000;
}

/* All marks taken: of each two the lower stays, and windows become twice as long. */
static void thin_out(struct skew *k)
{
	unsigned n = 0;

	for (unsigned i = 0; i + 1 < k->n; i += 2) {
		int64_t a = level_us(k, k->mark[i].transit_us, k->mark[i].at_ms * 1000LL);
		int64_t b = level_us(k, k->mark[i + 1].transit_us, k->mark[i + 1].at_ms * 1000LL);
		bool second = k->line_of[i] != k->line_of[i + 1] || b < a;

		k->mark[n] = k->mark[i + second];
		k->line_of[n++] = k->line_of[i + second];
	}
	k->n = (uint8_t)n;
	k->window_us *= 2;
}

static void drop_oldest(struct skew *k)
{
	for (unsigned i = 1; i < k->n; i++) {
		k->mark[i - 1] = k->mark[i];
		k->line_of[i - 1] = k->line_of[i];
	}
	k->n--;
}

static void add_mark(struct skew *k)
{
	if (k->n == SKEW_POINTS) {
		if (k->window_us < WINDOW_LAST_US)
			thin_out(k);
		else
			drop_oldest(k);
	}
	if (k->n > 0) {
		int64_t off = level_us(k, k->least, k->least_at) -
			      level_us(k, k->mark[k->n - 1].transit_us, k->mark[k->n - 1].at_ms * 1000LL);

		if (off > STEP_US || off < -STEP_US)
			k->line++;
	}
	k->mark[k->n].at_ms = (int32_t)(k->least_at / 1000);
	k->mark[k->n].transit_us = (int32_t)k->least;
	k->line_of[k->n] = k->line;
	k->n++;
	estimate(k);
}

static void begin(struct skew *k, uint32_t ssrc, uint32_t timestamp, uint64_t arrival_us)
{
	*k = (struct skew){ .started = true,
		.ssrc = ssrc,
		.last_ts = timestamp,
		.first_us = arrival_us,
		.window_us = WINDOW_FIRST_US,
		.ppb = k->ssrc == ssrc ? k->ppb : 0 };
}

void skew_packet(struct skew *k, uint32_t ssrc, uint32_t timestamp, unsigned clock_hz, uint64_t arrival_us)
{
	int64_t at, transit;

	if (!k->started || k->ssrc != ssrc) {
		begin(k, ssrc, timestamp, arrival_us);
		return;
	}
	k->units += (int32_t)(timestamp - k->last_ts);
	k->last_ts = timestamp;
	at = (int64_t)(arrival_us - k->first_us);
	transit = at - k->units * 1000 / (int64_t)(clock_hz / 1000);
	if (transit > INT32_MAX / 2 || transit < INT32_MIN / 2 || at > INT64_C(2000000000000)) {
		begin(k, ssrc, timestamp, arrival_us);
		return;
	}
	if (at - k->window_begin >= k->window_us) {
		if (k->n_packets >= WINDOW_PACKETS)
			add_mark(k);
		k->window_begin = at;
		k->n_packets = 0;
	}
	if (k->n_packets == 0 || level_us(k, transit, at) < level_us(k, k->least, k->least_at)) {
		k->least = transit;
		k->least_at = at;
	}
	if (k->n_packets < UINT16_MAX)
		k->n_packets++;
}
