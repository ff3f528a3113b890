#include "bridge/api.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct route {
	const char *method, *path; /* {id} stands for one segment */
	api_fn *handler;
	const char *summary;
};

static void api_openapi(struct node *n, const struct http_request *request, const char *word);

static const struct route routes[] = {
	{ "GET", "/v1/status", api_status, "How the bridge is doing" },
	{ "GET", "/v1/meetings", api_meetings, "Meetings, configured or open" },
	{ "GET", "/v1/meetings/{id}", api_meeting, "One meeting" },
	{ "GET", "/v1/meetings/{id}/participants", api_participants, "The roster" },
	{ "POST", "/v1/meetings/{id}/lock", api_lock, "Lock or unlock" },
	{ "POST", "/v1/participants/{id}/mute", api_mute, "Mute or unmute as a host does" },
	{ "DELETE", "/v1/participants/{id}", api_remove, "Remove from the meeting" },
	{ "GET", "/v1/calls", api_calls, "Live calls" },
	{ "DELETE", "/v1/calls/{id}", api_hangup, "Hang up" },
	{ "GET", "/v1/records", api_records, "Call records, newest first" },
	{ "PUT", "/v1/site", api_site_put, "Apply a site file, whole or not at all" },
	{ "GET", "/v1/site", api_site_get, "The site file in force" },
	{ "GET", "/v1/dialplan/explain", api_explain, "What would answer a number, and why" },
	{ "GET", "/metrics", api_metrics, "Prometheus metrics" },
	{ "GET", "/v1/openapi.json", api_openapi, "This description" },
};
enum { ROUTES = sizeof(routes) / sizeof(*routes), WORD_MAX = 128 };

void api_reply(struct node *n, uint64_t id, unsigned status, json_t *body)
{
	static const char no_memory[] =
		"{\"error\":{\"code\":\"out_of_memory\",\"message\":\"out of memory\"}}";
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;

	if (text)
		http_reply(n->http, id, status, "application/json", text, strlen(text));
	else
		http_reply(n->http, id, 503, "application/json", no_memory, sizeof(no_memory) - 1);
	free(text);
	json_decref(body);
}

void api_refuse(struct node *n, uint64_t id, const struct api_error *error)
{
	json_t *inner = json_pack("{s:s, s:s}", "code", error->code, "message", error->message);

	if (inner && error->field && error->field[0])
		json_object_set_new(inner, "field", json_string(error->field));
	if (inner && error->line)
		json_object_set_new(inner, "line", json_integer(error->line));
	api_reply(n, id, error->status, inner ? json_pack("{s:o}", "error", inner) : NULL);
}

/* Does `path` fit the route's pattern?  The variable segment goes to `word`. */
static bool fits(const char *pattern, const char *path, char word[WORD_MAX])
{
	word[0] = '\0';
	while (*pattern) {
		if (*pattern == '{') {
			size_t len = strcspn(path, "/");

			if (len == 0 || len >= WORD_MAX)
				return false;
			memcpy(word, path, len);
			word[len] = '\0';
			path += len;
			pattern = strchr(pattern, '}') + 1;
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return *path == '\0';
}

void api_request(void *arg, const struct http_request *request)
{
	struct node *n = arg;
	bool known = false;
	char word[WORD_MAX];

	for (size_t i = 0; i < ROUTES; i++) {
		if (!fits(routes[i].path, request->path, word))
			continue;
		known = true;
		if (strcmp(routes[i].method, request->method) == 0) {
			routes[i].handler(n, request, word);
			return;
		}
	}
	api_refuse(n, request->id,
		known ? &(struct api_error){ .status = 405,
				.code = "method_not_allowed",
				.message = "this path has no such method" }
		      : &(struct api_error){ .status = 404,
				.code = "not_found",
				.message = "there is nothing at this path" });
}

static json_t *describe(const struct route *r)
{
	json_t *operation = json_pack("{s:s, s:{s:{s:s}, s:{s:s}}}", "summary", r->summary, "responses",
		"200", "description", "done", "default", "description", "an error object");

	if (operation && strchr(r->path, '{'))
		json_object_set_new(operation, "parameters",
			json_pack("[{s:s, s:s, s:b, s:{s:s}}]", "name", "id", "in", "path", "required", 1,
				"schema", "type", "string"));
	return operation;
}

static void api_openapi(struct node *n, const struct http_request *request, const char *word)
{
	json_t *paths = json_object();

	(void)word;
	for (size_t i = 0; paths && i < ROUTES; i++) {
		json_t *path = json_object_get(paths, routes[i].path);
		char method[8];

		for (size_t c = 0; c < sizeof(method); c++)
			method[c] = (char)(routes[i].method[c] ? routes[i].method[c] | 0x20 : '\0');
		method[sizeof(method) - 1] = '\0';
		if (!path) {
			path = json_object();
			json_object_set_new(paths, routes[i].path, path);
		}
		json_object_set_new(path, method, describe(&routes[i]));
	}
	api_reply(n, request->id, 200,
		json_pack("{s:s, s:{s:s, s:s}, s:o}", "openapi", "3.1.0", "info", "title", "partyline",
			"version", "1", "paths", paths));
}
