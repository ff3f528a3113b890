/* ua_screen.c - inside Sofia's parser: strangers and poison are dropped or answered before nua hears of them. */
#include "sip/ua_nua.h"
#include "sip/vet.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/su_alloc.h>

/* Sofia offers no hook before its transactions and dialogs, and by the time nua tells us of a request the
 * dialog has already taken its Contact for the remote target.  So the message class that its parser works with is ours:
 *
 *   first line  -> screen_request(), screen_status(): made to look like something that Sofia throws away
 *   empty line  -> screen_body(): all headers are there; the message is looked at, and gets its looks back
 *
 * So a message that never reaches its empty line acts on nothing.  What is dropped loses its
 * first line: to Sofia that is garbage, thrown away without an answer. */
struct screen {
	msg_mclass_t class; /* first: msg_mclass() gives us back */
	struct msg_hclass_s request[1], status[1];
	struct listener *at; /* borrowed */
	issize_t (*extract_body)(msg_t *, msg_pub_t *, char *, isize_t, int);
	msg_parse_f *parse_request, *parse_status;
};

static const char unscreened[] = "SIP/2.0-unscreened";

static struct screen *screen_of(const su_home_t *home)
{
	return (struct screen *)(uintptr_t)msg_mclass((const msg_t *)home);
}

static issize_t screen_request(su_home_t *home, msg_header_t *h, char *s, isize_t len)
{
	const issize_t result = screen_of(home)->parse_request(home, h, s, len);
	sip_request_t *rq = (sip_request_t *)h;

	if (result >= 0 && rq->rq_version == sip_version_2_0) {
		rq->rq_version = unscreened;
		rq->rq_method = sip_method_ack; /* a broken ACK gets no answer */
		sip_object((msg_t *)home)->sip_flags |= MSG_FLG_TRUNC;
	}
	return result;
}

static issize_t screen_status(su_home_t *home, msg_header_t *h, char *s, isize_t len)
{
	const issize_t result = screen_of(home)->parse_status(home, h, s, len);
	sip_status_t *st = (sip_status_t *)h;

	if (result >= 0 && st->st_version == sip_version_2_0)
		st->st_version = unscreened;
	return result;
}

/* Where it came from: never what its headers say. */
static void read_source(struct screened *seen, uint8_t ip[16], msg_t *msg)
{
	const su_addrinfo_t *ai = msg_addrinfo(msg);
	const su_sockaddr_t *from = msg_addr(msg);
	char text[INET6_ADDRSTRLEN] = "";
	const bool v6 = from->su_family == AF_INET6;

	seen->by_tcp = ai->ai_socktype == SOCK_STREAM;
	memset(ip, 0, 16);
	if (v6) {
		memcpy(ip, &from->su_sin6.sin6_addr, 16);
		inet_ntop(AF_INET6, &from->su_sin6.sin6_addr, text, sizeof(text));
	} else {
		ip[10] = ip[11] = 0xff;
		memcpy(ip + 12, &from->su_sin.sin_addr, 4);
		inet_ntop(AF_INET, &from->su_sin.sin_addr, text, sizeof(text));
	}
	snprintf(seen->source, sizeof(seen->source), "%s:%s%s%s:%u", seen->by_tcp ? "tcp" : "udp",
		v6 ? "[" : "", text, v6 ? "]" : "", ntohs(from->su_port));
}

/* What came through TLS is from whom the relay says.  False: nobody whom it knows. */
static bool read_behind(
	struct screened *seen, uint8_t ip[16], const struct listener *at, msg_t *msg, sip_t *sip)
{
	const struct ua_config *c = &at->ua->config;
	const uint16_t port = ntohs(msg_addr(msg)->su_port);
	struct ua_behind behind = { .n_names = 0 };

	if (!c->behind || !c->behind(c->on.arg, port, &behind))
		return false;
	if (sip->sip_via->v_protocol && strcasecmp(sip->sip_via->v_protocol, sip_transport_tls) == 0)
		sip->sip_via->v_protocol =
			sip_transport_tcp; /* what it came by here; the relay writes TLS again */
	memcpy(ip, behind.ip, sizeof(behind.ip));
	memcpy(seen->source, behind.source, sizeof(seen->source));
	seen->relay_port = port;
	seen->names = su_alloc(msg_home(msg), sizeof(behind.names));
	if (seen->names) {
		memcpy((void *)(uintptr_t)seen->names, behind.names, sizeof(behind.names));
		seen->n_names = behind.n_names;
	}
	seen->withdrawn = behind.withdrawn;
	seen->opened = behind.trunk[0] ? su_strdup(msg_home(msg), behind.trunk) : NULL;
	trunk_certified(c->trunks, (const char(*)[TRUNK_SUBJECT])behind.names, behind.n_names, &seen->set);
	return true;
}

static void drop(sip_t *sip)
{
	sip->sip_request = NULL;
	sip->sip_status = NULL;
}

/* To Sofia the message ends too early: it answers 400 by itself, without a transaction. */
static void refuse_as_broken(struct ua *ua, sip_t *sip)
{
	ua->stats.malformed++;
	sip->sip_flags |= MSG_FLG_TRUNC;
}

/* The call that Sofia would find for this request.  It also matches dialogs when To has no tag. */
static const struct call *aimed_at(const struct ua *ua, const sip_t *sip)
{
	if (!sip->sip_call_id || !sip->sip_call_id->i_id || !sip->sip_from || !sip->sip_from->a_tag)
		return NULL;
	{
		const struct call *call = ua_find(ua, sip->sip_call_id->i_id, sip->sip_from->a_tag);
		const struct call *early = call ? NULL : ua_find_dialled(ua, sip->sip_call_id->i_id);

		return early && !early->remote_tag[0] ? early : call; /* not answered: any fork may speak */
	}
}

/* A To tag that no dialog of ours has: whatever it is, it gets 481 and touches nothing (FEATURES S14). */
static void detach_from_dialogs(msg_t *msg, sip_t *sip)
{
	msg_header_replace_param(msg_home(msg), sip->sip_to->a_common, "tag=stranger");
}

static bool is_silenced(struct ua *ua, const uint8_t ip[16])
{
	switch (guard_stranger(ua->guard, ip, loop_now_us())) {
	case GUARD_ANSWER: return false;
	case GUARD_SILENCED_NOW: ua_sieve(ua); break;
	case GUARD_SILENT: break;
	}
	ua->stats.stranger_silent++;
	return true;
}

static bool is_peer(const struct ua *ua, const uint8_t ip[16])
{
	for (size_t i = 0; i < ua->n_peers; i++)
		if (memcmp(ua->peers[i].ip, ip, sizeof(ua->peers[i].ip)) == 0)
			return true;
	return false;
}

/* Who may talk to which dialog. */
static void screen_sender(struct ua *ua, msg_t *msg, sip_t *sip, struct screened *seen, const uint8_t ip[16])
{
	const sip_method_t method = sip->sip_request->rq_method;
	const struct call *call = aimed_at(ua, sip);
	const char *trunk = origin_trunk(ua, msg_home(msg), sip, call, seen);

	if (call && method == sip_method_invite && !sip->sip_to->a_tag)
		ua->stats.retransmits++;
	if (trunk && (seen->known || seen->opened) && seen->relay_port && ua->config.known)
		ua->config.known(ua->config.on.arg, seen->relay_port);
	snprintf(seen->trunk, sizeof(seen->trunk), "%s", trunk ? trunk : "");
	if (method == sip_method_ack && !call)
		return; /* ends the repeating of a refusal of ours; never answered */
	if (seen->logs_in && guard_is_silent(ua->guard, ip, loop_now_us())) {
		ua->stats.stranger_silent++;
		drop(sip);
		return;
	}
	if (!trunk && !seen->known && !is_peer(ua, ip) && is_silenced(ua, ip)) {
		drop(sip);
		return;
	}
	if (trunk && (!call || strcmp(call->trunk, trunk) == 0))
		return;
	if (method == sip_method_ack || method == sip_method_cancel || method == sip_method_prack) {
		drop(sip); /* they act on transactions, found by branch alone */
		return;
	}
	if (call || sip->sip_to->a_tag)
		detach_from_dialogs(msg, sip);
}

/* What would bring Sofia down later is hidden from it; ua.c refuses the request when it comes up. */
static void hide_poison(sip_t *sip, struct screened *seen)
{
	const sip_method_t method = sip->sip_request ? sip->sip_request->rq_method : sip_method_unknown;

	const bool answer = sip->sip_status && sip->sip_cseq->cs_method == sip_method_invite &&
			    sip->sip_status->st_status >= 200 && sip->sip_status->st_status < 300;

	seen->bad = read_vet(sip, method == sip_method_invite || answer);
	if (seen->bad) {
		sip->sip_contact = NULL;
		sip->sip_record_route = NULL;
	}
	read_timer(&seen->timer, sip);
	sip->sip_session_expires = NULL;
	sip->sip_min_se = NULL;
	if (sip->sip_status && sip->sip_status->st_status == 422) {
		seen->interval_refused = true; /* nua would ask again, with the interval that was refused */
		sip->sip_status->st_status = 400;
	}
}

/* What nua would act upon by itself: challenges that it would answer for whoever asks, an interval it would take up. */
static void hide_questions(msg_t *msg, sip_t *sip, struct screened *seen)
{
	read_challenges(seen, msg_home(msg), sip);
	sip->sip_www_authenticate = NULL;
	sip->sip_proxy_authenticate = NULL;
	if (sip->sip_min_expires)
		seen->min_expires_s = (unsigned)sip->sip_min_expires->me_delta;
	sip->sip_min_expires = NULL;
}

/* Sofia answers a 2xx that no call waits for with ACK and BYE by itself, and would look names up for that: it goes back to
 * where it came from. */
static void lead_home(msg_t *msg, sip_t *sip, const struct screened *seen)
{
	su_home_t *home = msg_home(msg);
	char text[UA_URL], hop[CALL_URI + 64];

	if (seen->relay_port)
		snprintf(text, sizeof(text), "<sip:127.0.0.1:%u;transport=tcp;lr>", seen->relay_port);
	else
		snprintf(text, sizeof(text), "<sip:%s;transport=%.3s;lr>", seen->source + 4, seen->source);
	if (!sip->sip_contact)
		sip->sip_contact = sip_contact_make(home, text);
	else if (!read_next_hop(sip, hop, sizeof(hop)))
		sip->sip_record_route = sip_record_route_make(home, text);
}

/* nua ends a call over what some refusals say of a dialog (404, 416, 482 ... by RFC 5057): whoever does not want to transfer a call, or to be told
 * keys, means to go on with it. */
static void hide_refusal(sip_t *sip, struct screened *seen)
{
	const sip_method_t method = sip->sip_cseq->cs_method;
	const int status = sip->sip_status->st_status;

	if (method != sip_method_refer && method != sip_method_notify && method != sip_method_info)
		return;
	if (status < 300 || status == 401 || status == 407 || status == 481)
		return;
	seen->refused = (unsigned)status;
	sip->sip_status->st_status = 400;
}

static void screen_response(struct ua *ua, msg_t *msg, sip_t *sip, struct screened *seen)
{
	const int status = sip->sip_status->st_status;

	hide_questions(msg, sip, seen);
	hide_refusal(sip, seen);
	if (sip->sip_cseq->cs_method != sip_method_invite || status < 200 || status >= 300)
		return;
	if (sip->sip_call_id->i_id && sip->sip_to->a_tag) {
		const struct call *call = ua_find_dialled(ua, sip->sip_call_id->i_id);

		if (ua_find(ua, sip->sip_call_id->i_id, sip->sip_to->a_tag) ||
			(call && call->handle && !call->remote_tag[0]))
			return; /* a call's own */
	}
	lead_home(msg, sip, seen);
}

static bool is_whole(const sip_t *sip)
{
	return sip->sip_to && sip->sip_from && sip->sip_call_id && sip->sip_cseq && sip->sip_via;
}

static void screen_message(struct screen *s, msg_t *msg, sip_t *sip)
{
	struct ua *ua = s->at->ua;
	struct screened *seen = su_zalloc(msg_home(msg), sizeof(*seen));
	uint8_t ip[16];

	if (!seen || !is_whole(sip)) { /* Sofia's own checks answer what can be answered */
		refuse_as_broken(ua, sip);
		return;
	}
	read_source(seen, ip, msg);
	if (s->at->tls && !read_behind(seen, ip, s->at, msg, sip)) {
		drop(sip);
		return;
	}
	sip->sip_user = seen;
	/* answers go where the request came from, never to a name or a third party */
	msg_header_remove_param(sip->sip_via->v_common, "maddr");
	memcpy(seen->ip, ip, sizeof(ip));
	if (sip->sip_request) {
		screen_sender(ua, msg, sip, seen, ip);
		if (!sip->sip_request)
			return;
		if (vet_branch(sip->sip_via->v_branch) != VET_OK ||
			vet_call_id(sip->sip_call_id->i_id) != VET_OK) {
			refuse_as_broken(ua, sip);
			return;
		}
	}
	if (sip->sip_status && sip->sip_cseq->cs_method == sip_method_register)
		read_expires(seen, sip);
	hide_poison(sip, seen);
	if (sip->sip_status)
		screen_response(ua, msg, sip, seen);
}

static issize_t screen_body(msg_t *msg, msg_pub_t *pub, char *b, isize_t n, int eos)
{
	struct screen *s = screen_of(msg_home(msg));
	sip_t *sip = (sip_t *)pub;
	const issize_t used = s->extract_body(msg, pub, b, n, eos);
	const bool fresh = (sip->sip_request && sip->sip_request->rq_version == unscreened) ||
			   (sip->sip_status && sip->sip_status->st_version == unscreened);

	if (used <= 0 || !fresh)
		return used;
	if (sip->sip_request) {
		sip->sip_request->rq_version = sip_version_2_0;
		sip->sip_request->rq_method = sip_method_code(sip->sip_request->rq_method_name);
		sip->sip_flags &= ~MSG_FLG_TRUNC;
	}
	if (sip->sip_status)
		sip->sip_status->st_version = sip_version_2_0;
	screen_message(s, msg, sip);
	return used;
}

enum call_err screen_alloc(struct screen **out, struct listener *at)
{
	const msg_mclass_t *base = sip_default_mclass();
	struct screen *s;

	if (base->mc_hash_size != MC_HASH_SIZE) /* another Sofia than the one that this is made for */
		return CALL_LIBRARY;
	s = calloc(1, sizeof(*s));
	if (!s)
		return CALL_NOMEM;
	s->class = *base;
	s->at = at;
	s->extract_body = base->mc_extract_body;
	s->class.mc_extract_body = screen_body;
	s->request[0] = *base->mc_request->hr_class;
	s->parse_request = s->request->hc_parse;
	s->request->hc_parse = screen_request;
	s->class.mc_request->hr_class = s->request;
	s->status[0] = *base->mc_status->hr_class;
	s->parse_status = s->status->hc_parse;
	s->status->hc_parse = screen_status;
	s->class.mc_status->hr_class = s->status;
	*out = s;
	return CALL_OK;
}

struct screen *screen_free(struct screen *s)
{
	free(s);
	return NULL;
}

const void *screen_class(const struct screen *s)
{
	return &s->class;
}
