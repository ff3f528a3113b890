#include "bridge/http.h"
#include "bridge/http_priv.h"

#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct http {
	void (*on_request)(void *arg, const struct http_request *request);
	void *arg;             /* borrowed from the opener */
	int wake_fd;           /* the control thread's eventfd */
	struct server *server; /* owned; the API thread's while it runs */
	pthread_t thread;
	bool running;
	struct mailbox box;
};

void message_free(struct message *m)
{
	if (!m)
		return;
	OPENSSL_cleanse(m->request.token, sizeof(m->request.token));
	free(m->body);
	free(m);
}

static void mailbox_init(struct mailbox *box)
{
	pthread_mutex_init(&box->lock, NULL);
	box->requests_end = &box->requests;
	box->answers_end = &box->answers;
	box->news_end = &box->news;
}

static void mailbox_clear(struct mailbox *box)
{
	for (struct message *m = box->requests, *next; m; m = next) {
		next = m->next;
		message_free(m);
	}
	for (struct answer *a = box->answers, *next; a; a = next) {
		next = a->next;
		free(a);
	}
	for (struct news *n = box->news, *next; n; n = next) {
		next = n->next;
		free(n);
	}
	pthread_mutex_destroy(&box->lock);
}

static bool start(struct http *h)
{
	sigset_t all, before;
	bool started;

	sigfillset(&all); /* signals are the control thread's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	started = pthread_create(&h->thread, NULL, server_run, h->server) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

enum bridge_err http_open(struct http **out, const struct http_config *config, char *why, size_t why_cap)
{
	struct http *h = calloc(1, sizeof(*h));
	enum bridge_err err = BRIDGE_NOMEM;

	snprintf(why, why_cap, "http: out of memory");
	if (!h)
		return err;
	h->on_request = config->on_request;
	h->arg = config->arg;
	mailbox_init(&h->box);
	h->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (h->wake_fd < 0)
		goto fail;
	err = server_open(&h->server, h, &h->box, config, why, why_cap);
	if (err)
		goto fail;
	h->running = start(h);
	if (!h->running) {
		err = BRIDGE_NOMEM;
		goto fail;
	}
	*why = '\0';
	*out = h;
	return BRIDGE_OK;
fail:
	http_close(h);
	return err;
}

struct http *http_close(struct http *h)
{
	if (!h)
		return NULL;
	if (h->running) {
		pthread_mutex_lock(&h->box.lock);
		h->box.stopping = true;
		pthread_mutex_unlock(&h->box.lock);
		server_wake(h->server);
		pthread_join(h->thread, NULL);
	}
	server_close(h->server);
	mailbox_clear(&h->box);
	if (h->wake_fd >= 0)
		close(h->wake_fd);
	free(h);
	return NULL;
}

int http_fd(const struct http *h)
{
	return h->wake_fd;
}

unsigned http_port(const struct http *h)
{
	return server_port(h->server);
}

void http_post(struct http *h, struct message *m)
{
	m->next = NULL;
	pthread_mutex_lock(&h->box.lock);
	*h->box.requests_end = m;
	h->box.requests_end = &m->next;
	pthread_mutex_unlock(&h->box.lock);
	eventfd_write(h->wake_fd, 1);
}

void http_poll(struct http *h)
{
	struct message *m, *next;
	eventfd_t count;

	eventfd_read(h->wake_fd, &count);
	pthread_mutex_lock(&h->box.lock);
	m = h->box.requests;
	h->box.requests = NULL;
	h->box.requests_end = &h->box.requests;
	pthread_mutex_unlock(&h->box.lock);
	for (; m; m = next) {
		next = m->next;
		h->on_request(h->arg, &m->request);
		message_free(m);
	}
}

/* Has the API thread something waiting already?  Then it has been woken. */
static bool quiet(const struct mailbox *box)
{
	return !box->answers && !box->news;
}

void http_reply(
	struct http *h, uint64_t id, unsigned status, const char *content_type, const char *body, size_t len)
{
	http_reply_more(h, id, status, content_type, body, len, NULL);
}

void http_reply_more(struct http *h, uint64_t id, unsigned status, const char *content_type, const char *body,
	size_t len, const struct http_more *more)
{
	struct answer *a = malloc(sizeof(*a) + len);
	bool wake;

	if (!a) /* the request gets its 504 */
		return;
	a->next = NULL;
	a->id = id;
	a->status = status;
	a->len = len;
	snprintf(a->content_type, sizeof(a->content_type), "%s", content_type ? content_type : "");
	a->more = more ? *more : (struct http_more){ .replayed = false };
	if (len)
		memcpy(a->body, body, len);

	pthread_mutex_lock(&h->box.lock);
	wake = quiet(&h->box);
	*h->box.answers_end = a;
	h->box.answers_end = &a->next;
	pthread_mutex_unlock(&h->box.lock);
	if (wake)
		server_wake(h->server);
}

void http_publish(struct http *h, uint64_t seq, const char *type, const char *account, const char *json)
{
	size_t len = strlen(json);
	struct news *n = malloc(sizeof(*n) + len + 1), *oldest = NULL;
	bool wake;

	if (n) {
		n->next = NULL;
		n->seq = seq;
		n->len = len;
		snprintf(n->type, sizeof(n->type), "%s", type);
		snprintf(n->account, sizeof(n->account), "%s", account);
		memcpy(n->json, json, len + 1);
	}
	pthread_mutex_lock(&h->box.lock);
	wake = quiet(&h->box);
	if (n) {
		*h->box.news_end = n;
		h->box.news_end = &n->next;
		h->box.n_news++;
	}
	if (n &&
		h->box.n_news > HTTP_EVENTS) { /* the API thread is far behind: never more than it can keep */
		oldest = h->box.news;
		h->box.news = oldest->next;
		h->box.n_news--;
	}
	if (!n || oldest)
		h->box.holed = true;
	pthread_mutex_unlock(&h->box.lock);
	free(oldest);
	if (wake)
		server_wake(h->server);
}
