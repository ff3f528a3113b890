/* leg_heard.h - what the media workers report of legs, by leg ID: keys, voices, silence, figures; and what time brings.
 *
 * How: a report of a leg that is gone is dropped.
 *
 * Thread: control.
 */
#ifndef BRIDGE_LEG_HEARD_H
#define BRIDGE_LEG_HEARD_H

#include "bridge/leg.h"

struct worker_handlers leg_worker_handlers(struct node *n);
void leg_tick_all(
	struct node *n, uint64_t now_us); /* every 100 ms: the attendants' timers, calls that are too long */
void leg_ask_stats_all(struct node *n);   /* every few seconds */
#endif
