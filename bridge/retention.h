/* retention.h - call records that have been kept as long as their account wants are deleted (FEATURES S9).
 *
 * How: once an hour, and whenever another site comes into force, each account's `records.keep_days` is looked at, and the node file's
 * for records that are nobody's: of strangers' calls, of accounts that are no more (as the database's site has them).  The disk
 * thread deletes RETENTION_BATCH records at a time and lets everything else go in between, so that no record that is to be
 * written waits for many that are to go.  A call counts from when it began.  The database overwrites what is deleted.
 *
 * Thread: control; time is given.
 */
#ifndef BRIDGE_RETENTION_H
#define BRIDGE_RETENTION_H

#include "bridge/site.h"
#include "bridge/writer.h"

enum { RETENTION_BATCH = 500, RETENTION_HOURS = 1 };

struct retention;
enum bridge_err retention_open(struct retention **out, struct writer *w); /* `w` is borrowed */
struct retention *retention_close(struct retention *r);                   /* after the writer */
/* How long nobody's records are kept; 0: for ever, as at first.  At the next tick. */
void retention_of_nobody(struct retention *r, unsigned keep_days);
/* To be called now and then; `now_us`: wall clock.  Does nothing until it is due. */
void retention_tick(struct retention *r, const struct site *site, int64_t now_us);
void retention_due(struct retention *r); /* another site is in force: at the next tick */
bool retention_idle(const struct retention *r);
uint64_t retention_deleted(const struct retention *r); /* records, since it was opened */
#endif
