#include "bridge/socket.h"

#include "mixer/frame.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

enum {
	NTP_1970 = 25567 * 86400U /* seconds from 1900, RFC 5905 section 6 */,
	CONTROL = CMSG_SPACE(sizeof(struct timespec))
};

struct place { /* for one datagram */
	struct iovec part;
	struct sockaddr_in6 from; /* room for either family */
	_Alignas(struct cmsghdr) uint8_t control[CONTROL];
	uint8_t bytes[PACKET_MAX];
};

struct socket_batch {
	unsigned max;
	struct mmsghdr *heads; /* owned, like the next two: `max` of each */
	struct datagram *got;
	struct place *places;
	uint64_t errors;
	bool was_full;
};

void socket_clock_read(struct socket_clock *out)
{
	struct timespec mono, real;

	clock_gettime(CLOCK_MONOTONIC, &mono);
	clock_gettime(CLOCK_REALTIME, &real);
	out->now_us = (uint64_t)mono.tv_sec * 1000000u + (uint64_t)mono.tv_nsec / 1000u;
	out->real_us = (uint64_t)real.tv_sec * 1000000u + (uint64_t)real.tv_nsec / 1000u;
	out->ntp = ((uint64_t)real.tv_sec + NTP_1970) << 32 | ((uint64_t)real.tv_nsec << 32) / 1000000000u;
}

/* The kernel overwrites lengths with what it filled in: only the heads it used need them again. */
static void make_ready(struct socket_batch *b, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		b->heads[i].msg_hdr.msg_namelen = sizeof(b->places[i].from);
		b->heads[i].msg_hdr.msg_controllen = CONTROL;
	}
}

struct socket_batch *socket_batch_new(unsigned max)
{
	struct socket_batch *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->max = max;
	b->heads = calloc(max, sizeof(*b->heads));
	b->got = calloc(max, sizeof(*b->got));
	b->places = calloc(max, sizeof(*b->places));
	if (!b->heads || !b->got || !b->places)
		return socket_batch_free(b);
	for (unsigned i = 0; i < max; i++) {
		struct place *p = &b->places[i];

		p->part = (struct iovec){ .iov_base = p->bytes, .iov_len = PACKET_MAX };
		b->heads[i].msg_hdr = (struct msghdr){
			.msg_name = &p->from, .msg_iov = &p->part, .msg_iovlen = 1, .msg_control = p->control
		};
	}
	make_ready(b, max);
	return b;
}

struct socket_batch *socket_batch_free(struct socket_batch *b)
{
	if (b) {
		free(b->heads);
		free(b->got);
		free(b->places);
	}
	free(b);
	return NULL;
}

static void read_address(struct net_addr *out, const struct sockaddr_in6 *from)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (from->sin6_family == AF_INET) {
		const struct sockaddr_in *v4 = (const void *)from;

		memcpy(out->ip, mapped, sizeof(mapped));
		memcpy(out->ip + 12, &v4->sin_addr, 4);
		out->port = ntohs(v4->sin_port);
	} else {
		memcpy(out->ip, &from->sin6_addr, 16);
		out->port = ntohs(from->sin6_port);
	}
}

/* UINT64_MAX: the kernel did not say. */
static uint64_t arrival_of(struct msghdr *head, const struct socket_clock *clock)
{
	struct timespec at;
	uint64_t real_us, ago_us;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(head); c; c = CMSG_NXTHDR(head, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&at, CMSG_DATA(c), sizeof(at));
		real_us = (uint64_t)at.tv_sec * 1000000u + (uint64_t)at.tv_nsec / 1000u;
		ago_us = clock->real_us > real_us ? clock->real_us - real_us : 0;
		return ago_us < clock->now_us ? clock->now_us - ago_us : clock->now_us;
	}
	return UINT64_MAX;
}

const struct datagram *socket_receive(
	struct socket_batch *b, int fd, const struct socket_clock *clock, unsigned *n)
{
	int got = recvmmsg(fd, b->heads, b->max, MSG_DONTWAIT, NULL);

	*n = 0;
	b->was_full = got == (int)b->max;
	if (got < 0) {
		if (errno != EAGAIN && errno != EINTR) {
			b->errors++;
			b->was_full = true; /* the error is taken; what waits behind it is not */
		}
		return b->got;
	}
	for (int i = 0; i < got; i++) {
		struct msghdr *head = &b->heads[i].msg_hdr;
		struct datagram *d = &b->got[*n];

		if (head->msg_flags & MSG_TRUNC)
			continue;
		d->p = b->places[i].bytes;
		d->len = b->heads[i].msg_len;
		d->arrival_us = arrival_of(head, clock);
		if (d->arrival_us == UINT64_MAX)
			d->arrival_us = clock->now_us;
		read_address(&d->from, &b->places[i].from);
		(*n)++;
	}
	make_ready(b, (unsigned)got);
	return b->got;
}

const struct datagram *socket_receive_one(struct socket_batch *b, int fd, const struct socket_clock *clock)
{
	struct msghdr *head = &b->heads[0].msg_hdr;
	struct datagram *d = &b->got[0];
	ssize_t len = recvmsg(fd, head, MSG_DONTWAIT);
	bool whole;

	b->was_full = false;
	if (len < 0) {
		b->was_full = errno != EAGAIN &&
			      errno != EINTR; /* the error is taken; what waits behind it is not */
		b->errors += b->was_full;
		return NULL;
	}
	whole = !(head->msg_flags & MSG_TRUNC);
	d->p = b->places[0].bytes;
	d->len = (size_t)len;
	d->arrival_us = arrival_of(head, clock);
	read_address(&d->from, &b->places[0].from);
	make_ready(b, 1);
	/* Who comes in the last few milliseconds is the youngest one: senders keep their distance. */
	b->was_full =
		!whole || d->arrival_us == UINT64_MAX || clock->now_us - d->arrival_us >= SOCKET_ALONE_US;
	if (d->arrival_us == UINT64_MAX)
		d->arrival_us = clock->now_us;
	return whole ? d : NULL;
}

bool socket_batch_was_full(const struct socket_batch *b)
{
	return b->was_full;
}

bool socket_send(int fd, bool ipv6, const struct net_addr *to, const uint8_t *p, size_t len)
{
	ssize_t sent;

	if (ipv6) {
		struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(to->port) };

		memcpy(&a.sin6_addr, to->ip, sizeof(to->ip));
		sent = sendto(fd, p, len, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&a, sizeof(a));
	} else {
		struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(to->port) };

		memcpy(&a.sin_addr, to->ip + 12, 4);
		sent = sendto(fd, p, len, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&a, sizeof(a));
	}
	return sent == (ssize_t)len;
}

bool socket_is_ipv6(int fd)
{
	int family = AF_INET;
	socklen_t len = sizeof(family);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len) == 0 && family == AF_INET6;
}

uint64_t socket_errors(const struct socket_batch *b)
{
	return b->errors;
}
