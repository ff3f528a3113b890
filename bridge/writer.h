/* writer.h - the disk thread: takes what must be written off the control thread's hands.
 *
 * How: call records wait in a queue on this side and are written in order, many at a time, by one thread that
 * owns the store: WRITER_GATHER_MS after the first of them, so that one sync serves all that come meanwhile, and at
 * once when a question or a site waits behind them.  When the disk is full, the file locked or the database away they are tried again every second and
 * keep their place: nothing is lost while the process lives.  The queue is bounded for call records only
 * (WRITER_MAX, then the oldest unwritten is given up and counted as lost); a record that the schema itself
 * refuses is counted as lost too, so that it does not hold up the others.
 * Sites and questions are carried out after the records posted before them, but they do
 * not wait behind a full disk: then they go ahead.  Results come back through writer_poll().
 * The control thread waits for the queue's lock only, which is held for moving pointers, never for the disk.
 *
 * Thread: all functions: control.
 */
#ifndef BRIDGE_WRITER_H
#define BRIDGE_WRITER_H

#include "bridge/store.h"

enum { WRITER_MAX = 100000, WRITER_GATHER_MS = 50, WRITER_RETRY_MS = 1000, WRITER_GIVE_UP_MS = 5000 };

struct writer;
/* `text`: SQLite's words on failure, else ""; borrowed during the call. */
typedef void (*writer_done_fn)(void *arg, enum bridge_err err, const char *text);
/* Runs on the disk thread, with the store to itself. */
typedef enum bridge_err (*writer_work_fn)(void *arg, struct store *store);
/* `cdrs` borrowed during the call. */
typedef void (*writer_cdrs_fn)(void *arg, enum bridge_err err, const struct cdr *cdrs, size_t n);

struct writer_stats {
	uint64_t written, failed_tries, lost; /* records, tries of one batch, records */
	uint64_t batches;                     /* that records were written in: waits for the disk */
	uint32_t waiting;                     /* records not yet on disk */
	bool disk_ok;                         /* the last try went well */
	char why[128];                        /* SQLite's words when it did not */
};

enum bridge_err writer_open(
	struct writer **out, struct store *store); /* takes the store over; on error it stays the caller's */
/* Waits until what was asked so far is done and has been told: those who asked are all there.  What they ask then is not waited for. */
void writer_settle(struct writer *w);
/* Stops: writes what waits (gives up after WRITER_GIVE_UP_MS without progress), calls the done functions that
 * are left (BRIDGE_STATE for what was not carried out).  Afterwards writer_stats() has in `waiting` the records given
 * up, whoever asks is told BRIDGE_STATE at once, and writer_close() may follow.  Waits for the disk. */
void writer_drain(struct writer *w);
struct writer *writer_close(struct writer *w); /* drains first, if that has not been done; closes the store */
int writer_fd(const struct writer *w);         /* readable when writer_poll() has work */
void writer_poll(struct writer *w);            /* calls the done functions */
void writer_cdr(struct writer *w, const struct cdr *cdr);
/* Anything else: `work` on the disk thread, then `done` here, once; `arg` is theirs, from one to the other.  Not retried. */
void writer_do(struct writer *w, writer_work_fn work, writer_done_fn done, void *arg);
/* `site` is borrowed until done is called.  Not retried: the caller answers with the error.
 * `done` is called exactly once, at once with BRIDGE_NOMEM if there is no memory for the job. */
void writer_site(struct writer *w, const struct site *site, const char *who, const char *changes_json,
	writer_done_fn done, void *arg);
void writer_list_cdrs(struct writer *w, const struct cdr_filter *filter, writer_cdrs_fn done,
	void *arg); /* copies the filter */
void writer_stats(const struct writer *w, struct writer_stats *out);
/* Other times than WRITER_RETRY_MS and WRITER_GIVE_UP_MS, for tests. */
void writer_patience(struct writer *w, unsigned retry_ms, unsigned give_up_ms);
#endif
