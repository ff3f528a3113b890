/* call_media.c - a call's offers and answers: what came, what we said last, what was agreed on, and later offers of either side. */
#include "sip/call_priv.h"
#include "sip/ua_priv.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Descriptions hold keys: what is not needed any more is cleared. */
static void text_free(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

void call_forget_media(struct call *c)
{
	struct call_media *m = &c->media;

	if (m->offer_rx)
		explicit_bzero(m->offer_rx, m->offer_rx_len);
	free(m->offer_rx);
	text_free(m->sent);
	squeeze_drop(&m->self);
	squeeze_drop(&m->agreed);
	*m = (struct call_media){ .ready = false };
}

/* Keeps `sdp` as the last description we sent. */
static enum call_err keep_sent(struct call *c, const struct sdp *sdp)
{
	char text[SDP_TEXT_MAX];
	enum call_err err = sdp_write_text(text, sizeof(text), sdp);
	char *copy;

	if (err)
		return err;
	copy = strdup(text);
	explicit_bzero(text, sizeof(text));
	if (!copy)
		return CALL_NOMEM;
	text_free(c->media.sent);
	c->media.sent = copy;
	return CALL_OK;
}

static struct media_self self_of(const struct call *c)
{
	struct media_self self;

	squeeze_read(&c->media.self, &self, sizeof(self));
	return self;
}

static struct media_agreed agreed_of(const struct call *c)
{
	struct media_agreed agreed;

	squeeze_read(&c->media.agreed, &agreed, sizeof(agreed));
	return agreed;
}

static bool has_keys(const struct media_self *self)
{
	static const uint8_t none[sizeof(self->secret)];

	return memcmp(self->secret, none, sizeof(none)) != 0;
}

static bool asks_for_keys(const struct sdp *offer)
{
	for (unsigned i = 0; i < offer->n_media; i++)
		if (offer->media[i].n_crypto > 0)
			return true;
	return false;
}

/* Our keys for the whole session, unless it has them; a session in the clear keeps none. */
static enum call_err draw_keys(struct media_self *self)
{
	if (self->srtp == OFFER_SRTP_NEVER || has_keys(self))
		return CALL_OK;
	return getrandom(self->secret, sizeof(self->secret), 0) == sizeof(self->secret) ? CALL_OK
											: CALL_NOMEM;
}

static enum call_err settle(struct call *c, const struct media_agreed *agreed)
{
	enum call_err err = squeeze_keep(&c->media.agreed, agreed, sizeof(*agreed));

	if (err)
		return err;
	c->media.settled = true;
	if (c->ua->config.on.on_media)
		c->ua->config.on.on_media(c->owner, c, agreed);
	return CALL_OK;
}

static enum call_err answer(struct call *c, struct media_self *self, const struct body_text *offer_text)
{
	struct sdp offer, sdp;
	struct media_agreed agreed = agreed_of(c);
	struct sdp_why why;
	enum call_err err = sdp_parse_text(&offer, offer_text->text, offer_text->len, &why);

	if (err)
		return err;
	if (c->media.settled && offer_replaces_audio(&offer, &agreed))
		return CALL_NO_MATCH; /* T.38: refused, the call stays */
	if (asks_for_keys(&offer))
		err = draw_keys(self);
	if (!err)
		err = offer_answer(&offer, self, &agreed, &sdp);
	c->media.srtp_wanted = self->srtp != OFFER_SRTP_NEVER;
	if (!err)
		err = keep_sent(c, &sdp);
	if (!self->secured)
		explicit_bzero(self->secret, sizeof(self->secret));
	if (!err)
		err = squeeze_keep(&c->media.self, self, sizeof(*self));
	if (!err)
		err = settle(c, &agreed);
	return err;
}

enum call_err call_take_offer(struct call *c, const struct body_text *sdp)
{
	struct media_self self = self_of(c); /* stays as it was if the offer is refused */

	return c->media.ready ? answer(c, &self, sdp) : CALL_STATE;
}

static enum call_err make_offer(struct call *c)
{
	struct media_self self = self_of(c);
	const struct media_agreed agreed = agreed_of(c);
	struct sdp offer;
	enum call_err err = c->media.settled ? CALL_OK : draw_keys(&self);

	if (!err)
		err = offer_make(&self, c->media.settled ? &agreed : NULL, &offer);
	if (!err)
		err = keep_sent(c, &offer);
	if (!err)
		err = squeeze_keep(&c->media.self, &self, sizeof(self));
	return err;
}

/* What an answer says for later offers.  Once sealed, there is no way back into the clear. */
static enum call_err keep_settled(struct call *c, const struct media_agreed *agreed)
{
	const bool secured = agreed->tx_key.suite != SDES_NONE;
	struct media_self self = self_of(c);

	if (self.secured && !secured)
		return CALL_NO_SRTP;
	if (self.secured == secured && (secured || !has_keys(&self)) && self.ice.theirs == agreed->ice.theirs)
		return CALL_OK;
	self.secured = secured;
	self.ice.theirs = agreed->ice.theirs;
	if (!secured)
		explicit_bzero(self.secret, sizeof(self.secret));
	return squeeze_keep(&c->media.self, &self, sizeof(self));
}

enum call_err call_make_offer(struct call *c, const struct media_self *self)
{
	enum call_err err = squeeze_keep(&c->media.self, self, sizeof(*self));

	if (!err)
		err = make_offer(c);
	c->media.ready = !err;
	c->media.answer_due = !err;
	return err;
}

enum call_err call_take_answer(struct call *c, const struct body_text *text)
{
	struct sdp offer, sdp;
	struct media_agreed agreed;
	struct sdp_why why;
	enum call_err err;

	if (!c->media.sent)
		return CALL_STATE;
	err = sdp_parse_text(&offer, c->media.sent, strlen(c->media.sent), &why);
	if (!err)
		err = sdp_parse_text(&sdp, text->text, text->len, &why);
	if (!err)
		err = offer_take(&offer, &sdp, &agreed);
	if (!err)
		err = keep_settled(c, &agreed);
	if (!err)
		err = settle(c, &agreed);
	return err;
}

void call_offered_source(const struct call *call, struct offer_source *out)
{
	const struct call_media *m = &call->media;
	struct sdp *offer = m->offer_rx ? malloc(sizeof(*offer)) : NULL;
	struct sdp_why why;

	*out = (struct offer_source){ .address = "" };
	if (offer && sdp_parse_text(offer, m->offer_rx, m->offer_rx_len, &why) == CALL_OK)
		offer_source(out, offer);
	if (offer)
		explicit_bzero(offer, sizeof(*offer));
	free(offer);
}

enum call_err call_accept_media(struct call *call, const struct media_self *self)
{
	struct call_media *m = &call->media;
	struct media_self mine = *self;
	enum call_err err;

	if (m->ready || (call->state != DIALOG_INCOMING && call->state != DIALOG_EARLY))
		return CALL_STATE;
	if (m->offer_rx) {
		err = answer(call, &mine, &(struct body_text){ m->offer_rx, m->offer_rx_len });
		explicit_bzero(m->offer_rx, m->offer_rx_len);
		free(m->offer_rx);
		m->offer_rx = NULL;
		m->ready = !err;
		m->refused = err;
		return err;
	}
	err = squeeze_keep(&m->self, &mine, sizeof(mine));
	if (!err)
		err = make_offer(call);
	m->ready = !err;
	return err;
}

/* RFC 3261 section 21.4.26 wants a Warning with 488 (section 20.43: 304 media type, 305 format, 399 in words). */
void call_warn(const struct call *c, struct ua_reply *reply, enum call_err err)
{
	reply->warning = err == CALL_NO_SRTP ? 399 : 305;
	if (err == CALL_NO_SRTP)
		reply->warning_text = c->media.srtp_wanted ? "SRTP is required" : "SRTP is not possible here";
}

static void refuse_offer(const struct call *c, struct ua_reply *reply, enum call_err err)
{
	switch (err) {
	case CALL_SYNTAX: reply->status = 400; break;
	case CALL_LIMIT: reply->status = 513; break;
	case CALL_STATE: /* RFC 3311 section 5.2: not before we answered the first one */
		reply->status = 500;
		reply->retry_after_s = 5;
		break;
	case CALL_NO_MATCH:
	case CALL_NO_SRTP:
		reply->status = 488;
		call_warn(c, reply, err);
		break;
	default: reply->status = 500; break;
	}
}

/* The timer of a refreshing request: false when it is too short (422, in *reply). */
static bool refresh_timer(struct call *c, const struct timer_headers *timer, struct ua_reply *reply)
{
	reply->has_timer = true;
	reply->status = timer_invite(&c->timer, timer, &reply->timer, ua_now_us(c->ua));
	return reply->status == 0;
}

void call_take_reinvite(struct call *c, const struct body_text *sdp, const struct timer_headers *timer,
	struct ua_reply *reply)
{
	enum call_err err;

	if (!refresh_timer(c, timer, reply))
		return;
	err = sdp ? call_take_offer(c, sdp) : make_offer(c);
	if (err) {
		refuse_offer(c, reply, err);
		return;
	}
	c->media.answer_due = !sdp;
	c->invite_open = true;
	reply->status = 200;
	reply->sdp = c->media.sent;
}

void call_take_update(struct call *c, const struct body_text *sdp, const struct timer_headers *timer,
	struct ua_reply *reply)
{
	const bool unsettled = (c->state == DIALOG_INCOMING || c->state == DIALOG_EARLY) &&
			       c->media.sent_how != EARLY_RELIABLY;
	enum call_err err;

	if (sdp &&
		(c->media.answer_due || c->pending_has_offer)) { /* our offer is out: RFC 3311 section 5.2 */
		reply->status = 491;
		return;
	}
	if (sdp && unsettled) { /* theirs is not answered */
		refuse_offer(c, reply, CALL_STATE);
		return;
	}
	if (!refresh_timer(c, timer, reply))
		return;
	reply->status = 200;
	if (!sdp)
		return;
	err = call_take_offer(c, sdp);
	if (err)
		refuse_offer(c, reply, err);
	else
		reply->sdp = c->media.sent;
}
