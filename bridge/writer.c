#include "bridge/writer.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { BATCH_MAX = 256, NAME_MAX_LEN = 128 };

struct record {
	struct record *next;
	struct cdr cdr;
};

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
	bool running; /* control thread's */

	pthread_mutex_t lock; /* what follows; held for moving pointers, never for the disk */
	pthread_cond_t wake;
	struct record *first, **end; /* records that wait, oldest first */
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
	return w->asked.first || w->closing || w->stats.waiting >= BATCH_MAX ? 0 : w->gather_until;
}

/* With the lock: up to BATCH_MAX of the oldest records, NULL: none, or not yet time to write. */
static struct record *take_batch(struct writer *w, int64_t now)
{
	struct record *batch = w->first, *last = batch;

	if (!batch || now < due_at(w))
		return NULL;
	for (int i = 1; i < BATCH_MAX && last->next; i++)
		last = last->next;
	w->first = last->next;
	if (!w->first)
		w->end = &w->first;
	last->next = NULL;
	return batch;
}

static void put_back(struct writer *w, struct record *batch)
{
	struct record *last = batch;

	while (last->next)
		last = last->next;
	last->next = w->first;
	if (!w->first)
		w->end = &last->next;
	w->first = batch;
}

static struct record *drop_first(struct record *batch)
{
	struct record *next = batch->next;

	free(batch);
	return next;
}

struct written {
	unsigned written, refused;
};

/* Writes a batch, one by one if the schema refuses one of them; returns what the disk did not take. */
static struct record *write_batch(struct store *store, struct record *batch, struct written *out)
{
	const struct cdr *cdrs[BATCH_MAX] = { &batch->cdr };
	enum bridge_err err;
	unsigned n = 0;

	for (struct record *r = batch; r; r = r->next)
		cdrs[n++] = &r->cdr;
	err = store_add_cdrs(store, cdrs, n);
	if (!err) {
		out->written = n;
		while (batch)
			batch = drop_first(batch);
		return NULL;
	}
	while (batch && (err == BRIDGE_OK || err == BRIDGE_RANGE)) {
		err = store_add_cdr(store, &batch->cdr);
		if (err && err != BRIDGE_RANGE)
			break;
		*(err ? &out->refused : &out->written) += 1;
		batch = drop_first(batch);
	}
	return batch;
}

/* With the lock, which is let go while the disk is at work. */
static void settle_batch(struct writer *w, struct record *batch)
{
	struct written done = { 0, 0 };

	pthread_mutex_unlock(&w->lock);
	batch = write_batch(w->store, batch, &done);
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
		put_back(w, batch);
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

	if (w->first)
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
		if (w->closing && (!w->first || now_ms() >= w->give_up_at))
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
	w->end = &w->first;
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
	while (w->first)
		w->first = drop_first(w->first);
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
		job->done(job->arg, job->err, job->text);
		free(job);
	}
}

void writer_cdr(struct writer *w, const struct cdr *cdr)
{
	struct record *record = malloc(sizeof(*record)), *oldest = NULL;
	bool wake;

	if (record) {
		record->next = NULL;
		record->cdr = *cdr;
	}
	pthread_mutex_lock(&w->lock);
	w->n_posted++;
	wake = !w->first;
	if (record) {
		if (!w->first)
			w->gather_until = now_ms() + WRITER_GATHER_MS;
		*w->end = record;
		w->end = &record->next;
		w->stats.waiting++;
		wake = wake || w->stats.waiting == BATCH_MAX;
	}
	if (record && w->first && w->stats.waiting > WRITER_MAX) {
		oldest = w->first;
		w->first = oldest->next;
		if (!w->first)
			w->end = &w->first;
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
	free(oldest);
}

void writer_do(struct writer *w, writer_work_fn work, writer_done_fn done, void *arg)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job) {
		done(arg, BRIDGE_NOMEM, "");
		return;
	}
	job->work = work;
	job->done = done;
	job->arg = arg;
	pthread_mutex_lock(&w->lock);
	job->after = w->n_posted;
	jobs_add(&w->asked, job);
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

/* ---- what is asked of it ---- */

struct site_job {
	const struct site *site; /* borrowed until done */
	char *who, *changes;     /* owned */
	writer_done_fn done;
	void *arg;
};

static enum bridge_err save_site(void *arg, struct store *store)
{
	struct site_job *job = arg;

	return store_save_site(store, job->site, job->who, job->changes);
}

static void site_saved(void *arg, enum bridge_err err, const char *text)
{
	struct site_job *job = arg;

	job->done(job->arg, err, text);
	free(job->who);
	free(job->changes);
	free(job);
}

void writer_site(struct writer *w, const struct site *site, const char *who, const char *changes_json,
	writer_done_fn done, void *arg)
{
	struct site_job *job = calloc(1, sizeof(*job));

	if (!job) {
		done(arg, BRIDGE_NOMEM, "");
		return;
	}
	*job = (struct site_job){ .site = site, .done = done, .arg = arg };
	job->who = strdup(who ? who : "");
	job->changes = strdup(changes_json ? changes_json : "[]");
	if (job->who && job->changes)
		writer_do(w, save_site, site_saved, job);
	else
		site_saved(job, BRIDGE_NOMEM, "");
}

struct list_job {
	char account[NAME_MAX_LEN], meeting[NAME_MAX_LEN], trunk[NAME_MAX_LEN], call[NAME_MAX_LEN];
	struct cdr_filter filter; /* its names: the ones above */
	writer_cdrs_fn done;
	void *arg;
	struct cdr *cdrs; /* owned */
	size_t n;
};

static enum bridge_err list_cdrs(void *arg, struct store *store)
{
	struct list_job *job = arg;

	return store_list_cdrs(store, &job->filter, &job->cdrs, &job->n);
}

static void cdrs_listed(void *arg, enum bridge_err err, const char *text)
{
	struct list_job *job = arg;

	(void)text;
	job->done(job->arg, err, job->cdrs, job->n);
	free(job->cdrs);
	free(job);
}

/* Longer than any name that can be stored finds nothing, however it is cut. */
static const char *copy_filter(char out[NAME_MAX_LEN], const char *text)
{
	strncpy(out, text ? text : "", NAME_MAX_LEN - 1);
	return out;
}

void writer_list_cdrs(struct writer *w, const struct cdr_filter *filter, writer_cdrs_fn done, void *arg)
{
	struct list_job *job = calloc(1, sizeof(*job));

	if (!job) {
		done(arg, BRIDGE_NOMEM, NULL, 0);
		return;
	}
	job->done = done;
	job->arg = arg;
	job->filter = (struct cdr_filter){ .account = copy_filter(job->account, filter->account),
		.meeting = copy_filter(job->meeting, filter->meeting),
		.trunk = copy_filter(job->trunk, filter->trunk),
		.call = copy_filter(job->call, filter->call),
		.limit = filter->limit,
		.skip = filter->skip,
		.since_us = filter->since_us,
		.before_us = filter->before_us };
	writer_do(w, list_cdrs, cdrs_listed, job);
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
