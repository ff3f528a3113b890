/* dialout.h - a meeting calls somebody: the trunks and gateways in order until one answers, then "press 1 to join".
 *
 *   (API) --> QUEUED --INVITE--> DIALLING --180--> RINGING --183--> EARLY --2xx--> ANSWERED --1--> (in the meeting)
 *               ^                   |                                   |             |
 *               +--- next gateway --+   BUSY, NO_ANSWER, FAILED  <------+-------------+ leg ends
 *
 * QUEUED    waits for a place in the trunk's calls per second
 * DIALLING  an INVITE is out and nothing has come back
 * EARLY     the far end sends sound; the room does not hear it (O6).  Back to RINGING when it says that there is none (P-Early-Media):
 *           whoever waits for the call makes ringback themselves
 *
 * How: each attempt is a leg with a call record of its own; what became of it goes to sip/reroute, which says whether another
 * gateway or trunk may try.  Every change is an event `dialout.queued`, `.dialling`, `.ringing`, `.early`, `.answered`, `.rerouted`, and one of `.busy`,
 * `.no_answer`, `.failed` with SIP status, Q.850 cause and words; once answered, the leg's own events tell the rest.
 * Nothing joins a meeting by itself: the attendant asks for a key first (O2, O3), after the digits of the order, if it has some; only such an
 * order may say that a machine is called, which is let in.
 * Use:  dialout_start(); dialout_hangup(); leg.c reports what happens to the legs.
 *
 * Thread: control.
 */
#ifndef BRIDGE_DIALOUT_H
#define BRIDGE_DIALOUT_H

#include "bridge/leg.h"
#include "sip/reroute.h"
#include <jansson.h>

enum {
	DIALOUT_ID = 25,
	DIALOUT_TRIES = 16,
	DIALOUT_TRY_OTHER = 99,
	DIALOUT_NUMBER = ROUTE_SENT,
	DIALOUT_WHY = BUDGET_TEXT
};

/* One trunk, and how it wants the call written. */
struct dialout_try {
	char trunk[SITE_NAME];
	char number[DIALOUT_NUMBER];
	char caller_id[DIALOUT_NUMBER]; /* "": none, the call is anonymous */
	char caller_e164[NUMBER_E164];  /* what it stands for */
	bool own_number;                /* it is one of the account's */
	char gateway[128];              /* host of the one that alone is meant; "": all of the trunk's */
	unsigned of; /* the try of the decision that it was made from; DIALOUT_TRY_OTHER: none */
	struct reroute_policy reroute; /* what its route has chosen to go on after */
	struct rate rate;              /* that it is charged by */
	char currency[MONEY_CURRENCY]; /* of its price; "": none is known */
};

struct lookup;

struct dialout_order {
	const char *id; /* its own; dialout_start() gives it one */
	const char *meeting, *account;
	const char *to;   /* as asked for */
	const char *name; /* for the roster, "" none */
	const char *
		user; /* for whom it is, in the words of who asks: the ID of a user of theirs; NULL: not said */
	uint32_t referrer;       /* ID of the leg that asked for it (bridge/referral); 0: none */
	const char *referred_by; /* and as whom it asked, a URI; NULL or "": not said */
	const char *
		replaces; /* value of Replaces: the call takes another's place, which is at `trunk`; NULL: none's */
	const char *hunt;  /* ID of the search for a person that it is part of (bridge/hunt); NULL: none */
	const char *trunk; /* the only one that may carry it; NULL: any */
	const char *
		extension_from; /* NULL: `to` is a number.  Else `to` is a name or an extension at `trunk`, of which the dial plan
				     * knows nothing: it goes out as it is, and this is who calls */
	const struct postdial_order *postdial; /* what is pressed when it is answered; NULL: nothing */
};

struct dialout_tries {
	struct dialout_try list[DIALOUT_TRIES];
	size_t n;
	char e164[NUMBER_E164];
};

/* REFUSED: a class, a list or a ceiling of the account forbids it. */
enum dialout_verdict {
	DIALOUT_OK,
	DIALOUT_NO_NUMBER,
	DIALOUT_NO_ROUTE,
	DIALOUT_REFUSED,
	DIALOUT_BUSY_NODE,
	DIALOUT_NOMEM
};

/* DIALOUT_OK: it is under way, `id` holds its ID.  Else `why` says why not. */
enum dialout_verdict dialout_start(
	struct node *n, const struct dialout_order *order, char id[DIALOUT_ID], char why[DIALOUT_WHY]);
/* Ends it, ringing or answered.  False: there is none of this ID. */
bool dialout_hangup(struct node *n, const char *id, const char *why);
const char *dialout_account(const struct node *n, const char *id); /* whose it is; NULL: there is none */
bool dialout_is_answered(const struct node *n, const char *id);    /* false: not yet, or there is none */
/* Those of a meeting, as the API shows them; a new array. */
json_t *dialout_list(const struct node *n, const char *meeting);

void dialout_tick_all(struct node *n, uint64_t now_us);
void dialout_close_all(struct node *n);

/* What happens to a leg that it made. */
void dialout_progress(struct leg *leg, unsigned status, enum call_early early);
void dialout_answered(struct leg *leg);
void dialout_joined(struct leg *leg);                            /* it sits in the meeting; any leg */
void dialout_ended(struct leg *leg, const struct call_end *end); /* any leg; others are left alone */

/* dialout_tries.c: the trunks that carry it, in order, by the dial plan.  DIALOUT_OK: the account's budget has been charged;
 * dialling_give() when the call is over.  Else `why` says why not. */
enum dialout_verdict dialout_tries(
	struct node *n, const struct dialout_order *order, struct dialout_tries *out, char why[DIALOUT_WHY]);
/* The same of a number that has been ported and charged already.  False: no trunk carries it so. */
bool dialout_tries_ported(struct node *n, const char *account, const char *e164, const char *id,
	const char *routing, struct dialout_tries *out);
/* What a route, a trunk of the site has chosen to go on after, and to stop at. */
void dialout_policy_route(struct reroute_policy *out, const struct site_route *r);
void dialout_policy_trunk(struct reroute_policy *out, const struct site_trunk *t);
/* The two steps that make the order, for a call as for whoever asks what it would be: the tries of a decision, and before them the
 * gateway that ENUM names, when it is of one of their trunks.  False: it names none, all is as before. */
void dialout_tries_of(struct dialout_tries *out, const struct site *site, const struct route_decision *d);
bool dialout_tries_enum(struct dialout_tries *tries, struct lookup *l, const struct node *n,
	const char *account,
	struct route_try *other); /* *other: its try by a trunk that no route names; NULL: not wanted */
#endif
