#include "bridge/late.h"

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
