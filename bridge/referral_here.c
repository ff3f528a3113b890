#include "bridge/referral_here.h"
#include "bridge/leg_priv.h"
#include "bridge/meeting.h"
#include "bridge/referral.h"
#include "bridge/remark.h"
#include "dialplan/block.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* ---- which place ---- */

static bool covers(const struct site_number *number, const char *e164)
{
	struct block ends, one;

	return strlen(e164) == strlen(number->number) &&
	       block_ends(&ends, number->number, number->last[0] ? number->last : number->number) &&
	       block_ends(&one, e164, e164) && one.first >= ends.first && one.first <= ends.last;
}

const struct site_number *referral_here_number(const struct site *s, const char *e164)
{
	for (size_t i = 0; i < s->n_numbers; i++)
		if (covers(&s->numbers[i], e164))
			return &s->numbers[i];
	return NULL;
}

static void lead_to(const struct leg *leg, const char *meeting, struct referral_here *out)
{
	const struct site_account *account = NULL;
	const struct site_meeting *m = site_meeting(leg->node->site, meeting, &account);

	out->has_doors =
		!m || strcmp(account->name, leg->cdr.account) != 0 || m->host_pin[0] || m->guest_pin[0];
	if (m)
		memcpy(out->meeting, m->id, sizeof(out->meeting));
}

static bool find_call(const struct leg *leg, const struct refer_replaces *r, struct referral_here *out)
{
	const struct call *call = call_of_dialog(leg->node->ua, r);
	const struct leg *seat = call ? call_owner(call) : NULL;

	if (!seat || strcmp(seat->cdr.trunk, leg->cdr.trunk) != 0)
		return false;
	out->has_doors = seat == leg || seat->state != LEG_SEATED || !seat->person ||
			 strcmp(seat->cdr.account, leg->cdr.account) != 0;
	if (out->has_doors)
		return true;
	memcpy(out->meeting, seat->person->meeting->id, sizeof(out->meeting));
	out->seat = seat->id;
	return true;
}

bool referral_here_find(const struct leg *leg, const struct refer_target *target, const char *number,
	const char *e164, struct referral_here *out)
{
	const struct site_account *account = NULL;
	const struct site_number *ours = referral_here_number(leg->node->site, e164);

	memset(out, 0, sizeof(*out));
	if (target->has_replaces && find_call(leg, &target->replaces, out))
		return true;
	if (target->has_replaces)
		return false; /* of somebody else's, and so is the number, whatever it looks like */
	if (ours)
		lead_to(leg, ours->answer == PLAN_MEETING ? ours->meeting : "", out);
	else if (site_meeting(leg->node->site, number, &account) &&
		 strcmp(account->name, leg->cdr.account) == 0)
		lead_to(leg, number, out);
	else
		return false;
	return true;
}

/* ---- going there ---- */

static bool may_take_along(const struct leg *leg)
{
	return leg->person->meeting->n_people == 2 || leg->person->state.role == ROLE_HOST;
}

unsigned referral_here_ask(struct leg *leg, const struct referral_here *place)
{
	const struct meeting *from = leg->person->meeting;

	if (place->has_doors || strcmp(place->meeting, from->id) == 0)
		return 403;
	if (from->n_people < 2)
		return 603; /* there is nobody to be sent there */
	if (!may_take_along(leg))
		return 403;
	leg->goes = malloc(sizeof(*leg->goes));
	if (!leg->goes)
		return 500;
	*leg->goes = *place;
	return 202;
}

/* To that meeting; when its door is closed, back to where they were.  False: they are back. */
static bool move(struct leg *who, const struct referral_here *place, enum role role)
{
	const struct participant was = *who->person;
	char from[SITE_MEETING_ID];
	enum door door;

	memcpy(from, was.meeting->id, sizeof(from));
	meeting_leave(who, "sent to another meeting");
	who->replaces = place->seat; /* through a locked door, in place of who sits there */
	door = meeting_enter(who->node, who, place->meeting, role);
	if (door != DOOR_OPEN)
		(void)meeting_enter(who->node, who, from, was.state.role);
	who->replaces = 0;
	if (who->person && (was.state.muted || was.state.host_muted))
		meeting_stay_muted(who->person);
	return door == DOOR_OPEN;
}

/* The others, in the order in which they came.  False: one of them at least could not go. */
static bool move_others(const struct leg *leg, const struct referral_here *place, const struct leg *seat)
{
	enum role role = seat ? seat->person->state.role : ROLE_GUEST;
	bool all = true;

	for (struct participant *p = leg->person->meeting->people, *next; p; p = next) {
		next = p->next;
		if (p->leg == leg)
			continue;
		all = move(p->leg, place, role) && all;
		role = ROLE_GUEST;
	}
	return all;
}

void referral_here_tick(struct leg *leg)
{
	struct referral_here place;
	struct leg *seat;
	bool moved = false;

	if (!leg->goes)
		return;
	place = *leg->goes;
	free(leg->goes);
	leg->goes = NULL;
	seat = place.seat ? leg_find(leg->node, place.seat) : NULL;
	if (seat && (seat->state != LEG_SEATED || !seat->person))
		seat = NULL;
	if (leg->state == LEG_SEATED && leg->person && leg->person->meeting->n_people > 1 &&
		(seat || !place.seat))
		moved = move_others(leg, &place, seat);
	remark(leg, moved ? "who was with it is sent to meeting %s" : "nobody is sent to meeting %s",
		place.meeting);
	if (moved && seat) {
		leg_emit_more(seat, "call.replaced", json_pack("{s:s}", "by", leg->cdr.id));
		leg_ended_by(seat, WHY_CALLER);
		leg_hangup(seat, Q850_NORMAL, "replaced by whom it had sent there");
	}
	referral_news(leg->node, leg->id, moved ? 200 : 603);
}
