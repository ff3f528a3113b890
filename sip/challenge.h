/* challenge.h - digest challenges of our own: nonces bound to their source and time, and which of them were used how often
 * (RFC 7616 section 3.3, RFC 8760 section 2.2).
 *
 * How: a nonce is its time, a counter and an HMAC of both and of the source's address under a secret of this process, so it
 * need not be kept until it is used.  From then on its nonce counts are: each may come once, in whatever order within 64.
 * When more nonces are in use than there is room for, all as old as the one that has to go are stale.
 * An answer without qop has no count: its nonce is good for one request.
 * Use:  challenge_write() for a 401; challenge_check() for the Authorization that comes back.
 *
 * The digest's uri is not compared with the Request-URI: what is between us and them may have rewritten that, and the count
 * keeps others from using an answer again.
 * Thread: control; time injected.
 */
#ifndef SIP_CHALLENGE_H
#define SIP_CHALLENGE_H

#include "sip/digest.h"
#include <stdint.h>

enum { CHALLENGE_SECRET = 32, CHALLENGE_NONCES = 512, CHALLENGE_TEXT = 768 };
#define CHALLENGE_LIFE_US (300ull * 1000000)

enum challenge_verdict {
	CHALLENGE_GOOD,
	CHALLENGE_WRONG, /* a nonce of ours, and another password than this */
	CHALLENGE_STALE, /* right, but the nonce is too old or its count was used: ask again with stale=true */
	CHALLENGE_STRANGE /* not our nonce, not from where we sent it, or nothing that we asked for */
};

struct challenger;
struct challenger *challenger_alloc(const uint8_t secret[CHALLENGE_SECRET]); /* random; NULL: out of memory */
struct challenger *challenger_free(struct challenger *c);

enum { CHALLENGE_SHA256 = 1, CHALLENGE_MD5 = 2, CHALLENGE_BOTH = 3 };

/* A whole header line per algorithm, SHA-256 first (RFC 8760 section 2.4: the one we prefer), each ended by CRLF.  False: OpenSSL
 * failed.
 *   algorithms  CHALLENGE_MD5 alone is for those who cannot read two
 *   realm  without quotes and backslashes
 *   ip     where it goes, v4-mapped */
bool challenge_write(struct challenger *c, char out[CHALLENGE_TEXT], const char *realm, const uint8_t ip[16],
	unsigned algorithms, bool stale, uint64_t now_us);

/* `password` NULL: nobody has this username; CHALLENGE_WRONG at best. */
enum challenge_verdict challenge_check(struct challenger *c, const struct digest_given *given,
	const char *realm, const char *password, const char *method, const uint8_t ip[16], uint64_t now_us);

#endif
