#include "tests/record.h"
#include "tests/test.h"

enum { WAIT_MS = 4000 };

static void check_text(const json_t *j, const char *field, const char *want, const char *story)
{
	char name[160];

	snprintf(name, sizeof(name), "%s: %s", story, field);
	if (want)
		CHECK_STR(want, json_string_value(json_object_get(j, field)), name);
}

/* RFC 3339 in UTC to the microsecond: texts sort as times do. */
static const char *time_of(const json_t *j, const char *field)
{
	return json_string_value(json_object_get(j, field));
}

static void check_times(const json_t *j, const struct record *want, const char *story)
{
	const char *started = time_of(j, "started_at"), *answered = time_of(j, "answered_at"),
		   *joined = time_of(j, "joined_at"), *ended = time_of(j, "ended_at");

	CHECK(started && strlen(started) == 27 && started[26] == 'Z', "%s: started_at %s", story, started);
	CHECK(ended && strcmp(started, ended) <= 0, "%s: ended_at %s", story, ended);
	CHECK((answered != NULL) == (want->status == 200), "%s: answered_at %s", story, answered);
	CHECK((joined != NULL) == want->joined, "%s: joined_at %s", story, joined);
	if (answered)
		CHECK(strcmp(started, answered) <= 0 && strcmp(answered, ended) <= 0, "%s: answered_at %s",
			story, answered);
	if (joined)
		CHECK(strcmp(answered, joined) <= 0 && strcmp(joined, ended) <= 0, "%s: joined_at %s", story,
			joined);
}

json_t *record_of(const struct bridge *b, const char *call_id, const char *story)
{
	char path[256];

	snprintf(path, sizeof(path), "/v1/records?call=%s", call_id);
	if (!bridge_wait_count(b, path, 1, WAIT_MS))
		CHECK_INT(1, bridge_count(b, path), story);
	json_t *list = bridge_get(b, path);
	json_t *record = json_incref(json_array_get(json_object_get(list, "items"), 0));
	json_decref(list);
	CHECK(record, "%s: has a record", story);
	return record;
}

void check_record(const struct bridge *b, const char *call_id, const struct record *want, const char *story)
{
	json_t *have = record_of(b, call_id, story);

	check_text(have, "trunk", want->trunk ? want->trunk : "carrier-a", story);
	check_text(have, "number", want->number, story);
	check_text(have, "cause", want->cause, story);
	check_text(have, "codec", want->codec, story);
	check_text(have, "account", want->status == 200 ? "acme" : NULL, story);
	check_text(have, "meeting", want->joined ? "100200300" : "", story);
	CHECK_INT(want->status, json_at(have, "sip_status", -1), story);
	CHECK_INT(want->q850, json_at(have, "q850", -1), story);
	CHECK_INT(want->by_them, json_at(have, "by_far_end", -1), story);
	check_times(have, want, story);
	json_decref(have);
}
