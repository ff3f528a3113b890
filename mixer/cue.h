/* cue.h - what the bridge itself says: prompts and tones, and the player of one leg.
 *
 * How: a cue is sound at all three rates, made once at load and never changed, so any
 * number of players on any thread may read it.  A player plays a list of cues in order,
 * one frame a tick, and says when a list has ended.
 * Use:  cue_load() or cue_tone() at start; cue_play(), cue_frame() in the tick;
 *       cue_stop() when a key barges in.
 *
 * Thread: cues: made and freed on the control thread while no player holds them;
 * players: the worker that owns the leg.
 */
#ifndef MIXER_CUE_H
#define MIXER_CUE_H

#include "mixer/err.h"
#include "mixer/frame.h"
#include <stdbool.h>

struct cue; /* opaque: pcm and length per rate class */

/* Reads a sound file: raw G.722 when the name ends in .g722, else whatever libsndfile
 * reads (WAV, FLAC, Ogg), mixed down to mono.  What is louder than -20 dBov active level
 * comes down to it (Y6), what is quieter than -26 is lifted by up to 6 dB, peaks unclipped.
 * MIX_FILE: cannot be opened or holds no sound; MIX_RANGE: longer than 10 min. */
enum mix_err cue_load(struct cue **out, const char *path);

/* A tone: up to two frequencies below 4000 Hz (0: none), together `level_dbov` below full scale (3
 * or more, 6 for two), `on_ms` of it with 5 ms ramps, then `off_ms` of silence.  Without a frequency
 * all of it is silence.  MIX_RANGE: no time at all, or over a minute. */
enum mix_err cue_tone(
	struct cue **out, unsigned hz_a, unsigned hz_b, unsigned level_dbov, unsigned on_ms, unsigned off_ms);
/* Several cues joined to one; the parts stay the caller's. */
enum mix_err cue_join(struct cue **out, const struct cue *const *parts, size_t n);
struct cue *cue_free(struct cue *c); /* and its clips */
unsigned cue_ms(const struct cue *c);
/* Frame number `frame` of it at `rate`; NULL: it is shorter. */
const int16_t *cue_sound(const struct cue *c, enum rate_class rate, uint32_t frame);

enum { CUE_LIST_MAX = 12 };
struct cue_player {                           /* zero-initialise: plays nothing */
	const struct cue *list[CUE_LIST_MAX]; /* borrowed; immutable */
	uint8_t n, at;
	bool loop;        /* the list starts again at its end: hold music */
	uint32_t pos_ms;  /* within list[at], a multiple of FRAME_MS */
	uint32_t play_id; /* of this list, for the report of its end; 0 none */
};

/* Starts a list; one that is playing is cut off. MIX_RANGE: n is 0 or over CUE_LIST_MAX. */
enum mix_err cue_play(
	struct cue_player *p, const struct cue *const *list, size_t n, bool loop, uint32_t play_id);
void cue_stop(struct cue_player *p);
bool cue_playing(const struct cue_player *p);
struct cue_spot {
	const struct cue *cue; /* borrowed; NULL: nothing plays */
	uint32_t frame;
};
struct cue_spot cue_spot(const struct cue_player *p); /* what the next cue_frame() plays */

/* One frame at `rate`, 0-filled past the end.  True: sound was written.  *ended is the play_id that
 * has ended with this frame, or 0. */
bool cue_frame(struct cue_player *p, enum rate_class rate, int16_t *out, uint32_t *ended);
#endif
