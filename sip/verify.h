/* verify.h - is this caller who the call says? What the Identity headers of one INVITE prove (RFC 8224 section 6.2).
 *
 *    verify_read()    takes the tokens apart and says whose certificates are wanted (x5u)
 *    ... the caller gets them, or not ...
 *    verify_decide()  holds them against the call: one verdict, with the reason in words
 *
 * How: a plain PASSporT or a `shaken` one is what proves the caller's number; the newest of them is looked at.  When it was made
 * for another number than the one called, whatever To says, `div` tokens may lead from there to here (RFC 8946), each signed for itself:
 * a token that was caught on its way to somebody else opens no door here.  Tokens
 * of other kinds are passed over.  Made within 60 s of now, by a certificate of the operator's trust that may speak for the
 * number: a number or range in its TNAuthList, or for `shaken` a service provider code (RFC 8588: the provider answers for its calls).
 *
 * Thread: any; pure.
 */
#ifndef SIP_VERIFY_H
#define SIP_VERIFY_H

#include "sip/credential.h"
#include "sip/identity.h"

enum { VERIFY_WHY = 96, VERIFY_FRESH_S = 60 };

enum verstat { VERSTAT_UNSET, VERSTAT_NONE, VERSTAT_PASSED, VERSTAT_FAILED };

struct verify_result {
	enum verstat verstat;
	char attest;                  /* 'A', 'B', 'C'; 0: not said, or not proven */
	char origid[PASSPORT_ORIGID]; /* likewise */
	unsigned
		status; /* that refuses the call where proof is required (RFC 8224 section 6.2.2); 0: passed */
	char why[VERIFY_WHY]; /* for people */
};

struct verify_token {
	struct passport_token token; /* its text points into what was read */
	const char *fault;           /* it cannot be used: why; NULL: it can */
};

struct verify {
	struct verify_token tokens[IDENTITY_TOKENS];
	size_t n;        /* that matter: shaken, plain and div */
	size_t n_others; /* of kinds that we pass over */
	bool too_many;
};

/* A token's certificate. */
struct verify_credential {
	const struct credential *credential; /* borrowed; NULL: it could not be had */
	const char *fault;                   /* why not, or what its check found; NULL: nothing */
};

struct verify_call {
	const char *caller, *called; /* E.164 with "+"; "": no number that can be proven */
	uint64_t now_s;
};

/* `values` are those of the Identity headers; they must stay until verify_decide(). */
void verify_read(struct verify *out, const char *const values[], size_t n);
/* The certificate that token i < v->n wants; NULL: it cannot be used anyway, or is too old. */
const char *verify_wants(const struct verify *v, size_t i, uint64_t now_s);
/* `credentials`: one per token. */
void verify_decide(const struct verify *v, const struct verify_credential *credentials,
	const struct verify_call *call, struct verify_result *out);
/* The reason phrase that goes with `status`, where it is not the usual one of that status; else NULL. */
const char *verify_phrase(unsigned status);
const char *verstat_words(enum verstat verstat); /* "passed", "failed", "none", "" */
#endif
