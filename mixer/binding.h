/* binding.h - STUN binding messages, which ICE checks a path with: read, proven and answered (RFC 8489; RFC 8445 section 7).
 *
 *    | type, length, cookie, transaction | attributes ... | MESSAGE-INTEGRITY | FINGERPRINT |
 *
 * How: binding_parse() walks the attributes once, every length checked, and points into the datagram.  FINGERPRINT must be there,
 * last, and right (RFC 8445 section 7.1: ICE uses it), so that what is only like STUN is nobody's.  Of what stands behind
 * MESSAGE-INTEGRITY nothing else counts; of an attribute given twice, the first.
 * Limits: short-term credentials with HMAC-SHA1 alone, as ICE has them; a request proven by MESSAGE-INTEGRITY-SHA256 and not by
 * MESSAGE-INTEGRITY has none for us.
 * Use:  binding_is() tells it from RTP and RTCP on one port; binding_parse(); binding_proven(); binding_success() or
 *       binding_error().
 *
 * Thread: any; pure.  Nothing here allocates.
 */
#ifndef MIXER_BINDING_H
#define MIXER_BINDING_H

#include "mixer/addr.h"
#include "mixer/cipher.h"
#include "mixer/err.h"

enum {
	BINDING_ID = 12,          /* bytes of a transaction's number */
	BINDING_ANSWER_MAX = 128, /* of an answer of ours */
	BINDING_UNKNOWN_MAX = 8   /* attributes that we name as not understood */
};

enum binding_class { BINDING_REQUEST, BINDING_INDICATION, BINDING_SUCCESS, BINDING_ERROR };
enum binding_status {
	BINDING_BELIEVED = 0,
	BINDING_BAD_REQUEST = 400,
	BINDING_UNAUTHENTICATED = 401,
	BINDING_UNKNOWN = 420,
	BINDING_ROLE_CONFLICT = 487
};

struct binding {
	enum binding_class class;
	uint8_t id[BINDING_ID];
	const uint8_t *username; /* borrowed from the datagram; NULL without */
	size_t username_len;
	size_t proven_len;                     /* bytes before MESSAGE-INTEGRITY; 0: there is none */
	uint32_t priority;                     /* 0 without */
	bool nominates;                        /* USE-CANDIDATE */
	bool controlled;                       /* ICE-CONTROLLED: the sender believes to be so */
	uint16_t unknown[BINDING_UNKNOWN_MAX]; /* that we would have to understand (RFC 8489 section 14) */
	unsigned n_unknown;
};

/* A STUN packet among RTP and RTCP, by its first byte (RFC 7983 section 7) and its cookie.  `len` of any size. */
bool binding_is(const uint8_t *p, size_t len);

/* Reads `len` bytes, any bytes.  MIX_SHORT: ends before its own fields say, or after.  MIX_SYNTAX: no binding message, an
 * attribute of a length that it cannot have, or a fingerprint that is missing or wrong.  On error *out is unspecified; the RFC
 * wants silence then. */
enum mix_err binding_parse(struct binding *out, const uint8_t *p, size_t len);

/* Was it written by who knows the key?  `p` is the datagram that it was read from. */
bool binding_proven(const struct binding *m, const uint8_t *p, const struct hmac *key);

/* The answers; their length.  `from`: where the request came from, for XOR-MAPPED-ADDRESS.  `key` NULL: without
 * MESSAGE-INTEGRITY, as to whom has not proven anything. */
size_t binding_success(uint8_t out[BINDING_ANSWER_MAX], const struct binding *request,
	const struct net_addr *from, const struct hmac *key);
size_t binding_error(uint8_t out[BINDING_ANSWER_MAX], const struct binding *request,
	enum binding_status status, const struct hmac *key);
#endif
