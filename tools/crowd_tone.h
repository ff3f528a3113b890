/* crowd_tone.h - how loud is one frequency in a stretch of sound.
 *
 * How: Goertzel's filter under a Hann window over blocks of CROWD_TONE_BLOCK_MS that overlap by half; the
 * powers of the blocks are averaged.  A tone whose phase jumped once, as it does where a late packet was made up for and its sound
 * played later, is as loud as before, but the block with the jump calls it weak: where blocks of 200 ms find up to 10 dB more than
 * the long ones, they are believed, unless all there is of the tone is 30 dB below the rest.  More than that is a neighbour, which
 * short blocks do not keep out.
 * Tones 10 Hz apart are told apart by 60 dB, 40 Hz apart measured as they are.
 *
 * Thread: any; pure.
 */
#ifndef TOOLS_CROWD_TONE_H
#define TOOLS_CROWD_TONE_H

#include <stddef.h>
#include <stdint.h>

enum { CROWD_TONE_BLOCK_MS = 1000 };

/* Level in dBov (a full-scale sine is -3) of a sine of `hz` in the `n` samples that begin at `from` in a ring of `cap`
 * samples at `rate_hz`; -127: nothing there.  A plain array is a ring with from 0 and cap n. */
double crowd_tone_dbov(const int16_t *ring, size_t cap, size_t from, size_t n, unsigned rate_hz, double hz);
#endif
