#include "bridge/writer.h"
#include "bridge/backlog.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* What somebody wants of the store, and whom it is told. */
struct job {
	struct job *next;
	uint64_t after; /* to be done when so many records have been settled */
	writer_work_fn work;
	writer_done_fn done;
	void *arg; /* borrowed from who asked */
	enum bridge_err err;
	char text[256];
};

struct job_queue {
	struct job *first, **end;
};

struct writer {
	struct store *store; /* owned; the disk thread's while it runs */
	pthread_t thread;
	int done_fd;
	/* the control thread's */
	bool running;
	uint64_t n_asked, n_told; /* jobs */

	pthread_mutex_t lock; /* what follows; held for moving pointers, never for the disk */
	pthread_cond_t wake;
	struct backlog backlog; /* records that wait */
	struct job_queue asked, done;
	uint64_t n_posted, n_settled; /* records ever; settled: written or lost */
	struct writer_stats stats;
	bool closing;
	int64_t retry_ms, give_up_ms;
	int64_t retry_at, give_up_at; /* CLOCK_MONOTONIC, ms */
	int64_t gather_until;         /* the same: what waits is written then */
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void jobs_init(struct job_queue *q)
{
	q->first = NULL;
	q->end = &q->first;
}

static void jobs_add(struct job_queue *q, struct job *job)
{
	job->next = NULL;
	*q->end = job;
	q->end = &job->next;
}

static struct job *jobs_take(struct job_queue *q)
{
	struct job *job = q->first;

	if (job && !(q->first = job->next))
		q->end = &q->first;
	return job;
}

/* ---- the disk thread ---- */

/* With the lock: when the records that wait are to be written.  Soon after the first of them, so that one sync of the
 * disk serves all that end meanwhile; at once when somebody waits for them. */
static int64_t due_at(const struct writer *w)
{
	if (!w->stats.disk_ok)
		return w->retry_at;
	return w->asked.first || w->closing || w->stats.waiting >= BACKLOG_BATCH ? 0 : w->gather_until;
}

/* With the lock: up to BACKLOG_BATCH of the oldest records, NULL: none, or not yet time to write. */
static struct record *take_batch(struct writer *w, int64_t now)
{
	return w->backlog.first && now >= due_at(w) ? backlog_take(&w->backlog) : NULL;
}

/* With the lock, which is let go while the disk is at work. */
static void settle_batch(struct writer *w, struct record *batch)
{
	struct backlog_written done = { 0, 0 };

	pthread_mutex_unlock(&w->lock);
	batch = backlog_write(w->store, batch, &done);
	pthread_mutex_lock(&w->lock);

	w->stats.written += done.written;
	w->stats.batches += done.written > 0;
	w->stats.lost += done.refused;
	w->stats.waiting -= done.written + done.refused;
	w->n_settled += done.written + done.refused;
	w->stats.disk_ok = !batch;
	if (done.written)
		w->give_up_at = now_ms() + w->give_up_ms;
	if (batch) {
		w->stats.failed_tries++;
		snprintf(w->stats.why, sizeof(w->stats.why), "%s", store_error(w->store));
		w->retry_at = now_ms() + w->retry_ms;
		backlog_put_back(&w->backlog, batch);
	}
}

static struct job *take_job(struct writer *w)
{
	if (!w->asked.first || (w->asked.first->after > w->n_settled && w->stats.disk_ok))
		return NULL;
	return jobs_take(&w->asked);
}

static void carry_out(struct store *store, struct job *job)
{
	job->err = job->work(job->arg, store);
	if (job->err)
		snprintf(job->text, sizeof(job->text), "%s", store_error(store));
}

static void settle_job(struct writer *w, struct job *job)
{
	pthread_mutex_unlock(&w->lock);
	carry_out(w->store, job);
	pthread_mutex_lock(&w->lock);
	jobs_add(&w->done, job);
	eventfd_write(w->done_fd, 1);
}

/* With the lock: until there is something to do, or the time has come to try again. */
static void sleep_until_due(struct writer *w)
{
	const int64_t due = due_at(w);
	const struct timespec at = { .tv_sec = due / 1000, .tv_nsec = due % 1000 * 1000000 };

	if (w->backlog.first)
		pthread_cond_timedwait(&w->wake, &w->lock, &at);
	else
		pthread_cond_wait(&w->wake, &w->lock);
}

static void *run(void *arg)
{
	struct writer *w = arg;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		struct record *batch = take_batch(w, now_ms());
		struct job *job;

		if (batch)
			settle_batch(w, batch);
		job = take_job(w);
		if (job)
			settle_job(w, job);
		if (batch || job)
			continue;
		if (w->closing && (!w->backlog.first || now_ms() >= w->give_up_at))
			break;
		sleep_until_due(w);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* ---- the control thread ---- */

static bool start(struct writer *w)
{
	sigset_t all, before;
	bool started;

	sigfillset(&all); /* signals are the control thread's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	started = pthread_create(&w->thread, NULL, run, w) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

enum bridge_err writer_open(struct writer **out, struct store *store)
{
	struct writer *w = calloc(1, sizeof(*w));
	pthread_condattr_t monotonic;

	if (!w)
		return BRIDGE_NOMEM;
	w->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->done_fd < 0) {
		free(w);
		return BRIDGE_FILE;
	}
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	backlog_init(&w->backlog);
	jobs_init(&w->asked);
	jobs_init(&w->done);
	w->stats.disk_ok = true;
	w->retry_ms = WRITER_RETRY_MS;
	w->give_up_ms = WRITER_GIVE_UP_MS;
	w->store = store;
	w->running = start(w);
	if (!w->running) {
		w->store = NULL;
		writer_close(w);
		return BRIDGE_NOMEM;
	}
	*out = w;
	return BRIDGE_OK;
}

void writer_settle(struct writer *w)
{
	struct pollfd fd = { .fd = w->done_fd, .events = POLLIN };
	const uint64_t until = w->n_asked;

	while (w->running && w->n_told < until)
		if (poll(&fd, 1, -1) > 0)
			writer_poll(w);
}

void writer_drain(struct writer *w)
{
	struct job *job;

	if (!w->running)
		return;
	pthread_mutex_lock(&w->lock);
	w->closing = true;
	w->retry_at = 0; /* once more at once */
	w->give_up_at = now_ms() + w->give_up_ms;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	w->running = false;

	while ((job = jobs_take(&w->asked))) {
		job->err = BRIDGE_STATE;
		jobs_add(&w->done, job);
	}
	writer_poll(w);
}

struct writer *writer_close(struct writer *w)
{
	if (!w)
		return NULL;
	writer_drain(w);
	backlog_clear(&w->backlog);
	store_close(w->store);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	close(w->done_fd);
	free(w);
	return NULL;
}

int writer_fd(const struct writer *w)
{
	return w->done_fd;
}

void writer_poll(struct writer *w)
{
	struct job_queue done;
	eventfd_t count;
	struct job *job;

	eventfd_read(w->done_fd, &count);
	jobs_init(&done);
	pthread_mutex_lock(&w->lock);
	if (w->done.first) {
		done = w->done;
		jobs_init(&w->done);
	}
	pthread_mutex_unlock(&w->lock);

	while ((job = jobs_take(&done))) {
		w->n_told++;
		job->done(job->arg, job->err, job->text);
		free(job);
	}
}

void writer_cdr(struct writer *w, const struct cdr *cdr)
{
	struct record *record = record_alloc(cdr), *oldest = NULL;
	bool wake;

	pthread_mutex_lock(&w->lock);
	w->n_posted++;
	wake = !w->backlog.first;
	if (record) {
		if (!w->backlog.first)
			w->gather_until = now_ms() + WRITER_GATHER_MS;
		backlog_add(&w->backlog, record);
		w->stats.waiting++;
		wake = wake || w->stats.waiting == BACKLOG_BATCH;
	}
	if (record && w->stats.waiting > WRITER_MAX) {
		oldest = backlog_drop(&w->backlog);
		w->stats.waiting--;
	}
	if (!record || oldest) {
		w->stats.lost++;
		w->n_settled++;
		wake = true;
	}
	if (wake)
		pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	record_free(oldest);
}

void writer_do(struct writer *w, writer_work_fn work, writer_done_fn done, void *arg)
{
	struct job *job = w->running ? calloc(1, sizeof(*job)) : NULL;

	if (!job) {
		done(arg, w->running ? BRIDGE_NOMEM : BRIDGE_STATE, "");
		return;
	}
	w->n_asked++;
	job->work = work;
	job->done = done;
	job->arg = arg;
	pthread_mutex_lock(&w->lock);
	job->after = w->n_posted;
	jobs_add(&w->asked, job);
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

void writer_stats(const struct writer *w, struct writer_stats *out)
{
	struct writer *mutable =
		(struct writer *)(uintptr_t)w; /* the lock is not part of what const promises */

	pthread_mutex_lock(&mutable->lock);
	*out = w->stats;
	pthread_mutex_unlock(&mutable->lock);
}

void writer_patience(struct writer *w, unsigned retry_ms, unsigned give_up_ms)
{
	pthread_mutex_lock(&w->lock);
	w->retry_ms = retry_ms;
	w->give_up_ms = give_up_ms;
	w->retry_at = 0;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}
