/* refer.h - the words of a transfer: message/sipfrag, Replaces, and what a Refer-To may be (RFC 3515, 3420, 3891, 3986); pure.
 *
 * How: of a sipfrag only its first line counts.  A Refer-To may be a sip, sips or tel URI that is to be called with INVITE; of the headers that it
 * may carry only one Replaces is known, and it must name a whole dialog.
 * What refuses a REFER is 400 or 403: 404, 416 and others would end the call that it came in (RFC 5057 section 5.1).
 * Use:  refer_fragment() on the body of a NOTIFY; refer_target() on a Refer-To taken apart; refer_escape() to put one into a URI.
 *
 * Thread: any.
 */
#ifndef SIP_REFER_H
#define SIP_REFER_H

#include "sip/err.h"
#include <stdbool.h>
#include <stddef.h>

enum { REFER_TAG = 256, REFER_USER = 256 };

/* The status of `SIP/2.0 180 Ringing`; 0: the body is no such thing.  `type`: of its Content-Type, without parameters. */
unsigned refer_fragment(const char *type, const char *body, size_t len);

struct refer_replaces { /* a dialog as who is to be called knows it */
	char call_id[REFER_TAG], to_tag[REFER_TAG], from_tag[REFER_TAG];
	bool early_only;
};

/* "id;to-tag=a;from-tag=b;early-only" (RFC 3891 section 6.1).  False: no such value, or one that is too long. */
bool refer_replaces_read(struct refer_replaces *out, const char *value);
bool refer_replaces_write(char *out, size_t cap, const struct refer_replaces *r); /* false: longer than cap */

struct refer_target {
	char user[REFER_USER]; /* still escaped */
	bool has_replaces;
	struct refer_replaces replaces; /* whose place the call is to take */
	char referred_by
		[REFER_USER]; /* URI of who asks, for the call's Referred-By (RFC 3892 section 2.2); "" not said */
};
/* The parts of a Refer-To URI as they came, NULL: absent.
 * 0: *out holds it, but for referred_by; else the status that refuses the REFER. */
unsigned refer_target(struct refer_target *out, const char *scheme, const char *user, const char *params,
	const char *headers);

/* Writes `text` so that it may stand as a header's value in a URI (RFC 3261 section 25.1, hvalue).  False: longer than cap. */
bool refer_escape(char *out, size_t cap, const char *text);
#endif
