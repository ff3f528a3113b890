#include "bridge/outbox.h"

#include "bridge/socket.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

union to {
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct outbox {
	int fd; /* borrowed */
	bool ipv6;
	unsigned n;
	struct mmsghdr heads[OUTBOX_PACKETS];
	struct iovec parts[OUTBOX_PACKETS];
	union to to[OUTBOX_PACKETS];
	uint8_t bytes[OUTBOX_PACKETS][OUTBOX_BYTES];
};

struct outbox *outbox_alloc(int fd, bool ipv6)
{
	struct outbox *box = calloc(1, sizeof(*box));

	if (!box)
		return NULL;
	box->fd = fd;
	box->ipv6 = ipv6;
	for (unsigned i = 0; i < OUTBOX_PACKETS; i++) {
		box->parts[i].iov_base = box->bytes[i];
		box->heads[i].msg_hdr = (struct msghdr){ .msg_name = &box->to[i],
			.msg_namelen = ipv6 ? sizeof(box->to[i].v6) : sizeof(box->to[i].v4),
			.msg_iov = &box->parts[i],
			.msg_iovlen = 1 };
	}
	return box;
}

struct outbox *outbox_free(struct outbox *box)
{
	free(box);
	return NULL;
}

/* Nothing is tried twice: by then it would be late. */
unsigned outbox_flush(struct outbox *box)
{
	unsigned done = 0, refused = 0;

	while (done < box->n) {
		int sent = sendmmsg(box->fd, box->heads + done, box->n - done, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0) { /* the first of them is at fault */
			refused++;
			sent = 1;
		}
		done += (unsigned)sent;
	}
	box->n = 0;
	return refused;
}

static void address(union to *out, bool ipv6, const struct net_addr *to)
{
	if (ipv6) {
		out->v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(to->port) };
		memcpy(&out->v6.sin6_addr, to->ip, sizeof(to->ip));
	} else {
		out->v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(to->port) };
		memcpy(&out->v4.sin_addr, to->ip + sizeof(to->ip) - sizeof(out->v4.sin_addr),
			sizeof(out->v4.sin_addr));
	}
}

unsigned outbox_put(struct outbox *box, const struct net_addr *to, const uint8_t *p, size_t len)
{
	unsigned refused = 0;

	if (box->n == OUTBOX_PACKETS || len > OUTBOX_BYTES)
		refused = outbox_flush(box);
	if (len > OUTBOX_BYTES)
		return refused + !socket_send(box->fd, box->ipv6, to, p, len);
	address(&box->to[box->n], box->ipv6, to);
	memcpy(box->bytes[box->n], p, len);
	box->parts[box->n].iov_len = len;
	box->n++;
	return refused;
}
