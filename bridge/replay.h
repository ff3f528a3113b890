/* replay.h - what calls of the past would have met with another site: one dial plan beside another.
 *
 * How: a record's call is decided anew by the plan in force and by the candidate, from what the record knows: an inbound call by its
 * trunk and the number it was sent to, an outbound one by account, number, caller ID, time, and the seed that its own id
 * gives; so what differs is the plans' doing.  What accounts had spent is not replayed.
 *
 * Thread: control; pure.
 */
#ifndef BRIDGE_REPLAY_H
#define BRIDGE_REPLAY_H

#include "bridge/cdr.h"
#include "bridge/dialling.h"

enum { REPLAY_TEXT = 400 };

struct replay_side {
	const struct plan *plan;
	const struct dialling *dialling;
};

struct replay_change {
	char before[REPLAY_TEXT], after[REPLAY_TEXT]; /* what was decided, for people */
	char why[200];                                /* the candidate's last word on it */
};

/* True: they decide differently, *out says how. */
bool replay_call(const struct replay_side *now, const struct replay_side *candidate, const struct cdr *record,
	struct replay_change *out);
#endif
