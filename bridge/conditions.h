/* conditions.h - the conditions that an operator is alerted of (alert.h), looked at every five seconds.
 *
 * How: one function per condition, in a table; each looks at what the node knows anyway.  A new one is a kind in alert.h, a line of its
 * words in alert.c, a function and its line in the table.  What is over in a moment (a stall; bridge/moments) holds for a while.
 *
 * Thread: control.
 */
#ifndef BRIDGE_CONDITIONS_H
#define BRIDGE_CONDITIONS_H

#include "bridge/node.h"

enum {
	CONDITIONS_STALL_US = 1000000, /* the control thread came so late */
	CONDITIONS_HOLD_S = 60,        /* a stall is told so long */
	CONDITIONS_UNASSIGNED_S = 600, /* a call to a number that nobody has */
	CONDITIONS_GRACE_S = 15,       /* to register after the start */
	CONDITIONS_HOOK_TRIES = 5,     /* of one event, in vain */
	CONDITIONS_CALLS = 20,         /* a trunk's last answered ones */
	CONDITIONS_ONE_WAY = 5         /* so many of them with one-way audio */
};

struct conditions;
enum bridge_err conditions_open(struct node *n);
void conditions_close(struct node *n);
void conditions_beat(struct node *n);  /* every 100 ms */
void conditions_round(struct node *n); /* every few seconds */
/* An answered call on that trunk is over. */
void conditions_call(struct node *n, const char *trunk, bool one_way);
/* A call to a number that nobody has. */
void conditions_unassigned(struct node *n, const char *trunk, const char *number);
const struct alerts *conditions_alerts(const struct node *n);
#endif
