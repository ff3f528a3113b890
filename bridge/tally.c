#include "bridge/tally.h"

/* G.107 annex B: nearly all dissatisfied, many, some, satisfied, very satisfied. */
static const uint32_t steps[TALLY_STEPS] = { 200, 258, 310, 360, 403, 434 };

void tally_call(struct tally_mos *t, uint32_t mos_hundredths)
{
	if (!mos_hundredths)
		return;
	for (unsigned i = 0; i < TALLY_STEPS; i++)
		t->at_most[i] += mos_hundredths <= steps[i];
	t->n++;
	t->sum_hundredths += mos_hundredths;
}

double tally_step(unsigned i)
{
	return steps[i] / 100.0;
}
