/* speech.h - sound to judge by: spoken prompts and hold music of the installed packages, noise, and P.56.
 *
 * Use:  speech_load() a prompt by its name, at 8 kHz; active_level() is P.56's method B, in dBov (negative).
 */
#ifndef TESTS_SPEECH_H
#define TESTS_SPEECH_H

#include <stddef.h>
#include <stdint.h>

#define SPEECH_FOLDER "/usr/share/asterisk/sounds/en_US_f_Allison/"
#define MUSIC_FOLDER "/usr/share/asterisk/moh/"

struct speech {
	int16_t *pcm; /* owned; 8 kHz */
	size_t n;     /* whole frames */
};

/* At most `seconds` of it; n is 0 when there is no such file.  Free pcm. */
struct speech speech_load(const char *path, unsigned seconds);
/* The same at `dbov` active level (negative); peaks are held at full scale. */
void speech_scale(struct speech *s, double dbov);
void speech_add_noise(struct speech *s, double dbov, unsigned seed);
double active_level(const int16_t *pcm, size_t n); /* ITU-T P.56 section 6; 8 kHz; -100: no speech at all */
double rms_level(const int16_t *pcm, size_t n);

#endif
