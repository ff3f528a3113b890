/* sound.h - a recorded sound, looked at: how loud is a frequency between two moments.
 *
 * Thread: the test's.
 */
#ifndef TESTS_FLOW_SOUND_H
#define TESTS_FLOW_SOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sound {
	int16_t *samples; /* owned; mono: the first channel */
	size_t n;
	unsigned hz;
};

/* Whatever libsndfile reads, 30 minutes at most.  False: no such file, no sound. */
bool sound_read(struct sound *out, const char *path);
void sound_free(struct sound *s);
/* A WAV file of a tone, the same on 1 or 2 channels. */
bool sound_write_tone(
	const char *path, unsigned hz, double dbov, unsigned seconds, int rate_hz, int channels);
unsigned sound_ms(const struct sound *s);

/* Level in dBov (a full-scale sine is -3) of a sine of `hz`, or of all there is; the span is cut to the sound.
 * -127: nothing. */
double sound_level(const struct sound *s, double hz, unsigned from_ms, unsigned to_ms);
double sound_loudness(const struct sound *s, unsigned from_ms, unsigned to_ms);
#endif
