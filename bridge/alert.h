/* alert.h - what is wrong now: one list, since when, and what an operator can do about it.
 *
 * How: now and then a round is made over all conditions (bridge/conditions); each that holds says so again.  What is said for the first time is
 * raised, what is no more said when the round ends has ended; both are told.  The words of one that holds on may change, its beginning does not.
 * Use:  alerts_begin(); alert_holds() per condition that holds; alerts_end().
 *
 * Thread: control; time is given.
 */
#ifndef BRIDGE_ALERT_H
#define BRIDGE_ALERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ALERTS_MAX = 512, ALERT_SUBJECT = 80, ALERT_TEXT = 200 };

enum alert_kind {
	ALERT_DISK,
	ALERT_DISK_LOW,
	ALERT_TRUNK_DOWN,
	ALERT_UNREGISTERED,
	ALERT_QUALITY,
	ALERT_UNASSIGNED,
	ALERT_ONE_WAY,
	ALERT_WORKER,
	ALERT_CONTROL,
	ALERT_RING,
	ALERT_CLOCK,
	ALERT_CERTIFICATE,
	ALERT_BUDGET,
	ALERT_WEBHOOK,
	ALERT_KINDS
};

struct alert {
	enum alert_kind kind;
	char subject[ALERT_SUBJECT]; /* which trunk, worker, account; "": there is but one */
	char text[ALERT_TEXT];
	int64_t since_us; /* wall clock */
	bool critical;    /* else a warning */
	bool holds;       /* said in this round */
};

struct alerts;                                                           /* opaque: the list */
typedef void (*alert_fn)(void *arg, const struct alert *a, bool raised); /* raised, or ended */

struct alerts *alerts_alloc(alert_fn tell, void *arg); /* NULL: out of memory */
struct alerts *alerts_free(struct alerts *a);          /* accepts NULL */

void alerts_begin(struct alerts *a, int64_t now_us); /* a round */
/* A condition holds; `critical`: calls fail or money is lost.  More than ALERTS_MAX are left out and counted. */
void alert_holds(struct alerts *a, enum alert_kind kind, const char *subject, bool critical, const char *text,
	...) __attribute__((format(printf, 5, 6)));
void alerts_end(struct alerts *a); /* of the round: what was not said in it has ended */

const struct alert *alerts_list(
	const struct alerts *a, size_t *n); /* in the order of kinds, then as they came */
uint64_t alerts_left_out(const struct alerts *a);
const char *alert_kind_name(enum alert_kind kind);
const char *alert_advice(enum alert_kind kind); /* what can be done, one sentence */
#endif
