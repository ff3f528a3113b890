/* node_open.h - a running bridge, from its node file to its end.
 *
 * How: everything is opened in the order of who needs whom and closed in the reverse; then the loop runs, with its beat (node_beat.h).
 * Nothing but main includes this: all others are given the node (node.h).
 *
 * Thread: control.
 */
#ifndef BRIDGE_NODE_OPEN_H
#define BRIDGE_NODE_OPEN_H

#include "bridge/node.h"

/* Opens everything; *why says what could not be.  The loop is not yet running. */
enum bridge_err node_open(struct node **out, const struct config *config, char *why, size_t why_cap);
void node_run(struct node *n);  /* until node_stop() has ended */
void node_stop(struct node *n); /* BYE to all, then the loop ends */
struct node *node_close(struct node *n);
#endif
