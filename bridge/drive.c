#include "bridge/drive.h"
#include "bridge/leg_priv.h"
#include "bridge/meeting.h"
#include "bridge/remark.h"
#include <openssl/crypto.h>
#include <string.h>

#define STAR_US 1000000ull

/* The one that sits there longest is not meant: the last that came is. */
static struct leg *last_dialled(const struct leg *leg)
{
	struct leg *last = NULL;

	for (struct participant *p = leg->person->meeting->people; p; p = p->next)
		if (p->leg != leg && strcmp(p->leg->cdr.direction, "out") == 0)
			last = p->leg;
	return last;
}

static void over(struct leg *leg)
{
	leg->drives = 0;
	leg->held_star = false;
	leg_say_one(leg, PROMPT_KEYS_HERE);
}

/* Whom its keys go to; NULL: to nobody any more. */
static struct leg *driven(const struct leg *leg)
{
	struct leg *to = leg_find(leg->node, leg->drives);
	const bool here = to && to->state == LEG_SEATED && to->person && leg->person &&
			  to->person->meeting == leg->person->meeting;

	return here ? to : NULL;
}

static void pass_on(struct leg *to, char digit)
{
	char keys[2] = { digit, '\0' };

	if (!postdial_add(to, keys))
		remark(to, "a key of the host's is lost: too many wait");
	OPENSSL_cleanse(keys, sizeof(keys));
}

bool drive_begin(struct leg *leg)
{
	struct leg *to = last_dialled(leg);

	if (!to)
		return false;
	leg->drives = to->id;
	leg->held_star = false;
	remark(to, "a host's keys are pressed on it");
	leg_say_one(leg, PROMPT_KEYS_THERE);
	return true;
}

bool drive_key(struct leg *leg, char digit)
{
	struct leg *to = leg->drives ? driven(leg) : NULL;
	const bool held = leg->held_star;

	if (!leg->drives)
		return false;
	if (!to || (held && digit == '#')) {
		over(leg);
		return true;
	}
	if (leg->play_id)
		leg_hush(leg);
	if (held)
		pass_on(to, '*');
	leg->held_star = digit == '*';
	leg->star_us = loop_now_us();
	if (digit != '*')
		pass_on(to, digit);
	return true;
}

void drive_tick(struct leg *leg, uint64_t now_us)
{
	struct leg *to;

	if (!leg->drives)
		return;
	to = driven(leg);
	if (!to) {
		over(leg);
	} else if (leg->held_star && now_us >= leg->star_us + STAR_US) {
		leg->held_star = false;
		pass_on(to, '*');
	}
}

const char *drive_press(struct leg *leg, const char *digits)
{
	struct postdial_order order = { .wait_ms = 0 };
	const char *why = NULL;

	if (leg->state != LEG_SEATED)
		return "the call is in no meeting";
	if (!postdial_read(&order, digits))
		return "up to 64 of 0-9 A-D * #, w (half a second) and , (two seconds) are wanted";
	if (!postdial_add(leg, order.keys))
		why = "too many keys wait already";
	postdial_clear(&order);
	return why;
}
