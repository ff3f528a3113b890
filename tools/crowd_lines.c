#include "tools/crowd_lines.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOCKET_BUFFER = 4 << 20 };

bool crowd_lines_at(
	struct crowd_lines *l, struct in_addr ip, struct sockaddr_in *at, char *why, size_t why_cap)
{
	for (unsigned i = 0; i < l->n; i++) {
		if (l->items[i].at.sin_addr.s_addr == ip.s_addr) {
			*at = l->items[i].at;
			return true;
		}
	}
	if (l->n == CROWD_LINES) {
		snprintf(why, why_cap, "more than %d source addresses", CROWD_LINES);
		return false;
	}
	int size = SOCKET_BUFFER, fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(*at);
	*at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = ip };
	if (fd < 0 || bind(fd, (struct sockaddr *)at, len) != 0 ||
		getsockname(fd, (struct sockaddr *)at, &len) != 0) {
		snprintf(why, why_cap, "no SIP socket: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	l->items[l->n].fd = fd;
	l->items[l->n++].at = *at;
	return true;
}

void crowd_lines_post(
	const struct crowd_lines *l, const struct sockaddr_in *from, const struct crowd_outbox *out)
{
	for (unsigned k = 0; k < l->n; k++) {
		if (l->items[k].at.sin_addr.s_addr != from->sin_addr.s_addr)
			continue;
		for (unsigned i = 0; i < out->n; i++)
			(void)sendto(l->items[k].fd, out->items[i].text, out->items[i].len, 0,
				(const struct sockaddr *)&out->items[i].to, sizeof(out->items[i].to));
	}
}

ssize_t crowd_lines_read(
	const struct crowd_lines *l, unsigned i, char *bytes, size_t cap, struct sockaddr_in *from)
{
	socklen_t len = sizeof(*from);

	return recvfrom(l->items[i].fd, bytes, cap, 0, (struct sockaddr *)from, &len);
}

void crowd_lines_refuse(
	const struct crowd_lines *l, unsigned i, const struct crowd_message *m, const struct sockaddr_in *to)
{
	char text[CROWD_MESSAGE];
	bool options = crowd_span_is(m->method, "OPTIONS");

	if (crowd_span_is(m->method, "ACK"))
		return;
	size_t n = crowd_reply_write(text, sizeof(text), m, options ? 200 : 481,
		options ? "OK" : "Call/Transaction Does Not Exist", "crowd", NULL, NULL);
	(void)sendto(l->items[i].fd, text, n, 0, (const struct sockaddr *)to, sizeof(*to));
}

void crowd_lines_close(struct crowd_lines *l)
{
	for (unsigned i = 0; i < l->n; i++)
		close(l->items[i].fd);
	l->n = 0;
}
