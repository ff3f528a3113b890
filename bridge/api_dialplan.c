/* What the dial plan says of a number: of a call that comes from a trunk, of one that an account makes. */
#include "bridge/api.h"
#include "bridge/dialout.h"
#include "bridge/lookup.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	const char *drained = drain_why(n, site_trunk(n->site, trunk));
	struct plan_decision d;
	json_t *steps = json_array();

	plan_decide(n->plan, &asked, &d);
	if (drained)
		json_array_append_new(steps, step_json("drain", false, drained));
	for (unsigned i = 0; i < d.n_steps; i++)
		json_array_append_new(steps, step_json(d.steps[i].rule, d.steps[i].matched, d.steps[i].text));
	api_reply(n, id, 200,
		json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:b, s:o}", "answer",
			drained ? "refuse" : answer_name(d.answer), "cause",
			drained ? "drained" : plan_cause_word(d.cause), "status",
			drained                   ? 503
			: d.answer == PLAN_REFUSE ? (int)d.sip_status
						  : 200,
			"number", d.number.e164, "form", number_form_words(d.number.form), "account",
			d.did ? d.did->account : "", "meeting", d.did ? d.did->meeting : "", "country",
			d.did ? d.did->country : "", "toll_free", d.did && d.did->toll_free, "steps", steps));
}

/* Trunks that would be passed over now; false: all of them. */
static bool tell_drained(const struct node *n, const struct route_decision *d, json_t *steps)
{
	unsigned n_drained = 0;

	for (unsigned i = 0; i < d->n_tries; i++) {
		const char *why = drain_why(n, site_trunk(n->site, d->tries[i].trunk));
		char text[SITE_NAME + 80];

		if (!why)
			continue;
		n_drained++;
		snprintf(text, sizeof(text), "%.63s is passed over: %s", d->tries[i].trunk, why);
		json_array_append_new(steps, step_json("drain", false, text));
	}
	return n_drained < d->n_tries;
}

/* Whose trunks and routes have chosen what sends a call on. */
static void tell_chosen(const struct node *n, const struct route_decision *d, json_t *steps)
{
	enum { WORDS = 2 * REROUTE_WORDS * 10 };

	for (unsigned i = 0; i < d->n_tries; i++) {
		const struct site_trunk *trunk = site_trunk(n->site, d->tries[i].trunk);
		const struct site_route *route =
			d->tries[i].rule < n->site->n_routes ? &n->site->routes[d->tries[i].rule] : NULL;
		struct reroute_policy by_trunk = { { 0 }, { 0 } }, by_route = { { 0 }, { 0 } };
		char words[WORDS], text[WORDS + SITE_NAME + 40];

		if (route)
			dialout_policy_route(&by_route, route);
		if (trunk)
			dialout_policy_trunk(&by_trunk, trunk);
		reroute_policy_words(words, sizeof(words), &by_route);
		snprintf(text, sizeof(text), "from %.63s, by route %u: %s", d->tries[i].trunk,
			d->tries[i].rule, words);
		if (words[0])
			json_array_append_new(steps, step_json("reroute", true, text));
		reroute_policy_words(words, sizeof(words), &by_trunk);
		snprintf(text, sizeof(text), "from %.63s, by itself: %s", d->tries[i].trunk, words);
		if (words[0])
			json_array_append_new(steps, step_json("reroute", true, text));
	}
}

static json_t *try_json(const struct node *n, const struct dialout_try *t, const struct route_try *decided)
{
	static const char *const standings[] = {
		[ROUTE_GOOD] = "good", [ROUTE_LOW] = "low", [ROUTE_PROBED] = "probed"
	};

	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:i, s:s, s:o, s:s}", "trunk", t->trunk, "number",
		t->number, "caller_id", t->caller_id, "caller", t->caller_e164, "owned", decided->owned,
		"takes_calls", drain_why(n, site_trunk(n->site, t->trunk)) == NULL, "route",
		(int)decided->rule, "gateway", t->gateway, "price",
		api_price_json(decided->rates, decided->rate), "standing", standings[decided->standing]);
}

/* As a call of the account would try them; `l` NULL: the DNS was not asked. */
static json_t *tries_json(
	const struct node *n, const struct route_call *call, const struct route_decision *d, struct lookup *l)
{
	struct dialout_tries tries;
	struct route_try other = { .trunk = NULL };
	json_t *list = json_array();

	dialout_tries_of(&tries, n->site, d);
	if (l)
		(void)dialout_tries_enum(&tries, l, n, call->account, &other);
	for (size_t i = 0; i < tries.n; i++) {
		const struct dialout_try *t = &tries.list[i];

		json_array_append_new(
			list, try_json(n, t, t->of == DIALOUT_TRY_OTHER ? &other : &d->tries[t->of]));
	}
	return list;
}

static void add_lookup(json_t *steps, const struct lookup *l)
{
	static const char *const words[LOOKUP_WHATS] = { [LOOKUP_ENUM] = "enum", [LOOKUP_LNP] = "lnp" };
	const char *const found[LOOKUP_WHATS] = { [LOOKUP_ENUM] = l->uri, [LOOKUP_LNP] = l->routing };
	char text[LOOKUP_WHY + NAPTR_URI];

	for (unsigned i = 0; i < LOOKUP_WHATS; i++) {
		if (!l->asks[i])
			continue;
		if (l->why[i][0])
			snprintf(text, sizeof(text), "%s: the call goes on as without", l->why[i]);
		else
			snprintf(text, sizeof(text),
				i == LOOKUP_ENUM ? "it can be called at %s: asked first"
						 : "it is routed by %s, where it was ported to",
				found[i]);
		json_array_append_new(steps, step_json(words[i], !l->why[i][0], text));
	}
}

/* `l` NULL: the DNS was not asked. */
static void explain_out(struct node *n, uint64_t id, const struct route_call *call, struct lookup *l)
{
	enum budget_verdict verdict = BUDGET_FREE;
	const struct routes *routes = dialling_routes(n->dialling);
	char text[BUDGET_TEXT];
	struct route_decision d;
	json_t *steps = json_array(), *tries;
	bool refused, drained = false;

	dialling_decide_ported(n->dialling, call, l ? l->routing : "", &d);
	if (l && l->routing[0] && d.result != ROUTE_OK) { /* as the call does */
		snprintf(l->why[LOOKUP_LNP], LOOKUP_WHY, "no route for its routing number %s", l->routing);
		dialling_decide(n->dialling, call, &d);
	}
	tries = tries_json(n, call, &d, l); /* may say why ENUM is of no use */
	for (unsigned i = 0; i < d.n_steps; i++)
		json_array_append_new(
			steps, step_json(route_step_rule(&d.steps[i]), d.steps[i].matched,
				       route_step_text(routes, call, &d, i, text, sizeof(text))));
	if (l)
		add_lookup(steps, l);
	if (d.result == ROUTE_OK) {
		verdict = dialling_look(n->dialling,
			&(struct dialling_ask){
				call->account, d.number.e164, call->at_s, dialling_first_cost(&d) },
			text);
		json_array_append_new(steps, step_json("limit", verdict <= BUDGET_NEAR, text));
		drained = !tell_drained(n, &d, steps);
		tell_chosen(n, &d, steps);
	}
	refused = d.result != ROUTE_OK || verdict > BUDGET_NEAR || drained;
	api_reply(n, id, 200,
		json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:o, s:i, s:o}", "answer",
			refused ? "refuse" : "route", "cause",
			verdict > BUDGET_NEAR ? budget_word(verdict)
			: drained             ? "drained"
					      : route_result_word(d.result),
			"status",
			d.result                ? (int)d.sip_status
			: verdict > BUDGET_NEAR ? 403
			: drained               ? 503
						: 200,
			"number", d.number.e164, "form", number_form_words(d.number.form), "class",
			class_word(d.class), "account", call->account, "trunks", tries, "steps_unsaid",
			(int)d.n_unsaid, "steps", steps));
}

/* ---- a number that the DNS is asked about ---- */

struct look { /* somebody waits for the answer */
	struct look *next;
	uint32_t id;
	uint64_t request;
	struct lookup lookup;
	char account[SITE_NAME], number[NUMBER_TEXT], caller_id[NUMBER_E164];
	struct route_call call;
	bool asking;
};

static void look_end(struct node *n, struct look *look)
{
	struct look **at = &n->looks;

	while (*at != look)
		at = &(*at)->next;
	*at = look->next;
	if (n->http)
		explain_out(n, look->request, &look->call, &look->lookup);
	free(look);
}

static void look_take(struct node *n, uint32_t id, enum lookup_what what, struct dips_answer *answer)
{
	struct look *look = n->looks;

	while (look && look->id != id)
		look = look->next;
	if (!look)
		return;
	lookup_take(&look->lookup, what, answer);
	if (!lookup_waits(&look->lookup) && !look->asking)
		look_end(n, look);
}

static void on_enum(struct node *n, uint32_t id, struct dips_answer *answer)
{
	look_take(n, id, LOOKUP_ENUM, answer);
}

static void on_lnp(struct node *n, uint32_t id, struct dips_answer *answer)
{
	look_take(n, id, LOOKUP_LNP, answer);
}

/* Explains it when the DNS has answered.  False: there is nothing to ask, or no memory to wait with. */
static bool look_begin(struct node *n, uint64_t request, const struct route_call *call)
{
	static const dips_fn done[LOOKUP_WHATS] = { [LOOKUP_ENUM] = on_enum, [LOOKUP_LNP] = on_lnp };
	const struct site_account *account = site_account(n->site, call->account);
	struct route_decision d;
	struct look *look;

	dialling_decide(n->dialling, call, &d);
	if (!account || d.result != ROUTE_OK || !(account->enum_suffix[0] || account->lnp_suffix[0]))
		return false;
	look = calloc(1, sizeof(*look));
	if (!look)
		return false;
	look->id = ++n->last_look_id;
	look->request = request;
	snprintf(look->account, sizeof(look->account), "%s", call->account);
	snprintf(look->number, sizeof(look->number), "%s", call->number);
	snprintf(look->caller_id, sizeof(look->caller_id), "%s", call->caller_id);
	look->call = *call;
	look->call.account = look->account;
	look->call.number = look->number;
	look->call.caller_id = look->caller_id;
	look->next = n->looks;
	n->looks = look;
	look->asking = true;
	lookup_begin(&look->lookup, n, account, d.number.e164, done, look->id);
	look->asking = false;
	if (!lookup_waits(&look->lookup))
		look_end(n, look);
	return true;
}

void api_looks_close(struct node *n)
{
	while (n->looks) {
		struct look *look = n->looks;

		n->looks = look->next;
		free(look);
	}
}

void api_explain(struct node *n, const struct http_request *request, const char *word)
{
	char number[NUMBER_TEXT] = "", trunk[SITE_NAME] = "", account[SITE_NAME] = "", at[40] = "";
	char caller_id[NUMBER_E164] = "", call_id[64] = "";
	struct route_call call = { .account = account, .number = number, .caller_id = caller_id };
	int64_t at_us = when_now_us();

	(void)word;
	if (!http_query(request->query, "number", number, sizeof(number)) || !number[0]) {
		api_refuse_field(n, request->id, "number", "number must be given");
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
		api_refuse_field(n, request->id, "at", "a time is wanted as in 2026-12-24T18:00:00+01:00");
		return;
	}
	if (caller_id[0] && !number_valid(caller_id)) {
		api_refuse_field(n, request->id, "caller_id", "a number in E.164 is wanted as in +15550100");
		return;
	}
	call.at_s = at_us / 1000000;
	call.seed = route_seed(call_id);
	if (!look_begin(n, request->id, &call))
		explain_out(n, request->id, &call, NULL);
}
