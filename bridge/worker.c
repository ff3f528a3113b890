/* worker.c - a worker as the control thread sees it: commands in, notices out, memory freed here alone. */
#include "bridge/worker_priv.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { FIFO_PRIORITY = 10 };

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
	char name[16];

	if (pthread_create(&w->thread, NULL, worker_main, w) != 0)
		return BRIDGE_NOMEM;
	w->runs = true;
	snprintf(name, sizeof(name), "media-%u", w->index);
	(void)pthread_setname_np(w->thread, name);
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
	w->media.batch = socket_batch_new(SOCKET_BATCH);
	w->media.shared_batch = socket_batch_new(SOCKET_BATCH_SHARED);
	if (!w->media.batch || !w->media.shared_batch ||
		ring_alloc(&w->commands, WORKER_COMMANDS, sizeof(struct command)) != MIX_OK ||
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

/* After the thread has ended everything is the control thread's. */
static void free_tables(struct worker *w)
{
	struct worker_media *m = &w->media;

	for (unsigned i = 0; i < WORKER_BUCKETS; i++)
		for (struct worker_leg *leg = m->legs[i], *next; leg; leg = next) {
			next = leg->next_by_id;
			room_remove(leg->room->room, leg->stream);
			message_close_leg(leg);
		}
	for (unsigned i = 0; i < WORKER_BUCKETS; i++)
		for (struct worker_room *room = m->rooms[i], *next; room; room = next) {
			next = room->next_by_id;
			message_free_room(room);
		}
	for (unsigned i = 0; i < WORKER_SLOTS; i++)
		room_free(m->slots[i].isolated.room);
	for (struct parcel *parcel = m->pending, *next; parcel; parcel = next) {
		next = parcel->next;
		message_free_parcel(parcel);
	}
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void worker_stop(struct worker *w)
{
	const uint64_t one = 1;

	if (!w->runs)
		return;
	atomic_store(&w->stop, true);
	(void)!write(w->wake_fd, &one, sizeof(one));
	pthread_join(w->thread, NULL);
	w->runs = false;
}

unsigned worker_index(const struct worker *w)
{
	return w->index;
}

struct worker *worker_close(struct worker *w)
{
	struct command command;
	struct notice notice;

	if (!w)
		return NULL;
	worker_stop(w);
	while (w->notices && ring_take(w->notices, &notice) == MIX_OK)
		if (notice.kind == NOTICE_PARCEL)
			message_free_parcel(notice.what.parcel);
	while (w->commands && ring_take(w->commands, &command) == MIX_OK)
		message_free_carried(&command);
	worker_forget_posts(w);
	free_tables(w);
	socket_batch_free(w->media.batch);
	socket_batch_free(w->media.shared_batch);
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

static void leg_is_out(struct worker *w, struct worker_leg *leg)
{
	const uint32_t leg_id = leg->leg_id;
	struct port_pair ports = leg->ports;
	struct stream_stats last;

	stream_stats(leg->stream, &last, 0);
	message_free_leg(leg);
	w->on.on_gone(w->on.arg, leg_id, &last, &ports);
}

static void open_parcel(struct worker *w, struct parcel *parcel)
{
	switch (parcel->kind) {
	case PARCEL_LEG_GONE: leg_is_out(w, (struct worker_leg *)parcel); break;
	case PARCEL_LEG_MOVED: worker_arrive((struct luggage *)parcel); break;
	case PARCEL_LUGGAGE:
	case PARCEL_ROOM: message_free_parcel(parcel); break;
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
	worker_flush_backlog(w);
}

void worker_load(const struct worker *w, struct worker_load *out)
{
	*out = (struct worker_load){
		.ticks = atomic_load_explicit(&w->load.ticks, memory_order_relaxed),
		.late_ticks = atomic_load_explicit(&w->load.late_ticks, memory_order_relaxed),
		.kept_waiting_ticks = atomic_load_explicit(&w->load.kept_waiting_ticks, memory_order_relaxed),
		.skipped_ticks = atomic_load_explicit(&w->load.skipped_ticks, memory_order_relaxed),
		.tick_us_max = atomic_load_explicit(&w->load.tick_us_max, memory_order_relaxed),
		.busy_permille = atomic_load_explicit(&w->load.busy_permille, memory_order_relaxed),
		.margin = { .used_permille =
				    atomic_load_explicit(&w->load.used_permille, memory_order_relaxed),
			.p99_permille =
				atomic_load_explicit(&w->load.budget_p99_permille, memory_order_relaxed),
			.worst_permille =
				atomic_load_explicit(&w->load.budget_worst_permille, memory_order_relaxed) },
		.n_legs = atomic_load_explicit(&w->load.n_legs, memory_order_relaxed),
		.n_rooms = atomic_load_explicit(&w->load.n_rooms, memory_order_relaxed),
		.events_dropped = atomic_load_explicit(&w->load.events_dropped, memory_order_relaxed),
		.encodes = atomic_load_explicit(&w->load.encodes, memory_order_relaxed),
		.encodes_shared = atomic_load_explicit(&w->load.encodes_shared, memory_order_relaxed),
		.offers_missed = atomic_load_explicit(&w->load.offers_missed, memory_order_relaxed),
		.strangers = atomic_load_explicit(&w->load.strangers, memory_order_relaxed),
		.socket_errors = atomic_load_explicit(&w->load.send_errors, memory_order_relaxed),
	};
}
