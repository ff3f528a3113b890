#include "bridge/moments.h"

#include <stdio.h>

enum { SECOND = 1000000 };

bool moments_lately(uint64_t at_us, uint64_t now_us, unsigned seconds)
{
	return at_us && now_us - at_us < (uint64_t)seconds * SECOND;
}

void moments_begin(struct moments *m, int64_t wall_us, uint64_t now_us)
{
	*m = (struct moments){ .apart_us = wall_us - (int64_t)now_us };
}

void moments_clock(struct moments *m, struct alerts *a, int64_t wall_us, uint64_t now_us)
{
	const int64_t apart_us = wall_us - (int64_t)now_us, step_us = apart_us - m->apart_us;

	m->apart_us = apart_us;
	if (step_us > MOMENTS_STEP_US || step_us < -MOMENTS_STEP_US) {
		m->step_us = step_us;
		m->stepped_us = now_us;
	}
	if (moments_lately(m->stepped_us, now_us, MOMENTS_CLOCK_S))
		alert_holds(a, ALERT_CLOCK, "", false, "the wall clock jumped by %+.1f s",
			(double)m->step_us / SECOND);
}

void moments_rings(struct moments *m, struct alerts *a, const uint64_t *dropped, unsigned n, uint64_t now_us)
{
	char name[16];

	for (unsigned i = 0; i < n && i < MOMENTS_WORKERS; i++) {
		if (dropped[i] <= m->dropped[i])
			continue;
		m->dropped[i] = dropped[i];
		m->overflowed_us = now_us;
		m->overflowed = i;
	}
	snprintf(name, sizeof(name), "%u", m->overflowed);
	if (moments_lately(m->overflowed_us, now_us, MOMENTS_RING_S))
		alert_holds(a, ALERT_RING, name, false,
			"media worker %u has dropped %llu events since the start", m->overflowed,
			(unsigned long long)m->dropped[m->overflowed]);
}
