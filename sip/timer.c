#include "sip/timer.h"

enum { MARGIN_MAX_S = 32, SECOND_US = 1000000 };

static unsigned larger(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

static void settle(struct session_timer *t, unsigned interval_s, enum timer_side refresher, uint64_t now_us)
{
	t->interval_s = interval_s;
	t->refresher = interval_s ? refresher : TIMER_NOBODY;
	t->refreshed_us = now_us;
	t->asked_us = 0;
}

/* RFC 4028 section 9 and its table 2:
 *
 *   Supported: timer | refresher asked | refresher answered
 *   no               | any             | uas: nobody else can
 *   yes              | uac             | uac
 *   yes              | uas             | uas
 *   yes              | not said        | uac, if it asked for an interval; else uas: who wants the timer carries it
 *
 * Whoever neither supports timers nor has a proxy that asks for one gets none. */
unsigned timer_invite(struct session_timer *t, const struct timer_headers *request,
	struct timer_headers *reply, uint64_t now_us)
{
	bool supported = request->supported || request->required;
	unsigned interval_s = request->expires_s;
	bool they;

	*reply = (struct timer_headers){ .supported = true };
	if (supported && interval_s && interval_s < TIMER_MIN_SE) {
		reply->min_se_s = TIMER_MIN_SE;
		return 422;
	}
	if (!supported && !interval_s) {
		settle(t, 0, TIMER_NOBODY, now_us);
		return 0;
	}
	they = supported && (request->refresher ? request->refresher == 'u' : interval_s != 0);
	if (!interval_s)
		interval_s = larger(TIMER_DEFAULT_SE, request->min_se_s);
	/* An interval below ours from who cannot read a 422 is not ours to raise (section 9): only we, the refreshers,
	 * act on it, and never more often than our minimum asks. */
	reply->expires_s = interval_s;
	reply->refresher = they ? 'u' : 's';
	reply->required = supported;
	settle(t, larger(interval_s, TIMER_MIN_SE), they ? TIMER_THEY : TIMER_WE, now_us);
	return 0;
}

void timer_request(const struct session_timer *t, struct timer_headers *request)
{
	*request = (struct timer_headers){ .supported = true,
		.expires_s = larger(t->interval_s ? t->interval_s : TIMER_DEFAULT_SE, t->min_se_s),
		.min_se_s = t->min_se_s };
	if (t->interval_s) /* section 7.4: a refresh leaves the roles as they are, seen from who sends it */
		request->refresher = t->refresher == TIMER_THEY ? 's' : 'u';
}

void timer_answer(struct session_timer *t, const struct timer_headers *answer, uint64_t now_us)
{
	if (!answer->expires_s) {
		settle(t, 0, TIMER_NOBODY, now_us); /* section 7.2: then the session does not expire */
		return;
	}
	settle(t, larger(answer->expires_s, TIMER_MIN_SE), answer->refresher == 's' ? TIMER_THEY : TIMER_WE,
		now_us);
}

bool timer_too_small(struct session_timer *t, const struct timer_headers *refusal)
{
	unsigned asked_s = larger(t->interval_s ? t->interval_s : TIMER_DEFAULT_SE, t->min_se_s);

	if (refusal->min_se_s <= asked_s)
		return false; /* what we asked for was enough: it would be refused for ever */
	t->min_se_s = refusal->min_se_s;
	return true;
}

void timer_asked(struct session_timer *t, uint64_t now_us)
{
	t->asked_us = now_us;
}

enum timer_action timer_due(const struct session_timer *t, bool media_flows, uint64_t now_us)
{
	uint64_t interval_us = (uint64_t)t->interval_s * SECOND_US;
	uint64_t margin_us = interval_us / 3;
	uint64_t pause_us = interval_us / 6;
	uint64_t since_us = now_us > t->refreshed_us ? now_us - t->refreshed_us : 0;

	if (!t->interval_s)
		return TIMER_WAIT;
	if (margin_us > MARGIN_MAX_S * (uint64_t)SECOND_US)
		margin_us = MARGIN_MAX_S * (uint64_t)SECOND_US;
	if (pause_us > MARGIN_MAX_S * (uint64_t)SECOND_US)
		pause_us = MARGIN_MAX_S * (uint64_t)SECOND_US;
	if (since_us >= interval_us - margin_us && !media_flows)
		return TIMER_EXPIRED;
	if (t->refresher != TIMER_WE || since_us < interval_us / 2)
		return TIMER_WAIT;
	if (t->asked_us && now_us < t->asked_us + pause_us)
		return TIMER_WAIT;
	return TIMER_REFRESH;
}
