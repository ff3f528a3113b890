/* stated.h - what an INVITE of ours says of who calls, beside From (FEATURES T18).
 *
 *   STATED_ASSERTED      P-Asserted-Identity (RFC 3325): to a carrier that takes our word for it
 *   STATED_PREFERRED     P-Preferred-Identity (RFC 3325): to one that checks, and asserts it itself
 *   STATED_REMOTE_PARTY  Remote-Party-ID (draft-ietf-sip-privacy-04), with screen= and privacy=
 *   STATED_DIVERSION     Diversion (RFC 5806)
 *   STATED_HISTORY       History-Info (RFC 7044): whom the call was for first, and where it goes now
 *
 * How: whole header lines.  Whether a hidden caller may be named there at all is decided by who fills the struct in.
 * Use:  stated_write() once per call; the lines go into each INVITE of it.
 *
 * Thread: any; pure.
 */
#ifndef SIP_STATED_H
#define SIP_STATED_H

#include <stdbool.h>
#include <stddef.h>

enum {
	STATED_ASSERTED = 1,
	STATED_PREFERRED = 2,
	STATED_REMOTE_PARTY = 4,
	STATED_DIVERSION = 8,
	STATED_HISTORY = 16
};

struct stated {
	unsigned forms;       /* STATED_x, or'ed */
	const char *user;     /* who calls, a user part; NULL or "": nobody is named */
	bool hidden;          /* those called are not to know: privacy=full, and history that stays here */
	bool screened;        /* the number is known to be the caller's own: screen=yes */
	const char *diverted; /* whom the call was for, a user part; NULL or "": it was not diverted */
	bool wants_privacy;   /* Privacy: id (RFC 3323) */
};

/*   host  our own, that the users are at
 *   to    whole URI that is called now, without < >
 *
 * Each line is ended by CRLF; "" when nothing is said.  False: a user or `to` cannot stand in a URI, or it does not fit. */
bool stated_write(char *out, size_t cap, const struct stated *s, const char *host, const char *to);
#endif
