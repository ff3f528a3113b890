/* partyctl_verbs.c - asking the bridge, and the verbs about the site, meetings, calls and trunks. */
#include "tools/partyctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 32 << 20 };

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* ---- asking ---- */

void ctl_put_json(const struct ctl *c, const json_t *value)
{
	json_dumpf(value, c->out, JSON_INDENT(2));
	fputc('\n', c->out);
}

/* Says on `err` what the API said. */
static enum ctl_exit refused(struct ctl *c, const struct ctl_answer *answer)
{
	json_t *body = json_loadb(answer->body, answer->len, 0, NULL);
	const json_t *message = ctl_member(body, "error.message");
	char text[600];

	if (json_is_string(message))
		fprintf(c->err, "partyctl: %s\n", ctl_value_text(message, text, sizeof(text)));
	else
		fprintf(c->err, "partyctl: refused with HTTP status %u\n", answer->status);
	if (c->json && body)
		ctl_put_json(c, body);
	json_decref(body);
	return CTL_REFUSED;
}

static enum ctl_exit ask_raw(struct ctl *c, const char *method, const char *path, const char *body,
	size_t len, struct ctl_answer *answer)
{
	char why[256];
	enum ctl_exit code;

	if (!ctl_http(c, method, path, body, len, answer, why)) {
		fprintf(c->err, "partyctl: cannot reach the bridge at %s: %s\n", c->socket, why);
		return CTL_UNREACHED;
	}
	if (answer->status >= 200 && answer->status < 300)
		return CTL_OK;
	code = refused(c, answer);
	free(answer->body);
	answer->body = NULL;
	return code;
}

enum ctl_exit ctl_ask(
	struct ctl *c, const char *method, const char *path, const char *body, size_t len, json_t **out)
{
	struct ctl_answer answer;
	enum ctl_exit code = ask_raw(c, method, path, body, len, &answer);
	json_t *value;

	*out = NULL;
	if (code)
		return code;
	value = answer.len ? json_loadb(answer.body, answer.len, 0, NULL) : json_object();
	free(answer.body);
	if (!value) {
		fprintf(c->err, "partyctl: the bridge's answer is not JSON\n");
		return CTL_UNREACHED;
	}
	if (c->json) {
		ctl_put_json(c, value);
		json_decref(value);
		return CTL_OK;
	}
	*out = value;
	return CTL_OK;
}

enum ctl_exit ctl_look(struct ctl *c, const char *path, json_t **out)
{
	const bool json = c->json;
	enum ctl_exit code;

	c->json = false;
	code = ctl_ask(c, "GET", path, NULL, 0, out);
	c->json = json;
	return code;
}

enum ctl_exit ctl_send(struct ctl *c, const char *method, const char *path, json_t *body, json_t **out)
{
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	const size_t len = text ? strlen(text) : 0;
	const enum ctl_exit code = ctl_ask(c, method, path, text, len, out);

	if (text)
		explicit_bzero(text, len); /* there may be a PIN in it */
	free(text);
	json_decref(body);
	return code;
}

enum ctl_exit ctl_print(struct ctl *c, const char *path)
{
	struct ctl_answer answer;
	const enum ctl_exit code = ask_raw(c, "GET", path, NULL, 0, &answer);

	if (code)
		return code;
	fwrite(answer.body, 1, answer.len, c->out);
	free(answer.body);
	return CTL_OK;
}

/* ---- the site ---- */

char *ctl_file_read(struct ctl *c, const char *path, size_t *len)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	char *text = file ? malloc(FILE_MAX + 1) : NULL;
	bool bad = !text;

	errno = file ? 0 : errno;
	if (text) {
		*len = fread(text, 1, FILE_MAX + 1, file);
		bad = ferror(file) != 0 || *len > FILE_MAX;
	}
	if (bad)
		fprintf(c->err, "partyctl: cannot read %s: %s\n", path,
			errno ? strerror(errno) : "larger than the bridge takes");
	if (file && file != stdin)
		fclose(file);
	if (!bad)
		return text;
	free(text);
	return NULL;
}

static void put_changes(struct ctl *c, const json_t *changes)
{
	size_t i;
	json_t *change;
	char what[32], kind[32], key[200], fields[200];

	json_array_foreach((json_t *)changes, i, change)
	{
		const json_t *names = json_object_get(change, "fields");

		fprintf(c->out, "%-8s %-8s %s",
			ctl_value_text(json_object_get(change, "what"), what, sizeof(what)),
			ctl_value_text(json_object_get(change, "kind"), kind, sizeof(kind)),
			ctl_value_text(json_object_get(change, "key"), key, sizeof(key)));
		if (json_string_length(names))
			fprintf(c->out, ": %s", ctl_value_text(names, fields, sizeof(fields)));
		fputc('\n', c->out);
	}
	if (json_array_size(changes) == 0)
		fputs("no changes\n", c->out);
	else if (c->dry_run)
		fputs("dry run: nothing was applied\n", c->out);
}

enum ctl_exit ctl_apply(struct ctl *c)
{
	size_t len = 0;
	char *text = ctl_file_read(c, c->args[0], &len);
	json_t *answer;
	enum ctl_exit code;

	if (!text)
		return CTL_USAGE;
	code = ctl_ask(c, "PUT", c->dry_run ? "/v1/site?dry_run=true" : "/v1/site", text, len, &answer);
	if (answer)
		put_changes(c, json_object_get(answer, "changes"));
	json_decref(answer);
	free(text);
	return code;
}

enum ctl_exit ctl_rollback(struct ctl *c)
{
	json_t *answer;
	const enum ctl_exit code = ctl_ask(c, "POST",
		c->dry_run ? "/v1/site/rollback?dry_run=true" : "/v1/site/rollback", NULL, 0, &answer);

	if (answer)
		put_changes(c, json_object_get(answer, "changes"));
	json_decref(answer);
	return code;
}

enum ctl_exit ctl_export(struct ctl *c)
{
	struct ctl_answer answer;
	enum ctl_exit code = ask_raw(c, "GET", "/v1/site", NULL, 0, &answer);

	if (code)
		return code;
	if (c->json) {
		json_t *value = json_pack("{s:s%}", "site", answer.body, answer.len);

		ctl_put_json(c, value);
		json_decref(value);
	} else {
		fwrite(answer.body, 1, answer.len, c->out);
	}
	free(answer.body);
	return CTL_OK;
}

/* ---- what is going on ---- */

enum ctl_exit ctl_status(struct ctl *c)
{
	static const struct ctl_column columns[] = {
		{ "WORKER", "index", true },
		{ "LEGS", "legs", true },
		{ "ROOMS", "rooms", true },
		{ "LOAD %", "load_percent", true },
		{ "LATE TICKS", "late_ticks", true },
		{ "LONGEST US", "tick_us_max", true },
	};
	static const struct ctl_column trunks[] = {
		{ "TRUNK", "name", false },
		{ "CALLS ARE", "drain", false },
		{ "NOW", "calls", true },
		{ "USABLE", "usable", true },
		{ "OF", "gateways", true },
		{ "IN", "calls_in", true },
		{ "ANSWERED", "answered_in", true },
		{ "OUT", "calls_out", true },
		{ "ANSWERED", "answered_out", true },
		{ "LATELY %", "answer_percent", true },
		{ "POST DIAL MS", "post_dial_ms", true },
		{ "ROUND TRIP MS", "round_trip_ms", true },
		{ "LAST CAUSE IN", "last_cause_in", false },
		{ "LAST CAUSE OUT", "last_cause_out", false },
	};
	json_t *answer;
	enum ctl_exit code = ctl_ask(c, "GET", "/v1/status", NULL, 0, &answer);

	if (answer) {
		ctl_members(c->out, answer, "");
		if (json_array_size(json_object_get(answer, "workers"))) {
			fputc('\n', c->out);
			ctl_table(c->out, columns, COUNT(columns), json_object_get(answer, "workers"));
		}
		if (json_array_size(json_object_get(answer, "trunks"))) {
			fputc('\n', c->out);
			ctl_table(c->out, trunks, COUNT(trunks), json_object_get(answer, "trunks"));
		}
	}
	json_decref(answer);
	return code;
}

enum ctl_exit ctl_meetings(struct ctl *c)
{
	static const struct ctl_column columns[] = {
		{ "MEETING", "id", false },
		{ "NAME", "name", false },
		{ "ACCOUNT", "account", false },
		{ "OPEN", "open", false },
		{ "PARTICIPANTS", "participants", true },
		{ "LOCKED", "locked", false },
		{ "SINCE", "opened_at", false },
	};

	return ctl_list(c, "/v1/meetings", columns, COUNT(columns));
}

enum ctl_exit ctl_participants(struct ctl *c)
{
	static const struct ctl_column columns[] = {
		{ "PARTICIPANT", "id", false },
		{ "NAME", "name", false },
		{ "NUMBER", "number", false },
		{ "ROLE", "role", false },
		{ "MUTED", "muted", false },
		{ "HAND", "hand", false },
		{ "TALKING", "talking", false },
		{ "CODEC", "legs.0.codec", false },
		{ "DELAY MS", "legs.0.delay_ms", true },
		{ "LOST", "legs.0.rx_lost", true },
		{ "CALL", "legs.0.call", false },
		{ "JOINED", "joined_at", false },
	};
	char path[CTL_PATH_MAX] = "";

	if (!ctl_path_add(path, "/v1/meetings/", c->args[0]) || !ctl_path_add(path, "/participants", ""))
		return ctl_usage(c, "that is no meeting's ID");
	return ctl_list(c, path, columns, COUNT(columns));
}

enum ctl_exit ctl_calls(struct ctl *c)
{
	static const struct ctl_column columns[] = {
		{ "CALL", "id", false },
		{ "STATE", "state", false },
		{ "TRUNK", "trunk", false },
		{ "FROM", "from", false },
		{ "NUMBER", "number", false },
		{ "ACCOUNT", "account", false },
		{ "MEETING", "meeting", false },
		{ "CODEC", "codec", false },
		{ "SINCE", "started_at", false },
	};

	return ctl_list(c, "/v1/calls", columns, COUNT(columns));
}

/* One row per gateway address. */
static json_t *flatten_trunks(const json_t *trunks)
{
	json_t *rows = json_array();
	const json_t *trunk, *gateway, *member;
	size_t i, k, m;

	json_array_foreach(json_object_get(trunks, "items"), i, trunk)
		json_array_foreach(json_object_get(trunk, "gateways"), k, gateway)
			json_array_foreach(json_object_get(gateway, "members"), m, member)
	{
		json_t *row = json_deep_copy(member);

		json_object_set(row, "trunk", json_object_get(trunk, "name"));
		json_object_set(row, "drain", json_object_get(trunk, "drain"));
		json_object_set(row, "calls_now", json_object_get(trunk, "calls"));
		json_object_set(row, "standing", json_object_get(trunk, "standing"));
		json_object_set(row, "registration", json_object_get(gateway, "registration"));
		json_array_append_new(rows, row);
	}
	return rows;
}

enum ctl_exit ctl_trunks(struct ctl *c)
{
	static const struct ctl_column columns[] = {
		{ "TRUNK", "trunk", false },
		{ "CALLS ARE", "drain", false },
		{ "GATEWAY", "address", false },
		{ "STATE", "state", false },
		{ "REGISTRATION", "registration", false },
		{ "CALLS", "calls_now", true },
		{ "ANSWERED %", "answer_percent", true },
		{ "POST DIAL MS", "post_dial_ms", true },
		{ "ROUND TRIP MS", "round_trip_ms", true },
		{ "STANDING", "standing.standing", false },
	};
	json_t *items = json_array(), *whole = json_pack("{s:O}", "items", items), *rows;
	const enum ctl_exit code = ctl_pages(c, "/v1/trunks", items);

	rows = flatten_trunks(whole);
	if (!code && c->json)
		ctl_put_json(c, whole);
	else if (!code)
		ctl_table(c->out, columns, COUNT(columns), rows);
	json_decref(rows);
	json_decref(whole);
	json_decref(items);
	return code;
}

/* ---- doing something ---- */

enum ctl_exit ctl_hangup(struct ctl *c)
{
	char path[CTL_PATH_MAX] = "";
	json_t *answer;
	enum ctl_exit code;

	if (!ctl_path_add(path, "/v1/calls/", c->args[0]))
		return ctl_usage(c, "that is no call's ID");
	code = ctl_ask(c, "DELETE", path, NULL, 0, &answer);
	if (answer)
		fprintf(c->out, "%s is being hung up\n", c->args[0]);
	json_decref(answer);
	return code;
}

enum ctl_exit ctl_mute(struct ctl *c)
{
	const char *word = c->n_args > 1 ? c->args[1] : "on";
	bool on = strcmp(word, "on") == 0;
	const char *body = on ? "{\"muted\":true}" : "{\"muted\":false}";
	char path[CTL_PATH_MAX] = "";
	json_t *answer;
	enum ctl_exit code;

	if (!on && strcmp(word, "off") != 0)
		return ctl_usage(c, "mute is on or off");
	if (!ctl_path_add(path, "/v1/participants/", c->args[0]) || !ctl_path_add(path, "/mute", ""))
		return ctl_usage(c, "that is no participant's ID");
	code = ctl_ask(c, "POST", path, body, strlen(body), &answer);
	if (answer)
		fprintf(c->out, "%s is %s\n", c->args[0],
			json_is_true(json_object_get(answer, "muted")) ? "muted" : "not muted");
	json_decref(answer);
	return code;
}

enum ctl_exit ctl_alerts(struct ctl *c)
{
	static const struct ctl_column columns[] = {
		{ "SEVERITY", "severity", false },
		{ "SINCE", "since", false },
		{ "WHAT", "kind", false },
		{ "OF", "subject", false },
		{ "WHAT IS WRONG", "text", false },
		{ "WHAT TO DO", "advice", false },
	};

	return ctl_list(c, "/v1/alerts", columns, COUNT(columns));
}
