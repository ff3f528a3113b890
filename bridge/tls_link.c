/* tls_link.c - one connection: its handshake, bytes both ways between the far end and our own endpoint, its end. */
#include "bridge/tls_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { DEAD_MS = 20000 }; /* unacknowledged for so long: nobody is there any more */

/* ---- its beginning and end ---- */

struct tls_link *tls_link_find(const struct tls *t, uint16_t port)
{
	struct tls_link *l = port ? t->buckets[port % TLS_BUCKETS] : NULL;

	while (l && l->port != port)
		l = l->next_in_bucket;
	return l;
}

static void forget(struct tls_link *l)
{
	struct tls *t = l->tls;
	struct tls_link **at = &t->buckets[l->port % TLS_BUCKETS];

	pthread_mutex_lock(&t->lock);
	while (l->port && *at && *at != l)
		at = &(*at)->next_in_bucket;
	if (l->port && *at)
		*at = l->next_in_bucket;
	*l->prev = l->next;
	if (l->next)
		l->next->prev = l->prev;
	t->n_links--;
	pthread_mutex_unlock(&t->lock);
}

void tls_link_free(struct tls_link *l)
{
	forget(l);
	if (l->way)
		tls_way_closed(l->tls, l->way);
	if (l->state == TLS_LINK_OPEN && l->ssl)
		SSL_shutdown(l->ssl); /* one way, as far as the socket takes it */
	ERR_clear_error();
	SSL_free(l->ssl);
	close(l->net_fd);
	if (l->broken && l->plain_fd >= 0) /* tells the endpoint at once that what waits will not arrive */
		setsockopt(
			l->plain_fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger));
	if (l->plain_fd >= 0)
		close(l->plain_fd);
	OPENSSL_cleanse(&l->in, sizeof(l->in));
	OPENSSL_cleanse(&l->out, sizeof(l->out));
	free(l);
}

static void watch(struct tls_link *l, int fd, uint32_t *have, uint32_t want)
{
	struct epoll_event e = { .events = want, .data.ptr = l };

	if (fd < 0)
		return;
	if (*have != want)
		epoll_ctl(l->tls->epoll_fd, EPOLL_CTL_MOD, fd, &e);
	*have = want;
}

static bool is_crowded(const struct tls *t, const uint8_t ip[16])
{
	unsigned strangers = 0;

	for (const struct tls_link *l = t->links; l; l = l->next)
		strangers += l->door && !atomic_load(&l->known) && memcmp(l->peer.ip, ip, 16) == 0;
	return t->n_links >= TLS_CONNECTIONS || strangers >= TLS_PER_SOURCE;
}

static struct tls_link *link_new(struct tls *t, int net_fd, int plain_fd, uint64_t at_ms)
{
	struct tls_link *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->watched.kind = TLS_LINK;
	l->tls = t;
	l->net_fd = net_fd;
	l->plain_fd = plain_fd;
	l->since_ms = l->moved_ms = l->sent_ms = at_ms;
	return l;
}

static void enlist(struct tls_link *l) /* under the lock */
{
	struct tls *t = l->tls;

	l->next = t->links;
	l->prev = &t->links;
	if (l->next)
		l->next->prev = &l->next;
	t->links = l;
	t->n_links++;
}

static bool is_watched(const struct tls_link *l, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = (void *)(uintptr_t)l };

	return epoll_ctl(l->tls->epoll_fd, EPOLL_CTL_ADD, fd, &e) == 0;
}

static SSL_CTX *ctx_of(const struct tls *t, const struct tls_door *door)
{
	return door->asks ? t->ctx_asks : t->ctx;
}

struct tls_link *tls_link_in(
	struct tls *t, struct tls_door *door, int fd, const struct sockaddr_storage *from, uint64_t at_ms)
{
	struct tls_link *l = link_new(t, fd, -1, at_ms);
	bool crowded;
	SSL_CTX *ctx;

	if (!l)
		return NULL;
	l->door = door;
	l->state = door->clear_too ? TLS_LINK_GREETING : TLS_LINK_HANDSHAKE;
	l->net_events = EPOLLIN;
	tls_names_source(&l->peer, from);
	pthread_mutex_lock(&t->lock);
	l->round = t->round;
	crowded = is_crowded(t, l->peer.ip);
	ctx = ctx_of(t, door);
	l->ssl = !ctx || crowded ? NULL : SSL_new(ctx);
	if (crowded || (l->ssl ? SSL_set_fd(l->ssl, fd) != 1 : !door->clear_too) ||
		!is_watched(l, fd, EPOLLIN)) {
		pthread_mutex_unlock(&t->lock);
		SSL_free(l->ssl);
		free(l);
		return NULL;
	}
	enlist(l);
	pthread_mutex_unlock(&t->lock);
	return l;
}

/* ---- a connection out ---- */

static int connect_out(const struct tls_way *w)
{
	const int fd = socket(w->to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
	const unsigned dead_ms = DEAD_MS;
	struct sockaddr_storage from;
	socklen_t len;

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead_ms, sizeof(dead_ms));
	if (w->from[0] && tls_address(&from, &len, w->from, 0) && from.ss_family == w->to.ss_family &&
		bind(fd, (struct sockaddr *)&from, len) != 0)
		goto fail;
	if (connect(fd, (const struct sockaddr *)&w->to, w->to_len) == 0 || errno == EINPROGRESS)
		return fd;
fail:;
	const int why = errno;

	close(fd);
	errno = why;
	return -1;
}

struct tls_link *tls_link_out(struct tls *t, struct tls_way *way, int plain_fd, uint64_t at_ms)
{
	SSL *ssl = tls_way_ssl(t, way);
	const int fd = ssl ? connect_out(way) : -1;
	struct tls_link *l = fd < 0 ? NULL : link_new(t, fd, plain_fd, at_ms);

	if (ssl && fd < 0)
		tls_way_failed(t, way, strerror(errno));
	if (!l || SSL_set_fd(ssl, fd) != 1 || !is_watched(l, fd, EPOLLOUT) ||
		!is_watched(l, plain_fd, EPOLLIN)) {
		SSL_free(ssl);
		if (fd >= 0)
			close(fd);
		free(l);
		return NULL;
	}
	l->way = way;
	l->ssl = ssl;
	SSL_set_app_data(ssl, l);
	l->net_events = EPOLLOUT;
	l->plain_events = EPOLLIN;
	atomic_store(&l->known, true);
	pthread_mutex_lock(&t->lock);
	l->peer = way->peer;
	way->n_links++;
	enlist(l);
	pthread_mutex_unlock(&t->lock);
	return l;
}

/* ---- its opening ---- */

/* The loopback half; whoever asks by its port knows who is behind it before its first byte is there. */
static bool hand_on(struct tls_link *l)
{
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(from);
	struct tls *t = l->tls;
	const int one = 1;
	X509 *shown;

	l->plain_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->plain_fd < 0 || bind(l->plain_fd, (struct sockaddr *)&from, len) != 0 ||
		(connect(l->plain_fd, (const struct sockaddr *)&l->door->to, l->door->to_len) != 0 &&
			errno != EINPROGRESS) ||
		getsockname(l->plain_fd, (struct sockaddr *)&from, &len) != 0 ||
		!is_watched(l, l->plain_fd, 0))
		return false;
	setsockopt(l->plain_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	shown = l->ssl && SSL_get_verify_result(l->ssl) == X509_V_OK ? SSL_get1_peer_certificate(l->ssl)
								     : NULL;
	tls_names(&l->peer, shown);
	X509_free(shown);
	pthread_mutex_lock(&t->lock);
	l->port = ntohs(from.sin_port);
	l->next_in_bucket = t->buckets[l->port % TLS_BUCKETS];
	t->buckets[l->port % TLS_BUCKETS] = l;
	pthread_mutex_unlock(&t->lock);
	return true;
}

/* What the answer of OpenSSL, or of the socket, means: false, this side is over. */
static bool goes_on(struct tls_link *l, int result)
{
	const int error = l->ssl ? SSL_get_error(l->ssl, result) : SSL_ERROR_NONE;

	if (!l->ssl)
		return result < 0 && (errno == EAGAIN || errno == EINTR);
	switch (error) {
	case SSL_ERROR_WANT_READ: return true;
	case SSL_ERROR_WANT_WRITE: l->wants_write = true; return true;
	default: break;
	}
	if (l->way && (error != SSL_ERROR_ZERO_RETURN || l->state != TLS_LINK_OPEN)) {
		l->broken = true;
		tls_way_broken(l, error);
	}
	ERR_clear_error();
	return false;
}

static void finish_connect(struct tls_link *l)
{
	struct sockaddr_storage there;
	socklen_t len = sizeof(int), there_len = sizeof(there);
	int error = 0;

	if (getsockopt(l->net_fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	if (!error && getpeername(l->net_fd, (struct sockaddr *)&there, &there_len) != 0)
		return; /* not yet */
	if (error) {
		tls_way_failed(l->tls, l->way, strerror(error));
		l->broken = l->dead = true;
	} else {
		l->state = TLS_LINK_HANDSHAKE;
	}
}

/* Without a handshake record first, they speak in the clear. */
static void greet(struct tls_link *l)
{
	enum { HANDSHAKE_RECORD = 22 };
	uint8_t first;
	const ssize_t n = recv(l->net_fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == 1 && first == HANDSHAKE_RECORD) {
		l->state = TLS_LINK_HANDSHAKE;
		l->dead = !l->ssl; /* we have lost our certificate */
		return;
	}
	SSL_free(l->ssl);
	l->ssl = NULL;
	l->state = TLS_LINK_OPEN;
	l->dead = n < 1 || !hand_on(l);
}

static void shake_hands(struct tls_link *l)
{
	const int result = l->way ? SSL_connect(l->ssl) : SSL_accept(l->ssl);

	if (result != 1) {
		l->dead = !goes_on(l, result);
		return;
	}
	if (!l->way && !hand_on(l)) {
		l->dead = true;
		return;
	}
	l->state = TLS_LINK_OPEN;
	if (l->way)
		tls_way_opened(l->tls, l->way, l->ssl);
}

/* ---- bytes; each of these says whether some have moved ---- */

/* Empty lines keep a connection alive, and are no use of it. */
static bool says_something(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != '\r' && p[i] != '\n')
			return true;
	return false;
}

static int net_read(struct tls_link *l, uint8_t *out, int cap)
{
	return l->ssl ? SSL_read(l->ssl, out, cap) : (int)recv(l->net_fd, out, (size_t)cap, MSG_DONTWAIT);
}

static int net_write(struct tls_link *l, const uint8_t *p, int n)
{
	ssize_t sent;

	if (l->ssl)
		return SSL_write(l->ssl, p, n);
	sent = send(l->net_fd, p, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
	l->wants_write = sent < 0 && errno == EAGAIN;
	return (int)sent;
}

static bool from_net(struct tls_link *l, uint64_t at_ms)
{
	int n;

	if (l->in.n == TLS_BUFFER || l->net_over)
		return false;
	n = net_read(l, l->in.bytes + l->in.n, (int)(TLS_BUFFER - l->in.n));
	if (n > 0) {
		if (!l->way || says_something(l->in.bytes + l->in.n, (size_t)n))
			l->moved_ms = at_ms;
		l->in.n += (size_t)n;
	} else if (!goes_on(l, n)) {
		l->net_over = true;
	}
	return n > 0;
}

static bool to_net(struct tls_link *l, uint64_t at_ms)
{
	int n;

	if (l->out.at == l->out.n)
		return false;
	n = net_write(l, l->out.bytes + l->out.at, (int)(l->out.n - l->out.at));
	if (n > 0) {
		l->out.at += (size_t)n;
		l->sent_ms = at_ms;
	} else if (!goes_on(l, n)) {
		l->dead = true;
	}
	if (l->out.at == l->out.n)
		l->out.at = l->out.n = 0;
	return n > 0;
}

static bool from_plain(struct tls_link *l, uint64_t at_ms)
{
	ssize_t n;

	if (l->out.n == TLS_BUFFER || l->plain_over)
		return false;
	n = recv(l->plain_fd, l->out.bytes + l->out.n, TLS_BUFFER - l->out.n, MSG_DONTWAIT);
	if (n > 0) {
		if (says_something(l->out.bytes + l->out.n, (size_t)n))
			l->moved_ms = at_ms;
		tls_via(&l->via, l->out.bytes + l->out.n, (size_t)n);
		l->out.n += (size_t)n;
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR && errno != ENOTCONN)) {
		l->plain_over = true;
	}
	return n > 0;
}

static bool to_plain(struct tls_link *l)
{
	ssize_t n;

	if (l->in.at == l->in.n)
		return false;
	n = send(l->plain_fd, l->in.bytes + l->in.at, l->in.n - l->in.at, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0)
		l->in.at += (size_t)n;
	else if (errno != EAGAIN && errno != EINTR && errno != ENOTCONN)
		l->dead = true;
	if (l->in.at == l->in.n)
		l->in.at = l->in.n = 0;
	return n > 0;
}

static void watch_both(struct tls_link *l)
{
	const bool open = l->state == TLS_LINK_OPEN;
	uint32_t net = 0, plain = 0;

	if (l->state == TLS_LINK_CONNECTING)
		net = EPOLLOUT;
	else if (!open || (l->in.n < TLS_BUFFER && !l->net_over))
		net = EPOLLIN;
	if (l->wants_write)
		net |= EPOLLOUT;
	if (l->out.n < TLS_BUFFER && !l->plain_over)
		plain = EPOLLIN;
	if (open && l->in.n)
		plain |= EPOLLOUT;
	watch(l, l->net_fd, &l->net_events, net);
	watch(l, l->plain_fd, &l->plain_events, plain);
}

void tls_link_run(struct tls_link *l, uint64_t at_ms)
{
	bool moved = true;

	l->wants_write = false;
	if (l->state == TLS_LINK_CONNECTING)
		finish_connect(l);
	if (l->state == TLS_LINK_GREETING)
		greet(l);
	if (l->state == TLS_LINK_HANDSHAKE && !l->dead)
		shake_hands(l);
	while (l->state == TLS_LINK_OPEN && moved && !l->dead) {
		moved = from_net(l, at_ms);
		moved = to_plain(l) || moved;
		moved = from_plain(l, at_ms) || moved;
		moved = to_net(l, at_ms) || moved;
	}
	while (l->way && l->state != TLS_LINK_OPEN && from_plain(l, at_ms))
		; /* waits for the handshake */
	if ((l->net_over && l->in.n == 0) || (l->plain_over && (l->out.n == 0 || l->state != TLS_LINK_OPEN)))
		l->dead = true;
	if (!l->dead)
		watch_both(l);
}

/* ---- its time ---- */

static void ping(struct tls_link *l, uint64_t at_ms)
{
	static const char empty_lines[] = "\r\n\r\n";

	if (at_ms - l->sent_ms < atomic_load(&l->tls->ping_ms) || l->out.n || !tls_via_between(&l->via))
		return;
	memcpy(l->out.bytes, empty_lines, sizeof(empty_lines) - 1);
	l->out.n = sizeof(empty_lines) - 1;
	tls_link_run(l, at_ms);
}

/* Its certificates are not those in force, its calls are over, and what was asked last has its answer. */
static bool is_retired(const struct tls_link *l, uint64_t busy_ms, uint64_t at_ms)
{
	const uint64_t retired_ms = l->way ? atomic_load(&l->way->retired_ms) : l->retired_ms,
		       last_ms = busy_ms > retired_ms ? busy_ms : retired_ms,
		       idle_ms = atomic_load(&l->tls->idle_ms);

	return retired_ms && at_ms >= last_ms + (idle_ms < TLS_RETIRE_MS ? idle_ms : TLS_RETIRE_MS);
}

bool tls_link_over(struct tls_link *l, uint64_t at_ms)
{
	const uint64_t busy_ms = atomic_load(&l->busy_ms);
	const uint64_t last_ms = busy_ms > l->moved_ms ? busy_ms : l->moved_ms;

	if (l->way && l->state != TLS_LINK_OPEN) {
		if (at_ms - l->since_ms < TLS_DIAL_MS)
			return false;
		tls_way_failed(l->tls, l->way,
			l->state == TLS_LINK_CONNECTING ? "no connection within 5 s"
							: "the handshake was not over within 5 s");
		l->broken = true;
		return true;
	}
	if (l->state != TLS_LINK_OPEN && at_ms - l->since_ms >= TLS_HANDSHAKE_MS)
		return true;
	if (!atomic_load(&l->known))
		return at_ms - l->since_ms >= TLS_STRANGER_MS;
	if (l->way)
		ping(l, at_ms);
	return l->dead || is_retired(l, busy_ms, at_ms) || at_ms >= last_ms + atomic_load(&l->tls->idle_ms);
}
