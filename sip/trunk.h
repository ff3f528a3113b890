/* trunk.h - which carrier is calling: trunks identified by where a request comes from.
 *
 * How: by the name in its TLS certificate, else by network, the longest match; never by the From header (DESIGN.md section
 * 5).  A trunk that has a name for its certificate is not known without it, whatever its address.
 * Trunks that share such a place are told apart by marks: the number called, a header, and at last by who logs in with digest.
 * Of those whose marks all fit the one with most marks is meant; that there is one is the site's check.
 * Use:  trunks_alloc() from the site; trunk_at() or trunk_certified() per request, trunk_narrow() per call.
 *
 * Thread: control; a table is immutable once built.
 */
#ifndef SIP_TRUNK_H
#define SIP_TRUNK_H

#include "sip/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TRUNK_NAME = 64,
	TRUNK_SUBJECT = 128,
	TRUNK_HEADER = 128,
	TRUNK_LOGIN = 64,
	TRUNK_SHARED = 16,  /* that one place may lead to */
	TRUNK_OPEN_V4 = 24, /* networks with fewer bits let strangers in: they may try, but not for ever */
	TRUNK_OPEN_V6 = 48
};

struct trunk_network {
	uint8_t ip[16];
	uint8_t prefix_bits;
}; /* IPv4 as v4-mapped: 96 + n bits */

struct trunk_config {
	char name[TRUNK_NAME];
	struct trunk_network *from; /* borrowed during trunks_alloc() */
	size_t n_from;
	const char *tls_subject; /* borrowed during trunks_alloc(); NULL or "": none, its networks count */
	bool by_number;          /* calls for certain numbers alone; which they are is asked of the owner */
	const char *header; /* "X-Trunk: gold", borrowed during trunks_alloc(); NULL or "": none is wanted */
	const char *username, *password; /* the same; with a username every call has to log in */
	bool no_md5, no_sha256;          /* how it may not; never both */
};

struct trunks;
enum call_err trunks_alloc(struct trunks **out, const struct trunk_config *configs, size_t n);
struct trunks *trunks_free(struct trunks *t);
/* Those who share a place, in the order of configuration. */
struct trunk_set {
	unsigned n;
	uint16_t at[TRUNK_SHARED]; /* for the functions below */
	bool open;                 /* the place is so wide that strangers are in it */
};
void trunk_at(const struct trunks *t, const uint8_t ip[16], struct trunk_set *out);
/* By the names of a certificate that was verified. */
void trunk_certified(
	const struct trunks *t, const char (*names)[TRUNK_SUBJECT], size_t n, struct trunk_set *out);
const char *trunk_name(
	const struct trunks *t, const struct trunk_set *set, unsigned i); /* NULL: above set->n */
bool trunk_is_among(const struct trunks *t, const struct trunk_set *set, const char *name);

struct trunk_call { /* what a call says of itself; NULL functions: nothing */
	/* A header's value, without white space around it, 0-terminated; NULL: it has none.  Valid until the next question. */
	const char *(*header)(void *arg, const char *name);
	bool (*for_number)(void *arg, const char *trunk); /* is the number called one of that trunk's? */
	void *arg;
};
/* Leaves those whose marks fit best: one, or several that log in, or none. */
void trunk_narrow(const struct trunks *t, struct trunk_set *set, const struct trunk_call *call);
bool trunk_logs_in(const struct trunks *t, const struct trunk_set *set, unsigned i);
bool trunk_logs_in_by(const struct trunks *t, const struct trunk_set *set, unsigned i, bool sha256);
/* The password of who logs in as `username`, and which of the set it is; NULL: nobody.  Borrowed from t. */
const char *trunk_password(
	const struct trunks *t, const struct trunk_set *set, const char *username, unsigned *i);

/* Reads "192.0.2.0/24", "127.0.0.2", "2001:db8::/32"; false: not a network. */
bool trunk_network_parse(struct trunk_network *out, const char *text);
bool trunk_address_parse(uint8_t ip[16], const char *text); /* literal, brackets allowed */
/* All networks, for the socket filter: *out borrowed from t. */
size_t trunk_networks(const struct trunks *t, const struct trunk_network **out);
/* Is the i-th of them one where anybody may try a password, and none is let in without? */
bool trunk_network_tries(const struct trunks *t, size_t i);
#endif
