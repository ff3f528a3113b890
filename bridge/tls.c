#include "bridge/tls_priv.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, SWEEP_MS = 1000, BACKLOG = 128 };

uint64_t tls_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void tls_notice(struct tls *t, const struct tls_notice *notice)
{
	const uint64_t one = 1;

	if (t->n_notices == TLS_NOTICES)
		return;
	t->notices[(t->first_notice + t->n_notices++) % TLS_NOTICES] = *notice;
	if (write(t->notice_fd, &one, sizeof(one)) != sizeof(one)) {
		/* full: it will be read anyway */
	}
}

void tls_tell(struct tls *t, enum tls_event event, const struct tls_way *way, const char *words)
{
	struct tls_notice n = { .event = event };

	if (way) {
		memcpy(n.trunk, way->trunk, sizeof(n.trunk));
		memcpy(n.target, way->target, sizeof(n.target));
	}
	snprintf(n.words, sizeof(n.words), "%s", words);
	tls_notice(t, &n);
}

/* ---- the thread ---- */

static void take_connections(struct tls *t, struct tls_door *door, uint64_t at_ms)
{
	for (unsigned i = 0; i < BATCH; i++) {
		struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
		socklen_t len = sizeof(from);
		const int one = 1, fd = accept4(door->fd, (struct sockaddr *)&from, &len,
					   SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (!tls_link_in(t, door, fd, &from, at_ms))
			close(fd);
	}
}

static void sweep(struct tls *t, uint64_t at_ms)
{
	struct tls_link *next;

	for (struct tls_link *l = t->links; l; l = next) { /* none but this thread changes the list */
		next = l->next;
		if (l->dead || tls_link_over(l, at_ms))
			tls_link_free(l);
	}
	tls_way_sweep(t, at_ms);
}

/* Is it a connection that is dead now? */
static bool wake(struct tls *t, struct tls_watched *w, uint64_t at_ms)
{
	struct tls_link *l = (struct tls_link *)w;

	switch (w->kind) {
	case TLS_STOP: return false;
	case TLS_LISTENER: take_connections(t, (struct tls_door *)w, at_ms); return false;
	case TLS_WAY: tls_way_take(t, (struct tls_way *)w, at_ms); return false;
	case TLS_LINK: break;
	}
	if (!l->dead)
		tls_link_run(l, at_ms);
	return l->dead;
}

static void *run(void *arg)
{
	struct tls *t = arg;
	uint64_t swept_ms = tls_now_ms();

	for (;;) {
		struct epoll_event events[BATCH];
		const int n = epoll_wait(t->epoll_fd, events, BATCH, SWEEP_MS);
		const uint64_t at_ms = tls_now_ms();
		bool any_dead = false;

		for (int i = 0; i < n; i++) {
			struct tls_watched *w = events[i].data.ptr;

			if (w->kind == TLS_STOP)
				return NULL;
			any_dead = wake(t, w, at_ms) || any_dead;
		}
		if (any_dead || at_ms - swept_ms >=
					SWEEP_MS) { /* a link may be in `events` twice: freed behind them */
			sweep(t, at_ms);
			swept_ms = at_ms;
		}
		tls_files_look(t, at_ms);
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
	pthread_mutex_init(&t->loading, NULL);
	t->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	t->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	t->notice_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	t->stop.kind = TLS_STOP;
	e.data.ptr = &t->stop;
	if (t->epoll_fd < 0 || t->stop_fd < 0 || t->notice_fd < 0 ||
		epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, t->stop_fd, &e) != 0)
		goto fail;
	tls_pace(t, 0, 0);
	err = tls_files_load(t, files, why, why_cap);
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
		tls_link_free(t->links);
	while (t->ways)
		t->ways = tls_way_free(t->ways);
	while (t->trusts) {
		struct tls_trust *gone = t->trusts;

		t->trusts = gone->next;
		SSL_CTX_free(gone->ctx);
		free(gone);
	}
	for (unsigned i = 0; i < t->n_doors; i++)
		close(t->doors[i].fd);
	if (t->stop_fd >= 0)
		close(t->stop_fd);
	if (t->notice_fd >= 0)
		close(t->notice_fd);
	if (t->epoll_fd >= 0)
		close(t->epoll_fd);
	SSL_CTX_free(t->ctx);
	SSL_CTX_free(t->ctx_asks);
	pthread_mutex_destroy(&t->loading);
	pthread_mutex_destroy(&t->lock);
	free(t);
	return NULL;
}

enum bridge_err tls_reload(struct tls *t, const struct tls_files *files, char *why, size_t why_cap)
{
	enum bridge_err err;

	pthread_mutex_lock(&t->loading);
	err = tls_files_load(t, files, why, why_cap);
	pthread_mutex_unlock(&t->loading);
	return err;
}

void tls_pace(struct tls *t, unsigned idle_s, unsigned ping_s)
{
	atomic_store(&t->idle_ms, idle_s ? idle_s * 1000 : TLS_IDLE_MS);
	atomic_store(&t->ping_ms, ping_s ? ping_s * 1000 : TLS_PING_MS);
}

int64_t tls_expiry_s(struct tls *t)
{
	int64_t out;

	pthread_mutex_lock(&t->lock);
	out = t->expires_s;
	pthread_mutex_unlock(&t->lock);
	return out;
}

enum bridge_err tls_listen(struct tls *t, const struct tls_door_order *order)
{
	struct tls_door *door = &t->doors[t->n_doors];
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = door };
	struct sockaddr_storage at;
	const int one = 1;
	socklen_t len;

	if (t->n_doors == TLS_LISTENERS)
		return BRIDGE_FULL;
	if (!tls_address(&at, &len, order->host, order->port) ||
		!tls_address(&door->to, &door->to_len, order->to_host, order->to_port))
		return BRIDGE_FILE;
	door->watched.kind = TLS_LISTENER;
	door->clear_too = order->clear_too;
	door->asks = order->asks;
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

bool tls_peer(struct tls *t, uint16_t port, struct tls_peer *out)
{
	const struct tls_link *l;
	const struct tls_way *w = NULL;

	pthread_mutex_lock(&t->lock);
	l = tls_link_find(t, port);
	if (!l)
		w = tls_way_find(t, port);
	if (l || w)
		*out = l ? l->peer : w->peer;
	pthread_mutex_unlock(&t->lock);
	return l || w;
}

void tls_known(struct tls *t, uint16_t port)
{
	struct tls_link *l;

	pthread_mutex_lock(&t->lock);
	l = tls_link_find(t, port);
	if (l)
		atomic_store(&l->known, true);
	pthread_mutex_unlock(&t->lock);
}

void tls_lasts(struct tls *t, uint16_t port)
{
	struct tls_link *l;

	pthread_mutex_lock(&t->lock);
	l = tls_link_find(t, port);
	if (l) {
		atomic_store(&l->known, true);
		atomic_store(&l->lasts, true);
	}
	pthread_mutex_unlock(&t->lock);
}

void tls_busy(struct tls *t, uint16_t port)
{
	const uint64_t at_ms = tls_now_ms();
	struct tls_link *l;
	struct tls_way *w;

	pthread_mutex_lock(&t->lock);
	l = tls_link_find(t, port);
	w = l ? NULL : tls_way_find(t, port);
	if (l)
		atomic_store(&l->busy_ms, at_ms);
	if (w) {
		w->asked_ms = at_ms;
		for (l = t->links; l; l = l->next)
			if (l->way == w)
				atomic_store(&l->busy_ms, at_ms);
	}
	pthread_mutex_unlock(&t->lock);
}

int tls_fd(const struct tls *t)
{
	return t->notice_fd;
}

bool tls_poll(struct tls *t, struct tls_notice *out)
{
	uint64_t n;
	bool any;

	pthread_mutex_lock(&t->lock);
	any = t->n_notices > 0;
	if (any) {
		*out = t->notices[t->first_notice];
		t->first_notice = (t->first_notice + 1) % TLS_NOTICES;
		t->n_notices--;
	} else if (read(t->notice_fd, &n, sizeof(n)) != sizeof(n)) {
		/* nothing was there */
	}
	pthread_mutex_unlock(&t->lock);
	return any;
}
