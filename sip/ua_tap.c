/* ua_tap.c - every message as it passes, both ways, to whoever wants to keep it (sip/tap.h). */
#include "sip/framing.h"
#include "sip/tap.h"
#include "sip/ua_nua.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sofia-sip/su.h>

/* Sofia has no hook for the bytes that it sends: its transports log them as formatted text, or mirror each packet to a socket, which
 * costs more than handling it.  But they send and receive through two small functions of its library, su_vsend() and su_vrecv(), which
 * nothing else there calls, and which a program may define itself: then the dynamic linker gives the library ours. */

enum { TAP_GATHER = 65536, TAP_STREAMS_MAX = 65536 };

struct tap_stream {                  /* of one connection */
	uint8_t peer_ip[16], ip[16]; /* whom we are connected with, and who that speaks for */
	uint8_t own_ip[16];
	uint16_t peer_port, port, own_port;
	enum tap_transport transport;
	struct framing rx, tx;
};

struct tap {
	struct ua *ua;               /* borrowed */
	struct tap_stream **streams; /* owned; by descriptor */
	size_t n_streams;
	char gather[TAP_GATHER]; /* a message in pieces */
};

/* Of the thread that runs this endpoint; there is no other way in: the library calls us without a word of its owner. */
static _Thread_local struct tap *tap;

enum call_err tap_open(struct ua *ua)
{
	if (!ua->config.on.on_message || tap)
		return CALL_OK; /* nobody wants to see them, or another endpoint of this thread has it */
	tap = calloc(1, sizeof(*tap));
	if (!tap)
		return CALL_NOMEM;
	tap->ua = ua;
	return CALL_OK;
}

static void stream_free(struct tap_stream *s)
{
	if (!s)
		return;
	framing_clear(&s->rx);
	framing_clear(&s->tx);
	free(s);
}

void tap_close(const struct ua *ua)
{
	if (!tap || tap->ua != ua)
		return;
	for (size_t i = 0; i < tap->n_streams; i++)
		stream_free(tap->streams[i]);
	free(tap->streams);
	free(tap);
	tap = NULL;
}

static void show(struct tap_message *m, const char *text, size_t len)
{
	const struct ua_config *c = &tap->ua->config;

	m->text = text;
	m->len = len;
	c->on.on_message(c->on.arg, m);
}

static void read_address(uint8_t ip[16], uint16_t *port, const su_sockaddr_t *su)
{
	if (su->su_family == AF_INET6) {
		memcpy(ip, &su->su_sin6.sin6_addr, 16);
	} else {
		memset(ip, 0, 16);
		ip[10] = ip[11] = 0xff;
		memcpy(ip + 12, &su->su_sin.sin_addr, 4);
	}
	*port = ntohs(su->su_port);
}

/* The first n bytes of the pieces, in one. */
static const char *gather(const su_iovec_t iov[], size_t n_iov, size_t n)
{
	size_t at = 0;

	if (n_iov && iov[0].siv_len >= n)
		return iov[0].siv_base;
	if (n > sizeof(tap->gather))
		return NULL;
	for (size_t i = 0; i < n_iov && at < n; i++) {
		const size_t piece = iov[i].siv_len < n - at ? iov[i].siv_len : n - at;

		memcpy(tap->gather + at, iov[i].siv_base, piece);
		at += piece;
	}
	return at == n ? tap->gather : NULL;
}

/* ---- streams ---- */

static struct tap_stream *stream_at(int fd)
{
	if (fd < 0 || fd >= TAP_STREAMS_MAX)
		return NULL;
	if ((size_t)fd >= tap->n_streams) {
		const size_t n = (size_t)fd + 64;
		struct tap_stream **more = realloc(tap->streams, n * sizeof(struct tap_stream *));

		if (!more)
			return NULL;
		memset(more + tap->n_streams, 0, (n - tap->n_streams) * sizeof(struct tap_stream *));
		tap->streams = more;
		tap->n_streams = n;
	}
	if (!tap->streams[fd])
		tap->streams[fd] = calloc(1, sizeof(struct tap_stream));
	return tap->streams[fd];
}

/* Our end of that socket. */
static void read_own(uint8_t ip[16], uint16_t *port, int fd)
{
	su_sockaddr_t su = { 0 };
	socklen_t len = sizeof(su);

	memset(ip, 0, 16);
	*port = 0;
	if (getsockname(fd, &su.su_sa, &len) == 0)
		read_address(ip, port, &su);
}

/* Where others see us who come through the relay: its door's number is that of a listener's. */
static void read_door(struct tap_stream *s)
{
	for (size_t i = 0; i < tap->ua->n_listeners; i++) {
		const struct listener *at = &tap->ua->listeners[i];
		char host[UA_SOURCE];

		if (!at->tls || at->port != s->own_port)
			continue;
		snprintf(host, sizeof(host), "%.*s", (int)strcspn(at->public + (at->public[0] == '['), "]"),
			at->public + (at->public[0] == '['));
		trunk_address_parse(s->own_ip, host);
		s->own_port = (uint16_t)at->public_port;
		return;
	}
}

/* A connection of the TLS relay is shown as with whom is behind it. */
static void look_behind(struct tap_stream *s)
{
	const struct ua_config *c = &tap->ua->config;
	struct ua_behind behind = { .n_names = 0 };
	const char *colon;

	if (!c->behind || !c->behind(c->on.arg, s->peer_port, &behind))
		return;
	colon = strrchr(behind.source, ':');
	memcpy(s->ip, behind.ip, sizeof(s->ip));
	s->port = colon ? (uint16_t)strtoul(colon + 1, NULL, 10) : 0;
	s->transport = TAP_TLS;
	read_door(s);
}

/* NULL: no connection, or no memory. */
static struct tap_stream *stream_of(int fd)
{
	su_sockaddr_t su = { 0 };
	socklen_t len = sizeof(su);
	uint8_t ip[16];
	uint16_t port;
	struct tap_stream *s;

	if (getpeername(fd, &su.su_sa, &len) < 0)
		return NULL;
	read_address(ip, &port, &su);
	s = stream_at(fd);
	if (!s || (s->peer_port == port && memcmp(s->peer_ip, ip, sizeof(ip)) == 0))
		return s;
	framing_clear(&s->rx); /* new, or the descriptor was used for somebody else */
	framing_clear(&s->tx);
	memcpy(s->peer_ip, ip, sizeof(ip));
	memcpy(s->ip, ip, sizeof(ip));
	s->peer_port = s->port = port;
	s->transport = TAP_TCP;
	read_own(s->own_ip, &s->own_port, fd);
	if (ip[12] == 127)
		look_behind(s);
	return s;
}

static void show_whole(void *arg, const char *text, size_t len)
{
	show(arg, text, len);
}

static void stream_bytes(int fd, const char *bytes, size_t n, bool rx)
{
	struct tap_stream *s = stream_of(fd);
	struct tap_message m = { .rx = rx };

	if (!s || !bytes)
		return;
	m.transport = s->transport;
	memcpy(m.ip, s->ip, sizeof(m.ip));
	m.port = s->port;
	memcpy(m.own_ip, s->own_ip, sizeof(m.own_ip));
	m.own_port = s->own_port;
	framing_feed(rx ? &s->rx : &s->tx, bytes, n, show_whole, &m);
}

static void stream_ended(int fd)
{
	if (fd < 0 || (size_t)fd >= tap->n_streams)
		return;
	stream_free(tap->streams[fd]);
	tap->streams[fd] = NULL;
}

/* ---- what Sofia calls ---- */

static bool is_datagram(int fd)
{
	for (size_t i = 0; i < tap->ua->n_listeners; i++)
		for (size_t k = 0; k < UA_FDS; k++)
			if (tap->ua->listeners[i].fds[k] == fd)
				return true; /* those that listen carry no stream */
	return false;
}

static void passed(int fd, const su_iovec_t iov[], size_t n_iov, size_t n, const su_sockaddr_t *su, bool rx)
{
	struct tap_message m = { .rx = rx, .transport = TAP_UDP };
	const char *bytes = gather(iov, n_iov, n);

	if (!is_datagram(fd)) {
		stream_bytes(fd, bytes, n, rx);
	} else if (bytes && su) {
		read_address(m.ip, &m.port, su);
		read_own(m.own_ip, &m.own_port, fd);
		show(&m, bytes, n);
	}
}

issize_t su_vsend(su_socket_t s, su_iovec_t const iov[], isize_t iovlen, int flags, su_sockaddr_t const *su,
	socklen_t sulen)
{
	struct msghdr hdr = { .msg_name = (void *)(uintptr_t)su,
		.msg_namelen = sulen,
		.msg_iov = (struct iovec *)(uintptr_t)iov,
		.msg_iovlen = (size_t)iovlen };
	ssize_t n;

	do
		n = sendmsg(s, &hdr, flags);
	while (n < 0 && errno == EINTR);
	if (tap && n > 0) {
		const int saved = errno;

		passed(s, iov, (size_t)iovlen, (size_t)n, su, false);
		errno = saved;
	}
	return (issize_t)n;
}

issize_t su_vrecv(
	su_socket_t s, su_iovec_t iov[], isize_t iovlen, int flags, su_sockaddr_t *su, socklen_t *sulen)
{
	struct msghdr hdr = { .msg_name = su,
		.msg_namelen = su && sulen ? *sulen : 0,
		.msg_iov = (struct iovec *)iov,
		.msg_iovlen = (size_t)iovlen };
	ssize_t n;

	do
		n = recvmsg(s, &hdr, flags);
	while (n < 0 && errno == EINTR);
	if (su && sulen)
		*sulen = hdr.msg_namelen;
	if (tap && !(flags & MSG_PEEK)) {
		const int saved = errno;

		if (n > 0)
			passed(s, iov, (size_t)iovlen, (size_t)n, su, true);
		else if (n == 0)
			stream_ended(s);
		errno = saved;
	}
	return (issize_t)n;
}
