/* early.h - what a provisional response may carry, and whether it must arrive (RFC 3262, 3264, 6337); pure.
 *
 * How: an answer may go out unreliably (and is then repeated in the 200); an offer of ours (the INVITE had none) may
 * not; what went out reliably is never sent again.
 * Use:  early_plan() before a 1xx, early_final_sdp() before the 2xx.
 *
 * Thread: any.
 */
#ifndef SIP_EARLY_H
#define SIP_EARLY_H

#include "sip/err.h"
#include <stdbool.h>

enum early_sent { EARLY_NONE, EARLY_UNRELIABLY, EARLY_RELIABLY }; /* how our description went out so far */

struct early_facts {
	bool required, supported; /* the INVITE's option tag 100rel */
	bool has_offer;           /* the INVITE had a description */
	bool media_ready;         /* ours is written */
	bool awaits_prack;        /* a reliable response of ours is not acknowledged yet */
	enum early_sent sent;
};

struct early_plan {
	bool with_sdp;
	bool reliable; /* Require: 100rel, repeated until PRACK */
};

/* What `status` (101..199) becomes.
 *   wants_sdp  early media are to flow, if the far end can take them
 * CALL_RANGE: no such status.  CALL_STATE: media wanted but not ready, or the far end owes us a PRACK (RFC 3262
 * section 3: one reliable response at a time).  On error *out is unchanged. */
enum call_err early_plan(
	struct early_plan *out, const struct early_facts *facts, unsigned status, bool wants_sdp);

/* Does our description go into the 2xx? */
bool early_final_sdp(const struct early_facts *facts);
#endif
