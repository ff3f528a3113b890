#include "bridge/dialout.h"
#include "bridge/dialout_priv.h"
#include "bridge/hunt.h"
#include "bridge/leg_priv.h"
#include "bridge/meter.h"
#include "bridge/reception.h"
#include "bridge/referral.h"
#include "bridge/remark.h"
#include "bridge/standing.h"
#include "sip/reroute.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RING_S = 60, QUEUE_S = 30, SECOND_US = 1000000 };

/* ---- its life ---- */

struct dialout *dialout_find(const struct node *n, uint32_t number)
{
	struct dialout *d = n->dialouts;

	while (d && d->number != number)
		d = d->next;
	return d;
}

static struct dialout *find_id(const struct node *n, const char *id)
{
	struct dialout *d = n->dialouts;

	while (d && strcmp(d->id, id) != 0)
		d = d->next;
	return d;
}

static uint32_t talked_s(const struct dialout *d)
{
	return d->answered_us ? (uint32_t)((loop_now_us() - d->answered_us) / SECOND_US) : 0;
}

static void dialout_free(struct dialout *d)
{
	struct dialout **at = &d->node->dialouts;

	while (*at != d)
		at = &(*at)->next;
	*at = d->next;
	remark_dialout_end(d->node, d->id);
	referral_news(d->node, d->referrer, d->status >= 300 ? d->status : 603);
	hunt_over(d->node, d->hunt, d->id, d->cause);
	postdial_clear(&d->postdial);
	meter_give(d, talked_s(d));
	free(d->referred_by);
	free(d->replaces);
	free(d);
}

static enum dialout_state outcome(const struct dialout *d)
{
	const bool rang_out = d->gave_up == GAVE_UP_RINGING || (d->rang && d->status == 408);

	if (rang_out || d->q850 == 18 || d->q850 == Q850_NO_ANSWER)
		return DIALOUT_NO_ANSWER;
	if (d->status == 486 || d->status == 600 || d->q850 == Q850_BUSY)
		return DIALOUT_BUSY;
	return DIALOUT_FAILED;
}

/* No trunk could be tried: that is worth a record as well. */
static void record_untried(const struct dialout *d)
{
	struct leg *leg = d->tries.n ? leg_alloc(d->node, NULL) : NULL;
	struct cdr *cdr;

	if (!leg)
		return;
	cdr = &leg->cdr;
	memcpy(cdr->direction, "out", 4);
	node_token(cdr->id, 32);
	cdr_say(cdr, CDR_DIALOUT, "%s", d->id);
	snprintf(cdr->trunk, sizeof(cdr->trunk), "%s",
		d->tries.list[d->at_try < d->tries.n ? d->at_try : d->tries.n - 1].trunk);
	snprintf(cdr->account, sizeof(cdr->account), "%s", d->account);
	snprintf(cdr->meeting, sizeof(cdr->meeting), "%s", d->meeting);
	snprintf(cdr->to_number, sizeof(cdr->to_number), "%s", d->tries.list[0].number);
	snprintf(cdr->number, sizeof(cdr->number), "%s", d->tries.e164);
	cdr->started_us = when_now_us();
	cdr->sip_status = d->status;
	cdr_say(cdr, CDR_PASSED_OVER, "%s", d->passed_over);
	if (d->gave_up == GAVE_UP_ASKED)
		leg_ended_by(leg, WHY_OPERATOR);
	leg_note_end(leg, d->q850, d->cause);
	leg_finish(leg);
}

static void finish(struct dialout *d)
{
	d->state = outcome(d);
	if (!d->attempts)
		record_untried(d);
	log_line(LOG_INFO, d->id, "dialout", "%s: %s (cause %u, status %u)", dialout_state_word(d->state),
		d->cause, d->q850, d->status);
	dialout_emit(d, dialout_state_word(d->state), dialout_cause_json(d));
	dialout_free(d);
}

/* No INVITE went out on it; dialout_note_cause() has been told why. */
static void pass_over(struct dialout *d)
{
	const char *trunk = d->tries.list[d->at_try].trunk;
	const size_t used = strlen(d->passed_over);

	remark_dialout(d->node, d->id, "trunk %s is passed over: %s", trunk, d->cause);
	snprintf(d->passed_over + used, sizeof(d->passed_over) - used, "%s%s: %s", used ? "; " : "", trunk,
		d->cause);
}

static void next_trunk(struct dialout *d)
{
	d->at_try++;
	d->n_targets = d->at_target = 0;
}

/* May a call go out on this trunk now?  False: try the next one, or wait (*wait). */
static bool trunk_takes(struct dialout *d, const struct site_trunk *trunk, struct carrier *c, bool *wait)
{
	const char *why = drain_why(d->node, trunk);
	struct ports_count ports;

	*wait = false;
	if (!trunk || !c) {
		dialout_note_cause(d, 0, Q850_TEMPORARY, "the route's trunk does not exist any more");
		return false;
	}
	if (why) {
		dialout_note_cause(d, 0, Q850_TEMPORARY, why);
		return false;
	}
	if (!meter_allows(d, &why)) {
		dialout_note_cause(d, 0, Q850_REJECTED, why);
		return false;
	}
	if (leg_trunk_is_full(d->node, trunk, 1)) {
		dialout_note_cause(d, 0, Q850_NO_CIRCUIT, "the trunk's channels are all in use");
		return false;
	}
	ports = interfaces_count(d->node->interfaces, trunk);
	if (ports.used == ports.all) {
		dialout_note_cause(d, 0, Q850_NO_CIRCUIT,
			ports.all ? "all RTP ports that the trunk may use are in use"
				  : "the trunk's interface is not on this node");
		return false;
	}
	if (!pace_take(&c->out, trunk->calls_per_second, loop_now_us())) {
		dialout_note_cause(d, 0, Q850_CONGESTION, "more calls a second than the trunk takes");
		*wait = loop_now_us() < d->begun_us + QUEUE_S * (uint64_t)SECOND_US;
		return false;
	}
	return true;
}

/* Of a try that means one gateway the others' addresses are left out. */
static void keep_gateway(struct dialout *d)
{
	const char *host = d->tries.list[d->at_try].gateway;
	size_t n = 0;

	if (!host[0])
		return;
	for (size_t i = 0; i < d->n_targets; i++)
		if (strcmp(d->targets[i].host, host) == 0 || strcmp(d->targets[i].target + 4, host) == 0)
			d->targets[n++] = d->targets[i];
	d->n_targets = n;
}

/* Goes on until an INVITE is out, it has to wait, or nothing is left: then it is finished and gone. */
void dialout_advance(struct dialout *d)
{
	while (d->at_try < d->tries.n) {
		const char *trunk_name = d->tries.list[d->at_try].trunk, *why = NULL;
		const struct site_trunk *trunk = site_trunk(d->node->site, trunk_name);
		struct carrier *c = carrier_find(d->node, trunk_name);
		bool wait = false;

		if (c && !d->n_targets) {
			d->n_targets = carrier_targets(c, d->targets, &why);
			keep_gateway(d);
			if (!d->n_targets) {
				dialout_note_cause(d, 0, Q850_TEMPORARY, why);
				pass_over(d);
				next_trunk(d);
				continue;
			}
		}
		if (!trunk_takes(d, trunk, c, &wait)) {
			if (wait)
				return; /* with the next tick */
			pass_over(d);
			next_trunk(d);
			continue;
		}
		why = dialout_attempt(d, trunk);
		if (!why)
			return;
		dialout_note_cause(d, 0, Q850_TEMPORARY, why);
		if (++d->at_target == d->n_targets)
			next_trunk(d);
	}
	finish(d);
}

/* False: out of memory. */
static bool keep_occasion(struct dialout *d, const struct dialout_order *order)
{
	const bool by = order->referred_by && order->referred_by[0];

	d->referred_by = by ? strdup(order->referred_by) : NULL;
	d->replaces = order->replaces ? strdup(order->replaces) : NULL;
	return by == (d->referred_by != NULL) && !order->replaces == !d->replaces;
}

enum dialout_verdict dialout_start(
	struct node *n, const struct dialout_order *order, char id[DIALOUT_ID], char why[DIALOUT_WHY])
{
	const char *no_room = leg_no_room(n);
	struct dialout_order mine = *order;
	enum dialout_verdict verdict;
	struct dialout *d;

	snprintf(why, DIALOUT_WHY, "%s", no_room ? no_room : "");
	if (no_room)
		return DIALOUT_BUSY_NODE;
	d = calloc(1, sizeof(*d));
	if (!d)
		return DIALOUT_NOMEM;
	node_token(d->id, DIALOUT_ID - 1);
	mine.id = d->id;
	verdict = keep_occasion(d, order) ? dialout_tries(n, &mine, &d->tries, why) : DIALOUT_NOMEM;
	if (verdict != DIALOUT_OK) {
		free(d->referred_by);
		free(d->replaces);
		free(d);
		return verdict;
	}
	d->node = n;
	d->number = ++n->last_dialout_id;
	snprintf(d->meeting, sizeof(d->meeting), "%s", order->meeting);
	snprintf(d->account, sizeof(d->account), "%s", order->account);
	snprintf(d->name, sizeof(d->name), "%s", order->name);
	snprintf(d->hunt, sizeof(d->hunt), "%s", order->hunt ? order->hunt : "");
	snprintf(d->user, sizeof(d->user), "%s", order->user ? order->user : "");
	d->referrer = order->referrer;
	if (order->postdial)
		d->postdial = *order->postdial;
	d->begun_us = loop_now_us();
	d->next = n->dialouts;
	n->dialouts = d;
	remark_dialout_begin(n, d->id, d->account);
	memcpy(id, d->id, DIALOUT_ID);
	if (!d->replaces) /* the call to be replaced is where it is */
		dialout_look_up(d);
	dialout_emit(d, "queued",
		NULL); /* the first INVITE goes out with the next tick: whoever asked knows the ID before */
	return DIALOUT_OK;
}

bool dialout_hangup(struct node *n, const char *id, const char *why)
{
	struct dialout *d = find_id(n, id);

	if (!d)
		return false;
	d->gave_up = GAVE_UP_ASKED;
	if (d->leg) {
		leg_ended_by(d->leg, WHY_OPERATOR);
		leg_hangup(d->leg, Q850_NORMAL, why);
		return true;
	}
	dialout_note_cause(d, 0, Q850_NORMAL, why);
	finish(d);
	return true;
}

const char *dialout_account(const struct node *n, const char *id)
{
	const struct dialout *d = find_id(n, id);

	return d ? d->account : NULL;
}

bool dialout_is_answered(const struct node *n, const char *id)
{
	const struct dialout *d = find_id(n, id);

	return d && d->state == DIALOUT_ANSWERED;
}

json_t *dialout_list(const struct node *n, const char *meeting)
{
	json_t *list = json_array();

	for (const struct dialout *d = n->dialouts; d; d = d->next)
		if (strcmp(d->meeting, meeting) == 0)
			json_array_append_new(list, dialout_json(d));
	return list;
}

/* ---- time ---- */

static void give_up(struct dialout *d)
{
	const unsigned ring_s = (unsigned)((d->deadline_us - d->dialled_us) / SECOND_US);
	char text[64];

	d->deadline_us = 0;
	if (!d->rang) {
		d->gave_up = GAVE_UP_SILENCE;
		leg_hangup(d->leg, Q850_TIMER, "the gateway does not respond");
		return;
	}
	d->gave_up = GAVE_UP_RINGING;
	snprintf(text, sizeof(text), "no answer within %u s", ring_s);
	leg_hangup(d->leg, Q850_NO_ANSWER, text);
}

void dialout_tick_all(struct node *n, uint64_t now_us)
{
	for (struct dialout *d = n->dialouts, *next; d; d = next) {
		next = d->next;
		if (!d->leg && d->state <= DIALOUT_DIALLING && !lookup_waits(&d->lookup))
			dialout_advance(d);
		else if (d->leg && d->state < DIALOUT_ANSWERED && d->deadline_us && now_us >= d->deadline_us)
			give_up(d);
	}
}

void dialout_close_all(struct node *n)
{
	while (n->dialouts)
		dialout_free(n->dialouts);
}

/* ---- what happens to its leg ---- */

/* Whoever waits for it is told what they hear: sound of the far end's (183), or that it rings. */
static void note_early(struct dialout *d, unsigned status, enum dialout_state state)
{
	referral_news(d->node, d->referrer, status);
	dialout_set_state(d, state);
}

void dialout_progress(struct leg *leg, unsigned status, enum call_early early)
{
	struct dialout *d = dialout_find(leg->node, leg->dialout);
	const struct site_trunk *trunk;

	if (!d || d->leg != leg || d->state >= DIALOUT_ANSWERED)
		return;
	trunk = site_trunk(leg->node->site, leg->cdr.trunk);
	if (!d->rang_us) {
		d->rang_us = loop_now_us();
		d->deadline_us = d->dialled_us +
				 (uint64_t)(trunk && trunk->ring_s ? trunk->ring_s : RING_S) * SECOND_US;
	}
	d->rang = d->rang || status == 180 || early == CALL_EARLY_HEARD;
	if (early == CALL_EARLY_HEARD)
		note_early(d, status, DIALOUT_EARLY);
	else if (early == CALL_EARLY_SHUT || (status == 180 && d->state != DIALOUT_EARLY))
		note_early(d, early == CALL_EARLY_SHUT ? 180 : status, DIALOUT_RINGING);
	else if (status == 180)
		referral_news(d->node, d->referrer, status);
}

void dialout_answered(struct leg *leg)
{
	struct dialout *d = dialout_find(leg->node, leg->dialout);
	const char *why;
	uint64_t heard_us;

	if (!d || d->leg != leg) {
		leg_hangup(leg, Q850_NORMAL, "nobody waits for this call any more");
		return;
	}
	heard_us = d->rang_us ? d->rang_us : loop_now_us();
	carrier_note_call(leg->node, leg->cdr.trunk, cdr_text(&leg->cdr, CDR_SOURCE), true, 0,
		(uint32_t)(heard_us - d->dialled_us), 0);
	standing_call(leg->node, leg->cdr.trunk, true, 0, 0, (uint32_t)(heard_us - d->dialled_us));
	leg->cdr.sip_status = 200;
	leg->cdr.answered_us = when_now_us();
	d->deadline_us = 0;
	d->answered_us = loop_now_us();
	dialout_set_state(d, DIALOUT_ANSWERED);
	leg_emit(leg, "call.answered");
	why = leg_place(leg);
	if (!why && d->postdial.keys[0]) {
		leg->postdial = postdial_alloc(&d->postdial);
		postdial_clear(&d->postdial);
		why = leg->postdial ? NULL : "out of memory";
	}
	if (why)
		leg_hangup(leg, Q850_CONGESTION, why);
	else
		leg->state = LEG_ANSWERED; /* leg.c goes on: the attendant asks to press 1 */
}

void dialout_joined(struct leg *leg)
{
	struct dialout *d = leg->dialout ? dialout_find(leg->node, leg->dialout) : NULL;

	if (!d || d->leg != leg)
		return;
	worker_listen_for_beep(leg->worker, leg->id, false);
	hunt_joined(d->node, d->hunt, d->id);
	referral_news(d->node, d->referrer, 200);
	d->referrer = 0;
}

static struct reroute_end reroute_end_of(const struct dialout *d, const struct call_end *end)
{
	struct reroute_end r = { .sip_status = end->sip_status,
		.no_response = end->no_response,
		.tls = strncmp(d->targets[d->at_target].target, "tls:", 4) == 0,
		.rang = d->rang,
		.q850 = end->q850,
		.retry_after_s = end->retry_after_s };

	if (d->gave_up == GAVE_UP_SILENCE) {
		r.sip_status = 408;
		r.no_response = true;
	}
	return r;
}

static bool no_such_number(const struct reroute_end *end)
{
	return !end->rang && (end->sip_status == 404 || end->sip_status == 410 || end->sip_status == 484 ||
				     end->sip_status == 604);
}

/* By the route that this try is of, and by its trunk as the site has it now. */
static struct reroute_verdict decide(const struct dialout *d, const struct reroute_end *end)
{
	const struct dialout_try *t = &d->tries.list[d->at_try];
	const struct site_trunk *trunk = site_trunk(d->node->site, t->trunk);
	struct reroute_policy policy;

	if (trunk)
		dialout_policy_trunk(&policy, trunk);
	return reroute_decide(end, &t->reroute, trunk ? &policy : NULL);
}

static void attempt_failed(struct dialout *d, struct leg *leg, const struct call_end *end)
{
	const struct reroute_end ended = reroute_end_of(d, end);
	struct reroute_verdict verdict = decide(d, &ended);
	const uint32_t heard_us = d->rang_us ? (uint32_t)(d->rang_us - d->dialled_us) : 0;

	d->leg = NULL;
	leg->cdr.sip_status = ended.sip_status; /* of a silence: what it was, not how we ended it */
	dialout_note_cause(d, ended.sip_status, end->q850, cdr_text(&leg->cdr, CDR_CAUSE));
	if (verdict.what == REROUTE_ANSWER && !verdict.chosen && d->tries.list[d->at_try].gateway[0] &&
		no_such_number(&ended))
		verdict =
			(struct reroute_verdict){ .what = REROUTE_TRUNK, .why = "it is not where ENUM says" };
	if (end->redirect && !leg->node->stopping && !d->gave_up && dialout_redirect(d, end->redirect))
		verdict = (struct reroute_verdict){ .what = REROUTE_TRUNK, .why = "the gateway sends it on" };
	if (d->gave_up == GAVE_UP_ASKED || d->gave_up == GAVE_UP_RINGING)
		verdict = (struct reroute_verdict){ .what = REROUTE_ANSWER, .why = "" };
	if (d->gave_up != GAVE_UP_ASKED)
		carrier_note_call(leg->node, leg->cdr.trunk, cdr_text(&leg->cdr, CDR_SOURCE), false,
			end->q850, heard_us, verdict.rest_s);
	if (d->gave_up != GAVE_UP_ASKED)
		standing_call(leg->node, leg->cdr.trunk, false, ended.sip_status,
			d->gave_up == GAVE_UP_RINGING ? Q850_NO_ANSWER : end->q850, heard_us);
	if (verdict.what == REROUTE_ANSWER || leg->node->stopping) {
		finish(d);
		return;
	}
	remark_dialout(d->node, d->id, "%s: the next one is tried", verdict.why);
	{
		json_t *more = dialout_cause_json(d);

		json_object_set_new(more, "why", json_string(verdict.why));
		dialout_emit(d, "rerouted", more);
	}
	if (verdict.what == REROUTE_TRUNK || ++d->at_target == d->n_targets)
		next_trunk(d);
	dialout_advance(d);
}

void dialout_ended(struct leg *leg, const struct call_end *end)
{
	struct dialout *d = leg->dialout ? dialout_find(leg->node, leg->dialout) : NULL;

	if (!d || d->leg != leg)
		return;
	if (d->state == DIALOUT_ANSWERED) {
		meter_end(d, &leg->cdr);
		standing_talk(leg->node, leg->cdr.trunk, talked_s(d));
		carrier_note_talk(leg->node, leg->cdr.trunk, cdr_text(&leg->cdr, CDR_SOURCE), talked_s(d));
		dialout_note_cause(d, 0, leg->cdr.q850, cdr_text(&leg->cdr, CDR_CAUSE));
		dialout_free(d); /* the leg's record tells the rest */
	} else {
		attempt_failed(d, leg, end);
	}
}
