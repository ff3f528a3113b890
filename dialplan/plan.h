/* plan.h - what answers a call, and why: the DID table and its explained decisions.
 *
 * How: a plan is an immutable table built from the site file.  plan_decide() tries the candidates of
 * a call in order (Request-URI user, then To user), reads each in every way that the trunk's
 * country leaves open, the likeliest first, and looks each reading up among the trunk's numbers.  What
 * is in no reading's form (short, or national where no country is known) is a trunk's number if it is
 * the end of exactly one of them.  Every step is noted as data, whether it matched or not: the same
 * function answers a call and `partyctl dialplan explain`.
 * An entry may be a range of numbers; a single number inside one comes first.  A number that a trunk's own ranges hold and
 * that nobody has is unassigned: the carrier sends it rightly, and the operator has forgotten it.
 * Cost: two binary searches per reading.
 *
 * Thread: control; pure.
 */
#ifndef DIALPLAN_PLAN_H
#define DIALPLAN_PLAN_H

#include "dialplan/number.h"

enum { PLAN_NAME = 64, PLAN_STEPS = 24, PLAN_TAIL_MIN = 4 /* digits that may name a number by its end */ };

enum plan_answer { PLAN_REFUSE, PLAN_ATTENDANT, PLAN_MEETING };

struct plan_did {
	char number[NUMBER_E164]; /* of a range the first */
	char trunk[PLAN_NAME];    /* "": any trunk */
	char account[PLAN_NAME];
	enum plan_answer answer;
	char meeting[PLAN_NAME]; /* PLAN_MEETING: its ID */
	char language[12];       /* BCP 47; "": the account's */
	char last[NUMBER_E164];  /* of a range; "": a single number */
	char country[4];         /* ISO 3166, "DE"; "": not said */
	bool toll_free;
};

struct plan_range { /* numbers of one length, both ends included; a single number is both ends */
	char first[NUMBER_E164], last[NUMBER_E164];
};

struct plan_trunk {
	char name[PLAN_NAME];
	struct number_country country;
	const struct plan_range
		*ranges; /* what the carrier delivers here; borrowed while plan_alloc() runs */
	size_t n_ranges;
};

enum plan_cause {
	PLAN_ANSWERED,
	PLAN_STRANGER,
	PLAN_NO_NUMBER,
	PLAN_UNKNOWN,
	PLAN_UNASSIGNED,
	PLAN_SET_TO_REFUSE
};

struct plan_step {        /* one thing that was considered */
	const char *rule; /* "trunk", "request-uri", "to", "normalise", "did", "answer" */
	bool matched;
	char text[160]; /* for people */
};

struct plan_call {                /* what is known of a call */
	const char *trunk;        /* NULL or unknown name: explained as a stranger */
	const char *request_user; /* with ;parameters */
	const char *to_user;      /* may be NULL */
};

struct plan_decision {
	enum plan_answer answer;
	enum plan_cause cause; /* of a refusal */
	unsigned sip_status;  /* of a refusal: 404 unknown or unassigned, 403 stranger, 484 no number in it */
	struct number number; /* the one that decided; of a refusal the first that could be read */
	const struct plan_did *did; /* borrowed from the plan; NULL when refused */
	struct plan_step steps[PLAN_STEPS];
	unsigned n_steps;
};

struct plan;
/* Copies the arrays.  PLAN_TWICE: *at_did is the index of a number given twice for one trunk, or of a range that overlaps
 * another; PLAN_SYNTAX: of one that is not E.164, or a range that is none.  A number of trunk "" answers on all trunks that have no entry of
 * their own for it.  *out is written on success only. */
enum plan_err plan_alloc(struct plan **out, const struct plan_did *dids, size_t n_dids,
	const struct plan_trunk *trunks, size_t n_trunks, size_t *at_did);
struct plan *plan_free(struct plan *p); /* accepts NULL, returns NULL */
/* Never fails: a call that nothing answers is a decision too, explained like any other.  *out borrows from p. */
const char *plan_cause_word(enum plan_cause cause); /* "unassigned"; never NULL */
void plan_decide(const struct plan *p, const struct plan_call *call, struct plan_decision *out);
#endif
