/* seal.h - SRTP and SRTCP for one direction of one leg (RFC 3711, RFC 7714, RFC 6188's key derivation).
 *
 *    RTP   | header | payload, enciphered | [key number] | tag |         tag 10 or 4 bytes; GCM: 16, before the key number
 *    RTCP  | 8 bytes | rest, enciphered | E, index | [key number] | tag |       tag 10 bytes; GCM: 16, before the index
 *
 * How: a master key becomes session keys once.  A packet's index is its sequence number and a roll-over counter that both
 * sides keep; it is guessed from the highest number seen and proven by the tag, before anything changes.  A window of 64
 * packets refuses what came before.  Up to SEAL_SOURCES senders (SSRC) are followed under one key, the longest unheard is
 * forgotten for a new one that authenticates.
 * A new master key in a session goes on with the counters of the old (RFC 3711 section 3.3.1): seal_succeed(); senders that begin
 * again at 0 are understood as well.
 * Bytes of any kind and number may be opened; nothing is read past `len`.
 * Use:  seal_alloc() on the control thread; a seal for what we send, another for what we get.
 *
 * Thread: made and freed on the control thread, used by the worker that owns its leg; no call allocates but seal_alloc().
 */
#ifndef MIXER_SEAL_H
#define MIXER_SEAL_H

#include "mixer/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum seal_suite {
	SEAL_NONE,
	SEAL_AES_CM_128_80,
	SEAL_AES_CM_128_32, /* the short tag is of RTP alone (RFC 4568 section 6.2.2) */
	SEAL_GCM_128,
	SEAL_GCM_256,
	SEAL_SUITES
};

enum {
	SEAL_SOURCES = 4,
	SEAL_MASTER_MAX = 44, /* key of 32 bytes and salt of 12 */
	SEAL_MKI_MAX = 4,
	SEAL_TAIL_MAX = 4 + SEAL_MKI_MAX + 16 /* what a packet grows by, at most */
};

struct seal_key {
	enum seal_suite suite;
	uint8_t master[SEAL_MASTER_MAX]; /* key, then salt; seal_master_len() bytes; the rest 0 */
	uint8_t mki[SEAL_MKI_MAX];       /* key number that each packet carries */
	uint8_t mki_len;                 /* 0: none */
};

/* Where a sender stands; savable. */
struct seal_state {
	uint32_t ssrc, roc; /* roc: times that the sequence number went round */
	uint32_t rtcp_index;
	uint16_t seq; /* highest */
	bool known;
};

size_t seal_master_len(enum seal_suite suite);      /* 0: no such suite */
const char *seal_suite_name(enum seal_suite suite); /* as SDP has it; "" for SEAL_NONE */
bool seal_key_equal(const struct seal_key *a, const struct seal_key *b);

struct seal;
/* `sends`: for what we send; else for what we get.  MIX_RANGE: no such suite. */
enum mix_err seal_alloc(struct seal **out, const struct seal_key *key, bool sends);
struct seal *seal_free(struct seal *s); /* clears the keys; accepts NULL, returns NULL */

/* The senders and counters of `old` go on under the key of `fresh`. */
void seal_succeed(struct seal *fresh, const struct seal *old);

/* Seals a packet of ours into out, which must not overlap it.  MIX_RANGE: no packet; MIX_SHORT: `cap` is below len +
 * SEAL_TAIL_MAX; MIX_STALE: this sequence number was used: the key stream must not be used twice. */
enum mix_err seal_rtp(
	struct seal *s, const uint8_t *p, size_t len, uint8_t *out, size_t cap, size_t *out_len);
enum mix_err seal_rtcp(
	struct seal *s, const uint8_t *p, size_t len, uint8_t *out, size_t cap, size_t *out_len);

/* Opens what came into out (`cap` >= len, no overlap).  MIX_SHORT, MIX_SYNTAX: cannot be such a packet.  MIX_STALE: came before, or too
 * old to tell.  MIX_FORGED: does not authenticate.  On error *out_len is untouched and so are the counters. */
enum mix_err seal_open_rtp(
	struct seal *s, const uint8_t *p, size_t len, uint8_t *out, size_t cap, size_t *out_len);
enum mix_err seal_open_rtcp(
	struct seal *s, const uint8_t *p, size_t len, uint8_t *out, size_t cap, size_t *out_len);

/* The sender heard (or sent) last; .known false: none.  And the way back, for a call that goes on in another process: what
 * was seen up to `seq` counts as seen. */
struct seal_state seal_state(const struct seal *s);
void seal_resume(struct seal *s, const struct seal_state *state);
#endif
