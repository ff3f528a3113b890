/* identity.h - the Identity header (RFC 8224 section 4): a token, and where its signer's certificate is.
 *
 *    Identity: eyJhbGci....eyJhdHRl....kAQK;info=<https://cert.example.org/passport.cer>;alg=ES256;ppt=shaken
 *
 * How: one call may have several, one header each or joined by commas, each with a token of its own kind (ppt).
 *
 * Thread: any; pure.
 */
#ifndef SIP_IDENTITY_H
#define SIP_IDENTITY_H

#include "sip/passport.h"

enum {
	IDENTITY_TOKENS = 4,                   /* of one call, that we look at */
	IDENTITY_VALUE = PASSPORT_SIGNED + 512 /* that we write */
};

struct identity {
	struct span token; /* borrowed */
	char info[PASSPORT_URL];
	char alg[PASSPORT_WORD], ppt[PASSPORT_WORD]; /* "": not said */
};

/* Takes the next one off *rest, the value of a header.  CALL_NO_MATCH: nothing is left; CALL_LIMIT, CALL_SYNTAX: this one cannot be
 * used, *rest stands behind it all the same. */
enum call_err identity_read(struct identity *out, struct span *rest);

/* What we send; `text` is what passport_write() made.  CALL_LIMIT. */
enum call_err identity_write(char out[IDENTITY_VALUE], const char *text,
	const uint8_t signature[PASSPORT_SIGNATURE], const char *info, const char *ppt);
#endif
