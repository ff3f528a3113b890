#include "dialplan/repute.h"

#include <stdio.h>
#include <string.h>

enum {
	PERCENT = 100,
	BETTER = 10 /* percent, or percentage points */,
	QUARTER = 4,
	LEAST_BACK = 2,
	MS = 1000
};

static bool has_bounds(const struct repute *r)
{
	const struct repute_rules *rules = &r->rules;

	return rules->min_asr || rules->min_ccr || rules->min_acd_s || rules->max_pdd_ms;
}

void repute_set_rules(struct repute *r, const struct repute_rules *rules)
{
	r->rules = *rules;
	if (!r->rules.min_calls)
		r->rules.min_calls = REPUTE_MIN_CALLS;
	if (r->rules.min_calls > REPUTE_CALLS)
		r->rules.min_calls = REPUTE_CALLS;
	if (!r->rules.window_s)
		r->rules.window_s = REPUTE_WINDOW_S;
	if (!r->rules.probe_s)
		r->rules.probe_s = REPUTE_PROBE_S;
	if (!has_bounds(r))
		r->low = false;
}

void repute_init(struct repute *r)
{
	memset(r, 0, sizeof(*r));
	repute_set_rules(r, &(struct repute_rules){ .min_asr = 0 });
}

/* Of the last `most` calls and talks since the change, within the window. */
static void count(const struct repute *r, int64_t now_s, unsigned most, struct repute_figures *out)
{
	const int64_t from_s = now_s - r->rules.window_s;
	unsigned answered = 0, reached = 0;
	uint64_t pdd_ms = 0, talked_s = 0;

	memset(out, 0, sizeof(*out));
	for (unsigned i = 1; i <= r->n_calls && out->calls < most; i++) {
		const struct repute_call *c = &r->calls[(r->next_call + REPUTE_CALLS - i) % REPUTE_CALLS];

		if (c->at_s <= from_s)
			break;
		out->calls++;
		answered += c->answered;
		reached += c->reached;
		out->rung += c->pdd_ms > 0;
		pdd_ms += c->pdd_ms;
	}
	for (unsigned i = 1; i <= r->n_talks && out->talks < most; i++) {
		const struct repute_talk *t = &r->talks[(r->next_talk + REPUTE_CALLS - i) % REPUTE_CALLS];

		if (t->at_s <= from_s)
			break;
		out->talks++;
		talked_s += t->talked_s;
	}
	if (out->calls) {
		out->asr = answered * PERCENT / out->calls;
		out->ccr = reached * PERCENT / out->calls;
	}
	out->pdd_ms = out->rung ? (unsigned)(pdd_ms / out->rung) : 0;
	out->acd_s = out->talks ? (unsigned)(talked_s / out->talks) : 0;
}

void repute_figures(const struct repute *r, int64_t now_s, struct repute_figures *out)
{
	count(r, now_s, REPUTE_CALLS, out);
}

static bool is_bad(const struct repute *r, const struct repute_figures *f)
{
	const struct repute_rules *rules = &r->rules;
	const unsigned half = (rules->min_calls + 1) / 2; /* of what not every call has */

	if (f->calls < rules->min_calls)
		return false;
	return f->asr < rules->min_asr || f->ccr < rules->min_ccr ||
	       (rules->max_pdd_ms && f->rung >= half && f->pdd_ms > rules->max_pdd_ms) ||
	       (f->talks >= half && f->acd_s < rules->min_acd_s);
}

static unsigned points_above(unsigned percent)
{
	return percent && percent + BETTER < PERCENT ? percent + BETTER : percent ? PERCENT : 0;
}

static unsigned back_after(const struct repute *r)
{
	const unsigned n = r->rules.min_calls / QUARTER;

	return n > LEAST_BACK ? n : LEAST_BACK;
}

static bool is_good_again(const struct repute *r, const struct repute_figures *f)
{
	const struct repute_rules *rules = &r->rules;
	const uint64_t pdd = (uint64_t)rules->max_pdd_ms * (PERCENT - BETTER) / PERCENT;
	const uint64_t acd = (uint64_t)rules->min_acd_s * (PERCENT + BETTER) / PERCENT;

	return f->calls >= back_after(r) && f->asr >= points_above(rules->min_asr) &&
	       f->ccr >= points_above(rules->min_ccr) &&
	       (!rules->max_pdd_ms || (f->rung && f->pdd_ms <= pdd)) &&
	       (!rules->min_acd_s || (f->talks && f->acd_s >= acd));
}

static enum repute_change judge(struct repute *r, int64_t now_s, struct repute_figures *f)
{
	count(r, now_s, r->low ? back_after(r) : REPUTE_CALLS, f);
	if (!has_bounds(r) || (r->low ? !is_good_again(r, f) : !is_bad(r, f)))
		return REPUTE_SAME;
	r->low = !r->low;
	r->since_s = r->probed_s = now_s;
	r->n_calls = r->n_talks = 0;
	return r->low ? REPUTE_FELL : REPUTE_ROSE;
}

enum repute_change repute_call(
	struct repute *r, const struct repute_call *call, struct repute_figures *judged)
{
	r->calls[r->next_call] = *call;
	r->next_call = (r->next_call + 1) % REPUTE_CALLS;
	r->n_calls += r->n_calls < REPUTE_CALLS;
	return judge(r, call->at_s, judged);
}

enum repute_change repute_talk(
	struct repute *r, int64_t at_s, uint32_t talked_s, struct repute_figures *judged)
{
	r->talks[r->next_talk] = (struct repute_talk){ at_s, talked_s };
	r->next_talk = (r->next_talk + 1) % REPUTE_CALLS;
	r->n_talks += r->n_talks < REPUTE_CALLS;
	return judge(r, at_s, judged);
}

bool repute_probe_due(const struct repute *r, int64_t now_s)
{
	return r->low && now_s - r->probed_s >= r->rules.probe_s;
}

void repute_probed(struct repute *r, int64_t now_s)
{
	r->probed_s = now_s;
}

const char *repute_words(const struct repute *r, const struct repute_figures *f, char out[REPUTE_TEXT])
{
	const struct repute_rules *rules = &r->rules;

	if (f->calls && f->asr < rules->min_asr)
		snprintf(out, REPUTE_TEXT, "ASR %u %% of %u calls, %u %% is wanted", f->asr, f->calls,
			rules->min_asr);
	else if (f->calls && f->ccr < rules->min_ccr)
		snprintf(out, REPUTE_TEXT, "CCR %u %% of %u calls, %u %% is wanted", f->ccr, f->calls,
			rules->min_ccr);
	else if (rules->max_pdd_ms && f->pdd_ms > rules->max_pdd_ms)
		snprintf(out, REPUTE_TEXT, "PDD %u ms on average of %u calls, %u ms is the most", f->pdd_ms,
			f->rung, rules->max_pdd_ms);
	else if (f->talks && f->acd_s < rules->min_acd_s)
		snprintf(out, REPUTE_TEXT, "ACD %u s on average of %u calls, %u s is wanted", f->acd_s,
			f->talks, rules->min_acd_s);
	else
		snprintf(out, REPUTE_TEXT, "ASR %u %%, CCR %u %%, PDD %u.%03u s of %u calls", f->asr, f->ccr,
			f->pdd_ms / MS, f->pdd_ms % MS, f->calls);
	return out;
}
