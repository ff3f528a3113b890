/* tls_via.h - our Via headers, made to say TLS.
 *
 * The SIP endpoint speaks TCP to the relay and writes SIP/2.0/TCP into the Via on top of what it sends; whoever gets that over TLS
 * must read SIP/2.0/TLS there (RFC 3261 section 18).  Both words are as long, so bytes are changed where they stand.
 * How: a message is followed line by line, to its body and over it; of its Vias the first is ours.
 * Use:  zero-initialise one per connection; all bytes pass through tls_via(), in any pieces.
 *
 * Thread: the connections'.
 */
#ifndef BRIDGE_TLS_VIA_H
#define BRIDGE_TLS_VIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tls_via { /* all zeros: a message begins */
	bool in_headers, via_seen;
	bool is_via, is_length; /* the line so far begins so */
	size_t column;          /* of the next byte */
	size_t length, body;    /* Content-Length as read; bytes of the body still to come */
};

void tls_via(struct tls_via *v, uint8_t *p, size_t n);
bool tls_via_between(const struct tls_via *v); /* nothing of a message is open: other bytes may go out here */
#endif
