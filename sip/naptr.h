/* naptr.h - what a name server says of a telephone number: where it can be called (ENUM, RFC 6116), which number routes it
 * (RFC 4769) and who it belongs to.  Pure.
 *
 *   "+15550199" --naptr_domain()--> "9.9.1.0.5.5.5.1.e164.arpa" --(NAPTR records)--> naptr_pick() --> "sip:+15550199@gw.example"
 *
 * How: records are taken by order, then preference; the first order that has one for the service decides (RFC 3403 section 4.1).  Its
 * regexp rewrites the number by sip/ere; only terminal rules count (flag "u").
 * A record that breaks a rule is passed over, never followed.
 * Use:  naptr_domain(); ask; naptr_pick(); naptr_routing() or naptr_text() of what it gave.
 *
 * Thread: any; pure.
 */
#ifndef SIP_NAPTR_H
#define SIP_NAPTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	NAPTR_RECORDS = 16,
	NAPTR_NAME = 254,
	NAPTR_REGEXP = 256, /* a character-string of DNS and its end */
	NAPTR_SERVICE = 64,
	NAPTR_URI = 256,
	NAPTR_TEXT = 64
};

enum naptr_service {
	NAPTR_SIP,  /* "E2U+sip", also the old "sip+E2U" */
	NAPTR_PSTN, /* "E2U+pstn:tel", "E2U+pstn:sip" */
	NAPTR_CNAM  /* "E2U+pstndata:cnam", "E2U+cnam" */
};

struct naptr {
	uint16_t order, preference;
	char flags[8], service[NAPTR_SERVICE], regexp[NAPTR_REGEXP];
	bool replaces; /* it has a replacement instead: no URI */
};

/* `e164` "+15550199".  False: no such number, or the name is too long. */
bool naptr_domain(char out[NAPTR_NAME], const char *e164, const char *suffix);
/* The substitution of one regexp field, "!^.*$!sip:info@example.com!".  False: it is none, does not match, or what comes out is
 * too long or no printable ASCII. */
bool naptr_rewrite(char out[NAPTR_URI], const char *regexp, const char *e164);
/* The best `at`-th result, from 0.  NULL: there is one; else why not, in words.  Sorts the records. */
const char *naptr_pick(
	char out[NAPTR_URI], struct naptr *records, size_t n, enum naptr_service service, const char *e164);
/* "data:,ALICE%20EXAMPLE", "pstndata:cnam/...,ALICE": what stands behind the comma, as people read it.  False: nothing does. */
bool naptr_text(char out[NAPTR_TEXT], const char *uri);
#endif
