/* worker_post.c - commands on their way to a worker, on the control thread. */
#include "bridge/worker_priv.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct waiting {
	struct waiting *next;
	struct command command;
};

/* A leg that worker_hand_over() has promised to this worker: commands for it wait until it is here. */
struct expected {
	struct expected *next;
	uint32_t leg_id;
	struct waiting_list commands;
};

static struct waiting *waiting_take(struct waiting_list *list)
{
	struct waiting *first = list->first;

	if (first) {
		list->first = first->next;
		if (!list->first)
			list->last = NULL;
	}
	return first;
}

static void waiting_put(struct waiting_list *list, struct waiting *one)
{
	one->next = NULL;
	if (list->last)
		list->last->next = one;
	else
		list->first = one;
	list->last = one;
}

static void waiting_clear(struct waiting_list *list)
{
	struct waiting *one;

	while ((one = waiting_take(list))) {
		message_free_carried(&one->command);
		free(one);
	}
}

/* ---- posting ---- */

static void wake(struct worker *w)
{
	const uint64_t one = 1;

	if (atomic_exchange(&w->asleep, false))
		(void)!write(w->wake_fd, &one, sizeof(one));
}

/* Out of memory here loses the command, and what it carries with it: there is nothing else left to do. */
static bool keep(struct waiting_list *list, const struct command *c)
{
	struct waiting *one = malloc(sizeof(*one));

	if (!one) {
		message_free_carried(c);
		return false;
	}
	one->command = *c;
	waiting_put(list, one);
	return true;
}

static void flush_backlog(struct worker *w)
{
	while (w->backlog.first) {
		if (ring_put(w->commands, &w->backlog.first->command) != MIX_OK) {
			atomic_store(&w->backlogged, true);
			return;
		}
		free(waiting_take(&w->backlog));
	}
}

static void post_now(struct worker *w, const struct command *c)
{
	flush_backlog(w);
	if (w->backlog.first || ring_put(w->commands, c) != MIX_OK) {
		(void)keep(&w->backlog, c);
		atomic_store(&w->backlogged, true);
	}
	wake(w);
}

static struct expected *find_expected(const struct worker *w, uint32_t leg_id)
{
	struct expected *e = w->expected;

	while (e && e->leg_id != leg_id)
		e = e->next;
	return e;
}

static void post(struct worker *w, const struct command *c)
{
	struct expected *e = c->leg_id != 0 ? find_expected(w, c->leg_id) : NULL;

	if (e)
		(void)keep(&e->commands, c);
	else
		post_now(w, c);
}

void worker_arrive(struct luggage *l)
{
	struct expected **at = &l->to->expected, *e;
	struct waiting *one;

	while (*at && (*at)->leg_id != l->leg_id)
		at = &(*at)->next;
	e = *at;
	if (e)
		*at = e->next;
	if (l->leg) {
		const struct command add = { .kind = COMMAND_ADD_LEG,
			.leg_id = l->leg_id,
			.room_id = l->room_id,
			.carried.leg = l->leg };

		l->leg = NULL;
		post_now(l->to, &add);
	}
	while (e &&
		(one = waiting_take(&e->commands))) { /* for a leg that never came they are dropped there */
		post_now(l->to, &one->command);
		free(one);
	}
	free(e);
	message_free_luggage(l);
}

void worker_flush_backlog(struct worker *w)
{
	if (w->backlog.first) {
		flush_backlog(w);
		wake(w);
	}
}

void worker_forget_posts(struct worker *w)
{
	waiting_clear(&w->backlog);
	while (w->expected) {
		struct expected *e = w->expected;

		w->expected = e->next;
		waiting_clear(&e->commands);
		free(e);
	}
}

/* ---- the commands ---- */

enum bridge_err worker_add_room(struct worker *w, uint32_t room_id)
{
	const struct room_config config = { .mixed_talkers = w->mixed_talkers };
	struct command c = { .kind = COMMAND_ADD_ROOM, .room_id = room_id };
	struct worker_room *room;

	if (room_id == ROOM_ISOLATED)
		return BRIDGE_RANGE;
	room = calloc(1, sizeof(*room));
	if (!room)
		return BRIDGE_NOMEM;
	room->room_id = room_id;
	if (room_alloc(&room->room, &config) != MIX_OK) {
		free(room);
		return BRIDGE_NOMEM;
	}
	c.carried.room = room;
	post(w, &c);
	return BRIDGE_OK;
}

void worker_drop_room(struct worker *w, uint32_t room_id)
{
	post(w, &(struct command){ .kind = COMMAND_DROP_ROOM, .room_id = room_id });
}

enum bridge_err worker_spread_room(struct worker *w, uint32_t room_id, struct exchange *x, unsigned part)
{
	struct command c = { .kind = COMMAND_SPREAD_ROOM, .room_id = room_id, .how.part = part };
	struct luggage *l = calloc(1, sizeof(*l));

	if (!l)
		return BRIDGE_NOMEM;
	exchange_share(x);
	l->exchange = x;
	c.carried.luggage = l;
	post(w, &c);
	return BRIDGE_OK;
}

static bool put_list(struct command *c, const struct cue *const *list, size_t n)
{
	if (n == 0 || n > CUE_LIST_MAX)
		return false;
	memcpy(c->how.play.list, list, n * sizeof(list[0]));
	c->how.play.n = n;
	return true;
}

void worker_room_play(struct worker *w, uint32_t room_id, const struct cue *const *list, size_t n)
{
	struct command c = { .kind = COMMAND_ROOM_PLAY, .room_id = room_id };

	if (put_list(&c, list, n))
		post(w, &c);
}

enum bridge_err worker_add_leg(struct worker *w, uint32_t leg_id, uint32_t room_id, struct stream *stream,
	const struct port_pair *ports)
{
	struct command c = { .kind = COMMAND_ADD_LEG, .leg_id = leg_id, .room_id = room_id };
	struct worker_leg *leg;

	if (leg_id == 0)
		return BRIDGE_RANGE;
	leg = calloc(1, sizeof(*leg));
	if (!leg)
		return BRIDGE_NOMEM;
	leg->leg_id = leg_id;
	leg->stream = stream;
	leg->ports = *ports;
	leg->ipv6 = socket_is_ipv6(ports->rtp_fd);
	stream_set_user(stream, leg);
	c.carried.leg = leg;
	post(w, &c);
	return BRIDGE_OK;
}

void worker_move_leg(struct worker *w, uint32_t leg_id, uint32_t room_id)
{
	post(w, &(struct command){ .kind = COMMAND_MOVE_LEG, .leg_id = leg_id, .room_id = room_id });
}

void worker_hand_over(struct worker *from, uint32_t leg_id, struct worker *to, uint32_t room_id)
{
	struct command c = { .kind = COMMAND_HAND_OVER, .leg_id = leg_id };
	struct expected *e;
	struct luggage *l;

	if (from == to) {
		worker_move_leg(from, leg_id, room_id);
		return;
	}
	e = calloc(1, sizeof(*e));
	l = calloc(1, sizeof(*l));
	if (!e || !l) { /* it stays where it is */
		free(e);
		free(l);
		return;
	}
	e->leg_id = l->leg_id = leg_id;
	e->next = to->expected;
	to->expected = e;
	l->room_id = room_id;
	l->to = to;
	c.carried.luggage = l;
	post(from, &c);
}

/* To the home worker, not to the leg: it does not wait for a leg that is under way there. */
static void post_claim(
	struct worker *w, enum command_kind kind, uint32_t leg_id, const struct worker_claim *claim)
{
	post_now(w, &(struct command){ .kind = kind, .leg_id = leg_id, .how.claim = *claim });
}

void worker_claim(struct worker *w, uint32_t leg_id, const struct worker_claim *claim)
{
	post_claim(w, COMMAND_CLAIM, leg_id, claim);
}

void worker_disclaim(struct worker *w, uint32_t leg_id, const struct worker_claim *claim)
{
	post_claim(w, COMMAND_DISCLAIM, leg_id, claim);
}

void worker_drop_leg(struct worker *w, uint32_t leg_id)
{
	post(w, &(struct command){ .kind = COMMAND_DROP_LEG, .leg_id = leg_id });
}

static void post_luggage(
	struct worker *w, struct command *c, struct kit *kit, struct resample *r, struct denoise *d)
{
	struct luggage *l = calloc(1, sizeof(*l));

	if (!l) {
		kit_free(kit);
		resample_free(r);
		denoise_free(d);
		return;
	}
	l->kit = kit;
	l->resample = r;
	l->denoise = d;
	c->carried.luggage = l;
	post(w, c);
}

void worker_refit(struct worker *w, uint32_t leg_id, struct kit *kit, uint64_t since_us)
{
	post_luggage(w,
		&(struct command){ .kind = COMMAND_REFIT, .leg_id = leg_id, .how.since_us = since_us }, kit,
		NULL, NULL);
}

void worker_equip(struct worker *w, uint32_t leg_id, enum rate_class to, struct resample *r)
{
	post_luggage(w, &(struct command){ .kind = COMMAND_EQUIP, .leg_id = leg_id, .how.rate = to }, NULL, r,
		NULL);
}

void worker_audio(struct worker *w, uint32_t leg_id, bool levelling, struct denoise *d)
{
	post_luggage(w, &(struct command){ .kind = COMMAND_AUDIO, .leg_id = leg_id, .how.on = levelling },
		NULL, NULL, d);
}

void worker_mute(struct worker *w, uint32_t leg_id, bool muted)
{
	post(w, &(struct command){ .kind = COMMAND_MUTE, .leg_id = leg_id, .how.on = muted });
}

void worker_deafen(struct worker *w, uint32_t leg_id, bool deaf)
{
	post(w, &(struct command){ .kind = COMMAND_DEAFEN, .leg_id = leg_id, .how.on = deaf });
}

void worker_gain(struct worker *w, uint32_t leg_id, int tx_db, int rx_db)
{
	post(w, &(struct command){ .kind = COMMAND_GAIN, .leg_id = leg_id, .how.gain = { tx_db, rx_db } });
}

void worker_watch(struct worker *w, uint32_t leg_id, uint64_t dead_us)
{
	post(w, &(struct command){ .kind = COMMAND_WATCH, .leg_id = leg_id, .how.dead_us = dead_us });
}

void worker_play(struct worker *w, uint32_t leg_id, const struct cue *const *list, size_t n, bool loop,
	uint32_t play_id)
{
	struct command c = { .kind = COMMAND_PLAY, .leg_id = leg_id };

	if (!put_list(&c, list, n))
		return;
	c.how.play.loop = loop;
	c.how.play.play_id = play_id;
	post(w, &c);
}

void worker_listen_for_beep(struct worker *w, uint32_t leg_id, bool on)
{
	post(w, &(struct command){ .kind = COMMAND_LISTEN_FOR_BEEP, .leg_id = leg_id, .how.on = on });
}

void worker_stop_cue(struct worker *w, uint32_t leg_id)
{
	post(w, &(struct command){ .kind = COMMAND_STOP_CUE, .leg_id = leg_id });
}

void worker_info_digit(struct worker *w, uint32_t leg_id, char digit)
{
	post(w, &(struct command){ .kind = COMMAND_INFO_DIGIT, .leg_id = leg_id, .how.key = { digit, 0 } });
}

void worker_press(struct worker *w, uint32_t leg_id, char digit, unsigned ms)
{
	post(w, &(struct command){ .kind = COMMAND_PRESS, .leg_id = leg_id, .how.key = { digit, ms } });
}

void worker_ask_stats(struct worker *w, uint32_t leg_id)
{
	post(w, &(struct command){ .kind = COMMAND_ASK_STATS, .leg_id = leg_id });
}
