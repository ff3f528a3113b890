/* rtp.h - RTP packets, read and written (RFC 3550 section 5.1).
 *
 * How: rtp_parse() checks the fixed header, contributing sources, header extension
 * and padding against the length and points into the datagram; nothing is copied.
 * Use:  rtp_parse() on what came in; rtp_write() a 12-byte header before a payload.
 *
 * Thread: any; no state.
 */
#ifndef MIXER_RTP_H
#define MIXER_RTP_H

#include "mixer/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RTP_HEADER = 12, RTP_VERSION = 2 };

struct rtp {
	uint16_t seq;
	uint32_t timestamp; /* units of the payload's RTP clock */
	uint32_t ssrc;
	uint8_t payload_type; /* 0..127 */
	bool marker;
	const uint8_t *payload;   /* borrowed from the datagram, padding taken off */
	size_t payload_len;       /* bytes, may be 0 */
	const uint8_t *extension; /* borrowed, NULL without; its body after the 4-byte head */
	size_t extension_len;     /* bytes */
	uint16_t extension_profile;
};

/* True when a datagram on a shared port is RTCP rather than RTP: second byte
 * 192..223 (RFC 5761 section 4, RFC 7983 section 7).  `len` of any size. */
bool rtp_is_rtcp(const uint8_t *p, size_t len);

/* Reads one packet of `len` bytes.
 * MIX_SHORT: ends before its own fields say.  MIX_SYNTAX: not version 2, or padding
 * of 0 or more bytes than there are.  On error *out is unspecified. */
enum mix_err rtp_parse(struct rtp *out, const uint8_t *p, size_t len);

/* Writes the fixed header from seq, timestamp, ssrc, payload_type and marker;
 * 12 bytes, no extension.  Never fails. */
void rtp_write(uint8_t p[RTP_HEADER], const struct rtp *in);
#endif
