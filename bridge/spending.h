/* spending.h - what accounts spend on calls of theirs: kept over a restart, and told when it comes near a ceiling or looks like fraud.
 *
 *   dialling_take() --verdict--> spending_tell() --> event, log line, counters
 *        |  changed
 *        v   once a second, what has changed
 *   spending_save() --text--> disk thread --> table `budget` --at the start, restore--> spending_load()
 *
 * How: events `budget.near` (four fifths of a ceiling are used; at most one in ten minutes for an account), `budget.reached` (a ceiling
 * refuses calls; one a minute), `budget.blocked` (a pattern blocks the account) and `budget.unblocked`.  A crash loses what changed in
 * the second before it, no more; a block and its end go to the disk at once.  A backup that is restored brings what was spent then, and forgives nothing
 * that was spent since.
 *
 * Thread: control.
 */
#ifndef BRIDGE_SPENDING_H
#define BRIDGE_SPENDING_H

#include "bridge/node.h"

enum { SPENDING_EVERY_MS = 1000, SPENDING_NEAR_S = 600, SPENDING_REACHED_S = 60 };

/* What the database says was spent, into a new table; disk thread, or before threads start.  One that comes into force while another is joins both. */
enum bridge_err spending_load(struct dialling *d, struct store *store);
/* Another database was put in this one's place, and its site into force: all goes there that was spent since. */
void spending_restored(struct node *n);
/* Posts what has changed to the disk thread; nothing while it is still at the last. */
void spending_save(struct node *n);
/* The last time: waits for nothing that is under way.  Before writer_drain(). */
void spending_close(struct node *n);
/* What dialling_take() said of an account's call, in its words. */
void spending_tell(struct node *n, const char *account, enum budget_verdict verdict, const char *text);
/* False: there is no such account.  One that is not blocked stays as it is. */
bool spending_unblock(struct node *n, const char *account, const char *who);
unsigned spending_blocked(const struct node *n); /* accounts blocked now */
#endif
