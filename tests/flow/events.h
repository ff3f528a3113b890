/* events.h - the bridge's events as a listener gets them: Server-Sent Events, each with its time of arrival.
 *
 * How: a thread of its own reads GET /v1/events over the control socket and keeps all.
 * Use:  events_open(); do something; events_wait(); events_close().
 *
 * Thread: the test's; what was read is behind a lock.
 */
#ifndef TESTS_FLOW_EVENTS_H
#define TESTS_FLOW_EVENTS_H

#include "tests/flow/bridge.h"
#include <pthread.h>

enum { EVENTS_MAX = 4096, EVENTS_LINE = 8192 };

struct events {
	pthread_t thread;
	pthread_mutex_t lock;
	char control[FOLDER_PATH + 16], last_id[32]; /* "" : from now on */
	bool stop;
	char line[EVENTS_LINE]; /* the one that is coming in */
	size_t n_line;
	long long id;     /* of the event that is coming in */
	unsigned odd_ids; /* events whose id: is not their seq, or whose data is no JSON */
	struct event_heard {
		uint64_t at_ms;
		json_t *event; /* owned */
	} list[EVENTS_MAX];
	size_t n;
	bool connected;
};

/* After event `last_id` (NULL: from now on).  Returns when the bridge has begun to answer. NULL: it did not. */
struct events *events_open(const struct bridge *b, const char *last_id);
void events_close(struct events *e); /* accepts NULL */

/* The first event from the `from`th on of this type whose field `key` is the text `value` (true and false are texts here;
 * key NULL: any; type NULL: any). Its number; -1: none within ms. */
int events_wait(
	struct events *e, size_t from, const char *type, const char *key, const char *value, unsigned ms);
/* The same, for one that must come: without it the test fails and shows what it heard. */
int events_need(struct events *e, struct bridge *b, const char *type, const char *key, const char *value,
	unsigned ms);
size_t events_count(struct events *e);
/* Borrowed until events_close(). */
const json_t *events_get(struct events *e, int number, uint64_t *at_ms);
/* Each seq is one more than that before, and is the id of its event. */
bool events_in_order(struct events *e);
char *events_text(struct events *e); /* all of them as lines; the caller frees */
#endif
