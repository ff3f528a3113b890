/* api_webhook.c - webhooks by the API: made, listed, dropped. */
#include "bridge/api.h"
#include "bridge/webhook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct making {
	struct node *node;
	uint64_t request;
};

static void made(void *arg, enum bridge_err err, const struct webhook *hook)
{
	struct making *m = arg;

	if (err)
		api_refuse_as(m->node, m->request, 503, err == BRIDGE_FULL ? "too_many" : "database",
			err == BRIDGE_FULL ? "there are too many webhooks"
					   : "the database cannot be written now",
			NULL);
	else
		api_reply(m->node, m->request, 201,
			json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", hook->id, "url", hook->url, "account",
				hook->account, "events", hook->events, "secret", hook->secret));
	free(m);
}

/* Answers the error itself. */
static bool read_hook(
	struct node *n, const struct http_request *request, const json_t *body, struct webhook *out)
{
	const char *url = json_string_value(json_object_get(body, "url"));
	const json_t *account = json_object_get(body, "account"), *events = json_object_get(body, "events");

	if (!url || !poster_url_valid(url)) {
		api_refuse_field(n, request->id, "url", "an http:// or https:// URL must be given");
		return false;
	}
	if (!poster_url_private(url) && !json_is_true(json_object_get(body, "plain"))) {
		api_refuse_field(n, request->id, "url",
			"what is posted there could be read on the way: https:// is wanted, or plain: true");
		return false;
	}
	if (account && (!json_is_string(account) || !site_account(n->site, json_string_value(account)))) {
		api_refuse_field(n, request->id, "account", "no such account");
		return false;
	}
	if (events && (!json_is_string(events) || !webhook_events_valid(json_string_value(events)))) {
		api_refuse_field(
			n, request->id, "events", "events is a list of types: \"call.ended,meeting.*\"");
		return false;
	}
	*out = (struct webhook){ .id = "" };
	snprintf(out->url, sizeof(out->url), "%s", url);
	snprintf(out->account, sizeof(out->account), "%s", account ? json_string_value(account) : "");
	snprintf(out->events, sizeof(out->events), "%s", events ? json_string_value(events) : "");
	return true;
}

void api_webhook_make(struct node *n, const struct http_request *request, const char *word)
{
	json_t *body = json_loadb(request->body, request->body_len, 0, NULL);
	struct making *m;
	struct webhook hook;

	(void)word;
	if (read_hook(n, request, body, &hook)) {
		m = malloc(sizeof(*m));
		if (m) {
			*m = (struct making){ n, request->id };
			api_audit_change(n, request, "webhook.create", hook.url, NULL,
				json_pack("{s:s, s:s, s:s}", "url", hook.url, "account", hook.account,
					"events", hook.events));
			hooks_add(n->hooks, &hook, when_now_us(), made, m);
		} else {
			api_reply(n, request->id, 503, NULL);
		}
	}
	json_decref(body);
}

void api_webhooks(struct node *n, const struct http_request *request, const char *word)
{
	static const struct page_rules rules = { "id", "account url waiting", PAGE_LIMIT, PAGE_MAX };

	(void)word;
	api_reply_page(n, request, &rules, hooks_json(n->hooks));
}

/* NULL: there is no such webhook. */
static json_t *hook_find(const struct node *n, const char *id)
{
	json_t *all = hooks_json(n->hooks), *one, *found = NULL;
	size_t i;

	json_array_foreach(all, i, one)
	{
		const char *own = json_string_value(json_object_get(one, "id"));

		if (own && strcmp(own, id) == 0)
			found = json_pack("{s:O, s:O, s:O}", "url", json_object_get(one, "url"), "account",
				json_object_get(one, "account"), "events", json_object_get(one, "events"));
	}
	json_decref(all);
	return found;
}

void api_webhook_retry(struct node *n, const struct http_request *request, const char *word)
{
	if (!hooks_retry(n->hooks, word)) {
		api_refuse_as(n, request->id, 404, "not_found", "no such webhook", NULL);
		return;
	}
	api_audit(n, request, "webhook.retry", json_pack("{s:s}", "key", word));
	api_reply(n, request->id, 202, json_pack("{s:s}", "id", word));
}

void api_webhook_drop(struct node *n, const struct http_request *request, const char *word)
{
	json_t *was = hook_find(n, word);

	if (!hooks_drop(n->hooks, word)) {
		json_decref(was);
		api_refuse_as(n, request->id, 404, "not_found", "no such webhook", NULL);
		return;
	}
	api_audit_change(n, request, "webhook.delete", word, was, NULL);
	api_reply(n, request->id, 200, json_pack("{s:s}", "id", word));
}
