/* agreed.h - what offer and answer settled for one audio stream: where to send what, who speaks, under which keys; savable.
 *
 * How: a plain struct, filled from the far end's description and from what we said of ourselves; the same parts of it whoever
 * offered.  All m= lines of the session are kept as well, since each later description must have them again.
 * Use:  offer_answer() and offer_take() fill it (sip/offer); others only read it.
 *
 * Thread: control; pure.
 */
#ifndef SIP_AGREED_H
#define SIP_AGREED_H

#include "sip/candidate.h"
#include "sip/sdes.h"

enum {
	OFFER_FORMATS_MAX = 8, /* of one side */
	AGREED_NO_TYPE = 255,  /* a payload type that is none */
	AGREED_PTIME_MS = 20   /* when nobody said */
};

/* One m= line as it must come again in every later description of the session (RFC 3264 section 8). */
struct media_slot {
	char type[SDP_TOKEN], protocol[SDP_TOKEN], format[SDP_TOKEN];
};

/* What was settled; savable. */
struct media_agreed {
	struct sdp_format
		codec; /* the one that we send: the far end's number for it, and its fmtp: what it wants to get */
	struct sdp_format rx
		[OFFER_FORMATS_MAX]; /* all that the far end may send, with the numbers it will use, and our fmtp */
	unsigned n_rx;
	uint8_t event_tx_pt, event_rx_pt,
		cn_pt; /* AGREED_NO_TYPE: none.  The event clock matches the codec's */
	unsigned
		ptime_ms; /* to send: 10..60 in tens as the far end asked, 20 by default; never 30 or 50 for Opus */
	char address[SDP_ADDR]; /* where to send; "" or null: nowhere */
	bool ipv6;
	uint16_t rtp_port, rtcp_port;
	bool rtcp_mux;
	struct sdes_key tx_key, rx_key; /* both or neither: SDES_NONE is the clear */
	struct candidate_agreed ice;
	bool send, receive;                     /* as seen by us */
	bool on_hold;                           /* the far end holds us: sendonly, inactive or c=0.0.0.0 */
	unsigned stream;                        /* index of the m= line that was taken */
	struct media_slot slots[SDP_MEDIA_MAX]; /* all m= lines of the session, for our own later offers */
	unsigned n_slots;
};

/* Adds a format that we take, under that payload type; one that is taken already or too many stays out. */
void agreed_receive(struct media_agreed *a, const struct sdp_format *format, uint8_t payload_type);

/* Where it hears RTCP: with RTP if `mux` (RFC 5761), else where it says (RFC 3605), else at the next port. */
uint16_t agreed_rtcp_port(const struct sdp_media *theirs, bool mux);

/* Where to send: RTP and RTCP, on one port if `mux`; the null address is none. */
void agreed_address(struct media_agreed *a, const struct sdp_media *theirs, bool mux);

/* How they are reached: `way` of their stream (CANDIDATE_NONE where we said nothing of ICE), ours as described. */
void agreed_ice(struct media_agreed *a, enum candidate_way way, const struct sdp_media *theirs,
	const struct sdp_media *ours);

/* Who speaks, from the far end's direction and ours. */
void agreed_direction(struct media_agreed *a, const struct sdp_media *theirs, enum sdp_direction ours);

/* Milliseconds of sound in a packet of a->codec: what was asked for, made possible.  0 for either of ours: not said. */
void agreed_ptime(
	struct media_agreed *a, const struct sdp_media *theirs, unsigned our_ms, unsigned our_max_ms);

/* Keeps all m= lines of an offer. */
void agreed_slots(struct media_agreed *a, const struct sdp *offer);
#endif
