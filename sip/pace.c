#include "sip/pace.h"

enum { SECOND_US = 1000000 };

bool pace_take(struct pace *p, unsigned per_second, uint64_t now_us)
{
	const uint64_t each_us = per_second ? SECOND_US / per_second : 0;

	if (!per_second)
		return true;
	if (p->spent_us < now_us)
		p->spent_us = now_us;
	if (p->spent_us + each_us > now_us + SECOND_US)
		return false;
	p->spent_us += each_us;
	return true;
}
