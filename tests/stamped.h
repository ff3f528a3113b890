/* stamped.h - a socket whose datagrams carry the kernel's time of arrival: what the wire shows, not when the test looked.
 *
 * Use:  stamped_open(); stamped_wait() for one after the other, or stamped_collect(); stamped_sdp() describes it; stamped_close().
 *
 * Thread: the test's.
 */
#ifndef TESTS_STAMPED_H
#define TESTS_STAMPED_H

#include "mixer/rtp.h"
#include <netinet/in.h>

enum { STAMPED_BYTES = 1500, STAMPED_SDP = 700 };

struct stamped {
	int fd;
	uint16_t port;
	char ip[40];
};

struct stamped_packet {
	uint64_t at_us; /* since 1970; 0: the kernel did not say */
	size_t len;
	uint8_t bytes[STAMPED_BYTES];
	struct rtp rtp; /* of RTP alone: else all 0, payload NULL */
	struct sockaddr_in from;
};

void stamped_open(struct stamped *s, const char *ip); /* any port */
void stamped_close(struct stamped *s);
/* The next one within ms, RTCP passed over. */
bool stamped_wait(struct stamped *s, struct stamped_packet *out, unsigned ms);
/* Up to `max` RTP packets that come within ms; how many. */
size_t stamped_collect(struct stamped *s, struct stamped_packet *out, size_t max, unsigned ms);
void stamped_send(struct stamped *s, const char *ip, uint16_t port, const void *bytes, size_t len);
/* Sound of this socket, with these payload types and attributes (each ended by CRLF); `version` of the description.
 * Lives until the next call. */
const char *stamped_sdp(
	const struct stamped *s, unsigned version, const char *formats, const char *attributes);
uint16_t stamped_port_of(const char *message); /* of the first audio described in it; 0: none */
uint64_t stamped_now_us(void);                 /* on the kernel's clock */
#endif
