/* passport.h - a PASSporT: who calls whom, when, and how well the signer knows it (RFC 8225; `shaken` RFC 8588, `div` RFC 8946).
 *
 *    eyJhbGciOi... . eyJhdHRlc3Q... . kAQKmP...     header, claims and ES256 signature, each in base64url
 *
 *    {"alg":"ES256","ppt":"shaken","typ":"passport","x5u":"https://cert.example.org/passport.cer"}
 *    {"attest":"A","dest":{"tn":["12125551213"]},"iat":1443208345,"orig":{"tn":"12155551212"},"origid":"123e4567-..."}
 *
 * How: passport_read() takes a token apart and checks its form; what it says is held against the call by sip/verify, the
 * signature by sip/credential.  passport_write() makes the canonical form: keys in order, no white space (RFC 8225 section 9).
 * A claim that we do not know is let pass, a critical header parameter (RFC 7515 section 4.1.11) is not.
 *
 * Thread: any; pure.
 */
#ifndef SIP_PASSPORT_H
#define SIP_PASSPORT_H

#include "sip/err.h"
#include "sip/span.h"

enum {
	PASSPORT_MAX = 4096, /* letters of a token */
	PASSPORT_NAME = 128, /* number or URI of a party */
	PASSPORT_URL = 256,
	PASSPORT_WORD = 16,
	PASSPORT_ORIGID = 64,
	PASSPORT_DESTS = 8,
	PASSPORT_SIGNATURE = 64, /* r and s, 32 bytes each (RFC 7518 section 3.4) */
	PASSPORT_SIGNED = 3072   /* letters that passport_write() makes at most */
};

struct passport_party {
	bool is_uri;
	char name[PASSPORT_NAME]; /* digits without "+" of a number; "": nobody */
};

struct passport {
	char alg[PASSPORT_WORD], typ[PASSPORT_WORD], ppt[PASSPORT_WORD]; /* ppt "": a plain one */
	char x5u[PASSPORT_URL];
	struct passport_party orig, dest[PASSPORT_DESTS];
	size_t n_dest;
	struct passport_party div; /* whom it was for before it was diverted */
	uint64_t iat_s;            /* since 1970 */
	char attest;               /* 'A', 'B', 'C'; 0: not said */
	char origid[PASSPORT_ORIGID];
};

struct passport_token {
	struct passport passport;
	struct span text; /* header and claims as they were signed, borrowed from what was read */
	uint8_t signature[PASSPORT_SIGNATURE];
};

/* CALL_LIMIT: longer than PASSPORT_MAX, or a part of it than there is room for; CALL_SYNTAX: anything else.  *why says which
 * part, in words. */
enum call_err passport_read(struct passport_token *out, struct span token, const char **why);

/* Header and claims, joined by the dot: what is to be signed.  CALL_RANGE: a party, a URL or an origid that cannot stand
 * there; CALL_LIMIT. */
enum call_err passport_write(char out[PASSPORT_SIGNED], const struct passport *p);
#endif
