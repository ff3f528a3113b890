#include "mixer/latch.h"
#include <stddef.h>

static const struct net_addr nowhere;

/* How well an address fits what was signalled; a better one wins while the window is open. */
enum fit { FIT_STRANGER, FIT_HOST, FIT_EXACT };

static enum fit fit_of(const struct latch *l, const struct net_addr *from)
{
	if (l->signalled.port == 0)
		return FIT_STRANGER;
	if (net_addr_equal(from, &l->signalled))
		return FIT_EXACT;
	return net_addr_same_host(from, &l->signalled) ? FIT_HOST : FIT_STRANGER;
}

static bool window_open(const struct latch *l, uint64_t now_us)
{
	return !l->held && (int64_t)(now_us - l->opened_us) < LATCH_WINDOW_US; /* and what was ahead of it */
}

static bool is_silent(const struct latch *l, uint64_t now_us)
{
	return now_us > l->heard_us && now_us - l->heard_us >= LATCH_SILENCE_US;
}

/* A source other than the locked one speaks: does it take over? */
static bool may_replace(
	const struct latch *l, const struct net_addr *from, const uint32_t *ssrc, uint64_t now_us)
{
	enum fit fit = fit_of(l, from);

	if (l->held)
		return false;
	if (window_open(l, now_us) && fit > fit_of(l, &l->locked))
		return true;
	if (!is_silent(l, now_us))
		return false;
	if (fit != FIT_STRANGER || net_addr_same_host(from, &l->locked))
		return true;
	return !l->met && (!l->has_ssrc || (ssrc && *ssrc == l->ssrc));
}

static bool may_begin(const struct latch *l, const struct net_addr *from, uint64_t now_us)
{
	return !l->held && (window_open(l, now_us) || fit_of(l, from) != FIT_STRANGER);
}

static bool lingers(const struct latch *l, const struct net_addr *from, uint64_t now_us)
{
	return l->former.port != 0 && net_addr_equal(from, &l->former) &&
	       (int64_t)(now_us - l->opened_us) < LATCH_LINGER_US;
}

static bool accept(struct latch *l, const struct net_addr *from, const uint32_t *ssrc, uint64_t now_us)
{
	bool same = l->locked.port != 0 && net_addr_equal(from, &l->locked);

	if (from->port == 0)
		goto refuse;
	if (!same && l->locked.port == 0) {
		if (fit_of(l, from) != FIT_EXACT && lingers(l, from, now_us))
			return true;
		if (!may_begin(l, from, now_us))
			goto refuse;
	} else if (!same && !may_replace(l, from, ssrc, now_us)) {
		goto refuse;
	}
	if (!same) {
		l->locked = *from;
		l->has_ssrc = false;
		l->met = l->met || fit_of(l, from) == FIT_EXACT;
	}
	if (ssrc) {
		l->ssrc = *ssrc;
		l->has_ssrc = true;
	}
	l->heard_us = now_us;
	return true;
refuse:
	l->refused++;
	return false;
}

void latch_init(struct latch *l, const struct net_addr *signalled, uint64_t now_us)
{
	*l = (struct latch){ .signalled = *signalled, .opened_us = now_us, .heard_us = now_us };
}

void latch_signal(struct latch *l, const struct net_addr *signalled, uint64_t now_us)
{
	l->held = signalled->port == 0;
	if (l->held)
		return;
	l->opened_us = now_us;
	if (net_addr_equal(signalled, &l->signalled))
		return;
	l->signalled = *signalled;
	l->met = false;
	if (l->locked.port != 0 && net_addr_equal(&l->locked, signalled)) {
		l->met = true; /* the far end now says what we had found out */
		return;
	}
	l->former = l->locked;
	l->locked = nowhere;
	l->has_ssrc = false;
}

bool latch_accept(struct latch *l, const struct net_addr *from, uint64_t now_us)
{
	return accept(l, from, NULL, now_us);
}

bool latch_accept_rtp(struct latch *l, const struct net_addr *from, uint32_t ssrc, uint64_t now_us)
{
	return accept(l, from, &ssrc, now_us);
}

bool latch_hears(const struct latch *l, const struct net_addr *from)
{
	const struct net_addr *known = l->locked.port != 0 ? &l->locked : &l->signalled;

	return known->port != 0 && net_addr_same_host(from, known);
}

const struct net_addr *latch_peer(const struct latch *l)
{
	if (l->held)
		return &nowhere;
	return l->locked.port != 0 ? &l->locked : &l->signalled;
}
