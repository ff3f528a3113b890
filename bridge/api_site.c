/* api_site.c - the site file by the API: applied whole or not at all, and given back. */
#include "bridge/api.h"
#include "bridge/editor.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static void post_site(struct node *n, const struct http_request *request, const char *text, size_t len)
{
	struct edit *e = edit_alloc();
	char dry_run[8] = "";

	if (e)
		e->site_text = malloc(len + 1);
	if (!e || !e->site_text) {
		edit_free(e);
		api_reply(n, request->id, 503, NULL);
		return;
	}
	http_query(request->query, "dry_run", dry_run, sizeof(dry_run));
	e->what = EDIT_SITE;
	e->request = request->id;
	e->dry_run = strcmp(dry_run, "true") == 0;
	e->site_len = len;
	memcpy(e->site_text, text, len);
	e->site_text[len] = '\0';
	snprintf(e->who, sizeof(e->who), "%s", request->who->name);
	editor_post(n->editor, e);
}

void api_site_put(struct node *n, const struct http_request *request, const char *word)
{
	(void)word;
	post_site(n, request, request->body, request->body_len);
}

/* Back to the site before the last file that was applied; once more, forward again. */
void api_site_rollback(struct node *n, const struct http_request *request, const char *word)
{
	const char *before = editor_before(n->editor);

	(void)word;
	if (before)
		post_site(n, request, before, strlen(before));
	else
		api_refuse_as(n, request->id, 404, "not_found",
			"no site file was applied over another since this process began", NULL);
}

struct site_text { /* written on the disk thread, behind which alone a site is freed */
	struct node *node;
	uint64_t request;
	const struct site *site; /* borrowed: see editor.h */
	char *text;              /* owned */
};

static enum bridge_err export_it(void *arg, struct store *store)
{
	struct site_text *x = arg;

	(void)store;
	x->text = site_export(x->site);
	return x->text ? BRIDGE_OK : BRIDGE_NOMEM;
}

static void exported(void *arg, enum bridge_err err, const char *text)
{
	struct site_text *x = arg;
	struct node *n = x->node;

	(void)text;
	if (n->http && !err)
		http_reply(n->http, x->request, 200, "application/yaml", x->text, strlen(x->text));
	else if (n->http)
		api_reply(n, x->request, 503, NULL);
	free(x->text);
	free(x);
}

void api_site_get(struct node *n, const struct http_request *request, const char *word)
{
	struct site_text *x = calloc(1, sizeof(*x));

	(void)word;
	if (!x) {
		api_reply(n, request->id, 503, NULL);
		return;
	}
	*x = (struct site_text){ .node = n, .request = request->id, .site = n->site };
	writer_do(n->writer, export_it, exported, x);
}
