#include "bridge/hunt_priv.h"
#include "bridge/log.h"
#include "sip/loop.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND_US = 1000000 };

static struct hunt *find(const struct node *n, const char *id)
{
	struct hunt *h = id[0] ? n->hunts : NULL;

	while (h && strcmp(h->id, id) != 0)
		h = h->next;
	return h;
}

static struct hunt_call *call_of(struct hunt *h, const char *dialout)
{
	for (size_t i = 0; i < h->n_numbers; i++)
		if (strcmp(h->calls[i].id, dialout) == 0)
			return &h->calls[i];
	return NULL;
}

static unsigned live(const struct hunt *h)
{
	unsigned n = 0;

	for (size_t i = 0; i < h->n_numbers; i++)
		n += h->calls[i].id[0] != '\0';
	return n;
}

/* ---- as it is told ---- */

static json_t *hunt_json(const struct hunt *h)
{
	static const char *const words[] = { [HUNT_WAITING] = "waiting",
		[HUNT_CALLING] = "calling",
		[HUNT_JOINED] = "joined",
		[HUNT_CALLED_OFF] = "called_off" };

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i}", "id", h->id, "meeting", h->meeting,
		"account", h->account, "name", h->name, "state", words[h->state], "numbers",
		(int)h->n_numbers, "tried", (int)h->next_number, "calls", (int)live(h));
}

static void emit(const struct hunt *h, const char *type, const char *key, const char *value)
{
	json_t *data = hunt_json(h);

	if (key)
		json_object_set_new(data, key, json_string(value));
	event_emit(h->node->bus, type, data);
}

json_t *hunt_list(const struct node *n, const char *meeting)
{
	json_t *list = json_array();

	for (const struct hunt *h = n->hunts; h; h = h->next)
		if (strcmp(h->meeting, meeting) == 0)
			json_array_append_new(list, hunt_json(h));
	return list;
}

const char *hunt_account(const struct node *n, const char *id)
{
	const struct hunt *h = find(n, id);

	return h ? h->account : NULL;
}

/* ---- its life ---- */

struct hunt *hunt_new(struct node *n)
{
	struct hunt *h = n->n_hunts < HUNTS_MAX ? calloc(1, sizeof(*h)) : NULL, **at = &n->hunts;

	if (!h)
		return NULL;
	h->node = n;
	while (*at)
		at = &(*at)->next;
	*at = h;
	n->n_hunts++;
	return h;
}

bool hunt_start(struct node *n, const struct hunt_order *order, char id[DIALOUT_ID])
{
	struct hunt *h = hunt_new(n);

	if (!h)
		return false;
	node_token(h->id, DIALOUT_ID - 1);
	snprintf(h->meeting, sizeof(h->meeting), "%s", order->meeting);
	snprintf(h->account, sizeof(h->account), "%s", order->account);
	snprintf(h->name, sizeof(h->name), "%s", order->name);
	snprintf(h->user, sizeof(h->user), "%s", order->user ? order->user : "");
	memcpy(h->numbers, order->numbers, sizeof(h->numbers));
	h->n_numbers = order->n_numbers;
	h->parallel = order->parallel;
	h->ring_s = order->ring_s;
	h->begin_us = loop_now_us() + order->after_us;
	h->until_us = h->begin_us + order->wait_s * (uint64_t)SECOND_US;
	snprintf(h->why, sizeof(h->why), "nobody was called");
	h->changed = true;
	memcpy(id, h->id, DIALOUT_ID);
	return true;
}

static void hunt_free(struct node *n, struct hunt *h)
{
	struct hunt **at = &n->hunts;

	while (*at != h)
		at = &(*at)->next;
	*at = h->next;
	n->n_hunts--;
	free(h);
}

/* Tells whether somebody came, and is gone. */
static void finish(struct hunt *h)
{
	if (h->state == HUNT_JOINED)
		emit(h, "hunt.joined", "dialout", h->joined_by);
	else
		emit(h, "hunt.failed", "why", h->why);
	log_line(LOG_INFO, h->id, "hunt", "%s", h->state == HUNT_JOINED ? "joined" : h->why);
	hunt_forget(h);
	hunt_free(h->node, h);
}

/* Of a call that is asked to end hunt_over() may be told at once, or later. */
static void hang_up(struct hunt *h, struct hunt_call *call, const char *why)
{
	char id[DIALOUT_ID];

	memcpy(id, call->id, sizeof(id));
	call->id[0] = '\0';
	(void)dialout_hangup(h->node, id, why);
}

static void hang_up_others(struct hunt *h, const char *why)
{
	for (size_t i = 0; i < h->n_numbers; i++)
		if (h->calls[i].id[0] && strcmp(h->calls[i].id, h->joined_by) != 0)
			hang_up(h, &h->calls[i], why);
}

/* The next number's turn. */
static void call_next(struct hunt *h, uint64_t now_us)
{
	struct hunt_call *call = &h->calls[h->next_number];
	const struct dialout_order order = { .meeting = h->meeting,
		.account = h->account,
		.to = h->numbers[h->next_number],
		.name = h->name,
		.user = h->user,
		.hunt = h->id };
	char why[DIALOUT_WHY];

	h->next_number++;
	if (call->done) /* in the process before this one */
		return;
	call->began_us = now_us;
	if (dialout_start(h->node, &order, call->id, why) != DIALOUT_OK) {
		call->id[0] = '\0';
		call->done = h->changed = true;
		snprintf(h->why, sizeof(h->why), "%s", why);
	}
}

/* Whoever has answered is not called again, were this process to end now. */
static void note_answers(struct hunt *h)
{
	for (size_t i = 0; i < h->n_numbers; i++) {
		struct hunt_call *call = &h->calls[i];

		if (call->id[0] && !call->done && dialout_is_answered(h->node, call->id))
			call->done = h->changed = true;
	}
}

/* Rings for too long: somebody who has answered has time to press 1. */
static void end_ringing(struct hunt *h, uint64_t now_us)
{
	for (size_t i = 0; i < h->n_numbers; i++) {
		struct hunt_call *call = &h->calls[i];

		if (!call->id[0] || call->answered ||
			now_us < call->began_us + h->ring_s * (uint64_t)SECOND_US)
			continue;
		if (dialout_is_answered(h->node, call->id)) {
			call->answered = true;
			continue;
		}
		snprintf(h->why, sizeof(h->why), "no answer within %u s", h->ring_s);
		hang_up(h, call, h->why);
	}
}

static void tick(struct hunt *h, uint64_t now_us)
{
	if (h->state == HUNT_JOINED) {
		hang_up_others(h, "answered at another number");
		finish(h);
		return;
	}
	if (h->state == HUNT_CALLED_OFF || now_us >= h->until_us) {
		snprintf(h->why, sizeof(h->why), "%s",
			h->state == HUNT_CALLED_OFF ? "called off" : "nobody came in time");
		hang_up_others(h, h->why);
		finish(h);
		return;
	}
	if (h->state == HUNT_WAITING && now_us >= h->begin_us) {
		h->state = HUNT_CALLING;
		h->changed = true;
		emit(h, h->resumed ? "hunt.resumed" : "hunt.started", NULL, NULL);
	}
	if (h->state != HUNT_CALLING)
		return;
	note_answers(h);
	end_ringing(h, now_us);
	while (h->next_number < h->n_numbers && (h->parallel || !live(h)))
		call_next(h, now_us);
	if (!live(h))
		finish(h);
}

void hunt_tick_all(struct node *n, uint64_t now_us)
{
	for (struct hunt *h = n->stopping ? NULL : n->hunts, *next; h; h = next) {
		next = h->next; /* no other hunt ends in between */
		tick(h, now_us);
	}
	hunt_save(n);
}

bool hunt_call_off(struct node *n, const char *id)
{
	struct hunt *h = find(n, id);

	if (h && h->state != HUNT_JOINED)
		h->state = HUNT_CALLED_OFF;
	return h != NULL;
}

void hunt_close_all(struct node *n)
{
	n->hunting.out = false; /* the disk thread keeps the order, and has told all */
	if (n->writer)
		hunt_save(n);
	while (n->hunts)
		hunt_free(n, n->hunts);
}

/* ---- what becomes of its calls ---- */

void hunt_joined(struct node *n, const char *id, const char *dialout)
{
	struct hunt *h = find(n, id);

	if (!h || h->state == HUNT_JOINED)
		return;
	h->state = HUNT_JOINED;
	snprintf(h->joined_by, sizeof(h->joined_by), "%s", dialout);
}

void hunt_over(struct node *n, const char *id, const char *dialout, const char *why)
{
	struct hunt *h = find(n, id);
	struct hunt_call *call = h ? call_of(h, dialout) : NULL;

	if (!call)
		return;
	call->id[0] = '\0';
	if (!n->stopping) /* else it is we who ended it, and it goes on after the restart */
		call->done = h->changed = true;
	if (h->state == HUNT_CALLING)
		snprintf(h->why, sizeof(h->why), "%s", why);
}
