/* dialling.h - calls that go out, as the site in force has them: routes with the calendars and time zones they stand on, and what
 * each account has spent.
 *
 * How: dialling_alloc() makes the table of routes whole, or not at all; a new site's takes over what was spent, so
 * that applying a site neither forgives nor forgets.  bridge/spending keeps it over a restart.
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
/* Moves what accounts have spent from an older table, beside what is known here already (budget_join()); accounts that are no more are forgotten. */
void dialling_inherit(struct dialling *d, struct dialling *from);

const struct routes *dialling_routes(const struct dialling *d); /* borrowed: the table that decides */
/* A trunk's prices and how it does, as they are now (dialplan/route.h); a new site's dialling has to be told. */
void dialling_rate(struct dialling *d, const char *trunk, const struct rates *rates);
void dialling_standing(struct dialling *d, const char *trunk, enum route_standing standing);
/* route_decide() over this site's routes. */
void dialling_decide(const struct dialling *d, const struct route_call *call, struct route_decision *out);
/* route_decide_ported(); `routing` "": dialling_decide(). */
void dialling_decide_ported(const struct dialling *d, const struct route_call *call, const char *routing,
	struct route_decision *out);

/* route_try_other() */
bool dialling_try_other(const struct dialling *d, const struct route_call *call, const char *e164,
	const char *trunk, struct route_try *out);

/* The account's ceilings and patterns (dialplan/budget.h).  BUDGET_BLOCKED for an unknown account. */
struct dialling_ask {
	const char *account, *e164;
	int64_t at_s, first_cost; /* as budget_now */
};
enum budget_verdict dialling_look(
	const struct dialling *d, const struct dialling_ask *ask, char text[BUDGET_TEXT]);
enum budget_verdict dialling_take(struct dialling *d, const struct dialling_ask *ask, char text[BUDGET_TEXT]);
/* `talked_s`: how long the call was answered, 0 not at all; `cost`: millionths. */
void dialling_give(struct dialling *d, const char *account, uint32_t talked_s, int64_t cost, int64_t at_s);
/* What the account's calls that are on cost so far. */
void dialling_running(struct dialling *d, const char *account, int64_t running);
/* What a call to this costs at least, by the cheapest first step of the trunks decided on; BUDGET_NO_PRICE: no price is known. */
int64_t dialling_first_cost(const struct route_decision *decision);

/* One account as it stands, by its place in the order of names. */
struct dialling_spent {
	const char *account;                /* borrowed until the next site */
	const struct budget_limits *limits; /* the same */
	struct budget *budget;              /* the same; dialling_touch() after a change */
	struct budget_now now;
};
bool dialling_spent(
	struct dialling *d, size_t i, int64_t at_s, struct dialling_spent *out); /* false: no more */
/* The same by name; false: no such account. */
bool dialling_spent_of(struct dialling *d, const char *account, int64_t at_s, struct dialling_spent *out);
/* NULL: no such account. */
struct budget *dialling_budget(struct dialling *d, const char *account);
/* Has it changed since this was asked last?  Once more when saving it failed: dialling_touch(). */
bool dialling_changed(struct dialling *d, size_t i);
void dialling_touch(struct dialling *d, const char *account);
/* May something about it be told again?  Once in `pause_s` for each of two kinds. */
enum dialling_news { DIALLING_NEAR, DIALLING_REACHED, DIALLING_NEWS };
bool dialling_tell(
	struct dialling *d, const char *account, enum dialling_news kind, int64_t at_s, int64_t pause_s);
#endif
