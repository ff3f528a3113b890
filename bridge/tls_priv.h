/* tls_priv.h - TLS from inside: tls_context.c has certificates and names, tls.c connections.
 *
 * Thread: as each says.
 */
#ifndef BRIDGE_TLS_PRIV_H
#define BRIDGE_TLS_PRIV_H

#include "bridge/tls.h"
#include <openssl/ssl.h>

/* Control. */
enum bridge_err tls_context(SSL_CTX **out, const struct tls_files *files, char *why, size_t why_cap);
/* The connections' thread: names of the certificate that the far end has shown. */
void tls_names(struct tls_peer *out, SSL *ssl);
#endif
