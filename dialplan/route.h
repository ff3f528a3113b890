/* route.h - which trunks carry a call that goes out, in which order, and why.
 *
 * How: an immutable table built from the site file.  route_decide() reads the number as the account's country writes it, asks
 * its class (class.h) and the account's lists, and finds the account's rules.  The longest prefix that has
 * a rule in force decides (one with a pattern is for numbers that fit it); rules of one prefix go by priority (1 first), those of one priority
 * by weight, drawn from the call's seed: the same seed gives the same order.  Before these, the trunks of all rules of one priority that go by cost
 * make one list, cheapest first (what ROUTE_COST_S of talk would cost; then as listed), trunks without a price last.  Within its priority a
 * trunk that does badly (ROUTE_LOW) comes behind all others.  A rule is in force while its calendar is
 * open, for `percent` of calls.  Each trunk gets the number and the caller ID as it wants them written; one
 * whose caller-ID policy refuses is passed over.
 * Whatever was considered is noted as a step, a few numbers each; route_step_text() makes a sentence of one. The
 * same function routes a call and answers `partyctl dialplan explain`.
 * Cost: one binary search among the account's prefixes and a walk over those that begin the number.
 *
 * What changes with every call (how many, how often) is budget.h's: ask it after this.
 *
 * Thread: control; pure.
 */
#ifndef DIALPLAN_ROUTE_H
#define DIALPLAN_ROUTE_H

#include "dialplan/calendar.h"
#include "dialplan/class.h"
#include "dialplan/plan.h"
#include "dialplan/rates.h"

#define ROUTE_BY_NO_RULE UINT32_MAX
enum {
	ROUTE_TRIES = 16,
	ROUTE_STEPS = 96,
	ROUTE_COST_S = 180,
	ROUTE_MATCH_TEXT = 96,
	ROUTE_SENT = 40 /* prepended digits and all */
};

enum route_format {     /* how a trunk wants numbers written */
	ROUTE_E164,     /* +4930123456 */
	ROUTE_PLAIN,    /* 4930123456 */
	ROUTE_00,       /* 004930123456 */
	ROUTE_011,      /* 0114930123456 */
	ROUTE_NATIONAL, /* 030123456 in the trunk's country, else with 00 (011 in North America) */
	ROUTE_FORMATS
};

enum route_foreign {   /* a caller ID that the trunk does not own */
	ROUTE_REPLACE, /* by the rule's caller_id; refused where there is none that it owns */
	ROUTE_REFUSE,  /* pass over this trunk */
	ROUTE_PASS,    /* sent all the same: the carrier allows it */
	ROUTE_FOREIGNS
};

struct route_trunk {
	char name[PLAN_NAME];
	struct number_country country;
	enum route_format format;
	unsigned strip;   /* digits taken off the front of the called number; its + goes with them */
	char prepend[12]; /* and put there afterwards, in place of a +: "9", "#31#" */
	enum route_foreign foreign;
};

struct route_owned { /* numbers that calls may show */
	struct plan_range range;
	const char *trunk; /* whose calls; "" any */
	const char *
		account; /* of which account; "" any: a trunk's range is everybody's but for the numbers in it */
};

struct route_match { /* an expression of the operator's; whoever fills it is the one that knows how it is matched */
	char text[ROUTE_MATCH_TEXT];
	bool (*fits)(const struct route_match *m, const char *e164);
};

struct route_rule {
	const char *account;
	const char (*prefixes)[NUMBER_E164]; /* "+", "+1", "+4930" */
	size_t n_prefixes;
	const char (*trunks)[PLAN_NAME]; /* in this order */
	size_t n_trunks;
	unsigned priority;     /* from 1, which is first; 0 means 1 */
	unsigned weight;       /* share of calls among rules of one priority; 0 means 1 */
	unsigned percent;      /* of calls that it is in force for, 1..100; 0 means 100 */
	const char *caller_id; /* E.164; "" none */
	const char *calendar;  /* its name; "" always open */
	bool by_cost;          /* its trunks with those of others of its priority: cheapest first */
	bool rated_only;       /* a trunk without a price for the number is left out */
	const struct route_match *
		match; /* in force for numbers that fit it; NULL: all; stays the caller's, must outlive the table */
};

struct route_account {
	char name[PLAN_NAME];
	struct number_country country;   /* how its people write numbers; all zero: only with + */
	unsigned classes;                /* bit 1 << class: may be called although it is refused by default */
	const char (*only)[NUMBER_E164]; /* if any: nothing else may be called; copied */
	size_t n_only;
	const char (*refuse)[NUMBER_E164]; /* may not be called; the longer of `only` and `refuse` wins */
	size_t n_refuse;
};

struct route_site { /* everything, borrowed while routes_alloc() runs, then copied */
	const struct route_account *accounts;
	size_t n_accounts;
	const struct route_trunk *trunks;
	size_t n_trunks;
	const struct route_rule *rules;
	size_t n_rules;
	const struct route_owned
		*owned; /* the first of an account is what it shows where nothing else is said */
	size_t n_owned;
	const struct calendar *const *calendars; /* stay the caller's; must outlive the table */
	size_t n_calendars;
	const struct class_entry *classes; /* the operator's own */
	size_t n_classes;
};

struct routes;
/* PLAN_SYNTAX: something no check should have let through; PLAN_NOMEM.  *out is written on success only. */
enum plan_err routes_alloc(struct routes **out, const struct route_site *site);
struct routes *routes_free(struct routes *r); /* accepts NULL, returns NULL */

/* What changes while a site is in force; a trunk that the table does not know is nobody's.  Not during a decision. */
void routes_rate(
	struct routes *r, const char *trunk, const struct rates *rates); /* borrowed; NULL: no prices */
enum route_standing {
	ROUTE_GOOD,
	ROUTE_LOW,   /* it does worse than it should: behind the others of its priority */
	ROUTE_PROBED /* the same, but tried in its place to see whether it still does */
};
void routes_standing(struct routes *r, const char *trunk, enum route_standing standing);

struct route_call {
	const char *account;
	const char
		*number; /* as asked for: E.164, or as the account's country writes it; sip: and tel: too */
	const char *caller_id; /* E.164 that the caller wants to be seen; NULL or "": the rule's */
	int64_t at_s;          /* now, seconds since 1970 UTC */
	uint64_t seed;         /* route_seed() of the call's own id, so that a decision can be had again */
};

enum route_result {
	ROUTE_OK,         /* there is at least one try */
	ROUTE_NO_ACCOUNT, /* 404: unknown account */
	ROUTE_NO_NUMBER,  /* 484: no number in it */
	ROUTE_CLASS,      /* 403: its class is refused */
	ROUTE_LIST,       /* 403: the account's lists refuse it */
	ROUTE_NO_RULE,    /* 404: no rule is in force for it */
	ROUTE_NO_CALLER,  /* 403: there are rules, but no trunk may show such a caller ID */
	ROUTE_UNWRITABLE, /* 484: no trunk can write it (nothing is left after strip) */
	ROUTE_UNPRICED,   /* 403: no trunk has a price for it, and the rules want one */
	ROUTE_RESULTS
};

struct route_try {
	const char *trunk;             /* borrowed from the table: copy it to keep it */
	char number[ROUTE_SENT];       /* user part as sent: "+4930123456", "0030..." */
	char caller_id[ROUTE_SENT];    /* the same for From and P-Asserted-Identity; "" none: anonymous */
	char caller_e164[NUMBER_E164]; /* what it stands for; "" none */
	bool owned;                    /* the account's, or one that the trunk delivers to nobody else */
	bool own_number;               /* it stands among the account's numbers: sign with A */
	unsigned rule;                 /* index in route_site.rules */
	const struct rates *rates;     /* the trunk's; borrowed; NULL: none */
	const struct rate *rate;       /* of these, what the call is charged by; NULL: no price is known */
	enum route_standing standing;
};

struct route_step {  /* one thing that was considered; route_step_text() says it */
	uint8_t why; /* opaque: of route_words.c */
	bool matched;
	uint32_t a, b, c;
};

struct route_decision {
	enum route_result result;
	unsigned sip_status, q850; /* of a refusal; 0 when ROUTE_OK */
	struct number number;      /* as read; e164 "" when it could not be */
	char routing[NUMBER_E164]; /* that found the rules in its place; "" none */
	enum number_class class;
	struct route_try tries[ROUTE_TRIES];
	unsigned n_tries;
	struct route_step steps[ROUTE_STEPS];
	unsigned n_steps, n_unsaid; /* steps beyond the room for them */
};

/* Never fails: a call that nothing carries is a decision too.  *out borrows from `r`. */
void route_decide(const struct routes *r, const struct route_call *call, struct route_decision *out);
/* The same for a number that has been ported: E.164 `routing` finds the rules; what may be called and what is sent
 * is the number itself. */
void route_decide_ported(const struct routes *r, const struct route_call *call, const char *routing,
	struct route_decision *out);

/* A way by a trunk that no rule has named, for a call that has been decided on: number and caller ID as that trunk wants them, `rule` ROUTE_BY_NO_RULE.
 * False: there is no such trunk, or it cannot write the number or show the caller ID. */
bool route_try_other(const struct routes *r, const struct route_call *call, const char *e164,
	const char *trunk, struct route_try *out);

/* The word of a step ("number", "class", "account", "prefix", "calendar", "share", "trunk", "caller-id", "rate", "quality", "answer") and its sentence in
 * `out`, returned.  `r`, `call` and `d` are those of the decision. */
const char *route_step_rule(const struct route_step *step);
const char *route_step_text(const struct routes *r, const struct route_call *call,
	const struct route_decision *d, unsigned step, char *out, size_t cap);
const char *route_result_word(enum route_result result); /* "no_rule", for programs; never NULL */
const char *route_result_text(enum route_result result); /* a sentence, for records; never NULL */
uint64_t route_seed(const char *id);                     /* any text; the same text, the same seed */
#endif
