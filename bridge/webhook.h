/* webhook.h - events sent to whoever asked for them: signed, in order, until they have arrived (P3).
 *
 *      event -> waits for the disk -> queue on disk -> posted -> 2xx: forgotten, the next one
 *                                                        |  anything else: again, later and later
 *                                                        +-- three days: given up, counted
 *
 * How: a hook's queue is a table of the database; in memory stands its head alone, so a far end that is away
 * for a day costs disk, not memory.  One delivery of a hook is under way at a time: its events arrive in order, each at
 * least once (the number in it tells a repetition).  What is emitted is gathered and stored many at a time.
 * Each request carries `Partyline-Signature: t=SECONDS,v1=HEX`, HEX being the HMAC-SHA256, under the hook's secret, of
 * "SECONDS.BODY", so that whoever gets it can tell us from others, and now from then.
 * Use:  hooks_open(); hooks_event() per event; hooks_tick() every second or so.
 *
 * Thread: control.
 */
#ifndef BRIDGE_WEBHOOK_H
#define BRIDGE_WEBHOOK_H

#include "bridge/poster.h"
#include "bridge/writer.h"
#include <jansson.h>

enum {
	WEBHOOKS_MAX = 64,
	WEBHOOK_GATHER_MAX = 20000, /* events that wait for the disk; the oldest are given up beyond */
	WEBHOOK_FIRST_RETRY_S = 5,
	WEBHOOK_LAST_RETRY_S = 600,
	WEBHOOK_DAYS = 3,
	WEBHOOK_SIGNATURE = 128
};

/* One hook by itself: webhook_terms.c.
 *
 * Does this hook want it?  `account` "" for an event of none. */
bool webhook_wants(const struct webhook *h, const char *type, const char *account);
/* "call.ended,meeting.*" and the like. */
bool webhook_events_valid(const char *events);
/* The value of the signature's header.  False: out of memory. */
bool webhook_sign(
	const struct webhook *h, int64_t now_us, const char *body, size_t len, char out[WEBHOOK_SIGNATURE]);
/* Seconds until try number `tries` + 1 (the first failure is 1), `random` any number: half of it is jitter. */
unsigned webhook_retry_s(unsigned tries, uint32_t random);

struct hooks;
/* `random` gives any number.  The store must be the writer's; what it holds is delivered from now on. */
enum bridge_err hooks_open(struct hooks **out, struct writer *writer, uint32_t (*random)(void));
struct hooks *hooks_close(struct hooks *h); /* before the writer; what is undelivered stays on disk */
int hooks_fd(const struct hooks *h);        /* readable when hooks_poll() has work */
void hooks_poll(struct hooks *h);
void hooks_tick(struct hooks *h, int64_t now_us);
void hooks_event(struct hooks *h, uint64_t seq, const char *type, const char *account, const char *json,
	int64_t now_us);

/* Fills id, secret and created_us, and stores it; `done` when it is in force.  BRIDGE_FULL: WEBHOOKS_MAX. */
typedef void (*hooks_done_fn)(void *arg, enum bridge_err err, const struct webhook *hook);
void hooks_add(struct hooks *h, const struct webhook *hook, int64_t now_us, hooks_done_fn done, void *arg);
bool hooks_retry(struct hooks *h,
	const char *id); /* what waits for its time goes with the next tick; false: no such hook */
bool hooks_drop(struct hooks *h, const char *id); /* and what it had not got; false: no such hook */
json_t *hooks_json(const struct hooks *h);        /* a list; without secrets */

/* A restore (webhook_restore.c): between hooks_hold() and hooks_release() nothing is read, written or posted.  What was emitted meanwhile is stored
 * behind it, for those hooks that are there then.  `list`: those of the other database, which send what its queues hold; NULL: all is as it was. */
struct webhook_list {
	struct webhook *hooks; /* owned; NULL: none was read */
	size_t n;
};
enum bridge_err webhook_list_read(struct webhook_list *out, struct store *store); /* disk thread */
void webhook_list_clear(struct webhook_list *list);
void hooks_hold(struct hooks *h);
void hooks_release(struct hooks *h, const struct webhook_list *list);

struct hooks_stats {
	uint64_t delivered, failed_tries, given_up, lost; /* lost: the disk would not take them */
};
void hooks_stats(const struct hooks *h, struct hooks_stats *out);
#endif
