/* workerbed.h - callers with sockets of their own on loopback, who talk to the media thread in real time and hear it.
 *
 * Use:  open_worker(), handset_open(), stream_for(), worker_add_leg(); talk_for(); level() of what came; wait_for() what it reports.
 *
 * Thread: the test's; the worker has its own.
 */
#ifndef TESTS_WORKERBED_H
#define TESTS_WORKERBED_H

#include "bridge/worker.h"
#include "mixer/rtp.h"
#include "tests/test.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { RATE = 8000, PACKET = 160, HEARD_MAX = RATE * 10, WAIT_MS = 5000 };

/* One caller with a socket of its own. */
struct handset {
	int fd;
	uint16_t port, seq;
	unsigned hz;
	double phase;
	uint32_t timestamp;
	struct encoder *encoder;
	struct decoder *decoder;
	int16_t heard[HEARD_MAX];
	size_t n_heard;
	unsigned packets, byes, events;
};

struct seen {
	unsigned gone, stats, digits, latched, talk, played;
	uint32_t gone_leg;
	struct stream_stats last, asked;
	char digit;
	struct ports *ports;
};

static inline uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static inline void on_media(void *arg, uint32_t leg_id, const struct media_event *event)
{
	struct seen *seen = arg;

	(void)leg_id;
	seen->latched += event->kind == MEDIA_LATCHED;
	seen->talk += event->kind == MEDIA_TALK;
	seen->played += event->kind == MEDIA_PLAYED;
	if (event->kind == MEDIA_DIGIT) {
		seen->digits++;
		seen->digit = event->digit;
	}
}

static inline void on_stats(void *arg, uint32_t leg_id, const struct stream_stats *stats)
{
	struct seen *seen = arg;

	(void)leg_id;
	seen->stats++;
	seen->asked = *stats;
}

static inline void on_gone(
	void *arg, uint32_t leg_id, const struct stream_stats *last, struct port_pair *ports)
{
	struct seen *seen = arg;

	seen->gone++;
	seen->gone_leg = leg_id;
	seen->last = *last;
	ports_give(ports);
}

static inline struct worker *open_worker(struct seen *seen, unsigned index)
{
	const struct worker_handlers on = {
		.on_media = on_media, .on_stats = on_stats, .on_gone = on_gone, .arg = seen
	};
	struct worker *w = NULL;

	CHECK_INT(BRIDGE_OK, worker_open(&w, index, 4, &on), "worker");
	return w;
}

static inline void handset_open(struct handset *h, unsigned hz)
{
	const struct codec_format pcmu = { .id = CODEC_PCMU, .ptime_ms = 20 };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);

	memset(h, 0, sizeof(*h));
	h->hz = hz;
	h->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	CHECK(h->fd >= 0 && bind(h->fd, (struct sockaddr *)&a, len) == 0, "socket");
	CHECK_INT(0, getsockname(h->fd, (struct sockaddr *)&a, &len), "name");
	h->port = ntohs(a.sin_port);
	CHECK_INT(MIX_OK, encoder_alloc(&h->encoder, &pcmu), "encoder");
	CHECK_INT(MIX_OK, decoder_alloc(&h->decoder, CODEC_PCMU), "decoder");
}

static inline void handset_close(struct handset *h)
{
	close(h->fd);
	encoder_free(h->encoder);
	decoder_free(h->decoder);
}

/* PCMU (0) or PCMA (8). */
static inline struct kit *kit_of(const struct handset *h, uint8_t pt)
{
	struct stream_format format = { .tx = { .id = CODEC_PCMU, .ptime_ms = 20 },
		.tx_pt = 0,
		.rx = { { pt, pt ? CODEC_PCMA : CODEC_PCMU } },
		.n_rx = 1,
		.event_rx_pt = 101,
		.event_tx_pt = 101,
		.cn_pt = PT_NONE,
		.send = true,
		.receive = true,
		.rtcp_mux = true };
	struct kit *kit = NULL;

	format.rtp =
		(struct net_addr){ .ip = { [10] = 255, [11] = 255, [12] = 127, [15] = 1 }, .port = h->port };
	CHECK_INT(MIX_OK, kit_alloc(&kit, &format), "kit");
	return kit;
}

static inline struct stream *stream_for(const struct handset *h, uint32_t number)
{
	const struct stream_identity identity = { .ssrc = number, .cname = "worker" };
	struct kit *kit = kit_of(h, 0);
	struct stream *s = NULL;

	CHECK_INT(MIX_OK, stream_alloc(&s, &identity, NULL), "stream");
	stream_refit(s, &kit, now_us());
	return s;
}

static inline void send_to(const struct handset *h, uint16_t port, const uint8_t *p, size_t len)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
	};

	(void)!sendto(h->fd, p, len, 0, (const struct sockaddr *)&to, sizeof(to));
}

static inline void talk(struct handset *h, uint16_t port)
{
	uint8_t packet[RTP_HEADER + PACKET];
	struct rtp head = { .seq = h->seq++, .timestamp = h->timestamp, .ssrc = h->port };
	int16_t pcm[PACKET];
	size_t len = 0;

	h->timestamp += PACKET;
	for (unsigned i = 0; i < PACKET; i++) {
		h->phase += 2 * M_PI * h->hz / RATE;
		pcm[i] = (int16_t)(h->hz ? 3277 * sin(h->phase) : 0);
	}
	CHECK_INT(MIX_OK, encoder_run(h->encoder, pcm, PACKET, packet + RTP_HEADER, PACKET, &len), "encode");
	rtp_write(packet, &head);
	send_to(h, port, packet, RTP_HEADER + len);
}

static inline void listen_to_all(struct handset *h)
{
	uint8_t packet[PACKET_MAX];
	ssize_t len;

	while ((len = recv(h->fd, packet, sizeof(packet), 0)) > 0) {
		struct rtp rtp;
		size_t n = 0;

		if (rtp_is_rtcp(packet, (size_t)len)) {
			for (ssize_t i = 0; i + 4 <= len; i += 4 * (packet[i + 2] * 256 + packet[i + 3] + 1))
				h->byes += packet[i + 1] == 203;
			continue;
		}
		if (rtp_parse(&rtp, packet, (size_t)len) == MIX_OK && rtp.payload_type == 101) {
			h->events++;
			continue;
		}
		if (rtp_parse(&rtp, packet, (size_t)len) != MIX_OK || h->n_heard + PACKET > HEARD_MAX)
			continue;
		if (decoder_run(h->decoder, rtp.payload, rtp.payload_len, h->heard + h->n_heard, PACKET,
			    &n) == MIX_OK)
			h->n_heard += n;
		h->packets++;
	}
}

/* Hann-windowed Fourier sum over the last 200 ms, dB under full scale. */
static inline double level(const struct handset *h, unsigned hz)
{
	const size_t n = RATE / 5;
	const int16_t *pcm = h->heard + h->n_heard - n;
	double re = 0, im = 0;

	if (h->n_heard < n)
		return 130;
	for (size_t i = 0; i < n; i++) {
		double w = 0.5 - 0.5 * cos(2 * M_PI * (double)i / (double)n),
		       a = 2 * M_PI * hz * (double)i / RATE;

		re += w * pcm[i] * cos(a);
		im += w * pcm[i] * sin(a);
	}
	return -20 * log10(hypot(re, im) * 4 / (double)n / 32767 + 1e-7);
}

/* Callers talk in real time for so long; everybody's ports in `to`. */
static inline void talk_for(struct handset *h, const uint16_t *to, unsigned n, unsigned ms, struct worker *w)
{
	uint64_t next = now_us();

	for (unsigned t = 0; t < ms; t += 20, next += 20000) {
		for (unsigned i = 0; i < n; i++)
			talk(&h[i], to[i]);
		while (now_us() < next + 20000) {
			struct pollfd tell = { .fd = worker_fd(w), .events = POLLIN };

			(void)poll(&tell, 1, 2);
			worker_poll(w);
			for (unsigned i = 0; i < n; i++)
				listen_to_all(&h[i]);
		}
	}
}

/* Until `*count` has reached `want`, or WAIT_MS. */
static inline bool wait_for(struct worker *w, struct worker *also, const unsigned *count, unsigned want)
{
	for (uint64_t begun = now_us(); *count < want && now_us() - begun < WAIT_MS * 1000;) {
		struct pollfd tell[2] = { { .fd = worker_fd(w), .events = POLLIN },
			{ .fd = also ? worker_fd(also) : -1, .events = POLLIN } };

		(void)poll(tell, 2, 50);
		worker_poll(w);
		if (also)
			worker_poll(also);
	}
	return *count >= want;
}
#endif
