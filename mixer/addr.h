/* addr.h - where a datagram comes from or goes to, comparable byte for byte.
 *
 * IPv4 is kept as the IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2), so that
 * two addresses are equal when their structs are.  No socket is touched here.
 *
 * Thread: any; pure.
 */
#ifndef MIXER_ADDR_H
#define MIXER_ADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct net_addr {
	uint8_t ip[16];
	uint16_t port; /* host order; 0: no address */
};

static inline bool net_addr_equal(const struct net_addr *a, const struct net_addr *b)
{
	return a->port == b->port && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

static inline bool net_addr_same_host(const struct net_addr *a, const struct net_addr *b)
{
	return memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}
#endif
