/* login.h - one trunk's name and password, and who gets an answer made of them: the gateway that we asked, for the realm
 * that the operator named, twice at most.
 *
 * How: a challenge that comes from another address, names another realm or comes a third time is refused with words
 * for the call record; the answer is computed by sip/digest.
 * Use:  login_set() per call, registration or question; login_answer() when a 401 or 407 comes; login_clear() at the end.
 *
 * Thread: control; pure.
 */
#ifndef SIP_LOGIN_H
#define SIP_LOGIN_H

#include "sip/digest.h"
#include <stdint.h>

enum { LOGIN_TEXT = 64, LOGIN_TRIES = 2, LOGIN_CNONCE = 33 };

struct login {
	char username[LOGIN_TEXT], password[LOGIN_TEXT]; /* username "": there are no credentials */
	char realm[DIGEST_TEXT];
	uint8_t gateway[16]; /* v4-mapped; whom they are for */
	unsigned n_answers;  /* given since login_fresh() */
	char last_nonce[DIGEST_TEXT];
	unsigned nc;
};

struct login_challenge { /* a 401 or 407, as it came */
	const struct digest_challenge *list;
	size_t n;
	const uint8_t *from; /* address it came from, 16 bytes */
};

/* What we answer challenges with, and whose: of this realm, from this gateway; NULL is "". */
void login_set(struct login *l, const char *username, const char *password, const char *realm,
	const uint8_t gateway[16]);
void login_fresh(struct login *l); /* a new request, not a repetition: count from 0 */
void login_clear(struct login *l);

/* Writes the header's value for one more try; NULL: given, *by_proxy says which header; else why not, in words that name no secret.
 *   cnonce  0-terminated, random */
const char *login_answer(struct login *l, const struct login_challenge *challenge, const char *method,
	const char *uri, const char *cnonce, char out[DIGEST_VALUE], bool *by_proxy);
#endif
