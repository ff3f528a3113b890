/* cipher.h - the ciphers of SRTP: AES in counter mode with HMAC-SHA1 (RFC 3711; STUN's too), AES-GCM (RFC 7714); all of OpenSSL here.
 *
 * How: session keys are put in once; each call gives the nonce and works on caller's memory.  What OpenSSL would
 * allocate is allocated when a cipher is made, so that a packet costs no allocation and no lock: that is why this is
 * not libsrtp, whose Debian build (on NSS) allocates 14 times for a packet of AES-CM and 5 times for one of AES-GCM.
 * Use:  cipher_alloc() on the control thread, then cipher_seal()/cipher_open() for the whole packet.
 *
 * Thread: one at a time, the owner of the seal or of the agent (mixer/ice).
 */
#ifndef MIXER_CIPHER_H
#define MIXER_CIPHER_H

#include "mixer/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CIPHER_KEY_MAX = 32,
	CIPHER_AUTH_KEY = 20,
	CIPHER_TAG_MAX = 20,
	GCM_NONCE = 12,
	GCM_TAG = 16,
	HMAC_KEY_MAX = 64 /* of a longer one HMAC takes the hash (RFC 2104 section 3); nobody here has one */
};

struct piece { /* bytes that are authenticated */
	const uint8_t *p;
	size_t n;
};

/* ---- AES in counter mode (RFC 3711 section 4.1.1) ---- */

struct aes_cm;
/* `key_len` 16 or 32 bytes.  MIX_RANGE, MIX_NOMEM. */
enum mix_err aes_cm_alloc(struct aes_cm **out, const uint8_t *key, size_t key_len);
struct aes_cm *aes_cm_free(struct aes_cm *c);
/* out = in XOR the key stream that begins at counter block `iv`; in place allowed, `in` NULL: the key stream itself. */
bool aes_cm_run(struct aes_cm *c, const uint8_t iv[16], const uint8_t *in, size_t n, uint8_t *out);

/* ---- HMAC-SHA1 (RFC 2104) ---- */

struct hmac;
/* `key_len` up to HMAC_KEY_MAX bytes.  MIX_RANGE, MIX_NOMEM. */
enum mix_err hmac_alloc(struct hmac **out, const uint8_t *key, size_t key_len);
struct hmac *hmac_free(struct hmac *h);
/* HMAC-SHA1 over all pieces in a row, whole; a suite takes as much of it as its tag is long. */
void hmac_run(const struct hmac *h, const struct piece *pieces, unsigned n, uint8_t tag[CIPHER_TAG_MAX]);

/* ---- AES-GCM with a tag of 16 bytes ---- */

struct aes_gcm;
enum mix_err aes_gcm_alloc(struct aes_gcm **out, const uint8_t *key, size_t key_len, bool seals);
struct aes_gcm *aes_gcm_free(struct aes_gcm *g);
/* Seals n bytes and writes the tag behind them: n + GCM_TAG bytes. */
bool aes_gcm_seal(struct aes_gcm *g, const uint8_t nonce[GCM_NONCE], const struct piece *aad, unsigned n_aad,
	const uint8_t *in, size_t n, uint8_t *out);
/* Opens n + GCM_TAG bytes into n.  False: it does not authenticate; `out` is cleared. */
bool aes_gcm_open(struct aes_gcm *g, const uint8_t nonce[GCM_NONCE], const struct piece *aad, unsigned n_aad,
	const uint8_t *in, size_t n, uint8_t *out);

void secret_wipe(void *p, size_t n);                       /* a clearing that no compiler leaves out */
bool secret_equal(const void *a, const void *b, size_t n); /* in the same time, whatever is in them */
#endif
