/* trunk.h - which carrier is calling: trunks identified by where a request comes from.
 *
 * How: by the name in its TLS certificate, else by network, the longest match; never by the From header (DESIGN.md section
 * 5).  A trunk that has a name for its certificate is not known without it, whatever its address.
 * Use:  trunks_alloc() from the site; trunk_identify() per request.
 *
 * Thread: control; a table is immutable once built.
 */
#ifndef SIP_TRUNK_H
#define SIP_TRUNK_H

#include "sip/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TRUNK_NAME = 64, TRUNK_SUBJECT = 128 };

struct trunk_network {
	uint8_t ip[16];
	uint8_t prefix_bits;
}; /* IPv4 as v4-mapped: 96 + n bits */

struct trunk_config {
	char name[TRUNK_NAME];
	struct trunk_network *from; /* borrowed during trunks_alloc() */
	size_t n_from;
	const char *tls_subject; /* borrowed during trunks_alloc(); NULL or "": none, its networks count */
};

struct trunks;
enum call_err trunks_alloc(struct trunks **out, const struct trunk_config *configs, size_t n);
struct trunks *trunks_free(struct trunks *t);
const char *trunk_identify(const struct trunks *t, const uint8_t ip[16]); /* name, or NULL: a stranger */

/* By the names of a certificate that was verified; NULL: no trunk has one of these. */
const char *trunk_of_subject(const struct trunks *t, const char (*names)[TRUNK_SUBJECT], size_t n);

/* Reads "192.0.2.0/24", "127.0.0.2", "2001:db8::/32"; false: not a network. */
bool trunk_network_parse(struct trunk_network *out, const char *text);
bool trunk_address_parse(uint8_t ip[16], const char *text); /* literal, brackets allowed */
/* All networks, for the socket filter: *out borrowed from t. */
size_t trunk_networks(const struct trunks *t, const struct trunk_network **out);
#endif
