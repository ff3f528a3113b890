/* meter.h - what calls that we make cost while they go on: in their records, and against their accounts' money.
 *
 * A call is charged by the price that its trunk had for the number when it was decided on.  What counts against an account's
 * `dialling.daily_money` is what its calls of today have cost, what those that are answered cost so far, and the first step of those that are
 * not answered yet.  So a new call, or the next trunk of one, goes out only when its first step is left; and a call whose next step is
 * not left any more is ended before it begins, of several the one that began last.  Where there is a ceiling and no price, nothing goes out.
 *
 * How: looked at once a second, two seconds ahead.
 *
 * Thread: control.
 */
#ifndef BRIDGE_METER_H
#define BRIDGE_METER_H

#include "bridge/dialout.h"

struct cdr;

/* ---- before a call ---- */
/* dialling_take() of a call that was decided on. */
enum budget_verdict meter_take(struct node *n, const char *account, const struct route_decision *d,
	int64_t at_s, char text[BUDGET_TEXT]);
void meter_price(struct dialout_try *to, const struct route_try *from);
/* May it go out on the trunk in turn?  False: *why says why not. */
bool meter_allows(const struct dialout *d, const char **why);

/* ---- of a call ---- */
void meter_begin(const struct dialout_try *t, struct cdr *cdr); /* its record */
void meter_end(struct dialout *d, struct cdr *cdr);             /* its leg is over */
void meter_give(struct dialout *d, uint32_t talked_s);          /* it is over: dialling_give() */

void meter_tick(struct node *n); /* once a second */
#endif
