/* worker.c - a worker as the control thread sees it: commands in, notices out, memory freed here alone. */
#include "bridge/worker_priv.h"

#include <assert.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { FIFO_PRIORITY = 10 };

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

/* ---- memory that travels ---- */

static void free_leg(struct worker_leg *leg)
{
	stream_free(leg->stream);
	free(leg);
}

static void close_leg(struct worker_leg *leg)
{
	if (leg->ports.rtp_fd >= 0)
		close(leg->ports.rtp_fd);
	if (leg->ports.rtcp_fd >= 0)
		close(leg->ports.rtcp_fd);
	free_leg(leg);
}

static void free_room(struct worker_room *room)
{
	room_free(room->room);
	free(room);
}

/* With a leg in it only when nobody is left to take it. */
static void free_luggage(struct luggage *l)
{
	kit_free(l->kit);
	resample_free(l->resample);
	if (l->leg)
		close_leg(l->leg);
	free(l);
}

static void free_carried(const struct command *c)
{
	switch (c->kind) {
	case COMMAND_ADD_ROOM: free_room(c->carried.room); break;
	case COMMAND_ADD_LEG: close_leg(c->carried.leg); break;
	case COMMAND_REFIT:
	case COMMAND_EQUIP:
	case COMMAND_HAND_OVER: free_luggage(c->carried.luggage); break;
	default: break;
	}
}

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
		free_carried(&one->command);
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
		free_carried(c);
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

/* ---- open and close ---- */

static enum bridge_err make_isolated_rooms(struct worker *w)
{
	const struct room_config config = { .mixed_talkers = w->mixed_talkers, .isolated = true };

	for (unsigned i = 0; i < WORKER_SLOTS; i++) {
		w->media.slots[i].isolated.slot = i;
		if (room_alloc(&w->media.slots[i].isolated.room, &config) != MIX_OK)
			return BRIDGE_NOMEM;
	}
	return BRIDGE_OK;
}

static enum bridge_err open_descriptors(struct worker *w)
{
	w->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	w->tell_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	w->rtcp_fd = epoll_create1(EPOLL_CLOEXEC);
	return w->wake_fd < 0 || w->tell_fd < 0 || w->rtcp_fd < 0 ? BRIDGE_FILE : BRIDGE_OK;
}

/* Real-time when the system permits it, else like everybody. */
static enum bridge_err start_thread(struct worker *w)
{
	const struct sched_param fifo = { .sched_priority = FIFO_PRIORITY };

	if (pthread_create(&w->thread, NULL, worker_main, w) != 0)
		return BRIDGE_NOMEM;
	w->runs = true;
	(void)pthread_setschedparam(w->thread, SCHED_FIFO, &fifo);
	return BRIDGE_OK;
}

enum bridge_err worker_open(
	struct worker **out, unsigned index, unsigned mixed_talkers, const struct worker_handlers *on)
{
	enum bridge_err err = BRIDGE_RANGE;
	struct worker *w;

	if (mixed_talkers < 1 || mixed_talkers > ROOM_TALKERS_MAX)
		return BRIDGE_RANGE;
	w = calloc(1, sizeof(*w));
	if (!w)
		return BRIDGE_NOMEM;
	w->index = index;
	w->mixed_talkers = mixed_talkers;
	w->on = *on;
	w->wake_fd = w->tell_fd = w->rtcp_fd = -1;
	err = BRIDGE_NOMEM;
	w->media.batch = socket_batch_new();
	if (!w->media.batch || ring_alloc(&w->commands, WORKER_COMMANDS, sizeof(struct command)) != MIX_OK ||
		ring_alloc(&w->notices, WORKER_NOTICES, sizeof(struct notice)) != MIX_OK)
		goto fail;
	err = make_isolated_rooms(w);
	if (!err)
		err = open_descriptors(w);
	if (!err)
		err = start_thread(w);
	if (err)
		goto fail;
	*out = w;
	return BRIDGE_OK;
fail:
	worker_close(w);
	return err;
}

static void free_parcel(struct parcel *parcel)
{
	switch (parcel->kind) {
	case PARCEL_LEG_GONE: close_leg((struct worker_leg *)parcel); break;
	case PARCEL_LEG_MOVED:
	case PARCEL_LUGGAGE: free_luggage((struct luggage *)parcel); break;
	case PARCEL_ROOM: free_room((struct worker_room *)parcel); break;
	}
}

/* After the thread has ended everything is the control thread's. */
static void free_tables(struct worker *w)
{
	struct worker_media *m = &w->media;

	for (unsigned i = 0; i < WORKER_BUCKETS; i++)
		for (struct worker_leg *leg = m->legs[i], *next; leg; leg = next) {
			next = leg->next_by_id;
			room_remove(leg->room->room, leg->stream);
			close_leg(leg);
		}
	for (unsigned i = 0; i < WORKER_BUCKETS; i++)
		for (struct worker_room *room = m->rooms[i], *next; room; room = next) {
			next = room->next_by_id;
			free_room(room);
		}
	for (unsigned i = 0; i < WORKER_SLOTS; i++)
		room_free(m->slots[i].isolated.room);
	for (struct parcel *parcel = m->pending, *next; parcel; parcel = next) {
		next = parcel->next;
		free_parcel(parcel);
	}
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

struct worker *worker_close(struct worker *w)
{
	struct command command;
	struct notice notice;

	if (!w)
		return NULL;
	if (w->runs) {
		const uint64_t one = 1;

		atomic_store(&w->stop, true);
		(void)!write(w->wake_fd, &one, sizeof(one));
		pthread_join(w->thread, NULL);
	}
	while (w->notices && ring_take(w->notices, &notice) == MIX_OK)
		if (notice.kind == NOTICE_PARCEL)
			free_parcel(notice.what.parcel);
	while (w->commands && ring_take(w->commands, &command) == MIX_OK)
		free_carried(&command);
	waiting_clear(&w->backlog);
	while (w->expected) {
		struct expected *e = w->expected;

		w->expected = e->next;
		waiting_clear(&e->commands);
		free(e);
	}
	free_tables(w);
	socket_batch_free(w->media.batch);
	ring_free(w->commands);
	ring_free(w->notices);
	close_fd(w->rtcp_fd);
	close_fd(w->tell_fd);
	close_fd(w->wake_fd);
	free(w);
	return NULL;
}

/* ---- notices ---- */

int worker_fd(const struct worker *w)
{
	return w->tell_fd;
}

/* The leg arrives where it was sent; what was posted for it in the meantime follows. */
static void arrive(struct luggage *l)
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
	free_luggage(l);
}

static void leg_is_out(struct worker *w, struct worker_leg *leg)
{
	const uint32_t leg_id = leg->leg_id;
	const struct stream_stats last = leg->last;
	struct port_pair ports = leg->ports;

	free_leg(leg);
	w->on.on_gone(w->on.arg, leg_id, &last, &ports);
}

static void open_parcel(struct worker *w, struct parcel *parcel)
{
	switch (parcel->kind) {
	case PARCEL_LEG_GONE: leg_is_out(w, (struct worker_leg *)parcel); break;
	case PARCEL_LEG_MOVED: arrive((struct luggage *)parcel); break;
	case PARCEL_LUGGAGE:
	case PARCEL_ROOM: free_parcel(parcel); break;
	}
}

void worker_poll(struct worker *w)
{
	struct notice notice;
	uint64_t count;

	(void)!read(w->tell_fd, &count, sizeof(count));
	while (ring_take(w->notices, &notice) == MIX_OK) {
		switch (notice.kind) {
		case NOTICE_MEDIA: w->on.on_media(w->on.arg, notice.leg_id, &notice.what.media); break;
		case NOTICE_STATS: w->on.on_stats(w->on.arg, notice.leg_id, &notice.what.stats); break;
		case NOTICE_PARCEL: open_parcel(w, notice.what.parcel); break;
		}
	}
	if (w->backlog.first) {
		flush_backlog(w);
		wake(w);
	}
}

void worker_load(const struct worker *w, struct worker_load *out)
{
	*out = (struct worker_load){
		.ticks = atomic_load_explicit(&w->load.ticks, memory_order_relaxed),
		.late_ticks = atomic_load_explicit(&w->load.late_ticks, memory_order_relaxed),
		.skipped_ticks = atomic_load_explicit(&w->load.skipped_ticks, memory_order_relaxed),
		.tick_us_max = atomic_load_explicit(&w->load.tick_us_max, memory_order_relaxed),
		.busy_permille = atomic_load_explicit(&w->load.busy_permille, memory_order_relaxed),
		.n_legs = atomic_load_explicit(&w->load.n_legs, memory_order_relaxed),
		.n_rooms = atomic_load_explicit(&w->load.n_rooms, memory_order_relaxed),
		.events_dropped = atomic_load_explicit(&w->load.events_dropped, memory_order_relaxed),
		.encodes = atomic_load_explicit(&w->load.encodes, memory_order_relaxed),
		.encodes_shared = atomic_load_explicit(&w->load.encodes_shared, memory_order_relaxed),
		.socket_errors = atomic_load_explicit(&w->load.send_errors, memory_order_relaxed),
	};
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

void worker_drop_leg(struct worker *w, uint32_t leg_id)
{
	post(w, &(struct command){ .kind = COMMAND_DROP_LEG, .leg_id = leg_id });
}

static void post_luggage(struct worker *w, struct command *c, struct kit *kit, struct resample *r)
{
	struct luggage *l = calloc(1, sizeof(*l));

	if (!l) {
		kit_free(kit);
		resample_free(r);
		return;
	}
	l->kit = kit;
	l->resample = r;
	c->carried.luggage = l;
	post(w, c);
}

void worker_refit(struct worker *w, uint32_t leg_id, struct kit *kit)
{
	post_luggage(w, &(struct command){ .kind = COMMAND_REFIT, .leg_id = leg_id }, kit, NULL);
}

void worker_equip(struct worker *w, uint32_t leg_id, enum rate_class to, struct resample *r)
{
	post_luggage(
		w, &(struct command){ .kind = COMMAND_EQUIP, .leg_id = leg_id, .how.rate = to }, NULL, r);
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
