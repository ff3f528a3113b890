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

struct socket_batch {
	struct mmsghdr heads[SOCKET_BATCH];
	struct iovec parts[SOCKET_BATCH];
	struct sockaddr_in6 from[SOCKET_BATCH]; /* room for either family */
	struct datagram got[SOCKET_BATCH];
	uint64_t errors;
	bool was_full;
	_Alignas(struct cmsghdr) uint8_t control[SOCKET_BATCH][CONTROL];
	uint8_t bytes[SOCKET_BATCH][PACKET_MAX];
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
		b->heads[i].msg_hdr.msg_namelen = sizeof(b->from[i]);
		b->heads[i].msg_hdr.msg_controllen = CONTROL;
	}
}

struct socket_batch *socket_batch_new(void)
{
	struct socket_batch *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	for (unsigned i = 0; i < SOCKET_BATCH; i++) {
		b->parts[i] = (struct iovec){ .iov_base = b->bytes[i], .iov_len = PACKET_MAX };
		b->heads[i].msg_hdr = (struct msghdr){ .msg_name = &b->from[i],
			.msg_iov = &b->parts[i],
			.msg_iovlen = 1,
			.msg_control = b->control[i] };
	}
	make_ready(b, SOCKET_BATCH);
	return b;
}

struct socket_batch *socket_batch_free(struct socket_batch *b)
{
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
	int got = recvmmsg(fd, b->heads, SOCKET_BATCH, MSG_DONTWAIT, NULL);

	*n = 0;
	b->was_full = got == SOCKET_BATCH;
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
		d->p = b->bytes[i];
		d->len = b->heads[i].msg_len;
		d->arrival_us = arrival_of(head, clock);
		if (d->arrival_us == UINT64_MAX)
			d->arrival_us = clock->now_us;
		read_address(&d->from, &b->from[i]);
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
	d->p = b->bytes[0];
	d->len = (size_t)len;
	d->arrival_us = arrival_of(head, clock);
	read_address(&d->from, &b->from[0]);
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
