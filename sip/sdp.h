/* sdp.h - session descriptions, read into plain structs and written from them (RFC 8866).
 *
 * How: a bounded, single pass over the lines, no allocation: everything lands in
 * struct sdp, which holds at most SDP_MEDIA_MAX streams of SDP_FORMATS_MAX formats.  Strict where
 * it matters (ports, addresses, payload types), lenient where RFC 4475's valid bodies and
 * carriers are: bare LF, missing s= or t=, rtpmap without a clock rate, unknown lines.
 * Use:  sdp_parse_text() on a body; sdp_write_text() the answer.  (sdp_parse() is Sofia-SIP's, and not for us.)
 *
 * Thread: control; pure.
 */
#ifndef SIP_SDP_H
#define SIP_SDP_H

#include "sip/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SDP_TEXT_MAX = 16384, /* bytes of a body that we read */
	SDP_MEDIA_MAX = 8,
	SDP_FORMATS_MAX = 24,
	SDP_CRYPTO_MAX = 8,
	SDP_TOKEN = 32,
	SDP_FMTP = 128,
	SDP_ADDR = 64,
	SDP_ICE_TEXT = 257,
	SDP_CANDIDATES_MAX = 16
};

enum sdp_direction { SDP_SENDRECV, SDP_SENDONLY, SDP_RECVONLY, SDP_INACTIVE };

struct sdp_format {
	uint8_t payload_type; /* 0..127; of RTP profiles only */
	char name[SDP_TOKEN]; /* rtpmap encoding name; static types are filled in (RFC 3551 section 6) */
	unsigned clock_hz;    /* 0: rtpmap gave none */
	unsigned channels;    /* 1 when not said */
	char fmtp[SDP_FMTP];  /* parameters as written, "" without */
};

struct sdp_crypto { /* RFC 4568, as written; see sip/sdes.h */
	unsigned tag;
	char suite[40];
	char params[160];
};

struct sdp_candidate {     /* RFC 8839 section 5.1; UDP at a literal address, others are not kept */
	uint8_t component; /* 1 RTP, 2 RTCP */
	uint16_t port;
	uint32_t priority;
	char address[SDP_ADDR]; /* canonical */
};

struct sdp_ice {                                     /* see sip/candidate.h */
	char ufrag[SDP_ICE_TEXT], pwd[SDP_ICE_TEXT]; /* "" without */
	bool lite, mismatch;                         /* lite is the session's */
	struct sdp_candidate candidates[SDP_CANDIDATES_MAX];
	unsigned n_candidates;
};

struct sdp_media {
	char type[SDP_TOKEN];     /* "audio", "image", "video", ... */
	char protocol[SDP_TOKEN]; /* "RTP/AVP", "RTP/SAVP", "udptl", ... */
	uint16_t port;            /* 0: refused or disabled */
	char address
		[SDP_ADDR]; /* literal of its c= or the session's, canonical; "" when there is none or it is a name */
	bool ipv6;
	uint16_t rtcp_port; /* a=rtcp (RFC 3605); 0 when not said: port + 1 */
	bool rtcp_mux;      /* RFC 5761 */
	enum sdp_direction
		direction; /* its own or the session's; hold by c=0.0.0.0 is told by `null_address` */
	bool null_address; /* c=0.0.0.0, :: or a name under .invalid (RFC 3264 section 8.4's old hold) */
	unsigned ptime_ms, maxptime_ms; /* 0: not said */
	struct sdp_format formats[SDP_FORMATS_MAX];
	unsigned n_formats;
	char raw_format[SDP_TOKEN];               /* first format of a non-RTP stream: "t38" */
	struct sdp_crypto crypto[SDP_CRYPTO_MAX]; /* in order of preference */
	unsigned n_crypto;
	char setup[12], fingerprint[128]; /* RFC 5763, as written; "" without */
	struct sdp_ice ice;               /* its own or the session's */
};

struct sdp {
	char origin_user[SDP_TOKEN];
	uint64_t origin_id, origin_version; /* o= */
	char origin_address[SDP_ADDR];
	struct sdp_media media[SDP_MEDIA_MAX];
	unsigned n_media;
};

struct sdp_why {
	unsigned line;
	char text[96];
}; /* what is wrong and where; line from 1 */

/* Reads `len` bytes, any bytes.  CALL_SYNTAX or CALL_LIMIT: *why says where, *out is unspecified. */
enum call_err sdp_parse_text(struct sdp *out, const char *text, size_t len, struct sdp_why *why);

/* Writes a description, CRLF line ends, 0-terminated.  CALL_LIMIT: cap is too small. */
enum call_err sdp_write_text(char *out, size_t cap, const struct sdp *sdp);

/* The value of one parameter in an fmtp string ("useinbandfec" in "a=1;useinbandfec=1"), as a number; `absent` without it. */
long sdp_fmtp_number(const char *fmtp, const char *name, long absent);
#endif
