/* call_dial.c - calls that we make: from the INVITE to the answer. */
#include "sip/call_priv.h"
#include "sip/ua_priv.h"
#include "sip/uri.h"
#include "sip/vet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STATED = 2048 };

/* A display name as a quoted string. */
static void write_name(char out[CALL_NAME * 2 + 4], const char *name)
{
	size_t n = 0;

	out[n++] = '"';
	for (size_t i = 0; name[i] && i < CALL_NAME; i++) {
		if (name[i] == '"' || name[i] == '\\')
			out[n++] = '\\';
		if ((unsigned char)name[i] >= ' ')
			out[n++] = name[i];
	}
	memcpy(out + n, "\" ", 3);
}

static bool write_from(struct call_out *o, const struct call_dial *d, const char *our_host)
{
	const char *host = d->from_host ? d->from_host : our_host;
	char uri[CALL_URI], name[CALL_NAME * 2 + 4] = "", tag[CALL_TOKEN];

	if (!call_token_make(tag))
		return false;
	if (!d->from_user || !d->from_user[0]) {
		snprintf(o->from, sizeof(o->from), "\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=%s",
			tag);
		return true;
	}
	if (d->from_name && d->from_name[0])
		write_name(name, d->from_name);
	if (!uri_write(uri, sizeof(uri), "sip", d->from_user, host))
		return false;
	snprintf(o->from, sizeof(o->from), "%s<%s>;tag=%s", name, uri, tag);
	return true;
}

/* What is said of the caller, and what the trunk adds, as whole headers.  CALL_RANGE: it cannot stand in a header,
 * or is too long. */
static enum call_err write_lines(struct call_out *o, const struct call_dial *d, const char *our_host)
{
	char stated[STATED];

	if (!stated_write(stated, sizeof(stated), &d->stated, our_host, o->request_uri))
		return CALL_RANGE;
	if (asprintf(&o->lines, "%s%s%s", stated, d->asks_permit ? "P-Early-Media: supported\r\n" : "",
		    d->lines ? d->lines : "") < 0)
		o->lines = NULL;
	return o->lines ? CALL_OK : CALL_NOMEM;
}

/* The signed token and when it was made, as whole headers.  False: out of memory, or nothing that could stand in a header. */
static bool write_identity(struct call_out *o, const struct call_dial *d)
{
	const time_t at = (time_t)d->date_s;
	struct tm utc;
	char date[60] = "";

	if (!d->identity)
		return true;
	if (strpbrk(d->identity, "\r\n") || !gmtime_r(&at, &utc) ||
		(at && !strftime(date, sizeof(date), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc)))
		return false;
	if (asprintf(&o->identity, "Identity: %s\r\n%s", d->identity, date) < 0)
		o->identity = NULL;
	return o->identity != NULL;
}

/* Why it is made: in whose place, by whom.  False: out of memory, or nothing that could stand in a header. */
static bool write_occasion(struct call_out *o, const struct call_dial *d)
{
	if ((d->replaces && strpbrk(d->replaces, "\r\n")) ||
		(d->referred_by && vet_uri(d->referred_by, strlen(d->referred_by)) != VET_OK))
		return false;
	if (d->replaces)
		o->replaces = strdup(d->replaces);
	if (d->referred_by && asprintf(&o->referred_by, "<%s>", d->referred_by) < 0)
		o->referred_by = NULL;
	return !d->replaces == !o->replaces && !d->referred_by == !o->referred_by;
}

static enum call_err fill(struct call *c, const struct call_dial *d)
{
	struct call_out *o = c->out;
	const struct listener *at = c->listener;
	const char *our_host = listen_name(at);
	const bool tls = strncmp(d->target, "tls:", 4) == 0;
	char host[CALL_URI], *port;
	enum call_err err;

	if (strlen(d->target) >= sizeof(o->target) || strlen(d->trunk) >= sizeof(c->trunk))
		return CALL_RANGE;
	if (tls != (d->relay != NULL) || (tls && strlen(d->relay) >= sizeof(o->relay)))
		return CALL_ADDRESS;
	if (tls)
		snprintf(o->relay, sizeof(o->relay), "%s", d->relay);
	snprintf(o->target, sizeof(o->target), "%s", d->target);
	snprintf(c->trunk, sizeof(c->trunk), "%s", d->trunk);
	snprintf(host, sizeof(host), "%s", d->target + 4);
	port = strrchr(host, ':');
	if (!port)
		return CALL_ADDRESS;
	*port = '\0';
	if (!trunk_address_parse(c->gateway, host))
		return CALL_ADDRESS;
	if (!d->to_user || !d->to_user[0] ||
		!uri_write(o->request_uri, sizeof(o->request_uri), d->sips ? "sips" : "sip", d->to_user,
			d->host) ||
		strlen(o->request_uri) + 3 > sizeof(o->to) || !write_from(o, d, our_host))
		return CALL_RANGE;
	snprintf(o->to, sizeof(o->to), "<%.*s>", (int)sizeof(o->to) - 3, o->request_uri);
	c->sips = d->sips;
	snprintf(o->certified, sizeof(o->certified), "%s", d->certified ? d->certified : "");
	if (!write_identity(o, d) || !write_occasion(o, d))
		return CALL_NOMEM;
	o->no_session = d->no_session;
	o->no_agent = d->no_agent;
	err = write_lines(o, d, our_host);
	if (err)
		return err;
	o->cseq = 1;
	login_set(&o->login, d->username, d->password, d->realm, c->gateway);
	c->id = strdup(c->token);
	c->remote_tag = strdup(""); /* known with the answer */
	if (!c->id || !c->remote_tag)
		return CALL_NOMEM;
	if (!call_token_make(c->token)) /* the Contact's is another: a Call-ID is seen by more people */
		return CALL_LIBRARY;
	c->by_tcp = strncmp(d->target, "udp", 3) != 0;
	return CALL_OK;
}

uint16_t call_relay_port(const struct call *c)
{
	const char *port = c->out && c->out->relay[0] ? strrchr(c->out->relay, ':') : NULL;

	return port ? (uint16_t)atoi(port + 1) : c->relay_port;
}

enum call_err call_dial(
	struct call **out, struct ua *ua, const struct call_dial *dial, const struct media_self *self)
{
	struct call *c;
	enum call_err err = CALL_NOMEM;

	if (ua->closing)
		return CALL_STATE;
	c = call_alloc(ua);
	if (!c)
		return CALL_NOMEM;
	c->state = DIALOG_CALLING;
	c->owner = dial->owner;
	c->listener = ua_listener_for(ua, dial->target, dial->local);
	c->out = calloc(1, sizeof(*c->out));
	if (!c->out)
		goto fail;
	err = c->listener ? fill(c, dial) : CALL_ADDRESS;
	if (!err)
		err = call_make_offer(c, self);
	if (err)
		goto fail;
	ua_send_invite(c);
	if (!c->handle) {
		err = CALL_LIBRARY;
		goto fail;
	}
	ua_adopt(ua, c);
	*out = c;
	return CALL_OK;
fail:
	call_free(c);
	return err;
}

void call_cancel(struct call *c, unsigned q850, const char *text)
{
	const struct call_end end = call_end_of(false, 487, q850, text);
	char reason[160];

	cause_reason(reason, sizeof(reason), q850, text);
	call_event(c, EV_HANGUP);
	call_finish(c, &end);
	ua_send_cancel(c, reason);
}

/* ---- responses ---- */

static void keep_early(struct call *c, const struct call_response *r)
{
	struct call_out *o = c->out;
	char *copy;

	if (!r->sdp || !r->to_tag)
		return;
	copy = strndup(r->sdp->text, r->sdp->len);
	if (!copy)
		return;
	if (strcmp(o->early_tag, r->to_tag) != 0)
		o->permit = PERMIT_UNSAID; /* another fork's is another dialog's */
	free(o->early);
	o->early = copy;
	o->early_len = strlen(copy);
	snprintf(o->early_tag, sizeof(o->early_tag), "%s", r->to_tag);
}

/* Of the dialog whose description is kept; what it has said before holds on. */
static enum call_early early_of(struct call *c, const struct call_response *r)
{
	struct call_out *o = c->out;

	if (!o->early || !r->to_tag || strcmp(o->early_tag, r->to_tag) != 0)
		return permit_hears(r->permit) || (o->early && permit_hears(o->permit)) ? CALL_EARLY_UNSAID
											: CALL_EARLY_SHUT;
	if (r->permit != PERMIT_UNSAID)
		o->permit = r->permit;
	else if (!r->sdp)
		return CALL_EARLY_UNSAID;
	return permit_hears(o->permit) ? CALL_EARLY_HEARD : CALL_EARLY_SHUT;
}

static void progress(struct call *c, const struct call_response *r)
{
	const struct call_handlers *on = &c->ua->config.on;

	if (r->status == 100 || !call_event(c, EV_PROGRESS))
		return;
	keep_early(c, r);
	if (r->reliable && r->sdp && c->media.answer_due && !c->finished)
		c->media.answer_due =
			call_take_answer(c, r->sdp) != CALL_OK; /* it is the answer (RFC 3262) */
	if (on->on_progress && !c->finished)
		on->on_progress(c->owner, c, r->status, early_of(c, r));
}

void call_take_permit(struct call *c, const char *tag, enum permit permit)
{
	const struct call_handlers *on = &c->ua->config.on;
	const struct call_response r = { .status = 183, .to_tag = tag, .permit = permit };

	if (c->out && c->state == DIALOG_PROCEEDING && permit != PERMIT_UNSAID && on->on_progress &&
		!c->finished)
		on->on_progress(c->owner, c, r.status, early_of(c, &r));
}

/* The answer may have come early, in the same dialog, and be left out of the 2xx (RFC 3261 section 13.2.1, read kindly). */
static bool settle(struct call *c, const struct call_response *r)
{
	const struct call_out *o = c->out;
	const struct body_text early = { o->early, o->early_len };
	const bool settled = c->media.settled && !c->media.answer_due;

	c->media.answer_due = false;
	if (settled && strcmp(o->early_tag, r->to_tag ? r->to_tag : "") == 0)
		return true; /* reliably, and perhaps changed since by an UPDATE: what a 2xx repeats is no news */
	if (r->sdp)
		return call_take_answer(c, r->sdp) == CALL_OK;
	if (!o->early || strcmp(o->early_tag, r->to_tag ? r->to_tag : "") != 0)
		return false;
	return call_take_answer(c, &early) == CALL_OK;
}

static void send_bye(struct call *c)
{
	char reason[160];

	cause_reason(reason, sizeof(reason), c->end.q850, c->end.text);
	ua_send_bye(c, reason);
}

static void keep_dialog(struct call *c, const struct call_response *r)
{
	struct call_out *o = c->out;

	char *tag = strndup(r->to_tag ? r->to_tag : "", CALL_ID - 1);

	if (tag) {
		free(c->remote_tag);
		c->remote_tag = tag;
	}
	snprintf(o->remote_target, sizeof(o->remote_target), "%s", r->contact ? r->contact : "");
	o->route = r->route ? strdup(r->route) : NULL;
	c->allows_update = r->allows_update;
}

static void answered(struct call *c, const struct call_response *r)
{
	const struct call_handlers *on = &c->ua->config.on;
	char text[96];

	if (!call_event(c, EV_ANSWER))
		return; /* another fork's: Sofia gives it its ACK and BYE */
	if (!r->bad)
		keep_dialog(c, r);
	ua_send_ack(c);
	if (c->state == DIALOG_ENDING) { /* it crossed our CANCEL */
		send_bye(c);
		return;
	}
	if (r->bad) {
		snprintf(text, sizeof(text), "protocol error: %.70s", r->bad);
		call_hangup(c, Q850_PROTOCOL, text);
		return;
	}
	if (!settle(c, r)) {
		call_hangup(c, Q850_INCOMPATIBLE, "no usable answer to our offer");
		return;
	}
	if (r->timer)
		timer_answer(&c->timer, r->timer, ua_now_us(c->ua));
	if (on->on_confirmed && !c->finished)
		on->on_confirmed(c->owner, c);
}

static const char *answer_challenge(
	struct call *c, const struct call_response *r, const char *method, const char *uri)
{
	struct call_out *o = c->out;
	char cnonce[CALL_TOKEN];

	if (!call_token_make(cnonce))
		return "no randomness";
	return login_answer(
		&o->login, &r->challenge, method, uri, cnonce, o->authorization, &o->authorization_by_proxy);
}

static void refused(struct call *c, const struct call_response *r, const char *why)
{
	struct call_end end =
		call_end_of(!r->none, r->status, r->q850 ? r->q850 : cause_from_status(r->status),
			why                         ? why
			: r->phrase && r->phrase[0] ? r->phrase
						    : status_words(r->status));

	end.no_response = r->none;
	end.retry_after_s = r->retry_after_s;
	if (r->redirect && !r->none) /* it lives as long as the call: told from the loop */
		end.redirect = c->out->redirect = strdup(r->redirect);
	call_event(c, EV_GONE);
	call_finish(c, &end);
	ua_release(c);
	ua_kick(c);
}

void call_take_response(struct call *c, const struct call_response *r)
{
	const char *why = NULL;

	if (r->cseq)
		c->out->cseq = r->cseq;
	if (r->status < 200) {
		progress(c, r);
		return;
	}
	if (r->status < 300) {
		answered(c, r);
		return;
	}
	if ((r->status == 401 || r->status == 407) && !r->none && !c->finished) {
		why = answer_challenge(c, r, "INVITE", c->out->request_uri);
		if (!why) {
			ua_release(c);
			ua_send_invite(c);
			return;
		}
	}
	if (r->interval_refused && !c->finished && timer_too_small(&c->timer, r->timer)) {
		ua_release(c);
		ua_send_invite(c);
		return;
	}
	refused(c, r, why);
}

bool call_take_challenge(struct call *c, const struct call_response *r, const char *method)
{
	const char *why;

	if (!c->out || r->none || (r->status != 401 && r->status != 407))
		return false;
	why = answer_challenge(c, r, method, c->out->remote_target);
	if (why)
		ua_note(c->ua, c->id, why);
	return !why;
}

void call_take_bye_response(struct call *c, const struct call_response *r)
{
	if (call_take_challenge(c, r, "BYE"))
		ua_send_bye_again(c, r->cseq);
}
