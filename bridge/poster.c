#include "bridge/poster.h"
#include "bridge/freshness.h"
#include "bridge/x5u.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { POLL_MS = 1000, ANSWER_MAX = 1 << 20 };

struct post {
	struct post *next;
	struct poster_job job;
	struct poster_result result;
	struct freshness freshness; /* what its headers have said so far */
	struct curl_slist *headers; /* owned, as long as it is under way */
	CURL *easy;                 /* owned, likewise */
	size_t got;                 /* bytes of the answer */
	char *answer;               /* owned; of a GET */
	size_t len;
	char body[];
};

struct poster {
	poster_done_fn done;
	void *arg; /* borrowed from the opener */
	int done_fd;
	pthread_t thread;
	bool running;
	CURLM *multi;         /* owned; the thread's while it runs */
	struct post *active;  /* owned; the thread's */
	pthread_mutex_t lock; /* what follows */
	struct post *asked, **asked_end, *ended, **ended_end;
	bool stopping;
};

bool poster_url_valid(const char *url)
{
	const char *host;

	if (strncasecmp(url, "http://", 7) == 0)
		host = url + 7;
	else if (strncasecmp(url, "https://", 8) == 0)
		host = url + 8;
	else
		return false;
	if (strlen(url) >= POSTER_URL || (!isalnum((unsigned char)*host) && *host != '['))
		return false;
	for (const char *p = url; *p; p++)
		if (iscntrl((unsigned char)*p) || *p == ' ')
			return false;
	return true;
}

bool poster_url_private(const char *url)
{
	CURLU *parts = curl_url();
	char *scheme = NULL, *host = NULL;
	struct in_addr v4;
	bool is_private = false;

	if (parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
		curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK)
		is_private = strcasecmp(scheme, "https") == 0 || strcasecmp(host, "localhost") == 0 ||
			     strcmp(host, "[::1]") == 0 ||
			     (inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET);
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(parts);
	return is_private;
}

/* ---- the thread ---- */

static size_t take_answer(char *bytes, size_t size, size_t n, void *arg)
{
	struct post *p = arg;

	(void)bytes;
	if (p->job.fetch_max && size * n > p->job.fetch_max - p->got)
		return 0;
	if (p->job.fetch_max)
		memcpy(p->answer + p->got, bytes, size * n);
	p->got += size * n;
	return p->got > ANSWER_MAX ? 0 : size * n;
}

static size_t take_header(char *bytes, size_t size, size_t n, void *arg)
{
	struct post *p = arg;

	freshness_header(&p->freshness, bytes, size * n);
	p->result.max_age_s = freshness_s(&p->freshness);
	return size * n;
}

/* Names are looked up by libcurl: what they lead to is looked at here, just before it would be called. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	const struct post *p = arg;

	(void)purpose;
	if (p->job.public_only && !x5u_is_public(&to->addr))
		return CURL_SOCKET_BAD;
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static bool prepare_fetch(struct post *p)
{
	p->answer = malloc(p->job.fetch_max);
	freshness_init(&p->freshness);
	p->result.max_age_s = -1;
	curl_easy_setopt(p->easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(p->easy, CURLOPT_HEADERDATA, p);
	curl_easy_setopt(p->easy, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(p->easy, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(p->easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(p->easy, CURLOPT_OPENSOCKETDATA, p);
	if (p->job.ca[0])
		curl_easy_setopt(p->easy, CURLOPT_CAINFO, p->job.ca);
	return p->answer != NULL;
}

static bool prepare(struct post *p)
{
	const char *body = p->body;

	p->easy = curl_easy_init();
	if (!p->easy)
		return false;
	for (int i = 0; i < POSTER_HEADERS && p->job.headers[i][0]; i++)
		p->headers = curl_slist_append(p->headers, p->job.headers[i]);
	p->headers = curl_slist_append(p->headers, "Expect:");
	curl_easy_setopt(p->easy, CURLOPT_URL, p->job.url);
	curl_easy_setopt(p->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(p->easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(p->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(p->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(p->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)POSTER_CONNECT_MS);
	curl_easy_setopt(p->easy, CURLOPT_TIMEOUT_MS, (long)POSTER_MS);
	curl_easy_setopt(p->easy, CURLOPT_USERAGENT, "partyline");
	curl_easy_setopt(p->easy, CURLOPT_HTTPHEADER, p->headers);
	curl_easy_setopt(p->easy, CURLOPT_POSTFIELDSIZE, (long)p->len);
	curl_easy_setopt(p->easy, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(p->easy, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(p->easy, CURLOPT_WRITEDATA, p);
	curl_easy_setopt(p->easy, CURLOPT_PRIVATE, p);
	return p->job.fetch_max == 0 || prepare_fetch(p);
}

static void give_back(struct poster *w, struct post *p)
{
	curl_slist_free_all(p->headers);
	if (p->easy)
		curl_easy_cleanup(p->easy);
	p->headers = NULL;
	p->easy = NULL;
	p->next = NULL;
	pthread_mutex_lock(&w->lock);
	*w->ended_end = p;
	w->ended_end = &p->next;
	pthread_mutex_unlock(&w->lock);
	eventfd_write(w->done_fd, 1);
}

static void begin(struct poster *w, struct post *p)
{
	p->result.id = p->job.id;
	if (!prepare(p) || curl_multi_add_handle(w->multi, p->easy) != CURLM_OK) {
		snprintf(p->result.why, sizeof(p->result.why), "out of memory");
		give_back(w, p);
		return;
	}
	p->next = w->active;
	w->active = p;
}

static void end(struct poster *w, CURLMsg *message)
{
	struct post *p = NULL, **at = &w->active;
	CURLcode code = message->data.result;
	long status = 0;

	curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&p);
	curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
	p->result.answer = p->answer;
	p->result.answer_len = p->answer ? p->got : 0;
	if (code == CURLE_OK)
		p->result.status = (unsigned)status;
	else
		snprintf(p->result.why, sizeof(p->result.why), "%s", curl_easy_strerror(code));
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	curl_multi_remove_handle(w->multi, p->easy);
	give_back(w, p);
}

/* True: the end has come. */
static bool take_asked(struct poster *w)
{
	struct post *p, *next;
	bool stopping;

	pthread_mutex_lock(&w->lock);
	p = w->asked;
	w->asked = NULL;
	w->asked_end = &w->asked;
	stopping = w->stopping;
	pthread_mutex_unlock(&w->lock);
	for (; p; p = next) {
		next = p->next;
		begin(w, p);
	}
	return stopping;
}

static void *run(void *arg)
{
	struct poster *w = arg;

	while (!take_asked(w)) {
		int running, left;
		CURLMsg *message;

		curl_multi_perform(w->multi, &running);
		while ((message = curl_multi_info_read(w->multi, &left)))
			if (message->msg == CURLMSG_DONE)
				end(w, message);
		curl_multi_poll(w->multi, NULL, 0, POLL_MS, NULL);
	}
	return NULL;
}

/* ---- the control thread ---- */

static bool start(struct poster *w)
{
	sigset_t all, before;

	sigfillset(&all); /* signals are the control thread's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	w->running = pthread_create(&w->thread, NULL, run, w) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return w->running;
}

enum bridge_err poster_open(struct poster **out, poster_done_fn done, void *arg)
{
	struct poster *w = calloc(1, sizeof(*w));

	if (!w)
		return BRIDGE_NOMEM;
	w->done = done;
	w->arg = arg;
	w->asked_end = &w->asked;
	w->ended_end = &w->ended;
	pthread_mutex_init(&w->lock, NULL);
	w->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		w->multi = curl_multi_init();
	if (w->done_fd < 0 || !w->multi || !start(w)) {
		poster_close(w);
		return BRIDGE_NOMEM;
	}
	*out = w;
	return BRIDGE_OK;
}

static void free_list(struct post *p)
{
	for (struct post *next; p; p = next) {
		next = p->next;
		curl_slist_free_all(p->headers);
		if (p->easy)
			curl_easy_cleanup(p->easy);
		free(p->answer);
		free(p);
	}
}

struct poster *poster_close(struct poster *w)
{
	if (!w)
		return NULL;
	if (w->running) {
		pthread_mutex_lock(&w->lock);
		w->stopping = true;
		pthread_mutex_unlock(&w->lock);
		curl_multi_wakeup(w->multi);
		pthread_join(w->thread, NULL);
	}
	for (struct post *p = w->active; p; p = p->next)
		curl_multi_remove_handle(w->multi, p->easy);
	free_list(w->active);
	free_list(w->asked);
	free_list(w->ended);
	if (w->multi)
		curl_multi_cleanup(w->multi);
	curl_global_cleanup();
	if (w->done_fd >= 0)
		close(w->done_fd);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return NULL;
}

int poster_fd(const struct poster *w)
{
	return w->done_fd;
}

void poster_poll(struct poster *w)
{
	struct post *p, *next;
	eventfd_t count;

	eventfd_read(w->done_fd, &count);
	pthread_mutex_lock(&w->lock);
	p = w->ended;
	w->ended = NULL;
	w->ended_end = &w->ended;
	pthread_mutex_unlock(&w->lock);
	for (; p; p = next) {
		next = p->next;
		w->done(w->arg, &p->result);
		free(p->answer);
		free(p);
	}
}

enum bridge_err poster_post(struct poster *w, const struct poster_job *job, const char *body, size_t len)
{
	struct post *p = calloc(1, sizeof(*p) + len);

	if (!p)
		return BRIDGE_NOMEM;
	p->job = *job;
	p->len = len;
	if (len)
		memcpy(p->body, body, len);
	pthread_mutex_lock(&w->lock);
	*w->asked_end = p;
	w->asked_end = &p->next;
	pthread_mutex_unlock(&w->lock);
	curl_multi_wakeup(w->multi);
	return BRIDGE_OK;
}
