/* credential.h - ES256 and the certificates that go with it: whose signature a token has, and ours (RFC 8225 section 7, RFC 8226).
 *
 *    anchors      certificates that the operator trusts
 *    credential   a signer's certificate, and those between it and an anchor: what an x5u leads to
 *    signer       our own key
 *
 * How: this file alone sees OpenSSL's keys and certificates of STIR.  A credential is checked against anchors at a time that is
 * given (chain, validity, P-256, a TNAuthList that can be read, digitalSignature where usage is said); what it may speak
 * for is then asked of credential_numbers() and credential_claims().  Nothing is looked up: revocation lists are those that were added.
 * Use:  credential_read(); credential_check(); credential_verify().   signer_read(); signer_sign().
 *
 * Thread: one at a time.
 */
#ifndef SIP_CREDENTIAL_H
#define SIP_CREDENTIAL_H

#include "sip/err.h"
#include "sip/passport.h"
#include "sip/tnauth.h"

enum { CREDENTIAL_PEM = 65536, CREDENTIAL_CERTIFICATES = 8 };

struct anchors;
struct credential;
struct signer;

enum call_err anchors_alloc(struct anchors **out); /* none yet */
struct anchors *anchors_free(struct anchors *a);
/* Adds all certificates in PEM; how many there were. */
size_t anchors_add(struct anchors *a, const char *pem, size_t n);

/* Adds revocation lists (RFC 5280 section 5), PEM or one in DER; how many there were.  Certificates of an authority without a list are
 * not looked up; a list that is over still revokes what it names. */
size_t anchors_revoke(struct anchors *a, const char *list, size_t n);

/* PEM; the first is the signer's own.  CALL_SYNTAX: none, too many, or one that cannot be read; CALL_LIMIT: too long. */
enum call_err credential_read(struct credential **out, const char *pem, size_t n);
struct credential *credential_free(struct credential *c);
/* NULL: good, and so until *until_s; else why not, in words. */
const char *credential_check(
	const struct credential *c, const struct anchors *a, uint64_t now_s, uint64_t *until_s);
const struct tnauth *credential_numbers(const struct credential *c);
/* NULL: what the certificate says of claims (RFC 8226 section 8, RFC 9118) holds for this text, header.claims; else why not. */
const char *credential_claims(const struct credential *c, struct span text);
/* Where its authority says what was revoked (RFC 5280 section 4.2.1.13), by https; false: it does not. */
bool credential_lists(const struct credential *c, char url[PASSPORT_URL]);
bool credential_verify(
	const struct credential *c, struct span text, const uint8_t signature[PASSPORT_SIGNATURE]);

/* A private key of P-256 in PEM.  CALL_SYNTAX: it is none. */
enum call_err signer_read(struct signer **out, const char *pem, size_t n);
struct signer *signer_free(struct signer *s);
/* CALL_LIBRARY: OpenSSL could not. */
enum call_err signer_sign(
	const struct signer *s, const char *text, size_t n, uint8_t signature[PASSPORT_SIGNATURE]);
/* The origid of whoever goes by this name: the same for the same name, a UUID of version 8 (RFC 9562 section 5.8). */
bool signer_origid(const char *name, char out[PASSPORT_ORIGID]);
#endif
