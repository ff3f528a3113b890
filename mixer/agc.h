/* agc.h - level equalising: every voice comes to the same loudness, noise and music stay as they are.
 *
 * How: the active speech level (ITU-T P.56: power while somebody speaks, pauses shorter than 200 ms counted in,
 * a margin of 15.9 dB) is followed from the frames' levels alone, so that a frame costs some twenty
 * instructions.  The gain goes towards what brings it to AGC_TARGET_DBOV, a fraction of a dB a frame.
 * It moves only on evidence of speech: levels that go up and down from frame to frame and fall
 * deep between syllables.  Tones do neither, most music and noise do not.
 * A lift is for the talk burst alone: it is taken back in pauses, and it ends where the noise behind the
 * voice would become loud.  Cuts stay on in pauses, so that noise does not come up when the voice goes.
 * Peaks: a lifted voice may peak above full scale; the sum is wide and its limiter (limit.h) keeps it whole.
 * Use:  one per leg; agc_frame() after talk_frame() for each frame that is heard; others cost nothing.
 *
 * Thread: the worker that owns the leg.
 */
#ifndef MIXER_AGC_H
#define MIXER_AGC_H

#include "mixer/level.h"

enum { AGC_TARGET_DBOV = 26, AGC_MOST_DB = 15 /* up and down */ };

struct agc {            /* all fields belong to agc.c */
	float power;    /* mean of active frames, full scale 1 */
	float block;    /* sum of power above the noise, this second or two */
	float n;        /* frames in that mean */
	float movement; /* mean step from frame to frame, dB */
	float dips;     /* share of frames far below the loudest */
	float loudest;  /* dBov, falls slowly */
	float seen;     /* talk frames that the two means are of */
	float gain_db;  /* for this voice */
	bool moves;     /* gain_db is on its way */
	float now_db;   /* in force: gain_db, or less in a pause */
	uint8_t n_block;
	uint8_t last_dbov;
	uint8_t hang;     /* frames after an active one that still count */
	uint8_t evidence; /* frames that looked like speech, less those that did not */
};

void agc_init(struct agc *a);

/* One frame of level `dbov`, about which `t` was told already.  The gain to reach by its end, 1/4096. */
int32_t agc_frame(struct agc *a, const struct talk *t, uint8_t dbov);

/* What it makes of the voice, for whoever asks: -AGC_MOST_DB..AGC_MOST_DB; 0 until it has heard speech. */
int agc_gain_db(const struct agc *a);
#endif
