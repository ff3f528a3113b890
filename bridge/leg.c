#include "bridge/leg.h"
#include "bridge/dialout.h"
#include "bridge/figures.h"
#include "bridge/incoming.h"
#include "bridge/leg_priv.h"
#include "bridge/media.h"
#include "bridge/meeting.h"
#include "bridge/reception.h"
#include "bridge/remark.h"
#include "bridge/secure.h"
#include "bridge/unassigned.h"
#include "bridge/why_call.h"
#include "bridge/stir.h"
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEG_BUCKETS = 4096, LEG_WORDS = 96 };
#define FLOWS_US                                                                                             \
	15000000ull /* statistics come every 5 s: three times without a new packet, and nothing flows */

/* ---- finding legs ---- */

struct leg *leg_find(const struct node *n, uint32_t id)
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

struct leg *leg_alloc(struct node *n, struct call *call)
{
	struct leg *leg = calloc(1, sizeof(*leg));

	if (!leg)
		return NULL;
	leg->id = ++n->last_leg_id;
	leg->node = n;
	leg->call = call;
	memcpy(leg->cdr.direction, "in", 3);
	leg->ports.rtp_fd = leg->ports.rtcp_fd = -1;
	if (leg_enlist(n, leg))
		return leg;
	free(leg);
	return NULL;
}

const char *leg_state_name(const struct leg *leg)
{
	switch (leg->state) {
	case LEG_NONE: return "new";
	case LEG_DIALLING: return "dialling";
	case LEG_ANNOUNCING: return "announcement";
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

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "call", leg->cdr.id, "call_id",
		leg->cdr.call_id, "trunk", leg->cdr.trunk, "account", leg->cdr.account, "from",
		log_number(from, leg->cdr.from_number), "number", log_number(to, leg->cdr.number), "stir",
		stir_json(&leg->cdr));
}

void leg_emit(const struct leg *leg, const char *type)
{
	event_emit(leg->node->bus, type, leg_event_json(leg));
}

static uint32_t hundredths(float score)
{
	return (uint32_t)(score * 100 + 0.5f);
}

void leg_sum_up(struct leg *leg)
{
	struct cdr *cdr = &leg->cdr;

	cdr->rx_packets = leg->stats.rx_packets;
	cdr->tx_packets = leg->stats.tx_packets;
	cdr->rx_lost = leg->stats.rx_lost;
	cdr->jitter_us = leg->stats.jitter_us;
	cdr->far_lost = leg->stats.far_lost;
	cdr->round_trip_us = leg->stats.round_trip_us;
	cdr->rx_r = hundredths(leg->stats.rx_r);
	cdr->rx_mos = hundredths(leg->stats.rx_mos);
	cdr->tx_r = hundredths(leg->stats.tx_r);
	cdr->tx_mos = hundredths(leg->stats.tx_mos);
	cdr->rx_missing = leg->stats.rx_missing;
	cdr->burst_ms = leg->stats.burst_ms;
	cdr->gap_ms = leg->stats.gap_ms;
}

/* The last step of every leg, answered or refused: its record is written and it is freed. */
void leg_finish(struct leg *leg)
{
	struct node *n = leg->node;
	struct cdr *cdr = &leg->cdr;
	json_t *data;

	if (!cdr->ended_us)
		cdr->ended_us = when_now_us();
	leg_sum_up(leg);
	tally_call(&n->tally.rx, cdr->rx_mos);
	tally_call(&n->tally.tx, cdr->tx_mos);
	if (!cdr->cause[0])
		snprintf(cdr->cause, sizeof(cdr->cause), "%s", cause_words(cdr->q850));
	snprintf(cdr->ended_by, sizeof(cdr->ended_by), "%s", why_ender_word(why_ender(cdr)));
	writer_cdr(n->writer, cdr);
	figures_count(n, cdr);
	remark_end(leg);

	data = leg_event_json(leg);
	json_object_update_new(
		data, json_pack("{s:i, s:i, s:s, s:b, s:s, s:s}", "status", (int)cdr->sip_status, "q850",
			      (int)cdr->q850, "cause", cdr->cause, "by_far_end", cdr->by_far_end, "ended_by",
			      cdr->ended_by, "meeting", cdr->meeting));
	event_emit(n->bus, cdr->answered_us ? "call.ended" : "call.refused", data);
	log_line(LOG_INFO, cdr->call_id, "call", "%s: %s (cause %u, status %u)",
		cdr->answered_us ? "ended" : "refused", cdr->cause, cdr->q850, cdr->sip_status);

	leg_delist(n, leg);
	stream_free(leg->stream);
	if (leg->ports.rtp_port)
		ports_give(n->ports, &leg->ports);
	OPENSSL_cleanse(&leg->attendant, sizeof(leg->attendant));
	OPENSSL_cleanse(leg->early_keys, sizeof(leg->early_keys));
	free(leg);
}

void leg_note_end(struct leg *leg, unsigned q850, const char *why)
{
	if (leg->cdr.cause[0])
		return; /* the first reason is the reason */
	leg->cdr.q850 = q850;
	snprintf(leg->cdr.cause, sizeof(leg->cdr.cause), "%s", why);
}

/* ---- what happens to it ---- */

static void on_media(void *owner, struct call *call, const struct media_agreed *agreed)
{
	struct leg *leg = owner;
	struct stream_format format;
	struct kit *kit = NULL;
	bool ready;

	(void)call;
	if (!leg)
		return;
	if (leg->on_hold != agreed->on_hold)
		remark(leg,
			agreed->on_hold ? "the far end holds the call" : "the far end takes the call back");
	leg->on_hold = agreed->on_hold;
	ready = media_format(&format, agreed) == BRIDGE_OK;
	format.no_tones = !media_keys(site_trunk(leg->node->site, leg->cdr.trunk), MEDIA_KEYS_SOUND);
	ready = ready && kit_alloc(&kit, &format) == MIX_OK;
	OPENSSL_cleanse(&format.tx_key, sizeof(format.tx_key));
	OPENSSL_cleanse(&format.rx_key, sizeof(format.rx_key));
	if (!ready) {
		leg_hangup(leg, Q850_TEMPORARY, "no codec could be set up");
		return;
	}
	snprintf(leg->cdr.codec, sizeof(leg->cdr.codec), "%s", codec_info(format.tx.id)->name);
	leg->codec = format.tx.id;
	snprintf(leg->cdr.srtp, sizeof(leg->cdr.srtp), "%s", sdes_suite_name(agreed->tx_key.suite));
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

static void leg_key(struct leg *leg, char digit)
{
	if (leg->state == LEG_RECEPTION)
		attendant_key(&leg->attendant, digit, loop_now_us());
	else if (leg->state == LEG_SEATED)
		meeting_key(leg, digit);
	/* RTP may be faster than the ACK, and no key is lost (D1) */
	else if (leg->state == LEG_ANSWERED && leg->n_early_keys < LEG_EARLY_KEYS)
		leg->early_keys[leg->n_early_keys++] = digit;
}

static void on_confirmed(void *owner, struct call *call)
{
	struct leg *leg = owner;

	(void)call;
	if (leg && leg->state == LEG_DIALLING)
		dialout_answered(leg);
	if (!leg || leg->state != LEG_ANSWERED)
		return;
	reception_start(leg);
	for (unsigned i = 0; i < leg->n_early_keys; i++)
		leg_key(leg, leg->early_keys[i]);
	OPENSSL_cleanse(leg->early_keys, sizeof(leg->early_keys));
}

static void on_progress(void *owner, struct call *call, unsigned status, bool early_media)
{
	(void)call;
	if (owner)
		dialout_progress(owner, status, early_media);
}

static void on_digit(void *owner, struct call *call, char digit)
{
	struct leg *leg = owner;

	(void)call;
	if (leg && leg->worker && media_keys(site_trunk(leg->node->site, leg->cdr.trunk), MEDIA_KEYS_INFO))
		worker_info_digit(leg->worker, leg->id, digit);
}

static void on_ended(void *owner, struct call *call, const struct call_end *end)
{
	struct leg *leg = owner;
	char words[LEG_WORDS];
	const bool by_tls = leg && end->no_response &&
			    secure_failure(leg->node, call_relay_port(call), words, sizeof(words));

	if (!leg)
		return;
	snprintf(leg->cdr.session_peer, sizeof(leg->cdr.session_peer), "%s", call_session_peer(call));
	leg->call = NULL;
	leg->state = LEG_ENDED;
	leg->cdr.ended_us = when_now_us();
	leg->cdr.by_far_end = end->by_far_end;
	if (end->sip_status)
		leg->cdr.sip_status = end->sip_status;
	leg_note_end(leg, end->q850, by_tls ? words : end->text);
	if (end->no_response)
		leg_ended_by(leg, WHY_NETWORK);
	dialout_ended(leg, end);
	meeting_leave(leg, leg->cdr.cause);
	if (leg->worker)
		worker_drop_leg(leg->worker, leg->id); /* on_gone() finishes it */
	else
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
	return leg && leg->worker && leg->heard_us && loop_now_us() - leg->heard_us < FLOWS_US;
}

struct call_handlers leg_call_handlers(struct node *n)
{
	return (struct call_handlers){ .on_invite = incoming_call,
		.on_media = on_media,
		.on_confirmed = on_confirmed,
		.on_progress = on_progress,
		.on_digit = on_digit,
		.on_ended = on_ended,
		.on_refused = incoming_refused,
		.on_note = on_note,
		.on_message = remark_message,
		.media_flows = media_flows,
		.arg = n };
}

/* ---- what the worker reports ---- */

static void leg_lost_media(struct leg *leg)
{
	leg->media_lost = true;
	remark_trouble(leg, "media_lost");
	leg_ended_by(leg, WHY_NETWORK);
	leg_emit(leg, "call.media_lost");
	leg_hangup(leg, Q850_TEMPORARY, "no RTP and no RTCP for 30 s");
}

/* What is wrong with its sound, and that it is over. */
static void tell_trouble(const struct leg *leg, const char *type, json_t *what)
{
	json_t *data = leg_event_json(leg);

	json_object_update_new(data, what);
	event_emit(leg->node->bus, type, data);
}

static void tell_one_way(struct leg *leg, const struct media_event *event)
{
	if (event->on) {
		leg->node->tally.one_way[event->one_way]++;
		remark_trouble(leg, oneway_name(event->one_way));
	} else {
		remark(leg, "one-way audio is over");
	}
	log_line(LOG_INFO, leg->cdr.call_id, "media", "one-way audio: %s", oneway_name(event->one_way));
	tell_trouble(leg, "call.one_way",
		json_pack("{s:b, s:s, s:s}", "on", event->on, "kind", oneway_name(event->one_way),
			"participant", leg->cdr.participant));
}

static void tell_echo(struct leg *leg, const struct media_event *event)
{
	if (event->on)
		remark_trouble(leg, "echo");
	leg->node->tally.echo += event->on;
	log_line(LOG_INFO, leg->cdr.call_id, "media", "%s: %u ms, %d dB down",
		event->on ? "echo" : "echo is gone", event->echo.delay_ms, event->echo.loss_db);
	tell_trouble(leg, "call.echo",
		json_pack("{s:b, s:i, s:i, s:i, s:s}", "on", event->on, "delay_ms", (int)event->echo.delay_ms,
			"loss_db", (int)event->echo.loss_db, "confidence", (int)event->echo.confidence,
			"participant", leg->cdr.participant));
}

static void on_worker_media(void *arg, uint32_t leg_id, const struct media_event *event)
{
	struct leg *leg = leg_find(arg, leg_id);

	if (!leg || leg->state == LEG_ENDED)
		return;
	switch (event->kind) {
	case MEDIA_DIGIT:
		remark_key(leg);
		leg_key(leg, event->digit);
		break;
	case MEDIA_TALK: meeting_talking(leg, event->on); break;
	case MEDIA_SILENT: leg_lost_media(leg); break;
	case MEDIA_PLAYED:
		if (event->play_id != leg->play_id)
			break;
		leg->play_id = 0;
		if (leg->state == LEG_RECEPTION)
			attendant_said(&leg->attendant, loop_now_us());
		else if (leg->state == LEG_ANNOUNCING)
			unassigned_said(leg);
		break;
	case MEDIA_ONE_WAY: tell_one_way(leg, event); break;
	case MEDIA_ECHO: tell_echo(leg, event); break;
	case MEDIA_LATCHED: break;
	}
}

static void on_worker_stats(void *arg, uint32_t leg_id, const struct stream_stats *stats)
{
	struct leg *leg = leg_find(arg, leg_id);

	if (!leg)
		return;
	if (stats->rx_packets != leg->stats.rx_packets)
		leg->heard_us = loop_now_us();
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

/* A carrier's longest call is over: BYE, with the reason in it and in the record (T21). */
static void end_too_long(struct leg *leg, uint64_t now_us)
{
	const struct site_trunk *t =
		leg->worker && leg->call ? site_trunk(leg->node->site, leg->cdr.trunk) : NULL;
	char why[64];

	if (!t || !t->call_s || !leg->cdr.answered_us || leg->state == LEG_ENDED)
		return;
	if (!leg->talks_since_us)
		leg->talks_since_us = now_us;
	if (now_us < leg->talks_since_us + t->call_s * 1000000ull)
		return;
	snprintf(why, sizeof(why), "longer than the trunk's %u s", t->call_s);
	leg_hangup(leg, Q850_NORMAL_UNSPECIFIED, why);
}

static void tick_one(void *arg, struct leg *leg)
{
	end_too_long(leg, *(const uint64_t *)arg);
	if (leg->state == LEG_RECEPTION)
		attendant_tick(&leg->attendant, *(const uint64_t *)arg);
	else if (leg->state == LEG_ANNOUNCING)
		unassigned_tick(leg, *(const uint64_t *)arg);
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

void leg_ended_by(struct leg *leg, enum why_ender by)
{
	if (!leg->cdr.ended_by[0])
		snprintf(leg->cdr.ended_by, sizeof(leg->cdr.ended_by), "%s", why_ender_word(by));
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
