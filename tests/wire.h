/* wire.h - the far end's sound, to the byte: a tone as G.711 packets, and what comes back.
 *
 * How: a port pair and a thread of its own.  Packets go out every 20 ms with codec, tone and target as they are set at
 * that moment, sequence numbers and timestamps going on; all that arrives is kept as sound and counted by payload type.
 * No signalling: whoever opens it says where packets go.
 * Use:  wire_open(); wire_aim(), wire_tone(); wire_heard() ...; wire_close().
 *
 * Times are test_now_ms(), levels dBov (a full-scale sine is -3).
 *
 * Thread: the test's; the rest is behind a lock.
 */
#ifndef TESTS_WIRE_H
#define TESTS_WIRE_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WIRE_PCMU = 0, WIRE_PCMA = 8, WIRE_PACKETS = 6000, WIRE_FRAME = 160, WIRE_REPORTS = 16 };

struct wire {
	int rtp_fd, rtcp_fd;
	uint16_t port; /* of RTP, even; RTCP is the next */
	char ip[40];
	pthread_t thread;
	pthread_mutex_t lock;

	/* behind the lock */
	bool stop, aimed;
	struct sockaddr_in far;
	uint8_t payload_type;
	unsigned hz; /* 0: silence, in packets */
	double dbov, phase;
	const int16_t *says; /* borrowed; instead of the tone, over and over; 8 kHz */
	size_t n_says, at_says;
	unsigned returns_after,
		returns_db;  /* packets (0: off): what it heard so long ago is sent back, quieter */
	unsigned lose_every; /* every n-th packet is lost on the way; 0: none */
	uint16_t seq;
	uint32_t timestamp, ssrc;
	uint64_t due_ms;
	size_t n_sent;
	struct wire_packet {
		uint64_t at_ms;
		uint8_t payload_type, payload[WIRE_FRAME];
	} * heard; /* owned; WIRE_PACKETS of them */
	size_t n_heard;
	struct wire_report {
		size_t len;
		uint8_t bytes[256];
	} reports[WIRE_REPORTS]; /* RTCP packets that came, the first of them */
	size_t n_reports;
};

bool wire_open(struct wire *w, const char *ip); /* silent until it is aimed */
void wire_close(struct wire *w);

/* Packets go to this address of 127.0.0.1 from now on; 0: none at all. */
void wire_aim(struct wire *w, unsigned port);
void wire_tone(struct wire *w, unsigned payload_type, unsigned hz, double dbov);
void wire_say(struct wire *w, const int16_t *pcm, size_t n); /* as PCMU; borrowed until wire_close() */
void wire_return(struct wire *w, unsigned packets, unsigned db);
void wire_lose(struct wire *w, unsigned every);
/* One datagram from the RTP (or RTCP) socket to `port`, in between. */
void wire_throw(struct wire *w, bool rtcp, unsigned port, const void *bytes, size_t n);
/* Goes on with the SSRC, sequence numbers and timestamps of another, as a forger would who sees its packets. */
void wire_forge(struct wire *w, struct wire *other);

/* What arrived between two moments: level of a tone, packets of a payload type (-1: any). */
double wire_heard(struct wire *w, unsigned hz, uint64_t from_ms, uint64_t to_ms);
/* The sound of it, allocated; *n samples at 8 kHz. */
int16_t *wire_sound(struct wire *w, uint64_t from_ms, uint64_t to_ms, size_t *n);
/* The longest run of packets in each of which the tone is below `dbov`.  Packets are judged one by one: over several, a tone
 * that goes on with another phase cancels itself and looks like silence. */
unsigned wire_hole_ms(struct wire *w, unsigned hz, double dbov, uint64_t from_ms, uint64_t to_ms);
size_t wire_packets(struct wire *w, int payload_type, uint64_t from_ms, uint64_t to_ms);
size_t wire_sent(struct wire *w);
#endif
