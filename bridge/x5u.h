/* x5u.h - may the certificate that a caller names be fetched? The operator's list of hosts, and no way around it.
 *
 * How: the URL is written by whoever sends an INVITE, and a bridge that fetched whatever it says would be a tool to reach what
 * lies behind its firewall.  So: https alone, a host on the list, port 443 or 8443 unless the list says another, nothing in it that two
 * readers could take differently (a user, a backslash, a fragment), and names on the list must lead to public addresses.  An address on
 * the list is one that the operator means, wherever it is.
 *
 * Thread: any; pure.
 */
#ifndef BRIDGE_X5U_H
#define BRIDGE_X5U_H

#include <stdbool.h>
#include <stddef.h>

enum { X5U_HOST = 256 };

struct sockaddr;

/* An entry of the list: "cr.example.org", "cr.example.org:9443", "192.0.2.1", "[2001:db8::1]:8443". */
bool x5u_host_valid(const char *entry);

/* NULL: it may be fetched; *by_address says that the list has its host as an address.  Else why not, in words. */
const char *x5u_refused(const char *url, const char (*hosts)[X5U_HOST], size_t n_hosts, bool *by_address);

/* Is this an address of the open internet (RFC 6890)? */
bool x5u_is_public(const struct sockaddr *address);
#endif
