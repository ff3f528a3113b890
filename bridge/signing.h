/* signing.h - calls that we make, signed: who we say they come from, and how well we know it (RFC 8224 section 6.1, RFC 8588).
 *
 *   A  the number shown is one of the account's own
 *   B  the account is known to us, the number is not one of its own
 *   C  we only pass the call on: nobody's account, or a trunk that is a gateway for numbers of others (`sign.others: C`)
 *
 * That is ATIS-1000074 section 5.2.3: B wants a customer whom we know, C is for the point where a call enters from elsewhere.
 * How: a trunk with `sign: { certificate, key }` has its key here, read when the site comes into force; a call without a number, or
 * whose number is to stay hidden from the carrier, is not signed; nor is one that the certificate, where its file is given, does not permit.
 *
 * Thread: control.
 */
#ifndef BRIDGE_SIGNING_H
#define BRIDGE_SIGNING_H

#include "bridge/cdr.h"
#include "bridge/node.h"
#include "sip/identity.h"

struct signing;

/* Reads the keys of a site's trunks; one that cannot be read is logged, and its trunk's calls go out unsigned. */
struct signing *signing_alloc(const struct site *s); /* NULL: out of memory */
struct signing *signing_free(struct signing *s);

struct signing_call {
	const char *account;         /* "": nobody's */
	const char *caller, *called; /* E.164 */
	bool own_number;             /* the caller's is one of the account's */
	int64_t now_s;
};

/* False: it goes out unsigned.  What was said of the caller, or why nothing was, stands in the record. */
bool signing_make(const struct node *n, const struct site_trunk *trunk, const struct signing_call *call,
	char identity[IDENTITY_VALUE], struct cdr *note);
#endif
