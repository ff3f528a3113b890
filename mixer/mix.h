/* mix.h - the sums of a mix: wide, with exact shares.
 *
 * How: a talker's frame times its gain is its share; shares are added in 32 bits (64 talkers at full scale and
 * +12 dB fill 24 of them), and the same numbers are subtracted for the one who must not hear them.
 * A gain is a ramp over the frame in 1/4096, so that a change of it is no click.
 *
 * Thread: any; no state.
 */
#ifndef MIXER_MIX_H
#define MIXER_MIX_H

#include <stddef.h>
#include <stdint.h>

enum { GAIN_UNITY = 4096, GAIN_DB_MIN = -30, GAIN_DB_MAX = 12 };

struct ramp { /* gain at the frame's first sample and after its last, 1/4096 */
	int32_t from, to;
};

/* dB to a gain; outside GAIN_DB_MIN..GAIN_DB_MAX is brought inside. */
int32_t gain_of_db(int db);

/* share = pcm * gain; sum += share.  `share` may be NULL. */
void mix_add(int32_t *sum, int32_t *share, const int16_t *pcm, size_t n, struct ramp gain);
/* out = (sum - share) * gain.  `share` NULL: nothing of it is one's own. */
void mix_take(int32_t *out, const int32_t *sum, const int32_t *share, size_t n, struct ramp gain);
#endif
