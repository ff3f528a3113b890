/* tls_way.c - ways to gateways: connected when somebody wants to go, kept while they are used, told how they are. */
#include "bridge/tls_priv.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { BACKLOG = 16 };

bool tls_address(struct sockaddr_storage *out, socklen_t *len, const char *host, uint16_t port)
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

/* ---- what became of it ---- */

static void note(struct tls *t, struct tls_way *w, enum tls_way_state state, const char *words)
{
	struct tls_way_status *s = &w->status;
	const bool news = state == TLS_WAY_OPEN ? s->state != TLS_WAY_OPEN
						: state == TLS_WAY_FAILED && strcmp(s->failure, words) != 0;

	s->state = state;
	if (state == TLS_WAY_OPEN || state == TLS_WAY_FAILED)
		snprintf(s->failure, sizeof(s->failure), "%s", words);
	if (news)
		tls_tell(t, state == TLS_WAY_OPEN ? TLS_WAY_CAME_UP : TLS_WAY_WENT_DOWN, w,
			state == TLS_WAY_OPEN ? w->status.version : words);
}

void tls_way_failed(struct tls *t, struct tls_way *w, const char *words)
{
	pthread_mutex_lock(&t->lock);
	w->status.n_failed++;
	note(t, w, TLS_WAY_FAILED, words);
	pthread_mutex_unlock(&t->lock);
}

void tls_way_opened(struct tls *t, struct tls_way *w, SSL *ssl)
{
	X509 *shown = SSL_get1_peer_certificate(ssl);

	pthread_mutex_lock(&t->lock);
	w->peer.n_names = 0;
	tls_names(&w->peer, shown);
	w->status.expires_s = tls_context_expiry_s(shown);
	w->status.n_opened++;
	snprintf(w->status.version, sizeof(w->status.version), "%s", SSL_get_version(ssl));
	snprintf(w->status.cipher, sizeof(w->status.cipher), "%s", SSL_get_cipher_name(ssl));
	note(t, w, TLS_WAY_OPEN, "");
	pthread_mutex_unlock(&t->lock);
	X509_free(shown);
}

void tls_way_closed(struct tls *t, struct tls_way *w)
{
	pthread_mutex_lock(&t->lock);
	if (--w->n_links == 0 && w->status.state != TLS_WAY_FAILED)
		note(t, w, TLS_WAY_IDLE, "");
	pthread_mutex_unlock(&t->lock);
}

void tls_way_broken(struct tls_link *l, int error)
{
	const long verdict = SSL_get_verify_result(l->ssl);
	char words[TLS_WORDS];

	if (verdict == X509_V_ERR_HOSTNAME_MISMATCH)
		snprintf(words, sizeof(words), "its certificate is for %.60s, not for %.60s", l->shown,
			l->way->name);
	else if (verdict != X509_V_OK)
		snprintf(words, sizeof(words), "its certificate does not hold: %s",
			X509_verify_cert_error_string(verdict));
	else if (error == SSL_ERROR_ZERO_RETURN)
		snprintf(words, sizeof(words), "the far end closed the connection in the handshake");
	else
		tls_words(words, sizeof(words), "", "the connection broke");
	tls_way_failed(l->tls, l->way, words);
}

/* ---- connecting ---- */

static struct tls_trust *trust_of(struct tls *t, const char *ca)
{
	struct tls_trust *trust = t->trusts;

	while (trust && strcmp(trust->ca, ca) != 0)
		trust = trust->next;
	if (trust)
		return trust;
	trust = calloc(1, sizeof(*trust));
	if (!trust)
		return NULL;
	snprintf(trust->ca, sizeof(trust->ca), "%s", ca);
	trust->next = t->trusts;
	t->trusts = trust;
	return trust;
}

/* Made when a way first wants it, and again after the files have changed: a trunk's own authorities are read with each change as well. */
static SSL_CTX *context_of(struct tls *t, struct tls_way *w, char *why, size_t why_cap)
{
	const char *ca = w->ca;
	struct tls_trust *trust = trust_of(t, ca);
	char certificate[TLS_PATH], key[TLS_PATH], own_ca[TLS_PATH];
	struct tls_files files = { certificate, key, ca[0] ? ca : own_ca, NULL };
	struct tls_stamp now;
	unsigned round;
	SSL_CTX *fresh;

	snprintf(why, why_cap, "out of memory");
	if (!trust)
		return NULL;
	pthread_mutex_lock(&t->lock);
	round = t->round;
	memcpy(certificate, t->files.certificate, sizeof(certificate));
	memcpy(key, t->files.key, sizeof(key));
	memcpy(own_ca, t->files.ca, sizeof(own_ca));
	now = tls_stamp_of(files.ca);
	w->round = round;
	w->stamp = now;
	w->made = true;
	pthread_mutex_unlock(&t->lock);
	if (trust->ctx && trust->round == round && tls_stamp_same(&trust->stamp, &now))
		return trust->ctx;
	if (tls_context_out(&fresh, &files, why, why_cap) != BRIDGE_OK)
		return trust->ctx; /* what held before, if anything did */
	SSL_CTX_free(trust->ctx);
	trust->ctx = fresh;
	trust->round = round;
	trust->stamp = now;
	return fresh;
}

SSL *tls_way_ssl(struct tls *t, struct tls_way *w)
{
	char why[TLS_WORDS * 3];
	SSL_CTX *ctx = context_of(t, w, why, sizeof(why));
	SSL *ssl = ctx ? SSL_new(ctx) : NULL;

	if (!ssl)
		tls_way_failed(t, w, ctx ? "out of memory" : why);
	else if (w->sni[0])
		SSL_set_tlsext_host_name(ssl, w->sni);
	return ssl;
}

/* ---- what is not to be used any more ---- */

/* Under the lock. */
static void retire(struct tls *t, struct tls_way *w, const char *why)
{
	if (atomic_load(&w->retired_ms))
		return;
	atomic_store(&w->retired_ms, tls_now_ms());
	if (w->n_links)
		tls_tell(t, TLS_WAY_RETIRED, w, why);
}

void tls_way_look(struct tls *t)
{
	pthread_mutex_lock(&t->lock);
	for (struct tls_way *w = t->ways; w; w = w->next) {
		const struct tls_stamp now = tls_stamp_of(w->ca);

		if (!w->made || !w->n_links || atomic_load(&w->retired_ms))
			continue;
		if (w->round != t->round)
			retire(t, w, "our certificate or authorities have changed");
		else if (w->ca[0] && !tls_stamp_same(&w->stamp, &now))
			retire(t, w, "the trunk's authorities have changed");
	}
	pthread_mutex_unlock(&t->lock);
}

void tls_keep(struct tls *t, tls_keep_fn keep, void *arg)
{
	pthread_mutex_lock(&t->lock);
	for (struct tls_way *w = t->ways; w; w = w->next) {
		const struct tls_way_order made = { w->trunk, w->target, w->name, w->sni, w->ca, w->from };

		if (!keep(arg, &made))
			retire(t, w, "the trunk's settings have changed");
	}
	pthread_mutex_unlock(&t->lock);
}

/* Only the endpoint of this very process may speak here: whoever else connects would speak in our name. */
static bool is_ours(int fd)
{
	struct sockaddr_in there = { .sin_family = AF_UNSPEC };
	socklen_t len = sizeof(there);
	DIR *dir = opendir("/proc/self/fd");
	bool found = false;

	if (dir && getpeername(fd, (struct sockaddr *)&there, &len) == 0)
		for (struct dirent *e = readdir(dir); e && !found; e = readdir(dir)) {
			struct sockaddr_in here = { .sin_family = AF_UNSPEC };

			len = sizeof(here);
			found = e->d_name[0] != '.' &&
				getsockname(atoi(e->d_name), (struct sockaddr *)&here, &len) == 0 &&
				here.sin_family == AF_INET && here.sin_port == there.sin_port &&
				here.sin_addr.s_addr == there.sin_addr.s_addr;
		}
	if (dir)
		closedir(dir);
	return found;
}

void tls_way_take(struct tls *t, struct tls_way *w, uint64_t at_ms)
{
	const int fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	const struct linger at_once = { 1, 0 };

	if (fd < 0)
		return;
	if (is_ours(fd)) {
		pthread_mutex_lock(&t->lock);
		if (w->status.state != TLS_WAY_OPEN)
			w->status.state =
				TLS_WAY_TRYING; /* the words of the last failure stay until it is open */
		pthread_mutex_unlock(&t->lock);
		if (tls_link_out(t, w, fd, at_ms))
			return;
	}
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
}

void tls_way_sweep(struct tls *t, uint64_t at_ms)
{
	struct tls_way *gone = NULL;

	pthread_mutex_lock(&t->lock);
	for (struct tls_way **at = &t->ways; *at;) {
		struct tls_way *w = *at;

		if (w->n_links || w->asked_ms + TLS_FORGET_MS > at_ms) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		w->next = gone;
		gone = w;
	}
	pthread_mutex_unlock(&t->lock);
	while (gone)
		gone = tls_way_free(gone);
}

/* ---- the control thread's ---- */

static bool is_it(const struct tls_way *w, const struct tls_way_order *o)
{
	return !atomic_load(&w->retired_ms) && strcmp(w->trunk, o->trunk) == 0 &&
	       strcmp(w->target, o->target) == 0 && strcmp(w->name, o->name) == 0 &&
	       strcmp(w->ca, o->ca ? o->ca : "") == 0 && strcmp(w->from, o->from ? o->from : "") == 0;
}

static bool fits(char *out, size_t cap, const char *text)
{
	return (size_t)snprintf(out, cap, "%s", text ? text : "") < cap;
}

/* "tls:192.0.2.1:5061", "tls:[2001:db8::1]:5061" */
static bool read_target(struct tls_way *w)
{
	char host[TLS_TARGET];
	char *at = host, *port;

	if (strncmp(w->target, "tls:", 4) != 0)
		return false;
	snprintf(host, sizeof(host), "%s", w->target + 4);
	port = strrchr(host, ':');
	if (!port)
		return false;
	*port++ = '\0';
	if (host[0] == '[' && port[-2] == ']') {
		port[-2] = '\0';
		at++;
	}
	return tls_address(&w->to, &w->to_len, at, (uint16_t)atoi(port));
}

static bool listen_there(struct tls *t, struct tls_way *w)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = w };
	socklen_t len = sizeof(at);

	w->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (w->fd < 0 || bind(w->fd, (struct sockaddr *)&at, len) != 0 || listen(w->fd, BACKLOG) != 0 ||
		getsockname(w->fd, (struct sockaddr *)&at, &len) != 0)
		return false;
	w->port = ntohs(at.sin_port);
	return epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, w->fd, &e) == 0;
}

static struct tls_way *way_new(struct tls *t, const struct tls_way_order *o)
{
	struct tls_way *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->watched.kind = TLS_WAY;
	w->fd = -1;
	if (!fits(w->trunk, sizeof(w->trunk), o->trunk) || !fits(w->target, sizeof(w->target), o->target) ||
		!fits(w->name, sizeof(w->name), o->name) || !fits(w->sni, sizeof(w->sni), o->sni) ||
		!fits(w->ca, sizeof(w->ca), o->ca) || !fits(w->from, sizeof(w->from), o->from) ||
		!read_target(w) || !listen_there(t, w)) {
		tls_way_free(w);
		return NULL;
	}
	tls_names_source(&w->peer, &w->to);
	snprintf(w->peer.trunk, sizeof(w->peer.trunk), "%s", w->trunk);
	return w;
}

uint16_t tls_way(struct tls *t, const struct tls_way_order *order)
{
	struct tls_way *w;
	uint16_t port = 0;

	pthread_mutex_lock(&t->lock);
	for (w = t->ways; w && !is_it(w, order);)
		w = w->next;
	if (!w) {
		w = way_new(t, order);
		if (w) {
			w->next = t->ways;
			t->ways = w;
		}
	}
	if (w) {
		w->asked_ms = tls_now_ms();
		port = w->port;
	}
	pthread_mutex_unlock(&t->lock);
	return port;
}

struct tls_way *tls_way_find(const struct tls *t, uint16_t port)
{
	struct tls_way *w = port ? t->ways : NULL;

	while (w && w->port != port)
		w = w->next;
	return w;
}

struct tls_way *tls_way_free(struct tls_way *w)
{
	struct tls_way *next = w->next;

	if (w->fd >= 0)
		close(w->fd);
	free(w);
	return next;
}

bool tls_way_status(struct tls *t, uint16_t port, struct tls_way_status *out)
{
	const struct tls_way *w;

	pthread_mutex_lock(&t->lock);
	w = tls_way_find(t, port);
	if (w)
		*out = w->status;
	pthread_mutex_unlock(&t->lock);
	return w != NULL;
}

const char *tls_way_word(enum tls_way_state state)
{
	static const char *const words[] = { "idle", "connecting", "open", "failed" };

	return words[state];
}
