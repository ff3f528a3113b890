#include "tests/wire.h"
#include "tests/flow/peer.h"
#include "tests/flow/sound.h"

#include <arpa/inet.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PTIME_MS = 20, PORT_TRIES = 200, RTP_HEADER = 12 };

/* G.711, done once more here, so that nothing of the bridge judges itself. */
static uint8_t ulaw(int pcm)
{
	int sign = pcm < 0 ? 0x80 : 0, mag = abs(pcm) + 132, segment = 7;

	if (mag > 32767)
		mag = 32767;
	while (segment > 0 && mag < 0x80 << segment)
		segment--;
	return (uint8_t) ~(sign | segment << 4 | (mag >> (segment + 3) & 15));
}

static int from_ulaw(uint8_t code)
{
	int bits = ~code & 0xff, segment = bits >> 4 & 7, mag = (((bits & 15) << 3) + 132) << segment;

	return bits & 0x80 ? 132 - mag : mag - 132;
}

static uint8_t alaw(int pcm)
{
	int sign = pcm < 0 ? 0 : 0x80, mag = abs(pcm) >> 3, segment = 0;

	if (mag > 4095)
		mag = 4095;
	while (mag >> segment > 31)
		segment++;
	int code = segment ? segment << 4 | (mag >> segment & 15) : mag >> 1;
	return (uint8_t)((code | sign) ^ 0x55);
}

static int from_alaw(uint8_t code)
{
	int bits = code ^ 0x55, segment = bits >> 4 & 7, low = (bits & 15) << 4;
	int mag = segment ? (low + 264) << (segment - 1) : low + 8;

	return bits & 0x80 ? mag : -mag;
}

static int bind_udp(const char *ip, uint16_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(*port) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, ip, &at.sin_addr);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0 &&
		getsockname(fd, (struct sockaddr *)&at, &len) == 0) {
		*port = ntohs(at.sin_port);
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool bind_pair(struct wire *w, const char *ip)
{
	for (int i = 0; i < PORT_TRIES; i++) {
		uint16_t port = 0, next;

		w->rtp_fd = bind_udp(ip, &port);
		next = (uint16_t)(port + 1);
		if (w->rtp_fd >= 0 && port % 2 == 0 && (w->rtcp_fd = bind_udp(ip, &next)) >= 0) {
			w->port = port;
			return true;
		}
		if (w->rtp_fd >= 0)
			close(w->rtp_fd);
	}
	return false;
}

static void decode(const struct wire_packet *p, int16_t pcm[WIRE_FRAME])
{
	for (size_t k = 0; k < WIRE_FRAME; k++)
		pcm[k] = (int16_t)(p->payload_type == WIRE_PCMA ? from_alaw(p->payload[k])
								: from_ulaw(p->payload[k]));
}

static void make_sound(struct wire *w, int16_t pcm[WIRE_FRAME])
{
	const double peak = pow(10.0, w->dbov / 20.0) * 32768.0 * M_SQRT2;

	memset(pcm, 0, WIRE_FRAME * sizeof(*pcm));
	if (w->returns_after && w->n_heard >= w->returns_after) {
		decode(&w->heard[w->n_heard - w->returns_after], pcm);
		for (size_t i = 0; i < WIRE_FRAME; i++)
			pcm[i] = (int16_t)lrint(pcm[i] * pow(10.0, w->returns_db / -20.0));
	}
	for (size_t i = 0; w->says && i < WIRE_FRAME; i++, w->at_says++)
		pcm[i] = w->says[w->at_says % w->n_says];
	for (size_t i = 0; w->hz && i < WIRE_FRAME; i++) {
		pcm[i] = (int16_t)lrint(peak * sin(w->phase));
		w->phase = fmod(w->phase + 2.0 * M_PI * w->hz / 8000.0, 2.0 * M_PI);
	}
}

static void send_packet(struct wire *w)
{
	uint8_t packet[RTP_HEADER + WIRE_FRAME] = { 0x80, w->payload_type };
	int16_t pcm[WIRE_FRAME];
	const uint16_t seq = htons(w->seq++);
	const uint32_t words[2] = { htonl(w->timestamp), htonl(w->ssrc) };

	memcpy(packet + 2, &seq, sizeof(seq));
	memcpy(packet + 4, words, sizeof(words));
	make_sound(w, pcm);
	for (size_t i = 0; i < WIRE_FRAME; i++)
		packet[RTP_HEADER + i] = w->payload_type == WIRE_PCMA ? alaw(pcm[i]) : ulaw(pcm[i]);
	w->timestamp += WIRE_FRAME;
	if (w->lose_every && w->seq % w->lose_every == 0)
		return;
	if (sendto(w->rtp_fd, packet, sizeof(packet), 0, (struct sockaddr *)&w->far, sizeof(w->far)) > 0)
		w->n_sent++;
}

static void take_packets(struct wire *w, uint64_t now_ms)
{
	uint8_t bytes[2048];
	ssize_t n;

	while ((n = recv(w->rtcp_fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		struct wire_report *r = &w->reports[w->n_reports];

		if (w->n_reports == WIRE_REPORTS || (size_t)n > sizeof(r->bytes))
			continue;
		memcpy(r->bytes, bytes, (size_t)n);
		r->len = (size_t)n;
		w->n_reports++;
	}
	while ((n = recv(w->rtp_fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		struct wire_packet *p = &w->heard[w->n_heard];

		if (n != RTP_HEADER + WIRE_FRAME || bytes[0] != 0x80 || w->n_heard == WIRE_PACKETS)
			continue;
		p->at_ms = now_ms;
		p->payload_type = bytes[1] & 0x7f;
		memcpy(p->payload, bytes + RTP_HEADER, WIRE_FRAME);
		w->n_heard++;
	}
}

static void *wire_run(void *arg)
{
	struct wire *w = arg;

	for (bool stop = false; !stop;) {
		struct pollfd fd = { .fd = w->rtp_fd, .events = POLLIN };
		uint64_t now_ms = test_now_ms();

		pthread_mutex_lock(&w->lock);
		take_packets(w, now_ms);
		for (; w->due_ms <= now_ms; w->due_ms += PTIME_MS)
			if (w->aimed)
				send_packet(w);
		stop = w->stop;
		int wait_ms = (int)(w->due_ms - now_ms);
		pthread_mutex_unlock(&w->lock);
		poll(&fd, 1, wait_ms);
	}
	return NULL;
}

bool wire_open(struct wire *w, const char *ip)
{
	memset(w, 0, sizeof(*w));
	strncpy(w->ip, ip, sizeof(w->ip) - 1);
	if (getrandom(&w->ssrc, sizeof(w->ssrc), 0) < 0 || !bind_pair(w, ip))
		return false;
	w->seq = (uint16_t)w->ssrc;
	w->timestamp = w->ssrc * 3;
	w->dbov = -20.0;
	w->due_ms = test_now_ms();
	w->heard = calloc(WIRE_PACKETS, sizeof(*w->heard));
	pthread_mutex_init(&w->lock, NULL);
	return w->heard && pthread_create(&w->thread, NULL, wire_run, w) == 0;
}

void wire_close(struct wire *w)
{
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_mutex_destroy(&w->lock);
	close(w->rtp_fd);
	close(w->rtcp_fd);
	free(w->heard);
}

static struct sockaddr_in bridge_at(unsigned port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return at;
}

void wire_aim(struct wire *w, unsigned port)
{
	pthread_mutex_lock(&w->lock);
	w->aimed = port != 0;
	w->far = bridge_at(port);
	pthread_mutex_unlock(&w->lock);
}

void wire_tone(struct wire *w, unsigned payload_type, unsigned hz, double dbov)
{
	pthread_mutex_lock(&w->lock);
	w->payload_type = (uint8_t)payload_type;
	w->hz = hz;
	w->dbov = dbov;
	pthread_mutex_unlock(&w->lock);
}

void wire_say(struct wire *w, const int16_t *pcm, size_t n)
{
	pthread_mutex_lock(&w->lock);
	w->payload_type = WIRE_PCMU;
	w->hz = 0;
	w->says = pcm;
	w->n_says = n;
	w->at_says = 0;
	pthread_mutex_unlock(&w->lock);
}

void wire_return(struct wire *w, unsigned packets, unsigned db)
{
	pthread_mutex_lock(&w->lock);
	w->returns_after = packets;
	w->returns_db = db;
	pthread_mutex_unlock(&w->lock);
}

void wire_lose(struct wire *w, unsigned every)
{
	pthread_mutex_lock(&w->lock);
	w->lose_every = every;
	pthread_mutex_unlock(&w->lock);
}

void wire_throw(struct wire *w, bool rtcp, unsigned port, const void *bytes, size_t n)
{
	const struct sockaddr_in at = bridge_at(port);

	(void)sendto(rtcp ? w->rtcp_fd : w->rtp_fd, bytes, n, 0, (const struct sockaddr *)&at, sizeof(at));
}

void wire_forge(struct wire *w, struct wire *other)
{
	pthread_mutex_lock(&other->lock);
	const uint16_t seq = other->seq;
	const uint32_t timestamp = other->timestamp, ssrc = other->ssrc;
	pthread_mutex_unlock(&other->lock);
	pthread_mutex_lock(&w->lock);
	w->seq = seq;
	w->timestamp = timestamp;
	w->ssrc = ssrc;
	pthread_mutex_unlock(&w->lock);
}

size_t wire_sent(struct wire *w)
{
	pthread_mutex_lock(&w->lock);
	const size_t n = w->n_sent;
	pthread_mutex_unlock(&w->lock);
	return n;
}

int16_t *wire_sound(struct wire *w, uint64_t from_ms, uint64_t to_ms, size_t *n)
{
	int16_t *pcm = calloc(WIRE_PACKETS, WIRE_FRAME * sizeof(*pcm));

	*n = 0;
	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; pcm && i < w->n_heard; i++) {
		if (w->heard[i].at_ms < from_ms || w->heard[i].at_ms >= to_ms)
			continue;
		decode(&w->heard[i], pcm + *n);
		*n += WIRE_FRAME;
	}
	pthread_mutex_unlock(&w->lock);
	return pcm;
}

double wire_heard(struct wire *w, unsigned hz, uint64_t from_ms, uint64_t to_ms)
{
	struct sound s = { .hz = 8000 };

	s.samples = wire_sound(w, from_ms, to_ms, &s.n);
	const double level = sound_level(&s, hz, 0, sound_ms(&s));
	sound_free(&s);
	return level;
}

unsigned wire_hole_ms(struct wire *w, unsigned hz, double dbov, uint64_t from_ms, uint64_t to_ms)
{
	int16_t pcm[WIRE_FRAME];
	const struct sound one = { .samples = pcm, .n = WIRE_FRAME, .hz = 8000 };
	unsigned hole_ms = 0, longest_ms = 0;

	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < w->n_heard; i++) {
		if (w->heard[i].at_ms < from_ms || w->heard[i].at_ms >= to_ms)
			continue;
		decode(&w->heard[i], pcm);
		hole_ms = sound_level(&one, hz, 0, PTIME_MS) < dbov ? hole_ms + PTIME_MS : 0;
		longest_ms = hole_ms > longest_ms ? hole_ms : longest_ms;
	}
	pthread_mutex_unlock(&w->lock);
	return longest_ms;
}

size_t wire_packets(struct wire *w, int payload_type, uint64_t from_ms, uint64_t to_ms)
{
	size_t n = 0;

	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < w->n_heard; i++) {
		const struct wire_packet *p = &w->heard[i];

		n += p->at_ms >= from_ms && p->at_ms < to_ms &&
		     (payload_type < 0 || p->payload_type == payload_type);
	}
	pthread_mutex_unlock(&w->lock);
	return n;
}
