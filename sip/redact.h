/* redact.h - a SIP message without its secrets, for whoever keeps or shows it (FEATURES S7).
 *
 * How: by what a thing is, never by what it looks like: the credentials of Authorization and Proxy-Authorization; the keys of
 * a=crypto, k=, a=key-mgmt and a=ice-pwd; digits dialled on after the number (postd=); and every body that is not a session description,
 * that of an INFO above all, because keys pressed stand there.  All else is copied.
 * Use:  redact_message() with what glance_read() found.
 *
 * Thread: any; pure.
 */
#ifndef SIP_REDACT_H
#define SIP_REDACT_H

#include "sip/glance.h"

enum { REDACT_EXTRA = 512 }; /* room to give beside the message's own length */

/* 0-terminated; what does not fit is left out.  The length written. */
size_t redact_message(char *out, size_t cap, const struct glance *g);
#endif
