/* api_drain.c - a trunk, or the whole node, takes no new calls, or takes them again (bridge/drain.h). */
#include "bridge/api.h"
#include "bridge/drain.h"
#include "bridge/leg.h"

/* The trunk's `maintenance` is what stays; the answer is the trunk as it then is. */
static void set_maintenance(
	struct node *n, const struct http_request *request, const char *word, bool maintenance)
{
	api_object_set(n, request, word, json_pack("{s:b}", "maintenance", maintenance));
}

void api_trunk_drain(struct node *n, const struct http_request *request, const char *word)
{
	set_maintenance(n, request, word, true);
}

void api_trunk_resume(struct node *n, const struct http_request *request, const char *word)
{
	set_maintenance(n, request, word, false);
}

static json_t *node_json(const struct node *n)
{
	return json_pack("{s:s, s:i, s:b}", "drain", drain_word(n->drain.state), "calls", (int)n->n_legs,
		"exits", n->drain.exits);
}

void api_drain(struct node *n, const struct http_request *request, const char *word)
{
	json_t *body = json_loadb(request->body, request->body_len, 0, NULL);
	const json_t *exits = json_object_get(body, "exit");

	(void)word;
	if (request->body_len && (!json_is_object(body) || (exits && !json_is_boolean(exits)))) {
		api_refuse_field(
			n, request->id, "exit", "the body may be a JSON object with `exit`, true or false");
	} else {
		api_audit(n, request, "node.drain", json_pack("{s:b}", "exit", json_is_true(exits)));
		drain_node(n, json_is_true(exits), loop_now_us());
		api_reply(n, request->id, 202, node_json(n));
	}
	json_decref(body);
}

void api_resume(struct node *n, const struct http_request *request, const char *word)
{
	(void)word;
	api_audit(n, request, "node.resume", json_object());
	drain_resume(n);
	api_reply(n, request->id, 200, node_json(n));
}
