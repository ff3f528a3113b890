/* transfer.h - a call is sent elsewhere: its far end is asked to call somebody else in our place (REFER; O9, RFC 3515, 3891).
 *
 *   transfer_start()      202                NOTIFY 200
 *   ASKED ------------> ACCEPTED -------------------------> (BYE from us: transferred)
 *     | refused            | NOTIFY 4xx..6xx, no word in 90 s
 *     +--------------------+--> (the call goes on as it was)
 *
 * How: where to is a number, which the account's dial plan must allow and whose budget is charged, a SIP URI where the trunk says
 * `refer: { out: any }`, or the far end of another call of ours, whose place is taken (attended).  The leg stays where it is, in its
 * meeting, until the far end has said that it worked.  Events `transfer.started`, `.accepted`, `.progress`, `.done`, `.failed`; a
 * call that was transferred says so in its record (`transferred`).
 * Use:  transfer_start(); leg.c reports the rest.
 *
 * Thread: control.
 */
#ifndef BRIDGE_TRANSFER_H
#define BRIDGE_TRANSFER_H

#include "bridge/dialout.h"

/* How long its news are waited for: 180 times SIP's T1, which is 90 s. */
enum { TRANSFER_T1 = 180, TRANSFER_TO = CDR_TRANSFERRED_MAX };

/* FORBIDDEN: the trunk does not allow it.  STATE: the call is not up, or is being transferred already. */
enum transfer_verdict {
	TRANSFER_OK,
	TRANSFER_NO_TARGET,
	TRANSFER_NO_ROUTE,
	TRANSFER_REFUSED,
	TRANSFER_FORBIDDEN,
	TRANSFER_STATE,
	TRANSFER_NOMEM
};

struct transfer; /* of a leg, while it is under way */

/* `to`: a number or a URI; NULL: in place of the far end of `replaces`.  TRANSFER_OK: REFER is out; else `why` says why not. */
enum transfer_verdict transfer_start(
	struct leg *leg, const char *to, const struct leg *replaces, char why[DIALOUT_WHY]);

/* What the far end says of it: a status of SIP, 0 without; of a leg that is not being sent anywhere nothing happens. */
void transfer_news(struct leg *leg, enum call_referred what, unsigned status);
void transfer_tick(struct leg *leg, uint64_t now_us); /* no word in time is a failure */
void transfer_ended(struct leg *leg);                 /* the call is over */
struct transfer *transfer_free(struct transfer *t);
#endif
