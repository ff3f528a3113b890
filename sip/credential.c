#include "sip/credential.h"
#include "sip/base64url.h"
#include "sip/claims.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HALF = PASSPORT_SIGNATURE / 2 };

static const char tnauth_oid[] = "1.3.6.1.5.5.7.1.26", constraints_oid[] = "1.3.6.1.5.5.7.1.27",
		  enhanced_oid[] = "1.3.6.1.5.5.7.1.33";

struct anchors {
	X509_STORE *store; /* owned */
	bool has_lists;    /* of what was revoked */
};

struct credential {
	X509 *own;              /* owned */
	STACK_OF(X509) * chain; /* owned, with what is in it */
	EVP_PKEY *key;          /* owned */
	bool has_numbers;       /* `numbers` was read */
	struct tnauth numbers;
};

struct signer {
	EVP_PKEY *key; /* owned */
};

/* What OpenSSL noted for others to see is nobody's here. */
static void forget_errors(void)
{
	ERR_clear_error();
}

static BIO *bio_of(const char *pem, size_t n)
{
	return n <= CREDENTIAL_PEM ? BIO_new_mem_buf(pem, (int)n) : NULL;
}

/* ---- anchors ---- */

enum call_err anchors_alloc(struct anchors **out)
{
	struct anchors *a = calloc(1, sizeof(*a));

	if (!a)
		return CALL_NOMEM;
	a->store = X509_STORE_new();
	if (!a->store) {
		free(a);
		return CALL_NOMEM;
	}
	X509_STORE_set_flags(a->store, X509_V_FLAG_PARTIAL_CHAIN); /* an issuing authority may be one, too */
	*out = a;
	return CALL_OK;
}

struct anchors *anchors_free(struct anchors *a)
{
	if (!a)
		return NULL;
	X509_STORE_free(a->store);
	free(a);
	return NULL;
}

size_t anchors_add(struct anchors *a, const char *pem, size_t n)
{
	BIO *bio = bio_of(pem, n);
	X509 *one;
	size_t count = 0;

	while (bio && (one = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		count += X509_STORE_add_cert(a->store, one) == 1;
		X509_free(one);
	}
	BIO_free(bio);
	forget_errors();
	return count;
}

/* Not every authority's list need be here, and one that is old still says what it says. */
static int on_verify(int good, X509_STORE_CTX *x)
{
	const int error = X509_STORE_CTX_get_error(x);

	return good || error == X509_V_ERR_UNABLE_TO_GET_CRL || error == X509_V_ERR_CRL_HAS_EXPIRED ||
	       error == X509_V_ERR_CRL_NOT_YET_VALID;
}

static bool add_list(struct anchors *a, X509_CRL *list)
{
	const bool good = list && X509_STORE_add_crl(a->store, list) == 1;

	X509_CRL_free(list);
	if (good && !a->has_lists) {
		a->has_lists = true;
		X509_STORE_set_flags(a->store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_CRL_CHECK |
						       X509_V_FLAG_CRL_CHECK_ALL |
						       X509_V_FLAG_EXTENDED_CRL_SUPPORT);
		X509_STORE_set_verify_cb(a->store, on_verify);
	}
	return good;
}

size_t anchors_revoke(struct anchors *a, const char *list, size_t n)
{
	const uint8_t *der = (const uint8_t *)list;
	BIO *bio = bio_of(list, n);
	X509_CRL *one;
	size_t count = 0;

	while (bio && (one = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL)))
		count += add_list(a, one);
	if (!count && n <= CREDENTIAL_PEM)
		count += add_list(a, d2i_X509_CRL(NULL, &der, (long)n));
	BIO_free(bio);
	forget_errors();
	return count;
}

/* ---- credentials ---- */

static ASN1_OCTET_STRING *extension_of(X509 *x, const char *oid)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	const int at = object ? X509_get_ext_by_OBJ(x, object, -1) : -1;

	ASN1_OBJECT_free(object);
	return at >= 0 ? X509_EXTENSION_get_data(X509_get_ext(x, at)) : NULL;
}

static bool read_chain(struct credential *c, BIO *bio)
{
	X509 *one;

	c->own = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	if (!c->own)
		return false;
	while ((one = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		if (sk_X509_num(c->chain) == CREDENTIAL_CERTIFICATES || !sk_X509_push(c->chain, one)) {
			X509_free(one);
			return false;
		}
	}
	return true;
}

static void read_numbers(struct credential *c)
{
	const ASN1_OCTET_STRING *list = extension_of(c->own, tnauth_oid);

	c->has_numbers = list && tnauth_read(&c->numbers, ASN1_STRING_get0_data(list),
					 (size_t)ASN1_STRING_length(list));
}

enum call_err credential_read(struct credential **out, const char *pem, size_t n)
{
	struct credential *c;
	BIO *bio;
	bool good;

	if (n > CREDENTIAL_PEM)
		return CALL_LIMIT;
	c = calloc(1, sizeof(*c));
	bio = bio_of(pem, n);
	if (c)
		c->chain = sk_X509_new_null();
	if (!c || !bio || !c->chain) {
		BIO_free(bio);
		credential_free(c);
		return CALL_NOMEM;
	}
	good = read_chain(c, bio);
	BIO_free(bio);
	if (good) {
		c->key = X509_get_pubkey(c->own);
		read_numbers(c);
	}
	forget_errors();
	if (!good || !c->key) {
		credential_free(c);
		return CALL_SYNTAX;
	}
	*out = c;
	return CALL_OK;
}

struct credential *credential_free(struct credential *c)
{
	if (!c)
		return NULL;
	X509_free(c->own);
	sk_X509_pop_free(c->chain, X509_free);
	EVP_PKEY_free(c->key);
	free(c);
	return NULL;
}

static bool is_p256(const EVP_PKEY *key)
{
	char group[32];

	return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
	       (strcmp(group, "prime256v1") == 0 || strcmp(group, "P-256") == 0);
}

/* What is wrong with the signer's own certificate, whoever issued it. */
static const char *own_fault(const struct credential *c)
{
	if (!is_p256(c->key))
		return "the certificate's key is not one of P-256";
	if (X509_get_extension_flags(c->own) & EXFLAG_KUSAGE &&
		!(X509_get_key_usage(c->own) & KU_DIGITAL_SIGNATURE))
		return "the certificate is not for signing";
	if (!c->has_numbers)
		return "the certificate has no readable TNAuthList";
	return NULL;
}

static const char *chain_words(int error)
{
	switch (error) {
	case X509_V_ERR_CERT_HAS_EXPIRED: return "the certificate, or one above it, has expired";
	case X509_V_ERR_CERT_REVOKED: return "the certificate, or one above it, was revoked";
	case X509_V_ERR_CERT_NOT_YET_VALID: return "the certificate, or one above it, is not valid yet";
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return "the certificate comes from nobody whom the operator trusts";
	default: return X509_verify_cert_error_string(error);
	}
}

static uint64_t seconds_of(const ASN1_TIME *time)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days = 0, seconds = 0;
	uint64_t out = 0;

	if (epoch && ASN1_TIME_diff(&days, &seconds, epoch, time) && days >= 0 && seconds >= 0)
		out = (uint64_t)days * 86400 + (uint64_t)seconds;
	ASN1_TIME_free(epoch);
	return out;
}

/* When the first of the chain ends. */
static uint64_t first_end(X509_STORE_CTX *x)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(x);
	uint64_t first = UINT64_MAX;

	for (int i = 0; i < sk_X509_num(chain); i++) {
		const uint64_t end = seconds_of(X509_get0_notAfter(sk_X509_value(chain, i)));

		if (end < first)
			first = end;
	}
	return first;
}

const char *credential_check(
	const struct credential *c, const struct anchors *a, uint64_t now_s, uint64_t *until_s)
{
	const char *fault = own_fault(c);
	X509_STORE_CTX *x;

	*until_s = 0;
	if (fault)
		return fault;
	x = X509_STORE_CTX_new();
	if (!x || X509_STORE_CTX_init(x, a->store, c->own, c->chain) != 1) {
		X509_STORE_CTX_free(x);
		return "out of memory";
	}
	X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(x), (time_t)now_s);
	if (X509_verify_cert(x) == 1)
		*until_s = first_end(x);
	else
		fault = chain_words(X509_STORE_CTX_get_error(x));
	X509_STORE_CTX_free(x);
	forget_errors();
	return fault;
}

const struct tnauth *credential_numbers(const struct credential *c)
{
	return &c->numbers;
}

const char *credential_claims(const struct credential *c, struct span text)
{
	const char *const oids[] = { constraints_oid, enhanced_oid };
	char claims[BASE64URL_BYTES(PASSPORT_MAX)];
	struct span rest = text;
	const char *fault = NULL;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(oids) / sizeof(*oids) && !fault; i++) {
		const ASN1_OCTET_STRING *rules = extension_of(c->own, oids[i]);

		if (!rules)
			continue;
		if (!n) {
			span_until(&rest, '.');
			if (!base64url_read(claims, sizeof(claims), &n, rest.p, rest.n))
				return "the token's claims cannot be read";
		}
		fault = claims_fault(ASN1_STRING_get0_data(rules), (size_t)ASN1_STRING_length(rules),
			(struct span){ claims, n });
	}
	forget_errors();
	return fault;
}

bool credential_lists(const struct credential *c, char url[PASSPORT_URL])
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(c->own, NID_crl_distribution_points, NULL, NULL);
	bool found = false;

	for (int i = 0; i < sk_DIST_POINT_num(points) && !found; i++) {
		const DIST_POINT *p = sk_DIST_POINT_value(points, i);

		for (int k = 0; p->distpoint && p->distpoint->type == 0 &&
				k < sk_GENERAL_NAME_num(p->distpoint->name.fullname) && !found;
			k++) {
			const GENERAL_NAME *name = sk_GENERAL_NAME_value(p->distpoint->name.fullname, k);
			const ASN1_IA5STRING *uri =
				name->type == GEN_URI ? name->d.uniformResourceIdentifier : NULL;
			const int n = uri ? ASN1_STRING_length(uri) : 0;

			found = n > 0 && n < PASSPORT_URL &&
				memcmp(ASN1_STRING_get0_data(uri), "https:", sizeof("https:") - 1) == 0 &&
				!memchr(ASN1_STRING_get0_data(uri), '\0', (size_t)n);
			if (found)
				snprintf(url, PASSPORT_URL, "%.*s", n,
					(const char *)ASN1_STRING_get0_data(uri));
		}
	}
	CRL_DIST_POINTS_free(points);
	forget_errors();
	return found;
}

/* ---- signatures: JWS has r and s side by side, OpenSSL a DER sequence of them ---- */

static uint8_t *der_of(const uint8_t signature[PASSPORT_SIGNATURE], int *n)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(signature, HALF, NULL), *s = BN_bin2bn(signature + HALF, HALF, NULL);
	uint8_t *der = NULL;

	*n = 0;
	if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
		r = s = NULL; /* the pair has them */
		*n = i2d_ECDSA_SIG(pair, &der);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(pair);
	return *n > 0 ? der : NULL;
}

bool credential_verify(
	const struct credential *c, struct span text, const uint8_t signature[PASSPORT_SIGNATURE])
{
	int n;
	uint8_t *der = der_of(signature, &n);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	const bool good = der && md && is_p256(c->key) &&
			  EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, c->key) == 1 &&
			  EVP_DigestVerify(md, der, (size_t)n, (const uint8_t *)text.p, text.n) == 1;

	EVP_MD_CTX_free(md);
	OPENSSL_free(der);
	forget_errors();
	return good;
}

enum call_err signer_read(struct signer **out, const char *pem, size_t n)
{
	BIO *bio = bio_of(pem, n);
	struct signer *s = calloc(1, sizeof(*s));

	if (!bio || !s) {
		BIO_free(bio);
		free(s);
		return CALL_NOMEM;
	}
	/* an empty passphrase: OpenSSL must not ask one of a terminal */
	s->key = PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)(uintptr_t) "");
	BIO_free(bio);
	forget_errors();
	if (!s->key || !is_p256(s->key)) {
		signer_free(s);
		return CALL_SYNTAX;
	}
	*out = s;
	return CALL_OK;
}

struct signer *signer_free(struct signer *s)
{
	if (!s)
		return NULL;
	EVP_PKEY_free(s->key); /* clears it */
	free(s);
	return NULL;
}

static bool halves_of(uint8_t signature[PASSPORT_SIGNATURE], const uint8_t *der, size_t n)
{
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)n);
	const bool good = pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, HALF) == HALF &&
			  BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + HALF, HALF) == HALF;

	ECDSA_SIG_free(pair);
	return good;
}

enum call_err signer_sign(
	const struct signer *s, const char *text, size_t n, uint8_t signature[PASSPORT_SIGNATURE])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t der[128];
	size_t n_der = sizeof(der);
	const bool good = md && EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, s->key) == 1 &&
			  EVP_DigestSign(md, der, &n_der, (const uint8_t *)text, n) == 1 &&
			  halves_of(signature, der, n_der);

	EVP_MD_CTX_free(md);
	forget_errors();
	return good ? CALL_OK : CALL_LIBRARY;
}

bool signer_origid(const char *name, char out[PASSPORT_ORIGID])
{
	uint8_t d[EVP_MAX_MD_SIZE];

	if (EVP_Digest(name, strlen(name), d, NULL, EVP_sha256(), NULL) != 1)
		return false;
	d[6] = (d[6] & 0x0f) | 0x80;
	d[8] = (d[8] & 0x3f) | 0x80;
	snprintf(out, PASSPORT_ORIGID, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7], d[8], d[9], d[10], d[11], d[12], d[13], d[14],
		d[15]);
	return true;
}
