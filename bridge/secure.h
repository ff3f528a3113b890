/* secure.h - SIP over TLS as this node has it: who may connect, the ways to carriers' gateways, certificates and their last day.
 *
 * How: bridge/tls does the work on a thread of its own; here it gets its settings from the node file and the site, and what it
 * tells becomes log lines, the events `trunk.tls_open`, `trunk.tls_failed`, `tls.certificates`, `tls.certificate_expires`, and causes
 * of calls in words.  The certificate of a gateway must be for the trunk's `outbound.tls_name`, else for the host of the
 * gateway's URI, never for what DNS made of it (RFC 5922 section 4), and vouched for by the trunk's `outbound.tls_ca`, else by the
 * node's `tls.ca`, else by the system.
 * Use:  secure_open() before SIP listens, secure_listen() after; secure_way() before each request to a tls: target; secure_tick() every
 *       few seconds.
 *
 * Thread: control.
 */
#ifndef BRIDGE_SECURE_H
#define BRIDGE_SECURE_H

#include "bridge/node.h"
#include <jansson.h>

enum { SECURE_RELAY = 32, SECURE_WARN_DAYS = 14 };

enum bridge_err secure_open(struct node *n, char *why, size_t why_cap);
/* Whatever the endpoint listens for over TLS. */
enum bridge_err secure_listen(struct node *n, char *why, size_t why_cap);
/* The API's door, when http.listen says tls: what comes there goes on to the API's own port of 127.0.0.1. */
enum bridge_err secure_listen_api(struct node *n, char *why, size_t why_cap);
/* For struct http_config; API thread. */
bool secure_behind_api(void *arg, uint16_t port, char source[48]);
void secure_close(struct node *n);
/* New certificates for connections to come; *why says what is wrong with them, and the old stay. */
enum bridge_err secure_reload(struct node *n, const struct config *fresh, char *why, size_t why_cap);
void secure_tick(struct node *n);

/* For struct ua_config. */
bool secure_behind(void *arg, uint16_t port, struct ua_behind *out);
void secure_known(void *arg, uint16_t port);

/* After every change of it: connections made for what it no longer says take nothing new. */
void secure_use_site(struct node *n);

/* Where the endpoint gets to that target: relay "tcp:127.0.0.1:40000", and its port.  0: it needs no such thing, or there is none. */
uint16_t secure_way(struct node *n, const struct site_trunk *trunk, const char *host, const char *target,
	char out[SECURE_RELAY]);
/* Whose certificate a gateway of that trunk must show. */
const char *secure_name(const struct site_trunk *trunk, const char *host, char out[TRUNK_SUBJECT]);
/* Why nothing came back by it: "TLS: its certificate has expired"; false: not for a reason of TLS. */
bool secure_failure(struct node *n, uint16_t port, char *out, size_t cap);

/* For the API: how that member's connection does, and our own certificate; new objects, null where there is nothing. */
json_t *secure_member_json(
	struct node *n, const struct site_trunk *trunk, const char *host, const char *target);
json_t *secure_json(struct node *n);
int64_t secure_expires_s(struct node *n); /* 0: no certificate */
#endif
