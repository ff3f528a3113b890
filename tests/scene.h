/* scene.h - one room in a worker's slots, on a simulated clock, with phones that talk in it.
 *
 * How: as the worker's thread does it (worker_run.c), slot by slot: what has arrived is taken in, rooms of the slot are
 * ticked, and move.  Packets come late as a struct path says, and by what the dice say, the same in every run.
 * Use:  scene_open(), scene_join() for each of SCENE_LEGS, scene_run(), scene_close().
 */
#ifndef TESTS_SCENE_H
#define TESTS_SCENE_H

#include "bridge/worker_priv.h"
#include "tests/phone.h"

enum { SCENE_LEGS = 3, SCENE_DELAYS = 4096 };

/* One packet in `often` is late by up to often_us, one in `seldom` by up to seldom_us, others by 0.3 ms.  Where `stall` is set, far
 * ends and worker stand still in turn, each once in `stall` ms or so, for up to stall_us; what was due then comes at its end. */
struct path {
	const char *story;
	unsigned often, often_us, seldom, seldom_us;
	unsigned stall, stall_us;
};

struct scene {
	struct worker *w; /* owned; has no thread, no sockets */
	struct worker_room room;
	struct phone *phones; /* owned; SCENE_LEGS */
	uint64_t begin_us, now_us, ticked_us;
	uint64_t slow_from_us, slow_until_us, busy_until_us; /* far ends, worker */
	double drift_us[SCENE_LEGS], owed_us[SCENE_LEGS];    /* per frame, its packets come so much later */
	unsigned late_us[SCENE_LEGS];                        /* its next packet comes so late */
	uint64_t arrived_us[SCENE_LEGS]; /* at which its last packet came: sent and late */
	uint64_t burst_us;               /* when the last burst of phones[0] began to come */
	bool heard_burst;                /* it was heard by phones[1] */
	const struct path *path;         /* NULL: without jitter */
	bool sits;                       /* rooms do not move */
	bool overloaded;                 /* its worker is late by its own work */
	unsigned moves, odd_gaps;
	unsigned n_delays;
	uint32_t delay_us
		[SCENE_DELAYS]; /* of each burst of phones[0], to the packet that brings it to phones[1] */
};

void scene_seed(uint64_t seed);
unsigned scene_dice(unsigned n); /* 0..n-1 */

void scene_open(struct scene *sc);
/* phase_ms: when the first packet comes; hz 0: it sends silence. */
void scene_join(struct scene *sc, unsigned i, double phase_ms, unsigned hz);
/* The same, of phones[0], in bursts of 40 ms, two a second, whose delay is kept. */
void scene_join_bursts(struct scene *sc, double phase_ms);
void scene_run(struct scene *sc, unsigned ms);
void scene_forget(struct scene *sc); /* delays and moves so far */
uint32_t scene_delay_us(
	struct scene *sc, unsigned percent); /* so many percent of the delays are no longer; sorts them */
void scene_close(struct scene *sc);
#endif
