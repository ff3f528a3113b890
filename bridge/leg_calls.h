/* leg_calls.h - what sip/ reports of legs' calls, turned into steps: of the attendant, a meeting, a call that we make.
 *
 * Thread: control.
 */
#ifndef BRIDGE_LEG_CALLS_H
#define BRIDGE_LEG_CALLS_H

#include "bridge/leg.h"

struct call_handlers leg_call_handlers(struct node *n); /* their owner is the leg */
#endif
