#include "bridge/replay.h"

#include <stdio.h>
#include <string.h>

static void say_in(char out[REPLAY_TEXT], const struct plan_decision *d)
{
	if (d->answer == PLAN_MEETING)
		snprintf(out, REPLAY_TEXT, "meeting %s of account %s", d->did->meeting, d->did->account);
	else if (d->answer == PLAN_ATTENDANT)
		snprintf(out, REPLAY_TEXT, "attendant of account %s", d->did->account);
	else
		snprintf(out, REPLAY_TEXT, "refused with %u: %s", d->sip_status, plan_cause_word(d->cause));
}

/* What came as the called number; where that is not what decided (To did), the number that did. */
static void replay_in(const struct replay_side *side, const struct cdr *record, char said[REPLAY_TEXT],
	char *why, size_t why_cap)
{
	struct plan_call call = { .trunk = record->trunk,
		.request_user = record->to_number,
		.to_user = record->number[0] ? record->number : NULL };
	struct plan_decision d;

	plan_decide(side->plan, &call, &d);
	say_in(said, &d);
	snprintf(why, why_cap, "%s", d.n_steps > 1 ? d.steps[d.n_steps - 2].text : "");
}

static void say_out(char out[REPLAY_TEXT], const struct route_decision *d)
{
	size_t used = 0;

	if (d->result) {
		snprintf(
			out, REPLAY_TEXT, "refused with %u: %s", d->sip_status, route_result_word(d->result));
		return;
	}
	out[0] = '\0';
	for (unsigned i = 0; i < d->n_tries && used < REPLAY_TEXT; i++)
		used += (size_t)snprintf(out + used, REPLAY_TEXT - used, "%s%s %s%s%s", i ? ", " : "",
			d->tries[i].trunk, d->tries[i].number, d->tries[i].caller_id[0] ? " as " : "",
			d->tries[i].caller_id);
}

static void replay_out(const struct replay_side *side, const struct cdr *record, char said[REPLAY_TEXT],
	char *why, size_t why_cap)
{
	struct route_call call = { .account = record->account,
		.number = record->number[0] ? record->number : record->to_number,
		.caller_id = number_valid(record->from_number) ? record->from_number : "",
		.at_s = record->started_us / 1000000,
		.seed = route_seed(record->id) };
	const struct routes *routes = dialling_routes(side->dialling);
	struct route_decision d;
	unsigned step;

	route_decide(routes, &call, &d);
	say_out(said, &d);
	step = d.result && d.n_steps > 1 ? d.n_steps - 2 : 0;
	for (unsigned i = 0; !d.result && i < d.n_steps; i++)
		if (strcmp(route_step_rule(&d.steps[i]), "route") == 0) {
			step = i;
			break;
		}
	route_step_text(routes, &call, &d, step, why, why_cap);
}

bool replay_call(const struct replay_side *now, const struct replay_side *candidate, const struct cdr *record,
	struct replay_change *out)
{
	if (strcmp(record->direction, "out") == 0) {
		replay_out(now, record, out->before, out->why, sizeof(out->why));
		replay_out(candidate, record, out->after, out->why, sizeof(out->why));
	} else {
		replay_in(now, record, out->before, out->why, sizeof(out->why));
		replay_in(candidate, record, out->after, out->why, sizeof(out->why));
	}
	return strcmp(out->before, out->after) != 0;
}
