/* node_beat.h - what a running bridge does by the clock: every 100 ms, every second, every 5 s.
 *
 * Thread: control.
 */
#ifndef BRIDGE_NODE_BEAT_H
#define BRIDGE_NODE_BEAT_H

#include "bridge/node.h"

enum bridge_err node_beat_start(struct node *n); /* until the loop is closed */
#endif
