/* api_transfer.c - POST /v1/calls/ID/transfer: a call is sent elsewhere. */
#include "bridge/api.h"
#include "bridge/transfer.h"
#include <string.h>

static void answer(struct node *n, const struct http_request *request, const struct leg *leg,
	enum transfer_verdict verdict, const char *why, bool attended)
{
	const char *field = attended ? "replaces" : "to";

	switch (verdict) {
	case TRANSFER_OK:
		api_audit(n, request, "call.transfer",
			json_pack("{s:s, s:b}", "call", leg->cdr.id, "attended", attended));
		api_reply(n, request->id, 202, json_pack("{s:s, s:s}", "id", leg->cdr.id, "state", "asked"));
		return;
	case TRANSFER_NO_TARGET: api_refuse_field(n, request->id, field, why); return;
	case TRANSFER_NO_ROUTE: api_refuse_as(n, request->id, 422, "no_route", why, field); return;
	case TRANSFER_REFUSED: api_refuse_as(n, request->id, 403, "refused", why, field); return;
	case TRANSFER_FORBIDDEN: api_refuse_as(n, request->id, 403, "forbidden_by_trunk", why, NULL); return;
	case TRANSFER_STATE: api_refuse_as(n, request->id, 409, "conflict", why, NULL); return;
	case TRANSFER_NOMEM: api_reply(n, request->id, 503, NULL); return;
	}
}

struct leg *api_leg(struct node *n, const struct http_request *request, const char *id)
{
	struct leg *leg = id ? leg_find_call(n, id) : NULL;

	return leg && leg->call && api_sees(request, leg->cdr.account) ? leg : NULL;
}

void api_transfer(struct node *n, const struct http_request *request, const char *word)
{
	struct leg *leg = api_leg(n, request, word), *other = NULL;
	json_t *body = json_loadb(request->body, request->body_len, 0, NULL);
	const char *to = json_string_value(json_object_get(body, "to"));
	const char *replaces = json_string_value(json_object_get(body, "replaces"));
	char why[DIALOUT_WHY] = "";

	if (!leg)
		api_refuse_as(n, request->id, 404, "not_found", "no such call", NULL);
	else if (!to == !replaces)
		api_refuse_field(n, request->id, "to",
			"the body must be a JSON object with `to`, a number or URI, or with `replaces`, a "
			"call");
	else if (replaces && !(other = api_leg(n, request, replaces)))
		api_refuse_field(n, request->id, "replaces", "no such call");
	else
		answer(n, request, leg, transfer_start(leg, to, other, why), why, other != NULL);
	json_decref(body);
}
