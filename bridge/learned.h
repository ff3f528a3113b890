/* learned.h - what was learned of how well trunks do, kept over a restart.
 *
 *   standing --carrier's `learned`--> learned_save() --text--> disk thread --> table `standing` --at the start, restore--> learned_load()
 *                                                                                                        |
 *                                                                             learned_use() <------------+
 *
 * How: every five seconds the trunks that a call has changed; a crash loses what was learned since.  What the process itself has learned of a trunk is not
 * replaced by what a backup says of it.  Trunks that are no more are forgotten with the next save.
 *
 * Thread: control; learned_load(): the disk thread, or before threads start.
 */
#ifndef BRIDGE_LEARNED_H
#define BRIDGE_LEARNED_H

#include "bridge/node.h"
#include "bridge/store.h"

struct learned; /* of all trunks, as it was stored */
/* *out NULL: nothing; the caller frees. */
enum bridge_err learned_load(struct store *store, struct learned **out);
void learned_use(struct node *n, const struct learned *l); /* NULL: nothing */
struct learned *learned_free(struct learned *l);           /* accepts NULL, returns NULL */

/* Posts what has changed; nothing while the last is still on its way. */
void learned_save(struct node *n);
void learned_close(struct node *n); /* the last time; before writer_drain() */
#endif
