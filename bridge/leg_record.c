/* leg_record.c - what is written and told of a leg: its events while it lives, its record when it is over. */
#include "bridge/leg_priv.h"
#include "bridge/conditions.h"
#include "bridge/figures.h"
#include "bridge/remark.h"
#include <jansson.h>
#include <stdio.h>

json_t *leg_proof_json(const struct leg *leg)
{
	const struct cdr *cdr = &leg->cdr;

	if (!cdr->verstat[0])
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:s}", "verstat", cdr->verstat, "attest", cdr->attest, "origid",
		cdr_text(cdr, CDR_ORIGID), "why", cdr_text(cdr, CDR_VERSTAT_WHY));
}

static json_t *leg_event_json(const struct leg *leg)
{
	char from[24], to[24];

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "call", leg->cdr.id, "call_id",
		leg_call_id(leg), "trunk", leg->cdr.trunk, "account", leg->cdr.account, "meeting",
		leg->cdr.meeting, "from", log_number(from, leg->cdr.from_number), "number",
		log_number(to, leg->cdr.number), "stir", leg_proof_json(leg));
}

void leg_emit(const struct leg *leg, const char *type)
{
	event_emit(leg->node->bus, type, leg_event_json(leg));
}

void leg_emit_more(const struct leg *leg, const char *type, json_t *more)
{
	json_t *data = leg_event_json(leg);

	json_object_update_new(data, more);
	event_emit(leg->node->bus, type, data);
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
	if (!cdr_text(cdr, CDR_CAUSE)[0])
		cdr_say(cdr, CDR_CAUSE, "%s", cause_words(cdr->q850));
	snprintf(cdr->ended_by, sizeof(cdr->ended_by), "%s", why_ender_word(why_ender(cdr)));
	writer_cdr(n->writer, cdr);
	figures_count(n, cdr);
	if (cdr->answered_us)
		conditions_call(n, cdr->trunk, leg->one_way);
	remark_end(leg);

	data = leg_event_json(leg);
	json_object_update_new(
		data, json_pack("{s:i, s:i, s:s, s:b, s:s, s:s}", "status", (int)cdr->sip_status, "q850",
			      (int)cdr->q850, "cause", cdr_text(cdr, CDR_CAUSE), "by_far_end",
			      cdr->by_far_end, "ended_by", cdr->ended_by, "meeting", cdr->meeting));
	event_emit(n->bus, cdr->answered_us ? "call.ended" : "call.refused", data);
	log_line(LOG_INFO, cdr_text(cdr, CDR_CALL_ID), "call", "%s: %s (cause %u, status %u)",
		cdr->answered_us ? "ended" : "refused", cdr_text(cdr, CDR_CAUSE), cdr->q850, cdr->sip_status);

	leg_free(leg);
}
