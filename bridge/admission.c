#include "bridge/admission.h"

#include <string.h>

enum {
	SURVEY_US = 250000,
	PEAK_SHARE = 32, /* of what a peak is above the present, forgotten in each quarter second */
	PEAK_FORGOTTEN = 400,
	PRIOR_PPM = 50000, /* so much work of the expected cost is believed before measuring says else */
	SCALE_ONE = 256,   /* of the fixed-point scale */
	SCALE_LOW = SCALE_ONE / 8,
	SCALE_HIGH = SCALE_ONE * 4,
	REOPEN_SHARE = 16,
	RETRY_LOW_S = 5,
	RETRY_SPREAD_S = 10
};

/* Parts in 10^6 of a core that a leg takes which speaks in a small room: `make bench`, pcmu-10 and opus-5. */
static const uint32_t cost_ppm[CODECS] = {
	[CODEC_NONE] = 400,
	[CODEC_PCMU] = 400,
	[CODEC_PCMA] = 400,
	[CODEC_G722] = 900,
	[CODEC_OPUS] = 5300,
};

static uint32_t cost_of(enum codec_id codec)
{
	return codec < CODECS ? cost_ppm[codec] : cost_ppm[CODEC_OPUS];
}

void admission_init(struct admission *a, unsigned n_workers, unsigned max_percent)
{
	memset(a, 0, sizeof(*a));
	a->n = n_workers < ADMISSION_WORKERS ? n_workers : ADMISSION_WORKERS;
	a->max_permille = max_percent * 10;
}

bool admission_stale(const struct admission *a, uint64_t now_us)
{
	return a->surveyed_us == 0 || now_us >= a->surveyed_us + SURVEY_US;
}

void admission_begin(struct admission *a, uint64_t now_us)
{
	const uint64_t elapsed = (now_us - a->surveyed_us) / SURVEY_US;

	a->n_elapsed = elapsed < PEAK_FORGOTTEN ? (unsigned)elapsed : PEAK_FORGOTTEN;
	a->surveyed_us = now_us;
	for (unsigned i = 0; i < a->n; i++)
		a->workers[i].known_ppm = a->workers[i].seen_ppm = a->workers[i].fresh_ppm = 0;
}

void admission_count(struct admission *a, unsigned worker, enum codec_id codec, uint64_t age_us)
{
	const uint32_t cost = cost_of(codec);
	struct admission_worker *w = &a->workers[worker];
	uint32_t fresh;

	if (worker >= a->n)
		return;
	if (age_us >= ADMISSION_SEEN_US) {
		w->known_ppm += cost;
		return;
	}
	fresh = age_us <= SURVEY_US
			? cost
			: (uint32_t)(cost * (ADMISSION_SEEN_US - age_us) / (ADMISSION_SEEN_US - SURVEY_US));
	w->fresh_ppm += fresh;
	w->seen_ppm += cost - fresh;
}

void admission_read(struct admission *a, unsigned worker, uint32_t used_permille, uint32_t cpu_permille,
	uint32_t budget_p99_permille)
{
	struct admission_worker *w = &a->workers[worker];
	uint32_t now_ppm;

	if (worker >= a->n)
		return;
	now_ppm = 1000 * (used_permille > cpu_permille ? used_permille : cpu_permille);
	for (unsigned i = 0; i < a->n_elapsed && w->used_ppm > now_ppm; i++)
		w->used_ppm -= (w->used_ppm - now_ppm + PEAK_SHARE - 1) / PEAK_SHARE;
	if (w->used_ppm < now_ppm || w->known_ppm + w->seen_ppm + w->fresh_ppm == 0)
		w->used_ppm = now_ppm; /* with nobody there, there is no peak to come back */
	w->late = budget_p99_permille >= 1000;
}

/* What the legs that are wholly measured take, against what was expected of them, in 1/SCALE_ONE. */
static uint64_t scale(const struct admission_worker *w)
{
	const uint64_t theirs = w->used_ppm > w->seen_ppm ? w->used_ppm - w->seen_ppm : 0;
	const uint64_t s = (theirs + PRIOR_PPM) * SCALE_ONE / ((uint64_t)w->known_ppm + PRIOR_PPM);

	return s < SCALE_LOW ? SCALE_LOW : s > SCALE_HIGH ? SCALE_HIGH : s;
}

static uint64_t expected_ppm(const struct admission_worker *w, uint32_t more_ppm)
{
	return w->used_ppm + scale(w) * ((uint64_t)w->fresh_ppm + more_ppm) / SCALE_ONE;
}

uint32_t admission_expected(const struct admission *a, unsigned worker)
{
	return worker < a->n ? (uint32_t)(expected_ppm(&a->workers[worker], 0) / 1000) : 0;
}

/* Takes note of a refusal, and of its end. */
static bool is_open(const struct admission *a, struct admission_worker *w, uint32_t more_ppm)
{
	const uint64_t max_ppm = (uint64_t)a->max_permille * 1000, wanted_ppm = expected_ppm(w, more_ppm);
	const uint64_t bound_ppm = w->closed ? max_ppm - max_ppm / REOPEN_SHARE : max_ppm;

	if (a->max_permille == 0) {
		w->closed = false;
		return true;
	}
	w->closed = wanted_ppm > bound_ppm || (w->late && w->used_ppm >= max_ppm / 2);
	return !w->closed;
}

int admission_pick(struct admission *a, enum codec_id codec, int only)
{
	int best = ADMISSION_NONE;
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < a->n; i++) {
		const uint64_t taken = expected_ppm(&a->workers[i], 0);

		if (only != ADMISSION_ANY && (unsigned)only != i)
			continue;
		if (is_open(a, &a->workers[i], cost_of(codec)) && taken < least) {
			least = taken;
			best = (int)i;
		}
	}
	return best;
}

void admission_book(struct admission *a, unsigned worker, enum codec_id codec)
{
	if (worker < a->n)
		a->workers[worker].fresh_ppm += cost_of(codec);
}

unsigned admission_retry_s(uint32_t random)
{
	return RETRY_LOW_S + random % RETRY_SPREAD_S;
}
