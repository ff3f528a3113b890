/* offer.h - offer and answer for one audio stream (RFC 3264, RFC 6337); pure functions.
 *
 * How: what we can do is a list of formats in order of preference that this file does not
 * interpret beyond name, clock and channels.  An answer keeps the offer's streams in
 * their order, takes the first audio stream it can (the others get port 0), mirrors
 * payload types, and prefers the offerer's order (or ours, if told).
 * The SDP origin's id stays and its version rises with each change (section 8).
 * Use:  struct media_self describes our side; offer_answer() for an offer that came,
 *       offer_make() then offer_take() when we offer.
 *
 * Thread: control.
 */
#ifndef SIP_OFFER_H
#define SIP_OFFER_H

#include "sip/agreed.h"

/* SRTP by SDES, as a trunk has it. */
enum offer_srtp {
	OFFER_SRTP_NEVER, /* RTP/AVP alone; keys in it are overlooked, RTP/SAVP is refused */
	OFFER_SRTP_ALLOW, /* as they offer: RTP/SAVP, keys in RTP/AVP (OSRTP, RFC 8643), or the clear; we offer OSRTP */
	OFFER_SRTP_REQUIRE /* nothing in the clear; we offer RTP/SAVP */
};

struct media_self {                         /* our side of one leg; savable */
	uint64_t origin_id, origin_version; /* version of the last description sent, 0: none yet */
	uint64_t described;     /* fingerprint of that description; kept by offer.c, begin with 0 */
	char address[SDP_ADDR]; /* advertised literal */
	bool ipv6;
	uint16_t rtp_port, rtcp_port;
	struct sdp_format formats[OFFER_FORMATS_MAX]; /* in order; telephone-event and CN among them */
	unsigned n_formats;
	bool our_order;        /* prefer our order of codecs to the offerer's */
	unsigned max_ptime_ms; /* to receive; 0: not said */
	unsigned ptime_ms;     /* that we ask for, and send when they ask for nothing; 0: theirs, or 20 */
	enum offer_srtp srtp;
	bool secured; /* the session has keys: from then on it takes no offer in the clear; kept by offer.c */
	struct candidate_self
		ice; /* follows their offers; kept by offer.c, begin with `allowed` and `secret` */
	uint8_t secret
		[SDES_SUITES]
		[SDES_MASTER_MAX]; /* random: our key of each suite, for the whole session; all 0: none was needed yet */
};

/* Answers an offer with one codec, telephone-event of the codec's clock (8000 when only that is offered; RFC 4733 section 2.1)
 * and CN when the codec samples at 8 kHz.  Only RTP/AVP, AVPF, SAVP and SAVPF streams are taken, those with keys first, as
 * self->srtp says; one whose port is 0, whose
 * address is multicast or of the other family than ours is refused like any other.  *agreed and *answer are written only on CALL_OK; self->origin_version is
 * raised when the answer differs from the last description.
 * CALL_NO_MATCH: no audio stream with a codec in common (488, Warning 304/305).  CALL_NO_SRTP: one would do, were it not for
 * its keys, or their lack (488, Warning 399). */
enum call_err offer_answer(
	const struct sdp *offer, struct media_self *self, struct media_agreed *agreed, struct sdp *answer);

/* Makes an offer of all our formats; when `current` is not NULL, one that keeps its codec first,
 * its payload types, its stream index and whether there is ICE (a re-INVITE of ours). */
enum call_err offer_make(struct media_self *self, const struct media_agreed *current, struct sdp *offer);

/* Reads the answer to `offer`.  CALL_NO_MATCH: it refused the stream or took no format of ours.  CALL_NO_SRTP: it has no
 * key for an RTP/SAVP offer, or keys that we did not offer. */
enum call_err offer_take(const struct sdp *offer, const struct sdp *answer, struct media_agreed *agreed);

/* Where the first live audio stream of an offer will be sent from, if its sender's sound comes from where he listens; address "":
 * it names none.  An answer may still take another stream. */
struct offer_source {
	char address[SDP_ADDR];
	uint16_t rtp_port, rtcp_port;
	bool ice; /* it will be sent from wherever its checks find a way */
};
void offer_source(struct offer_source *out, const struct sdp *offer);

/* Does this offer ask for T.38 (or anything but audio) on a stream that carries our audio?  488, and the call stays (T13). */
bool offer_replaces_audio(const struct sdp *offer, const struct media_agreed *current);
#endif
