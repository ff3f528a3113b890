#include "bridge/late.h"
#include "mixer/frame.h"

void late_begin(struct late *l, uint64_t deadline_us, uint64_t cpu_us)
{
	*l = (struct late){ .deadline_us = deadline_us, .cpu_us = cpu_us };
}

enum late_why late_tick(
	struct late *l, uint64_t deadline_us, uint64_t now_us, uint64_t cpu_us, uint64_t most_us)
{
	uint64_t done_us = l->own_us + (cpu_us - l->cpu_us), gap_us = deadline_us - l->deadline_us;

	l->own_us = done_us > gap_us ? done_us - gap_us : 0;
	l->deadline_us = deadline_us;
	l->cpu_us = cpu_us;
	if (now_us - deadline_us <= most_us)
		return LATE_NOT;
	return l->own_us > most_us ? LATE_OURS : LATE_KEPT_WAITING;
}

unsigned late_skips(enum late_why why, uint64_t late_us)
{
	const uint64_t frames = late_us / FRAME_US, kept = why == LATE_KEPT_WAITING ? LATE_MADE_GOOD : 0;

	return frames > kept ? (unsigned)(frames - kept) : 0;
}

uint64_t late_plays_at(uint64_t deadline_us, uint64_t now_us)
{
	return now_us - deadline_us >= FRAME_US ? deadline_us : now_us;
}
