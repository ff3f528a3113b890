/* level.h - how loud a frame is, and whether somebody talks.
 *
 * How: level_dbov() is RFC 6464's measure: 0 the loudest, 127 silence.  The talk
 * detector follows the noise floor, opens within two voiced frames (start reported
 * within 150 ms) and closes after 400 ms without one (FEATURES L8).
 *
 * Thread: the worker that owns the leg.
 */
#ifndef MIXER_LEVEL_H
#define MIXER_LEVEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LEVEL_SILENCE = 127, TALK_WINDOWS = 4 };

/* RMS of n samples in -dBov: 0..127; a full-scale square wave is 0, a full-scale sine 3. */
uint8_t level_dbov(const int16_t *pcm, size_t n);

struct talk {
	bool talking;        /* a talk burst is on */
	uint8_t smooth_dbov; /* smoothed level, for the choice of the loudest */
	uint8_t floor_dbov;  /* noise floor; 60 until known, so that who joins talking counts at once */
	uint8_t voiced;      /* frames in a row above the threshold */
	uint16_t hang_ms;    /* until the burst ends */
	uint8_t quiet_dbov[TALK_WINDOWS]; /* quietest frame of each of the last half seconds */
	uint8_t window, n_window;         /* the present one, and its frames so far */
};

void talk_init(struct talk *t);

/* One frame of FRAME_MS with level `dbov`.  True when `talking` changed. */
bool talk_frame(struct talk *t, uint8_t dbov);

/* The same of a frame that did not come or was not decoded, at the level that is taken for it: the noise floor stays, else a
 * gap of a moment would make the noise after it talk. */
bool talk_guess(struct talk *t, uint8_t dbov);
#endif
