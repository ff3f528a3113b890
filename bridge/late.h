/* late.h - whose fault is a late tick: the work of this thread, or a machine that did not let it run?
 *
 * How: what the thread's CPU clock counts is its own work.  Were the machine never in the way, each tick would begin at
 * its deadline or when the work of those before is done: that is reckoned along, and a tick that
 * is late while it would not have been late so was kept waiting, by another thread, by an interrupt, or by the host of a virtual
 * machine (as far as the kernel leaves stolen time out of the thread's clock).
 * A tick late by frames is made good where it was kept waiting: what has come meanwhile is played as if in time, frame by frame
 * without a pause, and the far ends' jitter buffers take it as any packets that were late under way.  Where our own work is too much,
 * or where it would be over LATE_MADE_GOOD frames, the rest is skipped: nobody would still play them.
 * Use:  late_begin() when there is a first deadline after idleness; late_tick() at the start of each tick, late_skips(), and the
 *       tick plays for late_plays_at().
 *
 * Thread: its owner.
 */
#ifndef BRIDGE_LATE_H
#define BRIDGE_LATE_H

#include <stdint.h>

enum { LATE_MADE_GOOD = 3 }; /* frames */

struct late {
	uint64_t deadline_us, cpu_us; /* of the tick before */
	uint64_t own_us;              /* how late that one was by our own work */
};

enum late_why { LATE_NOT, LATE_OURS, LATE_KEPT_WAITING };

void late_begin(struct late *l, uint64_t deadline_us, uint64_t cpu_us);

/* A tick that was due at `deadline_us` begins at `now_us`; the thread has used `cpu_us` of CPU time in its life.
 * More than `most_us` behind is late. */
enum late_why late_tick(
	struct late *l, uint64_t deadline_us, uint64_t now_us, uint64_t cpu_us, uint64_t most_us);

/* How many frames of a tick that is so late are given up. */
unsigned late_skips(enum late_why why, uint64_t late_us);

/* The moment for which a tick takes what is due: now, unless it makes good a frame. */
uint64_t late_plays_at(uint64_t deadline_us, uint64_t now_us);
#endif
