/* lull.h - an encoder that is given silence, and only silence, need not run.
 *
 * How: after LULL_AFTER packets of exact zeros an encoder has nothing left of the sound before, and each
 * further packet would be like the last: that one is kept and sent again.  A format with DTX sends it every LULL_EVERY
 * packets and nothing in between, as libopus does.  The first packet with any sound ends it; the encoder goes
 * on from where it stood, in silence, as the far decoder does.
 * Use:  zero-initialise, copy along with the encoder's state; lull_skips(), and when false, encode and lull_made().
 *
 * Thread: the encoder's.
 */
#ifndef MIXER_LULL_H
#define MIXER_LULL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LULL_AFTER = 15, LULL_EVERY = 20, LULL_BYTES = 126 /* a longer one is made anew each time */ };

struct lull {
	uint8_t quiet; /* packets of zeros in a row, up to LULL_AFTER */
	uint8_t turn;  /* with DTX: packets since one was sent */
	uint8_t len;   /* of the packet kept; 0 none */
	uint8_t bytes[LULL_BYTES];
};

/* True: *len bytes (0: send nothing) are in `out`, which has room for LULL_BYTES, and the encoder is not to be run. */
bool lull_skips(struct lull *h, const int16_t *pcm, size_t n, bool dtx, uint8_t *out, size_t *len);

/* What the encoder made of what lull_skips() was given. */
void lull_made(struct lull *h, const uint8_t *payload, size_t len);
#endif
