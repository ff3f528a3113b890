/* incoming.h - a call comes in: is there room for it, what answers it, and the media it gets.
 *
 *   INVITE -> leg and record -> stopping? trunk full? threads busy? -> dial plan -> is the caller who they say (bridge/stir)?
 *          -> port, stream, answer -> worker -> 200
 *
 * How: each "no" on the way is a SIP status, a Q.850 cause and a sentence in the call record.  New calls go
 * to the media worker with the most time left (admission.h); when none has enough, or this thread itself is behind
 * (pulse.h), they are refused with 503 and Retry-After before live sound suffers (FEATURES Z5).
 *
 * Thread: control.
 */
#ifndef BRIDGE_INCOMING_H
#define BRIDGE_INCOMING_H

#include "bridge/leg.h"

/* call_handlers.on_invite; `arg` is the node. */
void incoming_call(void *arg, struct call *call, const struct call_invite *invite);
/* ua_config.ignored: what the trunk strips of its INVITEs. */
bool incoming_ignored(void *arg, const char *trunk, const char *header);
/* ua_config.for_number */
bool incoming_for_number(void *arg, const char *trunk, const char *request_user, const char *to_user);
/* stir_fn: the caller's number is proven, or not; the second half of the way. */
void incoming_go_on(struct leg *leg);
/* call_handlers.on_refused: a call that sip/ turned away gets its record. */
void incoming_refused(void *arg, const char *trunk, const char *source, const char *from_user,
	const char *to_user, const char *call_id, unsigned status, const char *text);
#endif
