/* call_refresh.c - our own later requests in a call: the session timer's refreshes, glare, challenges, and what came back. */
#include "sip/call_priv.h"
#include "sip/ua_priv.h"

#include <sys/random.h>

enum { REFRESH_AGAIN_MS = 5000 }; /* after a refusal that names no time */

/* Glare: the side that did not make the Call-ID waits 0..2 s in steps of 10 ms (RFC 3261 section 14.1). */
static unsigned glare_wait_ms(void)
{
	uint16_t bits = 0;

	if (getrandom(&bits, sizeof(bits), 0) != sizeof(bits))
		return 1000;
	return bits % 201 * 10;
}

static void refresh_by(struct call *c, bool by_update)
{
	struct timer_headers timer = { 0 };

	timer_request(&c->timer, &timer);
	timer_asked(&c->timer, ua_now_us(c->ua));
	c->request_pending = true;
	c->pending_has_offer = !by_update;
	ua_send_refresh(c, by_update, by_update ? NULL : c->media.sent, &timer);
}

static void refresh(struct call *c)
{
	if (c->out)
		login_fresh(&c->out->login);
	refresh_by(c, c->allows_update);
}

void call_repeat_refresh(struct call *c, bool by_update)
{
	refresh_by(c, by_update);
}

void call_tick(struct call *c, uint64_t now_us)
{
	const struct call_handlers *on = &c->ua->config.on;
	const bool flows = on->media_flows && c->state == DIALOG_CONFIRMED && on->media_flows(c->owner, c);

	if (c->state != DIALOG_CONFIRMED || c->request_pending)
		return;
	if (c->retry_at_us) {
		if (now_us < c->retry_at_us || c->invite_open)
			return;
		c->retry_at_us = 0;
		refresh(c);
		return;
	}
	switch (timer_due(&c->timer, flows, now_us)) {
	case TIMER_WAIT: break;
	case TIMER_REFRESH:
		if (!c->invite_open)
			refresh(c);
		break;
	case TIMER_EXPIRED: call_hangup(c, Q850_TIMER, "session timer expired"); break;
	}
}

static void refresh_refused(
	struct call *c, bool by_update, unsigned status, const struct timer_headers *timer)
{
	const uint64_t now_us = ua_now_us(c->ua);
	const unsigned speed = c->ua->config.timer_speed;

	switch (status) {
	case 491: c->retry_at_us = now_us + (uint64_t)glare_wait_ms() * 1000 * speed + 1; break;
	case 422:
		if (timer_too_small(&c->timer, timer))
			c->retry_at_us = now_us + 1;
		else
			c->retry_at_us = now_us + REFRESH_AGAIN_MS * 1000ull * speed;
		break;
	case 408:
	case 481: /* RFC 3261 section 12.2.1.2: the dialog is gone */
		call_hangup(c, Q850_TIMER, "far end does not know the call any more");
		break;
	case 405:
	case 501:
		c->retry_at_us = by_update ? now_us + 1 : now_us + REFRESH_AGAIN_MS * 1000ull * speed;
		c->allows_update = c->allows_update && !by_update;
		break;
	default: c->retry_at_us = now_us + REFRESH_AGAIN_MS * 1000ull * speed; break;
	}
}

void call_take_refreshed(struct call *c, bool by_update, unsigned status, const struct timer_headers *timer,
	const struct body_text *sdp)
{
	if (status < 200)
		return;
	c->request_pending = false;
	c->pending_has_offer = false;
	if (status >= 300) {
		refresh_refused(c, by_update, status, timer);
		return;
	}
	timer_answer(&c->timer, timer, ua_now_us(c->ua));
	if (!by_update && sdp && call_take_answer(c, sdp) != CALL_OK)
		call_hangup(c, Q850_INCOMPATIBLE, "no usable answer to our refresh");
}
