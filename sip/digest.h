/* digest.h - answers to digest challenges (RFC 7616, RFC 8760; RFC 2617's older form): computed here, because Sofia
 * knows MD5 only, and given only to whom they belong; and answers to our own, read and checked.
 *
 * How: every challenge of a 401 or 407 is read into a plain struct; digest_pick() takes the strongest one whose realm is the
 * configured one, and refuses all others; digest_answer() writes the header's value.  HA1 is made for the
 * one answer and cleared; the password is never kept here.
 * Use:  digest_read() per WWW-Authenticate or Proxy-Authenticate value; digest_pick(); digest_answer().
 *       digest_given() per Authorization value; digest_matches().  The challenges themselves are sip/challenge's.
 *
 * Supported: MD5, SHA-256, SHA-512-256, each with -sess; qop auth, or none (RFC 2617); userhash; stale.
 * Thread: any; pure.
 */
#ifndef SIP_DIGEST_H
#define SIP_DIGEST_H

#include "sip/err.h"
#include <stdbool.h>
#include <stddef.h>

enum { DIGEST_TEXT = 256, DIGEST_CHALLENGES = 6, DIGEST_VALUE = 2048 };

enum digest_algorithm { /* weakest first */
	DIGEST_UNKNOWN,
	DIGEST_MD5,
	DIGEST_SHA256,
	DIGEST_SHA512_256
};

struct digest_challenge {
	char realm[DIGEST_TEXT], nonce[DIGEST_TEXT], opaque[DIGEST_TEXT];
	enum digest_algorithm algorithm;
	bool sess;
	bool has_opaque;
	bool qop_auth;  /* it offers qop "auth" */
	bool qop_other; /* it offers a qop, but not that one: cannot be answered */
	bool stale, userhash;
	bool by_proxy; /* Proxy-Authenticate: answered with Proxy-Authorization */
};

/* Reads the value of one WWW-Authenticate or Proxy-Authenticate: `Digest realm="a", nonce="b", ...`.
 * CALL_NO_MATCH: another scheme.  CALL_SYNTAX: no realm or no nonce, or not a list of parameters.  CALL_LIMIT: a value is too long. */
enum call_err digest_read(struct digest_challenge *out, const char *value, size_t len);

/* The strongest challenge of this realm that can be answered; NULL: none is for us. `realm` "" matches nothing.  Of equals the first. */
const struct digest_challenge *digest_pick(
	const struct digest_challenge *challenges, size_t n, const char *realm);

struct digest_request {
	const char *username, *password;
	const char *method, *uri; /* uri: the request's own Request-URI */
	const char *cnonce;       /* fresh and random for every answer */
	unsigned nc;              /* how often this nonce has been answered, from 1 */
};

/* Writes `Digest username="...", ...`.  CALL_LIMIT: cap is too small.  CALL_LIBRARY: OpenSSL refuses the algorithm. */
enum call_err digest_answer(char *out, size_t cap, const struct digest_challenge *challenge,
	const struct digest_request *request);

struct digest_given { /* an Authorization header */
	char username[DIGEST_TEXT], realm[DIGEST_TEXT], nonce[DIGEST_TEXT], uri[DIGEST_TEXT];
	char response[DIGEST_TEXT], cnonce[DIGEST_TEXT], nc[9];
	enum digest_algorithm algorithm;
	bool sess;
	bool qop_auth, qop_other; /* neither: RFC 2617's older form, without nc */
	unsigned n;               /* nc as a number; 0 without qop */
};

/* Reads `Digest username="a", ...`.  CALL_NO_MATCH: another scheme.  CALL_SYNTAX: something is missing or no list of
 * parameters.  CALL_LIMIT: a value is too long. */
enum call_err digest_given(struct digest_given *out, const char *value, size_t len);
/* Was the response made with this password?  Takes as long for a wrong one. */
bool digest_matches(const struct digest_given *g, const char *password, const char *method);
const char *digest_algorithm_word(enum digest_algorithm algorithm); /* "SHA-256" */

#endif
