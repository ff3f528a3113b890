/* choose.h - the loudest few: who of a room is mixed in this tick.
 *
 * How: each leg has a struct voice, told once a tick how loud its frame was.  A voice is a candidate
 * from the very frame that opens it (never cut a syllable) until CHOOSE_HANG frames after the last one
 * that was loud.  A small room takes everything but silence; a crowded one takes what rises above its
 * leg's own noise floor, or is too loud for noise.  Of the candidates the loudest by smoothed level are chosen; who is in
 * keeps the place against newcomers less than CHOOSE_EDGE_DB louder; of equals, who has waited longest.
 * Use:  chooser_begin(); voice_hear() per leg and chooser_offer() if it is a candidate; chooser_end(): the
 *       chosen stand in `best` and know it.
 *
 * Thread: the worker that owns the room.
 */
#ifndef MIXER_CHOOSE_H
#define MIXER_CHOOSE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	CHOOSE_MAX = 16,
	CHOOSE_GATE_DBOV = 60,  /* quieter than this is silence */
	CHOOSE_CROWD_DBOV = 50, /* in a crowded room */
	CHOOSE_RISE_DB = 9,     /* and this much above the leg's noise floor */
	CHOOSE_LOUD_DBOV = 36,  /* or as loud as this: music or a tone, steady as it may be */
	CHOOSE_HANG = 20,       /* frames: 400 ms */
	CHOOSE_EDGE_DB = 6
};

struct voice {           /* zero-initialise */
	uint8_t score;   /* smoothed loudness: 127 - dBov; up within a few frames, down slowly */
	uint8_t hang;    /* frames for which it is still a candidate */
	bool chosen;     /* after chooser_end(): in this tick's mix */
	bool was_chosen; /* in the tick before */
	uint32_t waited; /* ticks as a candidate without a place */
};

/* One frame of `dbov` (127: silent, absent or not to be heard).  `floor_dbov` is the leg's noise floor,
 * 127 unknown.  True: a candidate in this tick. */
bool voice_hear(struct voice *v, uint8_t dbov, uint8_t floor_dbov, bool crowded);

struct chooser {
	unsigned n, max;
	struct {
		struct voice *voice; /* borrowed */
		void *owner;         /* of the voice, for the caller */
		unsigned rank;
	} best[CHOOSE_MAX];
};

void chooser_begin(struct chooser *c, unsigned max); /* max 1..CHOOSE_MAX */
void chooser_offer(struct chooser *c, struct voice *v, void *owner);
void chooser_end(struct chooser *c);
#endif
