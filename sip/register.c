#include "sip/register.h"

#include <string.h>

enum { SECOND_US = 1000000 };

void register_init(struct registration *r, unsigned expires_s)
{
	memset(r, 0, sizeof(*r));
	r->wanted_s = expires_s ? expires_s : REGISTER_EXPIRES_S;
}

bool register_due(struct registration *r, uint64_t now_us, unsigned *expires_s)
{
	if (r->state == REGISTER_ASKING || r->state == REGISTER_OFF)
		return false;
	if (r->stopping && !r->held) {
		r->state = REGISTER_OFF;
		return false;
	}
	if (!r->stopping && now_us < r->next_us)
		return false;
	*expires_s = r->stopping ? 0 : r->wanted_s;
	r->state = REGISTER_ASKING;
	return true;
}

static void hold(struct registration *r, unsigned granted_s, uint64_t now_us, uint32_t random)
{
	const uint64_t granted_us = (uint64_t)granted_s * SECOND_US;
	const uint64_t tenth_us = granted_us / 10;

	r->state = REGISTER_HELD;
	r->held = true;
	r->failures = 0;
	r->expires_us = now_us + granted_us;
	r->next_us = now_us + 8 * tenth_us + (tenth_us ? random % tenth_us : 0);
}

static void back_off(
	struct registration *r, const struct register_answer *a, uint64_t now_us, uint32_t random)
{
	uint64_t wait_s = a->refused_credentials ? REGISTER_REFUSED_S : REGISTER_BACKOFF_S;
	uint64_t half_us;

	for (unsigned i = 0; i < r->failures && wait_s < REGISTER_BACKOFF_MAX_S; i++)
		wait_s *= 2;
	if (wait_s > REGISTER_BACKOFF_MAX_S)
		wait_s = REGISTER_BACKOFF_MAX_S;
	half_us = wait_s * SECOND_US / 2;
	r->failures++;
	r->state = REGISTER_WAITING;
	r->next_us = now_us + half_us + random % half_us;
	if (a->retry_after_s) { /* as asked, and up to a tenth more, so that not all come back at once */
		const uint64_t asked_us =
			(a->retry_after_s < REGISTER_EXPIRES_MAX_S ? a->retry_after_s
								   : REGISTER_EXPIRES_MAX_S) *
			(uint64_t)SECOND_US;
		const uint64_t until_us = now_us + asked_us + random % (asked_us / 10 + 1);

		if (until_us > r->next_us)
			r->next_us = until_us;
	}
}

void register_heard(
	struct registration *r, const struct register_answer *answer, uint64_t now_us, uint32_t random)
{
	if (r->state != REGISTER_ASKING)
		return;
	r->status = answer->status;
	if (r->stopping) {
		r->held = false;
		r->state = REGISTER_OFF;
		return;
	}
	if (answer->status >= 200 && answer->status < 300) {
		hold(r, answer->expires_s ? answer->expires_s : r->wanted_s, now_us, random);
		return;
	}
	if (answer->status == 423 && answer->min_expires_s > r->wanted_s &&
		answer->min_expires_s <= REGISTER_EXPIRES_MAX_S) {
		r->wanted_s = answer->min_expires_s;
		r->state = REGISTER_WAITING;
		r->next_us = now_us;
		return;
	}
	back_off(r, answer, now_us, random);
}

void register_stop(struct registration *r)
{
	r->stopping = true;
}

bool register_holds(const struct registration *r, uint64_t now_us)
{
	return r->held && now_us < r->expires_us;
}

const char *register_word(enum register_state state)
{
	switch (state) {
	case REGISTER_IDLE: return "idle";
	case REGISTER_ASKING: return "asking";
	case REGISTER_HELD: return "registered";
	case REGISTER_WAITING: return "waiting";
	case REGISTER_OFF: return "off";
	}
	return "idle";
}
