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

struct part {
	struct port_range range;
	size_t next; /* pair tried first by the next ports_take() */
};

struct pair {
	bool taken; /* by us */
	bool kept;  /* in somebody's part */
};

struct ports {
	union any_address listen; /* port 0 */
	socklen_t listen_len;
	uint16_t first; /* even */
	size_t n_pairs, used;
	struct part whole, *parts; /* `parts` owned */
	size_t n_parts;
	struct pair pairs[];
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
	p = calloc(1, sizeof(*p) + n_pairs * sizeof(p->pairs[0]));
	if (!p)
		return BRIDGE_NOMEM;
	p->first = (uint16_t)even;
	p->n_pairs = n_pairs;
	p->whole.range = (struct port_range){ first, last };
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
	if (p)
		free(p->parts);
	free(p);
	return NULL;
}

/* Is the i-th pair wholly in there? */
static bool within(const struct ports *p, size_t i, const struct port_range *range)
{
	const size_t port = p->first + 2 * i;

	return port >= range->first && port + 1 <= range->last;
}

enum bridge_err ports_part(struct ports *p, const struct port_range *parts, size_t n)
{
	struct part *fresh = calloc(n + 1, sizeof(*fresh));

	if (!fresh)
		return BRIDGE_NOMEM;
	for (size_t i = 0; i < n; i++) {
		fresh[i].range = parts[i];
		for (size_t k = 0; k < p->n_parts; k++)
			if (memcmp(&p->parts[k].range, &parts[i], sizeof(parts[i])) == 0)
				fresh[i] = p->parts[k];
	}
	for (size_t at = 0; at < p->n_pairs; at++) {
		p->pairs[at].kept = false;
		for (size_t i = 0; i < n; i++)
			p->pairs[at].kept = p->pairs[at].kept || within(p, at, &parts[i]);
	}
	free(p->parts);
	p->parts = fresh;
	p->n_parts = n;
	return BRIDGE_OK;
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
	out->rtp_fd = rtp_fd;
	out->rtcp_fd = rtcp_fd;
	out->rtp_port = port;
	return true;
}

static bool belongs(const struct ports *p, size_t at, const struct port_range *part)
{
	return part ? within(p, at, part) : !p->pairs[at].kept;
}

enum bridge_err ports_take(struct ports *p, const struct port_range *part, struct port_pair *out)
{
	struct part *from = &p->whole;

	*out = (struct port_pair){ .rtp_fd = -1, .rtcp_fd = -1 };
	for (size_t i = 0; part && i < p->n_parts; i++)
		if (memcmp(&p->parts[i].range, part, sizeof(*part)) == 0)
			from = &p->parts[i];
	for (size_t i = 0; i < p->n_pairs; i++) {
		size_t at = (from->next + i) % p->n_pairs;

		if (p->pairs[at].taken || !belongs(p, at, part))
			continue;
		if (open_pair(p, (uint16_t)(p->first + 2 * at), out)) {
			out->of = p;
			p->pairs[at].taken = true;
			p->used++;
			from->next = (at + 1) % p->n_pairs;
			return BRIDGE_OK;
		}
		if (errno != EADDRINUSE && errno != EACCES)
			return BRIDGE_FILE;
	}
	return BRIDGE_FULL;
}

void ports_give(struct port_pair *pair)
{
	struct ports *p = pair->of;
	const size_t at = p ? (size_t)(pair->rtp_port - p->first) / 2 : 0;

	if (pair->shared) {
		*pair = (struct port_pair){ .rtp_fd = -1, .rtcp_fd = -1 };
		return;
	}
	if (pair->rtp_fd >= 0)
		close(pair->rtp_fd);
	if (pair->rtcp_fd >= 0)
		close(pair->rtcp_fd);
	if (p && at < p->n_pairs && p->pairs[at].taken) {
		p->pairs[at].taken = false;
		p->used--;
	}
	*pair = (struct port_pair){ .rtp_fd = -1, .rtcp_fd = -1 };
}

struct ports_count ports_count(const struct ports *p, const struct port_range *part)
{
	struct ports_count count = { 0, 0 };

	for (size_t at = 0; at < p->n_pairs; at++)
		if (belongs(p, at, part)) {
			count.all++;
			count.used += p->pairs[at].taken;
		}
	return count;
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
