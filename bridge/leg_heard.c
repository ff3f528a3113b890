#include "bridge/leg_heard.h"
#include "bridge/drive.h"
#include "bridge/leg_priv.h"
#include "bridge/leg_quality.h"
#include "bridge/media.h"
#include "bridge/meeting.h"
#include "bridge/quirks.h"
#include "bridge/referral_here.h"
#include "bridge/remark.h"
#include "bridge/transfer.h"
#include "bridge/unassigned.h"
#include <jansson.h>
#include <stdio.h>

void leg_key(struct leg *leg, char digit)
{
	if (leg->state == LEG_RECEPTION)
		attendant_key(&leg->arrival->attendant, digit, loop_now_us());
	else if (leg->state == LEG_SEATED && !leg->postdial) /* else it may be an echo of what we press */
		meeting_key(leg, digit);
	/* RTP may be faster than the ACK, and no key is lost (D1) */
	else if (leg->state == LEG_ANSWERED && leg->arrival->n_early_keys < LEG_EARLY_KEYS)
		leg->arrival->early_keys[leg->arrival->n_early_keys++] = digit;
}

static void leg_lost_media(struct leg *leg)
{
	leg->media_lost = true;
	remark_trouble(leg, "media_lost");
	leg_ended_by(leg, WHY_NETWORK);
	leg_emit(leg, "call.media_lost");
	leg_hangup(leg, Q850_TEMPORARY, "no RTP and no RTCP for 30 s");
}

static void tell_one_way(struct leg *leg, const struct media_event *event)
{
	if (event->on) {
		leg->node->tally.one_way[event->one_way]++;
		leg->one_way = true;
		remark_trouble(leg, oneway_name(event->one_way));
	} else {
		remark(leg, "one-way audio is over");
	}
	log_line(LOG_INFO, leg_call_id(leg), "media", "one-way audio: %s", oneway_name(event->one_way));
	leg_emit_more(leg, "call.one_way",
		json_pack("{s:b, s:s, s:s}", "on", event->on, "kind", oneway_name(event->one_way),
			"participant", leg->cdr.participant));
}

static void tell_echo(struct leg *leg, const struct media_event *event)
{
	if (event->on)
		remark_trouble(leg, "echo");
	leg->node->tally.echo += event->on;
	log_line(LOG_INFO, leg_call_id(leg), "media", "%s: %u ms, %d dB down",
		event->on ? "echo" : "echo is gone", event->echo.delay_ms, event->echo.loss_db);
	leg_emit_more(leg, "call.echo",
		json_pack("{s:b, s:i, s:i, s:i, s:s}", "on", event->on, "delay_ms", (int)event->echo.delay_ms,
			"loss_db", (int)event->echo.loss_db, "confidence", (int)event->echo.confidence,
			"participant", leg->cdr.participant));
}

/* No person: the worker keeps it out of the mix already. */
static void tell_progress(struct leg *leg, const struct media_event *event)
{
	const char *kind = progress_name(event->progress);

	if (event->on)
		remark_trouble(leg, "tones");
	else
		remark(leg, "a person is heard again");
	log_line(LOG_INFO, leg_call_id(leg), "media", "tones instead of a person: %s", kind);
	leg_emit_more(leg, "call.tones",
		json_pack("{s:b, s:s, s:s}", "on", event->on, "kind", kind, "participant",
			leg->cdr.participant));
}

/* ICE: where it is now, or that it may not be sent to. */
static void tell_path(struct leg *leg, const struct media_event *event)
{
	char at[MEDIA_ADDRESS];

	leg->lapsed = !event->on;
	if (event->on)
		leg->path = event->peer;
	media_address_write(at, &leg->path);
	remark(leg,
		event->on ? "ICE: the far end is at %s" : "ICE: no word from %s for 30 s, nothing is sent",
		at);
	log_line(LOG_INFO, leg_call_id(leg), "media", "ICE: %s %s",
		event->on ? "path to" : "consent lapsed of", at);
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
	case MEDIA_TALK:
		if (leg->state == LEG_RECEPTION)
			attendant_talk(&leg->arrival->attendant, event->on, loop_now_us());
		meeting_talking(leg, event->on);
		break;
	case MEDIA_SILENT: leg_lost_media(leg); break;
	case MEDIA_PLAYED:
		if (event->play_id != leg->play_id)
			break;
		leg->play_id = 0;
		if (leg->state == LEG_RECEPTION)
			attendant_said(&leg->arrival->attendant, loop_now_us());
		else if (leg->state == LEG_ANNOUNCING)
			unassigned_said(leg);
		else if (leg->postdial)
			postdial_said(leg);
		break;
	case MEDIA_PRESSED: postdial_pressed(leg, event->on); break;
	case MEDIA_BEEP:
		if (leg->state == LEG_RECEPTION)
			attendant_beep(&leg->arrival->attendant);
		break;
	case MEDIA_ONE_WAY: tell_one_way(leg, event); break;
	case MEDIA_ECHO: tell_echo(leg, event); break;
	case MEDIA_PROGRESS: tell_progress(leg, event); break;
	case MEDIA_QUIRK: quirks_tell(leg, event->quirk); break;
	case MEDIA_PATH: tell_path(leg, event); break;
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
	leg_judge_quality(leg);
}

static void on_worker_gone(
	void *arg, uint32_t leg_id, const struct stream_stats *last, struct port_pair *ports)
{
	struct node *n = arg;
	struct leg *leg = leg_find(n, leg_id);

	if (!leg) {
		ports_give(ports);
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
	transfer_tick(leg, *(const uint64_t *)arg);
	referral_here_tick(leg);
	if (leg->state == LEG_SEATED) /* not where it sits down: that is within its attendant */
		leg_arrived(leg);
	if (leg->state == LEG_RECEPTION)
		attendant_tick(&leg->arrival->attendant, *(const uint64_t *)arg);
	else if (leg->state == LEG_ANNOUNCING)
		unassigned_tick(leg, *(const uint64_t *)arg);
	else if (leg->postdial && leg->state != LEG_ENDED)
		postdial_tick(leg, *(const uint64_t *)arg);
	drive_tick(leg, *(const uint64_t *)arg);
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
