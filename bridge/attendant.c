#include "bridge/attendant.h"
#include "sip/cause.h"
#include <openssl/crypto.h>
#include <string.h>

const char *role_name(enum role role)
{
	return role == ROLE_HOST ? "host" : "guest";
}

static void forget_keys(struct attendant *a)
{
	OPENSSL_cleanse(a->keyed, sizeof(a->keyed));
	a->n_keyed = 0;
}

static void speak(struct attendant *a, enum prompt first, int second)
{
	struct say what = { .n = 0 };

	say_add(&what, first);
	if (second >= 0)
		say_add(&what, (enum prompt)second);
	a->speaking = true;
	a->deadline_us = 0; /* the wait for a key begins when the prompt has ended */
	a->world->say(a->arg, &what);
}

static void farewell(
	struct attendant *a, enum prompt prompt, unsigned cause, const char *why, uint64_t now_us)
{
	forget_keys(a);
	OPENSSL_cleanse(&a->meeting, sizeof(a->meeting));
	a->state = ATTENDANT_FAREWELL;
	a->cause = cause;
	a->why = why;
	speak(a, prompt, -1);
	a->deadline_us = now_us + ATTENDANT_FAREWELL_US;
}

static void enter_meeting(struct attendant *a, enum role role, uint64_t now_us)
{
	char id[sizeof(a->meeting.id)];

	memcpy(id, a->meeting.id, sizeof(id));
	forget_keys(a);
	OPENSSL_cleanse(&a->meeting, sizeof(a->meeting));
	if (a->speaking)
		a->world->hush(a->arg);
	a->speaking = false;
	a->deadline_us = 0;
	a->state = ATTENDANT_DONE; /* before enter(): it may press on with the leg */

	switch (a->world->enter(a->arg, id, role)) {
	case DOOR_OPEN: return;
	case DOOR_LOCKED: farewell(a, PROMPT_LOCKED, Q850_REJECTED, "the meeting is locked", now_us); return;
	case DOOR_FULL: farewell(a, PROMPT_FULL, Q850_BUSY, "the meeting is full", now_us); return;
	case DOOR_ENDED:
		farewell(a, PROMPT_ENDED, Q850_NORMAL_UNSPECIFIED, "the meeting has ended", now_us);
		return;
	}
}

static void ask_pin(struct attendant *a, uint64_t now_us)
{
	forget_keys(a);
	a->failures = 0;
	if (!a->meeting.host_pin[0] && !a->meeting.guest_pin[0]) {
		enter_meeting(a, ROLE_GUEST, now_us);
		return;
	}
	a->state = ATTENDANT_ASK_PIN;
	speak(a, PROMPT_ENTER_PIN, -1);
}

/* One more failure: says why, or goodbye when it was the last (D4). */
static void failed(struct attendant *a, enum prompt why, int again, uint64_t now_us)
{
	bool pin = a->state == ATTENDANT_ASK_PIN;

	forget_keys(a);
	if (++a->failures < ATTENDANT_TRIES) {
		speak(a, why, again);
		return;
	}
	if (a->state == ATTENDANT_ASK_JOIN)
		farewell(a, PROMPT_GOODBYE, Q850_NO_ANSWER, "answered, but nobody pressed 1", now_us);
	else if (why == PROMPT_NO_INPUT)
		farewell(a, PROMPT_GIVE_UP, Q850_NO_ANSWER, "no key pressed", now_us);
	else if (pin)
		farewell(a, PROMPT_GIVE_UP, Q850_NOT_PERMITTED, "no valid PIN in three tries", now_us);
	else
		farewell(a, PROMPT_GIVE_UP, Q850_UNALLOCATED, "no valid meeting ID in three tries", now_us);
}

static bool try_id(struct attendant *a, bool by_hash, uint64_t now_us)
{
	if (!a->world->find(a->arg, a->keyed, &a->meeting))
		return false;
	a->by_id = true;
	a->auto_completed = !by_hash;
	ask_pin(a, now_us);
	return true;
}

static bool try_pin(struct attendant *a, uint64_t now_us)
{
	const struct attendant_meeting *m = &a->meeting;

	if (m->host_pin[0] && strcmp(a->keyed, m->host_pin) == 0)
		enter_meeting(a, ROLE_HOST, now_us);
	else if (m->guest_pin[0] && strcmp(a->keyed, m->guest_pin) == 0)
		enter_meeting(a, ROLE_GUEST, now_us);
	else
		return false;
	return true;
}

static size_t longest_pin(const struct attendant_meeting *m)
{
	size_t host = strlen(m->host_pin), guest = strlen(m->guest_pin);

	return host > guest ? host : guest;
}

static void id_key(struct attendant *a, uint64_t now_us)
{
	if (!try_id(a, false, now_us) && a->n_keyed >= a->world->longest_id(a->arg))
		failed(a, PROMPT_WRONG_ID, -1, now_us);
}

static void pin_key(struct attendant *a, uint64_t now_us)
{
	if (!try_pin(a, now_us) && a->n_keyed >= longest_pin(&a->meeting))
		failed(a, PROMPT_WRONG_PIN, PROMPT_ENTER_PIN, now_us);
}

/* '#', or no further key: what is there is all there will be. */
static void entry_ended(struct attendant *a, bool by_hash, uint64_t now_us)
{
	if (a->state == ATTENDANT_ASK_JOIN) {
		failed(a, PROMPT_PRESS_ONE, -1, now_us);
		return;
	}
	if (a->state == ATTENDANT_ASK_ID) {
		if (a->n_keyed == 0)
			failed(a, PROMPT_NO_INPUT, PROMPT_ENTER_ID, now_us);
		else if (!try_id(a, by_hash, now_us))
			failed(a, PROMPT_WRONG_ID, -1, now_us);
		return;
	}
	if (a->n_keyed == 0 && !a->meeting.guest_pin[0])
		enter_meeting(a, ROLE_GUEST, now_us); /* only hosts have a PIN: others enter without */
	else if (a->n_keyed == 0)
		failed(a, PROMPT_NO_INPUT, PROMPT_ENTER_PIN, now_us);
	else if (!try_pin(a, now_us))
		failed(a, PROMPT_WRONG_PIN, PROMPT_ENTER_PIN, now_us);
}

static void restart_entry(struct attendant *a)
{
	bool back = a->state == ATTENDANT_ASK_PIN && a->n_keyed == 0 && a->by_id;

	forget_keys(a);
	if (back) {
		OPENSSL_cleanse(&a->meeting, sizeof(a->meeting));
		a->failures = 0;
		a->state = ATTENDANT_ASK_ID;
	}
	speak(a, a->state == ATTENDANT_ASK_ID ? PROMPT_ENTER_ID : PROMPT_ENTER_PIN, -1);
}

static void start(struct attendant *a, const struct attendant_world *world, void *arg)
{
	memset(a, 0, sizeof(*a));
	a->world = world;
	a->arg = arg;
}

void attendant_start(struct attendant *a, const struct attendant_world *world, void *arg)
{
	start(a, world, arg);
	a->state = ATTENDANT_ASK_ID;
	speak(a, PROMPT_WELCOME, PROMPT_ENTER_ID);
}

void attendant_start_direct(struct attendant *a, const struct attendant_world *world, void *arg,
	const char *meeting_id, uint64_t now_us)
{
	start(a, world, arg);
	if (!world->find(arg, meeting_id, &a->meeting)) {
		farewell(a, PROMPT_ENDED, Q850_UNALLOCATED, "the number's meeting does not exist", now_us);
		return;
	}
	ask_pin(a, now_us);
}

void attendant_start_invited(struct attendant *a, const struct attendant_world *world, void *arg,
	const char *meeting_id, enum role role, uint64_t now_us)
{
	start(a, world, arg);
	if (!world->find(arg, meeting_id, &a->meeting)) {
		farewell(a, PROMPT_ENDED, Q850_UNALLOCATED, "the meeting does not exist", now_us);
		return;
	}
	a->invited_as = role;
	a->state = ATTENDANT_ASK_JOIN;
	speak(a, PROMPT_INVITED, PROMPT_PRESS_ONE);
}

void attendant_let_in(struct attendant *a, const struct attendant_world *world, void *arg,
	const char *meeting_id, enum role role, uint64_t now_us)
{
	start(a, world, arg);
	if (world->find(arg, meeting_id, &a->meeting))
		enter_meeting(a, role, now_us);
	else
		farewell(a, PROMPT_ENDED, Q850_UNALLOCATED, "the meeting does not exist", now_us);
}

bool attendant_listen(struct attendant *a, uint64_t now_us)
{
	if (a->state == ATTENDANT_ASK_JOIN)
		a->listens_us = now_us;
	return a->state == ATTENDANT_ASK_JOIN;
}

void attendant_talk(struct attendant *a, bool on, uint64_t now_us)
{
	if (a->talks_us)
		a->talked_us += now_us - a->talks_us;
	a->talks_us = on ? now_us : 0;
}

/* A machine's greeting, so far. */
static bool is_greeting(const struct attendant *a, uint64_t now_us)
{
	return a->state == ATTENDANT_ASK_JOIN && a->listens_us &&
	       now_us - a->listens_us <= ATTENDANT_GREETED_US &&
	       a->talked_us + (a->talks_us ? now_us - a->talks_us : 0) >= ATTENDANT_GREETING_US;
}

static void leave_machine(struct attendant *a, const char *why)
{
	a->state = ATTENDANT_DONE;
	a->deadline_us = 0;
	if (a->speaking)
		a->world->hush(a->arg);
	a->speaking = false;
	a->world->leave(a->arg, Q850_NO_ANSWER, why);
}

void attendant_beep(struct attendant *a)
{
	if (a->state == ATTENDANT_ASK_JOIN && a->listens_us)
		leave_machine(a, "answering machine (beep)");
}

static void join_key(struct attendant *a, char digit, uint64_t now_us)
{
	a->listens_us = 0; /* it has keys */
	if (digit == '1')
		enter_meeting(a, a->invited_as, now_us);
	else if (digit == '2')
		farewell(a, PROMPT_GOODBYE, Q850_REJECTED, "declined with 2", now_us);
	else
		failed(a, PROMPT_NOT_VALID, PROMPT_PRESS_ONE, now_us);
}

void attendant_key(struct attendant *a, char digit, uint64_t now_us)
{
	if (a->state == ATTENDANT_ASK_JOIN) {
		join_key(a, digit, now_us);
		return;
	}
	if (a->state != ATTENDANT_ASK_ID && a->state != ATTENDANT_ASK_PIN)
		return;
	if (a->speaking) {
		a->world->hush(a->arg);
		a->speaking = false;
	}
	a->deadline_us = now_us + ATTENDANT_NEXT_US;
	if (digit == '*') {
		restart_entry(a);
		return;
	}
	if (digit == '#') {
		bool belongs_to_id = a->state == ATTENDANT_ASK_PIN && a->n_keyed == 0 && a->auto_completed;

		a->auto_completed = false;
		if (belongs_to_id)
			a->deadline_us = now_us + ATTENDANT_FIRST_US;
		else
			entry_ended(a, true, now_us);
		return;
	}
	if (digit < '0' || digit > '9' || a->n_keyed + 1 >= ATTENDANT_KEYS)
		return;
	a->keyed[a->n_keyed++] = digit;
	a->keyed[a->n_keyed] = '\0';
	a->auto_completed = false;
	if (a->state == ATTENDANT_ASK_ID)
		id_key(a, now_us);
	else
		pin_key(a, now_us);
}

void attendant_said(struct attendant *a, uint64_t now_us)
{
	a->speaking = false;
	if (a->state == ATTENDANT_FAREWELL) {
		a->state = ATTENDANT_DONE;
		a->world->leave(a->arg, a->cause, a->why);
	} else if (a->state != ATTENDANT_DONE && a->deadline_us == 0) {
		a->deadline_us = now_us + ATTENDANT_FIRST_US;
	}
}

void attendant_tick(struct attendant *a, uint64_t now_us)
{
	if (is_greeting(a, now_us)) {
		leave_machine(a, "an answering machine: it tells a greeting, and nobody pressed 1");
		return;
	}
	if (!a->deadline_us || now_us < a->deadline_us)
		return;
	a->deadline_us = 0;
	if (a->state == ATTENDANT_FAREWELL)
		attendant_said(a, now_us);
	else if (a->state != ATTENDANT_DONE)
		entry_ended(a, false, now_us);
}
