/* links: bridge/event.c bridge/when.c dialplan/days.c bridge/cdr.c bridge/texts.c dialplan/money.c */
#include "bridge/cdr.h"
#include "bridge/event.h"
#include "bridge/when.h"
#include "tests/test.h"
#include "tests/starve.h"

#include <stdlib.h>

static struct {
	uint64_t seq;
	char type[64], json[1024];
	int n;
} heard;

/* The API's place: what would be served. */
void http_publish(struct http *h, uint64_t seq, const char *type, const char *account, const char *json)
{
	(void)h;
	(void)account;
	heard.seq = seq;
	snprintf(heard.type, sizeof(heard.type), "%s", type);
	snprintf(heard.json, sizeof(heard.json), "%s", json);
	heard.n++;
}

static struct event_bus *bus_at(uint64_t first)
{
	struct event_bus *bus = NULL;
	static char api;

	CHECK_INT(BRIDGE_OK, event_bus_alloc(&bus, (struct http *)&api, first), "a bus");
	memset(&heard, 0, sizeof(heard));
	return bus;
}

TEST(events_are_numbered_and_dated)
{
	static const struct {
		const char *story;
		json_int_t at;
		const char *type, *data, *want;
	} cases[] = {
		{ "with data", 1772357400000250, "call.started", "{\"call\":\"c1\",\"from\":\"x\"}",
			"{\"seq\":7,\"time\":\"2026-03-01T09:30:00.000250Z\",\"type\":\"call.started\","
			"\"call\":\"c1\",\"from\":\"x\"}" },
		{ "without", 0, "meeting.opened", NULL,
			"{\"seq\":8,\"time\":\"1970-01-01T00:00:00.000000Z\",\"type\":\"meeting.opened\"}" },
		{ "its own seq and type", 1, "a", "{\"seq\":1,\"type\":\"b\",\"x\":null}",
			"{\"seq\":9,\"time\":\"1970-01-01T00:00:00.000001Z\",\"type\":\"a\",\"x\":null}" },
		{ "a line stays a line", 1, "a", "{\"name\":\"two\\nlines\"}",
			"{\"seq\":10,\"time\":\"1970-01-01T00:00:00.000001Z\",\"type\":\"a\",\"name\":"
			"\"two\\nlines\"}" },
	};
	struct event_bus *bus = bus_at(7);
	struct event_stats stats;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *data = cases[i].data ? json_loads(cases[i].data, 0, NULL) : NULL;

		CHECK_INT(7 + i, event_emit_at(bus, cases[i].at, cases[i].type, data), cases[i].story);
		CHECK_STR(cases[i].want, heard.json, cases[i].story);
		CHECK_STR(cases[i].type, heard.type, cases[i].story);
		CHECK_INT(7 + i, heard.seq, cases[i].story);
	}
	event_stats(bus, &stats);
	CHECK_INT(4, stats.emitted, "counted");
	event_bus_free(bus);
}

TEST(a_dropped_event_uses_no_number)
{
	struct event_bus *bus = bus_at(1);
	struct event_stats stats;
	int dropped = 0;

	for (int nth = 1; nth < 100; nth++) {
		json_t *data = json_pack("{s:s}", "call", "c1");
		uint64_t seq;

		starve_at = STARVE_WORKS ? nth : 0;
		seq = event_emit_at(bus, 0, "x", data);
		starve_at = 0;
		if (seq)
			break;
		dropped++;
	}
	event_stats(bus, &stats);
	CHECK(!STARVE_WORKS || dropped > 3, "memory failed %d times", dropped);
	CHECK_INT(dropped, stats.dropped, "counted");
	CHECK_INT(1, heard.n, "heard once");
	CHECK_INT(1, heard.seq, "no number was skipped");
	CHECK_INT(0, event_emit_at(bus, 0, "\xff", NULL), "a type that is not text");
	event_bus_free(bus);
	STARVE(dropped, event_bus_alloc(&bus, NULL, 5), BRIDGE_NOMEM);
	CHECK_INT(5, event_emit(bus, "nobody listens", NULL), "is counted all the same");
	event_bus_free(bus);
}

TEST(moments_as_text)
{
	static const struct {
		int64_t us;
		const char *want;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00.000000Z" },
		{ -1, "1969-12-31T23:59:59.999999Z" },
		{ 951827696123456, "2000-02-29T12:34:56.123456Z" },
		{ INT64_MAX, "9999-12-31T23:59:59.999999Z" },
		{ INT64_MIN, "0001-01-01T00:00:00.000000Z" },
	};
	char text[WHEN_TEXT];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_STR(cases[i].want, when_text(text, cases[i].us), cases[i].want);
}

TEST(a_call_record_as_json)
{
	struct cdr cdr = { .id = "c1",
		.from_number = "M\xc3\xbcller",
		.started_us = 1,
		.sip_status = 200,
		.q850 = 16,
		.by_far_end = true,
		.rx_packets = 1ull << 40,
		.jitter_us = 1500 };
	json_t *json;
	size_t n;

	CHECK(cdr_say(&cdr, CDR_CALL_ID,
		      "a\xff"
		      "b@h"),
		"its Call-ID");
	json = cdr_json(&cdr);
	cdr_fields(&n);
	CHECK_INT(n, json_object_size(json), "every member is there");
	CHECK_STR("c1", json_string_value(json_object_get(json, "id")), "id");
	CHECK_STR("a?b@h", json_string_value(json_object_get(json, "call_id")), "what is not UTF-8");
	CHECK_STR("M\xc3\xbcller", json_string_value(json_object_get(json, "from")), "what is");
	CHECK_STR("1970-01-01T00:00:00.000001Z", json_string_value(json_object_get(json, "started_at")),
		"a time");
	CHECK(json_is_null(json_object_get(json, "answered_at")), "never");
	CHECK_INT(1ll << 40, json_integer_value(json_object_get(json, "rx_packets")), "a large count");
	CHECK_NEAR(1.5, json_real_value(json_object_get(json, "jitter_ms")), 0, "milliseconds");
	CHECK(json_is_true(json_object_get(json, "by_far_end")), "a flag");
	json_decref(json);
	cdr_clear(&cdr);
	memset(&cdr, 'x', sizeof(cdr)); /* not one text ends */
	cdr.texts = NULL;
	cdr.by_far_end = true;
	json = cdr_json(&cdr);
	CHECK_INT(sizeof(cdr.id), json_string_length(json_object_get(json, "id")), "reads no further");
	json_decref(json);
}

TESTS(events_are_numbered_and_dated, a_dropped_event_uses_no_number, moments_as_text, a_call_record_as_json)
