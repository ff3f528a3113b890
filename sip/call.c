#include "sip/call_priv.h"
#include "sip/ua_priv.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { END_TEXT = 95 };

/* DIALOG_INVALID = 0: what is not listed is refused. */
static const enum dialog_state dialog_next[DIALOG_STATES][DIALOG_EVENTS] = {
	[DIALOG_INCOMING] = { [EV_PROGRESS] = DIALOG_EARLY,
		[EV_ANSWER] = DIALOG_ANSWERED,
		[EV_HANGUP] = DIALOG_ENDING,
		[EV_GONE] = DIALOG_ENDED },
	[DIALOG_EARLY] = { [EV_PROGRESS] = DIALOG_EARLY,
		[EV_ANSWER] = DIALOG_ANSWERED,
		[EV_HANGUP] = DIALOG_ENDING,
		[EV_GONE] = DIALOG_ENDED },
	[DIALOG_ANSWERED] = { [EV_ACK] = DIALOG_CONFIRMED,
		[EV_HANGUP] = DIALOG_LEAVING,
		[EV_GONE] = DIALOG_ENDED },
	[DIALOG_LEAVING] = { [EV_ACK] = DIALOG_ENDING, [EV_GONE] = DIALOG_ENDED },
	[DIALOG_CONFIRMED] = { [EV_HANGUP] = DIALOG_ENDING, [EV_GONE] = DIALOG_ENDED },
	[DIALOG_ENDING] = { [EV_GONE] = DIALOG_ENDED },
	[DIALOG_CALLING] = { [EV_PROGRESS] = DIALOG_PROCEEDING,
		[EV_ANSWER] = DIALOG_CONFIRMED,
		[EV_HANGUP] = DIALOG_CANCELLING,
		[EV_GONE] = DIALOG_ENDED },
	[DIALOG_PROCEEDING] = { [EV_PROGRESS] = DIALOG_PROCEEDING,
		[EV_ANSWER] = DIALOG_CONFIRMED,
		[EV_HANGUP] = DIALOG_CANCELLING,
		[EV_GONE] = DIALOG_ENDED },
	[DIALOG_CANCELLING] = { [EV_ANSWER] = DIALOG_ENDING, [EV_GONE] = DIALOG_ENDED },
};

/* A token that nobody can guess: it is the user part of our Contact. */
bool call_token_make(char out[CALL_TOKEN])
{
	static const char hex[] = "0123456789abcdef";
	unsigned char bits[16];

	if (getrandom(bits, sizeof(bits), 0) != sizeof(bits))
		return false;
	for (size_t i = 0; i < sizeof(bits); i++) {
		out[2 * i] = hex[bits[i] >> 4];
		out[2 * i + 1] = hex[bits[i] & 15];
	}
	out[2 * sizeof(bits)] = '\0';
	return true;
}

struct call *call_alloc(struct ua *ua)
{
	struct call *c = calloc(1, sizeof(*c));

	_Static_assert((int)CALLER_SESSION == (int)CALL_TOKEN, "a token is a session's name as well");
	if (!c || !call_token_make(c->token) || !call_token_make(c->session)) {
		free(c);
		return NULL;
	}
	c->ua = ua;
	c->state = DIALOG_INCOMING;
	c->end.text = "";
	return c;
}

struct call *call_free(struct call *c)
{
	if (!c)
		return NULL;
	call_forget_media(c);
	free(c->id);
	free(c->remote_tag);
	free(c->local_tag);
	free(c->target);
	free(c->peer_host);
	free(c->answer_lines);
	free(c->end_text);
	c->refer = refer_state_free(c->refer);
	if (c->out) {
		free(c->out->early);
		free(c->out->route);
		free(c->out->lines);
		free(c->out->replaces);
		free(c->out->referred_by);
		free(c->out->identity);
		free(c->out->redirect);
		login_clear(&c->out->login);
		OPENSSL_cleanse(c->out->authorization, sizeof(c->out->authorization));
		free(c->out);
	}
	free(c);
	return NULL;
}

bool call_event(struct call *c, enum dialog_event event)
{
	const enum dialog_state next = dialog_next[c->state][event];

	if (next == DIALOG_INVALID)
		return false;
	c->state = next;
	return true;
}

struct call_end call_end_of(bool by_far_end, unsigned status, unsigned q850, const char *text)
{
	return (struct call_end){
		.by_far_end = by_far_end, .sip_status = status, .q850 = q850, .text = text ? text : ""
	};
}

void call_finish(struct call *c, const struct call_end *end)
{
	if (c->finished)
		return;
	c->finished = true;
	c->end = *end;
	c->end_text = strndup(end->text, END_TEXT);
	c->end.text = c->end_text ? c->end_text : cause_words(end->q850);
	c->ua->stats.ended++;
	ua_kick(c);
}

void call_set_owner(struct call *call, void *owner)
{
	call->owner = owner;
}

enum call_err call_set_answer_lines(struct call *call, const char *lines)
{
	char *copy = lines[0] ? strdup(lines) : NULL;

	if (lines[0] && !copy)
		return CALL_NOMEM;
	free(call->answer_lines);
	call->answer_lines = copy;
	return CALL_OK;
}

void *call_owner(const struct call *call)
{
	return call->owner;
}

const char *call_token(const struct call *call)
{
	return call->token;
}

const char *call_session(const struct call *call)
{
	return call->session;
}

const char *call_session_peer(const struct call *call)
{
	return call->session_peer;
}

const char *call_sip_id(const struct call *call)
{
	return call->id;
}

static struct early_facts early_facts_of(const struct call *c)
{
	const struct call_media *m = &c->media;

	return (struct early_facts){ .required = c->rel100_required,
		.supported = c->rel100_supported,
		.has_offer = m->had_offer,
		.media_ready = m->ready,
		.awaits_prack = c->awaits_prack,
		.sent = m->sent_how };
}

enum call_err call_progress(struct call *call, unsigned status, bool with_sdp)
{
	const struct early_facts facts = early_facts_of(call);
	struct ua_reply reply = { .status = status };
	struct early_plan plan;
	enum call_err err;

	if (call->state != DIALOG_INCOMING && call->state != DIALOG_EARLY)
		return CALL_STATE;
	err = early_plan(&plan, &facts, status, with_sdp);
	if (err)
		return err;
	call_event(call, EV_PROGRESS);
	reply.require_100rel = plan.reliable;
	call->awaits_prack = plan.reliable;
	if (plan.with_sdp) {
		reply.sdp = call->media.sent;
		reply.permits = call->reads_permits;
		call->media.sent_how = plan.reliable ? EARLY_RELIABLY : EARLY_UNRELIABLY;
		call->media.answer_due = !facts.has_offer;
	}
	ua_reply_invite(call, &reply);
	return CALL_OK;
}

enum call_err call_answer(struct call *call)
{
	const struct early_facts facts = early_facts_of(call);
	struct ua_reply reply = { .status = 200, .has_timer = true, .timer = call->timer_reply };

	if (!call->media.ready || !call_event(call, EV_ANSWER))
		return CALL_STATE;
	if (early_final_sdp(&facts)) {
		reply.sdp = call->media.sent;
		call->media.answer_due = !facts.has_offer;
	}
	call->timer.refreshed_us = ua_now_us(call->ua);
	call->invite_open = true;
	call->answer_held = call->awaits_prack;
	ua_reply_invite(call, &reply);
	return CALL_OK;
}

/* May the INVITE still be refused? */
static bool is_unanswered(const struct call *c)
{
	return c->state == DIALOG_INCOMING || c->state == DIALOG_EARLY ||
	       (c->state == DIALOG_ANSWERED && c->answer_held);
}

static void refuse(struct call *call, unsigned status, const char *phrase, unsigned q850, const char *text,
	unsigned retry_after_s)
{
	const bool too_late = !is_unanswered(call);
	struct ua_reply reply;
	struct call_end end;
	char reason[160];

	if (too_late) {
		call_hangup(call, q850, text);
		return;
	}
	if (status < 300 || status > 699)
		status = 500;
	if (q850 == 0)
		q850 = cause_from_status(status);
	cause_reason(reason, sizeof(reason), q850, text);
	call_event(call, EV_HANGUP);
	call->ua->stats.refused++;
	reply = (struct ua_reply){
		.status = status, .phrase = phrase, .reason = reason, .retry_after_s = retry_after_s
	};
	if (status == 488)
		call_warn(call, &reply, call->media.refused);
	ua_reply_invite(call, &reply);
	end = call_end_of(false, status, q850, text ? text : status_words(status));
	call_finish(call, &end);
	ua_release(call);
}

void call_refuse(struct call *call, unsigned status, unsigned q850, const char *text, unsigned retry_after_s)
{
	refuse(call, status, NULL, q850, text, retry_after_s);
}

void call_refuse_as(struct call *call, unsigned status, const char *phrase, unsigned q850, const char *text)
{
	refuse(call, status, phrase, q850, text, 0);
}

static void send_bye(struct call *c)
{
	char reason[160];

	cause_reason(reason, sizeof(reason), c->end.q850, c->end.text);
	ua_send_bye(c, reason);
}

void call_hangup(struct call *call, unsigned q850, const char *text)
{
	const struct call_end end = call_end_of(false, 0, q850, text ? text : cause_words(q850));

	if (call->state == DIALOG_CALLING || call->state == DIALOG_PROCEEDING) {
		call_cancel(call, q850, text ? text : cause_words(q850));
		return;
	}
	if (is_unanswered(call)) {
		call_refuse(call, cause_to_status(q850), q850, text, 0);
		return;
	}
	if (!call_event(call, EV_HANGUP))
		return;
	call_finish(call, &end);
	if (call->state == DIALOG_ENDING)
		send_bye(call);
}

/* The ACK of the first INVITE: its answer, if the offer was ours. */
static bool settle_by_ack(struct call *c, const struct body_text *sdp)
{
	if (!c->media.answer_due)
		return true;
	c->media.answer_due = false;
	if (!sdp)
		return c->media.settled; /* a re-INVITE without offer whose sender ignored ours: as before */
	return call_take_answer(c, sdp) == CALL_OK;
}

void call_take_ack(struct call *c, const struct body_text *sdp)
{
	bool settled;

	c->invite_open = false;
	if (c->state == DIALOG_LEAVING) {
		call_event(c, EV_ACK);
		send_bye(c);
		return;
	}
	settled = settle_by_ack(c, sdp);
	if (call_event(c, EV_ACK) && settled && c->ua->config.on.on_confirmed)
		c->ua->config.on.on_confirmed(c->owner, c);
	if (!settled)
		call_hangup(c, Q850_INCOMPATIBLE, "no usable answer to our offer");
}

void call_take_prack(struct call *c, const struct body_text *sdp, struct ua_reply *reply)
{
	reply->status = 200;
	c->awaits_prack = false;
	if (c->media.answer_due && !c->media.settled) {
		c->media.answer_due = false;
		if (!sdp || call_take_answer(c, sdp) != CALL_OK)
			reply->status = sdp ? 488 : 400;
		else
			c->answer_held = false; /* nua lets it go with the 200 for this PRACK */
		return;
	}
	c->answer_held = false;
	if (!sdp)
		return;
	if (call_take_offer(c, sdp) == CALL_OK)
		reply->sdp = c->media.sent;
	else
		reply->status = 488;
}

void call_take_gone(struct call *c, unsigned status, const char *phrase)
{
	const bool never_answered = c->state != DIALOG_CONFIRMED && c->state != DIALOG_ENDING &&
				    c->state != DIALOG_ANSWERED && c->state != DIALOG_LEAVING;
	const unsigned q850 = status >= 300 ? cause_from_status(status) : Q850_NORMAL_UNSPECIFIED;
	const struct call_end end = call_end_of(false, never_answered ? status : 0, q850, phrase);

	call_event(c, EV_GONE);
	call_finish(c, &end);
	ua_release(c);
	ua_kick(c);
}
