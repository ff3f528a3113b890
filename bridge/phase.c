#include "bridge/phase.h"

#include "mixer/frame.h"

static void note_miss(struct phase *p, uint64_t now_us)
{
	const bool again = now_us < p->wary_until_us;

	p->wary_us = again ? p->wary_us + PHASE_WARIER_US : PHASE_WARY_US;
	if (p->wary_us > PHASE_WARIEST_US)
		p->wary_us = PHASE_WARIEST_US;
	p->wary_until_us = now_us + PHASE_FORGIVE_US;
}

static void look(struct phase *p, const struct room *r, uint64_t now_us)
{
	struct room_spare now;

	if (!room_spare(r, PHASE_SPOKE_US, now_us, &now))
		return;
	if (!p->asked)
		p->spare = now;
	p->asked = true;
	p->spare.wait_us = now.wait_us < p->spare.wait_us ? now.wait_us : p->spare.wait_us;
	p->spare.least_us = now.least_us < p->spare.least_us ? now.least_us : p->spare.least_us;
	if (now.concealed_us > p->concealed_us)
		note_miss(p, now_us);
	p->concealed_us = now.concealed_us;
	p->spare.most_us = now.most_us > p->spare.most_us ? now.most_us : p->spare.most_us;
}

static enum phase_move decide(const struct phase *p, int32_t step_us, uint64_t now_us)
{
	const struct room_spare *spare = &p->spare;
	const bool wary = now_us < p->wary_until_us;
	const int32_t wait_us = wary ? p->wary_us : 0;

	if (spare->least_us >= step_us + PHASE_SPARE_US && spare->wait_us >= step_us + wait_us)
		return PHASE_EARLIER;
	if ((spare->least_us >= PHASE_TIGHT_US && spare->wait_us >= wait_us - PHASE_SLACK_US) ||
		spare->least_us <= -PHASE_MISSED_US)
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
		move = decide(p, (int32_t)step_us, now_us);
	p->ticks = 0;
	p->asked = false;
	return move;
}
