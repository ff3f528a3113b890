/* worker.h - a media thread: its clock, its rooms and legs, its sockets; seen from the control thread.
 *
 *      control thread                    bounded rings                  media thread
 *      worker_add_leg() ...   -- commands, memory carried in -->   tick: receive, mix, send
 *      worker_poll()          <-- events, memory carried back --   never allocates, frees, locks
 *
 * How: the functions below post one command each; it takes effect at the next tick.  A
 * ring that is full makes them wait in a backlog on this side, in order, never lost.  What the
 * worker no longer needs (kits, streams, rooms) comes back and is freed in worker_poll().
 * Rooms are spread over the 20 ms in slots, which begin at the same moments in all workers, and move to the one in which
 * their talkers' packets wait least (phase.h).  The parts of a room larger than a core stay in the same slot of each
 * worker: they hear, and speak when all parts have offered what they heard, or after WORKER_SPEAK_US at the
 * latest; meanwhile other rooms go on.  The tick keeps an absolute deadline; one
 * that is over 5 ms late is counted, one late by whole frames makes them good, or skips and counts them: see late.h.  The worker takes the
 * stream's `user` for itself (stream_set_user()).  Handlers may post, but not close.
 * Without legs the thread sleeps on its eventfd and costs nothing.
 *
 * Thread: everything here: control.  Legs and rooms are named by ids, never reused within a day.
 */
#ifndef BRIDGE_WORKER_H
#define BRIDGE_WORKER_H

#include "bridge/err.h"
#include "bridge/margin.h"
#include "bridge/ports.h"
#include "mixer/room.h"

enum { ROOM_ISOLATED = 0 }; /* the room_id of no room: the leg hears its cues only */

struct worker_load {                 /* a snapshot, updated by the worker about once a second */
	uint64_t kept_waiting_ticks; /* of the late ones, those that our own work did not delay: see late.h */
	uint64_t ticks, late_ticks, skipped_ticks; /* late: began over 5 ms behind its deadline */
	uint32_t tick_us_max;                      /* longest slot since the last snapshot */
	uint32_t busy_permille;                    /* thread CPU time over wall time */
	struct margin_reading margin;              /* of its slots; updated four times a second */
	uint32_t n_legs, n_rooms;
	uint64_t events_dropped;
	uint64_t encodes, encodes_shared;
	uint64_t offers_missed; /* of other parts of a room, left out of a tick because they came too late */
	uint64_t socket_errors; /* sends refused by the kernel and errors read */
	uint64_t strangers;     /* packets at shared ports that are no leg's */
};

struct worker_handlers { /* called inside worker_poll() */
	void (*on_media)(void *arg, uint32_t leg_id, const struct media_event *event);
	void (*on_stats)(void *arg, uint32_t leg_id,
		const struct stream_stats *stats); /* answer to worker_ask_stats() */
	/* The leg is out; its stream has been freed; sockets are the caller's again. */
	void (*on_gone)(void *arg, uint32_t leg_id, const struct stream_stats *last, struct port_pair *ports);
	void *arg;
};

struct worker;
enum bridge_err worker_open(
	struct worker **out, unsigned index, unsigned mixed_talkers, const struct worker_handlers *on);
void worker_stop(
	struct worker *w); /* ends the thread: before any is closed, since workers write to one another */
struct worker *worker_close(struct worker *w); /* stops it, frees all that is left */
unsigned worker_index(const struct worker *w);
int worker_fd(const struct worker *w); /* readable when worker_poll() has work */
void worker_poll(struct worker *w);
void worker_load(const struct worker *w, struct worker_load *out);

enum bridge_err worker_add_room(struct worker *w, uint32_t room_id);
void worker_drop_room(struct worker *w, uint32_t room_id); /* its legs have left or been moved before */
/* That room becomes part `part` of a larger one, of which each worker has one at most; it shares in the exchange.
 * BRIDGE_NOMEM: it stays what it is. */
enum bridge_err worker_spread_room(struct worker *w, uint32_t room_id, struct exchange *x, unsigned part);
/* A cue for all in the room, in this part of it; cues are immortal (bridge/prompts). */
void worker_room_play(struct worker *w, uint32_t room_id, const struct cue *const *list, size_t n);

/* Takes the stream and the sockets over; on error they stay the caller's. */
enum bridge_err worker_add_leg(struct worker *w, uint32_t leg_id, uint32_t room_id, struct stream *stream,
	const struct port_pair *ports);
void worker_move_leg(struct worker *w, uint32_t leg_id, uint32_t room_id);
/* Moves a leg to a room of another worker (its stream and sockets travel by way of the control thread; some
 * 20 ms of silence).  Commands for it may be posted to `to` at once: they wait on this side, in
 * order, until the leg has arrived there. */
void worker_hand_over(struct worker *from, uint32_t leg_id, struct worker *to, uint32_t room_id);
/* What comes to a port that the worker reads from that address is for this leg, which sits `at` a worker (bridge/shared). */
struct worker_claim {
	struct shared_port *port;
	struct worker *at;
	struct net_addr rtp;
	uint16_t rtcp_port; /* on the same host */
};
void worker_claim(struct worker *w, uint32_t leg_id, const struct worker_claim *claim);
void worker_disclaim(struct worker *w, uint32_t leg_id, const struct worker_claim *claim);
void worker_drop_leg(struct worker *w, uint32_t leg_id); /* RTCP BYE, then on_gone() */
/* Takes kit.  What came before `since_us`, though the worker has not read it yet, is heard as it was agreed on before. */
void worker_refit(struct worker *w, uint32_t leg_id, struct kit *kit, uint64_t since_us);
void worker_equip(struct worker *w, uint32_t leg_id, enum rate_class to, struct resample *r); /* takes r */
/* Takes d, which may be NULL: no noise suppression. */
void worker_audio(struct worker *w, uint32_t leg_id, bool levelling, struct denoise *d);
void worker_mute(struct worker *w, uint32_t leg_id, bool muted);
void worker_deafen(struct worker *w, uint32_t leg_id, bool deaf);
void worker_gain(struct worker *w, uint32_t leg_id, int tx_db, int rx_db);
void worker_watch(struct worker *w, uint32_t leg_id, uint64_t dead_us);
void worker_play(struct worker *w, uint32_t leg_id, const struct cue *const *list, size_t n, bool loop,
	uint32_t play_id);
void worker_listen_for_beep(struct worker *w, uint32_t leg_id, bool on); /* comes back as MEDIA_BEEP */
void worker_stop_cue(struct worker *w, uint32_t leg_id);
void worker_info_digit(struct worker *w, uint32_t leg_id, char digit); /* comes back as MEDIA_DIGIT if new */
void worker_press(struct worker *w, uint32_t leg_id, char digit, unsigned ms); /* then MEDIA_PRESSED */
void worker_ask_stats(struct worker *w, uint32_t leg_id);
#endif
