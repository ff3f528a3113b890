#include "bridge/margin.h"

#include <string.h>

void margin_begin(struct margin *m, uint64_t now_us)
{
	memset(m, 0, sizeof(*m));
	m->since_us = now_us;
}

static uint32_t taken_permille(uint64_t deadline_us, uint64_t ended_us, uint64_t next_us)
{
	const uint64_t budget_us = (next_us > deadline_us ? next_us - deadline_us : 0) + MARGIN_SLACK_US;
	const uint64_t taken_us = ended_us > deadline_us ? ended_us - deadline_us : 0;
	const uint64_t permille = taken_us * 1000 / budget_us;

	return permille > UINT32_MAX ? UINT32_MAX : (uint32_t)permille;
}

static void next_period(struct margin *m, uint64_t now_us)
{
	m->periods[m->at].span_us = (uint32_t)(now_us - m->since_us);
	m->since_us = now_us;
	m->at = (m->at + 1) % MARGIN_BUDGET_PERIODS;
	memset(&m->periods[m->at], 0, sizeof(m->periods[m->at]));
}

bool margin_slot(
	struct margin *m, uint64_t deadline_us, uint64_t began_us, uint64_t ended_us, uint64_t next_us)
{
	struct margin_period *p = &m->periods[m->at];
	const uint32_t taken = taken_permille(deadline_us, ended_us, next_us);
	const uint32_t step = taken / MARGIN_STEP_PERMILLE;

	p->slots[step < MARGIN_STEPS ? step : MARGIN_STEPS - 1]++;
	if (taken > p->worst_permille)
		p->worst_permille = taken;
	if (ended_us > began_us)
		p->worked_us += (uint32_t)(ended_us - began_us);
	if (ended_us < m->since_us + MARGIN_PERIOD_US)
		return false;
	next_period(m, ended_us);
	return true;
}

/* The upper edge of the step that 99 of 100 slots do not exceed. */
static uint32_t p99(const struct margin *m)
{
	uint32_t counts[MARGIN_STEPS] = { 0 }, n = 0, above = 0;

	for (unsigned i = 0; i < MARGIN_BUDGET_PERIODS; i++)
		for (unsigned k = 0; i != m->at && k < MARGIN_STEPS; k++) {
			counts[k] += m->periods[i].slots[k];
			n += m->periods[i].slots[k];
		}
	if (n == 0)
		return 0;
	for (unsigned k = MARGIN_STEPS; k > 0; k--) {
		above += counts[k - 1];
		if (above > n / 100)
			return k * MARGIN_STEP_PERMILLE;
	}
	return 0;
}

void margin_read(const struct margin *m, struct margin_reading *out)
{
	uint64_t worked_us = 0, span_us = 0;

	*out = (struct margin_reading){ .p99_permille = p99(m) };
	for (unsigned i = 1; i < MARGIN_BUDGET_PERIODS; i++) {
		const struct margin_period *p =
			&m->periods[(m->at + MARGIN_BUDGET_PERIODS - i) % MARGIN_BUDGET_PERIODS];

		if (p->worst_permille > out->worst_permille)
			out->worst_permille = p->worst_permille;
		if (i > MARGIN_USED_PERIODS)
			continue;
		worked_us += p->worked_us;
		span_us += p->span_us;
	}
	if (out->p99_permille > out->worst_permille)
		out->p99_permille = out->worst_permille; /* a step is coarser than the slot itself */
	if (span_us > 0)
		out->used_permille = (uint32_t)(worked_us * 1000 / span_us);
}

uint32_t margin_left(const struct margin_reading *r)
{
	const uint32_t taken = r->used_permille > r->p99_permille ? r->used_permille : r->p99_permille;

	return taken < 1000 ? 1000 - taken : 0;
}
