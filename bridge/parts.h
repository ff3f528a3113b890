/* parts.h - where the legs of a meeting sit: in a room of one worker, or spread over the rooms of several.
 *
 * How: a part of the meeting's room is a worker that has legs of it; it opens with its first leg and is dropped with its last.
 * Who comes stays with the worker that it is at when that has a part with places left; else it goes to the
 * smallest part.  When all parts have media.room_legs_per_worker legs, or work on workers that take nobody any more
 * (bridge/admission.h), another worker gets one, if it is not much busier.
 * With the second part the room gets an exchange (mixer/exchange.h), which it keeps.
 * Use:  parts_init(); parts_enter() per leg, which is then moved there; parts_leave() with the same worker; parts_close().
 *
 * Thread: control.
 */
#ifndef BRIDGE_PARTS_H
#define BRIDGE_PARTS_H

#include "bridge/node.h"

struct parts {
	uint32_t room_id;                  /* the same on all workers */
	struct exchange *exchange;         /* shared in; NULL: there has been one part at a time */
	unsigned n;                        /* parts with legs */
	unsigned n_legs[NODE_WORKERS_MAX]; /* by number of the worker */
};

void parts_init(struct parts *p, struct node *n);
void parts_close(struct parts *p); /* all have left */

/* The worker that a newcomer would be moved to, so that it may begin there; ADMISSION_ANY: it may be any. */
int parts_wish(const struct parts *p, const struct node *n);
/* A place for a leg that is at worker `at` now: the worker to move it to. NULL: out of memory. */
struct worker *parts_enter(struct parts *p, struct node *n, struct worker *at);
void parts_leave(struct parts *p, struct node *n, const struct worker *part);
/* A cue for all in the room. */
void parts_play(const struct parts *p, const struct node *n, const struct cue *cue);
#endif
