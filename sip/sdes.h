/* sdes.h - SRTP keys in descriptions: a=crypto (RFC 4568; suites of RFC 6188 and RFC 7714).
 *
 *    a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20|1:4
 *             tag suite                         key and salt, base64             lifetime |key number:its length
 *
 * How: each side's line holds the key that it sends with.  A line is taken whole or not at all: one master key; a
 * lifetime is read but not kept, as no call of ours reaches it; of session parameters only WSH, a hint, is let pass: the
 * others change what SRTP does, and one that is not understood must refuse its line (RFC 4568 section 6.3).
 * Nothing here makes randomness: keys of ours are given.
 *
 * Thread: control; pure.
 */
#ifndef SIP_SDES_H
#define SIP_SDES_H

#include "sip/sdp.h"

enum sdes_suite {
	SDES_NONE, /* in the clear */
	SDES_AES_CM_128_80,
	SDES_AES_CM_128_32,
	SDES_GCM_128,
	SDES_GCM_256,
	SDES_SUITES
};

enum { SDES_MASTER_MAX = 44, SDES_MKI_MAX = 4 };

struct sdes_key { /* savable */
	enum sdes_suite suite;
	unsigned tag;
	uint8_t master[SDES_MASTER_MAX];    /* key, then salt; the rest 0 */
	uint8_t mki[SDES_MKI_MAX], mki_len; /* key number in its packets; mki_len 0: none */
};

size_t sdes_master_len(enum sdes_suite suite); /* bytes; 0 for SDES_NONE */
const char *sdes_suite_name(enum sdes_suite suite);

/* CALL_NO_MATCH: another suite, a parameter that changes SRTP, several keys, a long key number; CALL_SYNTAX: no such line.
 * On error *out is SDES_NONE. */
enum call_err sdes_read(struct sdes_key *out, const struct sdp_crypto *line);
void sdes_write(struct sdp_crypto *out,
	const struct sdes_key *key); /* of a suite that is not SDES_NONE; no key number */

/* The first line of a stream that can be taken: offers list them in order of preference.  False: none. */
bool sdes_choose(struct sdes_key *out, const struct sdp_media *m);
#endif
