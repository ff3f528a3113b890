/* route_priv.h - what the files route*.c share: the table, and what a step may say.
 *
 *   route.c         makes the table
 *   route_decide.c  asks it
 *   route_order.c   which trunks of one priority, in which order
 *   route_write.c   a number as a trunk wants it
 *   route_words.c   steps as sentences
 *
 * Thread: control; pure.
 */
#ifndef DIALPLAN_ROUTE_PRIV_H
#define DIALPLAN_ROUTE_PRIV_H

#include "dialplan/block.h"
#include "dialplan/prefix.h"
#include "dialplan/route.h"

enum { ROUTE_ANY = 0, ROUTE_ONLY = 0, ROUTE_DENY = 1 };

struct rule {
	uint32_t index;  /* in route_site.rules */
	uint32_t trunks; /* first of n_trunks in routes.rule_trunks */
	uint32_t n_trunks, weight, priority, percent;
	bool by_cost, rated_only;
	const struct calendar *calendar; /* borrowed; NULL: always */
	const struct route_match *match; /* borrowed; NULL: all numbers */
	char caller_id[NUMBER_E164];
};

struct account {
	char name[PLAN_NAME];
	struct number_country country;
	unsigned classes;
	bool has_only;
};

struct first_number {            /* what an account shows on a trunk where nothing else is said */
	uint32_t account, trunk; /* index + 1; trunk 0: any */
	char e164[NUMBER_E164];
};

struct live {                      /* of a trunk, while the site is in force */
	const struct rates *rates; /* borrowed; NULL: none */
	enum route_standing standing;
};

struct routes {
	struct account *accounts;    /* owned, sorted by name */
	struct route_trunk *trunks;  /* owned, sorted by name */
	struct live *live;           /* owned: of each of them */
	struct rule *rules;          /* owned, sorted by priority, then index */
	uint32_t *rule_trunks;       /* owned: indices of trunks */
	struct first_number *firsts; /* owned, sorted by account, trunk */
	uint32_t n_accounts, n_trunks, n_rules, n_firsts;
	struct prefixes *prefixes; /* owned: set = account, value = rule */
	struct prefixes *lists;    /* owned: set = account, value = ROUTE_ONLY or ROUTE_DENY */
	struct blocks *owned;      /* owned: set = trunk + 1 (0 any), value = account + 1 (0 any) */
	struct blocks *ranges;   /* the same of what is everybody's: may lie across the numbers in `owned` */
	struct classes *classes; /* owned */
};

/* What a step says; a, b and c are given behind each. */
enum route_why {
	WHY_ACCOUNT, /* a account */
	WHY_NO_ACCOUNT,
	WHY_READ, /* a form */
	WHY_UNREAD,
	WHY_EMERGENCY_CODE,
	WHY_CLASS,         /* a class; b 1 + digits of the entry that decided, 0 none */
	WHY_CLASS_ALLOWED, /* a class */
	WHY_CLASS_REFUSED, /* a class; b as above */
	WHY_LIST_ONLY,     /* a digits of the entry */
	WHY_LIST_REFUSE,   /* a digits of the entry */
	WHY_LIST_NOT_ONLY,
	WHY_NO_PREFIX,
	WHY_PREFIX,        /* a digits; b rules behind it */
	WHY_SHADOWED,      /* a digits; b rules behind it; c digits of the one that decided */
	WHY_CALENDAR_OPEN, /* a rule; b span + 1, 0 none; the first of those about rules */
	WHY_CALENDAR_SHUT, /* a rule; b span + 1, 0 none */
	WHY_SHARE_IN,      /* a rule; b drawn, 0..99 */
	WHY_SHARE_OUT,
	WHY_FITS,           /* a rule */
	WHY_FITS_NOT,       /* a rule */
	WHY_RULE,           /* a rule */
	WHY_WEIGHT,         /* a rule; b weight of all that were left */
	WHY_TOO_MANY,       /* a rule */
	WHY_TRUNK,          /* a trunk; b try */
	WHY_TRUNK_TWICE,    /* a trunk */
	WHY_TRUNK_FULL,     /* a trunk */
	WHY_UNWRITABLE,     /* a trunk */
	WHY_SHOWN_WANTED,   /* a trunk; b try */
	WHY_SHOWN_FOREIGN,  /* a trunk; b try */
	WHY_SHOWN_RULE,     /* a trunk; b try */
	WHY_SHOWN_FIRST,    /* a trunk; b try */
	WHY_SHOWN_NONE,     /* a trunk */
	WHY_CALLER_REFUSED, /* a trunk */
	WHY_BY_COST,        /* a rule; b priority */
	WHY_RATE,           /* a trunk; b row of its sheet */
	WHY_UNRATED,        /* a trunk; b 1: it comes last for that */
	WHY_UNRATED_OUT,    /* a trunk */
	WHY_LOW,            /* a trunk */
	WHY_PROBED,         /* a trunk */
	WHY_ANSWER,         /* a number of tries */
	WHY_REFUSED,        /* a result */
	WHYS
};

/* One way that a call may take, in the order in which ways are tried. */
struct chosen {
	uint32_t rule, trunk;    /* indices */
	uint32_t total;          /* weight of the rules that it was drawn from; 0: not drawn */
	const struct rate *rate; /* borrowed; NULL: no price */
	int64_t cost;            /* of ROUTE_COST_S */
};
enum { ROUTE_CHOICES = 128 };

/* A rule's trunks behind those that are there, each with its price for the number; those beyond ROUTE_CHOICES are counted in *left_out. */
void route_choose(const struct routes *r, uint32_t rule, const char *e164, int64_t at_s,
	struct chosen list[ROUTE_CHOICES], unsigned *n, unsigned *left_out);
/* Cheapest first, those without a price last, else as they stood. */
void route_by_cost(struct chosen *list, unsigned n);
/* Those that do badly behind the others, else as they stood. */
void route_by_standing(const struct routes *r, struct chosen *list, unsigned n);

/* `e164` as the trunk wants it called, or shown.  False: nothing is left of it, it is too long, or what
 * is left would ring an emergency service. */
bool route_write_called(char out[ROUTE_SENT], const struct route_trunk *trunk, const char *e164);
bool route_write_shown(char out[ROUTE_SENT], const struct route_trunk *trunk, const char *e164);
#endif
