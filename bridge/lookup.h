/* lookup.h - what the DNS says of a number that is about to be called: where it is (ENUM, RFC 6116) and, when it has been ported,
 * which number routes it (RFC 4769).  For dial-outs and for `dialplan explain`.
 *
 * How: both questions go out at once and each waits as long as its account says, 300 ms at most; whatever does not come, or cannot
 * be used, changes nothing.  An outsider's DNS never chooses where a call or a password goes: the URI's host must be that
 * of a gateway of a trunk that the dial plan has found for this call, or of the one that the account's `enum` names, and its user the number itself or a name with a letter in it.
 * Use:  lookup_begin(); lookup_take() with each answer, until !lookup_waits(); lookup_place().
 *
 * Thread: control.
 */
#ifndef BRIDGE_LOOKUP_H
#define BRIDGE_LOOKUP_H

#include "bridge/dips.h"
#include "bridge/site.h"

enum { LOOKUP_WHY = 64, LOOKUP_WORDS = 96, LOOKUP_USER = ROUTE_SENT };
enum lookup_what { LOOKUP_ENUM, LOOKUP_LNP, LOOKUP_WHATS };

struct lookup {
	char e164[NUMBER_E164];
	bool asks[LOOKUP_WHATS], waits[LOOKUP_WHATS];
	char uri[NAPTR_URI];                /* of ENUM; "" none */
	char routing[NUMBER_E164];          /* of LNP; "" none */
	char why[LOOKUP_WHATS][LOOKUP_WHY]; /* there is none, or it is not used; "" */
};

struct lookup_place {
	const char *trunk;          /* one of those given, or the account's `enum.trunk` */
	bool other;                 /* it is not one of those given */
	char gateway[RESOLVER_URI]; /* its host, as in struct carrier_target */
	char user[LOOKUP_USER];     /* "": the number, as the trunk wants it written */
};

/* What this account wants to know of the number; `done` is called with id for each question, also from inside, and gives
 * the answer to lookup_take().  False: nothing is asked. */
bool lookup_begin(struct lookup *l, struct node *n, const struct site_account *account, const char *e164,
	const dips_fn done[LOOKUP_WHATS], uint32_t id);
void lookup_take(struct lookup *l, enum lookup_what what, struct dips_answer *answer);
bool lookup_waits(const struct lookup *l);
/* Where ENUM leads, among the trunks of this call.  False: nowhere that is allowed, and why[LOOKUP_ENUM] says why. */
bool lookup_place(struct lookup *l, const struct site *site, const struct site_account *account,
	const char *const *trunks, size_t n_trunks, struct lookup_place *out);
/* "lnp: +12155550199; enum: sip:bob@gw.example", for the record; "" when nothing was asked. */
void lookup_words(const struct lookup *l, char out[LOOKUP_WORDS]);
#endif
