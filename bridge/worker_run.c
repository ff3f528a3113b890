/* worker_run.c - the media thread itself: its clock, its slots, its sockets. */
#include "bridge/worker_priv.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum {
	TELL_US = 20000,  /* talk bursts wake the control thread so often at most */
	REPORTS_MAX = 64, /* RTCP sockets looked at per slot */
	PUBLISH_US = 1000000,
	LOOK_US = 500, /* while a part waits for the others' offers, it looks so often */
	RETRY_MS = 20  /* a sleeper with parcels that found no place looks again */
};

/* ---- what the mixer hands out ---- */

static void on_send(void *arg, void *user, bool rtcp, const struct net_addr *to, const uint8_t *p, size_t len)
{
	struct worker *w = arg;
	const struct worker_leg *leg = user;
	int fd = rtcp && leg->ports.rtcp_fd >= 0 ? leg->ports.rtcp_fd : leg->ports.rtp_fd;

	if (!rtcp && worker_send_shared(w, leg, to, p, len))
		return;
	if (!socket_send(fd, leg->ipv6, to, p, len))
		w->media.send_errors++;
}

/* A talk burst more or less is nobody's misfortune; the last quarter of the ring is for the rest. */
static void on_event(void *arg, void *user, const struct media_event *event)
{
	struct worker *w = arg;
	const struct worker_leg *leg = user;
	const struct notice notice = { .kind = NOTICE_MEDIA, .leg_id = leg->leg_id, .what.media = *event };

	if ((event->kind == MEDIA_TALK && ring_room(w->notices) < WORKER_NOTICES / 4) ||
		ring_put(w->notices, &notice) != MIX_OK) {
		w->media.events_dropped++;
		return;
	}
	if (event->kind == MEDIA_TALK)
		w->media.may_tell = true;
	else
		w->media.must_tell = true;
}

/* ---- one slot ---- */

static void receive(void *arg, struct stream *s)
{
	struct worker *w = arg;
	struct worker_leg *leg = stream_user(s);
	const struct datagram *d;
	unsigned n, rounds = 0;

	if (leg->ports.shared) {
		worker_hear_inbox(w, leg);
		return;
	}
	d = socket_receive_one(w->media.batch, leg->ports.rtp_fd, &w->media.clock);
	n = d ? 1 : 0;

	for (;;) {
		for (unsigned i = 0; i < n; i++)
			stream_rx_rtp(s, d[i].p, d[i].len, &d[i].from, d[i].arrival_us, &w->media.out);
		if (!socket_batch_was_full(w->media.batch) || rounds++ == WORKER_ROUNDS)
			return;
		d = socket_receive(w->media.batch, leg->ports.rtp_fd, &w->media.clock, &n);
	}
}

static void receive_reports(struct worker *w)
{
	struct epoll_event ready[REPORTS_MAX];
	int n_ready = epoll_wait(w->rtcp_fd, ready, REPORTS_MAX, 0);

	for (int i = 0; i < n_ready; i++) {
		const struct worker_leg *leg = ready[i].data.ptr;
		unsigned n;
		const struct datagram *d =
			socket_receive(w->media.batch, leg->ports.rtcp_fd, &w->media.clock, &n);

		for (unsigned k = 0; k < n; k++)
			stream_rx_rtcp(
				leg->stream, d[k].p, d[k].len, &d[k].from, d[k].arrival_us, &w->media.out);
	}
}

static uint64_t clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static void note_length(struct worker_media *m)
{
	uint64_t took_us = clock_us(CLOCK_MONOTONIC) - m->clock.now_us;

	if (took_us > m->tick_us_max)
		m->tick_us_max = (uint32_t)took_us;
}

/* A part's first step; the second follows in speak_when_ready(), below. */
static void hear_part(struct worker *w, struct worker_room *room, uint64_t begins_us, uint64_t plays_us)
{
	struct worker_media *m = &w->media;

	room_hear(room->room, begins_us / FRAME_US, plays_us, &m->out);
	room->speak_by_us = begins_us + WORKER_SPEAK_US;
	room->next_waiting = m->waiting;
	m->waiting = room;
}

/* `begins_us`: when it should have begun. */
static void run_slot(struct worker *w, struct worker_slot *slot, uint64_t begins_us)
{
	struct worker_media *m = &w->media;
	const uint64_t plays_us = late_plays_at(begins_us, m->clock.now_us);
	const uint64_t ntp = m->clock.ntp - ((m->clock.now_us - plays_us) << 32) / 1000000;

	receive_reports(w);
	worker_read_shared(w);
	for (struct worker_room *room = slot->rooms; room; room = room->next_in_slot) {
		if (!worker_is_due(room))
			continue;
		if (room->idle) {
			worker_tick_idle(w, room);
			continue;
		}
		room_each(room->room, receive, w);
		if (room_is_spread(room->room))
			hear_part(w, room, begins_us, plays_us);
		else
			room_tick(room->room, plays_us, ntp, &m->out);
		worker_note_idle(room);
	}
	worker_flush_shared(w);
	m->ticks++;
	note_length(m);
}

static enum late_why count_late(struct worker_media *m, uint64_t deadline_us)
{
	enum late_why why = late_tick(
		&m->late, deadline_us, m->clock.now_us, clock_us(CLOCK_THREAD_CPUTIME_ID), WORKER_LATE_US);

	m->late_ticks += why != LATE_NOT;
	m->kept_waiting_ticks += why == LATE_KEPT_WAITING;
	return why;
}

static void skip_frames(struct worker *w, unsigned frames)
{
	w->media.skipped_ticks += frames;
	for (unsigned i = 0; i < WORKER_SLOTS; i++)
		for (struct worker_room *room = w->media.slots[i].rooms; room; room = room->next_in_slot)
			room_skip(room->room, frames);
}

/* ---- the snapshot ---- */

static void count_room(const struct worker_room *room, struct room_stats *sum)
{
	struct room_stats stats;

	room_stats(room->room, &stats);
	sum->encodes += stats.encodes;
	sum->encodes_shared += stats.encodes_shared;
	sum->offers_missed += stats.offers_missed;
}

static void publish(struct worker *w, uint64_t now_us)
{
	struct worker_media *m = &w->media;
	struct room_stats rooms = {
		.encodes = m->encodes, .encodes_shared = m->encodes_shared, .offers_missed = m->offers_missed
	};
	uint64_t cpu_us, wall_us = now_us - m->published_us;

	cpu_us = clock_us(CLOCK_THREAD_CPUTIME_ID);
	for (unsigned i = 0; i < WORKER_SLOTS; i++)
		count_room(&m->slots[i].isolated, &rooms);
	for (unsigned i = 0; i < WORKER_BUCKETS; i++)
		for (const struct worker_room *room = m->rooms[i]; room; room = room->next_by_id)
			count_room(room, &rooms);
	atomic_store_explicit(&w->load.ticks, m->ticks, memory_order_relaxed);
	atomic_store_explicit(&w->load.late_ticks, m->late_ticks, memory_order_relaxed);
	atomic_store_explicit(&w->load.kept_waiting_ticks, m->kept_waiting_ticks, memory_order_relaxed);
	atomic_store_explicit(&w->load.skipped_ticks, m->skipped_ticks, memory_order_relaxed);
	atomic_store_explicit(&w->load.events_dropped, m->events_dropped, memory_order_relaxed);
	atomic_store_explicit(
		&w->load.send_errors, m->send_errors + socket_errors(m->batch), memory_order_relaxed);
	atomic_store_explicit(&w->load.encodes, rooms.encodes, memory_order_relaxed);
	atomic_store_explicit(&w->load.encodes_shared, rooms.encodes_shared, memory_order_relaxed);
	atomic_store_explicit(&w->load.offers_missed, rooms.offers_missed, memory_order_relaxed);
	atomic_store_explicit(&w->load.strangers, m->strangers, memory_order_relaxed);
	atomic_store_explicit(&w->load.n_legs, m->n_legs, memory_order_relaxed);
	atomic_store_explicit(&w->load.n_rooms, m->n_rooms, memory_order_relaxed);
	atomic_store_explicit(&w->load.tick_us_max, m->tick_us_max, memory_order_relaxed);
	if (wall_us > 0)
		atomic_store_explicit(&w->load.busy_permille,
			(uint32_t)((cpu_us - m->published_cpu_us) * 1000 / wall_us), memory_order_relaxed);
	m->published_us = now_us;
	m->published_cpu_us = cpu_us;
	m->tick_us_max = 0;
}

static void publish_margin(struct worker *w)
{
	struct margin_reading r;

	margin_read(&w->media.margin, &r);
	atomic_store_explicit(&w->load.used_permille, r.used_permille, memory_order_relaxed);
	atomic_store_explicit(&w->load.budget_p99_permille, r.p99_permille, memory_order_relaxed);
	atomic_store_explicit(&w->load.budget_worst_permille, r.worst_permille, memory_order_relaxed);
}

/* ---- the thread ---- */

static void tell_control(struct worker *w)
{
	const uint64_t one = 1;

	worker_flush_pending(w);
	if (w->media.may_tell && w->media.clock.now_us - w->media.told_us >= TELL_US)
		w->media.must_tell = true;
	if (!w->media.must_tell)
		return;
	w->media.must_tell = w->media.may_tell = false;
	w->media.told_us = w->media.clock.now_us;
	(void)!write(w->tell_fd, &one, sizeof(one));
}

static void sleep_until(uint64_t us)
{
	const struct timespec until = { .tv_sec = (time_t)(us / 1000000),
		.tv_nsec = (long)(us % 1000000) * 1000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

/* The next moment at which a slot begins, in all workers. */
static uint64_t next_slot_us(uint64_t now_us)
{
	return (now_us + WORKER_SLOT_US - 1) / WORKER_SLOT_US * WORKER_SLOT_US;
}

static struct worker_slot *slot_at(struct worker_media *m, uint64_t us)
{
	return &m->slots[us / WORKER_SLOT_US % WORKER_SLOTS];
}

/* The same, of a slot in use. */
static uint64_t next_used_us(struct worker_media *m, uint64_t us)
{
	while (m->n_legs > 0 && slot_at(m, us)->n_legs == 0)
		us += WORKER_SLOT_US;
	return us;
}

/* Work that was due at `deadline_us` is done: how much of the time up to the next did it take? */
static void measure(struct worker *w, uint64_t deadline_us, uint64_t next_us)
{
	const uint64_t ended_us = clock_us(CLOCK_MONOTONIC);

	if (margin_slot(&w->media.margin, deadline_us, w->media.clock.now_us, ended_us, next_us))
		publish_margin(w);
}

/* Parts that have all offers, or have waited long enough for them, before the slot at `next_us`. */
static void speak_when_ready(struct worker *w, uint64_t next_us)
{
	struct worker_media *m = &w->media;
	struct worker_room **at = &m->waiting;
	bool spoke = false;

	socket_clock_read(&m->clock);
	while (*at) {
		struct worker_room *room = *at;

		if (!room_is_ready(room->room) && m->clock.now_us < room->speak_by_us) {
			at = &room->next_waiting;
			continue;
		}
		*at = room->next_waiting;
		room_speak(room->room, m->clock.now_us, m->clock.ntp, &m->out);
		spoke = true;
	}
	if (!spoke)
		return;
	worker_flush_shared(w);
	note_length(m);
	measure(w, m->clock.now_us, next_us > m->clock.now_us ? next_us : m->clock.now_us);
}

/* Until then; parts speak in the meantime. */
static void wait_until(struct worker *w, uint64_t us)
{
	struct worker_media *m = &w->media;

	while (m->waiting) {
		speak_when_ready(w, us);
		tell_control(w);
		if (!m->waiting)
			break;
		if (m->clock.now_us >= us)
			return;
		sleep_until(us - m->clock.now_us < LOOK_US ? us : m->clock.now_us + LOOK_US);
	}
	sleep_until(us);
}

/* Nobody is here: until there are commands.  Either we see what was posted before the exchange, or the
 * poster sees that we sleep and wakes us. */
static void sleep_without_legs(struct worker *w)
{
	struct pollfd woken = { .fd = w->wake_fd, .events = POLLIN };
	uint64_t count;

	publish(w, w->media.clock.now_us);
	margin_begin(&w->media.margin, w->media.clock.now_us);
	publish_margin(w);
	atomic_store_explicit(&w->load.busy_permille, 0, memory_order_relaxed);
	(void)atomic_exchange(&w->asleep, true);
	if (ring_empty(w->commands) && !atomic_load(&w->stop))
		(void)poll(&woken, 1, w->media.pending ? RETRY_MS : -1);
	atomic_store(&w->asleep, false);
	(void)!read(w->wake_fd, &count, sizeof(count));
	socket_clock_read(&w->media.clock);
	w->media.published_us = w->media.clock.now_us; /* sleep is no idle share of a busy second */
	margin_begin(&w->media.margin, w->media.clock.now_us);
}

void *worker_main(void *arg)
{
	struct worker *w = arg;
	struct worker_media *m = &w->media;
	uint64_t next_us;
	bool makes_good = false; /* frames of a moment ago */

	m->out = (struct media_out){ .send = on_send, .event = on_event, .arg = w };
	socket_clock_read(&m->clock);
	m->published_us = m->clock.now_us;
	next_us = next_slot_us(m->clock.now_us);
	late_begin(&m->late, next_us, clock_us(CLOCK_THREAD_CPUTIME_ID));
	margin_begin(&m->margin, m->clock.now_us);
	while (!atomic_load(&w->stop)) {
		uint64_t deadline_us, late_us;
		unsigned given_up;
		bool was_behind = makes_good;

		if (m->n_legs == 0 && m->n_claims == 0) {
			worker_take_commands(w);
			tell_control(w);
			if (m->n_legs == 0 && m->n_claims == 0)
				sleep_without_legs(w);
			next_us = next_slot_us(m->clock.now_us);
			late_begin(&m->late, next_us, clock_us(CLOCK_THREAD_CPUTIME_ID));
			continue;
		}
		next_us = deadline_us = next_used_us(m, next_us);
		wait_until(w, deadline_us);
		socket_clock_read(&m->clock);
		late_us = m->clock.now_us - next_us;
		given_up = late_skips(count_late(m, next_us), late_us);
		if (given_up > 0) {
			skip_frames(w, given_up);
			next_us += (uint64_t)given_up * FRAME_US;
		}
		worker_take_commands(w);
		run_slot(w, slot_at(m, next_us), next_us);
		worker_follow_phases(w, (unsigned)(next_us / WORKER_SLOT_US % WORKER_SLOTS));
		tell_control(w);
		makes_good = late_us >= FRAME_US;
		if (makes_good && was_behind) /* the stall has been counted: of the rest, what it takes */
			measure(w, m->clock.now_us, m->clock.now_us + WORKER_SLOT_US);
		else
			measure(w, deadline_us, next_used_us(m, deadline_us + WORKER_SLOT_US));
		if (m->clock.now_us - m->published_us >= PUBLISH_US)
			publish(w, m->clock.now_us);
		next_us += WORKER_SLOT_US;
	}
	return NULL;
}
