/* api_digits.c - POST /v1/calls/ID/digits: keys are pressed on a call that sits in a meeting. */
#include "bridge/api.h"
#include "bridge/drive.h"
#include "bridge/leg.h"
#include <string.h>

static void press(struct node *n, const struct http_request *request, struct leg *leg, const char *digits)
{
	const bool seated = leg->state == LEG_SEATED;
	const char *why = drive_press(leg, digits);

	if (why) {
		api_refuse_as(n, request->id, seated ? 400 : 409, seated ? "bad_request" : "conflict", why,
			seated ? "digits" : NULL);
		return;
	}
	api_audit(n, request, "call.digits", json_pack("{s:s}", "call", leg->cdr.id));
	api_reply(n, request->id, 202, json_pack("{s:s, s:s}", "id", leg->cdr.id, "state", "pressing"));
}

void api_digits(struct node *n, const struct http_request *request, const char *word)
{
	struct leg *leg = api_leg(n, request, word);
	json_t *body = json_loadb(request->body, request->body_len, 0, NULL);
	const char *digits = json_string_value(json_object_get(body, "digits"));

	if (!leg)
		api_refuse_as(n, request->id, 404, "not_found", "no such call", NULL);
	else if (!digits)
		api_refuse_field(n, request->id, "digits", "the body must be a JSON object with `digits`");
	else
		press(n, request, leg, digits);
	json_decref(body);
}
