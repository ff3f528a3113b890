/* hush.h - holds a leg's sound back until it is sure that no key begins in it.
 *
 * How: the in-band digit receiver needs up to 26 ms of a tone before it suspects a key, and hears it at the end of a
 * frame only: up to 46 ms after the tone began, or a frame more when a packet is lost.  So on legs whose keys come as
 * sound alone, frames wait HUSH_MS in a line; when the receiver suspects a key, all that wait are private, and so is
 * what follows until the key was let go and its loudness with it.  What is private comes out as silence.  A wrong
 * suspicion (one or two in an hour of speech, see tests/bench/talkoff.c) costs 100 ms of it.
 * Use:  hush_frame() once a tick, sound or none, or what waits would never come out.
 * Memory: 1.3 kB at 8 kHz, 7.7 kB at 48 kHz.
 *
 * Thread: the worker that owns the leg.
 */
#ifndef MIXER_HUSH_H
#define MIXER_HUSH_H

#include "mixer/err.h"
#include "mixer/frame.h"
#include <stdbool.h>
#include <stdint.h>

enum { HUSH_FRAMES = 3, HUSH_MS = HUSH_FRAMES * FRAME_MS };

struct hush;
enum mix_err hush_alloc(struct hush **out, enum rate_class rate);
struct hush *hush_free(struct hush *h); /* accepts NULL, returns NULL */

/* One frame in, the one of HUSH_FRAMES ticks ago out.
 *
 *   pcm   frame_samples() of the rate given; NULL: silence.  Copied
 *   dbov  its level (LEVEL_SILENCE with NULL); overwritten with that of the frame that comes out
 *   key   keypad_busy() after this frame was listened to
 *
 * NULL: silence comes out.  Else the frame, valid until the next call. */
const int16_t *hush_frame(struct hush *h, const int16_t *pcm, uint8_t *dbov, bool key);
#endif
