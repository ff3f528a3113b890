/* reroute.h - a call could not be completed here: is that an answer, or shall another gateway try (FEATURES O10, T22)?
 *
 * How: one table, a reason in each row.  An answer is what the called person's side says: busy, refused, no such number.  It
 * is reported as it is and nobody else is asked.  What a gateway or the way to it says about itself sends the call on.  Once
 * it has rung, the call has arrived: nothing sends it on any more.  A Q.850 cause in Reason is believed
 * before the status, which gateways flatten to 480, 500 or 503 (RFC 3398 section 8.2.6.1).
 * Use:  reroute_decide() with the end of each attempt.
 *
 * Thread: any; pure.
 */
#ifndef SIP_REROUTE_H
#define SIP_REROUTE_H

#include <stdbool.h>

enum reroute {
	REROUTE_ANSWER,  /* that is the outcome */
	REROUTE_GATEWAY, /* the next member, gateway, trunk */
	REROUTE_TRUNK    /* past this trunk's other gateways: they would say the same */
};

struct reroute_end {         /* of one attempt */
	unsigned sip_status; /* final status; what was made up for a silence: 408, 503 */
	bool no_response;    /* nothing came */
	bool rang;           /* a 18x came before */
	unsigned q850;       /* of its Reason; 0: none */
	unsigned retry_after_s;
};

struct reroute_verdict {
	enum reroute what;
	unsigned rest_s; /* leave this gateway alone for so long; 0: it may be asked again at once */
	const char *why; /* for the call record */
};

enum { REROUTE_REST_S = 30, REROUTE_REST_MAX_S = 600 };

struct reroute_verdict reroute_decide(const struct reroute_end *end);
#endif
