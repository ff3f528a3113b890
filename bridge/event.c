#include "bridge/event.h"
#include "bridge/when.h"

#include <stdio.h>
#include <stdlib.h>

struct event_bus {
	struct http *http; /* borrowed from main */
	uint64_t next_seq;
	event_sink_fn sink; /* NULL: nobody else */
	void *sink_arg;     /* borrowed */
	struct event_stats stats;
};

enum bridge_err event_bus_alloc(struct event_bus **out, struct http *http, uint64_t first_seq)
{
	struct event_bus *bus = calloc(1, sizeof(*bus));

	if (!bus)
		return BRIDGE_NOMEM;
	bus->http = http;
	bus->next_seq = first_seq ? first_seq : 1;
	*out = bus;
	return BRIDGE_OK;
}

struct event_bus *event_bus_free(struct event_bus *bus)
{
	free(bus);
	return NULL;
}

/* The line without its end; NULL: out of memory, or a type that is not UTF-8. */
static char *event_line(uint64_t seq, int64_t now_us, const char *type, json_t *data)
{
	char when[WHEN_TEXT], *line = NULL;
	json_t *event = json_object();

	if (event && !json_object_set_new(event, "seq", json_integer((json_int_t)seq)) &&
		!json_object_set_new(event, "time", json_string(when_text(when, now_us))) &&
		!json_object_set_new(event, "type", json_string(type)) &&
		(!data || !json_object_update_missing(event, data)))
		line = json_dumps(event, JSON_COMPACT);
	json_decref(event);
	return line;
}

uint64_t event_emit_at(struct event_bus *bus, int64_t now_us, const char *type, json_t *data)
{
	char *line = event_line(bus->next_seq, now_us, type, data);
	const char *of = json_string_value(json_object_get(data, "account"));
	char account[HTTP_ACCOUNT_MAX];
	uint64_t seq = 0;

	snprintf(account, sizeof(account), "%s", of ? of : "");
	json_decref(data);
	if (line) {
		seq = bus->next_seq++;
		bus->stats.emitted++;
		if (bus->http)
			http_publish(bus->http, seq, type, account, line);
		if (bus->sink)
			bus->sink(bus->sink_arg, seq, type, account, line, now_us);
	} else {
		bus->stats.dropped++;
	}
	free(line);
	return seq;
}

uint64_t event_emit(struct event_bus *bus, const char *type, json_t *data)
{
	return event_emit_at(bus, when_now_us(), type, data);
}

void event_bus_sink(struct event_bus *bus, event_sink_fn sink, void *arg)
{
	bus->sink = sink;
	bus->sink_arg = arg;
}

void event_stats(const struct event_bus *bus, struct event_stats *out)
{
	*out = bus->stats;
}
