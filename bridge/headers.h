/* headers.h - what a trunk's headers carry across: into the records of its calls, and out of them to the carrier (FEATURES T17).
 *
 *   inbound.map:  [ "X-Customer: customer" ]    their header's value goes into `headers` of call and record: "customer=4711"
 *   inbound.add:  [ "X-Call: {call}" ]          in our answers to their INVITE
 *   outbound.add: [ "X-Account: {account}" ]    in our INVITE
 *
 * How: words in braces stand for what is known of the call; unknown ones are refused when the site is applied.  What is not known is
 * empty, and so is the number of a caller who is not shown.  Values from the wire lose controls, and have ';' and '%' written as in a URI.
 * Use:  headers_read() with the INVITE; headers_write() for the lines of a message.
 *
 * Thread: control; pure.
 */
#ifndef BRIDGE_HEADERS_H
#define BRIDGE_HEADERS_H

#include "bridge/site.h"
#include "sip/call.h"

enum { HEADERS_LINES = 2048, HEADERS_KEPT = 256, HEADERS_NAME = 32 };

struct headers_words { /* NULL: not known */
	const char *account, *meeting, *call, *trunk, *caller, *called;
};

/* "name=value; name=value": of those headers that are there, whole ones as far as there is room. */
void headers_read(char out[HEADERS_KEPT], const struct call_invite *invite, const struct site_trunk *trunk);
/* Whole lines "Name: value", each ended by CRLF, as far as there is room. */
void headers_write(char out[HEADERS_LINES], const char (*texts)[SITE_HEADER], size_t n,
	const struct headers_words *words);
/* For the site: what is wrong with words in braces, or with a name to map to; NULL: nothing. */
const char *headers_words_broken(const char *text);
const char *headers_name_broken(const char *name);
#endif
