/* writer.h - the disk thread: takes what must be written off the control thread's hands.
 *
 * How: jobs wait in a queue on this side and are carried out in order by one thread that owns the store.  A
 * job that fails because the disk is full or busy is tried again every second and keeps its place: nothing
 * acknowledged is lost.  The queue is bounded by memory only for call records (WRITER_MAX, then the oldest
 * unwritten are counted as lost and reported); results come back through writer_poll().
 *
 * Thread: all functions: control.
 */
#ifndef BRIDGE_WRITER_H
#define BRIDGE_WRITER_H

#include "bridge/store.h"

enum { WRITER_MAX = 100000 };

struct writer;
typedef void (*writer_done_fn)(void *arg, enum bridge_err err, const char *text);
typedef void (*writer_cdrs_fn)(void *arg, enum bridge_err err, const struct cdr *cdrs, size_t n);

struct writer_stats { uint64_t written, failed_tries, lost; uint32_t waiting; bool disk_ok; };

enum bridge_err writer_open(struct writer **out, struct store *store); /* takes the store over */
struct writer *writer_close(struct writer *w); /* writes what waits (gives up after 5 s without progress), closes the store */
int writer_fd(const struct writer *w); /* readable when writer_poll() has work */
void writer_poll(struct writer *w);    /* calls the done functions */
void writer_cdr(struct writer *w, const struct cdr *cdr);
/* `site` is borrowed until done is called.  Not retried: the caller answers with the error. */
void writer_site(struct writer *w, const struct site *site, const char *who, const char *changes_json, writer_done_fn done, void *arg);
void writer_list_cdrs(struct writer *w, const struct cdr_filter *filter, writer_cdrs_fn done, void *arg); /* copies the filter */
void writer_stats(const struct writer *w, struct writer_stats *out);
#endif
