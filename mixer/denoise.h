/* denoise.h - noise suppression for one leg, and the ear that keeps it off music (FEATURES A11).
 *
 * How: speexdsp's preprocessor takes up to DENOISE_DB off what is steady behind a voice.  Music is steady too, and would
 * suffer.  It is told from speech by its level, which neither moves from frame to frame nor falls deep between
 * notes as it does between syllables, and from noise by its pitch (autocorrelation of the frame at 4 kHz).  While that
 * holds over DENOISE_MUSIC_MS, frames go through as they are.  The change takes one frame, by a ramp.
 * Limits: drums without melody count as speech, a hum as music: both are then treated as what they look like.
 * Cost: 7, 15 and 45 us a frame at 8, 16 and 48 kHz: only for legs that are heard and whose account asks for it.
 * Delay: one frame, also of what goes through, so that nothing jumps.
 * Use:  denoise_alloc() on the control thread for the leg's rate; denoise_frame() on its worker.
 *
 * Thread: one at a time.
 */
#ifndef MIXER_DENOISE_H
#define MIXER_DENOISE_H

#include "mixer/err.h"
#include "mixer/frame.h"
#include <stdbool.h>

enum { DENOISE_DB = 15, DENOISE_MUSIC_MS = 2000 };

/* Whether what is heard is music: steady tonal sound.  Zero-initialise; about a microsecond a frame. */
struct music {
	float tonal, movement,
		dips; /* of loud frames: share that has a pitch; mean step, dB; share far below the loudest */
	float loudest;            /* dBov, falls slowly */
	float n;                  /* frames that these are of, up to DENOISE_MUSIC_MS */
	uint8_t last_dbov, quiet; /* quiet: frames in a row */
	bool on;
};
bool music_frame(struct music *m, enum rate_class rate, const int16_t *pcm);

struct denoise; /* opaque */
enum mix_err denoise_alloc(struct denoise **out, enum rate_class rate);
struct denoise *denoise_free(struct denoise *d); /* accepts NULL, returns NULL */
/* One frame of frame_samples(); its sound a frame later is valid until the next call. */
const int16_t *denoise_frame(struct denoise *d, const int16_t *pcm);
enum rate_class denoise_rate(const struct denoise *d);
bool denoise_hears_music(const struct denoise *d);
#endif
