/* beep.h - the beep after a greeting: an answering machine says that it records now (FEATURES O3).
 *
 *    speech, 800 ms of it in all ... one sine, 350 to 1500 Hz, 150 ms to 3 s ... 160 ms of quiet -> a beep
 *
 * How: a frame is one sine or not: its frequency by linear prediction, then Goertzel tells what is left over.  A run of the same sine is measured, and what follows it: silence 15 dB below it
 * or more makes it a beep, sound does not, nor does a key (two sines).  What rings (E.180: 400, 425, 450 Hz for longer than 600 ms)
 * is no beep: the call was sent on to a person.
 * Use:  beep_listen() when a machine may have answered; beep_frame() per frame, beep_rest() for one that brought nothing, until one of
 * them is true, or a person has done something: then beep_listen() off.
 * Cost: on legs that are listened to alone, about 1 us a loud frame.
 *
 * Thread: the worker that owns the leg.
 */
#ifndef MIXER_BEEP_H
#define MIXER_BEEP_H

#include "mixer/frame.h"
#include <stdbool.h>
#include <stdint.h>

struct beep { /* on; the rest belongs to beep.c */
	bool on;
	uint8_t run_dbov; /* of the run, its loudest frame */
	uint8_t spoilt;   /* frames in a row that are not of the run and not quiet */
	uint8_t quiet;    /* frames since the run */
	uint8_t frames;   /* of the run, up to what is too long */
	uint8_t voiced;   /* frames of speech so far, up to what is enough */
	uint16_t hz;      /* of the run; 0: none */
};

void beep_listen(struct beep *b, bool on); /* from the beginning */
/* True, once: that was one; it is off then. */
bool beep_frame(struct beep *b, const int16_t pcm8k[8 * FRAME_MS], uint8_t dbov);
bool beep_rest(struct beep *b); /* a frame of silence, or none that came */
#endif
