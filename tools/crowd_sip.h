/* crowd_sip.h - SIP messages as crowd needs them: read into spans, answered, nothing more (RFC 3261).
 *
 * How: one pass over a datagram; every field points into it, nothing is copied and any
 * bytes are allowed in.  Compact header names and folded lines are understood.  crowd has a SIP of its own,
 * so that a fault of the bridge's library is not hidden by the same fault in its tester.
 *
 * Thread: any; no state.
 */
#ifndef TOOLS_CROWD_SIP_H
#define TOOLS_CROWD_SIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CROWD_VIAS = 8, CROWD_ROUTES = 8, CROWD_MESSAGE = 3072 /* bytes of one that we send */ };

struct crowd_span { /* borrowed text, not 0-terminated; p NULL: not there */
	const char *p;
	size_t len;
};

struct crowd_message {
	unsigned status;          /* of a response; 0: a request */
	struct crowd_span method; /* of the request line, or the response's CSeq */
	struct crowd_span uri;    /* Request-URI */
	struct crowd_span call_id, from, to, contact, reason, retry_after;
	struct crowd_span from_tag, to_tag;
	uint32_t cseq;
	struct crowd_span vias[CROWD_VIAS];
	unsigned n_vias;
	struct crowd_span routes[CROWD_ROUTES]; /* Record-Route, as written, in order */
	unsigned n_routes;
	struct crowd_span body;
};

/* False: not a SIP message with the headers of RFC 3261 section 8.1.1, or cut short. */
bool crowd_message_read(struct crowd_message *out, const char *p, size_t len);

bool crowd_span_is(struct crowd_span s, const char *text); /* equal, case counts */
/* Copies as text; false (and "") when it does not fit or holds a control character. */
bool crowd_span_copy(char *out, size_t cap, struct crowd_span s);
/* The URI of a name-addr or addr-spec, without header parameters. */
struct crowd_span crowd_span_uri(struct crowd_span header);
/* Host and port of a sip: URI; port 5060 when not said.  False: no sip URI. */
bool crowd_uri_host(struct crowd_span uri, char *host, size_t cap, uint16_t *port);

/* Writes a response to `request` with our tag in To (unless there is one), an optional Contact URI and an
 * optional body of application/sdp.  0: does not fit. */
size_t crowd_reply_write(char *out, size_t cap, const struct crowd_message *request, unsigned status,
	const char *phrase, const char *tag, const char *contact, const char *sdp);
#endif
