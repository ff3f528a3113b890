/* pki.h - a certification authority of the test's own, with STIR's certificates, keys and signatures (RFC 8226, RFC 7518).
 *
 * How: keys and certificates are made with OpenSSL's low-level calls, tokens put together by hand: nothing here is the
 * program's own code, so what one of them writes the other must be able to read.
 * Use:  pki_open(); pki_issue(); pki_token(); pki_close().
 *
 * Thread: the test's.
 */
#ifndef TESTS_PKI_H
#define TESTS_PKI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PKI_PEM = 4096, PKI_TOKEN = 4096 };

struct pki {
	void *key, *certificate; /* owned: EVP_PKEY, X509 */
	char pem[PKI_PEM];       /* its certificate */
};

struct pki_leaf {
	void *key; /* owned: EVP_PKEY */
	char pem[PKI_PEM], key_pem[PKI_PEM];
};

struct pki_order {
	const char *spc, *one;   /* NULL: none */
	const char *range_start; /* NULL: none */
	uint8_t range_count;
	long from_s, until_s; /* validity, from now on; 0, 0: an hour both ways */
	const char *key_pem;  /* a key that is there already; NULL: a new one */
	bool no_list;         /* no TNAuthList at all */
	bool other_curve;     /* a key of P-384 */
	bool constrains;      /* JWTClaimConstraints that hold nothing */
	/* RFC 8226 section 8: a claim that must be there; one with its permitted values; RFC 9118: one that must not.  NULL: none */
	const char *include, *claim, *values[2], *exclude;
	const char *lists; /* URL of its authority's revocation list */
	const char *host;  /* instead: a TLS server's certificate for this address and localhost; no list */
};

bool pki_open(struct pki *out);
void pki_close(struct pki *p);
bool pki_issue(const struct pki *p, const struct pki_order *order, struct pki_leaf *out);
/* The authority's list with this certificate on it (leaf NULL: nobody's), over `until_s` from now; PEM. */
bool pki_revoke(const struct pki *p, const struct pki_leaf *leaf, long until_s, char out[PKI_PEM]);
void pki_leaf_close(struct pki_leaf *leaf);

/* header.claims.signature of these two JSON texts. */
bool pki_token(const struct pki_leaf *leaf, const char *header, const char *claims, char out[PKI_TOKEN]);
/* Does the certificate or public key in PEM agree? `token` as pki_token() writes it, up to anything that no token holds. */
bool pki_check(const char *pem, const char *token);
/* The JSON text of part 0 or 1 of a token. */
bool pki_part(const char *token, int part, char *out, size_t cap);
#endif
