#include "tests/pki.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- certificates ---- */

static bool pem_of(char out[PKI_PEM], X509 *x, EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long n;
	const bool good = bio && (x ? PEM_write_bio_X509(bio, x)
				    : PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)) == 1;

	n = good ? BIO_get_mem_data(bio, &text) : 0;
	if (n > 0 && n < PKI_PEM) {
		memcpy(out, text, (size_t)n);
		out[n] = '\0';
	}
	BIO_free(bio);
	return n > 0 && n < PKI_PEM;
}

static bool extend(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *e;
	bool good;

	X509V3_set_ctx(&context, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	good = e && X509_add_ext(x, e, -1) == 1;
	X509_EXTENSION_free(e);
	return good;
}

static bool extend_raw(X509 *x, const char *oid, const uint8_t *der, int n)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *data = ASN1_OCTET_STRING_new();
	X509_EXTENSION *e = NULL;
	bool good = object && data && ASN1_OCTET_STRING_set(data, der, n) == 1 &&
		    (e = X509_EXTENSION_create_by_OBJ(NULL, object, 0, data)) && X509_add_ext(x, e, -1) == 1;

	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(data);
	ASN1_OBJECT_free(object);
	return good;
}

static X509 *blank(EVP_PKEY *key, const char *name, long from_s, long until_s)
{
	static long serial = 1;
	X509 *x = X509_new();
	X509_NAME *subject = x ? X509_get_subject_name(x) : NULL;

	if (!x)
		return NULL;
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
	X509_gmtime_adj(X509_getm_notBefore(x), from_s);
	X509_gmtime_adj(X509_getm_notAfter(x), until_s);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_pubkey(x, key);
	return x;
}

bool pki_open(struct pki *out)
{
	X509 *x;
	bool good;

	memset(out, 0, sizeof(*out));
	out->key = EVP_EC_gen("P-256");
	x = out->key ? blank(out->key, "STI test root", -7200, 7200) : NULL;
	if (!x)
		return false;
	out->certificate = x;
	X509_set_issuer_name(x, X509_get_subject_name(x));
	good = extend(x, x, NID_basic_constraints, "critical,CA:TRUE") &&
	       extend(x, x, NID_key_usage, "critical,keyCertSign,cRLSign") &&
	       extend(x, x, NID_subject_key_identifier, "hash") && X509_sign(x, out->key, EVP_sha256()) > 0;
	return good && pem_of(out->pem, x, NULL);
}

void pki_close(struct pki *p)
{
	X509_free(p->certificate);
	EVP_PKEY_free(p->key);
}

static EVP_PKEY *private_of(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

	BIO_free(bio);
	return key;
}

static int put(uint8_t *out, uint8_t tag, const void *value, size_t n)
{
	out[0] = tag;
	out[1] = (uint8_t)n; /* all of ours are short */
	memcpy(out + 2, value, n);
	return (int)n + 2;
}

static bool add_list(X509 *x, const struct pki_order *o)
{
	uint8_t list[120], text[40], inner[60], whole[124];
	int n = 0, m;

	if (o->spc) {
		m = put(text, 0x16, o->spc, strlen(o->spc));
		n += put(list + n, 0xa0, text, (size_t)m);
	}
	if (o->range_start) {
		m = put(text, 0x16, o->range_start, strlen(o->range_start));
		m += put(text + m, 0x02, &o->range_count, 1);
		m = put(inner, 0x30, text, (size_t)m);
		n += put(list + n, 0xa1, inner, (size_t)m);
	}
	if (o->one) {
		m = put(text, 0x16, o->one, strlen(o->one));
		n += put(list + n, 0xa2, text, (size_t)m);
	}
	n = put(whole, 0x30, list, (size_t)n);
	return extend_raw(x, "1.3.6.1.5.5.7.1.26", whole, n);
}

static int put_name(uint8_t *out, uint8_t tag, const char *name)
{
	uint8_t text[60], list[62];
	const int n = put(text, 0x16, name, strlen(name)), m = put(list, 0x30, text, (size_t)n);

	return put(out, tag, list, (size_t)m);
}

static bool add_constraints(X509 *x, const struct pki_order *o)
{
	uint8_t all[120], values[60], one[80], list[82], outer[84], whole[124];
	int n = 0, m = 0;

	if (o->include)
		n += put_name(all + n, 0xa0, o->include);
	if (o->claim) {
		for (int i = 0; i < 2 && o->values[i]; i++)
			m += put(values + m, 0x0c, o->values[i], strlen(o->values[i]));
		int k = put(one, 0x16, o->claim, strlen(o->claim));
		k += put(one + k, 0x30, values, (size_t)m);
		k = put(list, 0x30, one, (size_t)k);
		k = put(outer, 0x30, list, (size_t)k);
		n += put(all + n, 0xa1, outer, (size_t)k);
	}
	if (o->exclude)
		n += put_name(all + n, 0xa2, o->exclude);
	n = put(whole, 0x30, all, (size_t)n);
	return extend_raw(x, o->exclude ? "1.3.6.1.5.5.7.1.33" : "1.3.6.1.5.5.7.1.27", whole, n);
}

bool pki_issue(const struct pki *p, const struct pki_order *o, struct pki_leaf *out)
{
	static const uint8_t anything[] = { 0x30, 0x00 };
	const bool said = o->from_s || o->until_s;
	X509 *x, *ca = p->certificate;
	char san[96];
	bool good;

	memset(out, 0, sizeof(*out));
	out->key = o->key_pem ? private_of(o->key_pem) : EVP_EC_gen(o->other_curve ? "P-384" : "P-256");
	x = out->key ? blank(out->key, o->host ? o->host : "SHAKEN test", said ? o->from_s : -3600,
			       said ? o->until_s : 3600)
		     : NULL;
	if (!x)
		return false;
	X509_set_issuer_name(x, X509_get_subject_name(ca));
	good = extend(x, ca, NID_basic_constraints, "critical,CA:FALSE") &&
	       extend(x, ca, NID_key_usage, "critical,digitalSignature") &&
	       extend(x, ca, NID_subject_key_identifier, "hash") &&
	       extend(x, ca, NID_authority_key_identifier, "keyid");
	if (o->host) {
		snprintf(san, sizeof(san), "IP:%s,DNS:localhost", o->host);
		good = good && extend(x, ca, NID_subject_alt_name, san);
	} else if (!o->no_list) {
		good = good && add_list(x, o);
	}
	if (o->constrains)
		good = good && extend_raw(x, "1.3.6.1.5.5.7.1.27", anything, sizeof(anything));
	if (o->include || o->claim || o->exclude)
		good = good && add_constraints(x, o);
	if (o->lists) {
		snprintf(san, sizeof(san), "URI:%s", o->lists);
		good = good && extend(x, ca, NID_crl_distribution_points, san);
	}
	good = good && X509_sign(x, p->key, EVP_sha256()) > 0 && pem_of(out->pem, x, NULL) &&
	       pem_of(out->key_pem, NULL, out->key);
	X509_free(x);
	return good;
}

static bool list_revoked(X509_CRL *list, const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	X509_REVOKED *r = X509_REVOKED_new();
	ASN1_TIME *now = X509_gmtime_adj(NULL, -60);
	const bool good = x && r && X509_REVOKED_set_serialNumber(r, X509_get_serialNumber(x)) == 1 &&
			  X509_REVOKED_set_revocationDate(r, now) == 1 && X509_CRL_add0_revoked(list, r) == 1;

	ASN1_TIME_free(now);
	X509_free(x);
	BIO_free(bio);
	return good;
}

bool pki_revoke(const struct pki *p, const struct pki_leaf *leaf, long until_s, char out[PKI_PEM])
{
	X509_CRL *list = X509_CRL_new();
	ASN1_TIME *last = X509_gmtime_adj(NULL, -3600), *next = X509_gmtime_adj(NULL, until_s);
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long n = 0;
	bool good = list && X509_CRL_set_version(list, 1) == 1 &&
		    X509_CRL_set_issuer_name(list, X509_get_subject_name(p->certificate)) == 1 &&
		    X509_CRL_set1_lastUpdate(list, last) == 1 && X509_CRL_set1_nextUpdate(list, next) == 1 &&
		    (!leaf || list_revoked(list, leaf->pem)) && X509_CRL_sort(list) == 1 &&
		    X509_CRL_sign(list, p->key, EVP_sha256()) > 0 && PEM_write_bio_X509_CRL(bio, list) == 1;

	if (good)
		n = BIO_get_mem_data(bio, &text);
	good = n > 0 && n < PKI_PEM;
	if (good) {
		memcpy(out, text, (size_t)n);
		out[n] = '\0';
	}
	BIO_free(bio);
	ASN1_TIME_free(last);
	ASN1_TIME_free(next);
	X509_CRL_free(list);
	return good;
}

void pki_leaf_close(struct pki_leaf *leaf)
{
	EVP_PKEY_free(leaf->key);
	leaf->key = NULL;
}

/* ---- tokens ---- */

static const char url_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static size_t encode(char *out, const uint8_t *in, size_t n)
{
	unsigned long bits = 0;
	int held = 0;
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | in[i];
		for (held += 8; held >= 6; held -= 6)
			out[at++] = url_letters[bits >> (held - 6) & 63];
	}
	if (held)
		out[at++] = url_letters[bits << (6 - held) & 63];
	out[at] = '\0';
	return at;
}

static size_t decode(uint8_t *out, const char *in, size_t n)
{
	unsigned long bits = 0;
	int held = 0;
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		const char *letter = strchr(url_letters, in[i]);

		if (!letter)
			return 0;
		bits = bits << 6 | (unsigned long)(letter - url_letters);
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[at++] = (uint8_t)(bits >> held);
		}
	}
	return at;
}

bool pki_token(const struct pki_leaf *leaf, const char *header, const char *claims, char out[PKI_TOKEN])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	const BIGNUM *r, *s;
	ECDSA_SIG *pair = NULL;
	uint8_t der[160], flat[64] = { 0 };
	const uint8_t *at = der;
	size_t n = sizeof(der), len;
	bool good;

	if (!md || strlen(header) + strlen(claims) > PKI_TOKEN / 2)
		return false;
	len = encode(out, (const uint8_t *)header, strlen(header));
	out[len++] = '.';
	len += encode(out + len, (const uint8_t *)claims, strlen(claims));
	good = EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, leaf->key) == 1 &&
	       EVP_DigestSign(md, der, &n, (const uint8_t *)out, len) == 1 &&
	       (pair = d2i_ECDSA_SIG(NULL, &at, (long)n));
	if (good) {
		ECDSA_SIG_get0(pair, &r, &s);
		BN_bn2binpad(r, flat, 32); /* not those of another curve: zeros then */
		BN_bn2binpad(s, flat + 32, 32);
		out[len++] = '.';
		encode(out + len, flat, sizeof(flat));
	}
	ECDSA_SIG_free(pair);
	EVP_MD_CTX_free(md);
	return good;
}

static EVP_PKEY *public_of(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *x = strstr(pem, "CERTIFICATE") ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	EVP_PKEY *key = x ? X509_get_pubkey(x) : PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);

	X509_free(x);
	BIO_free(bio);
	return key;
}

bool pki_check(const char *pem, const char *token)
{
	const char *dot = strchr(token, '.'), *second = dot ? strchr(dot + 1, '.') : NULL;
	uint8_t flat[64 + 3], *der = NULL;
	ECDSA_SIG *pair = ECDSA_SIG_new();
	EVP_PKEY *key = public_of(pem);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t letters = second ? strspn(second + 1, url_letters) : 0;
	bool good = false;
	int n;

	if (letters == 86 && decode(flat, second + 1, letters) == 64 &&
		ECDSA_SIG_set0(pair, BN_bin2bn(flat, 32, NULL), BN_bin2bn(flat + 32, 32, NULL)) == 1) {
		n = i2d_ECDSA_SIG(pair, &der);
		good = EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, key) == 1 &&
		       EVP_DigestVerify(
			       md, der, (size_t)n, (const uint8_t *)token, (size_t)(second - token)) == 1;
	}
	OPENSSL_free(der);
	ECDSA_SIG_free(pair);
	EVP_MD_CTX_free(md);
	EVP_PKEY_free(key);
	return good;
}

bool pki_part(const char *token, int part, char *out, size_t cap)
{
	const char *start = part && strchr(token, '.') ? strchr(token, '.') + 1 : token;
	const size_t n = strspn(start, url_letters), bytes = n * 3 / 4;

	if (start[n] != '.' || bytes + 1 > cap)
		return false;
	out[decode((uint8_t *)out, start, n)] = '\0';
	return true;
}
