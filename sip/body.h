/* body.h - finds the session description in a message body, alone or as a part of multipart/... (RFC 2046); pure.
 *
 * How: one bounded pass from delimiter to delimiter; the first part of type application/sdp wins, other parts are not
 * our business (RFC 5621 section 8.2: carriers send ISUP beside it).
 * Use:  body_sdp() on Content-Type, its boundary parameter and the body.
 *
 * Thread: any.
 */
#ifndef SIP_BODY_H
#define SIP_BODY_H

#include "sip/err.h"
#include <stddef.h>

enum { BODY_PARTS_MAX = 16, BODY_BOUNDARY_MAX = 70 }; /* RFC 2046 section 5.1.1 */

struct body_text {
	const char *text; /* borrowed from the body; not 0-terminated */
	size_t len;
};

/*
 *   type      "application/sdp", "multipart/mixed"; any case, no parameters; NULL: not said, taken for SDP
 *   boundary  parameter's value, quotes allowed; NULL: none
 * CALL_NO_MATCH: another type, or no part is a description.  CALL_SYNTAX: multipart without its delimiters.
 * CALL_LIMIT: too many parts or too long a boundary.  On error *out is unchanged. */
enum call_err body_sdp(
	struct body_text *out, const char *type, const char *boundary, const char *body, size_t len);
#endif
