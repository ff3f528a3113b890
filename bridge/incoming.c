#include "bridge/incoming.h"
#include "bridge/callerid.h"
#include "bridge/carrier.h"
#include "bridge/cnam.h"
#include "bridge/leg_priv.h"
#include "bridge/referral.h"
#include "bridge/remark.h"
#include "bridge/stir.h"
#include "bridge/unassigned.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

static unsigned retry_s(void)
{
	uint32_t random;

	node_random(&random, sizeof(random));
	return admission_retry_s(random);
}

static struct call *let_go(struct leg *leg, unsigned status, unsigned q850, const char *why)
{
	leg->cdr.sip_status = status;
	leg_note_end(leg, q850, why);
	call_set_owner(leg->call, NULL);
	return leg->call;
}

/* Who is refused with 503 is told when to come again (RFC 3261 section 21.5.4). */
static void leg_refuse_for(struct leg *leg, unsigned status, unsigned q850, const char *why, unsigned after_s)
{
	struct call *call = let_go(leg, status, q850, why);

	call_refuse(call, status, q850, why, after_s);
	leg_finish(leg);
}

static void leg_refuse(struct leg *leg, unsigned status, unsigned q850, const char *why)
{
	leg_refuse_for(leg, status, q850, why, status == 503 ? retry_s() : 0);
}

/* The number as it was called, without its parameters: digits dialled on after it (postd=) may be a PIN. */
static void copy_called(char out[sizeof(((struct cdr *)0)->to_number)], const char *user)
{
	snprintf(out, sizeof(((struct cdr *)0)->to_number), "%.*s", (int)strcspn(user, ";"), user);
}

static void fill_record(struct leg *leg, const struct call_invite *invite)
{
	struct cdr *cdr = &leg->cdr;
	const bool shown = callerid_read(cdr, invite, site_trunk(leg->node->site, invite->trunk));
	char headers[HEADERS_KEPT];

	snprintf(cdr->id, sizeof(cdr->id), "%s", call_token(leg->call));
	cdr_say(cdr, CDR_CALL_ID, "%s", invite->call_id);
	snprintf(cdr->trunk, sizeof(cdr->trunk), "%s", invite->trunk);
	cdr_say(cdr, CDR_SOURCE, "%s", invite->source);
	copy_called(cdr->to_number, invite->request_user);
	headers_read(headers, invite, site_trunk(leg->node->site, invite->trunk));
	cdr_say(cdr, CDR_HEADERS, "%s", headers);
	cdr->started_us = when_now_us();
	snprintf(cdr->session_id, sizeof(cdr->session_id), "%s", call_session(leg->call));
	cdr_say(cdr, CDR_SESSION_PEER, "%s", invite->caller.session);
	if (shown) {
		snprintf(leg->name, sizeof(leg->name), "%s", invite->from_name);
		cdr_say(cdr, CDR_CALLER_NAME, "%s", invite->from_name);
	}
}

static bool too_fast(const struct node *n, const struct site_trunk *trunk)
{
	struct carrier *c = carrier_find(n, trunk->name);

	return c && !pace_take(&c->in, trunk->calls_per_second, loop_now_us());
}

/* Who answers?  Fills account and meeting; false: refused and gone. */
static bool leg_route(struct leg *leg, const struct call_invite *invite)
{
	struct node *n = leg->node;
	struct plan_decision decision;
	struct plan_call asked = {
		.trunk = invite->trunk, .request_user = invite->request_user, .to_user = invite->to_user
	};

	plan_decide(n->plan, &asked, &decision);
	snprintf(leg->cdr.number, sizeof(leg->cdr.number), "%s", decision.number.e164);
	cdr_say(&leg->cdr, CDR_ROUTING, "%s", decision.number.routing);
	if (decision.answer == PLAN_REFUSE) {
		const char *why =
			decision.n_steps ? decision.steps[decision.n_steps - 1].text : "no rule answers";

		if (decision.cause == PLAN_UNASSIGNED || decision.cause == PLAN_UNKNOWN)
			unassigned_alarm(
				leg, decision.number.e164[0] ? decision.number.e164 : leg->cdr.to_number);
		if (decision.cause == PLAN_UNASSIGNED) {
			call_set_owner(leg->call, leg);
			if (unassigned_begin(leg, site_trunk(n->site, invite->trunk), invite->has_offer))
				return false;
		}
		leg_refuse(leg, decision.sip_status, cause_from_status(decision.sip_status), why);
		return false;
	}
	snprintf(leg->cdr.account, sizeof(leg->cdr.account), "%s", decision.did->account);
	if (decision.answer == PLAN_MEETING)
		snprintf(leg->direct_meeting, sizeof(leg->direct_meeting), "%.15s", decision.did->meeting);
	return true;
}

/* Some carriers take a 503 for the whole gateway's end: they are told that the line is busy (T21). */
static unsigned over_limit(const struct site_trunk *trunk)
{
	return trunk->refusal == SITE_REFUSE_BUSY ? 486 : 503;
}

/* May it come in at all?  Its codec is not known yet: whether there is time for the cheapest one, so that a refusal
 * costs no port and no answer.  False: it was refused and is gone. */
static bool admit(struct leg *leg, const struct site_trunk *trunk)
{
	struct node *n = leg->node;
	const char *no_room = leg_no_room(n);

	if (n->stopping)
		leg_refuse(leg, 503, Q850_TEMPORARY, "shutting down");
	else if (drain_why(n, trunk))
		leg_refuse_for(leg, 503, Q850_TEMPORARY, drain_why(n, trunk), drain_retry_s());
	else if (trunk && leg_trunk_is_full(n, trunk, 0)) /* this leg is among them */
		leg_refuse(leg, over_limit(trunk), Q850_NO_CIRCUIT, "the trunk's channels are all in use");
	else if (trunk && too_fast(n, trunk))
		leg_refuse(leg, over_limit(trunk), Q850_CONGESTION,
			"more calls a second than the trunk may bring");
	else if (no_room)
		leg_refuse(leg, 503, Q850_CONGESTION, no_room);
	else
		return true;
	return false;
}

/* What no worker has time or memory for is refused and gone: false. */
static bool leg_run(struct leg *leg)
{
	const char *why = leg_place(leg);

	if (why)
		leg_refuse(leg, 503, Q850_CONGESTION, why);
	return !why;
}

/* The status that says why no media could be set up. */
static void refuse_media(
	struct leg *leg, const struct site_trunk *trunk, enum call_err err, const char *no_port)
{
	if (err == CALL_NO_MATCH)
		leg_refuse(leg, 488, Q850_INCOMPATIBLE, "no codec in common");
	else if (err == CALL_NO_SRTP)
		leg_refuse(leg, 488, Q850_INCOMPATIBLE,
			trunk && trunk->srtp == SITE_SRTP_NEVER
				? "SRTP alone was offered, and this trunk has none"
				: "SRTP is required, and no usable key was offered");
	else if (!leg->stream)
		leg_refuse(leg, 503, Q850_CONGESTION, err == CALL_LIMIT ? no_port : call_strerror(err));
	else if (err == CALL_SYNTAX || err == CALL_LIMIT)
		leg_refuse(leg, 400, Q850_PROTOCOL, "session description cannot be read");
	else
		leg_refuse(leg, 503, Q850_TEMPORARY, call_strerror(err));
}

static void leg_answer(struct leg *leg)
{
	if (call_answer(leg->call) != CALL_OK) {
		leg_hangup(leg, Q850_TEMPORARY, "the call could not be answered");
		return;
	}
	leg->state = LEG_ANSWERED;
	leg->cdr.sip_status = 200;
	leg->cdr.answered_us = when_now_us();
	leg_emit(leg, "call.answered");
}

void incoming_go_on(struct leg *leg)
{
	const struct site_trunk *trunk = site_trunk(leg->node->site, leg->cdr.trunk);
	const unsigned status = stir_refuses(leg, trunk);
	char no_port[INTERFACES_WHY];
	struct media_self self;
	enum call_err err;

	if (status) {
		const unsigned q850 = cause_from_status(status);
		struct call *call = let_go(leg, status, q850, cdr_text(&leg->cdr, CDR_VERSTAT_WHY));

		call_refuse_as(
			call, status, verify_phrase(status), q850, cdr_text(&leg->cdr, CDR_VERSTAT_WHY));
		leg_finish(leg);
		return;
	}
	err = leg_open_media(leg, trunk, &self, no_port);
	if (!err)
		err = call_accept_media(leg->call, &self);
	OPENSSL_cleanse(&self, sizeof(self));
	if (err)
		refuse_media(leg, trunk, err, no_port);
	else if (leg_run(leg))
		leg_answer(leg);
}

/* What the trunk is told with our answers.  Without memory it is not told. */
static void tell_trunk(struct leg *leg, const struct site_trunk *trunk)
{
	const struct headers_words words = { .account = leg->cdr.account,
		.meeting = leg->direct_meeting,
		.call = leg->cdr.id,
		.trunk = leg->cdr.trunk,
		.caller = strcmp(leg->cdr.from_number, "anonymous") == 0 ? "" : leg->cdr.from_number,
		.called = leg->cdr.number };
	char lines[HEADERS_LINES];

	headers_write(lines, (const char(*)[SITE_HEADER])trunk->replied, trunk->n_replied, &words);
	if (call_set_answer_lines(leg->call, lines) != CALL_OK)
		log_line(LOG_WARNING, leg->cdr.id, "trunk", "%s: out of memory: no headers of its own",
			trunk->name);
}

void incoming_call(void *arg, struct call *call, const struct call_invite *invite)
{
	struct node *n = arg;
	struct leg *leg = leg_alloc(n, call);
	const struct site_trunk *trunk = site_trunk(n->site, invite->trunk);
	const char *why = "";

	if (!leg) {
		call_refuse(call, 503, Q850_CONGESTION, "out of memory", retry_s());
		return;
	}
	fill_record(leg, invite);
	leg_take_channel(leg);
	remark_begin(leg);
	leg_emit(leg, "call.started");
	if (!admit(leg, trunk))
		return;
	if (invite->has_replaces) {
		const unsigned status = referral_replaces(leg, &invite->replaces, &why);

		if (status) {
			leg_refuse(leg, status, cause_from_status(status), why);
			return;
		}
	} else if (!leg_route(leg, invite)) {
		return;
	}
	call_set_owner(call, leg);
	if (trunk && trunk->n_replied)
		tell_trunk(leg, trunk);
	cnam_begin(leg, trunk);
	if (stir_begin(leg, trunk, invite))
		incoming_go_on(leg);
}

bool incoming_ignored(void *arg, const char *trunk, const char *header)
{
	const struct node *n = arg;
	const struct site_trunk *t = site_trunk(n->site, trunk);

	return t && callerid_ignores(t, header);
}

bool incoming_for_number(void *arg, const char *trunk, const char *request_user, const char *to_user)
{
	const struct node *n = arg;

	return site_is_called(n->site, trunk, request_user, to_user);
}

void incoming_refused(void *arg, const char *trunk, const char *source, const char *from_user,
	const char *to_user, const char *call_id, unsigned status, const char *text)
{
	struct node *n = arg;
	struct leg *leg = leg_alloc(n, NULL);

	if (!leg)
		return;
	node_token(leg->cdr.id, 16);
	snprintf(leg->cdr.trunk, sizeof(leg->cdr.trunk), "%s", trunk ? trunk : "");
	cdr_say(&leg->cdr, CDR_SOURCE, "%.63s", source);
	snprintf(leg->cdr.from_number, sizeof(leg->cdr.from_number), "%.63s", from_user);
	copy_called(leg->cdr.to_number, to_user);
	cdr_say(&leg->cdr, CDR_CALL_ID, "%s", call_id);
	leg->cdr.started_us = when_now_us();
	leg->cdr.sip_status = status;
	leg_note_end(leg, cause_from_status(status), text);
	leg_finish(leg);
}
