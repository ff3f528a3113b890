/* crowd_clip.h - what callers say: sounds made once, encoded once, and sent by any number of callers.
 *
 * How: a sound is written as parts joined by '+', each of
 *          tone:HZ[:-LEVEL[dBov]][:SECONDS]   sine; alone it repeats without a seam
 *          noise[:-LEVEL[dBov]][:SECONDS]     white
 *          silence[:SECONDS]
 *          bursts                             40 ms of tone every 500 ms, for the measuring of delay
 *          FILE                               WAV, FLAC, Ogg, .g722
 *      It is encoded as a loop of packets; codecs with memory are run through it twice, so that the
 *      end fits the beginning.
 *
 * Thread: made by one; then read only.
 */
#ifndef TOOLS_CROWD_CLIP_H
#define TOOLS_CROWD_CLIP_H

#include "mixer/codec.h"
#include <stddef.h>
#include <stdint.h>

enum { CROWD_CLIP_SECONDS = 300, CROWD_TONE_DBOV = -20, CROWD_NOISE_DBOV = -60 };

struct crowd_packet {
	const uint8_t *payload; /* borrowed from the clip */
	size_t len;             /* 0: DTX sends nothing here */
	bool marks;             /* a burst begins with its first sample */
};

struct crowd_clip;

/* NULL: *why says what is wrong with `sound`, or what is missing. */
struct crowd_clip *crowd_clip_make(
	const char *sound, const struct codec_format *format, uint64_t seed, char *why, size_t why_cap);
/* One key as in-band tones, `press_ms` long, and a pause of `gap_ms`, not encoded: *pcm is allocated and the
 * caller's.  False: no such key, or out of memory. */
bool crowd_key_sound(
	int16_t **pcm, size_t *n, char key, unsigned press_ms, unsigned gap_ms, enum rate_class rate);
struct crowd_clip *crowd_clip_free(struct crowd_clip *clip);

struct crowd_packet crowd_clip_packet(
	const struct crowd_clip *clip, size_t index);  /* index modulo its length */
bool crowd_clip_spoken(const struct crowd_clip *clip); /* holds a file: begins at its beginning */
#endif
