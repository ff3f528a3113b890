#include "sip/challenge.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAC = 16, STAMP_HEX = 32, NONCE_HEX = STAMP_HEX + 2 * MAC, WINDOW = 64 };

struct used { /* a nonce that somebody has answered with the right password */
	uint64_t time_us, serial;
	unsigned highest; /* nonce count */
	uint64_t seen;    /* bit i: highest - i came */
};

struct challenger {
	uint8_t secret[CHALLENGE_SECRET];
	uint64_t serial;
	struct used used[CHALLENGE_NONCES];
	size_t n, next;    /* in use; who goes when all are */
	uint64_t floor_us; /* nonces of that time and before are good only while they stand above */
};

struct challenger *challenger_alloc(const uint8_t secret[CHALLENGE_SECRET])
{
	struct challenger *c = calloc(1, sizeof(*c));

	if (c)
		memcpy(c->secret, secret, sizeof(c->secret));
	return c;
}

struct challenger *challenger_free(struct challenger *c)
{
	if (c)
		OPENSSL_cleanse(c->secret, sizeof(c->secret));
	free(c);
	return NULL;
}

/* time, serial, and what proves that both are ours and this source's */
static bool write_nonce(const struct challenger *c, char out[NONCE_HEX + 1], uint64_t time_us,
	uint64_t serial, const uint8_t ip[16])
{
	unsigned char stamp[STAMP_HEX + 16], mac[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	snprintf(out, NONCE_HEX + 1, "%016" PRIx64 "%016" PRIx64, time_us, serial);
	memcpy(stamp, out, STAMP_HEX);
	memcpy(stamp + STAMP_HEX, ip, 16);
	if (!HMAC(EVP_sha256(), c->secret, sizeof(c->secret), stamp, sizeof(stamp), mac, &n) || n < MAC)
		return false;
	for (size_t i = 0; i < MAC; i++)
		snprintf(out + STAMP_HEX + 2 * i, 3, "%02x", mac[i]);
	return true;
}

bool challenge_write(struct challenger *c, char out[CHALLENGE_TEXT], const char *realm, const uint8_t ip[16],
	unsigned algorithms, bool stale, uint64_t now_us)
{
	static const enum digest_algorithm each[] = { DIGEST_SHA256, DIGEST_MD5 };
	char nonce[NONCE_HEX + 1];
	size_t n = 0;

	if (!write_nonce(c, nonce, now_us, ++c->serial, ip))
		return false;
	for (size_t i = 0; i < sizeof(each) / sizeof(*each); i++) {
		int wrote;

		if (!(algorithms & (each[i] == DIGEST_MD5 ? CHALLENGE_MD5 : CHALLENGE_SHA256)))
			continue;
		wrote = snprintf(out + n, CHALLENGE_TEXT - n,
			"WWW-Authenticate: Digest realm=\"%s\", nonce=\"%s\", algorithm=%s, "
			"qop=\"auth\"%s\r\n",
			realm, nonce, digest_algorithm_word(each[i]), stale ? ", stale=true" : "");
		if (wrote < 0 || n + (size_t)wrote >= CHALLENGE_TEXT)
			return false;
		n += (size_t)wrote;
	}
	return true;
}

static bool is_ours(const struct challenger *c, const char *nonce, const uint8_t ip[16], uint64_t *time_us,
	uint64_t *serial)
{
	char wanted[NONCE_HEX + 1];

	if (strlen(nonce) != NONCE_HEX || sscanf(nonce, "%16" SCNx64 "%16" SCNx64, time_us, serial) != 2)
		return false;
	return write_nonce(c, wanted, *time_us, *serial, ip) && CRYPTO_memcmp(wanted, nonce, NONCE_HEX) == 0;
}

static struct used *find(struct challenger *c, uint64_t serial)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->used[i].serial == serial)
			return &c->used[i];
	return NULL;
}

static struct used *begin(struct challenger *c, uint64_t time_us, uint64_t serial)
{
	struct used *u;

	if (c->n < CHALLENGE_NONCES) {
		u = &c->used[c->n++];
	} else {
		u = &c->used[c->next];
		c->next = (c->next + 1) % CHALLENGE_NONCES;
		if (u->time_us > c->floor_us)
			c->floor_us = u->time_us;
	}
	*u = (struct used){ .time_us = time_us, .serial = serial };
	return u;
}

/* False: that count came before, or too long ago to tell. */
static bool use(struct used *u, unsigned count)
{
	if (count > u->highest) {
		const unsigned step = count - u->highest;

		u->seen = step >= WINDOW ? 1 : (u->seen << step) | 1;
		u->highest = count;
		return true;
	}
	if (u->highest - count >= WINDOW || u->seen >> (u->highest - count) & 1)
		return false;
	u->seen |= 1ull << (u->highest - count);
	return true;
}

enum challenge_verdict challenge_check(struct challenger *c, const struct digest_given *given,
	const char *realm, const char *password, const char *method, const uint8_t ip[16], uint64_t now_us)
{
	const bool asked_for = (given->algorithm == DIGEST_SHA256 || given->algorithm == DIGEST_MD5) &&
			       !given->sess && !given->qop_other && strcmp(given->realm, realm) == 0;
	uint64_t time_us, serial;
	struct used *u;

	if (!asked_for || !is_ours(c, given->nonce, ip, &time_us, &serial))
		return CHALLENGE_STRANGE;
	if (!digest_matches(given, password ? password : "", method) || !password)
		return CHALLENGE_WRONG;
	if (now_us < time_us || now_us - time_us > CHALLENGE_LIFE_US)
		return CHALLENGE_STALE;
	u = find(c, serial);
	if (!u && time_us <= c->floor_us)
		return CHALLENGE_STALE;
	if (!u)
		u = begin(c, time_us, serial);
	else if (!given->qop_auth)
		return CHALLENGE_STALE;
	return use(u, given->qop_auth ? given->n : 1) ? CHALLENGE_GOOD : CHALLENGE_STALE;
}
