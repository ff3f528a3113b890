/* SHA-1 by its old interface: the new one (EVP_MAC, EVP_MD_CTX_copy) allocates for every packet. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "mixer/cipher.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

struct aes_cm {
	EVP_CIPHER_CTX *ctx; /* owned */
};

_Static_assert(HMAC_KEY_MAX == SHA_CBLOCK, "a key fills one block at most");

struct hmac {
	SHA_CTX inner, outer; /* with the padded key in them */
};

struct aes_gcm {
	EVP_CIPHER_CTX *ctx; /* owned */
};

/* With one run behind it, the context has all that it will ever allocate. */
static EVP_CIPHER_CTX *context_new(const EVP_CIPHER *cipher, const uint8_t *key, bool encrypts)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const uint8_t nonce[16] = { 0 };
	uint8_t out[16];
	int n;

	if (ctx && EVP_CipherInit_ex(ctx, cipher, NULL, key, nonce, encrypts) == 1 &&
		EVP_CipherUpdate(ctx, out, &n, nonce, sizeof(out)) == 1)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

enum mix_err aes_cm_alloc(struct aes_cm **out, const uint8_t *key, size_t key_len)
{
	struct aes_cm *c;

	if (key_len != 16 && key_len != 32)
		return MIX_RANGE;
	c = calloc(1, sizeof(*c));
	if (c)
		c->ctx = context_new(key_len == 16 ? EVP_aes_128_ctr() : EVP_aes_256_ctr(), key, true);
	if (!c || !c->ctx) {
		free(c);
		return MIX_NOMEM;
	}
	*out = c;
	return MIX_OK;
}

struct aes_cm *aes_cm_free(struct aes_cm *c)
{
	if (c)
		EVP_CIPHER_CTX_free(c->ctx); /* clears the key */
	free(c);
	return NULL;
}

bool aes_cm_run(struct aes_cm *c, const uint8_t iv[16], const uint8_t *in, size_t n, uint8_t *out)
{
	int done = 0;

	if (!in) {
		memset(out, 0, n);
		in = out;
	}
	return EVP_CipherInit_ex(c->ctx, NULL, NULL, NULL, iv, -1) == 1 &&
	       EVP_CipherUpdate(c->ctx, out, &done, in, (int)n) == 1 && (size_t)done == n;
}

static void hmac_pad(SHA_CTX *sha, const uint8_t *key, size_t key_len, uint8_t with)
{
	uint8_t block[SHA_CBLOCK];

	memset(block, with, sizeof(block));
	for (size_t i = 0; i < key_len; i++)
		block[i] ^= key[i];
	SHA1_Init(sha);
	SHA1_Update(sha, block, sizeof(block));
	secret_wipe(block, sizeof(block));
}

enum mix_err hmac_alloc(struct hmac **out, const uint8_t *key, size_t key_len)
{
	struct hmac *h;

	if (key_len > HMAC_KEY_MAX)
		return MIX_RANGE;
	h = calloc(1, sizeof(*h));
	if (!h)
		return MIX_NOMEM;
	hmac_pad(&h->inner, key, key_len, 0x36);
	hmac_pad(&h->outer, key, key_len, 0x5c);
	*out = h;
	return MIX_OK;
}

struct hmac *hmac_free(struct hmac *h)
{
	if (h)
		secret_wipe(h, sizeof(*h));
	free(h);
	return NULL;
}

void hmac_run(const struct hmac *h, const struct piece *pieces, unsigned n, uint8_t tag[CIPHER_TAG_MAX])
{
	SHA_CTX sha = h->inner;

	for (unsigned i = 0; i < n; i++)
		SHA1_Update(&sha, pieces[i].p, pieces[i].n);
	SHA1_Final(tag, &sha);
	sha = h->outer;
	SHA1_Update(&sha, tag, SHA_DIGEST_LENGTH);
	SHA1_Final(tag, &sha);
}

enum mix_err aes_gcm_alloc(struct aes_gcm **out, const uint8_t *key, size_t key_len, bool seals)
{
	struct aes_gcm *g;

	if (key_len != 16 && key_len != 32)
		return MIX_RANGE;
	g = calloc(1, sizeof(*g));
	if (g)
		g->ctx = context_new(key_len == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm(), key, seals);
	if (!g || !g->ctx) {
		free(g);
		return MIX_NOMEM;
	}
	*out = g;
	return MIX_OK;
}

struct aes_gcm *aes_gcm_free(struct aes_gcm *g)
{
	if (g)
		EVP_CIPHER_CTX_free(g->ctx);
	free(g);
	return NULL;
}

static bool gcm_run(struct aes_gcm *g, const uint8_t *nonce, const struct piece *aad, unsigned n_aad,
	const uint8_t *in, size_t n, uint8_t *out)
{
	int done = 0;

	if (EVP_CipherInit_ex(g->ctx, NULL, NULL, NULL, nonce, -1) != 1)
		return false;
	for (unsigned i = 0; i < n_aad; i++)
		if (EVP_CipherUpdate(g->ctx, NULL, &done, aad[i].p, (int)aad[i].n) != 1)
			return false;
	return n == 0 || (EVP_CipherUpdate(g->ctx, out, &done, in, (int)n) == 1 && (size_t)done == n);
}

bool aes_gcm_seal(struct aes_gcm *g, const uint8_t nonce[GCM_NONCE], const struct piece *aad, unsigned n_aad,
	const uint8_t *in, size_t n, uint8_t *out)
{
	int done = 0;

	return gcm_run(g, nonce, aad, n_aad, in, n, out) && EVP_CipherFinal_ex(g->ctx, out + n, &done) == 1 &&
	       EVP_CIPHER_CTX_ctrl(g->ctx, EVP_CTRL_AEAD_GET_TAG, GCM_TAG, out + n) == 1;
}

bool aes_gcm_open(struct aes_gcm *g, const uint8_t nonce[GCM_NONCE], const struct piece *aad, unsigned n_aad,
	const uint8_t *in, size_t n, uint8_t *out)
{
	uint8_t tag[GCM_TAG];
	int done = 0;

	memcpy(tag, in + n, sizeof(tag));
	if (gcm_run(g, nonce, aad, n_aad, in, n, out) &&
		EVP_CIPHER_CTX_ctrl(g->ctx, EVP_CTRL_AEAD_SET_TAG, GCM_TAG, tag) == 1 &&
		EVP_CipherFinal_ex(g->ctx, tag, &done) == 1)
		return true;
	memset(out, 0, n);
	return false;
}

void secret_wipe(void *p, size_t n)
{
	OPENSSL_cleanse(p, n);
}

bool secret_equal(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}
