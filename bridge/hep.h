/* hep.h - one SIP message as HEPv3 carries it to a collector (Homer): chunks of type, length and value in one datagram.
 *
 * How: "HEP3", the whole length, then of vendor 0: address family (1), IP protocol (2), addresses (3, 4; IPv6: 5, 6), ports (7, 8), seconds and
 * microseconds since 1970 (9, 10), what is carried (11: 1, SIP), who captured it (12), the message (15), what it belongs to (17).
 * All numbers go in network order.
 *
 * Thread: any; pure.
 */
#ifndef BRIDGE_HEP_H
#define BRIDGE_HEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HEP_HEAD = 256,
	HEP_CORRELATION = 255
}; /* all chunks but the message take less than HEP_HEAD and the correlation's length */

struct hep_packet {
	const uint8_t *from, *to; /* 16 bytes each, v4-mapped; of one family, else both go as IPv6 */
	uint16_t from_port, to_port;
	bool by_udp; /* else TCP, with TLS or without */
	int64_t at_us;
	uint32_t agent;
	const char *correlation; /* its first HEP_CORRELATION bytes */
	size_t correlation_len;
	const char *text; /* any bytes */
	size_t len;
};

/* The datagram's length; 0: it is longer than `cap`, or than the 65,535 bytes that its own length can say. */
size_t hep_write(uint8_t *out, size_t cap, const struct hep_packet *p);
#endif
