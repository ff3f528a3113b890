/* api.h - the HTTP API: what a request asks of the node, and the answer as JSON (docs/api.md).
 *
 * How: a table of routes (method, path, one word of what it does, handler); `GET /v1/openapi.json` is made from the same
 * table.  Handlers run on the control thread and answer at once, except those that wait for the disk.
 * Each route says which role it needs; a token of one account sees that account alone (bridge/access.h).
 * Errors are { "error": { code, message, field, line } }.
 *
 * Thread: control.
 */
#ifndef BRIDGE_API_H
#define BRIDGE_API_H

#include "bridge/node.h"
#include <jansson.h>

/* http_config.on_request; `arg` is the node. */
void api_request(void *arg, const struct http_request *request);

struct api_error {
	unsigned status;
	const char *code, *message, *field;
	unsigned line;
};

/* http_config.on_listen, for the API thread; `arg` is the node. */
unsigned api_may_listen(
	void *arg, bool local, const char *token, const char *source, char account[HTTP_ACCOUNT_MAX]);

/* http_config.on_more; `arg` is the node. */
void api_more(void *arg, uint64_t id, bool gone);
void exports_close(struct node *n); /* before the disk thread goes */

/* May who asks see what is of this account?  What they may not see is not there: 404. */
bool api_sees(const struct http_request *request, const char *account);
/* Writes a line of the audit log; `changes` is stolen.  Never a PIN, a password or a token in it. */
void api_audit(struct node *n, const struct http_request *request, const char *what, json_t *changes);

/* For handlers: answers request `id`; `body` is stolen, NULL means out of memory. */
void api_reply(struct node *n, uint64_t id, unsigned status, json_t *body);
void api_refuse(struct node *n, uint64_t id, const struct api_error *error);

/* 422: a site file that was refused. */
void api_refuse_site(struct node *n, uint64_t id, const struct config_why *why);

/* Handlers; `word` is the path's variable segment, "" without one. */
typedef void api_fn(struct node *n, const struct http_request *request, const char *word);
api_fn api_status, api_meetings, api_meeting, api_participants, api_lock, api_mute, api_remove, api_calls,
	api_hangup, api_dial, api_dialouts, api_trunks, api_budgets, api_unblock;
api_fn api_records, api_site_put, api_site_get, api_explain, api_plan_diff, api_metrics;
api_fn api_token_make, api_tokens, api_token_drop, api_audit_list, api_audit_check, api_backup, api_restore;
api_fn api_call_trace, api_call_why;
api_fn api_webhook_make, api_webhooks, api_webhook_drop;
#endif
