#include "mixer/ice.h"

#include <stdlib.h>

enum {
	PAIRS = 4 /* addresses that have proven themselves, per component; the oldest is forgotten */,
	NONE = -1
};

struct pair {                   /* of our one candidate and an address of the peer */
	struct net_addr remote; /* port 0: none */
	uint32_t priority;      /* that it would have as a candidate */
	uint64_t checked_us, nominated_us;
};

struct component {
	struct pair pairs[PAIRS];
	int8_t peer;         /* index of the pair in use; NONE */
	bool lapsed;         /* it has not been heard of for too long */
	uint8_t consents;    /* checks that came from it for consent, up to ICE_CONSENT_CHECKS */
	uint64_t consent_us; /* when the last of these came */
	uint64_t heard_us;   /* anything from it */
};

struct ice {
	struct ice_credentials ours;
	struct hmac *key; /* owned; our password */
	struct component components[ICE_COMPONENTS];
	struct ice_counts counts;
};

enum mix_err ice_alloc(struct ice **out, const struct ice_credentials *ours)
{
	struct ice *i;
	enum mix_err err;

	if (!ours->ufrag[0] || !ours->pwd[0])
		return MIX_RANGE;
	i = calloc(1, sizeof(*i));
	if (!i)
		return MIX_NOMEM;
	i->ours = *ours;
	for (unsigned k = 0; k < ICE_COMPONENTS; k++)
		i->components[k].peer = NONE;
	err = hmac_alloc(&i->key, (const uint8_t *)ours->pwd, strnlen(ours->pwd, sizeof(ours->pwd)));
	if (err)
		return ice_free(i), err;
	*out = i;
	return MIX_OK;
}

struct ice *ice_free(struct ice *i)
{
	if (!i)
		return NULL;
	i->key = hmac_free(i->key);
	secret_wipe(i, sizeof(*i));
	free(i);
	return NULL;
}

/* ---- who has proven what ---- */

static struct pair *pair_of(struct component *c, const struct net_addr *remote)
{
	for (unsigned k = 0; k < PAIRS; k++)
		if (c->pairs[k].remote.port != 0 && net_addr_equal(&c->pairs[k].remote, remote))
			return &c->pairs[k];
	return NULL;
}

/* A free place, or that of the longest unheard but the peer's. */
static struct pair *place_in(struct component *c)
{
	struct pair *oldest = NULL;

	for (int k = 0; k < PAIRS; k++) {
		struct pair *p = &c->pairs[k];

		if (k != c->peer && (!oldest || p->checked_us < oldest->checked_us))
			oldest = p;
	}
	return oldest;
}

static bool takes_over(const struct component *c, const struct pair *p, uint64_t now_us)
{
	const struct pair *peer;

	if (c->peer == NONE || c->lapsed)
		return true;
	peer = &c->pairs[c->peer];
	return p->priority >= peer->priority || now_us >= peer->nominated_us + ICE_STALE_US;
}

/* Counts checks of the peer that come long after the one before: see ICE_CONSENT_CHECKS. */
static void note_consent(struct component *c, uint64_t now_us)
{
	c->heard_us = now_us;
	c->lapsed = false;
	if (now_us < c->consent_us + ICE_CONSENT_APART_US)
		return;
	if (c->consents < ICE_CONSENT_CHECKS)
		c->consents++;
	c->consent_us = now_us;
}

static void select_pair(struct component *c, const struct pair *p, uint64_t now_us)
{
	const int8_t at = (int8_t)(p - c->pairs);

	if (c->peer == at)
		return;
	c->peer = at;
	c->lapsed = false;
	c->consents = 0;
	c->consent_us = c->heard_us = now_us;
}

static void take_check(
	struct component *c, const struct binding *m, const struct net_addr *from, uint64_t now_us)
{
	struct pair *p = pair_of(c, from);

	if (!p) {
		p = place_in(c);
		*p = (struct pair){ .remote = *from };
	}
	p->priority = m->priority;
	p->checked_us = now_us;
	if (m->nominates) {
		p->nominated_us = now_us;
		if (takes_over(c, p, now_us))
			select_pair(c, p, now_us);
	}
	if (c->peer != NONE && p == &c->pairs[c->peer])
		note_consent(c, now_us);
}

/* ---- the server's side of a check (RFC 8489 section 6.3, RFC 8445 section 7.3) ---- */

/* "ours:theirs"; theirs may not be known yet. */
static bool is_for_us(const struct ice *i, const struct binding *m)
{
	const size_t n = strlen(i->ours.ufrag);

	return m->username_len > n && memcmp(m->username, i->ours.ufrag, n) == 0 && m->username[n] == ':';
}

/* 0: it may be believed. */
static enum binding_status fault_of(const struct ice *i, const struct binding *m, const uint8_t *p)
{
	if (m->proven_len == 0 || !m->username)
		return BINDING_BAD_REQUEST;
	if (!is_for_us(i, m) || !binding_proven(m, p, i->key))
		return BINDING_UNAUTHENTICATED;
	if (m->n_unknown > 0)
		return BINDING_UNKNOWN;
	return m->controlled ? BINDING_ROLE_CONFLICT : BINDING_BELIEVED;
}

size_t ice_take(struct ice *i, enum ice_component at, const uint8_t *p, size_t len,
	const struct net_addr *from, uint64_t now_us, uint8_t answer[BINDING_ANSWER_MAX])
{
	enum binding_status fault;
	struct binding m;

	if (binding_parse(&m, p, len) != MIX_OK || from->port == 0 ||
		(m.class != BINDING_REQUEST && m.class != BINDING_INDICATION)) {
		i->counts.refused++; /* we ask nothing: nobody has to answer */
		return 0;
	}
	if (m.class ==
		BINDING_INDICATION) { /* a keepalive (RFC 8445 section 11), of whom we know or of nobody */
		(void)ice_hears(i, at, from, now_us);
		return 0;
	}
	fault = fault_of(i, &m, p);
	if (fault) {
		i->counts.refused++;
		return binding_error(answer, &m, fault,
			fault == BINDING_UNKNOWN || fault == BINDING_ROLE_CONFLICT ? i->key : NULL);
	}
	i->counts.checks++;
	take_check(&i->components[at], &m, from, now_us);
	return binding_success(answer, &m, from, i->key);
}

bool ice_hears(struct ice *i, enum ice_component at, const struct net_addr *from, uint64_t now_us)
{
	struct component *c = &i->components[at];
	const struct pair *p = pair_of(c, from);

	if (!p)
		return false;
	if (c->peer != NONE && p == &c->pairs[c->peer])
		c->heard_us = now_us;
	return true;
}

const struct net_addr *ice_peer(const struct ice *i, enum ice_component at)
{
	static const struct net_addr nowhere;
	const struct component *c = &i->components[at];

	return c->peer == NONE || c->lapsed ? &nowhere : &c->pairs[c->peer].remote;
}

bool ice_is_waiting(const struct ice *i)
{
	return i->components[ICE_RTP].peer == NONE;
}

void ice_look(struct ice *i, uint64_t now_us)
{
	for (unsigned k = 0; k < ICE_COMPONENTS; k++) {
		struct component *c = &i->components[k];
		const uint64_t since_us = c->consents >= ICE_CONSENT_CHECKS ? c->consent_us : c->heard_us;

		if (c->peer != NONE && now_us >= since_us + ICE_CONSENT_US)
			c->lapsed = true;
	}
}

bool ice_same(const struct ice *a, const struct ice *b)
{
	return strcmp(a->ours.ufrag, b->ours.ufrag) == 0 && strcmp(a->ours.pwd, b->ours.pwd) == 0;
}

void ice_succeed(struct ice *fresh, const struct ice *old)
{
	fresh->counts = old->counts;
	for (unsigned k = 0; k < ICE_COMPONENTS; k++) {
		struct component *c = &fresh->components[k];

		if (old->components[k].peer == NONE)
			continue;
		*c = old->components[k];
		for (int at = 0; at < PAIRS; at++)
			if (at != c->peer)
				c->pairs[at] = (struct pair){ .checked_us = 0 };
		c->pairs[c->peer].priority = 0; /* anybody nominated under the new credentials is better */
	}
}

struct ice_counts ice_counts(const struct ice *i)
{
	return i->counts;
}
