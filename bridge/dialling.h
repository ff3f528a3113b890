/* dialling.h - calls that go out, as the site in force has them: routes with the calendars and time zones they stand on, and what
 * each account has spent.
 *
 * How: dialling_alloc() makes the table of routes whole, or not at all; a new site's takes over what was spent, so
 * that applying a site neither forgives nor forgets.  Budgets live as long as the process.
 * Use:  dialling_decide(), then dialling_take() when a trunk is about to be asked; dialling_give() when that call is over.
 *
 * Thread: control.
 */
#ifndef BRIDGE_DIALLING_H
#define BRIDGE_DIALLING_H

#include "bridge/site.h"

struct dialling;
/* BRIDGE_SYNTAX: a time zone's file is gone or damaged.  Copies what it needs of the site. */
enum bridge_err dialling_alloc(struct dialling **out, const struct site *s);
struct dialling *dialling_free(struct dialling *d); /* accepts NULL, returns NULL */
/* Moves what accounts have spent from an older table; accounts that are no more are forgotten. */
void dialling_inherit(struct dialling *d, struct dialling *from);

const struct routes *dialling_routes(const struct dialling *d);
/* route_decide() over this site's routes. */
void dialling_decide(const struct dialling *d, const struct route_call *call, struct route_decision *out);

/* The account's ceilings and patterns (dialplan/budget.h).  BUDGET_BLOCKED for an unknown account. */
enum budget_verdict dialling_look(const struct dialling *d, const char *account, const char *e164,
	int64_t at_s, char text[BUDGET_TEXT]);
enum budget_verdict dialling_take(
	struct dialling *d, const char *account, const char *e164, int64_t at_s, char text[BUDGET_TEXT]);
void dialling_give(struct dialling *d, const char *account);
/* NULL: no such account. */
struct budget *dialling_budget(struct dialling *d, const char *account);
#endif
