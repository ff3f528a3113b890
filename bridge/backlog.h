/* backlog.h - call records that wait for the disk, oldest first, and how a batch of them gets there.
 *
 * How: a chain.  A batch is taken off its front, written in one transaction, and what the disk did not take is put back where it was.
 * Use:  backlog_add() what came; backlog_take() a batch, backlog_write() it, backlog_put_back() what is left.
 *
 * Thread: whoever holds the owner's lock (bridge/writer); backlog_write() without it: the batch is in no chain meanwhile.
 */
#ifndef BRIDGE_BACKLOG_H
#define BRIDGE_BACKLOG_H

#include "bridge/store.h"

enum { BACKLOG_BATCH = 256 };

struct record {
	struct record *next;
	struct cdr cdr;
};

struct backlog {
	struct record *first, **end;
};

struct backlog_written {
	unsigned written, refused; /* refused: by the schema, and freed */
};

struct record *record_alloc(const struct cdr *cdr); /* a copy; NULL: out of memory */
void record_free(struct record *r);                 /* accepts NULL */

void backlog_init(struct backlog *b);
void backlog_clear(struct backlog *b);                 /* frees what is in it */
void backlog_add(struct backlog *b, struct record *r); /* at its end; the record is its own from now on */
struct record *backlog_drop(struct backlog *b);        /* the oldest off its front; NULL: there is none */
struct record *backlog_take(struct backlog *b); /* up to BACKLOG_BATCH of the oldest, chained; there is one */
void backlog_put_back(struct backlog *b, struct record *batch);
/* Writes a batch, one by one if the schema refuses one of them; returns what the disk did not take. */
struct record *backlog_write(struct store *store, struct record *batch, struct backlog_written *out);
#endif
