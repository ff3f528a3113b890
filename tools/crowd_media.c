#include "tools/crowd_media.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	BATCH = 128,
	DATAGRAM = 1536,
	PLACES = 8192,
	HEAD = RTP_HEADER + 4,
	PORT_TRIES = 200,
	SOCKET_BUFFER = 4 << 20,
	OWN_FIRST = 0x7f400001 /* 127.64.0.1 */
};

struct place { /* a socket pair */
	int rtp, rtcp;
	struct in_addr ip;
	uint16_t port;
	unsigned phase, callers;
};

struct seat {         /* of the table that finds a caller by where a packet comes from */
	uint64_t key; /* 0: free */
	uint32_t id;
};

struct crowd_media {
	int epoll;
	unsigned share;
	bool own_address; /* of each caller */
	uint32_t n_own;
	struct place *places; /* owned */
	unsigned n_places;
	struct seat *seats; /* owned, a power of two */
	size_t n_seats, n_taken;
	uint64_t strays, unsent, rtcp;
	/* The batch on its way out. */
	unsigned n_batch, batch_place;
	struct mmsghdr out[BATCH];
	struct iovec out_parts[BATCH][2];
	uint8_t heads[BATCH][HEAD];
	_Alignas(struct cmsghdr) uint8_t out_control[BATCH][CMSG_SPACE(sizeof(struct in_pktinfo))];
	/* What comes in. */
	struct mmsghdr in[BATCH];
	struct iovec in_parts[BATCH];
	struct sockaddr_in in_from[BATCH];
	uint8_t in_bytes[BATCH][DATAGRAM];
	_Alignas(struct cmsghdr) uint8_t in_control[BATCH][128];
};

static uint64_t clock_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t crowd_now_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

struct crowd_media *crowd_media_open(unsigned share, bool own_address, unsigned n_calls)
{
	struct crowd_media *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->epoll = epoll_create1(EPOLL_CLOEXEC);
	m->share = share;
	m->own_address = own_address;
	m->n_seats = 1024;
	while (m->n_seats < (size_t)n_calls * 8)
		m->n_seats *= 2;
	m->seats = calloc(m->n_seats, sizeof(*m->seats));
	m->places = calloc(PLACES, sizeof(*m->places));
	if (m->epoll < 0 || !m->seats || !m->places)
		return crowd_media_close(m);
	for (unsigned i = 0; i < BATCH; i++) {
		m->out[i].msg_hdr.msg_iov = m->out_parts[i];
		m->out[i].msg_hdr.msg_iovlen = 2;
		m->out[i].msg_hdr.msg_namelen = sizeof(struct sockaddr_in);
		m->in_parts[i] = (struct iovec){ m->in_bytes[i], DATAGRAM };
		m->in[i].msg_hdr.msg_iov = &m->in_parts[i];
		m->in[i].msg_hdr.msg_iovlen = 1;
		m->in[i].msg_hdr.msg_name = &m->in_from[i];
	}
	return m;
}

struct crowd_media *crowd_media_close(struct crowd_media *m)
{
	if (m) {
		for (unsigned i = 0; i < m->n_places; i++) {
			close(m->places[i].rtp);
			close(m->places[i].rtcp);
		}
		if (m->epoll >= 0)
			close(m->epoll);
		free(m->places);
		free(m->seats);
		free(m);
	}
	return NULL;
}

static int udp_socket(struct in_addr ip, uint16_t port)
{
	int size = SOCKET_BUFFER, fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = ip, .sin_port = htons(port) };

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) != 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Two neighbouring ports, the lower one even (RFC 3550 section 11). */
static bool open_pair(struct place *p)
{
	for (int i = 0; i < PORT_TRIES; i++) {
		struct sockaddr_in at = { 0 };
		socklen_t len = sizeof(at);
		p->rtp = udp_socket(p->ip, 0);
		if (p->rtp < 0)
			return false;
		bool known = getsockname(p->rtp, (struct sockaddr *)&at, &len) == 0;
		p->port = known ? ntohs(at.sin_port) : 1;
		if (p->port % 2 == 0 && (p->rtcp = udp_socket(p->ip, (uint16_t)(p->port + 1))) >= 0)
			return true;
		close(p->rtp);
	}
	return false;
}

static void watch(struct crowd_media *m, int fd, unsigned place, bool rtcp)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = place * 2 + rtcp };
	int on = 1;

	if (!rtcp) /* the kernel's arrival times: our own delays are not the bridge's */
		setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	if (m->own_address)
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	epoll_ctl(m->epoll, EPOLL_CTL_ADD, fd, &event);
}

bool crowd_media_place(struct crowd_media *m, struct crowd_stream *s, struct in_addr ip, unsigned phase,
	char *why, size_t why_cap)
{
	unsigned i = m->n_places;

	s->ip = ip;
	if (m->own_address) {
		s->ip.s_addr = htonl(OWN_FIRST + m->n_own++);
		ip.s_addr = htonl(INADDR_ANY);
	}
	while (i > 0) { /* the newest first: it is the one with room */
		const struct place *p = &m->places[i - 1];
		if (p->phase == phase && p->ip.s_addr == ip.s_addr && p->callers < m->share)
			break;
		i--;
	}
	if (i == 0) {
		struct place fresh = { .ip = ip, .phase = phase };
		if (m->n_places == PLACES || !open_pair(&fresh)) {
			snprintf(why, why_cap, "no RTP port pair: %s", strerror(errno));
			return false;
		}
		m->places[m->n_places] = fresh;
		watch(m, fresh.rtp, m->n_places, false);
		watch(m, fresh.rtcp, m->n_places, true);
		i = ++m->n_places;
	}
	struct place *p = &m->places[i - 1];
	p->callers++;
	s->place = i - 1;
	s->port = p->port;
	return true;
}

static uint64_t seat_key(unsigned place, struct in_addr ip, uint16_t port)
{
	return ((uint64_t)(place + 1) << 48) | ((uint64_t)ntohl(ip.s_addr) << 16) | port;
}

static const void *control_of(struct msghdr *head, int level, int type)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(head); c; c = CMSG_NXTHDR(head, c))
		if (c->cmsg_level == level && c->cmsg_type == type)
			return CMSG_DATA(c);
	return NULL;
}

static uint64_t key_of(const struct crowd_media *m, unsigned place, unsigned i, struct msghdr *head)
{
	struct in_pktinfo to = { .ipi_ifindex = 0 };
	const void *control = m->own_address ? control_of(head, IPPROTO_IP, IP_PKTINFO) : NULL;

	if (!control)
		return seat_key(place, m->in_from[i].sin_addr, ntohs(m->in_from[i].sin_port));
	memcpy(&to, control, sizeof(to));
	return seat_key(place, to.ipi_addr, 0);
}

/* From the caller's own address. */
static void put_source(struct msghdr *head, uint8_t *control, struct in_addr ip)
{
	const struct in_pktinfo from = { .ipi_spec_dst = ip };
	struct cmsghdr *c = (void *)control;

	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(from));
	memcpy(CMSG_DATA(c), &from, sizeof(from));
	head->msg_control = control;
	head->msg_controllen = CMSG_SPACE(sizeof(from));
}

/* The seat of this key, or the free one where it belongs. */
static struct seat *seat_find(const struct crowd_media *m, uint64_t key)
{
	size_t i = (size_t)((key * 0x9e3779b97f4a7c15ULL) >> 20) & (m->n_seats - 1);

	while (m->seats[i].key && m->seats[i].key != key)
		i = (i + 1) & (m->n_seats - 1);
	return &m->seats[i];
}

void crowd_media_listen(struct crowd_media *m, const struct crowd_stream *s, uint32_t id)
{
	uint64_t key = m->own_address ? seat_key(s->place, s->ip, 0)
				      : seat_key(s->place, s->far.sin_addr, ntohs(s->far.sin_port));
	struct seat *seat = seat_find(m, key);

	if (!seat->key) {
		if (m->n_taken + 1 >= m->n_seats)
			return; /* never full: probing must end */
		m->n_taken++;
	}
	*seat = (struct seat){ key, id }; /* a port that is used again has a new caller */
}

void crowd_media_flush(struct crowd_media *m)
{
	unsigned done = 0;

	while (done < m->n_batch) {
		int n = sendmmsg(m->places[m->batch_place].rtp, m->out + done, m->n_batch - done, 0);
		if (n > 0) {
			done += (unsigned)n;
		} else if (errno != EINTR) {
			m->unsent++;
			done++; /* this one is lost, as on any network */
		}
	}
	m->n_batch = 0;
}

void crowd_media_send(struct crowd_media *m, struct crowd_stream *s, uint8_t pt, bool marker,
	uint32_t timestamp, const uint8_t *payload, size_t len)
{
	if (m->n_batch == BATCH || (m->n_batch > 0 && m->batch_place != s->place))
		crowd_media_flush(m);
	unsigned i = m->n_batch++;
	struct rtp head = {
		.seq = s->seq++, .timestamp = timestamp, .ssrc = s->ssrc, .payload_type = pt, .marker = marker
	};

	m->batch_place = s->place;
	rtp_write(m->heads[i], &head);
	m->out_parts[i][0] = (struct iovec){ m->heads[i], RTP_HEADER };
	m->out_parts[i][1] = (struct iovec){ (void *)(uintptr_t)payload, len };
	if (len <= HEAD - RTP_HEADER) {
		memcpy(m->heads[i] + RTP_HEADER, payload, len);
		m->out_parts[i][1].iov_base = m->heads[i] + RTP_HEADER;
	}
	m->out[i].msg_hdr.msg_name = &s->far;
	if (m->own_address)
		put_source(&m->out[i].msg_hdr, m->out_control[i], s->ip);
	s->sent++;
}

/* The kernel's arrival time of a datagram, brought to the monotonic clock. */
static uint64_t arrival(struct msghdr *head, uint64_t now_us, uint64_t wall_us)
{
	const void *control = control_of(head, SOL_SOCKET, SCM_TIMESTAMPNS);
	struct timespec t;
	uint64_t at;

	if (!control)
		return now_us;
	memcpy(&t, control, sizeof(t));
	at = (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
	return at < wall_us ? now_us - (wall_us - at) : now_us;
}

static void receive_place(struct crowd_media *m, unsigned place, crowd_packet_fn on_packet, void *arg)
{
	int n;

	do {
		for (unsigned i = 0; i < BATCH; i++) {
			m->in[i].msg_hdr.msg_namelen = sizeof(m->in_from[i]);
			m->in[i].msg_hdr.msg_control = m->in_control[i];
			m->in[i].msg_hdr.msg_controllen = sizeof(m->in_control[i]);
		}
		n = recvmmsg(m->places[place].rtp, m->in, BATCH, MSG_DONTWAIT, NULL);
		uint64_t now_us = crowd_now_us(), wall_us = clock_us(CLOCK_REALTIME);
		for (int i = 0; i < n; i++) {
			struct rtp rtp;
			const struct seat *seat =
				seat_find(m, key_of(m, place, (unsigned)i, &m->in[i].msg_hdr));
			if (rtp_is_rtcp(m->in_bytes[i], m->in[i].msg_len))
				m->rtcp++;
			else if (!seat->key || rtp_parse(&rtp, m->in_bytes[i], m->in[i].msg_len) != MIX_OK)
				m->strays++;
			else
				on_packet(arg, seat->id, &rtp, arrival(&m->in[i].msg_hdr, now_us, wall_us));
		}
	} while (n == BATCH);
}

void crowd_media_receive(struct crowd_media *m, crowd_packet_fn on_packet, void *arg)
{
	struct epoll_event ready[256];
	int n = epoll_wait(m->epoll, ready, 256, 0);

	for (int i = 0; i < n; i++) {
		unsigned place = ready[i].data.u32 / 2;
		if (ready[i].data.u32 % 2 == 0) {
			receive_place(m, place, on_packet, arg);
		} else {
			uint8_t scratch[DATAGRAM];
			while (recv(m->places[place].rtcp, scratch, sizeof(scratch), MSG_DONTWAIT) >= 0)
				m->rtcp++;
		}
	}
}

void crowd_stream_count(struct crowd_stream *s, const struct rtp *rtp, unsigned clock_hz, uint64_t arrival_us)
{
	int64_t sent_us = (int64_t)((uint64_t)rtp->timestamp * 1000000 / clock_hz);
	int64_t wrap_us = (int64_t)((1ULL << 32) * 1000000 / clock_hz);
	int64_t transit = (int64_t)arrival_us - sent_us;

	s->received++;
	s->far_received++;
	if (!s->heard || rtp->ssrc != s->far_ssrc) {
		s->heard = true;
		s->far_ssrc = rtp->ssrc;
		s->max_seq = rtp->seq;
		s->expected++;
		s->base_transit_us = transit;
		return;
	}
	uint16_t step = (uint16_t)(rtp->seq - s->max_seq);
	if (step > 0 && step < 3000) {
		s->max_seq = rtp->seq;
		s->expected += step;
	} else if (step >= 65536 - 100) {
		s->reordered++;
	} else if (step != 0) { /* the sequence starts anew */
		s->max_seq = rtp->seq;
		s->expected++;
	}
	int64_t behind = transit - s->base_transit_us;
	if (behind > wrap_us / 2)
		behind -= wrap_us;
	if (behind < 0 || behind > 10000000) /* faster than all before, or a clock that jumped */
		s->base_transit_us = transit;
	else if (behind > CROWD_LATE_US)
		s->late++;
}

uint64_t crowd_stream_lost(const struct crowd_stream *s)
{
	return s->expected > s->far_received ? s->expected - s->far_received : 0;
}

uint64_t crowd_media_strays(const struct crowd_media *m)
{
	return m->strays;
}

uint64_t crowd_media_unsent(const struct crowd_media *m)
{
	return m->unsent;
}
