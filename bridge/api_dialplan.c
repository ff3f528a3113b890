/* What the dial plan says of a number: of a call that comes from a trunk, of one that an account makes. */
#include "bridge/api.h"
#include <stdio.h>
#include <string.h>

static void refuse_field(struct node *n, uint64_t id, const char *field, const char *message)
{
	api_refuse(n, id,
		&(struct api_error){
			.status = 400, .code = "bad_request", .message = message, .field = field });
}

static json_t *step_json(const char *rule, bool matched, const char *text)
{
	return json_pack("{s:s, s:b, s:s}", "rule", rule, "matched", matched, "text", text);
}

static const char *answer_name(enum plan_answer answer)
{
	return answer == PLAN_ATTENDANT ? "attendant" : answer == PLAN_MEETING ? "meeting" : "refuse";
}

static void explain_in(struct node *n, uint64_t id, const char *number, const char *trunk)
{
	struct plan_call asked = { .trunk = trunk, .request_user = number };
	struct plan_decision d;
	json_t *steps = json_array();

	plan_decide(n->plan, &asked, &d);
	for (unsigned i = 0; i < d.n_steps; i++)
		json_array_append_new(steps, step_json(d.steps[i].rule, d.steps[i].matched, d.steps[i].text));
	api_reply(n, id, 200,
		json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:b, s:o}", "answer",
			answer_name(d.answer), "cause", plan_cause_word(d.cause), "status",
			d.answer == PLAN_REFUSE ? (int)d.sip_status : 200, "number", d.number.e164, "form",
			number_form_words(d.number.form), "account", d.did ? d.did->account : "", "meeting",
			d.did ? d.did->meeting : "", "country", d.did ? d.did->country : "", "toll_free",
			d.did && d.did->toll_free, "steps", steps));
}

static json_t *tries_json(const struct route_decision *d)
{
	static const char *const standings[] = {
		[ROUTE_GOOD] = "good", [ROUTE_LOW] = "low", [ROUTE_PROBED] = "probed"
	};
	json_t *list = json_array();

	for (unsigned i = 0; i < d->n_tries; i++) {
		const struct route_try *t = &d->tries[i];

		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:s, s:b, s:i, s:o, s:s}", "trunk", t->trunk,
				      "number", t->number, "caller_id", t->caller_id, "caller",
				      t->caller_e164, "owned", t->owned, "route", (int)t->rule, "price",
				      api_price_json(t->rates, t->rate), "standing", standings[t->standing]));
	}
	return list;
}

static void explain_out(struct node *n, uint64_t id, const struct route_call *call)
{
	enum budget_verdict verdict = BUDGET_FREE;
	const struct routes *routes = dialling_routes(n->dialling);
	char text[BUDGET_TEXT];
	struct route_decision d;
	json_t *steps = json_array();
	bool refused;

	dialling_decide(n->dialling, call, &d);
	for (unsigned i = 0; i < d.n_steps; i++)
		json_array_append_new(
			steps, step_json(route_step_rule(&d.steps[i]), d.steps[i].matched,
				       route_step_text(routes, call, &d, i, text, sizeof(text))));
	if (d.result == ROUTE_OK) {
		verdict = dialling_look(n->dialling,
			&(struct dialling_ask){
				call->account, d.number.e164, call->at_s, dialling_first_cost(&d) },
			text);
		json_array_append_new(steps, step_json("limit", verdict <= BUDGET_NEAR, text));
	}
	refused = d.result != ROUTE_OK || verdict > BUDGET_NEAR;
	api_reply(n, id, 200,
		json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:o, s:i, s:o}", "answer",
			refused ? "refuse" : "route", "cause",
			verdict > BUDGET_NEAR ? budget_word(verdict) : route_result_word(d.result), "status",
			d.result  ? (int)d.sip_status
			: refused ? 403
				  : 200,
			"number", d.number.e164, "form", number_form_words(d.number.form), "class",
			class_word(d.class), "account", call->account, "trunks", tries_json(&d),
			"steps_unsaid", (int)d.n_unsaid, "steps", steps));
}

void api_explain(struct node *n, const struct http_request *request, const char *word)
{
	char number[NUMBER_TEXT] = "", trunk[SITE_NAME] = "", account[SITE_NAME] = "", at[40] = "";
	char caller_id[NUMBER_E164] = "", call_id[64] = "";
	struct route_call call = { .account = account, .number = number, .caller_id = caller_id };
	int64_t at_us = when_now_us();

	(void)word;
	if (!http_query(request->query, "number", number, sizeof(number)) || !number[0]) {
		refuse_field(n, request->id, "number", "number must be given");
		return;
	}
	if (!http_query(request->query, "account", account, sizeof(account)) || !account[0]) {
		http_query(request->query, "trunk", trunk, sizeof(trunk));
		explain_in(n, request->id, number, trunk);
		return;
	}
	http_query(request->query, "at", at, sizeof(at));
	http_query(request->query, "caller_id", caller_id, sizeof(caller_id));
	http_query(request->query, "call", call_id, sizeof(call_id));
	if (at[0] && !when_parse(at, &at_us)) {
		refuse_field(n, request->id, "at", "a time is wanted as in 2026-12-24T18:00:00+01:00");
		return;
	}
	if (caller_id[0] && !number_valid(caller_id)) {
		refuse_field(n, request->id, "caller_id", "a number in E.164 is wanted as in +15550100");
		return;
	}
	call.at_s = at_us / 1000000;
	call.seed = route_seed(call_id);
	explain_out(n, request->id, &call);
}
