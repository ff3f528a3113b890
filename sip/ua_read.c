/* ua_read.c - Sofia's parsed messages into plain structs; nothing behind this file sees a sip_t. */
#include "sip/ua_nua.h"
#include "sip/vet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/su_alloc.h>
#include <sofia-sip/url.h>

const struct screened *read_screened(const sip_t *sip)
{
	return sip ? sip->sip_user : NULL;
}

void read_timer(struct timer_headers *out, const sip_t *sip)
{
	const sip_session_expires_t *x = sip->sip_session_expires;

	memset(out, 0, sizeof(*out));
	out->supported = sip_has_feature(sip->sip_supported, "timer");
	out->required = sip_has_feature(sip->sip_require, "timer");
	if (x) {
		out->expires_s = (unsigned)x->x_delta;
		if (x->x_refresher && strcasecmp(x->x_refresher, "uac") == 0)
			out->refresher = 'u';
		else if (x->x_refresher && strcasecmp(x->x_refresher, "uas") == 0)
			out->refresher = 's';
	}
	if (sip->sip_min_se)
		out->min_se_s = (unsigned)sip->sip_min_se->min_delta;
}

static void copy_text(char *out, size_t cap, const char *text)
{
	vet_clean(out, cap, text, text ? strlen(text) : 0);
}

/* A display name as people read it: Sofia leaves the quotes of a quoted-string on (RFC 3261 section 25.1). */
static void copy_display(char *out, size_t cap, const char *display)
{
	char plain[CALL_NAME];
	size_t n = 0, len = display ? strlen(display) : 0;

	if (len < 2 || display[0] != '"' || display[len - 1] != '"') {
		copy_text(out, cap, display);
		return;
	}
	for (const char *p = display + 1; p < display + len - 1 && n + 1 < sizeof(plain); p++) {
		if (*p == '\\' && p + 1 < display + len - 1)
			p++;
		plain[n++] = *p;
	}
	plain[n] = '\0';
	copy_text(out, cap, plain);
}

static void copy_user(char *out, size_t cap, const char *user)
{
	vet_user(out, cap, user, user ? strlen(user) : 0);
}

static const char *url_scheme_text(const url_t *url)
{
	return url->url_scheme ? url->url_scheme : "";
}

/* Has the trunk chosen that this header of its INVITEs be as good as absent? */
static bool is_ignored(const struct ua_event *ev, const char *header)
{
	const struct ua_config *c = &ev->at->ua->config;

	return c->ignored && ev->seen->trunk[0] && c->ignored(c->on.arg, ev->seen->trunk, header);
}

/* Sofia's parser knows Privacy, and none of the others. */
static void read_caller(struct caller *c, const struct ua_event *ev)
{
	const sip_t *sip = ev->sip;
	const sip_privacy_t *p = is_ignored(ev, "Privacy") ? NULL : sip->sip_privacy;

	for (const sip_unknown_t *u = sip->sip_unknown; u; u = u->un_next)
		if (u->un_name && u->un_value && !is_ignored(ev, u->un_name))
			caller_read(c, u->un_name, u->un_value);
	for (const msg_param_t *value = p ? p->priv_values : NULL; value && *value; value++)
		caller_read(c, "Privacy", *value);
}

/* RFC 8224 section 4; unknown to Sofia as well. */
static void read_identities(struct call_invite *out, const sip_t *sip)
{
	for (const sip_unknown_t *u = sip->sip_unknown; u; u = u->un_next)
		if (u->un_name && u->un_value && out->n_identities < CALL_IDENTITIES &&
			(strcasecmp(u->un_name, "Identity") == 0 || strcasecmp(u->un_name, "y") == 0))
			out->identities[out->n_identities++] = u->un_value;
}

static void read_replaces(struct call_invite *out, const sip_t *sip)
{
	const sip_replaces_t *rp = sip->sip_replaces;

	out->has_replaces = rp != NULL;
	if (!rp)
		return;
	snprintf(out->replaces.call_id, sizeof(out->replaces.call_id), "%s",
		rp->rp_call_id ? rp->rp_call_id : "");
	snprintf(
		out->replaces.to_tag, sizeof(out->replaces.to_tag), "%s", rp->rp_to_tag ? rp->rp_to_tag : "");
	snprintf(out->replaces.from_tag, sizeof(out->replaces.from_tag), "%s",
		rp->rp_from_tag ? rp->rp_from_tag : "");
	out->replaces.early_only = rp->rp_early_only;
}

void read_session(char out[CALLER_SESSION], const sip_t *sip)
{
	for (const sip_unknown_t *u = sip->sip_unknown; u; u = u->un_next)
		if (u->un_name && u->un_value && strcasecmp(u->un_name, "Session-ID") == 0 &&
			caller_session(out, u->un_value))
			return;
}

void read_invite(struct call_invite *out, const struct ua_event *ev)
{
	const sip_t *sip = ev->sip;
	const url_t *r = sip->sip_request->rq_url, *to = sip->sip_to->a_url, *from = sip->sip_from->a_url;

	memset(out, 0, sizeof(*out));
	out->message = sip;
	out->header = read_invite_header;
	snprintf(out->source, sizeof(out->source), "%s", ev->seen->source);
	copy_text(out->call_id, sizeof(out->call_id), sip->sip_call_id->i_id);
	copy_text(out->request_scheme, sizeof(out->request_scheme), url_scheme_text(r));
	/* a tel: URI has no host; Sofia puts its number there */
	if (r->url_type == url_tel && !r->url_user) {
		copy_user(out->request_user, sizeof(out->request_user), r->url_host);
	} else {
		copy_user(out->request_user, sizeof(out->request_user), r->url_user);
		copy_text(out->request_host, sizeof(out->request_host), r->url_host);
	}
	copy_text(out->request_params, sizeof(out->request_params), r->url_params);
	copy_user(out->to_user, sizeof(out->to_user),
		to->url_type == url_tel && !to->url_user ? to->url_host : to->url_user);
	copy_text(out->to_host, sizeof(out->to_host), to->url_host);
	copy_user(out->from_user, sizeof(out->from_user),
		from->url_type == url_tel && !from->url_user ? from->url_host : from->url_user);
	copy_text(out->from_host, sizeof(out->from_host), from->url_host);
	copy_display(out->from_name, sizeof(out->from_name), sip->sip_from->a_display);
	if (sip->sip_user_agent && !is_ignored(ev, "User-Agent"))
		copy_text(out->user_agent, sizeof(out->user_agent), sip->sip_user_agent->g_string);
	read_caller(&out->caller, ev);
	if (!is_ignored(ev, "Identity"))
		read_identities(out, sip);
	read_replaces(out, sip);
	memcpy(out->asserted, out->caller.asserted, sizeof(out->caller.asserted));
	out->privacy = out->caller.privacy;
}

void read_features(struct call *c, const struct ua_event *ev)
{
	const sip_t *sip = ev->sip;

	c->rel100_required = sip_has_feature(sip->sip_require, "100rel");
	c->rel100_supported = sip_has_feature(sip->sip_supported, "100rel");
	c->reads_permits = false;
	for (const sip_unknown_t *u = sip->sip_unknown; u; u = u->un_next)
		if (u->un_name && u->un_value && strcasecmp(u->un_name, "P-Early-Media") == 0 &&
			permit_asked(u->un_value) && !is_ignored(ev, u->un_name))
			c->reads_permits = true;
	if (!is_ignored(ev, "Session-ID"))
		read_session(c->session_peer, sip);
	c->allows_update = sip->sip_allow && sip_is_allowed(sip->sip_allow, sip_method_update, NULL);
}

enum permit read_permit(const sip_t *sip)
{
	enum permit p = PERMIT_UNSAID;

	for (const sip_unknown_t *u = sip->sip_unknown; u; u = u->un_next)
		if (u->un_name && u->un_value && strcasecmp(u->un_name, "P-Early-Media") == 0)
			p = permit_read(p, u->un_value);
	return p;
}

void read_peer(struct call *c, const sip_t *sip)
{
	char target[CALL_URI + 64];

	if (sip->sip_contact && url_e(target, sizeof(target), sip->sip_contact->m_url) > 0)
		c->target = strdup(target);
	if (sip->sip_from->a_url->url_host)
		c->peer_host = strdup(sip->sip_from->a_url->url_host);
}

unsigned read_reason(const sip_t *sip, unsigned absent)
{
	for (const sip_reason_t *re = sip ? sip->sip_reason : NULL; re; re = re->re_next)
		if (re->re_protocol && strcasecmp(re->re_protocol, "Q.850") == 0 && re->re_cause) {
			const long cause = strtol(re->re_cause, NULL, 10);

			return cause > 0 && cause < 128 ? (unsigned)cause : absent;
		}
	return absent;
}

/* A body that its sender says we may ignore (RFC 3261 section 20.11), or an early session (RFC 3959). */
static bool is_optional(const sip_t *sip)
{
	const sip_content_disposition_t *d = sip->sip_content_disposition;

	return d && ((d->cd_handling && strcasecmp(d->cd_handling, "optional") == 0) ||
			    (d->cd_type && strcasecmp(d->cd_type, "session") != 0));
}

unsigned read_body(struct body_text *out, const sip_t *sip)
{
	const sip_payload_t *p = sip->sip_payload;
	const sip_content_type_t *t = sip->sip_content_type;
	const sip_content_encoding_t *e = sip->sip_content_encoding;
	const char *boundary = t ? msg_params_find(t->c_params, "boundary=") : NULL;

	*out = (struct body_text){ NULL, 0 };
	if (!p || p->pl_len == 0)
		return 0;
	if (p->pl_len > SDP_TEXT_MAX)
		return 513;
	if (e && e->k_items && e->k_items[0] && strcasecmp(e->k_items[0], "identity") != 0)
		return 415;
	switch (body_sdp(out, t ? t->c_type : NULL, boundary, p->pl_data, p->pl_len)) {
	case CALL_OK: return 0;
	case CALL_NO_MATCH: return is_optional(sip) ? 0 : 415;
	default: return 400;
	}
}

/* How long our binding lasts: what stands at a Contact of ours, else the Expires header.  Ours are known by the token in them,
 * the shortest counts. */
void read_expires(struct screened *seen, const sip_t *sip)
{
	for (const sip_contact_t *m = sip->sip_contact; m; m = m->m_next) {
		const long s =
			m->m_expires && m->m_url->url_user && strlen(m->m_url->url_user) == CALL_TOKEN - 1
				? strtol(m->m_expires, NULL, 10)
				: 0;

		if (s > 0 && (!seen->expires_s || (unsigned)s < seen->expires_s))
			seen->expires_s = (unsigned)s;
	}
	if (!seen->expires_s && sip->sip_expires)
		seen->expires_s = (unsigned)sip->sip_expires->ex_delta;
}

bool read_auth(const msg_auth_t *auth, char *out, size_t cap)
{
	size_t n = (size_t)snprintf(out, cap, "%s ", auth->au_scheme);

	for (const msg_param_t *p = auth->au_params; p && *p && n < cap; p++)
		n += (size_t)snprintf(out + n, cap - n, "%s%s", p == auth->au_params ? "" : ", ", *p);
	return n < cap;
}

static void read_list(struct screened *seen, const msg_auth_t *auth, bool by_proxy)
{
	for (; auth && seen->n_challenges < DIGEST_CHALLENGES; auth = auth->au_next) {
		struct digest_challenge *c = &seen->challenges[seen->n_challenges];
		char text[DIGEST_VALUE];

		if (read_auth(auth, text, sizeof(text)) && digest_read(c, text, strlen(text)) == CALL_OK) {
			c->by_proxy = by_proxy;
			seen->n_challenges++;
		}
	}
}

void read_challenges(struct screened *seen, su_home_t *home, const sip_t *sip)
{
	if (!sip->sip_www_authenticate && !sip->sip_proxy_authenticate)
		return;
	seen->challenges = su_zalloc(home, DIGEST_CHALLENGES * sizeof(*seen->challenges));
	if (!seen->challenges)
		return;
	if (sip->sip_status->st_status == 401)
		read_list(seen, sip->sip_www_authenticate, false);
	else if (sip->sip_status->st_status == 407)
		read_list(seen, sip->sip_proxy_authenticate, true);
}

static void read_dialog(struct read_response *out, const sip_t *sip)
{
	const sip_record_route_t *r = sip->sip_record_route;
	su_home_t home[1] = { SU_HOME_INIT(home) };
	sip_route_t *route = r ? sip_route_reverse(home, r) : NULL;
	size_t n = 0;

	if (sip->sip_contact && url_e(out->contact, sizeof(out->contact), sip->sip_contact->m_url) > 0)
		out->response.contact = out->contact;
	for (; route; route = route->r_next) {
		char *text = sip_header_as_string(home, (sip_header_t *)route);
		const size_t len = text ? strlen(text) : 0;

		if (n + len + 3 > sizeof(out->route))
			break;
		n += (size_t)snprintf(
			out->route + n, sizeof(out->route) - n, "%s%s", n ? ", " : "", text ? text : "");
		out->response.route = out->route;
		if (len && strchr(text, ',')) /* a whole list at once */
			break;
	}
	su_home_deinit(home);
}

static enum vet vet_url(const url_t *url)
{
	char text[VET_URI_MAX + 2];
	const issize_t len = url_e(text, sizeof(text), url);

	if (url->url_type == url_any)
		return VET_SCHEME;
	if (len < 0 || len > VET_URI_MAX)
		return VET_LONG;
	return vet_uri(text, (size_t)len);
}

/* Contacts of a 3xx by their q (RFC 3261 section 20.10), those of one q as they stand. */
static void read_redirect(struct read_response *out, const sip_t *sip)
{
	const sip_contact_t *best[REDIRECTS];
	size_t n = 0, len = 0;

	for (const sip_contact_t *m = sip->sip_contact; m && n < REDIRECTS; m = m->m_next) {
		size_t at = n++;

		for (; at > 0 && sip_q_value(best[at - 1]->m_q) < sip_q_value(m->m_q); at--)
			best[at] = best[at - 1];
		best[at] = m;
	}
	for (size_t i = 0; i < n; i++) {
		char url[CALL_URI];

		if (vet_url(best[i]->m_url) != VET_OK || url_e(url, sizeof(url), best[i]->m_url) <= 0 ||
			strlen(url) >= sizeof(url) - 1 || len + strlen(url) + 2 > sizeof(out->redirect))
			continue;
		len += (size_t)snprintf(
			out->redirect + len, sizeof(out->redirect) - len, "%s%s", len ? " " : "", url);
	}
	if (len)
		out->response.redirect = out->redirect;
}

void read_response(struct read_response *out, const struct ua_event *ev)
{
	static const uint8_t nobody[16];
	struct call_response *r = &out->response;
	const sip_t *sip = ev->sip;

	memset(out, 0, sizeof(*out));
	r->status = (unsigned)ev->status;
	r->phrase = ev->phrase;
	r->challenge.from = nobody;
	r->none = !sip || !ev->seen;
	if (r->none)
		return;
	r->bad = ev->seen->bad;
	r->interval_refused = ev->seen->interval_refused;
	if (r->interval_refused)
		r->status = 422;
	if (ev->seen->refused)
		r->status = ev->seen->refused;
	r->retry_after_s = sip->sip_retry_after ? (unsigned)sip->sip_retry_after->af_delta : 0;
	r->cseq = sip->sip_cseq ? sip->sip_cseq->cs_seq : 0;
	r->q850 = r->status >= 300 ? read_reason(sip, 0) : 0;
	r->to_tag = sip->sip_to ? sip->sip_to->a_tag : NULL;
	r->timer = &ev->seen->timer;
	r->has_allow = sip->sip_allow != NULL;
	r->allows_update = r->has_allow && sip_is_allowed(sip->sip_allow, sip_method_update, NULL);
	r->challenge = (struct login_challenge){ ev->seen->challenges, ev->seen->n_challenges, ev->seen->ip };
	if (read_body(&out->sdp, sip) == 0 && out->sdp.text)
		r->sdp = &out->sdp;
	r->reliable = r->status > 100 && r->status < 200 && sip_has_feature(sip->sip_require, "100rel") &&
		      sip->sip_rseq;
	r->permit = r->status < 200 ? read_permit(sip) : PERMIT_UNSAID;
	if (r->status >= 200 && r->status < 300 && !r->bad)
		read_dialog(out, sip);
	else if (r->status >= 300 && r->status < 400)
		read_redirect(out, sip);
}

static bool is_literal(const char *host)
{
	const enum vet_host kind = vet_host(host, strlen(host));

	return kind == VET_HOST_IPV4 || kind == VET_HOST_IPV6;
}

static bool is_literal_hop(const url_t *hop)
{
	char maddr[VET_HOST_MAX + 1];

	if (!hop || !hop->url_host)
		return false;
	if (url_param(hop->url_params, "maddr", maddr, sizeof(maddr)) > 0 && !is_literal(maddr))
		return false;
	return is_literal(hop->url_host);
}

const char *read_next_hop(const sip_t *sip, char *out, size_t cap)
{
	const sip_record_route_t *r = sip->sip_record_route;
	const url_t *hop = sip->sip_contact ? sip->sip_contact->m_url : NULL;
	issize_t len;

	while (r && r->r_next)
		r = r->r_next; /* a UAC's route set is the response's in reverse (RFC 3261 section 12.1.2) */
	if (r)
		hop = r->r_url;
	if (!is_literal_hop(hop))
		return NULL;
	len = url_e(out, (isize_t)cap, hop);
	return len > 0 && (size_t)len < cap ? out : NULL;
}

bool read_next_hop_is_name(const sip_t *sip)
{
	const url_t *hop = sip->sip_record_route ? sip->sip_record_route->r_url
			   : sip->sip_contact    ? sip->sip_contact->m_url
						 : NULL;

	return hop && hop->url_host && !is_literal_hop(hop);
}

/* A 3xx may name several (RFC 3261 section 8.3). */
static bool is_redirection(const sip_t *sip)
{
	return sip->sip_status && sip->sip_status->st_status >= 300 && sip->sip_status->st_status < 400;
}

static enum vet vet_contacts(const sip_contact_t *m, bool contact_due, unsigned most)
{
	enum vet verdict = m || !contact_due ? VET_OK : VET_MISSING;

	for (unsigned n = 0; m && verdict == VET_OK; m = m->m_next)
		verdict = ++n > most ? VET_MANY : vet_url(m->m_url);
	return verdict;
}

static enum vet vet_record_routes(const sip_record_route_t *r)
{
	unsigned n = 0;
	enum vet verdict = VET_OK;

	for (; r && verdict == VET_OK; r = r->r_next)
		verdict = ++n > VET_ROUTES_MAX ? VET_MANY : vet_url(r->r_url);
	return verdict;
}

const char *read_vet(const sip_t *sip, bool contact_due)
{
	enum vet verdict =
		vet_contacts(sip->sip_contact, contact_due, is_redirection(sip) ? VET_ROUTES_MAX : 1);

	if (verdict == VET_OK)
		verdict = vet_record_routes(sip->sip_record_route);
	return verdict == VET_OK ? NULL : vet_words(verdict);
}
