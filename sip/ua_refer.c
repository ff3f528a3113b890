/* ua_refer.c - REFER and NOTIFY as nua tells them. */
#include "sip/ua_nua.h"
#include "sip/vet.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/sip_protos.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/su_tag.h>
#include <sofia-sip/url.h>

/* What its NOTIFYs carry: nua has thought it out. */
static void read_event(char out[32], const struct ua_event *ev)
{
	const tagi_t *t = tl_find(ev->tags, nutag_refer_event);
	const sip_event_t *o = t ? (const sip_event_t *)t->t_value : NULL;

	snprintf(out, 32, "refer%s%.20s", o && o->o_id ? ";id=" : "", o && o->o_id ? o->o_id : "");
}

/* Of several headers Sofia shows the first. */
static unsigned count_targets(const sip_t *sip)
{
	unsigned n = 0;

	for (const sip_header_t *h = (const sip_header_t *)(const void *)sip->sip_request; h;
		h = (const sip_header_t *)h->sh_succ)
		n += h->sh_class == sip_refer_to_class;
	return n;
}

/* Who asks, as far as it can be passed on: not with a token in another part of the body, which stays behind (RFC 3892 section 2.2). */
static void read_referred_by(char out[REFER_USER], const sip_t *sip)
{
	const sip_referred_by_t *by = sip->sip_referred_by;
	issize_t len;

	out[0] = '\0';
	if (!by || by->b_cid)
		return;
	len = url_e(out, REFER_USER, by->b_url);
	if (len <= 0 || len >= REFER_USER || vet_uri(out, (size_t)len) != VET_OK)
		out[0] = '\0';
}

/* Exactly one (RFC 3515 section 2.4.1); several URIs in one header are none for Sofia. */
static unsigned read_target(struct refer_target *out, const sip_t *sip)
{
	const url_t *url = sip->sip_refer_to ? sip->sip_refer_to->r_url : NULL;
	const char *user;
	unsigned status;

	if (!url || count_targets(sip) != 1)
		return 400;
	user = url->url_type == url_tel && !url->url_user ? url->url_host : url->url_user;
	status = refer_target(out, url->url_scheme, user, url->url_params, url->url_headers);
	read_referred_by(out->referred_by, sip);
	return status;
}

void refer_on_refer(const struct ua_event *ev)
{
	struct ua_reply reply = { .status = ev->call ? events_request_status(ev) : 403 };
	struct refer_target target;
	char event[32];

	if (!ev->call) { /* outside of a call nobody has anything to send elsewhere */
		ua_refuse(ev->at, ev->handle, &reply);
		return;
	}
	if (!reply.status)
		reply.status = read_target(&target, ev->sip);
	if (!reply.status) {
		events_keep_from_resolver(ev, ev->call);
		read_event(event, ev);
		reply.status = call_take_refer(ev->call, &target, event);
	}
	ua_reply_request(ev->call, &reply);
	if (reply.status < 300)
		call_refer_news(ev->call, 100);
}

void refer_on_notify(const struct ua_event *ev)
{
	const sip_payload_t *p = ev->sip->sip_payload;
	const sip_content_type_t *t = ev->sip->sip_content_type;
	const sip_subscription_state_t *ss = ev->sip->sip_subscription_state;
	const sip_event_t *o = ev->sip->sip_event;

	if (ev->seen->bad || strcmp(ev->seen->trunk, ev->call->trunk) != 0 || !o || !o->o_type ||
		strcasecmp(o->o_type, "refer") != 0)
		return; /* Sofia has answered it */
	events_keep_from_resolver(ev, ev->call);
	call_take_notify(ev->call, p ? refer_fragment(t ? t->c_type : NULL, p->pl_data, p->pl_len) : 0,
		ss && ss->ss_substate && strcasecmp(ss->ss_substate, "terminated") == 0);
}

void refer_on_response(const struct ua_event *ev)
{
	struct read_response r;

	read_response(&r, ev);
	call_take_refer_response(ev->call, &r.response);
}
