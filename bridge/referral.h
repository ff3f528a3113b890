/* referral.h - phones that send calls about: REFER from somebody in a meeting, and INVITE that takes a call's place (O9, RFC 3515, 3891).
 *
 * How: both only where the trunk says `refer: { in: true }`.  A REFER has the bridge call the number in it, through the dial plan of the meeting's
 * account, into the same meeting (the number as the phone's trunk writes numbers; places of this bridge: bridge/referral_here); the far end is told by NOTIFY how that goes (100, 180, 200 when somebody has pressed 1, or
 * why not), and leaves when it has worked.  The host of a Refer-To is not followed: only its number counts.  With Replaces in it
 * (the phone has talked to them before: an attended transfer) that call goes out by the phone's own trunk alone, where the one to be replaced
 * is, and who does not know that one is to refuse it (Require); there a name or an extension, which is no number, goes out as it is.  Whoever asked is named in Referred-By (RFC 3892).  A
 * call that comes in with Replaces is seated in place of one of the same trunk that sits in a meeting, and that one gets BYE.
 * Events `referral.asked` (`to`, `status`) and `call.replaced` (`by`).
 *
 * Thread: control.
 */
#ifndef BRIDGE_REFERRAL_H
#define BRIDGE_REFERRAL_H

#include "bridge/leg.h"

/* call_handlers.on_refer of a leg: 202, or what refuses it. */
unsigned referral_asked(struct leg *leg, const struct refer_target *target);
/* How the call for that leg (its ID) goes: a provisional status, or a final one; 200: it is in the meeting. */
void referral_news(struct node *n, uint32_t referrer, unsigned status);

/* An INVITE with Replaces.  0: the leg takes that one's place when it is up, account and meeting are set; else the status that
 * refuses it, and `why`. */
unsigned referral_replaces(struct leg *leg, const struct refer_replaces *r, const char **why);
/* The leg is up.  False: it replaces nobody. */
bool referral_seat(struct leg *leg);
#endif
