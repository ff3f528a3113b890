/* crowd_sdp.h - the one audio stream that a caller offers, and what the answer says of it (RFC 3264).
 *
 * How: an offer names one codec and, when keys go as events, telephone-event; the answer is
 * read as far as a caller needs it: where to send, as which payload types.
 *
 * Thread: any; no state.
 */
#ifndef TOOLS_CROWD_SDP_H
#define TOOLS_CROWD_SDP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CROWD_SDP = 640 /* bytes of one that we write */, CROWD_PT_NONE = 255 };

struct crowd_offer {
	uint32_t session; /* o= id; the version grows with each that differs */
	struct in_addr ip;
	uint16_t port;    /* of RTP; RTCP on the next */
	const char *name; /* rtpmap encoding name */
	unsigned clock_hz, channels, ptime_ms;
	uint8_t payload_type, event_pt; /* event_pt CROWD_PT_NONE: keys do not go as events */
	bool comfort;                   /* RFC 3389, payload type 13 */
	const char *fmtp;               /* NULL: none */
	const char *direction;          /* "sendrecv" */
};

struct crowd_answer {
	struct in_addr ip; /* 0.0.0.0: on hold */
	uint16_t port;     /* 0: stream refused */
	uint8_t payload_type, event_pt;
	bool sends, receives; /* the far end: a=sendonly, a=recvonly ... */
};

/* 0: does not fit. */
size_t crowd_offer_write(char *out, size_t cap, const struct crowd_offer *offer);

/* Any bytes are allowed in.  False: no audio stream with the offered codec and an IPv4 address. */
bool crowd_answer_read(
	struct crowd_answer *out, const char *text, size_t len, const struct crowd_offer *offer);
#endif
