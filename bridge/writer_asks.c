/* writer_asks.c - what others commonly ask of the disk thread: a site kept, records read.  Over writer_do() alone. */
#include "bridge/writer.h"
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LEN = 128 };

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
	cdrs_free(job->cdrs, job->n);
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
