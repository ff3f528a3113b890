/* reroute.h - a call could not be completed here: is that an answer, or shall another gateway try (FEATURES O10, T22)?
 *
 * How: one table, a reason in each row.  An answer is what the called person's side says: busy, refused, no such number.  It
 * is reported as it is and nobody else is asked.  What a gateway or the way to it says about itself sends the call on.  Once
 * it has rung, the call has arrived: nothing sends it on any more.  A Q.850 cause in Reason is believed
 * before the status, which gateways flatten to 480, 500 or 503 (RFC 3398 section 8.2.6.1).  An operator may choose otherwise, per route
 * and per trunk: a status that is named outright is decided by that; a class (5xx) means all of its hundred but 486, 600 and 603, and goes on after
 * none that a cause says is an answer.  What the route says counts before what the trunk says.
 * Use:  reroute_decide() with the end of each attempt; reroute_policy_add() per word of the site.
 *
 * Thread: any; pure.
 */
#ifndef SIP_REROUTE_H
#define SIP_REROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum reroute {
	REROUTE_ANSWER,  /* that is the outcome */
	REROUTE_GATEWAY, /* the next member, gateway, trunk */
	REROUTE_TRUNK    /* past this trunk's other gateways: they would say the same */
};

struct reroute_end {         /* of one attempt */
	unsigned sip_status; /* final status; what was made up for a silence: 408, 503 */
	bool no_response;    /* nothing came */
	bool tls;            /* it was to go over TLS */
	bool rang;           /* a 18x came before */
	unsigned q850;       /* of its Reason; 0: none */
	unsigned retry_after_s;
};

struct reroute_verdict {
	enum reroute what;
	unsigned rest_s; /* leave this gateway alone for so long; 0: it may be asked again at once */
	const char *why; /* for the call record */
	bool chosen;     /* by a policy */
};

enum { REROUTE_WORDS = 16 };
struct reroute_policy { /* zero-initialise: nothing is chosen; words of reroute_policy_add(), 0 ends them */
	uint16_t on[REROUTE_WORDS], stop[REROUTE_WORDS];
};
enum reroute_choice { REROUTE_UNSAID, REROUTE_GO_ON, REROUTE_STOP };

enum { REROUTE_REST_S = 30, REROUTE_REST_MAX_S = 600 };

/* `route` counts before `trunk`; NULL: there is none. */
struct reroute_verdict reroute_decide(const struct reroute_end *end, const struct reroute_policy *route,
	const struct reroute_policy *trunk);

/* reroute_chosen.c.  A word is a final status from 400 to 699, a class (4xx, 5xx, 6xx), or what kept an answer from coming: timeout,
 * refused (nobody could be reached), tls (no TLS connection came about).  NULL: it is one; else what is wanted. */
const char *reroute_word_broken(const char *text);
/* NULL: it stands in the policy now; else why it cannot, and nothing has changed. */
const char *reroute_policy_add(struct reroute_policy *p, enum reroute_choice choice, const char *text);
/* *named: outright, not by its class. */
enum reroute_choice reroute_chosen(
	const struct reroute_policy *p, const struct reroute_end *end, bool *named);
/* "goes on after 404, timeout; stops at 5xx"; "" when nothing is chosen. */
void reroute_policy_words(char *out, size_t cap, const struct reroute_policy *p);
#endif
