#include "bridge/leg.h"
#include "bridge/media.h"
#include "bridge/meeting.h"
#include "bridge/reception.h"
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEG_BUCKETS = 4096, RETRY_AFTER_S = 10 };

/* ---- finding legs ---- */

static struct leg *leg_find(const struct node *n, uint32_t id)
{
	struct leg *leg = n->legs ? n->legs[id % LEG_BUCKETS] : NULL;

	while (leg && leg->id != id)
		leg = leg->next;
	return leg;
}

void leg_each(struct node *n, void (*visit)(void *arg, struct leg *leg), void *arg)
{
	for (unsigned i = 0; n->legs && i < LEG_BUCKETS; i++) {
		struct leg *next, *leg;

		for (leg = n->legs[i]; leg; leg = next) {
			next = leg->next; /* the visitor may end this leg */
			visit(arg, leg);
		}
	}
}

struct leg *leg_find_call(const struct node *n, const char *token)
{
	for (unsigned i = 0; n->legs && i < LEG_BUCKETS; i++)
		for (struct leg *leg = n->legs[i]; leg; leg = leg->next)
			if (strcmp(leg->cdr.id, token) == 0)
				return leg;
	return NULL;
}

static bool leg_enlist(struct node *n, struct leg *leg)
{
	struct leg **bucket;

	if (!n->legs)
		n->legs = calloc(LEG_BUCKETS, sizeof(struct leg *));
	if (!n->legs)
		return false;
	bucket = &n->legs[leg->id % LEG_BUCKETS];
	leg->next = *bucket;
	*bucket = leg;
	n->n_legs++;
	return true;
}

static void leg_delist(struct node *n, struct leg *leg)
{
	struct leg **at = &n->legs[leg->id % LEG_BUCKETS];

	while (*at != leg)
		at = &(*at)->next;
	*at = leg->next;
	n->n_legs--;
}

const char *leg_state_name(const struct leg *leg)
{
	switch (leg->state) {
	case LEG_NONE: return "new";
	case LEG_ANSWERED: return "answered";
	case LEG_RECEPTION: return "attendant";
	case LEG_SEATED: return "meeting";
	case LEG_ENDED: return "ended";
	}
	return "new";
}

/* ---- the record ---- */

static json_t *leg_event_json(const struct leg *leg)
{
	char from[24], to[24];

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "call", leg->cdr.id, "call_id", leg->cdr.call_id,
		"trunk", leg->cdr.trunk, "account", leg->cdr.account, "from",
		log_number(from, leg->cdr.from_number), "number", log_number(to, leg->cdr.number));
}

static void emit(const struct leg *leg, const char *type)
{
	event_emit(leg->node->bus, type, leg_event_json(leg));
}

/* The last step of every leg, answered or refused: its record is written and it is freed. */
static void leg_finish(struct leg *leg)
{
	struct node *n = leg->node;
	struct cdr *cdr = &leg->cdr;
	json_t *data;

	if (!cdr->ended_us)
		cdr->ended_us = when_now_us();
	cdr->rx_packets = leg->stats.rx_packets;
	cdr->tx_packets = leg->stats.tx_packets;
	cdr->rx_lost = leg->stats.rx_lost;
	cdr->jitter_us = leg->stats.jitter_us;
	cdr->far_lost = leg->stats.far_lost;
	cdr->round_trip_us = leg->stats.round_trip_us;
	if (!cdr->cause[0])
		snprintf(cdr->cause, sizeof(cdr->cause), "%s", cause_words(cdr->q850));
	writer_cdr(n->writer, cdr);

	data = leg_event_json(leg);
	json_object_update_new(data,
		json_pack("{s:i, s:i, s:s, s:b, s:s}", "status", (int)cdr->sip_status, "q850", (int)cdr->q850,
			"cause", cdr->cause, "by_far_end", cdr->by_far_end, "meeting", cdr->meeting));
	event_emit(n->bus, cdr->answered_us ? "call.ended" : "call.refused", data);
	log_line(LOG_INFO, cdr->call_id, "call", "%s: %s (cause %u, status %u)",
		cdr->answered_us ? "ended" : "refused", cdr->cause, cdr->q850, cdr->sip_status);

	leg_delist(n, leg);
	stream_free(leg->stream);
	if (leg->ports.rtp_port)
		ports_give(n->ports, &leg->ports);
	OPENSSL_cleanse(&leg->attendant, sizeof(leg->attendant));
	free(leg);
}

static void leg_note_end(struct leg *leg, unsigned q850, const char *why)
{
	if (leg->cdr.cause[0])
		return; /* the first reason is the reason */
	leg->cdr.q850 = q850;
	snprintf(leg->cdr.cause, sizeof(leg->cdr.cause), "%s", why);
}

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

/* ---- a call comes in ---- */

static void fill_record(struct leg *leg, const struct call_invite *invite)
{
	struct cdr *cdr = &leg->cdr;
	const char *from = invite->asserted[0] ? invite->asserted : invite->from_user;

	snprintf(cdr->id, sizeof(cdr->id), "%s", call_token(leg->call));
	snprintf(cdr->call_id, sizeof(cdr->call_id), "%.127s", invite->call_id);
	snprintf(cdr->trunk, sizeof(cdr->trunk), "%s", invite->trunk);
	snprintf(cdr->source, sizeof(cdr->source), "%s", invite->source);
	snprintf(cdr->from_number, sizeof(cdr->from_number), "%.63s", invite->privacy ? "anonymous" : from);
	snprintf(cdr->to_number, sizeof(cdr->to_number), "%.63s", invite->request_user);
	cdr->started_us = when_now_us();
	if (!invite->privacy)
		snprintf(leg->name, sizeof(leg->name), "%s", invite->from_name);
}

static struct leg *leg_alloc(struct node *n, struct call *call)
{
	struct leg *leg = calloc(1, sizeof(*leg));

	if (!leg)
		return NULL;
	leg->id = ++n->last_leg_id;
	leg->node = n;
	leg->call = call;
	leg->ports.rtp_fd = leg->ports.rtcp_fd = -1;
	if (leg_enlist(n, leg))
		return leg;
	free(leg);
	return NULL;
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

static bool leg_run(struct leg *leg)
{
	struct node *n = leg->node;
	struct worker *worker = n->workers[leg->id % n->n_workers];

	if (worker_add_leg(worker, leg->id, ROOM_ISOLATED, leg->stream, &leg->ports) != BRIDGE_OK)
		return false;
	leg->worker = worker;
	leg->stream = NULL;
	leg->ports = (struct port_pair){ .rtp_fd = -1, .rtcp_fd = -1 };
	return true;
}

static void on_invite(void *arg, struct call *call, const struct call_invite *invite)
{
	struct node *n = arg;
	struct leg *leg = leg_alloc(n, call);
	const struct site_trunk *trunk = site_trunk(n->site, invite->trunk);
	enum call_err err;

	if (!leg) {
		call_refuse(call, 503, Q850_CONGESTION, "out of memory", RETRY_AFTER_S);
		return;
	}
	fill_record(leg, invite);
	emit(leg, "call.started");
	if (n->stopping) {
		leg_refuse(leg, 503, Q850_TEMPORARY, "shutting down", RETRY_AFTER_S);
		return;
	}
	if (trunk && trunk_is_full(n, trunk)) {
		leg_refuse(leg, 503, Q850_NO_CIRCUIT, "the trunk's channels are all in use", RETRY_AFTER_S);
		return;
	}
	if (!leg_route(leg, invite))
		return;

	call_set_owner(call, leg);
	err = leg_open_media(leg, trunk);
	if (err == CALL_NO_MATCH)
		leg_refuse(leg, 488, Q850_INCOMPATIBLE, "no codec in common", 0);
	else if (err == CALL_SYNTAX || err == CALL_LIMIT)
		leg_refuse(leg, leg->stream ? 400 : 503, leg->stream ? Q850_PROTOCOL : Q850_CONGESTION,
			leg->stream ? "session description cannot be read" : "no RTP port is free",
			leg->stream ? 0 : RETRY_AFTER_S);
	else if (err)
		leg_refuse(leg, 503, Q850_TEMPORARY, call_strerror(err), RETRY_AFTER_S);
	else if (!leg_run(leg))
		leg_refuse(leg, 503, Q850_CONGESTION, "no media worker has room", RETRY_AFTER_S);
	else if (call_answer(call) != CALL_OK)
		leg_hangup(leg, Q850_TEMPORARY, "the call could not be answered");
	else {
		leg->state = LEG_ANSWERED;
		leg->cdr.sip_status = 200;
		leg->cdr.answered_us = when_now_us();
		emit(leg, "call.answered");
	}
}

/* ---- what happens to it ---- */

static void on_media(void *owner, struct call *call, const struct media_agreed *agreed)
{
	struct leg *leg = owner;
	struct stream_format format;
	struct kit *kit = NULL;

	(void)call;
	if (!leg)
		return;
	leg->agreed = *agreed;
	if (media_format(&format, agreed) != BRIDGE_OK || kit_alloc(&kit, &format) != MIX_OK) {
		leg_hangup(leg, Q850_TEMPORARY, "no codec could be set up");
		return;
	}
	snprintf(leg->cdr.codec, sizeof(leg->cdr.codec), "%s", codec_info(format.tx.id)->name);
	if (codec_info(format.rx[0].codec)->rate != leg->rate)
		leg->equipped = 0;
	leg->rate = codec_info(format.rx[0].codec)->rate;
	if (leg->worker) {
		worker_refit(leg->worker, leg->id, kit);
		worker_watch(leg->worker, leg->id, agreed->receive && !agreed->on_hold ? STREAM_DEAD_US : 0);
	} else {
		stream_refit(leg->stream, &kit, loop_now_us());
		kit_free(kit);
		stream_watch(leg->stream, agreed->receive && !agreed->on_hold ? STREAM_DEAD_US : 0);
	}
	meeting_hold(leg);
	if (leg->person)
		meeting_equip(leg->person->meeting);
}

static void on_confirmed(void *owner, struct call *call)
{
	struct leg *leg = owner;

	(void)call;
	if (leg && leg->state == LEG_ANSWERED)
		reception_start(leg);
}

static void on_digit(void *owner, struct call *call, char digit)
{
	struct leg *leg = owner;

	(void)call;
	if (leg && leg->worker)
		worker_info_digit(leg->worker, leg->id, digit);
}

static void on_ended(void *owner, struct call *call, const struct call_end *end)
{
	struct leg *leg = owner;

	(void)call;
	if (!leg)
		return;
	leg->call = NULL;
	leg->state = LEG_ENDED;
	leg->cdr.ended_us = when_now_us();
	leg->cdr.by_far_end = end->by_far_end;
	if (end->sip_status)
		leg->cdr.sip_status = end->sip_status;
	leg_note_end(leg, end->q850, end->text);
	meeting_leave(leg, leg->cdr.cause);
	if (leg->worker)
		worker_drop_leg(leg->worker, leg->id); /* on_gone() finishes it */
	else
		leg_finish(leg);
}

static void on_refused(void *arg, const char *trunk, const char *source, const char *from_user,
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
	snprintf(leg->cdr.call_id, sizeof(leg->cdr.call_id), "%.127s", call_id);
	leg->cdr.started_us = when_now_us();
	leg->cdr.sip_status = status;
	leg_note_end(leg, cause_from_status(status), text);
	leg_finish(leg);
}

static void on_note(void *arg, const char *call_id, const char *text)
{
	(void)arg;
	log_line(LOG_INFO, call_id, "sip", "%s", text);
}

static bool media_flows(void *owner, struct call *call)
{
	const struct leg *leg = owner;

	(void)call;
	return leg && leg->worker && !leg->media_lost && leg->agreed.receive;
}

struct call_handlers leg_call_handlers(struct node *n)
{
	return (struct call_handlers){ .on_invite = on_invite,
		.on_media = on_media,
		.on_confirmed = on_confirmed,
		.on_digit = on_digit,
		.on_ended = on_ended,
		.on_refused = on_refused,
		.on_note = on_note,
		.media_flows = media_flows,
		.arg = n };
}

/* ---- what the worker reports ---- */

static void leg_key(struct leg *leg, char digit)
{
	if (leg->state == LEG_RECEPTION)
		attendant_key(&leg->attendant, digit, loop_now_us());
	else if (leg->state == LEG_SEATED)
		meeting_key(leg, digit);
}

static void leg_lost_media(struct leg *leg)
{
	leg->media_lost = true;
	emit(leg, "call.media_lost");
	leg_hangup(leg, Q850_TEMPORARY, "no RTP and no RTCP for 30 s");
}

static void on_worker_media(void *arg, uint32_t leg_id, const struct media_event *event)
{
	struct leg *leg = leg_find(arg, leg_id);

	if (!leg || leg->state == LEG_ENDED)
		return;
	switch (event->kind) {
	case MEDIA_DIGIT: leg_key(leg, event->digit); break;
	case MEDIA_TALK: meeting_talking(leg, event->on); break;
	case MEDIA_SILENT: leg_lost_media(leg); break;
	case MEDIA_PLAYED:
		if (event->play_id != leg->play_id)
			break;
		leg->play_id = 0;
		if (leg->state == LEG_RECEPTION)
			attendant_said(&leg->attendant, loop_now_us());
		break;
	case MEDIA_LATCHED: break;
	}
}

static void on_worker_stats(void *arg, uint32_t leg_id, const struct stream_stats *stats)
{
	struct leg *leg = leg_find(arg, leg_id);

	if (leg)
		leg->stats = *stats;
}

static void on_worker_gone(
	void *arg, uint32_t leg_id, const struct stream_stats *last, struct port_pair *ports)
{
	struct node *n = arg;
	struct leg *leg = leg_find(n, leg_id);

	if (!leg) {
		ports_give(n->ports, ports);
		return;
	}
	leg->stats = *last;
	leg->worker = NULL;
	leg->ports = *ports;
	leg_finish(leg);
}

struct worker_handlers leg_worker_handlers(struct node *n)
{
	return (struct worker_handlers){
		.on_media = on_worker_media, .on_stats = on_worker_stats, .on_gone = on_worker_gone, .arg = n
	};
}

static void tick_one(void *arg, struct leg *leg)
{
	if (leg->state == LEG_RECEPTION)
		attendant_tick(&leg->attendant, *(const uint64_t *)arg);
}

void leg_tick_all(struct node *n, uint64_t now_us)
{
	leg_each(n, tick_one, &now_us);
}

static void ask_one(void *arg, struct leg *leg)
{
	(void)arg;
	if (leg->worker && leg->state != LEG_ENDED)
		worker_ask_stats(leg->worker, leg->id);
}

void leg_ask_stats_all(struct node *n)
{
	leg_each(n, ask_one, NULL);
}

/* ---- what others ask of it ---- */

void leg_say(struct leg *leg, const struct say *what)
{
	const struct cue *cues[SAY_MAX];

	if (!leg->worker || leg->state == LEG_ENDED)
		return;
	for (size_t i = 0; i < what->n; i++)
		cues[i] = prompts_cue(leg->node->prompts, what->list[i]);
	leg->play_id = ++leg->node->last_play_id;
	worker_play(leg->worker, leg->id, cues, what->n, false, leg->play_id);
}

void leg_say_one(struct leg *leg, enum prompt prompt)
{
	struct say what = { .n = 0 };

	say_add(&what, prompt);
	leg_say(leg, &what);
}

void leg_hush(struct leg *leg)
{
	leg->play_id = 0;
	if (leg->worker)
		worker_stop_cue(leg->worker, leg->id);
}

void leg_hangup(struct leg *leg, unsigned q850, const char *why)
{
	leg_note_end(leg, q850, why);
	if (leg->call)
		call_hangup(leg->call, q850, why);
}

void leg_equip(struct leg *leg, unsigned rates)
{
	for (int to = 0; to < RATES; to++) {
		struct resample *r = NULL;

		if (!(rates & 1u << to) || leg->equipped & 1u << to || (enum rate_class)to == leg->rate ||
			!leg->worker)
			continue;
		if (resample_alloc(&r, leg->rate, (enum rate_class)to) != MIX_OK)
			continue; /* tried again with the next change in the room */
		worker_equip(leg->worker, leg->id, (enum rate_class)to, r);
		leg->equipped |= 1u << to;
	}
}
