/* progress.h - is it a person?  Tones that a network or a machine sends where somebody should talk (E.180, T.30).
 *
 *   busy      400, 425, 450 or 480 and 620 Hz, on and off, each time as long, five times: busy, congestion, reorder
 *   dial      350 and 440 Hz without a break for five seconds: who hung up is still connected
 *   special   three tones that rise, about 950, 1400 and 1800 Hz: "the number you have dialled ..." (E.180 section 6.1)
 *   fax_calls     1100 Hz for half a second every three (CNG), at the second one
 *   fax_answers   2100 Hz for two seconds (CED, ANSam)
 *
 * How: of a frame that is about as loud as the one before, x[n] + x[n-2] is a multiple of
 * x[n-1] if it is one sine (and likewise over four samples for two; low ones are sampled down first): the multiple tells the frequency, what is left over
 * says how pure it is.  Runs of the same tone, and how long it is between them, make the pattern.  Speech fails at the
 * first step nearly always, and no voice keeps a pitch or a beat as a machine does.
 * What was found holds until half a second of other sound is heard: a person took over.
 * Use:  zero-initialise; progress_frame() per frame of 8 kHz that is loud enough; others may be left out.
 * Cost: nothing on quiet frames, some 0.3 us on loud ones of steady level.  Memory: 32 bytes.
 *
 * Thread: the worker that owns the leg.
 */
#ifndef MIXER_PROGRESS_H
#define MIXER_PROGRESS_H

#include "mixer/frame.h"
#include <stdbool.h>
#include <stdint.h>

enum progress_kind {
	PROGRESS_NONE,
	PROGRESS_BUSY,
	PROGRESS_DIAL,
	PROGRESS_SPECIAL,
	PROGRESS_FAX_CALLS,
	PROGRESS_FAX_ANSWERS
};

struct progress_tone { /* Hz; the second 0: one sine; both 0: none */
	uint16_t low, high;
};

struct progress {      /* all fields but `found` belong to progress.c; times in steps of 4 ms, which wrap */
	uint8_t found; /* enum progress_kind */
	uint8_t beats, rising, strange, voice, dbov;
	struct progress_tone tone, before; /* of the run that is on, or was last; of the one before it */
	struct progress_tone maybe;        /* of a frame alone: it takes two to begin a run */
	uint16_t maybe_at;
	uint16_t from, last;    /* begins of the run's first and last frame */
	uint16_t on_ms, off_ms; /* of the run before: how long, and how long until this one */
	uint16_t beat_on_ms, beat_off_ms;
};

/* A frame of `dbov`, at `now_ms`.  True: `found` has changed. */
bool progress_frame(struct progress *p, const int16_t pcm8k[8 * FRAME_MS], uint8_t dbov, uint32_t now_ms);

const char *progress_name(enum progress_kind kind); /* "busy" ...; "none" */
#endif
