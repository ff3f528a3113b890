/* info.h - keys pressed, told by SIP INFO: bodies of type application/dtmf-relay and application/dtmf; pure.
 *
 * How: dtmf-relay has lines `Signal=5` and `Duration=160`, in any order and with any spaces; dtmf is
 * the key alone, as a character or as its RFC 4733 number (0..15).
 * Use:  info_digit() on an INFO's Content-Type and body.
 *
 * Thread: any.
 */
#ifndef SIP_INFO_H
#define SIP_INFO_H

#include "sip/err.h"
#include <stddef.h>

enum { INFO_BODY_MAX = 256 }; /* bytes; longer bodies tell no key */

struct info_digit {
	char key;             /* one of 0-9 * # A-D */
	unsigned duration_ms; /* as they say; 0 when they do not */
};

/* `type` is "application/dtmf-relay" or "application/dtmf", any case, without parameters; NULL: none.
 * CALL_NO_MATCH: another type (415).  CALL_SYNTAX: no key in it.  CALL_LIMIT: too long.  On error *out is unchanged. */
enum call_err info_read(struct info_digit *out, const char *type, const char *body, size_t len);
#endif
