#include "bridge/postdial.h"
#include "bridge/leg_priv.h"
#include "bridge/media.h"
#include "bridge/reception.h"
#include "bridge/remark.h"
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

enum { GAP_MS = 100, SETTLE_MS = 1000, HALF_SECOND_MS = 500, TWO_SECONDS_MS = 2000 };
#define KEY_DUE_US 35000000ull /* an INFO is given up after 32 s */

static const char keys[] = "0123456789*#ABCD"; /* in the order of RFC 4733 section 3.2 */

enum state { WAITING, PRESSING, GAP, SETTLING, DONE };

struct postdial {
	struct postdial_order order;
	enum state state;
	bool seated; /* it sits in a meeting: nothing follows the keys */
	size_t at;
	char key;        /* that is going out */
	uint64_t due_us; /* when the state ends by itself */
};

struct postdial *postdial_alloc(const struct postdial_order *o)
{
	struct postdial *p = calloc(1, sizeof(*p));

	if (p)
		p->order = *o;
	return p;
}

struct postdial *postdial_free(struct postdial *p)
{
	if (p)
		OPENSSL_cleanse(p, sizeof(*p));
	free(p);
	return NULL;
}

/* ---- pressing ---- */

static void wait_for(struct postdial *p, enum state state, unsigned ms)
{
	p->state = state;
	p->due_us = loop_now_us() + ms * 1000ull;
}

enum way { BY_EVENT, BY_TONE, BY_INFO };

static enum way way_of(const struct leg *leg)
{
	const struct site_trunk *trunk = site_trunk(leg->node->site, leg->cdr.trunk);

	if (trunk && trunk->dtmf == SITE_DTMF_INFO)
		return BY_INFO;
	return leg->takes_events ? BY_EVENT : BY_TONE;
}

static void press_tone(struct leg *leg)
{
	leg_say_one(leg, (enum prompt)(PROMPT_TONE_0 + (strchr(keys, leg->postdial->key) - keys)));
}

static void press(struct leg *leg)
{
	struct postdial *p = leg->postdial;

	p->state = PRESSING;
	p->due_us = loop_now_us() + KEY_DUE_US;
	switch (way_of(leg)) {
	case BY_INFO: call_send_key(leg->call, p->key, POSTDIAL_PRESS_MS); break;
	case BY_EVENT: worker_press(leg->worker, leg->id, p->key, POSTDIAL_PRESS_MS); break;
	case BY_TONE: press_tone(leg); break;
	}
}

/* Of a leg in a meeting: the keys are out, or (`why`) could not be sent. */
static void tell(struct leg *leg, const char *why)
{
	leg->postdial = postdial_free(leg->postdial);
	remark(leg, "the keys are out%s%s", why ? ", but for some: " : "", why ? why : "");
	leg_emit_more(leg, "call.digits", json_pack("{s:b, s:s}", "sent", !why, "why", why ? why : ""));
}

static void finish(struct leg *leg)
{
	const bool lets_in = leg->postdial->order.lets_in;

	if (leg->postdial->seated) {
		tell(leg, NULL);
		return;
	}
	leg->postdial = postdial_free(leg->postdial);
	remark(leg, lets_in ? "the digits are out; it is let in, as ordered"
			    : "the digits are out; it is asked to press 1");
	reception_start(leg, lets_in);
}

static bool is_pause(char c)
{
	return c == 'w' || c == ',';
}

static void next(struct leg *leg)
{
	struct postdial *p = leg->postdial;
	const char key = p->order.keys[p->at];

	if (key == '\0') {
		p->key = '\0';
		wait_for(p, SETTLING, SETTLE_MS);
	} else if (is_pause(key)) {
		p->at++;
		wait_for(p, GAP, key == 'w' ? HALF_SECOND_MS : TWO_SECONDS_MS);
	} else if (leg->on_hold) {
		wait_for(p, GAP, HALF_SECOND_MS); /* nobody would hear it */
	} else {
		p->at++;
		p->key = key;
		press(leg);
	}
}

bool postdial_begin(struct leg *leg)
{
	static const char *const ways[] = { [BY_EVENT] = "events", [BY_TONE] = "tones", [BY_INFO] = "INFO" };

	if (!leg->postdial)
		return false;
	leg->state = LEG_PRESSING;
	remark(leg, "digits are pressed, as %s", ways[way_of(leg)]);
	wait_for(leg->postdial, WAITING, leg->postdial->order.wait_ms);
	return true;
}

bool postdial_add(struct leg *leg, const char *more)
{
	struct postdial *p = leg->postdial;
	size_t left;

	if (!p) {
		p = leg->postdial = postdial_alloc(&(struct postdial_order){ .wait_ms = 0 });
		if (!p)
			return false;
		p->seated = true;
		remark(leg, "keys are pressed");
	}
	left = strlen(p->order.keys + p->at);
	if (left + strlen(more) > POSTDIAL_KEYS)
		return false;
	memmove(p->order.keys, p->order.keys + p->at, left + 1);
	memcpy(p->order.keys + left, more, strlen(more) + 1);
	p->at = 0;
	if (p->state == WAITING || p->state == SETTLING)
		wait_for(p, GAP, 0);
	return true;
}

static void give_up(struct leg *leg, const char *why)
{
	if (leg->postdial->seated) {
		tell(leg, why);
		return;
	}
	leg->postdial->state = DONE;
	leg_hangup(leg, Q850_INTERWORKING, why);
}

void postdial_tick(struct leg *leg, uint64_t now_us)
{
	struct postdial *p = leg->postdial;

	if (!p || p->state == DONE || now_us < p->due_us)
		return;
	switch (p->state) {
	case PRESSING: give_up(leg, "the digits could not be sent"); break;
	case SETTLING: finish(leg); break;
	default: next(leg); break;
	}
}

static bool is_pressing(const struct leg *leg)
{
	return leg->postdial && leg->postdial->state == PRESSING &&
	       leg->state == (leg->postdial->seated ? LEG_SEATED : LEG_PRESSING);
}

static void is_out(struct leg *leg)
{
	if (is_pressing(leg))
		wait_for(leg->postdial, GAP, GAP_MS);
}

void postdial_pressed(struct leg *leg, bool sent)
{
	if (sent)
		is_out(leg);
	else if (is_pressing(leg))
		press_tone(leg);
}

void postdial_said(struct leg *leg)
{
	is_out(leg);
}

void postdial_told(struct leg *leg, unsigned status)
{
	if (status < 300)
		is_out(leg);
	else if (is_pressing(leg))
		give_up(leg, "the far end does not take digits by INFO");
}
