/* cue_priv.h - what a cue and its clips are made of; for cue*.c and clip.c only.
 *
 * Thread: as cue.h says.
 */
#ifndef MIXER_CUE_PRIV_H
#define MIXER_CUE_PRIV_H

#include "mixer/codec.h"
#include "mixer/cue.h"
#include <stdatomic.h>

enum { CUE_SECONDS_MAX = 600, CUE_FRAMES_MAX = CUE_SECONDS_MAX * 1000 / FRAME_MS };

struct cue {
	uint32_t frames;            /* of FRAME_MS; the last one is padded with silence */
	int16_t *pcm[RATES];        /* owned; frames * frame_samples(rate) each */
	struct clip *_Atomic clips; /* owned; one a format, the newest first; never taken out */
};

/* One block: whoever has it frees it with free(). */
struct clip {
	struct clip *next;
	struct codec_format format;
	uint32_t n, n_per_frame; /* packets; of each frame */
	size_t size;             /* bytes of the whole */
	uint8_t *payloads;       /* into this block, behind ends[] */
	uint32_t ends[];         /* of each packet in payloads; the next begins there */
};

/* A silent cue of `frames` frames, 1..CUE_FRAMES_MAX. */
enum mix_err cue_alloc(struct cue **out, uint32_t frames);

#endif
