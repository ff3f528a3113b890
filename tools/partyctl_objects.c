/* partyctl_objects.c - what the site holds, one by one: accounts, meetings, users, trunks, numbers, routes, calendars, classes.
 *
 * A field is written FIELD=VALUE, its name as in the site file ("limits.channels=10"); what kind of value it takes is read from the
 * bridge's own description, so that nobody need know of JSON.  Lists are parted by commas; nothing after '=' takes a value away.
 */
#include "tools/partyctl.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 1000, COLUMNS = 7 };

static const struct kind {
	const char *verb, *list, *schema;
	struct ctl_column columns[COLUMNS]; /* the last ones without a title: none */
} kinds[] = {
	{ "account", "accounts", "Account",
		{ { "ACCOUNT", "id", false }, { "LANGUAGE", "language", false }, { "ZONE", "zone", false },
			{ "KEEP DAYS", "records.keep_days", true },
			{ "CALLS A DAY", "dialling.daily", true } } },
	{ "meeting", "meetings", "Meeting",
		{ { "MEETING", "id", false }, { "NAME", "name", false }, { "ACCOUNT", "account", false },
			{ "OPEN", "open", false }, { "PARTICIPANTS", "participants", true } } },
	{ "user", "users", "User", { { "USER", "id", false }, { "ACCOUNT", "account", false } } },
	{ "trunk", "trunks", "Trunk",
		{ { "TRUNK", "id", false }, { "FROM", "inbound.from", false },
			{ "GATEWAYS", "outbound.gateways", false }, { "SRTP", "srtp", false },
			{ "CALLS ARE", "drain", false }, { "CALLS", "calls", true },
			{ "CHANNELS", "limits.channels", true } } },
	{ "number", "numbers", "Number",
		{ { "NUMBER", "id", false }, { "ACCOUNT", "account", false }, { "ANSWER", "answer", false },
			{ "LANGUAGE", "language", false }, { "COUNTRY", "country", false },
			{ "TOLL FREE", "toll_free", false } } },
	{ "route", "routes", "Route",
		{ { "ROUTE", "id", false }, { "ACCOUNT", "account", false }, { "PREFIX", "prefix", false },
			{ "PREFIXES", "prefixes", false }, { "TRUNKS", "trunks", false },
			{ "PRIORITY", "priority", true }, { "CALENDAR", "calendar", false } } },
	{ "calendar", "calendars", "Calendar",
		{ { "CALENDAR", "id", false }, { "ZONE", "zone", false }, { "SPANS", "spans", false } } },
	{ "class", "classes", "Class",
		{ { "FIRST PREFIX", "id", false }, { "CLASS", "class", false },
			{ "PREFIXES", "prefixes", false } } },
};

static const struct kind *kind_of(const struct ctl *c)
{
	const struct kind *k = kinds;

	while (strcmp(k->verb, c->verb) != 0)
		k++;
	return k;
}

static size_t columns_of(const struct kind *k)
{
	size_t n = 0;

	while (n < COLUMNS && k->columns[n].title)
		n++;
	return n;
}

/* "/v1/users/acme/alice": a user's key has two segments. */
static bool path_of(const struct kind *k, const char *key, char path[CTL_PATH_MAX])
{
	const char *slash = strcmp(k->verb, "user") == 0 ? strchr(key, '/') : NULL;
	char first[128];

	path[0] = '\0';
	if (!ctl_path_add(path, "/v1/", "") || !ctl_path_add(path, k->list, "") || !key[0])
		return false;
	if (!slash)
		return ctl_path_add(path, "/", key);
	snprintf(first, sizeof(first), "%.*s", (int)(slash - key), key);
	return ctl_path_add(path, "/", first) && ctl_path_add(path, "/", slash + 1);
}

/* ---- list ---- */

/* "account=acme,q=weekly" as a query. */
static bool filters_add(char path[CTL_PATH_MAX], const char *filter)
{
	while (filter && *filter) {
		const size_t whole = strcspn(filter, ","), name = strcspn(filter, "=");
		char key[64], value[256];

		if (name >= whole)
			return false;
		snprintf(key, sizeof(key), "&%.*s=", (int)name, filter);
		snprintf(value, sizeof(value), "%.*s", (int)(whole - name - 1), filter + name + 1);
		if (!ctl_path_add(path, key, value))
			return false;
		filter += whole + (filter[whole] == ',');
	}
	return true;
}

enum ctl_exit ctl_pages(struct ctl *c, const char *list, json_t *items)
{
	const size_t wanted = c->limit ? strtoul(c->limit, NULL, 10) : SIZE_MAX;
	char cursor[256] = "";
	enum ctl_exit code;

	do {
		const size_t left = wanted - json_array_size(items);
		char path[CTL_PATH_MAX] = "", limit[24];
		json_t *answer = NULL;

		snprintf(limit, sizeof(limit), "%zu", left < PAGE ? left : (size_t)PAGE);
		if (!ctl_path_add(path, list, "") || !ctl_path_add(path, "?limit=", limit) ||
			!filters_add(path, c->filter) ||
			(cursor[0] && !ctl_path_add(path, "&cursor=", cursor)))
			return ctl_usage(c, "--filter takes FIELD=VALUE,FIELD=VALUE");
		code = ctl_look(c, path, &answer);
		if (code)
			return code;
		json_array_extend(items, json_object_get(answer, "items"));
		snprintf(cursor, sizeof(cursor), "%s",
			json_is_string(json_object_get(answer, "next"))
				? json_string_value(json_object_get(answer, "next"))
				: "");
		json_decref(answer);
	} while (cursor[0] && json_array_size(items) < wanted);
	return CTL_OK;
}

/* Lists as people write them. */
static void join_lists(json_t *object)
{
	const char *key;
	json_t *value, *item;
	void *after;
	size_t i;

	json_object_foreach_safe(object, after, key, value)
	{
		char text[1024] = "";

		if (json_is_object(value))
			join_lists(value);
		if (!json_is_array(value) ||
			(json_array_size(value) && !json_is_string(json_array_get(value, 0))))
			continue;
		json_array_foreach(value, i, item)
		{
			const size_t used = strlen(text);

			snprintf(text + used, sizeof(text) - used, "%s%s", i ? "," : "",
				json_string_value(item));
		}
		json_object_set_new(object, key, json_string(text));
	}
}

enum ctl_exit ctl_list(struct ctl *c, const char *list, const struct ctl_column *columns, size_t n)
{
	json_t *items = json_array(), *whole = json_pack("{s:O}", "items", items);
	const enum ctl_exit code = ctl_pages(c, list, items);

	if (!code && c->json)
		ctl_put_json(c, whole);
	else if (!code)
		ctl_table(c->out, columns, n, items);
	json_decref(items);
	json_decref(whole);
	return code;
}

static enum ctl_exit list(struct ctl *c, const struct kind *k)
{
	json_t *items = json_array(), *item;
	char path[CTL_PATH_MAX] = "";
	enum ctl_exit code = ctl_path_add(path, "/v1/", k->list) ? ctl_pages(c, path, items) : CTL_USAGE;
	size_t i;

	if (!code && c->json) {
		json_t *whole = json_pack("{s:O}", "items", items);

		ctl_put_json(c, whole);
		json_decref(whole);
	} else if (!code) {
		json_array_foreach(items, i, item) join_lists(item);
		ctl_table(c->out, k->columns, columns_of(k), items);
	}
	json_decref(items);
	return code;
}

/* ---- one ---- */

/* What a trunk's calls showed of how its carrier makes RTP. */
static void put_quirks(struct ctl *c, const json_t *quirks)
{
	static const struct ctl_column columns[] = { { "QUIRK", "quirk", false }, { "CALLS", "calls", true },
		{ "THE FAR END", "what", false } };

	if (json_array_size(quirks) == 0)
		return;
	fputc('\n', c->out);
	ctl_table(c->out, columns, sizeof(columns) / sizeof(*columns), quirks);
}

static enum ctl_exit get(struct ctl *c, const struct kind *k)
{
	char path[CTL_PATH_MAX];
	json_t *answer;
	enum ctl_exit code;

	if (!path_of(k, c->args[1], path))
		return ctl_usage(c, "that cannot be an ID");
	code = ctl_ask(c, "GET", path, NULL, 0, &answer);
	if (answer) {
		join_lists(answer);
		ctl_members(c->out, answer, "");
		put_quirks(c, json_object_get(answer, "quirks"));
	}
	json_decref(answer);
	return code;
}

/* ---- fields ---- */

static bool is_type(const json_t *type, const char *name)
{
	json_t *one;
	size_t i;

	if (json_is_string(type))
		return strcmp(json_string_value(type), name) == 0;
	json_array_foreach((json_t *)type, i, one) if (strcmp(json_string_value(one), name) == 0) return true;
	return false;
}

static json_t *list_json(const char *text)
{
	json_t *list = json_array();

	while (*text) {
		const size_t n = strcspn(text, ",");

		json_array_append_new(list, json_stringn(text, n));
		text += n + (text[n] == ',');
	}
	return list;
}

/* What cannot be what it should goes as it is written: the bridge says what is wrong with it. */
static json_t *value_json(const json_t *schema, const char *text)
{
	const json_t *type = json_object_get(schema, "type");
	char *end;
	long number;

	if (is_type(type, "array"))
		return list_json(text);
	if (!*text && is_type(type, "null"))
		return json_null();
	if (is_type(type, "boolean") && (strcmp(text, "true") == 0 || strcmp(text, "yes") == 0))
		return json_true();
	if (is_type(type, "boolean") && (strcmp(text, "false") == 0 || strcmp(text, "no") == 0))
		return json_false();
	number = strtol(text, &end, 10);
	return is_type(type, "integer") && *text && !*end ? json_integer(number) : json_string(text);
}

/* Puts "limits.channels=10" into `body`; false: no such shape. */
static bool field_put(json_t *body, const json_t *properties, const char *text)
{
	const char *equals = strchr(text, '=');
	char key[64];
	char *dot;

	if (!equals || equals == text || equals - text >= (long)sizeof(key))
		return false;
	snprintf(key, sizeof(key), "%.*s", (int)(equals - text), text);
	dot = strchr(key, '.');
	if (dot) {
		json_t *group;

		*dot = '\0';
		group = json_object_get(body, key);
		if (!group) {
			group = json_object();
			json_object_set_new(body, key, group);
		}
		properties = json_object_get(json_object_get(properties, key), "properties");
		body = group;
	}
	json_object_set_new(body, dot ? dot + 1 : key,
		value_json(json_object_get(properties, dot ? dot + 1 : key), equals + 1));
	return true;
}

/* The arguments from `first` on; one without '=' is a file with a JSON object.  NULL: said what is wrong. */
static json_t *body_of(struct ctl *c, const struct kind *k, size_t first)
{
	json_t *description = NULL, *body = json_object(), *properties;
	char path[96];

	if (c->n_args == first + 1 && !strchr(c->args[first], '=')) {
		size_t len = 0;
		char *text = ctl_file_read(c, c->args[first], &len);

		json_decref(body);
		body = text ? json_loadb(text, len, 0, NULL) : NULL;
		if (text && !json_is_object(body))
			fprintf(c->err, "partyctl: %s holds no JSON object\n", c->args[first]);
		free(text);
		return body;
	}
	if (ctl_look(c, "/v1/openapi.json", &description) != CTL_OK) {
		json_decref(body);
		return NULL;
	}
	snprintf(path, sizeof(path), "components.schemas.%sToChange.properties", k->schema);
	properties = (json_t *)(uintptr_t)ctl_member(description, path);
	for (size_t i = first; i < c->n_args; i++)
		if (!field_put(body, properties, c->args[i])) {
			fprintf(c->err, "partyctl: FIELD=VALUE is wanted, not %s\n", c->args[i]);
			json_decref(body);
			body = NULL;
			break;
		}
	json_decref(description);
	return body;
}

static enum ctl_exit send(struct ctl *c, const char *method, const char *path, json_t *body, const char *done)
{
	char id[200];
	json_t *answer;
	enum ctl_exit code = ctl_send(c, method, path, body, &answer);

	if (answer)
		fprintf(c->out, "%s %s\n", ctl_value_text(json_object_get(answer, "id"), id, sizeof(id)),
			done);
	json_decref(answer);
	return code;
}

static enum ctl_exit create(struct ctl *c, const struct kind *k)
{
	char path[CTL_PATH_MAX] = "";
	json_t *body = body_of(c, k, 1);

	if (!body)
		return CTL_USAGE;
	ctl_path_add(path, "/v1/", k->list);
	return send(c, "POST", path, body, "is made");
}

static enum ctl_exit change(struct ctl *c, const struct kind *k)
{
	char path[CTL_PATH_MAX];
	json_t *body;

	if (!path_of(k, c->args[1], path))
		return ctl_usage(c, "that cannot be an ID");
	body = body_of(c, k, 2);
	return body ? send(c, "PATCH", path, body, "is changed") : CTL_USAGE;
}

static enum ctl_exit drop(struct ctl *c, const struct kind *k)
{
	char path[CTL_PATH_MAX];
	json_t *answer;
	enum ctl_exit code;

	if (!path_of(k, c->args[1], path) || (c->recursive && !ctl_path_add(path, "?recursive=true", "")))
		return ctl_usage(c, "that cannot be an ID");
	code = ctl_ask(c, "DELETE", path, NULL, 0, &answer);
	if (answer)
		fprintf(c->out, "%s is gone\n", c->args[1]);
	json_decref(answer);
	return code;
}

enum ctl_exit ctl_object(struct ctl *c)
{
	static const struct {
		const char *word;
		size_t min, max;
		enum ctl_exit (*run)(struct ctl *c, const struct kind *k);
	} actions[] = {
		{ "list", 1, 1, list },
		{ "get", 2, 2, get },
		{ "create", 2, CTL_ARGS_MAX, create },
		{ "change", 3, CTL_ARGS_MAX, change },
		{ "delete", 2, 2, drop },
	};
	char wrong[240];

	if (strcmp(c->verb, "trunk") == 0 && c->n_args == 2 &&
		(strcmp(c->args[0], "drain") == 0 || strcmp(c->args[0], "resume") == 0))
		return ctl_trunk_drain(c);
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++)
		if (strcmp(actions[i].word, c->args[0]) == 0 && c->n_args >= actions[i].min &&
			c->n_args <= actions[i].max)
			return actions[i].run(c, kind_of(c));
	snprintf(wrong, sizeof(wrong),
		"%s knows: list, get ID, create FIELD=VALUE..., change ID FIELD=VALUE..., delete ID%s",
		c->verb, strcmp(c->verb, "trunk") == 0 ? ", drain ID, resume ID" : "");
	return ctl_usage(c, wrong);
}
