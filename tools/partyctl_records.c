/* partyctl_records.c - call records: a table, JSON, or CSV as it comes. */
#include "tools/partyctl.h"

#include <stdlib.h>
#include <string.h>

/* Options that become parameters of the query as they stand. */
static bool add_options(const struct ctl *c, char path[CTL_PATH_MAX])
{
	const struct {
		const char *name, *value;
	} list[] = {
		{ "limit", c->limit },
		{ "account", c->account },
		{ "meeting", c->meeting },
		{ "trunk", c->trunk },
		{ "call", c->call },
		{ "number", c->number },
		{ "direction", c->direction },
		{ "cause", c->cause },
		{ "q850", c->q850 },
		{ "status", c->status },
		{ "ended_by", c->ended_by },
		{ "answered", c->answered },
		{ "since", c->since },
		{ "before", c->before },
		{ "min_duration", c->min_duration },
		{ "mos_below", c->mos_below },
		{ "cursor", c->cursor },
	};
	char between = '?', key[40];

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		if (!list[i].value)
			continue;
		snprintf(key, sizeof(key), "%c%s=", between, list[i].name);
		if (!ctl_path_add(path, key, list[i].value))
			return false;
		between = '&';
	}
	return true;
}

static bool put_bytes(void *arg, const char *bytes, size_t len)
{
	struct ctl *c = arg;

	return fwrite(bytes, 1, len, c->out) == len;
}

/* As much as there is, never held here. */
static enum ctl_exit put_csv(struct ctl *c, const char *path)
{
	char why[256] = "";
	unsigned status = 0;
	json_t *answer = NULL;

	if (!ctl_http_stream(c, path, "text/csv", put_bytes, c, &status, why)) {
		fprintf(c->err, "partyctl: %s: %s\n",
			status ? "the list is not whole" : "cannot reach the bridge", why);
		return CTL_UNREACHED;
	}
	if (status < 300)
		return ferror(c->out) ? CTL_REFUSED : CTL_OK;
	return ctl_ask(c, "GET", path, NULL, 0, &answer) ? CTL_REFUSED : CTL_UNREACHED; /* says why */
}

enum ctl_exit ctl_records(struct ctl *c)
{
	static const struct ctl_column columns[] = {
		{ "STARTED", "started_at", false },
		{ "DIRECTION", "direction", false },
		{ "TRUNK", "trunk", false },
		{ "FROM", "from", false },
		{ "NUMBER", "number", false },
		{ "ACCOUNT", "account", false },
		{ "MEETING", "meeting", false },
		{ "STATUS", "sip_status", true },
		{ "Q850", "q850", true },
		{ "CODEC", "codec", false },
		{ "LOST", "rx_lost", true },
		{ "MOS", "rx_mos", true },
		{ "BY", "ended_by", false },
		{ "CAUSE", "cause", false },
		{ "CALL", "id", false },
	};
	char path[CTL_PATH_MAX] = "/v1/records";
	json_t *answer;
	enum ctl_exit code;

	if (!add_options(c, path))
		return ctl_usage(c, "the options are too long");
	if (c->csv)
		return put_csv(c, path);
	code = ctl_ask(c, "GET", path, NULL, 0, &answer);
	if (answer) {
		const char *next = json_string_value(json_object_get(answer, "next_cursor"));

		ctl_table(c->out, columns, sizeof(columns) / sizeof(*columns),
			json_object_get(answer, "items"));
		if (next)
			fprintf(c->err, "there are more: --cursor %s\n", next);
	}
	json_decref(answer);
	return code;
}

enum ctl_exit ctl_sittings(struct ctl *c)
{
	static const struct ctl_column columns[] = {
		{ "OPENED", "opened_at", false },
		{ "ENDED", "ended_at", false },
		{ "OPEN", "open", false },
		{ "ACCOUNT", "account", false },
		{ "MEETING", "meeting", false },
		{ "CALLS", "calls", true },
		{ "PEOPLE", "participants", true },
		{ "MOST", "most", true },
		{ "TALKED S", "talked_s", true },
		{ "MOS", "mos", true },
		{ "WORST", "worst_mos", true },
		{ "COST", "cost", true },
		{ "BY", "ended_by", false },
		{ "CAUSE", "cause", false },
		{ "SITTING", "id", false },
	};
	char path[CTL_PATH_MAX] = "/v1/sittings";
	json_t *answer;
	enum ctl_exit code;

	if (!add_options(c, path))
		return ctl_usage(c, "the options are too long");
	code = ctl_ask(c, "GET", path, NULL, 0, &answer);
	if (answer) {
		const char *next = json_string_value(json_object_get(answer, "next_cursor"));

		ctl_table(c->out, columns, sizeof(columns) / sizeof(*columns),
			json_object_get(answer, "items"));
		if (next)
			fprintf(c->err, "there are more: --cursor %s\n", next);
	}
	json_decref(answer);
	return code;
}
