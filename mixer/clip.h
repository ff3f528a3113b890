/* clip.h - a cue in the format that legs are sent: encoded once, for all who hear it and nothing else.
 *
 * How: an own encoder costs a leg 100 us and more a frame, so what many legs hear at different times is encoded
 * before: a clip is the payloads of all frames of a cue, 5 kB a second of it at Opus' usual rate.  It sounds as a leg's own
 * encoder makes it: the same limiter's delay, the same settings.  Its first packet leans on nothing before
 * (encoder_cut()), so it may follow whatever the far decoder has heard; the others must follow each other.
 * Use:  clip_make() away from the tick, clip_attach(); in the tick clip_of() and clip_frame().
 *       How a leg comes to it and away from it: room_clip.c.
 *
 * Thread: a clip never changes.  One thread at a time attaches to a cue, while any other reads.
 */
#ifndef MIXER_CLIP_H
#define MIXER_CLIP_H

#include "mixer/codec.h"
#include "mixer/cue.h"

struct clip;

/* Worth a clip: the codec has a memory, which is what makes it dear, and its packets end with the frame. */
bool clip_serves(const struct codec_format *format);

/* Encodes all of the cue: about 5 ms of CPU time for a second of Opus.
 * MIX_RANGE: clip_serves() says no, or the cue does not end in LIMIT_LOOK_MS of silence, so
 * that a packet more than it has frames would be needed. */
enum mix_err clip_make(struct clip **out, const struct cue *cue, const struct codec_format *format);
struct clip *clip_free(struct clip *c); /* one that was not attached */
size_t clip_size(const struct clip *c); /* bytes of memory */

/* The cue owns it now.  MIX_RANGE: it has one of this format; the clip stays the caller's. */
enum mix_err clip_attach(struct cue *cue, struct clip *owned);

/* NULL: none of this format. */
const struct clip *clip_of(const struct cue *cue, const struct codec_format *format);

unsigned clip_packets(const struct clip *c); /* of each frame: 1 or 2 */
/* Packet `k` of frame `frame` of the cue; *len 0: DTX says to send nothing. */
const uint8_t *clip_payload(const struct clip *c, uint32_t frame, unsigned k, size_t *len);
#endif
