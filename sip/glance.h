/* glance.h - what one sees of a SIP message at a glance: its first line, whose it is, and what its description says.
 *
 * How: one pass over the header fields, nothing copied, nothing judged: a message that Sofia refuses is worth a look as well.
 * Use:  glance_read() on the bytes of a message; glance_sdp() for one line about its session description.
 *
 * Thread: any; pure.
 */
#ifndef SIP_GLANCE_H
#define SIP_GLANCE_H

#include "sip/body.h"
#include "sip/span.h"

enum { GLANCE_SDP = 320, GLANCE_BOUNDARY = BODY_BOUNDARY_MAX + 3 };

struct glance {                  /* spans are borrowed from the text; n 0: not there */
	unsigned status;         /* 0: a request */
	struct span method, uri; /* of a request */
	struct span phrase;      /* of a response */
	unsigned cseq;
	struct span cseq_method;
	struct span call_id, from, to, type, reason, retry_after;
	struct span head, body; /* all header fields with the first line and the empty one; what follows */
};

/* False: it does not begin as a SIP message does. */
bool glance_read(struct glance *out, const char *text, size_t len);
/* "PCMU telephone-event, 127.0.0.2:6000, ptime 20, sendrecv, AES_CM_128_HMAC_SHA1_80"; "" when the message has no
 * description that can be read. */
void glance_sdp(char out[GLANCE_SDP], const struct glance *g);
/* The session description's text, alone or a part; n 0: none.  `boundary` as its parameter says, "" none. */
struct span glance_description(const struct glance *g, char boundary[GLANCE_BOUNDARY]);
/* The user part of the first URI in a header field: "+15550100"; n 0: it has none. */
struct span glance_user(struct span field);
#endif
