#include "bridge/ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	RECEIVE_BYTES = 128 << 10, /* some hundred packets: seconds of one leg */
	DSCP_EF = 46 << 2          /* RFC 3246: voice; TOS byte */
};

union any_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct ports {
	union any_address listen; /* port 0 */
	socklen_t listen_len;
	uint16_t first; /* even */
	size_t n_pairs, used;
	size_t next;  /* pair tried first by the next ports_take() */
	bool taken[]; /* by us, per pair */
};

static void set_port(union any_address *a, uint16_t port)
{
	if (a->any.sa_family == AF_INET)
		a->v4.sin_port = htons(port);
	else
		a->v6.sin6_port = htons(port);
}

/* -1 with errno: no such socket. */
static int open_socket(const struct ports *p, uint16_t port)
{
	union any_address a = p->listen;
	/* Don't Fragment, whatever the path is thought to bear: the kernel then draws no number for fragments. */
	const int on = 1, off = 0, bytes = RECEIVE_BYTES, tos = DSCP_EF, whole = IP_PMTUDISC_PROBE;
	int fd = socket(a.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	set_port(&a, port);
	/* Wishes: without them sound still flows. */
	(void)setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (a.any.sa_family == AF_INET) {
		(void)setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
		(void)setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &whole, sizeof(whole));
	} else {
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	}
	if (bind(fd, &a.any, p->listen_len) < 0) {
		int why = errno;

		close(fd);
		errno = why;
		return -1;
	}
	return fd;
}

static bool read_literal(struct ports *p, const char *listen)
{
	if (inet_pton(AF_INET, listen, &p->listen.v4.sin_addr) == 1) {
		p->listen.any.sa_family = AF_INET;
		p->listen_len = sizeof(p->listen.v4);
		return true;
	}
	if (inet_pton(AF_INET6, listen, &p->listen.v6.sin6_addr) == 1) {
		p->listen.any.sa_family = AF_INET6;
		p->listen_len = sizeof(p->listen.v6);
		return true;
	}
	return false;
}

enum bridge_err ports_alloc(struct ports **out, const char *listen, uint16_t first, uint16_t last)
{
	unsigned even = first + (first & 1u);
	size_t n_pairs = first > 0 && even < last ? (last - even + 1u) / 2u : 0;
	struct ports *p;
	int probe;

	if (n_pairs == 0)
		return BRIDGE_RANGE;
	p = calloc(1, sizeof(*p) + n_pairs * sizeof(p->taken[0]));
	if (!p)
		return BRIDGE_NOMEM;
	p->first = (uint16_t)even;
	p->n_pairs = n_pairs;
	probe = read_literal(p, listen) ? open_socket(p, 0) : -1;
	if (probe < 0) {
		ports_free(p);
		return BRIDGE_RANGE;
	}
	close(probe);
	*out = p;
	return BRIDGE_OK;
}

struct ports *ports_free(struct ports *p)
{
	free(p);
	return NULL;
}

/* Both sockets of one pair, or none. */
static bool open_pair(const struct ports *p, uint16_t port, struct port_pair *out)
{
	int rtp_fd = open_socket(p, port), rtcp_fd, why;

	if (rtp_fd < 0)
		return false;
	rtcp_fd = open_socket(p, (uint16_t)(port + 1));
	if (rtcp_fd < 0) {
		why = errno;
		close(rtp_fd);
		errno = why;
		return false;
	}
	*out = (struct port_pair){ .rtp_fd = rtp_fd, .rtcp_fd = rtcp_fd, .rtp_port = port };
	return true;
}

enum bridge_err ports_take(struct ports *p, struct port_pair *out)
{
	*out = (struct port_pair){ .rtp_fd = -1, .rtcp_fd = -1 };
	for (size_t i = 0; i < p->n_pairs; i++) {
		size_t at = (p->next + i) % p->n_pairs;

		if (p->taken[at])
			continue;
		if (open_pair(p, (uint16_t)(p->first + 2 * at), out)) {
			p->taken[at] = true;
			p->used++;
			p->next = (at + 1) % p->n_pairs;
			return BRIDGE_OK;
		}
		if (errno != EADDRINUSE && errno != EACCES)
			return BRIDGE_FILE;
	}
	return BRIDGE_FULL;
}

void ports_give(struct ports *p, struct port_pair *pair)
{
	size_t at = (size_t)(pair->rtp_port - p->first) / 2;

	if (pair->shared) {
		*pair = (struct port_pair){ .rtp_fd = -1, .rtcp_fd = -1 };
		return;
	}
	if (pair->rtp_fd >= 0)
		close(pair->rtp_fd);
	if (pair->rtcp_fd >= 0)
		close(pair->rtcp_fd);
	if (pair->rtp_port >= p->first && at < p->n_pairs && p->taken[at]) {
		p->taken[at] = false;
		p->used--;
	}
	*pair = (struct port_pair){ .rtp_fd = -1, .rtcp_fd = -1 };
}

size_t ports_used(const struct ports *p)
{
	return p->used;
}

size_t ports_widen(const struct port_pair *pair, size_t bytes)
{
	const int wish = (int)bytes;
	int is = 0;
	socklen_t len = sizeof(is);

	/* Beyond net.core.rmem_max with CAP_NET_ADMIN only. */
	if (setsockopt(pair->rtp_fd, SOL_SOCKET, SO_RCVBUFFORCE, &wish, sizeof(wish)) != 0)
		(void)setsockopt(pair->rtp_fd, SOL_SOCKET, SO_RCVBUF, &wish, sizeof(wish));
	return getsockopt(pair->rtp_fd, SOL_SOCKET, SO_RCVBUF, &is, &len) == 0 && is > 0 ? (size_t)is : 0;
}
