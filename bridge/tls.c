#include "bridge/tls_priv.h"
#include "bridge/tls_via.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LISTENERS = 8, BUCKETS = 1024, BATCH = 64, BUFFER = 16384, SWEEP_MS = 1000, BACKLOG = 128 };

/* Whose turn it is when a descriptor is ready. */
enum kind { KIND_STOP, KIND_LISTENER, KIND_LINK };

struct watched {
	enum kind kind; /* first in what it is of */
};

struct door {
	struct watched watched;
	int fd;
	struct sockaddr_storage to;
	socklen_t to_len;
};

struct buffer {
	uint8_t bytes[BUFFER];
	size_t at, n; /* what waits is bytes[at] .. bytes[n - 1] */
};

/*  HANDSHAKE --accepted--> OPEN --end of either side, both buffers empty, time over--> dead */
struct link {
	struct watched watched;
	struct link *next, **prev; /* all of them; under the lock */
	struct link *next_in_bucket;
	struct door *door; /* borrowed */
	SSL *ssl;          /* owned, as both descriptors are */
	int net_fd, plain_fd;
	uint16_t port; /* of its loopback half; 0: none yet */
	struct tls_peer peer;
	bool open, net_over, plain_over, dead, wants_write;
	uint32_t net_events, plain_events;
	atomic_bool known;
	uint64_t since_ms, moved_ms;
	struct buffer in, out; /* from the net, and to it */
	struct tls_via via;    /* of what goes out */
};

struct tls {
	pthread_mutex_t lock; /* ctx, links, buckets, n_links */
	SSL_CTX *ctx;         /* owned */
	struct link *links;
	struct link *buckets[BUCKETS];
	unsigned n_links;
	struct door doors[LISTENERS];
	unsigned n_doors;
	int epoll_fd;
	struct watched stop;
	int stop_fd;
	pthread_t thread;
	bool started;
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- one connection ---- */

static void forget(struct tls *t, struct link *l)
{
	struct link **at = &t->buckets[l->port % BUCKETS];

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

static void link_free(struct tls *t, struct link *l)
{
	forget(t, l);
	if (l->open)
		SSL_shutdown(l->ssl); /* one way, as far as the socket takes it */
	SSL_free(l->ssl);
	close(l->net_fd);
	if (l->plain_fd >= 0)
		close(l->plain_fd);
	OPENSSL_cleanse(&l->in, sizeof(l->in));
	OPENSSL_cleanse(&l->out, sizeof(l->out));
	free(l);
}

static void watch(struct tls *t, struct link *l, int fd, uint32_t *have, uint32_t want)
{
	struct epoll_event e = { .events = want, .data.ptr = l };

	if (fd < 0)
		return;
	if (*have != want)
		epoll_ctl(t->epoll_fd, EPOLL_CTL_MOD, fd, &e);
	*have = want;
}

/* The loopback half; whoever asks by its port knows who is behind it before its first byte is there. */
static bool hand_on(struct tls *t, struct link *l)
{
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event e = { .data.ptr = l };
	socklen_t len = sizeof(from);
	const int one = 1;

	l->plain_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->plain_fd < 0 || bind(l->plain_fd, (struct sockaddr *)&from, len) != 0 ||
		(connect(l->plain_fd, (const struct sockaddr *)&l->door->to, l->door->to_len) != 0 &&
			errno != EINPROGRESS) ||
		getsockname(l->plain_fd, (struct sockaddr *)&from, &len) != 0 ||
		epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, l->plain_fd, &e) != 0)
		return false;
	setsockopt(l->plain_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	tls_names(&l->peer, l->ssl);
	pthread_mutex_lock(&t->lock);
	l->port = ntohs(from.sin_port);
	l->next_in_bucket = t->buckets[l->port % BUCKETS];
	t->buckets[l->port % BUCKETS] = l;
	pthread_mutex_unlock(&t->lock);
	l->open = true;
	return true;
}

/* What OpenSSL's answer means: false, this side is over. */
static bool goes_on(struct link *l, int result)
{
	switch (SSL_get_error(l->ssl, result)) {
	case SSL_ERROR_WANT_READ: return true;
	case SSL_ERROR_WANT_WRITE: l->wants_write = true; return true;
	default: ERR_clear_error(); return false;
	}
}

/* Each of these says whether bytes have moved. */
static bool from_net(struct link *l)
{
	int n;

	if (l->in.n == BUFFER || l->net_over)
		return false;
	n = SSL_read(l->ssl, l->in.bytes + l->in.n, (int)(BUFFER - l->in.n));
	if (n > 0)
		l->in.n += (size_t)n;
	else if (!goes_on(l, n))
		l->net_over = true;
	return n > 0;
}

static bool to_net(struct link *l)
{
	int n;

	if (l->out.at == l->out.n)
		return false;
	n = SSL_write(l->ssl, l->out.bytes + l->out.at, (int)(l->out.n - l->out.at));
	if (n > 0)
		l->out.at += (size_t)n;
	else if (!goes_on(l, n))
		l->dead = true;
	if (l->out.at == l->out.n)
		l->out.at = l->out.n = 0;
	return n > 0;
}

static bool from_plain(struct link *l)
{
	ssize_t n;

	if (l->out.n == BUFFER || l->plain_over)
		return false;
	n = recv(l->plain_fd, l->out.bytes + l->out.n, BUFFER - l->out.n, MSG_DONTWAIT);
	if (n > 0) {
		tls_via(&l->via, l->out.bytes + l->out.n, (size_t)n);
		l->out.n += (size_t)n;
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR && errno != ENOTCONN)) {
		l->plain_over = true;
	}
	return n > 0;
}

static bool to_plain(struct link *l)
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

static void pump(struct tls *t, struct link *l, uint64_t at_ms)
{
	bool moved = true;

	l->wants_write = false;
	if (!l->open) {
		const int result = SSL_accept(l->ssl);

		if (result != 1)
			l->dead = !goes_on(l, result);
		else if (!hand_on(t, l))
			l->dead = true;
	}
	while (l->open && moved && !l->dead) {
		moved = from_net(l);
		moved = to_plain(l) || moved;
		moved = from_plain(l) || moved;
		moved = to_net(l) || moved;
		if (moved)
			l->moved_ms = at_ms;
	}
	if ((l->net_over && l->in.n == 0) || (l->plain_over && l->out.n == 0))
		l->dead = true;
	if (l->dead)
		return;
	watch(t, l, l->net_fd, &l->net_events,
		(!l->open || (l->in.n < BUFFER && !l->net_over) ? (uint32_t)EPOLLIN : 0) |
			(l->wants_write ? (uint32_t)EPOLLOUT : 0));
	watch(t, l, l->plain_fd, &l->plain_events,
		(l->out.n < BUFFER && !l->plain_over ? (uint32_t)EPOLLIN : 0) |
			(l->in.n ? (uint32_t)EPOLLOUT : 0));
}

/* ---- all of them ---- */

static void name_source(struct tls_peer *peer, const struct sockaddr_storage *from)
{
	char text[INET6_ADDRSTRLEN] = "";
	struct sockaddr_in6 v6;
	struct sockaddr_in v4;

	if (from->ss_family == AF_INET6) {
		memcpy(&v6, from, sizeof(v6));
		memcpy(peer->ip, &v6.sin6_addr, 16);
		inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
		snprintf(peer->source, sizeof(peer->source), "tls:[%s]:%u", text, ntohs(v6.sin6_port));
	} else {
		memcpy(&v4, from, sizeof(v4));
		peer->ip[10] = peer->ip[11] = 0xff;
		memcpy(peer->ip + 12, &v4.sin_addr, 4);
		inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
		snprintf(peer->source, sizeof(peer->source), "tls:%s:%u", text, ntohs(v4.sin_port));
	}
}

static bool is_crowded(struct tls *t, const uint8_t ip[16])
{
	unsigned strangers = 0;

	for (const struct link *l = t->links; l; l = l->next)
		strangers += !atomic_load(&l->known) && memcmp(l->peer.ip, ip, 16) == 0;
	return t->n_links >= TLS_CONNECTIONS || strangers >= TLS_PER_SOURCE;
}

static struct link *link_new(struct tls *t, struct door *door, int fd, const struct sockaddr_storage *from)
{
	struct link *l = calloc(1, sizeof(*l));
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = l };

	if (!l)
		return NULL;
	l->watched.kind = KIND_LINK;
	l->door = door;
	l->net_fd = fd;
	l->plain_fd = -1;
	l->net_events = EPOLLIN;
	l->since_ms = l->moved_ms = now_ms();
	name_source(&l->peer, from);
	pthread_mutex_lock(&t->lock);
	l->ssl = is_crowded(t, l->peer.ip) ? NULL : SSL_new(t->ctx);
	if (!l->ssl || SSL_set_fd(l->ssl, fd) != 1 || epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, fd, &e) != 0) {
		pthread_mutex_unlock(&t->lock);
		SSL_free(l->ssl);
		free(l);
		return NULL;
	}
	l->next = t->links;
	l->prev = &t->links;
	if (l->next)
		l->next->prev = &l->next;
	t->links = l;
	t->n_links++;
	pthread_mutex_unlock(&t->lock);
	return l;
}

static void take_connections(struct tls *t, struct door *door)
{
	for (unsigned i = 0; i < BATCH; i++) {
		struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
		socklen_t len = sizeof(from);
		const int one = 1, fd = accept4(door->fd, (struct sockaddr *)&from, &len,
					   SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (!link_new(t, door, fd, &from))
			close(fd);
	}
}

static bool is_over(const struct link *l, uint64_t at_ms)
{
	if (!l->open && at_ms - l->since_ms >= TLS_HANDSHAKE_MS)
		return true;
	if (!atomic_load(&l->known))
		return at_ms - l->since_ms >= TLS_STRANGER_MS;
	return at_ms - l->moved_ms >= TLS_IDLE_MS;
}

static void sweep(struct tls *t, uint64_t at_ms)
{
	struct link *next;

	for (struct link *l = t->links; l; l = next) { /* none but this thread changes the list */
		next = l->next;
		if (l->dead || is_over(l, at_ms))
			link_free(t, l);
	}
}

static void *run(void *arg)
{
	struct tls *t = arg;
	uint64_t swept_ms = now_ms();

	for (;;) {
		struct epoll_event events[BATCH];
		const int n = epoll_wait(t->epoll_fd, events, BATCH, SWEEP_MS);
		const uint64_t at_ms = now_ms();
		bool any_dead = false;

		for (int i = 0; i < n; i++) {
			struct watched *w = events[i].data.ptr;
			struct link *l = (struct link *)w;

			if (w->kind == KIND_STOP)
				return NULL;
			if (w->kind == KIND_LISTENER) {
				take_connections(t, (struct door *)w);
				continue;
			}
			if (!l->dead)
				pump(t, l, at_ms);
			any_dead = any_dead || l->dead;
		}
		if (any_dead || at_ms - swept_ms >=
					SWEEP_MS) { /* a link may be in `events` twice: freed behind them */
			sweep(t, at_ms);
			swept_ms = at_ms;
		}
	}
}

/* ---- the control thread's ---- */

enum bridge_err tls_open(struct tls **out, const struct tls_files *files, char *why, size_t why_cap)
{
	struct tls *t = calloc(1, sizeof(*t));
	struct epoll_event e = { .events = EPOLLIN };
	enum bridge_err err = BRIDGE_NOMEM;

	if (!t)
		return BRIDGE_NOMEM;
	pthread_mutex_init(&t->lock, NULL);
	t->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	t->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	t->stop.kind = KIND_STOP;
	e.data.ptr = &t->stop;
	if (t->epoll_fd < 0 || t->stop_fd < 0 || epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, t->stop_fd, &e) != 0)
		goto fail;
	err = tls_context(&t->ctx, files, why, why_cap);
	if (err)
		goto fail;
	if (pthread_create(&t->thread, NULL, run, t) != 0) {
		err = BRIDGE_NOMEM;
		goto fail;
	}
	t->started = true;
	*out = t;
	return BRIDGE_OK;
fail:
	tls_close(t);
	return err;
}

struct tls *tls_close(struct tls *t)
{
	const uint64_t one = 1;

	if (!t)
		return NULL;
	if (t->started && write(t->stop_fd, &one, sizeof(one)) == sizeof(one))
		pthread_join(t->thread, NULL);
	while (t->links)
		link_free(t, t->links);
	for (unsigned i = 0; i < t->n_doors; i++)
		close(t->doors[i].fd);
	if (t->stop_fd >= 0)
		close(t->stop_fd);
	if (t->epoll_fd >= 0)
		close(t->epoll_fd);
	SSL_CTX_free(t->ctx);
	pthread_mutex_destroy(&t->lock);
	free(t);
	return NULL;
}

enum bridge_err tls_reload(struct tls *t, const struct tls_files *files, char *why, size_t why_cap)
{
	SSL_CTX *fresh = NULL, *old;
	enum bridge_err err = tls_context(&fresh, files, why, why_cap);

	if (err)
		return err;
	pthread_mutex_lock(&t->lock);
	old = t->ctx;
	t->ctx = fresh;
	pthread_mutex_unlock(&t->lock);
	SSL_CTX_free(old); /* what was made from it holds it */
	return BRIDGE_OK;
}

static bool address_of(struct sockaddr_storage *out, socklen_t *len, const char *host, uint16_t port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		*len = sizeof(*v4);
		return true;
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	*len = sizeof(*v6);
	return inet_pton(AF_INET6, host, &v6->sin6_addr) == 1;
}

enum bridge_err tls_listen(
	struct tls *t, const char *host, uint16_t port, const char *to_host, uint16_t to_port)
{
	struct door *door = &t->doors[t->n_doors];
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = door };
	struct sockaddr_storage at;
	const int one = 1;
	socklen_t len;

	if (t->n_doors == LISTENERS)
		return BRIDGE_FULL;
	if (!address_of(&at, &len, host, port) || !address_of(&door->to, &door->to_len, to_host, to_port))
		return BRIDGE_FILE;
	door->watched.kind = KIND_LISTENER;
	door->fd = socket(at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (door->fd < 0)
		return BRIDGE_FILE;
	setsockopt(door->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (at.ss_family == AF_INET6)
		setsockopt(door->fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(door->fd, (struct sockaddr *)&at, len) != 0 || listen(door->fd, BACKLOG) != 0 ||
		epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, door->fd, &e) != 0) {
		close(door->fd);
		return BRIDGE_FILE;
	}
	t->n_doors++;
	return BRIDGE_OK;
}

static struct link *find(struct tls *t, uint16_t port)
{
	struct link *l = port ? t->buckets[port % BUCKETS] : NULL;

	while (l && l->port != port)
		l = l->next_in_bucket;
	return l;
}

bool tls_peer(struct tls *t, uint16_t port, struct tls_peer *out)
{
	const struct link *l;

	pthread_mutex_lock(&t->lock);
	l = find(t, port);
	if (l)
		*out = l->peer;
	pthread_mutex_unlock(&t->lock);
	return l != NULL;
}

void tls_known(struct tls *t, uint16_t port)
{
	struct link *l;

	pthread_mutex_lock(&t->lock);
	l = find(t, port);
	if (l)
		atomic_store(&l->known, true);
	pthread_mutex_unlock(&t->lock);
}
