/* unassigned.h - a number that a trunk delivers and nobody has: the caller is told, and so is the operator (FEATURES N1).
 *
 * How: the sentence is early media, so it costs the caller nothing (RFC 3960); after it the call is refused with 404 and cause 1.
 * Who sends no offer, or comes when UNASSIGNED_AT_ONCE others are being told, is refused at once.
 * Event `number.unassigned` with trunk and number, and a line in the log, each time.
 *
 * Thread: control.
 */
#ifndef BRIDGE_UNASSIGNED_H
#define BRIDGE_UNASSIGNED_H

#include "bridge/leg.h"

enum { UNASSIGNED_AT_ONCE = 20, UNASSIGNED_MAX_S = 15 };

/* Tells the operator. */
void unassigned_alarm(const struct leg *leg, const char *number);
/* Tells the caller: true, and the rest follows; false: the caller of this has to refuse.  The leg's call has its owner. */
bool unassigned_begin(struct leg *leg, const struct site_trunk *trunk, bool has_offer);
void unassigned_said(struct leg *leg);                  /* the sentence is over */
void unassigned_tick(struct leg *leg, uint64_t now_us); /* nor does it take for ever */
void unassigned_end(struct leg *leg);                   /* its call is over, or it was none of these */
#endif
