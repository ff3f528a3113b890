/* ua_send.c - what we say: responses and requests of calls, by nua, each with the headers that it must have. */
#include "sip/ua_nua.h"

#include <stdio.h>
#include <string.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_tag.h>

enum { HEADER = 256 };

/* Our Contact: the token tells the leg (DESIGN.md section 8), so a restarted bridge finds it again. */
static void write_contact(char out[HEADER], const struct call *c)
{
	const struct listener *at = c->listener;

	snprintf(out, HEADER, "<%s:%s@%s:%u%s>", c->sips && at->tls ? "sips" : "sip", c->token,
		listen_name(at), listen_port(at),
		at->tls     ? c->sips ? "" : ";transport=tls"
		: c->by_tcp ? ";transport=tcp"
			    : "");
}

/* RFC 7989 section 5: ours first, and theirs as far as we know it. */
const char *send_session(char out[SEND_SESSION], const struct call *c)
{
	out[0] = '\0';
	if (!c->out || !c->out->no_session)
		snprintf(out, SEND_SESSION, "Session-ID: %s;remote=%s\r\n", c->session,
			c->session_peer[0] ? c->session_peer : "00000000000000000000000000000000");
	return out;
}

struct timer_text {
	char expires[40], min_se[16];
};

static void write_timer(struct timer_text *out, const struct timer_headers *timer)
{
	const char *who = timer->refresher == 'u'   ? ";refresher=uac"
			  : timer->refresher == 's' ? ";refresher=uas"
						    : "";

	snprintf(out->expires, sizeof(out->expires), "%u%s", timer->expires_s, who);
	snprintf(out->min_se, sizeof(out->min_se), "%u", timer->min_se_s);
}

static void write_require(char out[HEADER], bool rel100, bool timer)
{
	snprintf(out, HEADER, "%s%s%s", rel100 ? "100rel" : "", rel100 && timer ? ", " : "",
		timer ? "timer" : "");
}

/* Every response but 1xx..2xx of a call goes without Contact. */
static void respond(struct listener *at, nua_handle_t *handle, bool to_invite, const char *contact,
	const struct ua_reply *r)
{
	const bool timer = r->has_timer && r->timer.expires_s && r->status < 300;
	struct timer_text text;
	char require[HEADER], retry_after[16], warning[HEADER];

	write_timer(&text, &r->timer);
	write_require(require, r->require_100rel, timer && r->timer.required);
	snprintf(retry_after, sizeof(retry_after), "%u", r->retry_after_s);
	snprintf(warning, sizeof(warning), "%u %s:%u \"%s\"", r->warning, listen_host(at), listen_port(at),
		r->warning_text     ? r->warning_text
		: r->warning == 304 ? "Media type not available"
				    : "Incompatible media format");
	nua_respond(handle, (int)r->status, r->phrase ? r->phrase : status_words(r->status),
		TAG_IF(!to_invite, NUTAG_WITH_THIS(at->nua)), SIPTAG_SERVER_STR(at->ua->agent),
		TAG_IF(contact && r->status < 300, SIPTAG_CONTACT_STR(contact)),
		TAG_IF(require[0], SIPTAG_REQUIRE_STR(require)),
		TAG_IF(timer, SIPTAG_SESSION_EXPIRES_STR(text.expires)),
		TAG_IF(r->has_timer && r->timer.min_se_s, SIPTAG_MIN_SE_STR(text.min_se)),
		TAG_IF(r->retry_after_s, SIPTAG_RETRY_AFTER_STR(retry_after)),
		TAG_IF(r->reason, SIPTAG_REASON_STR(r->reason)),
		TAG_IF(r->warning, SIPTAG_WARNING_STR(warning)),
		TAG_IF(r->status == 415, SIPTAG_ACCEPT_STR("application/sdp, application/dtmf-relay")),
		TAG_IF(r->status == 415, SIPTAG_ACCEPT_ENCODING_STR("identity")),
		TAG_IF(r->lines && r->lines[0], SIPTAG_HEADER_STR(r->lines)),
		TAG_IF(r->sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
		TAG_IF(r->sdp, SIPTAG_PAYLOAD_STR(r->sdp)), TAG_END());
}

enum { EXTRA = 5120 }; /* Session-ID, who calls, what the trunk adds: all at their longest */

static void respond_in(struct call *c, bool to_invite, const struct ua_reply *reply)
{
	struct ua_reply full = *reply;
	char contact[HEADER], session[SEND_SESSION], lines[EXTRA];

	if (!c->handle)
		return;
	write_contact(contact, c);
	full.lines = send_session(session, c);
	if (to_invite && reply->status > 100) {
		snprintf(lines, sizeof(lines), "%s%s%s", full.lines,
			reply->permits ? "P-Early-Media: sendonly\r\n" : "",
			c->answer_lines ? c->answer_lines : "");
		full.lines = lines;
	}
	respond(c->listener, c->handle, to_invite, contact, &full);
}

void ua_reply_invite(struct call *c, const struct ua_reply *reply)
{
	respond_in(c, true, reply);
}

void ua_reply_request(struct call *c, const struct ua_reply *reply)
{
	respond_in(c, false, reply);
}

void ua_refuse(struct listener *at, void *handle, const struct ua_reply *reply)
{
	respond(at, handle, false, NULL, reply);
	nua_handle_destroy(handle);
}

/* The answer to a challenge, once. */
const char *send_authorization(struct call *c, char out[DIGEST_VALUE], bool by_proxy)
{
	if (!c->out || !c->out->authorization[0] || c->out->authorization_by_proxy != by_proxy)
		return NULL;
	snprintf(out, DIGEST_VALUE, "%s", c->out->authorization);
	c->out->authorization[0] = '\0';
	return out;
}

void ua_send_bye(struct call *c, const char *reason)
{
	char session[SEND_SESSION];

	if (c->out)
		login_fresh(&c->out->login);
	send_session(session, c);
	if (c->handle)
		nua_bye(c->handle, SIPTAG_REASON_STR(reason), TAG_IF(session[0], SIPTAG_HEADER_STR(session)),
			TAG_END());
}

void ua_send_ack(struct call *c)
{
	char session[SEND_SESSION];

	send_session(session, c);
	if (c->handle)
		nua_ack(c->handle, TAG_IF(session[0], SIPTAG_HEADER_STR(session)), TAG_END());
}

void ua_send_prack(struct call *c, unsigned rseq, unsigned cseq)
{
	char session[SEND_SESSION], rack[48];

	send_session(session, c);
	snprintf(rack, sizeof(rack), "%u %u INVITE", rseq, cseq);
	if (c->handle)
		nua_prack(c->handle, SIPTAG_RACK_STR(rack), TAG_IF(session[0], SIPTAG_HEADER_STR(session)),
			TAG_END());
}

void ua_send_refresh(struct call *c, bool by_update, const char *sdp, const struct timer_headers *timer)
{
	struct timer_text text;
	char contact[HEADER], value[DIGEST_VALUE], session[SEND_SESSION];
	const char *www = send_authorization(c, value, false), *proxy = send_authorization(c, value, true);

	if (!c->handle)
		return;
	write_contact(contact, c);
	write_timer(&text, timer);
	send_session(session, c);
	(by_update ? nua_update : nua_invite)(c->handle, SIPTAG_CONTACT_STR(contact),
		TAG_IF(session[0], SIPTAG_HEADER_STR(session)), TAG_IF(www, SIPTAG_AUTHORIZATION_STR(www)),
		TAG_IF(proxy, SIPTAG_PROXY_AUTHORIZATION_STR(proxy)),
		TAG_IF(timer->required, SIPTAG_REQUIRE_STR("timer")),
		TAG_IF(timer->expires_s, SIPTAG_SESSION_EXPIRES_STR(text.expires)),
		TAG_IF(timer->min_se_s, SIPTAG_MIN_SE_STR(text.min_se)),
		TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")), TAG_IF(sdp, SIPTAG_PAYLOAD_STR(sdp)),
		TAG_END());
}

void ua_send_to_source(struct call *c, const char *source)
{
	char url[UA_URL];

	if (!c->handle)
		return;
	snprintf(url, sizeof(url), "sip:%s;transport=%.3s", source + 4, source);
	nua_set_hparams(c->handle, NUTAG_PROXY(url), TAG_END());
}

/* ---- calls that we make ---- */

/* Headers that Sofia's parser does not know. */
static void write_extra(char out[EXTRA], const struct call *c)
{
	const struct call_out *o = c->out;
	char session[SEND_SESSION];
	int n;

	n = snprintf(out, EXTRA, "%s", send_session(session, c));
	if (o->lines && strlen(o->lines) < EXTRA - (size_t)n) /* whole, or not at all */
		snprintf(out + n, EXTRA - (size_t)n, "%s", o->lines);
}

static void write_proxy(char out[UA_URL], const struct call_out *o)
{
	const char *target = o->relay[0] ? o->relay : o->target;

	snprintf(out, UA_URL, "sip:%.120s;transport=%.3s", target + 4, target);
}

void ua_send_invite(struct call *c)
{
	struct call_out *o = c->out;
	struct listener *at = c->listener;
	struct timer_headers timer;
	struct timer_text text;
	char contact[HEADER], proxy_url[UA_URL], cseq[32], value[DIGEST_VALUE], extra[EXTRA];
	const char *www = send_authorization(c, value, false), *proxy = send_authorization(c, value, true);
	nua_handle_t *handle = nua_handle(at->nua, (nua_hmagic_t *)c, TAG_END());

	if (!handle)
		return;
	timer_request(&c->timer, &timer);
	write_timer(&text, &timer);
	write_contact(contact, c);
	write_proxy(proxy_url, o);
	write_extra(extra, c);
	snprintf(cseq, sizeof(cseq), "%u INVITE", o->cseq); /* goes out one higher */
	c->handle = handle;
	nua_invite(handle, NUTAG_URL(o->request_uri), NUTAG_PROXY(proxy_url), SIPTAG_FROM_STR(o->from),
		SIPTAG_TO_STR(o->to), SIPTAG_CALL_ID_STR(c->id), SIPTAG_CSEQ_STR(cseq),
		SIPTAG_CONTACT_STR(contact), SIPTAG_SUPPORTED_STR("100rel, timer, replaces"),
		SIPTAG_SESSION_EXPIRES_STR(text.expires),
		TAG_IF(timer.min_se_s, SIPTAG_MIN_SE_STR(text.min_se)),
		TAG_IF(o->no_agent, SIPTAG_USER_AGENT(SIP_NONE)), TAG_IF(extra[0], SIPTAG_HEADER_STR(extra)),
		TAG_IF(o->identity, SIPTAG_HEADER_STR(o->identity)),
		TAG_IF(o->replaces, SIPTAG_REPLACES_STR(o->replaces)),
		TAG_IF(o->replaces, SIPTAG_REQUIRE_STR("replaces")),
		TAG_IF(o->referred_by, SIPTAG_REFERRED_BY_STR(o->referred_by)),
		TAG_IF(www, SIPTAG_AUTHORIZATION_STR(www)),
		TAG_IF(proxy, SIPTAG_PROXY_AUTHORIZATION_STR(proxy)),
		SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR(c->media.sent), TAG_END());
}

void ua_send_cancel(struct call *c, const char *reason)
{
	char session[SEND_SESSION];

	send_session(session, c);
	if (c->handle)
		nua_cancel(c->handle, SIPTAG_REASON_STR(reason),
			TAG_IF(session[0], SIPTAG_HEADER_STR(session)), TAG_END());
}

void ua_send_to_hop(struct call *c, const char *hop)
{
	char url[UA_URL];

	write_proxy(url, c->out);
	if (c->out->relay[0])
		hop = NULL; /* the relay has its own connection, and keeps to it */
	if (c->handle)      /* a parameter that is set to NULL again makes Sofia forget the Route as well */
		nua_set_hparams(c->handle, NUTAG_PROXY(hop ? hop : url), TAG_END());
}

void ua_send_bye_again(struct call *c, unsigned cseq)
{
	const struct call_out *o = c->out;
	struct listener *at = c->listener;
	char to[CALL_URI * 2 + 8], number[32], value[DIGEST_VALUE], reason[160], url[UA_URL];
	const char *www = send_authorization(c, value, false), *proxy = send_authorization(c, value, true);
	nua_handle_t *handle = nua_handle(at->nua, NULL, TAG_END());

	if (!handle)
		return;
	snprintf(to, sizeof(to), "%s;tag=%s", o->to, c->remote_tag);
	snprintf(number, sizeof(number), "%u BYE", cseq + 1);
	cause_reason(reason, sizeof(reason), c->end.q850, c->end.text);
	write_proxy(url, o);
	nua_method(handle, NUTAG_METHOD("BYE"), NUTAG_URL(o->remote_target), NUTAG_PROXY(url),
		TAG_IF(o->route, SIPTAG_ROUTE_STR(o->route)), SIPTAG_FROM_STR(o->from), SIPTAG_TO_STR(to),
		SIPTAG_CALL_ID_STR(c->id), SIPTAG_CSEQ_STR(number), SIPTAG_REASON_STR(reason),
		TAG_IF(www, SIPTAG_AUTHORIZATION_STR(www)),
		TAG_IF(proxy, SIPTAG_PROXY_AUTHORIZATION_STR(proxy)), TAG_END());
}

void ua_release(struct call *c)
{
	if (!c->handle)
		return;
	nua_handle_bind(c->handle, NULL);
	nua_handle_destroy(c->handle);
	c->handle = NULL;
}
