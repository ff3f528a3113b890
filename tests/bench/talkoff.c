/* talkoff - how often speech is taken for a pressed key: hours of it through the in-band digit receiver.
 *
 * How: the installed prompts in a random order without pauses, each time at another level, pitch and speed (0.8 to
 * 1.25, so that one speaker becomes many), with a second voice below, and through G.711.  All choices come from the seed: the same seed says the same.
 * Prints false digits per ten hours, and how much speech is kept out of the mix because it looks like the
 * beginning of a key; and how often it is taken for a busy tone or a fax machine (mixer/progress.h).
 *
 * Use:  make talkoff          or  build/tests/bench/talkoff [HOURS [SEED]]
 * Exit: 0 at most one false digit in ten hours and no machine; 1 more; 2 there is no speech.
 */
#include "mixer/codec.h"
#include "mixer/keypad.h"
#include "mixer/level.h"
#include "mixer/progress.h"
#include "tests/speech.h"
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAME = 160, PARTS_MAX = 4000, PART_SECONDS = 30, LEAST_SECONDS = 1 };

struct voice {
	const struct speech *part;
	double low_dbov, high_dbov, at, step, gain;
};

struct count {
	unsigned digits, suspects, frames, hushed, machines;
	char first[64];
};

static uint64_t state;

static uint32_t dice(void) /* xorshift64*: the same everywhere, unlike rand() */
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)(state * 2685821657736338717ull >> 32);
}

static double between(double low, double high)
{
	return low + (high - low) * dice() / UINT32_MAX;
}

static void next_part(struct voice *v, const struct speech *parts, size_t n)
{
	v->part = &parts[dice() % n];
	v->at = 0;
	v->step = between(0.8, 1.25);
	v->gain = pow(10, (between(v->low_dbov, v->high_dbov) + 26) / 20); /* parts were brought to -26 */
}

/* The prompt played faster or slower by straight lines: what folds over is 20 dB down, and no key's friend. */
static double sample(struct voice *v, const struct speech *parts, size_t n)
{
	size_t i;
	double x;

	if (!v->part || v->at + 1 >= (double)v->part->n)
		next_part(v, parts, n);
	i = (size_t)v->at;
	x = v->part->pcm[i] + (v->part->pcm[i + 1] - v->part->pcm[i]) * (v->at - (double)i);
	v->at += v->step;
	return x * v->gain;
}

static void make_frame(
	struct voice *one, struct voice *other, const struct speech *parts, size_t n, int16_t *pcm)
{
	for (size_t i = 0; i < FRAME; i++) {
		double x = sample(one, parts, n) + sample(other, parts, n);

		pcm[i] = (int16_t)lrint(fmax(-32768, fmin(32767, x)));
	}
}

static void through_g711(struct encoder *e, struct decoder *d, int16_t pcm[FRAME])
{
	uint8_t payload[FRAME];
	size_t len, n;

	if (encoder_run(e, pcm, FRAME, payload, sizeof(payload), &len) == MIX_OK)
		(void)decoder_run(d, payload, len, pcm, FRAME, &n);
}

static void listen(struct count *c, const struct speech *parts, size_t n, unsigned hours)
{
	const struct codec_format format = { .id = CODEC_PCMU, .ptime_ms = FRAME_MS };
	struct encoder *e = NULL;
	struct decoder *d = NULL;
	struct keypad *k = NULL;
	struct progress p = { 0 };
	struct voice one = { .low_dbov = -36, .high_dbov = -14 },
		     other = { .low_dbov = -60, .high_dbov = -24 };
	int16_t pcm[FRAME];
	bool was_busy = false;

	if (encoder_alloc(&e, &format) || decoder_alloc(&d, CODEC_PCMU) || keypad_alloc(&k))
		abort();
	for (uint64_t frame = 0; frame < (uint64_t)hours * 3600 * 50; frame++) {
		bool busy;
		char key;

		make_frame(&one, &other, parts, n, pcm);
		through_g711(e, d, pcm);
		key = keypad_sound(k, pcm, FRAME, frame * FRAME_US);
		c->machines += progress_frame(&p, pcm, level_dbov(pcm, FRAME), (uint32_t)frame * FRAME_MS) &&
			       p.found != PROGRESS_NONE;
		busy = keypad_busy(k, frame * FRAME_US);
		if (key && c->digits + 1 < sizeof(c->first))
			c->first[c->digits] = key;
		c->digits += key != 0;
		c->suspects += busy && !was_busy;
		c->hushed += busy;
		c->frames++;
		was_busy = busy;
	}
	keypad_free(k);
	decoder_free(d);
	encoder_free(e);
}

static size_t load(struct speech parts[PARTS_MAX])
{
	size_t n = 0;
	glob_t found = { 0 };

	if (glob("/usr/share/asterisk/sounds/*/*.g722", 0, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; i < found.gl_pathc && n < PARTS_MAX; i++) {
		struct speech s = speech_load(found.gl_pathv[i], PART_SECONDS);

		if (s.n >= LEAST_SECONDS * 8000 && !strstr(found.gl_pathv[i], "tone") &&
			!strstr(found.gl_pathv[i], "beep")) {
			speech_scale(&s, -26);
			s.n--; /* the last sample is only interpolated towards */
			parts[n++] = s;
		} else {
			free(s.pcm);
		}
	}
	globfree(&found);
	return n;
}

int main(int argc, char **argv)
{
	const unsigned hours = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 10;
	const uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	static struct speech parts[PARTS_MAX];
	struct count c = { 0 };
	size_t n = load(parts);
	double minutes = 0;

	if (n == 0 || hours == 0) {
		fprintf(stderr, "talkoff: no speech: asterisk-core-sounds-*-g722 is not installed\n");
		return 2;
	}
	for (size_t i = 0; i < n; i++)
		minutes += (double)parts[i].n / 8000 / 60;
	state = seed * 88172645463325252ull + 1;
	for (int i = 0; i < 16; i++)
		(void)dice();
	listen(&c, parts, n, hours);
	printf("%u hours of speech (seed %llu; made of %zu prompts, %.0f minutes)\n", hours,
		(unsigned long long)seed, n, minutes);
	printf("false digits: %u, %.2f in ten hours %s\n", c.digits, c.digits * 10.0 / hours, c.first);
	printf("looked like the beginning of a key: %.2f times a minute, %.3f %% of frames\n",
		c.suspects / (hours * 60.0), c.hushed * 100.0 / c.frames);
	printf("taken for a network's tone or a fax machine: %u times\n", c.machines);
	for (size_t i = 0; i < n; i++)
		free(parts[i].pcm);
	return c.digits * 10 > hours || c.machines > 0;
}
