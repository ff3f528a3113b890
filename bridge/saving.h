/* saving.h - texts that are kept by a name, on their way to the disk: what accounts have spent, what was learned of trunks.
 *
 * How: whoever keeps them gathers those that have changed; they go in one job, STORE_KEPT_AT_ONCE rows a transaction.  While they are out nothing
 * else of their kind goes, so that the disk never has an older text over a newer one.  What the disk did not take is told once, and its owner
 * hears of each, to send it again.
 * Use:  saving_add() for each that has changed; saving_go() when there are some.
 *
 * Thread: control.
 */
#ifndef BRIDGE_SAVING_H
#define BRIDGE_SAVING_H

#include "bridge/store.h"
#include <stdbool.h>

struct node;
struct saving; /* what goes together */

struct saving_state {     /* of one kind */
	bool out, failed; /* it is on its way; it did not get there last time */
	bool again;       /* of its owner: there is more that should go at once */
};

struct saving_kind {
	enum store_kept what;
	const char *topic,
		*cannot; /* of the line in the log: "budget", "what accounts spend cannot be saved" */
	void (*missed)(struct node *n, const char *name); /* it is not on the disk */
	void (*done)(struct node *n);                     /* all are; NULL: nobody wants to know */
};

/* *s NULL: the first.  False: out of memory, all is as it was. */
bool saving_add(struct saving **s, const char *name, const char *text);
/* Takes `s`; `state` must not be out. */
void saving_go(struct node *n, struct saving_state *state, const struct saving_kind *kind, struct saving *s);
#endif
