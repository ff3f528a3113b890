#include "bridge/leg.h"
#include "bridge/leg_priv.h"
#include "bridge/transfer.h"
#include "bridge/unassigned.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEG_BUCKETS = 4096 };

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
	leg->arrival = calloc(1, sizeof(*leg->arrival));
	leg->id = ++n->last_leg_id;
	leg->node = n;
	leg->call = call;
	memcpy(leg->cdr.direction, "in", 3);
	leg->ports.rtp_fd = leg->ports.rtcp_fd = -1;
	if (leg->arrival && leg_enlist(n, leg))
		return leg;
	free(leg->arrival);
	free(leg);
	return NULL;
}

void leg_arrived(struct leg *leg)
{
	if (leg->arrival)
		OPENSSL_cleanse(leg->arrival, sizeof(*leg->arrival));
	free(leg->arrival);
	leg->arrival = NULL;
}

void leg_free(struct leg *leg)
{
	struct node *n = leg->node;

	leg_delist(n, leg);
	leg_give_channel(leg);
	unassigned_end(leg);
	stream_free(leg->stream);
	leg->share = share_end(leg->share);
	ports_give(&leg->ports);
	cdr_clear(&leg->cdr);
	leg_arrived(leg);
	free(leg->user);
	leg->postdial = postdial_free(leg->postdial);
	leg->transfer = transfer_free(leg->transfer);
	free(leg->goes);
	leg->goes = NULL;
	free(leg);
}

const char *leg_state_name(const struct leg *leg)
{
	switch (leg->state) {
	case LEG_NONE: return "new";
	case LEG_DIALLING: return "dialling";
	case LEG_ANNOUNCING: return "announcement";
	case LEG_ANSWERED: return "answered";
	case LEG_PRESSING: return "digits";
	case LEG_RECEPTION: return "attendant";
	case LEG_SEATED: return "meeting";
	case LEG_ENDED: return "ended";
	}
	return "new";
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

void leg_note_end(struct leg *leg, unsigned q850, const char *why)
{
	if (cdr_text(&leg->cdr, CDR_CAUSE)[0])
		return; /* the first reason is the reason */
	leg->cdr.q850 = q850;
	cdr_say(&leg->cdr, CDR_CAUSE, "%s", why);
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
