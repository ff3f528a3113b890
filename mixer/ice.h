/* ice.h - the ICE agent of one leg, a lite one: it answers checks and is told by them where its peer is (RFC 8445 section 2.5).
 *
 *   peer: check from A ---> proven by our password ---> A may speak
 *   peer: check from A, USE-CANDIDATE -------------> A is the peer: it is sent to (nominated, section 7.3.1.5)
 *   peer: nothing for ICE_CONSENT_US --------------> it is not sent to any more (RFC 7675), until the next check from it
 *
 * How: bytes in, bytes out; no socket, no clock read, one port or many.  A lite agent has one candidate per component, sends no
 * checks and is controlled, so that it needs to know nothing of the peer: not its candidates, not its password.  Checks may
 * come before its description does.  Who has not proven to know our password gets an error, and nothing changes.
 * - Of several nominated addresses (a peer that nominates all it checks) that of the highest priority is the peer; one of lower
 *   priority takes over when the other has not been nominated again for ICE_STALE_US, for a peer that moved.
 * - Role conflict: 487 always (section 7.3.1.1): we are not the one to become controlling, so our tie-breaker is the lowest.
 * - Consent is proven by checks from a peer that keeps sending them (RFC 7675).  One that stops them after nomination, as agents
 *   of RFC 5245 do, proves it by whatever comes from its address: indications, RTP, RTCP.
 * - A restart is another agent with other credentials: ice_succeed() lets it go on with the old peer until it is told another.
 * - Many legs on one port: struct binding's username begins with the ufrag of the leg that it is for.
 * Use:  ice_alloc() on the control thread; then, per datagram, ice_take() for STUN and ice_hears() for the rest;
 *       ice_peer() where to send; ice_look() now and then.
 *
 * Thread: made and freed on the control thread, used by the worker that owns its leg; no call but ice_alloc() allocates.
 */
#ifndef MIXER_ICE_H
#define MIXER_ICE_H

#include "mixer/binding.h"

enum {
	ICE_UFRAG = 12, /* with the 0 at the end; 4 letters or more (RFC 8839 section 5.4) */
	ICE_PWD = 32,   /* 22 letters or more */
	ICE_STALE_US = 5000000,
	ICE_CONSENT_US = 30000000,
	ICE_CONSENT_APART_US =
		3500000,       /* checks so far apart are for consent; they are sent every 4 to 6 s */
	ICE_CONSENT_CHECKS = 3 /* so many of these say that the peer keeps sending them */
};

enum ice_component { ICE_RTP, ICE_RTCP, ICE_COMPONENTS };

struct ice_credentials { /* ours: as our description has them; ufrag "": no ICE */
	char ufrag[ICE_UFRAG], pwd[ICE_PWD];
};

struct ice_counts {
	uint32_t checks;  /* answered with success */
	uint32_t refused; /* answered with an error, or not at all */
};

struct ice;
/* MIX_RANGE: no credentials. */
enum mix_err ice_alloc(struct ice **out, const struct ice_credentials *ours);
struct ice *ice_free(struct ice *i); /* clears the key; accepts NULL, returns NULL */

/* One datagram that binding_is().  What is to be sent back to `from`, from where it came in: its length, 0: nothing. */
size_t ice_take(struct ice *i, enum ice_component at, const uint8_t *p, size_t len,
	const struct net_addr *from, uint64_t now_us, uint8_t answer[BINDING_ANSWER_MAX]);

/* Another datagram: may `from` speak?  It may when a check of it was answered. */
bool ice_hears(struct ice *i, enum ice_component at, const struct net_addr *from, uint64_t now_us);

/* Where to send; port 0: nowhere, not yet or not any more. */
const struct net_addr *ice_peer(const struct ice *i, enum ice_component at);
bool ice_is_waiting(const struct ice *i); /* nobody has been nominated for ICE_RTP yet */

void ice_look(struct ice *i, uint64_t now_us);           /* has anybody been silent for too long? */
bool ice_same(const struct ice *a, const struct ice *b); /* the same credentials */
void ice_succeed(struct ice *fresh, const struct ice *old);
struct ice_counts ice_counts(const struct ice *i);
#endif
