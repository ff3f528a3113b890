/* tlspeer.h - the far end of a TLS connection: certificates made for the test, and bytes through OpenSSL.
 *
 * Use:  tlspeer_authority(), tlspeer_certificate() in a folder; tlspeer_open(), tlspeer_ask() ...; tlspeer_close().
 *
 * Thread: the test's; a check that fails ends the test.
 */
#ifndef TESTS_FLOW_TLSPEER_H
#define TESTS_FLOW_TLSPEER_H

#include "tests/flow/peer.h"

/* NAME.pem and NAME.key: an authority that vouches for others. */
void tlspeer_authority(const struct folder *f, const char *name);
/* NAME.pem and NAME.key for a host, vouched for by `by`: DNS:host, or what is written with a colon ("URI:sip:a.example"). */
void tlspeer_certificate(const struct folder *f, const char *name, const char *host, const char *by);
/* The same for a host whose time is over. */
void tlspeer_expired(const struct folder *f, const char *name, const char *host, const char *by);
/* Certificate and key of NAME in one file, as baresip wants them. */
void tlspeer_join(const struct folder *f, const char *name, const char *file);

struct tlspeer {
	void *ssl, *ctx; /* OpenSSL's; NULL: the handshake failed, or it is in the clear (tests/tlsgate) */
	int fd;
	char got[8192];
	char shown[128]; /* subject of the certificate that the other side showed */
};

/* `certificate`: a name made above, or NULL for none; `version` 0x0301 (TLS 1.0) to 0x0304, that one alone; 0: any. */
bool tlspeer_open(
	struct tlspeer *p, const struct folder *f, unsigned port, const char *certificate, int version);
bool tlspeer_open_v6(
	struct tlspeer *p, const struct folder *f, unsigned port, const char *certificate); /* at ::1 */
bool tlspeer_send(struct tlspeer *p, const char *text);
/* Reads until `text` has come; false: not within `ms`, or the connection has ended. */
bool tlspeer_wait(struct tlspeer *p, const char *text, unsigned ms);
bool tlspeer_ended(struct tlspeer *p, unsigned ms); /* by the other side */
void tlspeer_close(struct tlspeer *p);
#endif
