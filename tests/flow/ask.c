#include "tests/flow/ask.h"
#include "tests/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static json_t *row_with(json_t *list, const char *field, const char *value)
{
	size_t i;
	json_t *row, *found = NULL;

	json_array_foreach(json_object_get(list, "items"), i, row)
	{
		const char *text = json_string_value(json_object_get(row, field));
		if (!found && text && strcmp(text, value) == 0)
			found = json_incref(row);
	}
	json_decref(list);
	return found;
}

json_t *roster_row(const struct bridge *b, const char *meeting, const char *name)
{
	char path[96];

	snprintf(path, sizeof(path), "/v1/meetings/%s/participants", meeting);
	return row_with(bridge_get(b, path), "name", name);
}

struct row_wait {
	const struct bridge *b;
	const char *meeting, *name; /* meeting NULL: the record of call `name` */
	json_t *row;
};

static bool row_is_there(void *arg)
{
	struct row_wait *w = arg;

	w->row = w->meeting ? roster_row(w->b, w->meeting, w->name)
			    : row_with(bridge_get(w->b, "/v1/records?limit=1000"), "call_id", w->name);
	return w->row != NULL;
}

json_t *roster_wait(const struct bridge *b, const char *meeting, const char *name, unsigned ms)
{
	struct row_wait w = { b, meeting, name, NULL };

	wait_until(row_is_there, &w, ms);
	return w.row;
}

json_t *record_wait(const struct bridge *b, const char *call_id, unsigned ms)
{
	struct row_wait w = { b, NULL, call_id, NULL };

	wait_until(row_is_there, &w, ms);
	return w.row;
}

void ask_call(const struct bridge *b, const char *to, char id[ASK_ID])
{
	char body[128];
	long status;
	json_t *answer;

	snprintf(body, sizeof(body), "{\"to\":\"%s\",\"name\":\"Bob\"}", to);
	answer = bridge_call(b, "POST", "/v1/meetings/100200300/calls", NULL, body, &status);
	CHECK_INT(202, status, "POST");
	snprintf(id, ASK_ID, "%s", json_text_at(answer, "id"));
	json_decref(answer);
}

void ask_hang_up(const struct bridge *b, const char *id)
{
	char path[32 + ASK_ID];
	long status;

	snprintf(path, sizeof(path), "/v1/calls/%s", id);
	json_decref(bridge_call(b, "DELETE", path, NULL, NULL, &status));
	CHECK_INT(200, status, path);
}

double time_at(const json_t *j, const char *path)
{
	const char *text = json_text_at(j, path);
	struct tm t = { 0 };
	double seconds;

	/* 2026-11-23T09:14:32.351631Z */
	if (!text || sscanf(text, "%4d-%2d-%2dT%2d:%2d:%lfZ", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour,
			     &t.tm_min, &seconds) != 6)
		return -1;
	t.tm_year -= 1900;
	t.tm_mon -= 1;
	return (double)timegm(&t) * 1000.0 + seconds * 1000.0;
}
