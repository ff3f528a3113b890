#include "bridge/event.h"
#include "bridge/when.h"

#include <stdbool.h>
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

/* Types are words of ours: what JSON would have to escape is none. */
static bool is_word(const char *type)
{
	for (; *type; type++)
		if (*type < ' ' || *type == 0x7f || *type == '"' || *type == '\\')
			return false;
	return true;
}

/* The line without its end, seq, time and type before the rest; NULL: out of memory, or a type that is no word. */
static char *event_line(uint64_t seq, int64_t now_us, const char *type, json_t *data)
{
	static const char *const ours[] = { "seq", "time", "type" };
	char when[WHEN_TEXT], head[192], *rest = NULL, *line = NULL;
	int len;

	for (size_t i = 0; data && i < sizeof(ours) / sizeof(*ours); i++)
		(void)json_object_del(data, ours[i]);
	if (json_object_size(data) > 0) {
		rest = json_dumps(data, JSON_COMPACT);
		if (!rest)
			return NULL;
	}
	len = snprintf(head, sizeof(head), "{\"seq\":%llu,\"time\":\"%s\",\"type\":\"%s\"",
		(unsigned long long)seq, when_text(when, now_us), type);
	if (is_word(type) && len > 0 && (size_t)len < sizeof(head) &&
		asprintf(&line, "%s%s%s", head, rest ? "," : "}", rest ? rest + 1 : "") < 0)
		line = NULL;
	free(rest);
	return line;
}

uint64_t event_emit_at(struct event_bus *bus, int64_t now_us, const char *type, json_t *data)
{
	char *line = bus ? event_line(bus->next_seq, now_us, type, data) : NULL;
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
	} else if (bus) {
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
