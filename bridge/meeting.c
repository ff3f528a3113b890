#include "bridge/meeting.h"
#include "bridge/drive.h"
#include "bridge/remark.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VOLUME_STEP_DB = 3, VOLUME_MAX_DB = 12, VOLUME_MIN_DB = -12 };

/* ---- finding ---- */

struct meeting *meeting_find(const struct node *n, const char *id)
{
	for (struct meeting *m = n->meetings; m; m = m->next)
		if (strcmp(m->id, id) == 0)
			return m;
	return NULL;
}

struct participant *meeting_person(const struct node *n, const char *participant_id)
{
	for (struct meeting *m = n->meetings; m; m = m->next)
		for (struct participant *p = m->people; p; p = p->next)
			if (strcmp(p->id, participant_id) == 0)
				return p;
	return NULL;
}

/* ---- events ---- */

static json_t *meeting_json(const struct meeting *m)
{
	return json_pack("{s:s, s:s}", "meeting", m->id, "account", m->account);
}

static json_t *person_json(const struct participant *p)
{
	json_t *data = meeting_json(p->meeting);

	json_object_update_new(
		data, json_pack("{s:s, s:s, s:s, s:s}", "participant", p->id, "role",
			      role_name(p->state.role), "call", p->leg->cdr.id, "user", leg_user(p->leg)));
	return data;
}

static void emit_person(const struct participant *p, const char *type, json_t *more)
{
	json_t *data = person_json(p);

	if (more)
		json_object_update_new(data, more);
	event_emit(p->leg->node->bus, type, data);
}

/* ---- opening and closing ---- */

static struct meeting *meeting_open(
	struct node *n, const struct site_account *account, const struct site_meeting *from)
{
	struct meeting *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	snprintf(m->id, sizeof(m->id), "%s", from->id);
	snprintf(m->name, sizeof(m->name), "%s", from->name);
	snprintf(m->account, sizeof(m->account), "%s", account->name);
	m->chimes = from->chimes;
	parts_init(&m->parts, n);
	m->opened_us = when_now_us();
	sitting_make(m->sitting, m->opened_us);
	m->next = n->meetings;
	n->meetings = m;
	n->n_meetings++;
	event_emit(n->bus, "meeting.opened", meeting_json(m));
	log_line(LOG_INFO, NULL, "meeting", "%s opened", m->id);
	return m;
}

static void meeting_close(struct node *n, struct meeting *m)
{
	struct meeting **at = &n->meetings;

	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
	n->n_meetings--;
	parts_close(&m->parts);
	event_emit(n->bus, "meeting.closed", meeting_json(m));
	log_line(LOG_INFO, NULL, "meeting", "%s closed", m->id);
	free(m);
}

/* ---- sound ---- */

/* Who holds us is not heard: what its side sends then is music (T9). */
static void apply_mute(const struct participant *p)
{
	if (p->leg->worker)
		worker_mute(
			p->leg->worker, p->leg->id, p->state.muted || p->state.host_muted || p->leg->on_hold);
}

static void chime(const struct meeting *m, const struct node *n, enum prompt prompt)
{
	if (m->chimes)
		parts_play(&m->parts, n, prompts_cue(n->prompts, prompt));
}

void meeting_hold(struct leg *leg)
{
	if (leg->person)
		apply_mute(leg->person);
}

static const struct site_account *account_of(const struct node *n, const struct meeting *m)
{
	for (size_t i = 0; i < n->site->n_accounts; i++)
		if (strcmp(n->site->accounts[i].name, m->account) == 0)
			return &n->site->accounts[i];
	return NULL; /* the site has changed: what was in force stays */
}

/* The account's choices for its voice, if they are other ones than so far; without memory for a suppressor it is heard
 * with its noise. */
static void apply_audio(struct leg *leg, const struct site_account *account)
{
	const struct leg_audio want = { .levelling = account->levelling,
		.suppresses = account->noise_suppression,
		.rate = account->noise_suppression ? leg->rate : RATE_8K };
	struct denoise *d = NULL;

	if (want.levelling == leg->audio.levelling && want.suppresses == leg->audio.suppresses &&
		want.rate == leg->audio.rate)
		return;
	if (want.suppresses)
		(void)denoise_alloc(&d, leg->rate);
	worker_audio(leg->worker, leg->id, want.levelling, d);
	leg->audio = want;
}

void meeting_equip(struct meeting *m)
{
	unsigned rates = 0;

	for (const struct participant *p = m->people; p; p = p->next)
		rates |= 1u << p->leg->rate;
	for (struct participant *p = m->people; p; p = p->next)
		leg_equip(p->leg, rates);
	meeting_apply_audio(m);
}

void meeting_apply_audio(struct meeting *m)
{
	const struct site_account *account = m->people ? account_of(m->people->leg->node, m) : NULL;

	for (struct participant *p = m->people; account && p; p = p->next)
		apply_audio(p->leg, account);
}

/* ---- through the door ---- */

static struct participant *seat(
	struct node *n, struct meeting *m, struct leg *leg, struct worker *part, enum role role)
{
	struct participant *p = calloc(1, sizeof(*p)), **at = &m->people;

	if (!p)
		return NULL;
	snprintf(p->id, sizeof(p->id), "p%u", ++n->last_person_id);
	p->meeting = m;
	p->leg = leg;
	p->part = part;
	p->state.role = role;
	p->state.host_muted = m->policy.all_muted && role != ROLE_HOST; /* late joiners inherit (H1) */
	p->joined_us = when_now_us();
	while (*at)
		at = &(*at)->next;
	*at = p;
	m->n_people++;
	leg->person = p;
	return p;
}

static void record_seat(struct leg *leg, const struct participant *p)
{
	struct cdr *cdr = &leg->cdr;

	snprintf(cdr->meeting, sizeof(cdr->meeting), "%s", p->meeting->id);
	snprintf(cdr->participant, sizeof(cdr->participant), "%s", p->id);
	memcpy(cdr->sitting, p->meeting->sitting, sizeof(cdr->sitting));
	snprintf(cdr->role, sizeof(cdr->role), "%s", role_name(p->state.role));
	cdr->joined_us = p->joined_us;
}

void meeting_name(struct leg *leg, const char *name)
{
	snprintf(leg->name, sizeof(leg->name), "%s", name);
	if (leg->person)
		emit_person(leg->person, "participant.named", NULL);
}

enum door meeting_enter(struct node *n, struct leg *leg, const char *id, enum role role)
{
	const struct site_account *account = NULL;
	const struct site_meeting *from = site_meeting(n->site, id, &account);
	struct meeting *m = meeting_find(n, id);
	struct worker *part;
	struct participant *p;
	struct say what = { .n = 0 };
	const bool stands_in = leg->replaces != 0; /* for somebody who is in there */

	if (!from)
		return DOOR_ENDED;
	if (m && m->policy.locked && role != ROLE_HOST && !stands_in)
		return DOOR_LOCKED;
	if (m && from->max_participants && m->n_people >= from->max_participants && role != ROLE_HOST &&
		!stands_in)
		return DOOR_FULL; /* hosts come in all the same (D12) */
	if (!m)
		m = meeting_open(n, account, from);
	if (!m)
		return DOOR_FULL;
	chime(m, n,
		PROMPT_CHIME_IN); /* before the newcomer is in the room: who comes hears the count instead */
	part = parts_enter(&m->parts, n, leg->worker);
	p = part ? seat(n, m, leg, part, role) : NULL;
	if (!p) {
		if (part)
			parts_leave(&m->parts, n, part);
		if (!m->n_people)
			meeting_close(n, m);
		return DOOR_FULL;
	}
	record_seat(leg, p);
	remark(leg, "joins meeting %s as %s", m->id, role_name(role));
	leg->state = LEG_SEATED;
	if (leg->worker != part)
		leg->placed_us = loop_now_us();
	worker_hand_over(leg->worker, leg->id, part, m->parts.room_id);
	if (leg->share && leg->worker != part)
		share_place(leg->share, part);
	leg->worker = part;
	apply_mute(p);
	meeting_equip(m);

	if (leg->direct_meeting[0])
		say_add(&what, PROMPT_WELCOME);
	say_others(&what, m->n_people - 1);
	if (p->state.host_muted)
		say_add(&what, PROMPT_HOST_MUTED);
	leg_say(leg, &what);
	emit_person(p, "participant.joined", NULL);
	log_line(LOG_INFO, leg_call_id(leg), "meeting", "%s: %s joined as %s (%u here)", m->id, p->id,
		role_name(role), m->n_people);
	return DOOR_OPEN;
}

void meeting_leave(struct leg *leg, const char *why)
{
	struct node *n = leg->node;
	struct participant *p = leg->person, **at;
	struct worker *part;
	struct meeting *m;

	if (!p)
		return;
	m = p->meeting;
	emit_person(p, "participant.left", json_pack("{s:s}", "cause", why));
	at = &m->people;
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	m->n_people--;
	leg->person = NULL;
	part = p->part;
	free(p);
	if (leg->worker)
		worker_move_leg(leg->worker, leg->id, ROOM_ISOLATED);
	parts_leave(&m->parts, n, part);
	if (m->n_people)
		chime(m, n, PROMPT_CHIME_OUT);
	else
		meeting_close(n, m);
}

/* ---- what people and operators do ---- */

static void set_self_mute(struct participant *p, bool muted)
{
	p->state.muted = muted;
	apply_mute(p);
	emit_person(p, "participant.muted",
		json_pack("{s:b, s:b, s:s}", "muted", muted || p->state.host_muted, "host_muted",
			p->state.host_muted, "by", "self"));
}

void meeting_stay_muted(struct participant *p)
{
	set_self_mute(p, true);
}

void meeting_mute(struct node *n, struct participant *p, bool muted)
{
	(void)n;
	if (p->state.host_muted == muted)
		return;
	p->state.host_muted = muted;
	apply_mute(p);
	emit_person(p, "participant.muted",
		json_pack("{s:b, s:b, s:s}", "muted", muted || p->state.muted, "host_muted", muted, "by",
			"host"));
	leg_say_one(p->leg, muted ? PROMPT_HOST_MUTED : p->state.muted ? PROMPT_MUTED : PROMPT_UNMUTED);
}

void meeting_lock(struct node *n, struct meeting *m, bool locked)
{
	json_t *data;

	if (m->policy.locked == locked)
		return;
	m->policy.locked = locked;
	data = meeting_json(m);
	json_object_set_new(data, "locked", json_boolean(locked));
	event_emit(n->bus, "meeting.locked", data);
}

void meeting_remove(struct node *n, struct participant *p, const char *why)
{
	(void)n;
	leg_hangup(p->leg, Q850_NORMAL, why);
}

static void mute_all(struct node *n, struct meeting *m)
{
	m->policy.all_muted = !m->policy.all_muted;
	for (struct participant *p = m->people; p; p = p->next)
		if (p->state.role != ROLE_HOST)
			meeting_mute(n, p, m->policy.all_muted);
}

static void end_for_all(struct node *n, struct meeting *m)
{
	struct participant *next;

	for (struct participant *p = m->people; p; p = next) {
		next = p->next; /* a hang-up may take p out at once; the last one takes the meeting with it */
		leg_ended_by(p->leg, WHY_HOST);
		meeting_remove(n, p, "the host ended the meeting");
	}
}

static void change_volume(struct leg *leg, int step_db)
{
	int wanted = leg->volume_db + step_db;

	if (wanted > VOLUME_MAX_DB || wanted < VOLUME_MIN_DB) {
		leg_say_one(leg, PROMPT_NOT_VALID);
		return;
	}
	leg->volume_db = wanted;
	worker_gain(leg->worker, leg->id, wanted, 0);
}

static void raise_hand(struct participant *p)
{
	p->state.hand = !p->state.hand;
	emit_person(p, "participant.hand", json_pack("{s:b}", "raised", p->state.hand));
	leg_say_one(p->leg, p->state.hand ? PROMPT_HAND_RAISED : PROMPT_HAND_LOWERED);
}

static void say_help(struct leg *leg, bool host)
{
	struct say what = { .n = 0 };

	say_add(&what, PROMPT_HELP);
	if (host)
		say_add(&what, PROMPT_HELP_HOST);
	leg_say(leg, &what);
}

void meeting_key(struct leg *leg, char digit)
{
	struct participant *p = leg->person;
	struct meeting *m = p->meeting;
	struct node *n = leg->node;
	bool host = p->state.role == ROLE_HOST;
	struct say what = { .n = 0 };

	if (drive_key(leg, digit))
		return;
	switch (keys_press(&leg->keys, keys_default, keys_default_n, host, digit, loop_now_us())) {
	case KEY_NONE: return;
	case KEY_MUTE:
		set_self_mute(p, !p->state.muted);
		leg_say_one(leg, p->state.muted        ? PROMPT_MUTED
				 : p->state.host_muted ? PROMPT_HOST_MUTED
						       : PROMPT_UNMUTED);
		return;
	case KEY_HAND: raise_hand(p); return;
	case KEY_COUNT:
		say_others(&what, m->n_people - 1);
		leg_say(leg, &what);
		return;
	case KEY_HELP: say_help(leg, host); return;
	case KEY_QUIETER: change_volume(leg, -VOLUME_STEP_DB); return;
	case KEY_LOUDER: change_volume(leg, VOLUME_STEP_DB); return;
	case KEY_LOCK:
		meeting_lock(n, m, !m->policy.locked);
		leg_say_one(leg, m->policy.locked ? PROMPT_IS_LOCKED : PROMPT_IS_UNLOCKED);
		return;
	case KEY_MUTE_ALL:
		mute_all(n, m);
		leg_say_one(leg, m->policy.all_muted ? PROMPT_ALL_MUTED : PROMPT_ALL_UNMUTED);
		return;
	case KEY_END: end_for_all(n, m); return;
	case KEY_DRIVE:
		if (!drive_begin(leg))
			leg_say_one(leg, PROMPT_NOT_VALID);
		return;
	case KEY_ROLL_CALL:
	case KEY_RECORD:
	case KEY_ADMIT:
	case KEY_NOT_ALLOWED: leg_say_one(leg, PROMPT_NOT_VALID); return;
	}
}

void meeting_talking(struct leg *leg, bool on)
{
	struct participant *p = leg->person;

	if (!p || p->talking == on)
		return;
	p->talking = on;
	emit_person(p, "participant.talking", json_pack("{s:b}", "talking", on));
}
