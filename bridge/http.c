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
	void (*on_more)(void *arg, uint64_t id, bool gone);
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
	h->on_more = config->on_more;
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

void http_tell(struct http *h, uint64_t id, enum message_kind kind)
{
	struct message *m = calloc(1, sizeof(*m));

	if (!m) /* the answer stops here, and its connection with it in a while */
		return;
	m->kind = kind;
	m->request.id = id;
	http_post(h, m);
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
		if (m->kind == MESSAGE_REQUEST)
			h->on_request(h->arg, &m->request);
		else if (h->on_more)
			h->on_more(h->arg, m->request.id, m->kind == MESSAGE_GONE);
		message_free(m);
	}
}

/* Has the API thread something waiting already?  Then it has been woken. */
static bool quiet(const struct mailbox *box)
{
	return !box->answers && !box->news;
}

static void put_answer(struct http *h, struct answer *a)
{
	bool wake;

	pthread_mutex_lock(&h->box.lock);
	wake = quiet(&h->box);
	*h->box.answers_end = a;
	h->box.answers_end = &a->next;
	pthread_mutex_unlock(&h->box.lock);
	if (wake)
		server_wake(h->server);
}

static struct answer *answer_alloc(uint64_t id, unsigned status, const char *content_type, size_t len)
{
	struct answer *a = malloc(sizeof(*a) + len);

	if (!a)
		return NULL;
	a->next = NULL;
	a->id = id;
	a->status = status;
	a->part = a->last = false;
	a->more = (struct http_more){ .replayed = false };
	a->len = len;
	snprintf(a->content_type, sizeof(a->content_type), "%s", content_type ? content_type : "");
	return a;
}

void http_reply(
	struct http *h, uint64_t id, unsigned status, const char *content_type, const char *body, size_t len)
{
	http_reply_more(h, id, status, content_type, body, len, NULL);
}

void http_reply_more(struct http *h, uint64_t id, unsigned status, const char *content_type, const char *body,
	size_t len, const struct http_more *more)
{
	struct answer *a = h ? answer_alloc(id, status, content_type, len) : NULL;

	if (!a) /* the request gets its 504 */
		return;
	if (more)
		a->more = *more;
	if (len)
		memcpy(a->body, body, len);
	put_answer(h, a);
}

bool http_part(struct http *h, uint64_t id, unsigned status, const char *content_type, const char *body,
	size_t len, bool last)
{
	static const char end[] = "0\r\n\r\n";
	char size[24];
	const size_t n_size = len ? (size_t)snprintf(size, sizeof(size), "%zx\r\n", len) : 0;
	const size_t n_end = last ? sizeof(end) - 1 : 0,
		     n_eol = len ? 2 : 0; /* a chunk of no bytes would end it */
	struct answer *a = h ? answer_alloc(id, status, content_type, n_size + len + n_eol + n_end) : NULL;

	if (!a)
		return false;
	a->part = true;
	a->last = last;
	memcpy(a->body, size, n_size);
	if (len) {
		memcpy(a->body + n_size, body, len);
		memcpy(a->body + n_size + len, "\r\n", 2);
	}
	memcpy(a->body + n_size + len + n_eol, end, n_end);
	put_answer(h, a);
	return true;
}

void http_publish(struct http *h, uint64_t seq, const char *type, const char *account, const char *json)
{
	const size_t len = strlen(json), type_size = strlen(type) + 1, account_size = strlen(account) + 1;
	struct news *n = malloc(sizeof(*n) + len + 1 + type_size + account_size), *oldest = NULL;
	bool wake;

	if (n) {
		n->next = NULL;
		n->seq = seq;
		n->len = (uint32_t)len;
		n->account_at = (uint32_t)(len + 1 + type_size);
		memcpy(n->json, json, len + 1);
		memcpy(n->json + len + 1, type, type_size);
		memcpy(n->json + n->account_at, account, account_size);
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
