/* timer.h - session timers: who refreshes, how often, when it is over (RFC 4028); pure.
 *
 * How: timer_invite() and timer_answer() read what the two sides wrote and settle interval and
 * refresher; timer_due() says what to do at `now_us`.  A refresh goes out at half the interval;
 * the side that waits gives up at interval - min(32 s, interval / 3) (section 10), unless
 * RTP flows (the owner asks `media_flows`).
 *
 * Thread: control.  The struct is plain and savable.
 */
#ifndef SIP_TIMER_H
#define SIP_TIMER_H

#include <stdbool.h>
#include <stdint.h>

enum { TIMER_MIN_SE = 90, TIMER_DEFAULT_SE = 1800 };
enum timer_side { TIMER_NOBODY, TIMER_WE, TIMER_THEY };
enum timer_action { TIMER_WAIT, TIMER_REFRESH, TIMER_EXPIRED };

struct session_timer {       /* zero-initialise: no timer */
	unsigned interval_s; /* 0: none */
	enum timer_side refresher;
	uint64_t refreshed_us;
	uint64_t asked_us; /* when a refresh of ours went out, 0: none since the last success */
	unsigned min_se_s; /* what a 422 asked for, 0: nothing */
};

struct timer_headers {            /* of one message, as read or to be written */
	bool supported, required; /* option tag "timer" in Supported / Require */
	unsigned expires_s;       /* Session-Expires, 0 absent */
	unsigned min_se_s;        /* Min-SE, 0 absent */
	char refresher;           /* 'u' uac, 's' uas, 0 absent */
};

/* We are UAS.  0 and *reply filled for the 2xx, or 422 with reply->min_se_s (section 9). */
unsigned timer_invite(struct session_timer *t, const struct timer_headers *request,
	struct timer_headers *reply, uint64_t now_us);
/* We are UAC: what to write in a request, and what its 2xx settled (section 7.2). */
void timer_request(const struct session_timer *t, struct timer_headers *request);
void timer_answer(struct session_timer *t, const struct timer_headers *answer, uint64_t now_us);

/* A 422 came with this Min-SE: the next timer_request() asks for as much (section 7.3).  False: there is no point in asking again. */
bool timer_too_small(struct session_timer *t, const struct timer_headers *refusal);

/* A refresh of ours went out: TIMER_REFRESH is not said again for a while.  If it fails (491, timeout) it will be. */
void timer_asked(struct session_timer *t, uint64_t now_us);

/* TIMER_EXPIRED: send BYE; never while media_flows (T7). */
enum timer_action timer_due(const struct session_timer *t, bool media_flows, uint64_t now_us);
#endif
