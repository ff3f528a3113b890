#include "bridge/phase.h"

#include "mixer/frame.h"

static void look(struct phase *p, const struct room *r, uint64_t now_us)
{
	struct room_spare now;

	if (!room_spare(r, PHASE_SPOKE_US, now_us, &now))
		return;
	if (!p->asked)
		p->spare = now;
	p->asked = true;
	p->spare.least_us = now.least_us < p->spare.least_us ? now.least_us : p->spare.least_us;
	if (now.concealed_us > p->concealed_us)
		p->wary_until_us = now_us + PHASE_FORGIVE_US;
	p->concealed_us = now.concealed_us;
	p->spare.most_us = now.most_us > p->spare.most_us ? now.most_us : p->spare.most_us;
}

static enum phase_move decide(const struct room_spare *spare, int32_t step_us, bool wary)
{
	if (spare->least_us >= step_us + (wary ? PHASE_WARY_US : PHASE_SPARE_US))
		return PHASE_EARLIER;
	if (spare->least_us >= PHASE_TIGHT_US || spare->least_us <= -PHASE_MISSED_US)
		return PHASE_STAY;
	return spare->most_us + step_us < FRAME_US ? PHASE_LATER : PHASE_STAY;
}

enum phase_move phase_tick(struct phase *p, const struct room *r, uint32_t step_us, uint64_t now_us)
{
	enum phase_move move = PHASE_STAY;

	if (p->ticks++ < PHASE_EVERY - PHASE_LOOKS)
		return PHASE_STAY;
	look(p, r, now_us);
	if (p->ticks < PHASE_EVERY)
		return PHASE_STAY;
	if (p->asked)
		move = decide(&p->spare, (int32_t)step_us, now_us < p->wary_until_us);
	p->ticks = 0;
	p->asked = false;
	return move;
}
