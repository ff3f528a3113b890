#include "bridge/reception.h"
#include "bridge/dialout.h"
#include "bridge/meeting.h"
#include "bridge/remark.h"
#include <stdio.h>
#include <string.h>

static bool find(void *arg, const char *id, struct attendant_meeting *out)
{
	const struct leg *leg = arg;
	const struct site_account *account = NULL;
	const struct site_meeting *m = site_meeting(leg->node->site, id, &account);

	if (!m || strcmp(account->name, leg->cdr.account) != 0)
		return false; /* another account's meeting does not exist here (S8) */
	snprintf(out->id, sizeof(out->id), "%s", m->id);
	snprintf(out->host_pin, sizeof(out->host_pin), "%s", m->host_pin);
	snprintf(out->guest_pin, sizeof(out->guest_pin), "%s", m->guest_pin);
	return true;
}

static size_t longest_id(void *arg)
{
	const struct leg *leg = arg;
	const struct site_account *account = site_account(leg->node->site, leg->cdr.account);

	return account && account->longest_id ? account->longest_id : SITE_MEETING_ID - 1;
}

static enum door enter(void *arg, const char *id, enum role role)
{
	struct leg *leg = arg;
	enum door door = meeting_enter(leg->node, leg, id, role);

	if (door == DOOR_OPEN)
		dialout_joined(leg);
	if (door != DOOR_OPEN)
		remark(leg, "meeting %s does not let it in", id);
	if (door != DOOR_OPEN)
		log_line(LOG_INFO, leg_call_id(leg), "attendant", "meeting %s: the door is closed (%s)", id,
			door == DOOR_LOCKED ? "locked"
			: door == DOOR_FULL ? "full"
					    : "ended");
	return door;
}

static void say(void *arg, const struct say *what)
{
	leg_say(arg, what);
}

static void hush(void *arg)
{
	leg_hush(arg);
}

static void leave(void *arg, unsigned q850, const char *why)
{
	leg_hangup(arg, q850, why);
}

static const struct attendant_world world = {
	.find = find, .longest_id = longest_id, .enter = enter, .say = say, .hush = hush, .leave = leave
};

void reception_start(struct leg *leg, bool lets_in)
{
	struct attendant *a = &leg->arrival->attendant;
	uint64_t now_us = loop_now_us();

	leg->state = LEG_RECEPTION;
	if (leg->dialout && lets_in)
		attendant_let_in(a, &world, leg, leg->direct_meeting, ROLE_GUEST, now_us);
	else if (leg->dialout)
		attendant_start_invited(a, &world, leg, leg->direct_meeting, ROLE_GUEST, now_us);
	else if (leg->direct_meeting[0])
		attendant_start_direct(a, &world, leg, leg->direct_meeting, now_us);
	else
		attendant_start(a, &world, leg);
}
