/* choose.h - the loudest few: who of a room is mixed in this tick.
 *
 * How: each leg has a struct voice, told once a tick how loud its frame was.  A voice is a candidate
 * from the very frame that opens it (never cut a syllable) until CHOOSE_HANG frames after the last one
 * that was loud.  A small room takes everything but silence; a crowded one takes what rises above its
 * leg's own noise floor, or is too loud for noise.  Of the candidates the loudest by smoothed level are chosen; who is in
 * keeps the place against newcomers less than CHOOSE_EDGE_DB louder; of equals, who has waited longest.
 * What a voice says for itself is a bid.  The outcome depends on the bids alone, not on their order, so
 * that all who hold the same bids choose the same (mixer/exchange.h).
 * Use:  chooser_begin(); voice_hear() per leg and chooser_bid() for candidates and for who may have to be faded
 *       out: the chosen stand in `best`.  Who made the bids notes it in voice.chosen.
 *
 * Thread: the worker that owns the room.
 */
#ifndef MIXER_CHOOSE_H
#define MIXER_CHOOSE_H

#include "mixer/mix.h"
#include <stdbool.h>
#include <stdint.h>

enum {
	CHOOSE_MAX = 16,
	CHOOSE_LEAVING = 4,     /* talkers pushed out in one tick that are faded; more are cut */
	CHOOSE_GATE_DBOV = 60,  /* quieter than this is silence */
	CHOOSE_CROWD_DBOV = 50, /* in a crowded room */
	CHOOSE_RISE_DB = 9,     /* and this much above the leg's noise floor */
	CHOOSE_LOUD_DBOV = 36,  /* or as loud as this: music or a tone, steady as it may be */
	CHOOSE_FAR_DB = 5,
	CHOOSE_HANG = 20, /* frames: 400 ms */
	CHOOSE_EDGE_DB = 6
};

struct voice {           /* zero-initialise */
	uint8_t score;   /* smoothed loudness: 127 - dBov; up within a few frames, down slowly */
	uint8_t hang;    /* frames for which it is still a candidate */
	bool chosen;     /* set by who holds the chooser: in this tick's mix */
	bool was_chosen; /* in the tick before */
	uint32_t waited; /* ticks as a candidate without a place */
};

/* One frame of `dbov` (127: silent, absent or not to be heard).  `floor_dbov` is the leg's noise floor,
 * 127 unknown.  True: a candidate in this tick. */
bool voice_hear(struct voice *v, uint8_t dbov, uint8_t floor_dbov, bool crowded);
/* CHOOSE_FAR_DB more would make it no candidate, and would not stand out of the noise either. */
bool voice_is_far(uint8_t dbov, uint8_t floor_dbov, bool crowded);
uint32_t voice_rank(const struct voice *v); /* of its bid */

struct bid {
	void *owner;         /* its stream, for who made the bid; NULL: it is another part's, or has left */
	uint32_t rank;       /* voice_rank() */
	uint32_t waited;     /* ticks; decides between equals */
	uint32_t key;        /* and of these, the higher; its SSRC */
	struct ramp rise;    /* its gain over the frame when it is chosen */
	int32_t fades_from;  /* its gain when it was heard and is not chosen again; 0: it was not heard */
	bool candidate;      /* else it only fades */
	bool sounds;         /* it has a frame */
	uint8_t rate;        /* enum rate_class of that frame */
	uint8_t rates;       /* bit per rate class at which the frame lies in the exchange */
	uint8_t part, place; /* where it lies; part 0 in a room of one part */
};

struct chooser {
	unsigned n, max, n_leaving;
	struct bid best[CHOOSE_MAX];        /* the highest bid first */
	struct bid leaving[CHOOSE_LEAVING]; /* to be faded; by key */
};

void chooser_begin(struct chooser *c, unsigned max); /* max 1..CHOOSE_MAX */
void chooser_bid(struct chooser *c, const struct bid *bid);
#endif
