#include "bridge/incoming.h"
#include "bridge/leg_priv.h"
#include "bridge/media.h"
#include <stdio.h>
#include <string.h>

enum { RETRY_AFTER_S = 10, BUSY_LIMIT_PERMILLE = 850 };

static void leg_refuse(
	struct leg *leg, unsigned status, unsigned q850, const char *why, unsigned retry_after_s)
{
	struct call *call = leg->call;

	leg->cdr.sip_status = status;
	leg_note_end(leg, q850, why);
	call_set_owner(call, NULL);
	call_refuse(call, status, q850, why, retry_after_s);
	leg_finish(leg);
}

static void fill_record(struct leg *leg, const struct call_invite *invite)
{
	struct cdr *cdr = &leg->cdr;
	const char *from = invite->asserted[0] ? invite->asserted : invite->from_user;

	snprintf(cdr->id, sizeof(cdr->id), "%s", call_token(leg->call));
	snprintf(cdr->call_id, sizeof(cdr->call_id), "%s", invite->call_id);
	snprintf(cdr->trunk, sizeof(cdr->trunk), "%s", invite->trunk);
	snprintf(cdr->source, sizeof(cdr->source), "%s", invite->source);
	snprintf(cdr->from_number, sizeof(cdr->from_number), "%.63s", invite->privacy ? "anonymous" : from);
	snprintf(cdr->to_number, sizeof(cdr->to_number), "%.63s", invite->request_user);
	cdr->started_us = when_now_us();
	if (!invite->privacy)
		snprintf(leg->name, sizeof(leg->name), "%s", invite->from_name);
}

struct trunk_use {
	const char *trunk;
	unsigned calls;
};

static void count_trunk(void *arg, struct leg *leg)
{
	struct trunk_use *use = arg;

	if (leg->call && strcmp(leg->cdr.trunk, use->trunk) == 0)
		use->calls++;
}

static bool trunk_is_full(struct node *n, const struct site_trunk *trunk)
{
	struct trunk_use use = { .trunk = trunk->name };

	if (!trunk->channels)
		return false;
	leg_each(n, count_trunk, &use);
	return use.calls > trunk->channels; /* this leg is among them */
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
	if (decision.answer == PLAN_REFUSE) {
		const char *why =
			decision.n_steps ? decision.steps[decision.n_steps - 1].text : "no rule answers";

		leg_refuse(leg, decision.sip_status, cause_from_status(decision.sip_status), why, 0);
		return false;
	}
	snprintf(leg->account, sizeof(leg->account), "%s", decision.did->account);
	snprintf(leg->cdr.account, sizeof(leg->cdr.account), "%s", decision.did->account);
	if (decision.answer == PLAN_MEETING)
		snprintf(leg->direct_meeting, sizeof(leg->direct_meeting), "%.15s", decision.did->meeting);
	return true;
}

static enum call_err leg_open_media(struct leg *leg, const struct site_trunk *trunk)
{
	struct node *n = leg->node;
	struct media_self self;
	struct stream_identity identity;
	const char *address = n->config.rtp.advertise[0] ? n->config.rtp.advertise : n->config.rtp.listen;

	if (ports_take(n->ports, &leg->ports) != BRIDGE_OK)
		return CALL_LIMIT;
	memset(&identity, 0, sizeof(identity));
	node_random(&identity.ssrc, sizeof(identity.ssrc));
	node_random(&identity.first_timestamp, sizeof(identity.first_timestamp));
	node_random(&identity.first_seq, sizeof(identity.first_seq));
	node_token(identity.cname, 24);
	if (stream_alloc(&leg->stream, &identity, (void *)(uintptr_t)leg->id) != MIX_OK)
		return CALL_NOMEM;

	media_self(&self, trunk, address, leg->ports.rtp_port);
	node_random(&self.origin_id, sizeof(self.origin_id));
	self.origin_id >>= 2; /* fits every reader's signed 64 bit */
	return call_accept_media(leg->call, &self);
}

/* The worker with the most time left; NULL when none has enough for one leg more. */
static struct worker *pick_worker(const struct node *n)
{
	struct worker *best = NULL;
	uint32_t least = UINT32_MAX;

	for (unsigned i = 0; i < n->n_workers; i++) {
		struct worker_load load;
		uint32_t weight;

		worker_load(n->workers[i], &load);
		weight = load.busy_permille * 1000 + load.n_legs;
		if (load.busy_permille < BUSY_LIMIT_PERMILLE && weight < least) {
			least = weight;
			best = n->workers[i];
		}
	}
	return best;
}

static bool leg_run(struct leg *leg, struct worker *worker)
{
	if (worker_add_leg(worker, leg->id, ROOM_ISOLATED, leg->stream, &leg->ports) != BRIDGE_OK)
		return false;
	leg->worker = worker;
	leg->stream = NULL;
	leg->ports = (struct port_pair){ .rtp_fd = -1, .rtcp_fd = -1 };
	return true;
}

/* Is there room?  NULL: it was refused and is gone. */
static struct worker *admit(struct leg *leg, const struct site_trunk *trunk)
{
	struct node *n = leg->node;
	struct worker *worker = pick_worker(n);

	if (n->stopping)
		leg_refuse(leg, 503, Q850_TEMPORARY, "shutting down", RETRY_AFTER_S);
	else if (trunk && trunk_is_full(n, trunk))
		leg_refuse(leg, 503, Q850_NO_CIRCUIT, "the trunk's channels are all in use", RETRY_AFTER_S);
	else if (!worker)
		leg_refuse(leg, 503, Q850_CONGESTION, "the media workers are busy", RETRY_AFTER_S);
	else
		return worker;
	return NULL;
}

/* The status that says why no media could be set up. */
static void refuse_media(struct leg *leg, enum call_err err)
{
	if (err == CALL_NO_MATCH)
		leg_refuse(leg, 488, Q850_INCOMPATIBLE, "no codec in common", 0);
	else if (!leg->stream)
		leg_refuse(leg, 503, Q850_CONGESTION, "no RTP port is free", RETRY_AFTER_S);
	else if (err == CALL_SYNTAX || err == CALL_LIMIT)
		leg_refuse(leg, 400, Q850_PROTOCOL, "session description cannot be read", 0);
	else
		leg_refuse(leg, 503, Q850_TEMPORARY, call_strerror(err), RETRY_AFTER_S);
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

void incoming_call(void *arg, struct call *call, const struct call_invite *invite)
{
	struct node *n = arg;
	struct leg *leg = leg_alloc(n, call);
	const struct site_trunk *trunk = site_trunk(n->site, invite->trunk);
	struct worker *worker;
	enum call_err err;

	if (!leg) {
		call_refuse(call, 503, Q850_CONGESTION, "out of memory", RETRY_AFTER_S);
		return;
	}
	fill_record(leg, invite);
	leg_emit(leg, "call.started");
	worker = admit(leg, trunk);
	if (!worker || !leg_route(leg, invite))
		return;

	call_set_owner(call, leg);
	err = leg_open_media(leg, trunk);
	if (err)
		refuse_media(leg, err);
	else if (!leg_run(leg, worker))
		leg_refuse(leg, 503, Q850_CONGESTION, "no media worker has room", RETRY_AFTER_S);
	else
		leg_answer(leg);
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
	snprintf(leg->cdr.source, sizeof(leg->cdr.source), "%.63s", source);
	snprintf(leg->cdr.from_number, sizeof(leg->cdr.from_number), "%.63s", from_user);
	snprintf(leg->cdr.to_number, sizeof(leg->cdr.to_number), "%.63s", to_user);
	snprintf(leg->cdr.call_id, sizeof(leg->cdr.call_id), "%.255s", call_id);
	leg->cdr.started_us = when_now_us();
	leg->cdr.sip_status = status;
	leg_note_end(leg, cause_from_status(status), text);
	leg_finish(leg);
}
