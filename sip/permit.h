/* permit.h - P-Early-Media (RFC 5009): who lets whose sound pass before the answer, pure.
 *
 *   INVITE -->        supported     its sender reads the header
 *   <-- 183, 180      sendonly      what the called side sends may be heard; sendrecv: and what is sent to it
 *                     inactive      neither: whoever called makes ringback itself; recvonly: nothing is to be heard either
 *
 * How: the last word of a message that names a direction counts; other words (gated, supported, what nobody knows) say nothing of it.
 * Use:  permit_read() with each value in the order of the message; permit_hears() before early media are let through.
 *
 * Thread: any.
 */
#ifndef SIP_PERMIT_H
#define SIP_PERMIT_H

#include <stdbool.h>

/* UNSAID: no header said anything; what is described may be heard (RFC 3960 section 3.2). */
enum permit { PERMIT_UNSAID, PERMIT_INACTIVE, PERMIT_RECVONLY, PERMIT_SENDONLY, PERMIT_SENDRECV };

/* What holds after a header of this value; `before` when it names no direction.  Any text is allowed in. */
enum permit permit_read(enum permit before, const char *value);
/* Does it say that its sender reads the header? */
bool permit_asked(const char *value);
bool permit_hears(enum permit p);
#endif
