/* cue_priv.h - what a cue is made of; for cue.c, cue_load.c and cue_player.c only.
 */
#ifndef MIXER_CUE_PRIV_H
#define MIXER_CUE_PRIV_H

#include "mixer/cue.h"

enum { CUE_SECONDS_MAX = 600, CUE_FRAMES_MAX = CUE_SECONDS_MAX * 1000 / FRAME_MS };

struct cue {
	uint32_t frames;     /* of FRAME_MS; the last one is padded with silence */
	int16_t *pcm[RATES]; /* owned; frames * frame_samples(rate) each */
};

/* A silent cue of `frames` frames, 1..CUE_FRAMES_MAX. */
enum mix_err cue_alloc(struct cue **out, uint32_t frames);

#endif
