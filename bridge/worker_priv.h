/* worker_priv.h - a worker from inside: shared by worker.c and worker_post.c (control thread),
 * worker_run.c and worker_apply.c (media thread).
 *
 * Thread: each field says who may touch it.
 */
#ifndef BRIDGE_WORKER_PRIV_H
#define BRIDGE_WORKER_PRIV_H

#include "bridge/margin.h"
#include "bridge/late.h"
#include "bridge/message.h"
#include "bridge/socket.h"
#include "mixer/ring.h"
#include <pthread.h>
#include <stdatomic.h>

enum {
	WORKER_SLOTS = 8,
	WORKER_SLOT_US = FRAME_US / WORKER_SLOTS,
	WORKER_COMMANDS = 1024,
	WORKER_NOTICES = 2048,
	WORKER_BUCKETS = 1024, /* of the tables by id; chains grow, nothing is moved */
	WORKER_ROUNDS = 4,     /* receive calls more per leg and visit: a flood takes its own sound only */
	WORKER_LATE_US = MARGIN_SLACK_US,
	WORKER_SPEAK_US =
		FRAME_US / 2 /* a part waits so long for the others' offers, from its slot's begin */
};

struct waiting; /* worker_post.c: a command that found the ring full, or whose leg is still under way */
struct waiting_list {
	struct waiting *first, *last; /* owned */
};
struct expected; /* worker_post.c: a leg that will arrive from another worker */

struct worker_slot {
	struct worker_room *rooms; /* borrowed; those with legs */
	struct worker_room isolated;
	unsigned n_legs, n_rooms;
};

struct worker_media { /* media thread only, once it runs */
	struct worker_slot slots[WORKER_SLOTS];
	struct worker_leg *legs[WORKER_BUCKETS];   /* owned */
	struct worker_room *rooms[WORKER_BUCKETS]; /* owned */
	uint32_t n_legs, n_rooms;
	struct worker_room *waiting;           /* borrowed; parts that have heard and not spoken yet */
	struct parcel *pending, *pending_last; /* found no place in the ring; owned */
	bool must_tell;   /* something was put into the ring since the control thread was woken */
	bool may_tell;    /* the same, of what can wait for others */
	uint64_t told_us; /* when it was woken last */
	struct socket_batch *batch, *shared_batch; /* owned */
	struct shared_port *shared;                /* borrowed: those that this worker reads */
	uint32_t n_claims;                         /* sources known at them */
	struct socket_clock clock;                 /* of this slot */
	struct media_out out;
	/* for the snapshot */
	struct late late;
	uint64_t ticks, late_ticks, kept_waiting_ticks, skipped_ticks, events_dropped, send_errors, encodes,
		encodes_shared, offers_missed, strangers;
	uint64_t published_us, published_cpu_us;
	uint32_t tick_us_max;
	struct margin margin;
};

struct worker {
	unsigned index, mixed_talkers;
	struct worker_handlers on;
	int wake_fd; /* control thread writes: there are commands for a worker that sleeps */
	int tell_fd; /* media thread writes: there is something to poll */
	int rtcp_fd; /* epoll over all RTCP sockets */
	struct ring *commands, *notices; /* owned */
	pthread_t thread;
	bool runs;

	/* control thread */
	struct waiting_list backlog;
	struct expected *expected; /* owned */

	/* both */
	atomic_bool stop, asleep;
	atomic_bool backlogged;     /* the control thread waits for room in `commands` */
	struct held_stack arrivals; /* other workers push: packets for legs of this one */
	struct {
		_Atomic uint64_t ticks, late_ticks, kept_waiting_ticks, skipped_ticks, events_dropped,
			send_errors, encodes, encodes_shared, offers_missed, strangers;
		_Atomic uint32_t tick_us_max, busy_permille, n_legs, n_rooms;
		_Atomic uint32_t used_permille, budget_p99_permille, budget_worst_permille;
	} load;

	struct worker_media media;
};

/* worker_post.c, control thread */
void worker_arrive(
	struct luggage *l); /* a leg is where it was sent; what was posted for it follows; frees l */
void worker_flush_backlog(struct worker *w);
void worker_forget_posts(struct worker *w); /* the worker has ended */

/* worker_run.c */
void *worker_main(void *arg); /* the thread; arg is the struct worker */

/* worker_idle.c, media thread: rooms in which nobody is heard */
void worker_note_idle(struct worker_room *room);                   /* after a tick: is it one? */
void worker_tick_idle(struct worker *w, struct worker_room *room); /* instead of a tick */
void worker_rouse(struct worker *w, struct worker_room *room); /* before anything in it is changed or asked */
/* All that waits for a leg is heard; its kit changes between what came before `since_us` and the rest.  The old one is in *kit. */
void worker_refit_between(struct worker *w, struct worker_leg *leg, struct kit **kit, uint64_t since_us);

/* worker_phase.c, media thread */
void worker_sit(struct worker *w, struct worker_room *room, unsigned slot); /* with all its legs */
void worker_stand(struct worker *w, struct worker_room *room);
bool worker_is_due(struct worker_room *room); /* once for each visit of its slot */
void worker_follow_phases(
	struct worker *w, unsigned slot); /* after it was run: rooms may move to a neighbour */

/* worker_shared.c, media thread: ports that many legs share */
void worker_read_shared(struct worker *w); /* what came, into the legs' inboxes */
void worker_hear_held(
	struct worker *w, struct worker_leg *leg, struct held *h); /* one packet, which is given back */
void worker_hear_inbox(struct worker *w, struct worker_leg *leg);  /* its room is not idle */
void worker_empty_inbox(struct worker *w, struct worker_leg *leg); /* unheard: it leaves */
bool worker_send_shared(struct worker *w, const struct worker_leg *leg, const struct net_addr *to,
	const uint8_t *p, size_t len); /* false: no, send it yourself */
void worker_flush_shared(struct worker *w);
void worker_apply_claim(struct worker *w, uint32_t leg_id, const struct worker_claim *claim);
void worker_apply_disclaim(struct worker *w, uint32_t leg_id, const struct worker_claim *claim);

/* worker_apply.c, media thread */
struct worker_leg *worker_leg(const struct worker *w, uint32_t leg_id); /* NULL: not here */
void worker_take_commands(struct worker *w);
void worker_flush_pending(struct worker *w);
#endif
