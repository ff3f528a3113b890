/* api.h - the HTTP API: what a request asks of the node, and the answer as JSON (docs/api.md).
 *
 * How: a table of routes (method, path, one word of what it does, handler); `GET /v1/openapi.json` is made from the same
 * table and what api_describe.c says of each.  Handlers run on the control thread and answer at once, except those that wait for the disk.
 * Each route says which role it needs; a token of one account sees that account alone (bridge/access.h).
 * Errors are { "error": { code, message, field, line } }.
 *
 * Thread: control.
 */
#ifndef BRIDGE_API_H
#define BRIDGE_API_H

#include "bridge/node.h"
#include "bridge/page.h"
#include <jansson.h>

/* http_config.on_request; `arg` is the node. */
void api_request(void *arg, const struct http_request *request);

/* Handlers; `word` is what stands in the path's variable segments, "" without one, two of them parted by '/'. */
typedef void api_fn(struct node *n, const struct http_request *request, const char *word);

struct api_route {
	const char *method, *path; /* {id} stands for one segment */
	api_fn *handler;
	enum access_role role;           /* that it needs */
	enum { OF_ACCOUNT, OF_NODE } of; /* OF_NODE: about all accounts, so not for a token of one */
	const char *summary;
};
const struct api_route *api_routes(size_t *n);

struct api_error {
	unsigned status;
	const char *code, *message, *field;
	unsigned line;
};

/* http_config.on_listen, for the API thread; `arg` is the node. */
unsigned api_may_listen(
	void *arg, bool local, const char *token, const char *source, struct http_scope *scope);

/* http_config.on_more; `arg` is the node. */
void api_more(void *arg, uint64_t id, bool gone);
void api_looks_close(struct node *n); /* numbers that somebody wanted explained */
void exports_close(struct node *n);   /* before the disk thread goes */

/* May who asks see what is of this account?  What they may not see is not there: 404. */
bool api_sees(const struct http_request *request, const char *account);
/* The meeting's account, when who asks may see it; NULL: it was answered 404. */
const struct site_account *api_account_of(
	struct node *n, const struct http_request *request, const char *meeting);
/* The call, when it is up and who asks may see it; NULL: there is none, and nothing was answered. */
struct leg *api_leg(struct node *n, const struct http_request *request, const char *id);
/* Who somebody to be called is, of a body: the `name` for the roster ("" when not said), the `user` in the words of who asks (NULL when not
 * said).  NULL: both can be read; else what is wrong, and *field where. */
const char *api_read_whom(const json_t *body, const char **name, const char **user, const char **field);
/* Writes a line of the audit log; `changes` is stolen.  Never a PIN, a password or a token in it. */
void api_audit(struct node *n, const struct http_request *request, const char *what, json_t *changes);
/* The same of something that was changed; both stolen, NULL: it was not, or is no more. */
void api_audit_change(struct node *n, const struct http_request *request, const char *what, const char *key,
	json_t *before, json_t *after);

/* For handlers: answers request `id`; `body` is stolen, NULL means out of memory. */
void api_reply(struct node *n, uint64_t id, unsigned status, json_t *body);
void api_reply_more(struct node *n, uint64_t id, unsigned status, json_t *body, const struct http_more *more);
void api_reply_text(struct node *n, uint64_t id, unsigned status, const char *json);
void api_refuse(struct node *n, uint64_t id, const struct api_error *error);
/* The same from its parts; `field` NULL: it is about none. */
void api_refuse_as(struct node *n, uint64_t id, unsigned status, const char *code, const char *message,
	const char *field);
/* 400: this field of the body or the query cannot be read so. */
void api_refuse_field(struct node *n, uint64_t id, const char *field, const char *message);

/* A page of `rows`, which are taken, or what the query has wrong. */
void api_reply_page(
	struct node *n, const struct http_request *request, const struct page_rules *rules, json_t *rows);

/* 422: a site file that was refused. */
void api_refuse_site(struct node *n, uint64_t id, const struct config_why *why);

/* What is going on in a meeting or trunk, beside what the site says of it: more members for `row`. */
void api_meeting_live(const struct node *n, const char *id, json_t *row);
void api_trunk_live(struct node *n, const char *name, json_t *row);
/* What a call costs by a row of a sheet; null without one. */
struct rates;
struct rate;
json_t *api_price_json(const struct rates *rates, const struct rate *rate);
/* An object of the site as `role` may see it; NULL: out of memory. */
struct site_place;
json_t *api_row(struct node *n, const struct site_place *at, enum access_role role);

/* PATCH of one object by a path of its own: `body` is stolen. */
void api_object_set(struct node *n, const struct http_request *request, const char *word, json_t *body);

api_fn api_trunk_drain, api_trunk_resume, api_drain, api_resume;
api_fn api_status, api_participants, api_lock, api_mute, api_remove, api_calls, api_hangup, api_transfer,
	api_digits, api_people, api_people_list, api_dial, api_dialouts, api_invite, api_budgets, api_unblock,
	api_alerts;
/* Whatever the site holds (api_objects.c, api_list.c). */
api_fn api_objects, api_object, api_object_create, api_object_replace, api_object_patch, api_object_delete;
api_fn api_openapi;
api_fn api_records, api_sittings, api_site_put, api_site_rollback, api_site_get, api_explain, api_plan_diff,
	api_metrics;
api_fn api_token_make, api_tokens, api_token_drop, api_audit_list, api_audit_check, api_backup, api_restore;
api_fn api_call_trace, api_call_why;
api_fn api_rates, api_rates_show, api_rates_import, api_rates_delete;
api_fn api_webhook_make, api_webhooks, api_webhook_retry, api_webhook_drop;
#endif
