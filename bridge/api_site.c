#include "bridge/api.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOLD_CHANGES = 1000 };

struct apply { /* an apply that waits for the disk */
	struct node *node;
	struct site *site; /* owned until it is in force */
	uint64_t request;
	json_t *changes; /* owned */
};

/* Events stay in memory for those who reconnect: one that is told of a large site's every line is told how many. */
static void tell_applied(struct node *n, json_t *changes)
{
	const int count = (int)json_array_size(changes);

	event_emit(n->bus, "site.applied",
		count <= TOLD_CHANGES ? json_pack("{s:i, s:O}", "count", count, "changes", changes)
				      : json_pack("{s:i}", "count", count));
}

static json_t *changes_json(const struct site_change *changes, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:s}", "kind", changes[i].kind, "key",
				      changes[i].key, "what", changes[i].what, "fields", changes[i].fields));
	return list;
}

static void apply_done(struct apply *a)
{
	site_free(a->site);
	json_decref(a->changes);
	free(a);
}

static void apply_saved(void *arg, enum bridge_err err, const char *text)
{
	struct apply *a = arg;
	struct node *n = a->node;

	n->applying = NULL;
	if (err) {
		log_line(LOG_ERROR, NULL, "site", "not saved, the old one stays in force: %s", text);
		api_refuse(n, a->request,
			&(struct api_error){ .status = 503, .code = "database", .message = text });
	} else if (node_use_site(n, a->site) != BRIDGE_OK) {
		api_refuse(n, a->request,
			&(struct api_error){
				.status = 503, .code = "out_of_memory", .message = "out of memory" });
	} else {
		a->site = NULL;
		log_line(LOG_INFO, NULL, "site", "applied, %zu changes", json_array_size(a->changes));
		tell_applied(n, a->changes);
		api_reply(n, a->request, 200, json_pack("{s:O}", "changes", a->changes));
	}
	apply_done(a);
}

void api_refuse_site(struct node *n, uint64_t id, const struct config_why *why)
{
	char message[400];

	if (why->line)
		snprintf(message, sizeof(message), "line %u: %s: %s", why->line, why->key, why->text);
	else
		snprintf(message, sizeof(message), "%s: %s", why->key, why->text);
	api_refuse(n, id,
		&(struct api_error){ .status = 422,
			.code = "site_invalid",
			.message = message,
			.field = why->key,
			.line = why->line });
}

static void save(struct node *n, const struct http_request *request, struct apply *a)
{
	char *text = json_dumps(a->changes, JSON_COMPACT);

	if (!text) {
		apply_done(a);
		api_reply(n, request->id, 503, NULL);
		return;
	}
	n->applying = a->site;
	writer_site(n->writer, a->site, request->who->name, text, apply_saved, a);
	free(text);
}

void api_site_put(struct node *n, const struct http_request *request, const char *word)
{
	struct config_why why = { .line = 0 };
	struct site_change *changes;
	char dry_run[8] = "";
	struct apply *a = calloc(1, sizeof(*a));
	size_t count = 0;

	(void)word;
	if (!a)
		goto no_memory;
	*a = (struct apply){ .node = n, .request = request->id };
	if (n->applying) {
		api_refuse(n, request->id,
			&(struct api_error){ .status = 409,
				.code = "busy",
				.message = "another site is being applied; try again" });
		apply_done(a);
		return;
	}
	if (site_parse(&a->site, request->body, request->body_len, &why) != BRIDGE_OK) {
		api_refuse_site(n, request->id, &why);
		apply_done(a);
		return;
	}
	changes = site_diff(n->site, a->site, &count);
	if (!changes && count)
		goto no_memory;
	a->changes = changes_json(changes, count);
	free(changes);

	http_query(request->query, "dry_run", dry_run, sizeof(dry_run));
	if (strcmp(dry_run, "true") == 0 || count == 0) {
		api_reply(n, request->id, 200, json_pack("{s:O}", "changes", a->changes));
		apply_done(a);
		return;
	}
	save(n, request, a);
	return;
no_memory:
	if (a)
		apply_done(a);
	api_reply(n, request->id, 503, NULL);
}

void api_site_get(struct node *n, const struct http_request *request, const char *word)
{
	char *text = site_export(n->site);

	(void)word;
	if (text)
		http_reply(n->http, request->id, 200, "application/yaml", text, strlen(text));
	else
		api_reply(n, request->id, 503, NULL);
	free(text);
}
