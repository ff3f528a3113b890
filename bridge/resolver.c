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

enum kind { LOCATE_URI, RECORDS };

struct query {
	struct locate_question asked;
	struct locate_record records[LOCATE_RECORDS];
	size_t n;
	bool failed;
};

struct job {
	struct job *next;
	struct resolver *of; /* borrowed: its owner */
	ares_channel channel;
	enum kind kind;
	char name[LOCATE_HOST]; /* URI of a gateway, or name that records are wanted of */
	unsigned transports;
	bool failed;
	struct query query; /* LOCATE_URI: the one that is out */
	union {
		struct locate found;
		struct resolver_records records;
	};
};

struct queue { /* first in, first out */
	struct job *first, **last;
	unsigned n;
};

struct resolver {
	resolver_fn on_found;
	void *arg;
	resolver_records_fn on_records;
	void *records_arg;
	char server[SERVER];
	pthread_t thread;
	bool running;
	atomic_bool stop;
	int done_fd, wake_fd;
	pthread_mutex_t lock;          /* of all below */
	struct queue todo, busy, done; /* busy: what the thread is at */
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

static void unlink_job(struct queue *q, const struct job *j)
{
	struct job **at = &q->first;

	while (*at && *at != j)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = j->next;
	if (!*at)
		q->last = at;
	q->n--;
}

static void wake(int fd)
{
	const uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) != sizeof(one)) {
		/* full: it will be read anyway */
	}
}

/* ---- the thread: one question to a name server ---- */

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
	const bool is_v6 = q->asked.type == LOCATE_AAAA;
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

/* "No such name" and "no such record" are answers; whatever else is none. */
static bool is_failure(int status)
{
	return status != ARES_SUCCESS && status != ARES_ENODATA && status != ARES_ENOTFOUND;
}

/* Least time to live among the answer's records; c-ares does not tell it of these. */
static unsigned least_ttl(const unsigned char *bytes, int len)
{
	const unsigned answers = len >= NS_HFIXEDSZ ? (unsigned)bytes[6] << 8 | bytes[7] : 0;
	const unsigned char *at = bytes + NS_HFIXEDSZ, *end = bytes + len;
	unsigned ttl_s = UINT32_MAX;

	for (unsigned i = 0; i <= answers && i <= LOCATE_RECORDS; i++) { /* the question first */
		char *name;
		long n;

		if (at >= end || ares_expand_name(at, bytes, len, &name, &n) != ARES_SUCCESS)
			break;
		ares_free_string(name);
		at += n;
		if (i == 0) {
			at += NS_QFIXEDSZ;
			continue;
		}
		if (end - at < NS_RRFIXEDSZ)
			break;
		n = (long)at[8] << 8 | at[9];
		if (((unsigned)at[4] << 24 | (unsigned)at[5] << 16 | (unsigned)at[6] << 8 | at[7]) < ttl_s)
			ttl_s = (unsigned)at[4] << 24 | (unsigned)at[5] << 16 | (unsigned)at[6] << 8 | at[7];
		at += NS_RRFIXEDSZ + n;
	}
	return ttl_s == UINT32_MAX ? 0 : ttl_s;
}

static void take_records(struct resolver_records *out, const unsigned char *bytes, int len)
{
	struct ares_naptr_reply *list = NULL;

	if (ares_parse_naptr_reply(bytes, len, &list) == ARES_SUCCESS)
		for (const struct ares_naptr_reply *s = list; s && out->n < NAPTR_RECORDS; s = s->next) {
			struct naptr *r = &out->records[out->n++];

			r->order = s->order;
			r->preference = s->preference;
			r->replaces = s->replacement && s->replacement[0];
			snprintf(r->flags, sizeof(r->flags), "%.7s", (const char *)s->flags);
			/* what does not fit is no service and no regexp of ours: left empty, not cut */
			if (strlen((const char *)s->service) < sizeof(r->service))
				snprintf(r->service, sizeof(r->service), "%s", (const char *)s->service);
			if (strlen((const char *)s->regexp) < sizeof(r->regexp))
				snprintf(r->regexp, sizeof(r->regexp), "%s", (const char *)s->regexp);
		}
	out->ttl_s = least_ttl(bytes, len);
	ares_free_data(list);
}

static void finish(struct job *j)
{
	struct resolver *r = j->of;

	pthread_mutex_lock(&r->lock);
	unlink_job(&r->busy, j);
	push(&r->done, j);
	pthread_mutex_unlock(&r->lock);
	wake(r->done_fd);
}

static void go_on(struct job *j);

/* An answer to a step of sip/locate. */
static void on_step(void *arg, int status, int timeouts, unsigned char *bytes, int len)
{
	struct job *j = arg;
	struct query *q = &j->query;
	struct locate_answer answer;

	(void)timeouts;
	if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED)
		return; /* the end: resolver_close() frees it */
	q->failed = is_failure(status);
	if (status == ARES_SUCCESS)
		switch (q->asked.type) {
		case LOCATE_A:
		case LOCATE_AAAA: take_addresses(q, bytes, len); break;
		case LOCATE_SRV: take_srv(q, bytes, len); break;
		case LOCATE_NAPTR: take_naptr(q, bytes, len); break;
		}
	answer = (struct locate_answer){ q->failed, q->records, q->n };
	locate_feed(&j->found, &answer);
	go_on(j);
}

static void on_records(void *arg, int status, int timeouts, unsigned char *bytes, int len)
{
	struct job *j = arg;

	(void)timeouts;
	if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED)
		return;
	j->failed = is_failure(status);
	if (status == ARES_SUCCESS)
		take_records(&j->records, bytes, len);
	finish(j);
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

/* The next question of sip/locate, or the end. */
static void go_on(struct job *j)
{
	const struct locate_question *asked = locate_next(&j->found);

	if (!asked) {
		j->failed = j->failed || (j->found.failed && j->found.n_members == 0);
		finish(j);
		return;
	}
	j->query = (struct query){ .asked = *asked };
	ares_query(j->channel, j->query.asked.name, ns_c_in, dns_type(asked->type), on_step, j);
}

static void begin(struct job *j, ares_channel channel)
{
	j->channel = channel;
	if (j->kind == RECORDS) {
		memset(&j->records, 0, sizeof(j->records));
		ares_query(channel, j->name, ns_c_in, ns_t_naptr, on_records, j);
		return;
	}
	j->failed = !locate_start(&j->found, j->name, j->transports);
	go_on(j);
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

/* All at once: one that nobody answers holds up no other. */
static void begin_all(struct resolver *r, ares_channel channel)
{
	struct job *j;
	uint64_t n;

	if (read(r->wake_fd, &n, sizeof(n)) != sizeof(n))
		return;
	for (;;) {
		pthread_mutex_lock(&r->lock);
		j = pop(&r->todo);
		if (j)
			push(&r->busy, j);
		pthread_mutex_unlock(&r->lock);
		if (!j)
			return;
		begin(j, channel);
	}
}

static void work(struct resolver *r, ares_channel channel)
{
	while (!atomic_load(&r->stop)) {
		ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
		const unsigned mask = (unsigned)ares_getsock(channel, sockets, ARES_GETSOCK_MAXNUM);
		struct pollfd fds[ARES_GETSOCK_MAXNUM + 1] = { { .fd = r->wake_fd, .events = POLLIN } };
		nfds_t n = 1;

		for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
			/* c-ares's own macros shift a signed 1 by 31 */
			const bool reads = mask & 1u << i, writes = mask & 1u << (i + ARES_GETSOCK_MAXNUM);
			const short events = (short)((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));

			if (events)
				fds[n++] = (struct pollfd){ .fd = sockets[i], .events = events };
		}
		poll(fds, n, n > 1 ? STEP_MS : -1);
		for (nfds_t i = 1; i < n; i++)
			ares_process_fd(channel,
				fds[i].revents & (POLLIN | POLLERR | POLLHUP) ? fds[i].fd : ARES_SOCKET_BAD,
				fds[i].revents & POLLOUT ? fds[i].fd : ARES_SOCKET_BAD);
		ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* timeouts */
		begin_all(r, channel);
	}
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
	r->busy.last = &r->busy.first;
	r->done.last = &r->done.first;
	snprintf(r->server, sizeof(r->server), "%.63s", server);
	pthread_mutex_init(&r->lock, NULL);
	r->done_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	r->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS || !channel_open(r, &probe)) {
		resolver_close(r);
		return BRIDGE_RANGE;
	}
	ares_destroy(probe);
	sigfillset(&all); /* signals are the control thread's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r->running = r->done_fd >= 0 && r->wake_fd >= 0 && pthread_create(&r->thread, NULL, run, r) == 0;
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
	if (r->wake_fd >= 0)
		wake(r->wake_fd);
	if (r->running)
		pthread_join(r->thread, NULL);
	while ((j = pop(&r->todo)) || (j = pop(&r->busy)) || (j = pop(&r->done)))
		free(j);
	if (r->done_fd >= 0)
		close(r->done_fd);
	if (r->wake_fd >= 0)
		close(r->wake_fd);
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
		if (j->kind == LOCATE_URI)
			r->on_found(r->arg, j->name, j->failed, &j->found);
		else if (r->on_records)
			r->on_records(r->records_arg, j->name, j->failed, &j->records);
		free(j);
	}
}

static bool is_in(const struct queue *q, enum kind kind, const char *name)
{
	for (const struct job *j = q->first; j; j = j->next)
		if (j->kind == kind && strcmp(j->name, name) == 0)
			return true;
	return false;
}

static enum bridge_err ask(struct resolver *r, enum kind kind, const char *name, unsigned transports)
{
	struct job *j = strlen(name) < sizeof(j->name) ? calloc(1, sizeof(*j)) : NULL;
	enum bridge_err err = BRIDGE_OK;

	if (!j)
		return strlen(name) < sizeof(j->name) ? BRIDGE_NOMEM : BRIDGE_RANGE;
	snprintf(j->name, sizeof(j->name), "%s", name);
	j->of = r;
	j->kind = kind;
	j->transports = transports;
	pthread_mutex_lock(&r->lock);
	if (is_in(&r->todo, kind, name) || is_in(&r->busy, kind, name)) {
		free(j);
	} else if (r->todo.n + r->busy.n >= RESOLVER_QUEUE) {
		free(j);
		err = BRIDGE_FULL;
	} else {
		push(&r->todo, j);
		wake(r->wake_fd);
	}
	pthread_mutex_unlock(&r->lock);
	return err;
}

enum bridge_err resolver_ask(struct resolver *r, const char *uri, unsigned transports)
{
	return ask(r, LOCATE_URI, uri, transports);
}

enum bridge_err resolver_ask_records(struct resolver *r, const char *name)
{
	return ask(r, RECORDS, name, 0);
}

void resolver_on_records(struct resolver *r, resolver_records_fn fn, void *arg)
{
	r->on_records = fn;
	r->records_arg = arg;
}
