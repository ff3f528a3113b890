/* crowd_hear.h - what a caller hears: decoded in order, kept for the last seconds, measured and recorded.
 *
 * How: packets are decoded as they come (loopback keeps their order); a gap of a few is
 * concealed as any phone would, a pause of the sender becomes silence.  The last CROWD_EAR_SECONDS are
 * kept at the codec's rate; crowd_ear_level() is what crowd_tone finds in them.
 *
 * Thread: one.
 */
#ifndef TOOLS_CROWD_HEAR_H
#define TOOLS_CROWD_HEAR_H

#include "mixer/codec.h"
#include "mixer/rtp.h"
#include <stdbool.h>
#include <stdint.h>

enum { CROWD_EAR_SECONDS = 2, CROWD_EAR_SILENCE_DBOV = -50 };

struct crowd_ear;

/* `keeps`: the last seconds, for crowd_ear_level().  NULL: out of memory. */
struct crowd_ear *crowd_ear_alloc(enum codec_id codec, bool keeps);
/* Also writes all it hears to a WAV file; false: cannot be created. */
bool crowd_ear_record(struct crowd_ear *ear, const char *path);
struct crowd_ear *crowd_ear_free(struct crowd_ear *ear); /* closes the recording */

void crowd_ear_packet(struct crowd_ear *ear, const struct rtp *rtp, uint64_t now_us);
/* How long nothing louder than CROWD_EAR_SILENCE_DBOV has been heard, counted from `since_us` at most. */
uint64_t crowd_ear_quiet_us(const struct crowd_ear *ear, uint64_t since_us, uint64_t now_us);
/* True once for each loud packet after 100 ms of quiet: a burst has arrived. */
bool crowd_ear_onset(struct crowd_ear *ear);

void crowd_ear_freeze(struct crowd_ear *ear); /* what is kept stays as it is from now on */
/* Level of a sine of `hz` in dBov over what is kept; -127: less than a second was heard, or nothing there. */
double crowd_ear_level(const struct crowd_ear *ear, unsigned hz);
/* Level of all that is kept, in dBov. */
double crowd_ear_loudness(const struct crowd_ear *ear);
#endif
