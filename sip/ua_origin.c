/* ua_origin.c - whose request is it: the trunk of an address, a certificate or our own Contact, and who logs in. */
#include "sip/ua_nua.h"
#include "sip/vet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/su_alloc.h>

/* ---- registrations ---- */

enum call_err ua_set_contacts(struct ua *ua, const struct ua_contact *contacts, size_t n)
{
	struct ua_contact *copy = n ? malloc(n * sizeof(*copy)) : NULL;

	if (n && !copy)
		return CALL_NOMEM;
	if (n)
		memcpy(copy, contacts, n * sizeof(*copy));
	free(ua->contacts);
	ua->contacts = copy;
	ua->n_contacts = n;
	return CALL_OK;
}

static const char *contact_trunk(const struct ua *ua, const sip_t *sip)
{
	const char *user = sip->sip_request->rq_url->url_user;

	for (size_t i = 0; user && i < ua->n_contacts; i++)
		if (strcmp(ua->contacts[i].user, user) == 0)
			return ua->contacts[i].trunk;
	return NULL;
}

/* ---- the screen's part ---- */

struct asked { /* of one message, for trunk_narrow() */
	const struct ua *ua;
	const sip_t *sip;
	char value[TRUNK_HEADER];
};

static const char *header_value(void *arg, const char *name)
{
	struct asked *a = arg;

	return read_header(a->sip, name, a->value, sizeof(a->value)) ? a->value : NULL;
}

static const char *user_of(const url_t *url)
{
	return url->url_type == url_tel && !url->url_user ? url->url_host : url->url_user;
}

static bool for_number(void *arg, const char *trunk)
{
	const struct asked *a = arg;
	const struct ua_config *c = &a->ua->config;
	const char *request = user_of(a->sip->sip_request->rq_url), *to = user_of(a->sip->sip_to->a_url);

	return c->for_number && c->for_number(c->on.arg, trunk, request ? request : "", to ? to : "");
}

/* Their answer to a challenge of ours. */
static struct digest_given *read_given(const struct ua *ua, su_home_t *home, const sip_t *sip)
{
	struct digest_given *given = su_zalloc(home, sizeof(*given));
	bool found = false;

	for (const msg_auth_t *au = sip->sip_authorization; given && au && !found; au = au->au_next) {
		char text[DIGEST_VALUE];

		found = read_auth(au, text, sizeof(text)) &&
			digest_given(given, text, strlen(text)) == CALL_OK &&
			strcmp(given->realm, ua->config.realm) == 0;
	}
	if (found)
		return given;
	su_free(home, given);
	return NULL;
}

static const char *new_call_of(const struct ua *ua, su_home_t *home, const sip_t *sip, struct screened *seen)
{
	struct asked asked = { .ua = ua, .sip = sip };
	const struct trunk_call call = { header_value, for_number, &asked };
	const char *trunk = contact_trunk(ua, sip);

	if (trunk) {
		seen->by_contact = true;
		return trunk;
	}
	trunk_narrow(ua->config.trunks, &seen->set, &call);
	seen->logs_in = trunk_logs_in(ua->config.trunks, &seen->set, 0);
	seen->given = seen->logs_in ? read_given(ua, home, sip) : NULL;
	seen->generation = ua->generation;
	return seen->logs_in ? NULL : trunk_name(ua->config.trunks, &seen->set, 0);
}

static bool all_log_in(const struct ua *ua, const struct trunk_set *set)
{
	for (unsigned i = 0; i < set->n; i++)
		if (!trunk_logs_in(ua->config.trunks, set, i))
			return false;
	return set->n > 0;
}

/* Is it whom we called, or who called our Contact, by address or by the certificate that was to be shown? */
static bool is_partner(const struct call *call, const struct screened *seen)
{
	if (memcmp(call->gateway, seen->ip, sizeof(call->gateway)) == 0)
		return true;
	for (unsigned i = 0; call->out && call->out->certified[0] && i < seen->n_names; i++)
		if (strcasecmp(seen->names[i], call->out->certified) == 0)
			return true;
	return false;
}

const char *origin_trunk(const struct ua *ua, su_home_t *home, const sip_t *sip, const struct call *call,
	struct screened *seen)
{
	const bool invite = sip->sip_request->rq_method == sip_method_invite;

	if (seen->opened) {
		seen->known = true;
		return seen->opened;
	}
	if (seen->withdrawn && !call)
		seen->set.n = 0; /* as one without a certificate */
	if (!seen->set.n)
		trunk_at(ua->config.trunks, seen->ip, &seen->set);
	seen->known = seen->set.n > 0;
	if (call && (trunk_is_among(ua->config.trunks, &seen->set, call->trunk) || is_partner(call, seen)))
		return call->trunk; /* a partner may speak in that call alone */
	if (!call && invite && !sip->sip_to->a_tag) {
		const char *trunk = new_call_of(ua, home, sip, seen);

		seen->known = seen->known || seen->by_contact;
		return trunk;
	}
	if (seen->set.open && all_log_in(ua, &seen->set))
		seen->known =
			false; /* anybody may come from there: a stranger until a call of it has logged in */
	return seen->known ? trunk_name(ua->config.trunks, &seen->set, 0) : NULL;
}

/* ---- digest ---- */

static void count_try(struct ua *ua, const struct screened *seen)
{
	if (guard_stranger(ua->guard, seen->ip, loop_now_us()) == GUARD_SILENCED_NOW)
		ua_sieve(ua); /* the screen drops what comes next */
}

static unsigned ask_login(struct ua *ua, const struct screened *seen, bool stale, char lines[CHALLENGE_TEXT])
{
	unsigned algorithms = 0;

	for (unsigned i = 0; i < seen->set.n; i++)
		algorithms |=
			(trunk_logs_in_by(ua->config.trunks, &seen->set, i, true) ? CHALLENGE_SHA256 : 0) |
			(trunk_logs_in_by(ua->config.trunks, &seen->set, i, false) ? CHALLENGE_MD5 : 0);
	return challenge_write(
		       ua->challenger, lines, ua->config.realm, seen->ip, algorithms, stale, loop_now_us())
		       ? 401
		       : 500;
}

unsigned origin_login(const struct ua_event *ev, char lines[CHALLENGE_TEXT], const char **text)
{
	struct ua *ua = ev->at->ua;
	struct screened *seen = ev->sip->sip_user;
	const uint64_t now_us = loop_now_us();
	const struct digest_given *given = seen->given;
	const char *password;
	unsigned who = 0;

	lines[0] = '\0';
	*text = NULL;
	if (seen->generation != ua->generation) { /* the table changed while it waited */
		*text = "trunks have just been changed";
		return 503;
	}
	if (!given) {
		if (seen->set.open)
			count_try(ua, seen);
		return ask_login(ua, seen, false, lines);
	}
	password = trunk_password(ua->config.trunks, &seen->set, given->username, &who);
	if (!trunk_logs_in_by(ua->config.trunks, &seen->set, who, given->algorithm != DIGEST_MD5))
		password = NULL;
	switch (challenge_check(
		ua->challenger, given, ua->config.realm, password, "INVITE", seen->ip, now_us)) {
	case CHALLENGE_GOOD:
		guard_vouch(ua->guard, seen->ip, now_us);
		snprintf(seen->trunk, sizeof(seen->trunk), "%s",
			trunk_name(ua->config.trunks, &seen->set, who));
		return 0;
	case CHALLENGE_WRONG:
		guard_doubt(ua->guard, seen->ip);
		count_try(ua, seen);
		*text = "wrong username or password";
		return ask_login(ua, seen, false, lines);
	case CHALLENGE_STALE: return ask_login(ua, seen, true, lines);
	case CHALLENGE_STRANGE: break;
	}
	if (seen->set.open)
		count_try(ua, seen);
	return ask_login(ua, seen, true, lines);
}

/* ---- loops ---- */

static bool went_by(const struct listener *at, const sip_via_t *v)
{
	const unsigned port = v->v_port ? (unsigned)strtoul(v->v_port, NULL, 10) : 5060;

	return v->v_host && port == listen_port(at) &&
	       (strcasecmp(v->v_host, listen_host(at)) == 0 || strcasecmp(v->v_host, at->host) == 0 ||
		       strcasecmp(v->v_host, listen_name(at)) == 0);
}

bool origin_is_ours(const struct ua_event *ev)
{
	const struct ua *ua = ev->at->ua;
	char session[CALLER_SESSION] = "";

	read_session(session, ev->sip);
	for (const struct call *c = session[0] ? ua->calls : NULL; c; c = c->next)
		if (c->out && strcmp(c->session, session) == 0)
			return true;
	for (const sip_via_t *v = ev->sip->sip_via->v_next; v; v = v->v_next)
		for (size_t i = 0; i < ua->n_listeners; i++)
			if (went_by(&ua->listeners[i], v))
				return true;
	return false;
}
