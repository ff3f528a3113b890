/* ua_ask.c - questions outside of any call (sip/ask.h) through nua, with credentials when they are wanted. */
#include "sip/ask.h"
#include "sip/ua_nua.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_tag.h>

enum { TEXT = 256 };

struct ua_ask {
	struct ua_ask *next;
	struct listener *at; /* borrowed */
	nua_handle_t *handle;
	char method[16], hop[CALL_URI], uri[TEXT], from[TEXT + 64], to[TEXT], contact[TEXT],
		call_id[CALL_TOKEN + 32];
	bool registers;
	unsigned expires_s, cseq;
	struct login login;
	uint64_t sent_us;
	void (*done)(void *arg, uint32_t id, const struct ask_answer *answer);
	void *arg;
	uint32_t id;
};

static bool fits(char *out, size_t cap, const char *format, ...) __attribute__((format(printf, 3, 4)));
static bool fits(char *out, size_t cap, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(out, cap, format, ap);
	va_end(ap);
	return n >= 0 && (size_t)n < cap;
}

static bool fill(struct ua_ask *a, const struct ask_question *q)
{
	const struct listener *at = a->at;
	const char *host = listen_name(at);
	const char *transport = at->tls                             ? ";transport=tls"
				: strncmp(q->target, "udp", 3) == 0 ? ""
								    : ";transport=tcp";
	char tag[CALL_TOKEN], id[CALL_TOKEN], ip_text[CALL_URI];
	uint8_t ip[16];
	char *port;

	if (!fits(ip_text, sizeof(ip_text), "%s", q->target + 4) || !(port = strrchr(ip_text, ':')))
		return false;
	*port = '\0';
	if (at->tls && !q->relay)
		return false;
	if (!trunk_address_parse(ip, ip_text) || !call_token_make(tag) || !call_token_make(id))
		return false;
	login_set(&a->login, q->username, q->password, q->realm, ip);
	a->registers = q->registers;
	a->expires_s = q->expires_s;
	a->cseq = q->cseq ? q->cseq : 1;
	return fits(a->method, sizeof(a->method), "%s", q->method) &&
	       fits(a->hop, sizeof(a->hop), "%s", at->tls ? q->relay : q->target) &&
	       fits(a->uri, sizeof(a->uri), "%s", q->uri) &&
	       fits(a->from, sizeof(a->from), "<%s>;tag=%s", q->from, tag) &&
	       fits(a->to, sizeof(a->to), "<%s>", q->to) &&
	       fits(a->call_id, sizeof(a->call_id), "%s", q->call_id ? q->call_id : id) &&
	       fits(a->contact, sizeof(a->contact), "<sip:%s%s%s:%u%s>",
		       q->contact_user ? q->contact_user : "", q->contact_user ? "@" : "", host,
		       listen_port(at), transport);
}

static bool put(struct ua_ask *a, const char *authorization, bool by_proxy)
{
	char cseq[40], expires[16], proxy[UA_URL];

	a->handle = nua_handle(a->at->nua, NULL, TAG_END());
	if (!a->handle)
		return false;
	snprintf(cseq, sizeof(cseq), "%u %s", a->cseq, a->method);
	snprintf(expires, sizeof(expires), "%u", a->expires_s);
	snprintf(proxy, sizeof(proxy), "sip:%.120s;transport=%.3s", a->hop + 4, a->hop);
	a->sent_us = loop_now_us();
	nua_method(a->handle, NUTAG_METHOD(a->method), NUTAG_URL(a->uri), NUTAG_PROXY(proxy),
		SIPTAG_FROM_STR(a->from), SIPTAG_TO_STR(a->to), SIPTAG_CALL_ID_STR(a->call_id),
		SIPTAG_CSEQ_STR(cseq), TAG_IF(a->registers, SIPTAG_CONTACT_STR(a->contact)),
		TAG_IF(a->registers, SIPTAG_EXPIRES_STR(expires)),
		TAG_IF(!a->registers, SIPTAG_ACCEPT_STR("application/sdp")),
		TAG_IF(authorization && !by_proxy, SIPTAG_AUTHORIZATION_STR(authorization)),
		TAG_IF(authorization && by_proxy, SIPTAG_PROXY_AUTHORIZATION_STR(authorization)), TAG_END());
	return true;
}

static void let_go(struct ua_ask *a)
{
	if (a->handle)
		nua_handle_destroy(a->handle);
	a->handle = NULL;
}

static void ask_free(struct ua_ask *a)
{
	let_go(a);
	login_clear(&a->login);
	free(a);
}

enum call_err ua_ask(struct ua *ua, const struct ask_question *question)
{
	struct ua_ask *a = calloc(1, sizeof(*a));
	enum call_err err = CALL_ADDRESS;

	if (!a)
		return CALL_NOMEM;
	a->at = ua_listener_for(ua, question->target, question->local);
	a->done = question->done;
	a->arg = question->arg;
	a->id = question->id;
	if (a->at)
		err = fill(a, question) ? CALL_OK : CALL_RANGE;
	if (!err && !put(a, NULL, false))
		err = CALL_NOMEM;
	if (err) {
		ask_free(a);
		return err;
	}
	a->next = ua->asks;
	ua->asks = a;
	return CALL_OK;
}

void ask_close_all(struct ua *ua)
{
	while (ua->asks) {
		struct ua_ask *a = ua->asks;

		ua->asks = a->next;
		ask_free(a);
	}
}

/* One more try with credentials?  NULL: it is out; else why not. */
static const char *answer_challenge(struct ua_ask *a, const struct call_response *r)
{
	char cnonce[CALL_TOKEN], value[DIGEST_VALUE];
	bool by_proxy = false;
	const char *why;

	if (!call_token_make(cnonce))
		return "no randomness";
	why = login_answer(&a->login, &r->challenge, a->method, a->uri, cnonce, value, &by_proxy);
	if (why)
		return why;
	let_go(a);
	a->cseq++;
	return put(a, value, by_proxy) ? NULL : "out of memory";
}

bool ask_on_response(const struct ua_event *ev)
{
	struct ua_ask **at = &ev->at->ua->asks, *a;
	struct read_response r;
	struct ask_answer answer = { 0 };
	const char *why = NULL;

	while (*at && (*at)->handle != ev->handle)
		at = &(*at)->next;
	a = *at;
	if (!a)
		return false;
	if (ev->status < 200)
		return true;
	read_response(&r, ev);
	answer.round_trip_us = (uint32_t)(loop_now_us() - a->sent_us);
	if (!r.response.none && (ev->status == 401 || ev->status == 407)) {
		why = answer_challenge(a, &r.response);
		if (!why)
			return true;
		answer.refused_credentials = true;
	}
	answer.text = why ? why : r.response.none ? "no response" : status_words((unsigned)ev->status);
	if (!r.response.none) {
		answer.status = (unsigned)ev->status;
		answer.retry_after_s = r.response.retry_after_s;
		answer.min_expires_s = ev->seen->min_expires_s;
		answer.expires_s = ev->seen->expires_s;
	}
	*at = a->next;
	if (a->done)
		a->done(a->arg, a->id, &answer);
	ask_free(a);
	return true;
}
