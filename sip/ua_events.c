/* ua_events.c - nua's events, one table: each is checked, read and handed to the call that it belongs to. */
#include "sip/info.h"
#include "sip/ua_nua.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_tag.h>

/* One that does not become a call: answered, told to the owner for the record, forgotten. */
static void turn_away(const struct ua_event *ev, const struct ua_reply *reply, const char *text)
{
	struct ua *ua = ev->at->ua;
	struct call_invite invite;
	struct ua_reply full = *reply;
	char reason[160];

	read_invite(&invite, ev);
	if (!full.reason) {
		cause_reason(reason, sizeof(reason), cause_from_status(full.status), text);
		full.reason = reason;
	}
	if (ua->config.on.on_refused)
		ua->config.on.on_refused(ua->config.on.arg, ev->seen->trunk[0] ? ev->seen->trunk : NULL,
			ev->seen->source, invite.from_user, invite.to_user, invite.call_id, full.status,
			text);
	ua->stats.refused++;
	ua_refuse(ev->at, ev->handle, &full);
}

/* Everything that refuses an INVITE below the owner; 0: nothing does. */
static unsigned invite_status(const struct ua_event *ev, struct body_text *sdp, const char **text)
{
	struct ua *ua = ev->at->ua;
	unsigned status;

	if (!ev->seen->trunk[0]) {
		ua->stats.stranger_refused += !ev->seen->known;
		*text = ev->seen->known ? "none of the trunks at this address is for such a call"
					: "not from a known trunk";
		return 403;
	}
	if (ev->seen->bad) {
		ua->stats.malformed++;
		*text = ev->seen->bad;
		return 400;
	}
	if (!ev->sip->sip_from->a_tag) {
		ua->stats.malformed++;
		*text = "From without tag";
		return 400;
	}
	if (ua->closing) {
		*text = "shutting down";
		return 503;
	}
	if (ev->sip->sip_max_forwards && ev->sip->sip_max_forwards->mf_count == 0) {
		*text = "Max-Forwards used up";
		return 483;
	}
	if (origin_is_ours(ev)) {
		*text = "a call of ours that came back: a loop";
		return 482;
	}
	status = read_body(sdp, ev->sip);
	if (status)
		*text = "body is not a session description";
	return status;
}

static struct call *call_of_invite(const struct ua_event *ev, const struct body_text *sdp)
{
	struct call *c = call_alloc(ev->at->ua);

	if (!c)
		return NULL;
	c->handle = ev->handle;
	c->listener = ev->at;
	c->by_tcp = ev->seen->by_tcp;
	c->sips = ev->sip->sip_request->rq_url->url_type == url_sips;
	snprintf(c->trunk, sizeof(c->trunk), "%s", ev->seen->trunk);
	if (ev->seen->by_contact)
		memcpy(c->gateway, ev->seen->ip, sizeof(c->gateway));
	c->id = strndup(ev->sip->sip_call_id->i_id, CALL_ID - 1);
	c->remote_tag = strndup(ev->sip->sip_from->a_tag, CALL_ID - 1);
	if (!c->id || !c->remote_tag)
		return call_free(c);
	read_features(c, ev);
	read_peer(c, ev->sip);
	c->media.had_offer = sdp->text != NULL;
	if (sdp->text) {
		c->media.offer_rx = strndup(sdp->text, sdp->len);
		c->media.offer_rx_len = c->media.offer_rx ? strlen(c->media.offer_rx) : 0;
		if (!c->media.offer_rx)
			return call_free(c);
	}
	return c;
}

/* Sofia would look names up itself, in this thread and without bounds: requests go to where theirs came from. */
void events_keep_from_resolver(const struct ua_event *ev, struct call *c)
{
	char hop[CALL_URI + 64], relay[UA_SOURCE];

	if (c->out && !c->out->route && ev->sip->sip_contact) { /* a new target (RFC 3261 section 12.2.2) */
		const char *next = read_next_hop(ev->sip, hop, sizeof(hop));

		if (next)
			snprintf(c->out->remote_target, sizeof(c->out->remote_target), "%s", next);
		ua_send_to_hop(c, next);
		return;
	}
	if (c->out && c->out->relay[0])
		return;
	c->relay_port = ev->seen->relay_port;
	if (c->relay_port) { /* back through the connection that it came by */
		snprintf(relay, sizeof(relay), "tcp:127.0.0.1:%u", c->relay_port);
		ua_send_to_source(c, relay);
	} else if (!c->out && read_next_hop_is_name(ev->sip)) {
		ua_send_to_source(c, ev->seen->source);
	}
}

/* True: it is not let in, and was told so. */
static bool is_locked_out(const struct ua_event *ev)
{
	char lines[CHALLENGE_TEXT];
	struct ua_reply reply = { .status = 0, .lines = lines };
	const char *text;

	if (!ev->seen->logs_in)
		return false;
	reply.status = origin_login(ev, lines, &text);
	reply.retry_after_s = reply.status == 503 ? 1 : 0;
	if (reply.status && text)
		turn_away(ev, &reply, text);
	else if (reply.status)
		ua_refuse(ev->at, ev->handle, &reply); /* asked, not refused: no record */
	return reply.status != 0;
}

static void new_call(const struct ua_event *ev)
{
	struct ua *ua = ev->at->ua;
	struct ua_reply reply = { .status = 0 };
	const char *text = "";
	struct call_invite invite;
	struct body_text sdp;
	struct call *c;

	if (is_locked_out(ev))
		return;
	ua->stats.invites++;
	reply.status = invite_status(ev, &sdp, &text);
	reply.retry_after_s = reply.status == 503 ? 10 : 0;
	if (reply.status) {
		turn_away(ev, &reply, text);
		return;
	}
	c = call_of_invite(ev, &sdp);
	if (!c) {
		turn_away(ev, &(struct ua_reply){ .status = 500 }, "out of memory");
		return;
	}
	reply.status = timer_invite(&c->timer, &ev->seen->timer, &c->timer_reply, ua_now_us(ua));
	if (reply.status) {
		reply.has_timer = true;
		reply.timer = c->timer_reply;
		turn_away(ev, &reply, "session interval too small");
		call_free(c);
		return;
	}
	nua_handle_bind(ev->handle, (nua_hmagic_t *)c);
	ua_adopt(ua, c);
	events_keep_from_resolver(ev, c);
	read_invite(&invite, ev);
	invite.trunk = c->trunk;
	invite.has_offer = c->media.had_offer;
	ua->config.on.on_invite(ua->config.on.arg, c, &invite);
}

/* --- requests inside a dialog --- */

/* What refuses any request of a dialog before its own rules; 0: nothing. */
unsigned events_request_status(const struct ua_event *ev)
{
	if (strcmp(ev->seen->trunk, ev->call->trunk) != 0)
		return 403; /* the screen detaches these; never rely on one guard alone */
	if (ev->seen->bad) {
		ev->at->ua->stats.malformed++;
		return 400;
	}
	if (ev->call->finished)
		return 481;
	return 0;
}

static void on_invite(const struct ua_event *ev)
{
	struct ua_reply reply = { 0 };
	struct body_text sdp;

	if (!ev->call) {
		new_call(ev);
		return;
	}
	reply.status = events_request_status(ev);
	/* A copy of the first INVITE, so late that nta has forgotten that and takes it for a new one: out of order (RFC 3261 section
	 * 12.2.2).  482 would say that the dialog is no more (RFC 5057). */
	if (!reply.status && !ev->sip->sip_to->a_tag)
		reply.status = 500;
	if (!reply.status)
		reply.status = read_body(&sdp, ev->sip);
	if (!reply.status) {
		events_keep_from_resolver(ev, ev->call);
		if (ev->sip->sip_allow)
			ev->call->allows_update = sip_is_allowed(ev->sip->sip_allow, sip_method_update, NULL);
		call_take_reinvite(ev->call, sdp.text ? &sdp : NULL, &ev->seen->timer, &reply);
	}
	ua_reply_invite(ev->call, &reply);
}

static void on_update(const struct ua_event *ev)
{
	struct ua_reply reply = { .status = events_request_status(ev) };
	struct body_text sdp;

	if (!reply.status)
		reply.status = read_body(&sdp, ev->sip);
	if (!reply.status)
		events_keep_from_resolver(ev, ev->call);
	if (!reply.status)
		call_take_update(ev->call, sdp.text ? &sdp : NULL, &ev->seen->timer, &reply);
	ua_reply_request(ev->call, &reply);
	if (reply.status == 200)
		call_take_permit(ev->call, ev->sip->sip_from->a_tag, read_permit(ev->sip));
}

static void on_prack(const struct ua_event *ev)
{
	struct ua_reply reply = { .status = events_request_status(ev) };
	struct body_text sdp;

	if (!reply.status)
		reply.status = read_body(&sdp, ev->sip);
	if (!reply.status)
		call_take_prack(ev->call, sdp.text ? &sdp : NULL, &reply);
	ua_reply_request(ev->call, &reply);
	if (reply.status >= 300 && !ev->call->media.had_offer && !ev->call->media.settled)
		call_refuse(ev->call, 488, Q850_INCOMPATIBLE, "no usable answer to our offer", 0);
}

static void on_info(const struct ua_event *ev)
{
	const sip_payload_t *p = ev->sip->sip_payload;
	const sip_content_type_t *t = ev->sip->sip_content_type;
	struct ua *ua = ev->at->ua;
	struct ua_reply reply = { .status = events_request_status(ev) };
	struct info_digit digit = { 0, 0 };

	if (!reply.status && p && p->pl_len) {
		switch (info_read(&digit, t ? t->c_type : NULL, p->pl_data, p->pl_len)) {
		case CALL_OK: break;
		case CALL_NO_MATCH: reply.status = 415; break;
		default: reply.status = 400; break;
		}
	}
	if (!reply.status)
		reply.status = 200;
	ua_reply_request(ev->call, &reply);
	if (digit.key && ua->config.on.on_digit)
		ua->config.on.on_digit(ev->call->owner, ev->call, digit.key);
}

/* OPTIONS outside a call ask whether a new one would be taken. */
static unsigned away_s(const struct ua_event *ev)
{
	const struct call_handlers *on = &ev->at->ua->config.on;

	if (ev->call || !on->away)
		return 0;
	return on->away(on->arg, ev->seen->set.n > 1 ? NULL : ev->seen->trunk);
}

static void on_options(const struct ua_event *ev)
{
	const bool stranger = !ev->seen->trunk[0];
	const unsigned after_s = stranger ? 0 : away_s(ev);
	const int status = stranger ? 403 : ev->at->ua->closing || after_s ? 503 : 200;
	char after[16];

	if (stranger)
		ev->at->ua->stats.stranger_refused++;
	snprintf(after, sizeof(after), "%u", after_s);
	nua_respond(ev->handle, status, status_words((unsigned)status), NUTAG_WITH_THIS(ev->at->nua),
		SIPTAG_SERVER_STR(ev->at->ua->agent), TAG_IF(after_s, SIPTAG_RETRY_AFTER_STR(after)),
		TAG_IF(status == 200, SIPTAG_ACCEPT_STR("application/sdp")),
		TAG_IF(status == 200, SIPTAG_ACCEPT_ENCODING_STR("identity")),
		TAG_IF(status == 200, SIPTAG_ACCEPT_LANGUAGE_STR("en")), TAG_END());
	if (!ev->call)
		nua_handle_destroy(ev->handle);
}

static void on_ack(const struct ua_event *ev)
{
	struct body_text sdp = { NULL, 0 };
	const bool readable = ev->sip && read_body(&sdp, ev->sip) == 0;

	if (ev->sip && !ev->call->out && !ev->call->local_tag && ev->sip->sip_to->a_tag)
		ev->call->local_tag = strdup(ev->sip->sip_to->a_tag);
	call_take_ack(ev->call, readable && sdp.text ? &sdp : NULL);
}

/* Sofia has answered BYE and CANCEL already; the dialog's end follows. */
static void on_bye(const struct ua_event *ev)
{
	const bool early = ev->call->state == DIALOG_INCOMING || ev->call->state == DIALOG_EARLY;
	const struct call_end end =
		call_end_of(true, early ? 487 : 0, read_reason(ev->sip, Q850_NORMAL), "far end hung up");

	call_finish(ev->call, &end);
}

static void on_cancel(const struct ua_event *ev)
{
	const struct call_end end = call_end_of(
		true, 487, read_reason(ev->sip, Q850_NORMAL), "far end gave up before the answer");

	call_finish(ev->call, &end);
}

static void on_error(const struct ua_event *ev)
{
	const char *phrase = ev->phrase ? ev->phrase : "";

	if (ev->status == 408 && strcmp(phrase, "ACK Timeout") == 0) {
		const struct call_end end = call_end_of(false, 0, Q850_TIMER, "no ACK within 32 s");

		call_event(ev->call, EV_HANGUP);
		call_finish(ev->call, &end);
	} else if (strstr(phrase, "PRACK") || strstr(phrase, "Reliable Response")) {
		const struct call_end end = call_end_of(false, 504, Q850_TIMER, "no PRACK within 32 s");

		call_finish(ev->call, &end);
	} else {
		ua_note(ev->at->ua, ev->call->id, phrase);
	}
}

static void on_state(const struct ua_event *ev)
{
	const tagi_t *state = tl_find(ev->tags, nutag_callstate);

	if (state && (int)state->t_value == nua_callstate_terminated)
		call_take_gone(ev->call, (unsigned)ev->status, ev->phrase);
}

/* --- answers to requests of ours --- */

/* A repetition with credentials goes out instead of the verdict. */
static bool challenge_taken(const struct ua_event *ev, const char *method)
{
	struct read_response r;

	if (ev->status != 401 && ev->status != 407)
		return false;
	read_response(&r, ev);
	return call_take_challenge(ev->call, &r.response, method);
}

static void on_refreshed(const struct ua_event *ev, bool by_update)
{
	struct timer_headers none = { 0 };
	struct body_text sdp = { NULL, 0 };

	if (ev->status < 200)
		return;
	if (!by_update && ev->status < 300)
		ua_send_ack(ev->call);
	if (challenge_taken(ev, by_update ? "UPDATE" : "INVITE")) {
		call_repeat_refresh(ev->call, by_update);
		return;
	}
	if (ev->seen && ev->seen->bad)
		ua_note(ev->at->ua, ev->call->id, ev->seen->bad);
	if (ev->sip && read_body(&sdp, ev->sip) != 0)
		sdp.text = NULL;
	call_take_refreshed(ev->call, by_update,
		ev->seen && ev->seen->interval_refused ? 422 : (unsigned)ev->status,
		ev->seen ? &ev->seen->timer : &none, sdp.text ? &sdp : NULL);
}

static void on_r_invite(const struct ua_event *ev)
{
	const enum dialog_state state = ev->call->state;
	struct read_response r;
	char hop[CALL_URI + 64];

	if (state != DIALOG_CALLING && state != DIALOG_PROCEEDING && state != DIALOG_CANCELLING) {
		on_refreshed(ev, false);
		return;
	}
	read_response(&r, ev);
	if (ev->sip)
		read_session(ev->call->session_peer, ev->sip);
	if (ev->sip && !r.response.bad && ev->status >= 200 && ev->status < 300)
		ua_send_to_hop(ev->call, read_next_hop(ev->sip, hop, sizeof(hop)));
	if (ev->sip && ev->sip->sip_rseq && r.response.reliable && !r.response.bad) {
		ua_send_to_hop(ev->call, read_next_hop(ev->sip, hop, sizeof(hop)));
		ua_send_prack(ev->call, (unsigned)ev->sip->sip_rseq->rs_response, r.response.cseq);
	}
	call_take_response(ev->call, &r.response);
}

static void on_r_bye(const struct ua_event *ev)
{
	struct read_response r;

	if (!ev->call->out || ev->status < 300)
		return;
	read_response(&r, ev);
	call_take_bye_response(ev->call, &r.response);
}

static void on_r_info(const struct ua_event *ev)
{
	struct read_response r;

	read_response(&r, ev);
	call_take_info_response(ev->call, &r.response);
}

static void on_r_update(const struct ua_event *ev)
{
	on_refreshed(ev, true);
}

/* --- the table --- */

static const struct {
	void (*handle)(const struct ua_event *ev);
	bool needs_call;
	bool needs_message;
} events[] = {
	[nua_i_invite] = { on_invite, false, true },
	[nua_i_options] = { on_options, false, true },
	[nua_i_update] = { on_update, true, true },
	[nua_i_prack] = { on_prack, true, true },
	[nua_i_info] = { on_info, true, true },
	[nua_i_ack] = { on_ack, true, false },
	[nua_i_bye] = { on_bye, true, false },
	[nua_i_cancel] = { on_cancel, true, false },
	[nua_i_error] = { on_error, true, false },
	[nua_i_state] = { on_state, true, false },
	[nua_r_invite] = { on_r_invite, true, false },
	[nua_r_update] = { on_r_update, true, false },
	[nua_r_bye] = { on_r_bye, true, false },
	[nua_r_info] = { on_r_info, true, false },
	[nua_i_refer] = { refer_on_refer, false, true },
	[nua_i_notify] = { refer_on_notify, true, true },
	[nua_r_refer] = { refer_on_response, true, false },
};

void ua_on_nua(nua_event_t event, int status, char const *phrase, nua_t *nua, nua_magic_t *magic,
	nua_handle_t *handle, nua_hmagic_t *hmagic, sip_t const *sip, tagi_t tags[])
{
	struct listener *at = (struct listener *)magic;
	const struct ua_event ev = { .at = at,
		.handle = handle,
		.call = (struct call *)hmagic,
		.status = status,
		.phrase = phrase,
		.sip = sip,
		.seen = read_screened(sip),
		.tags = tags };
	const bool known =
		event >= 0 && (size_t)event < sizeof(events) / sizeof(*events) && events[event].handle;

	(void)nua;
	if (event == nua_r_shutdown && status >= 200)
		at->shut = true;
	if (event == nua_r_method && ask_on_response(&ev))
		return;
	if (known && (ev.call || !events[event].needs_call) && (ev.seen || !events[event].needs_message)) {
		events[event].handle(&ev);
		return;
	}
	/* nobody's: answer, if it waits for one, and let go of its handle */
	if (nua_event_is_incoming_request(event) && status < 200)
		nua_respond(handle, SIP_481_NO_TRANSACTION, NUTAG_WITH_THIS(at->nua), TAG_END());
	if (event == nua_r_method && status < 200)
		return;
	if (handle && !hmagic && event != nua_i_state && event != nua_i_terminated && event != nua_i_active)
		nua_handle_destroy(handle);
}
