#include "bridge/phase.h"

enum phase_move phase_tick(struct phase *p, const struct room *r, uint32_t step_us, uint64_t now_us)
{
	int32_t spare_us, step = (int32_t)step_us;
	bool asked;

	if (p->ticks++ < PHASE_EVERY - PHASE_LOOKS)
		return PHASE_STAY;
	if (room_spare_us(r, PHASE_SPOKE_US, now_us, &spare_us)) {
		p->spare_us = p->asked && p->spare_us < spare_us ? p->spare_us : spare_us;
		p->asked = true;
	}
	if (p->ticks < PHASE_EVERY)
		return PHASE_STAY;
	asked = p->asked;
	spare_us = p->spare_us;
	*p = (struct phase){ 0 };
	if (!asked)
		return PHASE_STAY;
	if (spare_us >= step + PHASE_SPARE_US)
		return PHASE_EARLIER;
	return spare_us < PHASE_TIGHT_US && spare_us > -PHASE_MISSED_US ? PHASE_LATER : PHASE_STAY;
}
