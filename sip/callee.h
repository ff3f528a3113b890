/* callee.h - a SIP URI that somebody else gave (ENUM, a 3xx): whom it means, and whether it is at a gateway that the operator
 * configured.  Nobody else's host is ever called.
 *
 * Use:  callee_read(); callee_is_at() with each gateway; callee_user_is_name() to tell names from digits.
 *
 * Thread: any; pure.
 */
#ifndef SIP_CALLEE_H
#define SIP_CALLEE_H

#include <stdbool.h>
#include <stddef.h>

enum { CALLEE_TEXT = 256 };

struct callee {
	bool secure;                               /* sips: */
	char user[CALLEE_TEXT], host[CALLEE_TEXT]; /* without parameters; host with its port, if it has one */
};

/* "sip:bob@gw.example:5060;user=phone", `len` characters of it.  False: no such URI, or one without a user. */
bool callee_read(struct callee *out, const char *uri, size_t len);
/* `gateway` as the operator wrote it: "sip:gw.example", "sips:[2001:db8::1]:5061;transport=tls".  A port that the scheme
 * has anyway may be left out; who wants sips: is never sent to a gateway without. */
bool callee_is_at(const struct callee *c, const char *gateway);
/* The same for one of its addresses, "udp:192.0.2.1:5060". */
bool callee_is_member(const struct callee *c, const char *target);
/* Letters, digits and - _ . + ~ alone, at least one letter among them. */
bool callee_user_is_name(const struct callee *c);
#endif
