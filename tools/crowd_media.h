/* crowd_media.h - the callers' RTP sockets: few, shared by many callers, read and written in batches.
 *
 * How: the bridge has a port for each leg, so the far address tells callers on one socket apart;
 * callers whose packets leave in the same millisecond share one, and leave in one sendmmsg().  A bridge that has one port
 * for many legs needs callers of different addresses: then they still share sockets, bound to all of 127.0.0.0/8, and what
 * comes is told apart by where it was sent to.  An
 * RTCP socket beside each is read and its packets are counted, so that the bridge gets no ICMP errors.
 * Use:  place a stream; listen when its far address is known; send..., flush; receive.
 *
 * Thread: one.
 */
#ifndef TOOLS_CROWD_MEDIA_H
#define TOOLS_CROWD_MEDIA_H

#include "mixer/rtp.h"
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum { CROWD_LATE_US = 60000 /* behind the stream's fastest packet: late */ };

struct crowd_stream {   /* one caller's RTP both ways; zero-initialise, then crowd_media_place() */
	unsigned place; /* which socket pair */
	struct in_addr ip;
	uint16_t port;
	bool on; /* sends, and counts what comes */
	struct sockaddr_in far;
	uint32_t ssrc, timestamp;
	uint16_t seq;
	uint64_t sent, received, late, reordered;
	/* Receiving, RFC 3550 appendix A.1 in short. */
	bool heard;
	uint32_t far_ssrc;
	uint16_t max_seq;
	uint64_t expected, far_received; /* of this and all SSRCs before */
	int64_t base_transit_us;
};

struct crowd_media;
typedef void (*crowd_packet_fn)(void *arg, uint32_t id, const struct rtp *rtp, uint64_t arrival_us);

/* NULL: out of memory. */
struct crowd_media *crowd_media_open(unsigned share, bool own_address, unsigned n_calls);
struct crowd_media *crowd_media_close(struct crowd_media *m);

/* Gives the stream a socket pair on `ip`, or an address of its own (s->ip); `phase` is the millisecond it sends in. False: *why. */
bool crowd_media_place(struct crowd_media *m, struct crowd_stream *s, struct in_addr ip, unsigned phase,
	char *why, size_t why_cap);
/* From now on what comes from s->far is caller `id`'s. */
void crowd_media_listen(struct crowd_media *m, const struct crowd_stream *s, uint32_t id);

/* Puts a packet into the batch; the payload must stay until the flush, unless it is of 4 bytes or less. */
void crowd_media_send(struct crowd_media *m, struct crowd_stream *s, uint8_t pt, bool marker,
	uint32_t timestamp, const uint8_t *payload, size_t len);
void crowd_media_flush(struct crowd_media *m);

/* Reads all that waits on all sockets. */
void crowd_media_receive(struct crowd_media *m, crowd_packet_fn on_packet, void *arg);
/* Counts a packet of this stream. */
void crowd_stream_count(
	struct crowd_stream *s, const struct rtp *rtp, unsigned clock_hz, uint64_t arrival_us);
uint64_t crowd_stream_lost(const struct crowd_stream *s);

uint64_t crowd_media_strays(const struct crowd_media *m); /* RTP from nobody we know */
uint64_t crowd_media_unsent(const struct crowd_media *m); /* the kernel took no more */
uint64_t crowd_now_us(void);                              /* monotonic */
#endif
