/* api_openapi.c - GET /v1/openapi.json: the routes' table, the site's tables and what api_describe.c says, as OpenAPI 3.1. */
#include "bridge/api.h"
#include "bridge/api_describe.h"
#include "bridge/cdr.h"
#include "bridge/site_json.h"
#include "bridge/version.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_CAP = 48 };

/* ---- schemas out of words ---- */

static json_t *reference(const char *name, size_t len)
{
	return json_pack("{s:o}", "$ref", json_sprintf("#/components/schemas/%.*s", (int)len, name));
}

static json_t *type_schema(char type)
{
	switch (type) {
	case 's': return json_pack("{s:s}", "type", "string");
	case 't': return json_pack("{s:s, s:s}", "type", "string", "format", "date-time");
	case 'i': return json_pack("{s:s}", "type", "integer");
	case 'n': return json_pack("{s:s}", "type", "number");
	case 'b': return json_pack("{s:s}", "type", "boolean");
	default: return json_object();
	}
}

/* Of "[@Leg]", "s?", "@Echo?": up to `len` bytes. */
static json_t *value_schema(const char *words, size_t len)
{
	json_t *schema, *type;
	bool nullable = false;

	while (len && (words[len - 1] == '?' || words[len - 1] == '~'))
		nullable = words[--len] == '?' || nullable;
	if (len > 2 && words[0] == '[')
		schema = json_pack("{s:s, s:o}", "type", "array", "items", value_schema(words + 1, len - 2));
	else
		schema = words[0] == '@' ? reference(words + 1, len - 1) : type_schema(words[0]);
	if (!nullable)
		return schema;
	type = json_object_get(schema, "type");
	if (!type)
		return json_pack("{s:[o, {s:s}]}", "anyOf", schema, "type", "null");
	json_object_set_new(schema, "type", json_pack("[O, s]", type, "null"));
	return schema;
}

typedef void each_fn(json_t *into, const char *name, const char *type, size_t len);

static void each_word(const char *words, each_fn *each, json_t *into)
{
	while (*words) {
		const size_t whole = strcspn(words, " "), part = strcspn(words, ":");
		char name[NAME_CAP];

		snprintf(name, sizeof(name), "%.*s", (int)part, words);
		each(into, name, words + part + 1, whole - part - 1);
		words += whole + (words[whole] == ' ');
	}
}

static void add_member(json_t *schema, const char *name, const char *type, size_t len)
{
	schema_member(schema, name, value_schema(type, len), !memchr(type, '~', len));
}

static json_t *words_schema(const char *words)
{
	json_t *schema;

	if (words[0] == '@')
		return reference(words + 1, strlen(words) - 1);
	if (strcmp(words, "*") == 0)
		return json_pack("{s:s}", "type", "object");
	schema = schema_object();
	each_word(words, add_member, schema);
	return schema;
}

/* ---- the site's ---- */

static const char *kind_name(enum site_kind kind, char out[NAME_CAP])
{
	snprintf(out, NAME_CAP, "%s", site_schemas[kind].word);
	out[0] = (char)toupper((unsigned char)out[0]);
	return out;
}

static json_t *read_only(json_t *schema)
{
	json_object_set_new(schema, "readOnly", json_true());
	return schema;
}

/* What answers carry beside the object itself; of a request it means nothing. */
static void add_live(json_t *schema, enum site_kind kind, bool answer)
{
	static const char *const live[SITE_KINDS] = {
		[SITE_MEETING] = "open:b participants:i parts:i locked:b opened_at:t?",
		[SITE_TRUNK] = "drain:s~ calls:i channels:i rtp_pairs:i rtp_pairs_used:i dialled:i~ "
			       "answered:i~ answer_percent:i~ talk_s:n~ "
			       "post_dial_ms:n~ standing:@Standing~ gateways:[@Gateway] quirks:[@Quirk]~",
	};
	json_t *more = schema_object(), *value;
	const char *name;

	if (kind != SITE_MEETING)
		add_member(more, "id", "s", 1);
	if (live[kind])
		each_word(live[kind], add_member, more);
	json_object_foreach(json_object_get(more, "properties"), name, value)
		schema_member(schema, name, answer ? json_incref(value) : read_only(json_object()), answer);
	if (kind == SITE_MEETING || kind == SITE_USER)
		schema_member(schema, "account", value_schema(answer ? "s" : "s?", answer ? 1 : 2), answer);
	json_decref(more);
}

static void add_kind(json_t *schemas, enum site_kind kind)
{
	char one[NAME_CAP], name[2 * NAME_CAP];
	json_t *shown = site_json_schema(kind), *made = site_json_schema_request(kind, true),
	       *changed = site_json_schema_request(kind, false);

	kind_name(kind, one);
	add_live(shown, kind, true);
	add_live(made, kind, false);
	add_live(changed, kind, false);
	json_object_set_new(schemas, one, shown);
	snprintf(name, sizeof(name), "%sToMake", one);
	json_object_set_new(schemas, name, made);
	snprintf(name, sizeof(name), "%sToChange", one);
	json_object_set_new(schemas, name, changed);
}

static json_t *record_schema(void)
{
	static const char *const words[] = { [CDR_TEXT] = "s",
		[CDR_KEPT] = "s",
		[CDR_TIME] = "t?",
		[CDR_COUNT] = "i",
		[CDR_SPAN] = "n",
		[CDR_SCORE] = "n?",
		[CDR_FLAG] = "b",
		[CDR_MONEY] = "s?" };
	json_t *schema = schema_object();
	size_t n;
	const struct cdr_field *fields = cdr_fields(&n);

	for (size_t i = 0; i < n; i++)
		add_member(schema, fields[i].json, words[fields[i].kind], strlen(words[fields[i].kind]));
	return schema;
}

static json_t *all_schemas(void)
{
	json_t *schemas = json_object();
	size_t n;
	const struct api_named *named = api_named(&n);

	for (size_t i = 0; i < n; i++)
		json_object_set_new(schemas, named[i].name, words_schema(named[i].words));
	for (enum site_kind kind = 0; kind < SITE_KINDS; kind++)
		add_kind(schemas, kind);
	json_object_set_new(schemas, "Record", record_schema());
	return schemas;
}

/* ---- operations ---- */

static void add_parameter(json_t *list, const char *name, const char *type, size_t len)
{
	json_array_append_new(list,
		json_pack("{s:s, s:s, s:o}", "name", name, "in", "query", "schema", value_schema(type, len)));
}

static void add_header_parameter(json_t *list, const char *name)
{
	json_array_append_new(list,
		json_pack("{s:s, s:s, s:{s:s}}", "name", name, "in", "header", "schema", "type", "string"));
}

/* Filters: what else a field may be asked for by. */
static void add_filters(json_t *list, enum site_kind kind)
{
	const struct site_schema *s = &site_schemas[kind];

	each_word("limit:i cursor:s q:s", add_parameter, list);
	if (kind == SITE_MEETING || kind == SITE_USER)
		add_parameter(list, "account", "s", 1);
	if (kind == SITE_MEETING)
		add_parameter(list, "open", "b", 1);
	for (size_t i = 0; i < s->n_fields; i++)
		if (site_json_filters(kind, s->fields[i].key))
			add_parameter(list, s->fields[i].key, "s", 1);
}

static void add_segments(json_t *list, const char *path)
{
	for (const char *at = strchr(path, '{'); at; at = strchr(at + 1, '{'))
		json_array_append_new(list, json_pack("{s:o, s:s, s:b, s:{s:s}}", "name",
						    json_sprintf("%.*s", (int)strcspn(at + 1, "}"), at + 1),
						    "in", "path", "required", 1, "schema", "type", "string"));
}

static json_t *content(const char *type, json_t *schema)
{
	return json_pack("{s:{s:o}}", type, "schema", schema);
}

static json_t *body_of(json_t *schema, const char *type)
{
	return json_pack("{s:b, s:o}", "required", 1, "content", content(type, schema));
}

/* An answer that carries ETag, and Location where something was made. */
static json_t *response(const char *description, json_t *content_or_null, bool tagged)
{
	json_t *out = json_pack("{s:s}", "description", description);

	if (content_or_null)
		json_object_set_new(out, "content", content_or_null);
	if (tagged)
		json_object_set_new(
			out, "headers", json_pack("{s:{s:{s:s}}}", "ETag", "schema", "type", "string"));
	return out;
}

struct operation {
	const struct api_route *route;
	enum site_kind kind; /* SITE_KINDS: of none */
	const struct api_about *about;
	json_t *json, *parameters;
};

static void set_status(struct operation *o, unsigned status, json_t *response)
{
	json_t *responses = json_object_get(o->json, "responses");
	char text[16];

	snprintf(text, sizeof(text), "%u", status);
	json_object_set_new(responses, text, response);
}

static void describe_object(struct operation *o)
{
	const char *m = o->route->method;
	const bool one = strchr(o->route->path, '{') != NULL, makes = strcmp(m, "POST") == 0;
	char name[NAME_CAP], list[NAME_CAP + 32];
	json_t *shown;

	kind_name(o->kind, name);
	shown = reference(name, strlen(name));
	snprintf(list, sizeof(list), "items:[@%s] next:s?", name);
	if (strcmp(m, "GET") == 0 && !one) {
		add_filters(o->parameters, o->kind);
		json_decref(shown);
		set_status(
			o, 200, response("a page", content("application/json", words_schema(list)), false));
		return;
	}
	if (strcmp(m, "DELETE") == 0) {
		json_decref(shown);
		shown = reference("Deleted", strlen("Deleted"));
		if (o->kind == SITE_ACCOUNT)
			add_parameter(o->parameters, "recursive", "b", 1);
	} else if (strcmp(m, "GET") != 0) {
		snprintf(list, sizeof(list), "%s%s", name, makes ? "ToMake" : "ToChange");
		json_object_set_new(o->json, "requestBody",
			body_of(reference(list, strlen(list)), strcmp(m, "PATCH") == 0
								       ? "application/merge-patch+json"
								       : "application/json"));
	}
	if (one && strcmp(m, "GET") != 0)
		add_header_parameter(o->parameters, "If-Match");
	set_status(o, makes ? 201 : 200,
		response("done", content("application/json", shown), strcmp(m, "DELETE") != 0));
}

static void describe_other(struct operation *o)
{
	const struct api_about *a = o->about;

	if (a->query)
		each_word(a->query, add_parameter, o->parameters);
	if (a->request && strcmp(a->request, "yaml") == 0)
		json_object_set_new(o->json, "requestBody", body_of(type_schema('s'), "application/yaml"));
	else if (a->request && strcmp(a->request, "csv") == 0)
		json_object_set_new(o->json, "requestBody", body_of(type_schema('s'), "text/csv"));
	else if (a->request)
		json_object_set_new(
			o->json, "requestBody", body_of(words_schema(a->request), "application/json"));
	set_status(o, a->status ? a->status : 200,
		response("done",
			content(a->answer ? "application/json" : a->type,
				a->answer ? words_schema(a->answer) : type_schema('s')),
			false));
}

static bool is_object_route(const struct api_route *r)
{
	return r->handler == api_objects || r->handler == api_object || r->handler == api_object_create ||
	       r->handler == api_object_replace || r->handler == api_object_patch ||
	       r->handler == api_object_delete;
}

static void put_operation(json_t *paths, const struct api_route *r)
{
	struct operation o = { .route = r,
		.kind = SITE_KINDS,
		.about = api_about(r->method, r->path),
		.parameters = json_array(),
		.json = json_pack("{s:s, s:s, s:{}}", "summary", r->summary, "x-role",
			access_role_name(r->role), "responses") };
	json_t *path = json_object_get(paths, r->path);
	char method[8], list[NAME_CAP];

	for (size_t i = 0; i < sizeof(method); i++)
		method[i] = (char)tolower(
			(unsigned char)r->method[i < strlen(r->method) ? i : strlen(r->method)]);
	if (!path) {
		path = json_object();
		json_object_set_new(paths, r->path, path);
	}
	add_segments(o.parameters, r->path);
	snprintf(list, sizeof(list), "%.*s", (int)strcspn(r->path + strlen("/v1/"), "/"),
		r->path + strlen("/v1/"));
	if (strcmp(method, "post") == 0)
		add_header_parameter(o.parameters, "Idempotency-Key");
	if (is_object_route(r) && site_kind_find(list, &o.kind))
		describe_object(&o);
	else if (o.about)
		describe_other(&o);
	json_object_set_new(json_object_get(o.json, "responses"), "default",
		response("refused", content("application/json", reference("Error", strlen("Error"))), false));
	if (json_array_size(o.parameters))
		json_object_set(o.json, "parameters", o.parameters);
	json_decref(o.parameters);
	json_object_set_new(path, method, o.json);
}

void api_openapi(struct node *n, const struct http_request *request, const char *word)
{
	/* Answered by the API thread, so not among the routes. */
	static const struct api_route events = { "GET", "/v1/events", NULL, ACCESS_READER, OF_ACCOUNT,
		"What happens, as it happens: Server-Sent Events or WebSocket" };
	json_t *paths = json_object();
	size_t count;
	const struct api_route *routes = api_routes(&count);

	(void)word;
	for (size_t i = 0; i < count; i++)
		put_operation(paths, &routes[i]);
	put_operation(paths, &events);
	api_reply(n, request->id, 200,
		json_pack("{s:s, s:{s:s, s:s}, s:o, s:{s:o, s:{s:{s:s, s:s}}}, s:[{s:[]}, {}]}", "openapi",
			"3.1.0", "info", "title", "partyline", "version", PARTYLINE_VERSION, "paths", paths,
			"components", "schemas", all_schemas(), "securitySchemes", "token", "type", "http",
			"scheme", "bearer", "security", "token"));
}
