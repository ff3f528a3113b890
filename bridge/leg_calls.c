#include "bridge/leg_calls.h"
#include "bridge/clips.h"
#include "bridge/dialout.h"
#include "bridge/incoming.h"
#include "bridge/leg_priv.h"
#include "bridge/media.h"
#include "bridge/meeting.h"
#include "bridge/reception.h"
#include "bridge/referral.h"
#include "bridge/remark.h"
#include "bridge/secure.h"
#include "bridge/transfer.h"
#include "bridge/unassigned.h"
#include <openssl/crypto.h>
#include <stdio.h>

enum { LEG_WORDS = 96 };
#define FLOWS_US                                                                                             \
	15000000ull /* statistics come every 5 s: three times without a new packet, and nothing flows */

static void on_media(void *owner, struct call *call, const struct media_agreed *agreed)
{
	struct leg *leg = owner;
	struct stream_format format;
	struct ice_credentials ours = { .ufrag = "" };
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
	ready = ready && kit_alloc(&kit, &format) == MIX_OK &&
		(!media_ice(&ours, agreed) || kit_ice(kit, &ours) == MIX_OK);
	OPENSSL_cleanse(&format.tx_key, sizeof(format.tx_key));
	OPENSSL_cleanse(&format.rx_key, sizeof(format.rx_key));
	OPENSSL_cleanse(&ours, sizeof(ours));
	if (!ready) {
		kit_free(kit);
		leg_hangup(leg, Q850_TEMPORARY, "no codec could be set up");
		return;
	}
	clips_want(leg->node->clips, &format.tx);
	snprintf(leg->cdr.codec, sizeof(leg->cdr.codec), "%s", codec_info(format.tx.id)->name);
	leg->codec = format.tx.id;
	leg->takes_events = format.event_tx_pt != PT_NONE;
	leg->ice = agreed->ice.on;
	if (!leg->ice)
		leg->path = (struct net_addr){ .port = 0 };
	cdr_say(&leg->cdr, CDR_SRTP, "%s", sdes_suite_name(agreed->tx_key.suite));
	if (codec_info(format.rx[0].codec)->rate != leg->rate)
		leg->equipped = 0;
	leg->rate = codec_info(format.rx[0].codec)->rate;
	if (leg->share && !share_signal(leg->share, &format.rtp, format.rtcp.port)) {
		kit_free(kit);
		leg_hangup(leg, Q850_PROTOCOL, "another call sends from the same media address");
		return;
	}
	if (leg->worker) {
		worker_refit(leg->worker, leg->id, kit, loop_now_us());
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

static void forget_early_keys(struct leg *leg)
{
	OPENSSL_cleanse(leg->arrival->early_keys, sizeof(leg->arrival->early_keys));
	leg->arrival->n_early_keys = 0;
}

static void on_confirmed(void *owner, struct call *call)
{
	struct leg *leg = owner;

	(void)call;
	if (leg && leg->state == LEG_DIALLING)
		dialout_answered(leg);
	if (!leg || leg->state != LEG_ANSWERED)
		return;
	if (postdial_begin(leg)) {
		forget_early_keys(leg);
		return;
	}
	if (!referral_seat(leg))
		reception_start(leg, false);
	if (leg->dialout && leg->state == LEG_RECEPTION &&
		attendant_listen(&leg->arrival->attendant, loop_now_us()))
		worker_listen_for_beep(leg->worker, leg->id, true);
	for (unsigned i = 0; i < leg->arrival->n_early_keys; i++)
		leg_key(leg, leg->arrival->early_keys[i]);
	forget_early_keys(leg);
}

static void on_progress(void *owner, struct call *call, unsigned status, enum call_early early)
{
	(void)call;
	if (owner)
		dialout_progress(owner, status, early);
}

static void on_digit(void *owner, struct call *call, char digit)
{
	struct leg *leg = owner;

	(void)call;
	if (leg && leg->worker && media_keys(site_trunk(leg->node->site, leg->cdr.trunk), MEDIA_KEYS_INFO))
		worker_info_digit(leg->worker, leg->id, digit);
}

static void on_key_told(void *owner, struct call *call, unsigned status)
{
	(void)call;
	if (owner)
		postdial_told(owner, status);
}

static void on_referred(void *owner, struct call *call, enum call_referred what, unsigned status)
{
	(void)call;
	if (owner)
		transfer_news(owner, what, status);
}

static unsigned on_refer(void *owner, struct call *call, const struct refer_target *target)
{
	(void)call;
	return referral_asked(owner, target);
}

static void on_ended(void *owner, struct call *call, const struct call_end *end)
{
	struct leg *leg = owner;
	char words[LEG_WORDS];
	const bool by_tls = leg && end->no_response &&
			    secure_failure(leg->node, call_relay_port(call), words, sizeof(words));

	if (!leg)
		return;
	cdr_say(&leg->cdr, CDR_SESSION_PEER, "%s", call_session_peer(call));
	leg->call = NULL;
	leg_give_channel(leg);
	unassigned_end(leg);
	leg->state = LEG_ENDED;
	leg->cdr.ended_us = when_now_us();
	leg->cdr.by_far_end = end->by_far_end;
	if (end->sip_status)
		leg->cdr.sip_status = end->sip_status;
	leg_note_end(leg, end->q850, by_tls ? words : end->text);
	if (end->no_response)
		leg_ended_by(leg, WHY_NETWORK);
	transfer_ended(leg);
	dialout_ended(leg, end);
	meeting_leave(leg, cdr_text(&leg->cdr, CDR_CAUSE));
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
		.on_key_told = on_key_told,
		.on_referred = on_referred,
		.on_refer = on_refer,
		.on_ended = on_ended,
		.on_refused = incoming_refused,
		.on_note = on_note,
		.on_message = remark_message,
		.media_flows = media_flows,
		.away = drain_away,
		.arg = n };
}
