/* event.h - the event bus: everything that happens, numbered in order, for whoever listens.
 *
 * How: an event is one JSON object on one line: seq, time (RFC 3339, UTC, microseconds), type, then what it is
 * about.  The line goes to the API thread (http_publish()), which keeps the last ones for those who resume.
 * Numbers go up by one.  After a restart they go on above every number used before, because they begin at
 * the start time in microseconds (far fewer than a million events happen in a second) or, should the clock
 * have been set back, a thousand million above the last beginning; store_first_seq() keeps that promise.
 * They stay below 2^53, so that every JSON reader can hold them.
 * An event whose data name an `account` is heard by that account's listeners; one without by those who may hear all.
 * No PIN, key press or password may be in `data` (S7).
 *
 * Thread: control.
 */
#ifndef BRIDGE_EVENT_H
#define BRIDGE_EVENT_H

#include "bridge/err.h"
#include "bridge/http.h"
#include <jansson.h>

struct event_stats {
	uint64_t emitted, dropped; /* dropped: out of memory */
};

struct event_bus;
/* `http` is borrowed, NULL: nobody listens.  `first_seq`: the number of the first event, from store_first_seq(). */
enum bridge_err event_bus_alloc(struct event_bus **out, struct http *http, uint64_t first_seq);
struct event_bus *event_bus_free(struct event_bus *bus);

/* Says that something happened.  `data` is stolen, also on failure; NULL: nothing more to say.  Its own seq, time
 * and type, if it has them, are not used.  Returns the event's number, 0: dropped, no number was used. */
uint64_t event_emit(struct event_bus *bus, const char *type, json_t *data);
uint64_t event_emit_at(struct event_bus *bus, int64_t now_us, const char *type, json_t *data);
/* Who else is to hear of each event, as it is written. */
typedef void (*event_sink_fn)(
	void *arg, uint64_t seq, const char *type, const char *account, const char *json, int64_t now_us);
void event_bus_sink(struct event_bus *bus, event_sink_fn sink, void *arg);
void event_stats(const struct event_bus *bus, struct event_stats *out);
#endif
