/* tls.h - SIP over TLS: connections end here, at OpenSSL, and go on to the SIP endpoint in the clear over loopback.
 *
 *    carrier ==TLS==> tls (a thread of its own) --TCP on 127.0.0.1--> sip/ua
 *
 * Why not Sofia-SIP's own TLS: the packaged one (2011) cannot load a new certificate, knows no SNI and no name of the other side,
 * and leaves half-open connections open.  Handshakes are work for a processor, and here they do not hold calls up.
 * How: a connection is known to both sides by the port that its loopback half comes from: tls_peer() says who is behind it,
 * by address and by the names of its certificate, if it showed one that `ca` vouches for (RFC 5922 section 7.1).  TLS 1.2 and 1.3.
 * Who shows a certificate that does not hold is turned away in the handshake.  A connection that nobody has called tls_known()
 * for is closed after TLS_STRANGER_MS whatever it does, a known one after TLS_IDLE_MS without a byte.
 * Use:  tls_open(), tls_listen() for each address; tls_reload() for new files: connections in use go on with the old.
 *
 * Thread: control, which shares a lock with the thread of the connections; tls_peer() takes microseconds.
 */
#ifndef BRIDGE_TLS_H
#define BRIDGE_TLS_H

#include "bridge/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TLS_NAMES = 8,
	TLS_NAME = 128,
	TLS_HANDSHAKE_MS = 10000,
	TLS_STRANGER_MS = 30000,
	TLS_IDLE_MS = 900000,
	TLS_CONNECTIONS =
		4096, /* at once; of them not more than TLS_PER_SOURCE not known and from one address */
	TLS_PER_SOURCE = 32
};

struct tls_files {
	const char *certificate, *key; /* PEM; the certificate with its chain */
	const char *ca; /* whose certificates others may show; NULL or "": nobody is asked for one */
};

struct tls_peer {
	char source[64]; /* "tls:192.0.2.1:40000" */
	uint8_t ip[16];  /* v4-mapped */
	char names[TLS_NAMES]
		  [TLS_NAME]; /* of its verified certificate: DNS names, hosts of sip: URIs, else the CN */
	unsigned n_names;
};

struct tls;
/* BRIDGE_FILE: *why says which file, and what OpenSSL has against it. */
enum bridge_err tls_open(struct tls **out, const struct tls_files *files, char *why, size_t why_cap);
struct tls *tls_close(struct tls *t); /* closes all connections; accepts NULL, returns NULL */
enum bridge_err tls_reload(struct tls *t, const struct tls_files *files, char *why, size_t why_cap);

/* Connections to host:port are handed on to to_host:to_port.  BRIDGE_FILE: cannot listen there; BRIDGE_FULL. */
enum bridge_err tls_listen(
	struct tls *t, const char *host, uint16_t port, const char *to_host, uint16_t to_port);

/* Who is behind the loopback connection from this port?  False: none of ours. */
bool tls_peer(struct tls *t, uint16_t port, struct tls_peer *out);
void tls_known(struct tls *t, uint16_t port); /* a trunk speaks there */
#endif
