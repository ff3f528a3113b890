#include "bridge/resolver.h"

#include <ares.h>
#include <ares_nameser.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { TIMEOUT_MS = 1500, TRIES = 2, STEP_MS = 100, SERVER = 64 };

struct job {
	struct job *next;
	char uri[RESOLVER_URI];
	unsigned transports;
	bool failed;
	struct locate found;
};

struct queue { /* first in, first out */
	struct job *first, **last;
	unsigned n;
};

struct resolver {
	resolver_fn on_found;
	void *arg;
	char server[SERVER];
	pthread_t thread;
	bool running;
	atomic_bool stop;
	int done_fd;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t work;
	struct queue todo, done;
	char busy[RESOLVER_URI]; /* what the thread is at, "" nothing */
};

static void push(struct queue *q, struct job *j)
{
	j->next = NULL;
	*q->last = j;
	q->last = &j->next;
	q->n++;
}

static struct job *pop(struct queue *q)
{
	struct job *j = q->first;

	if (!j)
		return NULL;
	q->first = j->next;
	if (!q->first)
		q->last = &q->first;
	q->n--;
	return j;
}

/* ---- the thread: one question to a name server ---- */

struct query {
	const struct locate_question *asked;
	struct locate_record records[LOCATE_RECORDS];
	size_t n;
	bool failed, over;
};

static struct locate_record *room(struct query *q, unsigned ttl_s)
{
	struct locate_record *r;

	if (q->n == LOCATE_RECORDS)
		return NULL;
	r = &q->records[q->n++];
	memset(r, 0, sizeof(*r));
	r->ttl_s = ttl_s;
	return r;
}

static void take_addresses(struct query *q, const unsigned char *bytes, int len)
{
	struct ares_addrttl v4[LOCATE_RECORDS];
	struct ares_addr6ttl v6[LOCATE_RECORDS];
	int n = LOCATE_RECORDS;
	const bool is_v6 = q->asked->type == LOCATE_AAAA;
	const int status = is_v6 ? ares_parse_aaaa_reply(bytes, len, NULL, v6, &n)
				 : ares_parse_a_reply(bytes, len, NULL, v4, &n);

	for (int i = 0; status == ARES_SUCCESS && i < n; i++) {
		const int ttl = is_v6 ? v6[i].ttl : v4[i].ttl;
		struct locate_record *r = room(q, ttl > 0 ? (unsigned)ttl : 0);

		if (r)
			inet_ntop(is_v6 ? AF_INET6 : AF_INET,
				is_v6 ? (const void *)&v6[i].ip6addr : (const void *)&v4[i].ipaddr, r->name,
				sizeof(r->name));
	}
}

/* c-ares gives no time to live for these: a minute, as their addresses' own counts as well. */
enum { SRV_TTL_S = 60 };

static void take_srv(struct query *q, const unsigned char *bytes, int len)
{
	struct ares_srv_reply *list = NULL;

	if (ares_parse_srv_reply(bytes, len, &list) == ARES_SUCCESS)
		for (const struct ares_srv_reply *s = list; s; s = s->next) {
			struct locate_record *r = room(q, SRV_TTL_S);

			if (!r)
				break;
			snprintf(r->name, sizeof(r->name), "%.253s", s->host);
			r->priority = s->priority;
			r->weight = s->weight;
			r->port = s->port;
		}
	ares_free_data(list);
}

static void take_naptr(struct query *q, const unsigned char *bytes, int len)
{
	struct ares_naptr_reply *list = NULL;

	if (ares_parse_naptr_reply(bytes, len, &list) == ARES_SUCCESS)
		for (const struct ares_naptr_reply *s = list; s; s = s->next) {
			struct locate_record *r = room(q, SRV_TTL_S);

			if (!r)
				break;
			snprintf(r->name, sizeof(r->name), "%.253s", s->replacement);
			snprintf(r->service, sizeof(r->service), "%.15s", (const char *)s->service);
			snprintf(r->flags, sizeof(r->flags), "%.7s", (const char *)s->flags);
			r->priority = s->order;
			r->weight = s->preference;
		}
	ares_free_data(list);
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *bytes, int len)
{
	struct query *q = arg;

	(void)timeouts;
	q->over = true;
	/* "no such name" and "no such record" are answers; whatever else is none */
	q->failed = status != ARES_SUCCESS && status != ARES_ENODATA && status != ARES_ENOTFOUND;
	if (status != ARES_SUCCESS)
		return;
	switch (q->asked->type) {
	case LOCATE_A:
	case LOCATE_AAAA: take_addresses(q, bytes, len); break;
	case LOCATE_SRV: take_srv(q, bytes, len); break;
	case LOCATE_NAPTR: take_naptr(q, bytes, len); break;
	}
}

static void wait_for(const struct resolver *r, ares_channel channel, const struct query *q)
{
	while (!q->over && !atomic_load(&r->stop)) {
		ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
		const unsigned mask = (unsigned)ares_getsock(channel, sockets, ARES_GETSOCK_MAXNUM);
		struct pollfd fds[ARES_GETSOCK_MAXNUM];
		nfds_t n = 0;

		for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
			/* c-ares's own macros shift a signed 1 by 31 */
			const bool reads = mask & 1u << i, writes = mask & 1u << (i + ARES_GETSOCK_MAXNUM);
			const short events = (short)((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));

			if (events)
				fds[n++] = (struct pollfd){ .fd = sockets[i], .events = events };
		}
		poll(fds, n, STEP_MS);
		for (nfds_t i = 0; i < n; i++)
			ares_process_fd(channel,
				fds[i].revents & (POLLIN | POLLERR | POLLHUP) ? fds[i].fd : ARES_SOCKET_BAD,
				fds[i].revents & POLLOUT ? fds[i].fd : ARES_SOCKET_BAD);
		ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* timeouts */
	}
}

static int dns_type(enum locate_type type)
{
	switch (type) {
	case LOCATE_A: return ns_t_a;
	case LOCATE_AAAA: return ns_t_aaaa;
	case LOCATE_SRV: return ns_t_srv;
	case LOCATE_NAPTR: return ns_t_naptr;
	}
	return ns_t_a;
}

static void look_up(const struct resolver *r, ares_channel channel, struct job *j)
{
	const struct locate_question *asked;

	j->failed = !locate_start(&j->found, j->uri, j->transports);
	while (!atomic_load(&r->stop) && (asked = locate_next(&j->found))) {
		struct query q = { .asked = asked };
		struct locate_answer answer;

		ares_query(channel, asked->name, ns_c_in, dns_type(asked->type), on_answer, &q);
		wait_for(r, channel, &q);
		if (!q.over)
			ares_cancel(channel);
		answer = (struct locate_answer){ q.failed, q.records, q.n };
		locate_feed(&j->found, &answer);
	}
	j->failed = j->failed || (j->found.failed && j->found.n_members == 0);
}

static bool channel_open(const struct resolver *r, ares_channel *out)
{
	struct ares_options options = { .timeout = TIMEOUT_MS, .tries = TRIES };

	if (ares_init_options(out, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) != ARES_SUCCESS)
		return false;
	if (r->server[0] && ares_set_servers_ports_csv(*out, r->server) != ARES_SUCCESS) {
		ares_destroy(*out);
		return false;
	}
	return true;
}

static void work(struct resolver *r, ares_channel channel)
{
	const uint64_t one = 1;

	pthread_mutex_lock(&r->lock);
	while (!atomic_load(&r->stop)) {
		struct job *j = pop(&r->todo);

		if (!j) {
			pthread_cond_wait(&r->work, &r->lock);
			continue;
		}
		memcpy(r->busy, j->uri, sizeof(r->busy));
		pthread_mutex_unlock(&r->lock);
		look_up(r, channel, j);
		pthread_mutex_lock(&r->lock);
		r->busy[0] = '\0';
		push(&r->done, j);
		if (write(r->done_fd, &one, sizeof(one)) != sizeof(one)) {
			/* full: it will be read anyway */
		}
	}
	pthread_mutex_unlock(&r->lock);
}

static void *run(void *arg)
{
	struct resolver *r = arg;
	ares_channel channel;

	if (channel_open(r, &channel)) {
		work(r, channel);
		ares_destroy(channel);
	}
	return NULL;
}

/* ---- control ---- */

enum bridge_err resolver_open(struct resolver **out, const char *server, resolver_fn on_found, void *arg)
{
	struct resolver *r = calloc(1, sizeof(*r));
	sigset_t all, before;
	ares_channel probe;

	if (!r)
		return BRIDGE_NOMEM;
	r->on_found = on_found;
	r->arg = arg;
	r->todo.last = &r->todo.first;
	r->done.last = &r->done.first;
	snprintf(r->server, sizeof(r->server), "%.63s", server);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->work, NULL);
	r->done_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS || !channel_open(r, &probe)) {
		resolver_close(r);
		return BRIDGE_RANGE;
	}
	ares_destroy(probe);
	sigfillset(&all); /* signals are the control thread's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r->running = r->done_fd >= 0 && pthread_create(&r->thread, NULL, run, r) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!r->running) {
		resolver_close(r);
		return BRIDGE_NOMEM;
	}
	*out = r;
	return BRIDGE_OK;
}

struct resolver *resolver_close(struct resolver *r)
{
	struct job *j;

	if (!r)
		return NULL;
	atomic_store(&r->stop, true);
	pthread_mutex_lock(&r->lock);
	pthread_cond_signal(&r->work);
	pthread_mutex_unlock(&r->lock);
	if (r->running)
		pthread_join(r->thread, NULL);
	while ((j = pop(&r->todo)) || (j = pop(&r->done)))
		free(j);
	if (r->done_fd >= 0)
		close(r->done_fd);
	pthread_cond_destroy(&r->work);
	pthread_mutex_destroy(&r->lock);
	ares_library_cleanup();
	free(r);
	return NULL;
}

int resolver_fd(const struct resolver *r)
{
	return r->done_fd;
}

void resolver_poll(struct resolver *r)
{
	uint64_t n;
	struct job *j;

	if (read(r->done_fd, &n, sizeof(n)) != sizeof(n))
		return;
	for (;;) {
		pthread_mutex_lock(&r->lock);
		j = pop(&r->done);
		pthread_mutex_unlock(&r->lock);
		if (!j)
			return;
		r->on_found(r->arg, j->uri, j->failed, &j->found);
		free(j);
	}
}

static bool waits(const struct resolver *r, const char *uri)
{
	for (const struct job *j = r->todo.first; j; j = j->next)
		if (strcmp(j->uri, uri) == 0)
			return true;
	return strcmp(r->busy, uri) == 0;
}

enum bridge_err resolver_ask(struct resolver *r, const char *uri, unsigned transports)
{
	struct job *j = calloc(1, sizeof(*j));
	enum bridge_err err = BRIDGE_OK;

	if (!j)
		return BRIDGE_NOMEM;
	snprintf(j->uri, sizeof(j->uri), "%s", uri);
	j->transports = transports;
	pthread_mutex_lock(&r->lock);
	if (waits(r, uri)) {
		free(j);
	} else if (r->todo.n >= RESOLVER_QUEUE) {
		free(j);
		err = BRIDGE_FULL;
	} else {
		push(&r->todo, j);
		pthread_cond_signal(&r->work);
	}
	pthread_mutex_unlock(&r->lock);
	return err;
}
