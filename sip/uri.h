/* uri.h - a sip: URI made of a user and a host of ours, escaped where RFC 3261 section 25.1 wants it.
 *
 * Use: uri_write(); what it gives can stand between the < > of a header.
 *
 * Thread: any; pure.
 */
#ifndef SIP_URI_H
#define SIP_URI_H

#include <stdbool.h>
#include <stddef.h>

/* "sip:+15550100@192.0.2.1"; without a user "sip:192.0.2.1".
 *
 *   scheme  "sip" or "sips"
 *   user    any text, "" for none
 *   host    with :port if it has one
 *
 * False: it does not fit, or the host is none (vet_uri()); out is then not to be used. */
bool uri_write(char *out, size_t cap, const char *scheme, const char *user, const char *host);
#endif
