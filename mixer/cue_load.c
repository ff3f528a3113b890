/* cue_load.c - a sound file becomes a cue: read, mixed to mono, levelled, brought to three rates.
 *
 * The only file that sees libsndfile.  Raw G.722 (Asterisk's prompts) goes through our own decoder.
 * It ends in CUE_TAIL_MS of silence at least: what a limiter still holds when the next cue begins.
 */
#include "mixer/cue.h"

#include "mixer/codec.h"
#include "mixer/cue_priv.h"
#include "mixer/resample.h"

#include <limits.h>
#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { G722_HZ = 16000, G722_BYTES_PER_SECOND = 8000, CHANNELS_MAX = 8, BLOCK = 1024, DECODE_BLOCK = 480 };

struct sound {        /* as read: mono, any rate */
	int16_t *pcm; /* owned */
	size_t n;
	unsigned hz;
};

static bool ends_in(const char *path, const char *end)
{
	size_t n = strlen(path), n_end = strlen(end);

	return n >= n_end && strcmp(path + n - n_end, end) == 0;
}

/* The file is there, regular, and this long; 0: it is not, or holds nothing. */
static size_t file_size(FILE *file)
{
	long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;

	rewind(file);
	return size > 0 && size < LONG_MAX ? (size_t)size : 0; /* a folder says LONG_MAX */
}

static enum mix_err decode_g722(struct sound *s, FILE *file, size_t size)
{
	uint8_t bytes[DECODE_BLOCK];
	struct decoder *d;
	size_t cap = 2 * size, got, made;
	enum mix_err err;

	s->hz = G722_HZ;
	s->pcm = calloc(cap, sizeof(*s->pcm));
	if (!s->pcm)
		return MIX_NOMEM;
	err = decoder_alloc(&d, CODEC_G722);
	if (err)
		return err;
	while (s->n < cap && (got = fread(bytes, 1, sizeof(bytes), file)) > 0) {
		if (decoder_run(d, bytes, got, s->pcm + s->n, cap - s->n, &made) != MIX_OK)
			break; /* it grew while we read it */
		s->n += made;
	}
	decoder_free(d);
	return s->n > 0 ? MIX_OK : MIX_FILE;
}

static enum mix_err read_g722(struct sound *s, const char *path)
{
	FILE *file = fopen(path, "rb");
	enum mix_err err = MIX_FILE;

	if (!file)
		return MIX_FILE;
	size_t size = file_size(file);
	if (size > (size_t)CUE_SECONDS_MAX * G722_BYTES_PER_SECOND)
		err = MIX_RANGE;
	else if (size > 0)
		err = decode_g722(s, file, size);
	fclose(file);
	return err;
}

static enum mix_err mix_down(struct sound *s, SNDFILE *file, const SF_INFO *info)
{
	float block[BLOCK * CHANNELS_MAX];
	size_t most = (size_t)CUE_SECONDS_MAX * s->hz;
	size_t cap = (size_t)info->frames;

	if (cap > most)
		return MIX_RANGE;
	s->pcm = calloc(cap, sizeof(*s->pcm));
	if (!s->pcm)
		return MIX_NOMEM;
	for (;;) {
		sf_count_t got = sf_readf_float(file, block, BLOCK);
		if (got <= 0)
			break;
		for (sf_count_t i = 0; i < got && s->n < cap; i++) {
			float sum = 0;
			for (int c = 0; c < info->channels; c++)
				sum += block[i * info->channels + c];
			float mono = sum / (float)info->channels * 32767.0f;
			s->pcm[s->n++] = (int16_t)lrintf(fminf(fmaxf(mono, -32768.0f), 32767.0f));
		}
	}
	return s->n ? MIX_OK : MIX_FILE;
}

static enum mix_err read_sndfile(struct sound *s, const char *path)
{
	SF_INFO info = { 0 };
	SNDFILE *file = sf_open(path, SFM_READ, &info);
	enum mix_err err = MIX_FILE;

	if (!file)
		return MIX_FILE;
	s->hz = (unsigned)info.samplerate;
	if (info.frames > 0 && info.channels >= 1 && info.channels <= CHANNELS_MAX &&
		info.samplerate >= 4000 && info.samplerate <= 192000)
		err = mix_down(s, file, &info);
	sf_close(file);
	return err;
}

enum { CUE_TAIL_MS = 5 /* LIMIT_LOOK_MS */ };
enum { LOUDEST_DBOV = 20, QUIETEST_DBOV = 26, LIFT_DB = 6, PEAK_MAX = 29204 /* -1 dB of full scale */ };

/* Power of active speech in the manner of P.56: of the 20 ms blocks within 16 dB of the
 * active level itself; found by starting from the mean of all and closing in. */
static double active_power(const struct sound *s)
{
	size_t block = s->hz / 1000 * FRAME_MS;
	double threshold = 0, power = 0;

	for (unsigned round = 0; round < 8; round++) {
		double sum = 0;
		size_t n = 0;
		for (size_t at = 0; at < s->n; at += block) {
			size_t len = s->n - at < block ? s->n - at : block;
			double energy = 0;
			for (size_t i = at; i < at + len; i++)
				energy += (double)s->pcm[i] * s->pcm[i];
			if (energy / (double)len < threshold)
				continue;
			sum += energy;
			n += len;
		}
		if (n == 0)
			break;
		power = sum / (double)n;
		threshold = power * 0.0257; /* 15.9 dB below, P.56 section 5 */
	}
	return power;
}

static void level_sound(struct sound *s)
{
	double power = active_power(s), gain_db = 0;
	int peak = 1;

	if (power < 1)
		return;
	double dbov = -10 * log10(power / (32768.0 * 32768.0));
	if (dbov < LOUDEST_DBOV)
		gain_db = dbov - LOUDEST_DBOV;
	else if (dbov > QUIETEST_DBOV)
		gain_db = fmin(dbov - QUIETEST_DBOV, LIFT_DB);
	for (size_t i = 0; i < s->n; i++)
		peak = abs(s->pcm[i]) > peak ? abs(s->pcm[i]) : peak;
	double gain = fmin(pow(10, gain_db / 20), (double)PEAK_MAX / peak);
	for (size_t i = 0; i < s->n; i++)
		s->pcm[i] = (int16_t)lrint(s->pcm[i] * gain);
}

static enum mix_err make_cue(struct cue **out, const struct sound *s)
{
	uint64_t ms = ((uint64_t)s->n * 1000 + s->hz - 1) / s->hz + CUE_TAIL_MS;
	uint64_t frames = (ms + FRAME_MS - 1) / FRAME_MS;
	struct cue *c;

	if (frames > CUE_FRAMES_MAX)
		return MIX_RANGE;
	enum mix_err err = cue_alloc(&c, (uint32_t)frames);
	for (enum rate_class rate = 0; !err && rate < RATES; rate++) {
		size_t room = c->frames * frame_samples(rate), n = 0;
		int16_t *pcm = NULL;
		err = resample_all(&pcm, &n, s->pcm, s->n, s->hz, rate_hz(rate));
		if (!err)
			memcpy(c->pcm[rate], pcm, (n < room ? n : room) * sizeof(*pcm));
		free(pcm);
		if (err)
			cue_free(c);
	}
	if (!err)
		*out = c;
	return err;
}

/* A rate that none of ours divides, as a speech synthesiser's 22,050 Hz, takes five times as long: so once, not three times. */
static enum mix_err bring_to_even_rate(struct sound *s)
{
	int16_t *pcm = NULL;
	size_t n = 0;

	if (rate_hz(RATE_48K) % s->hz == 0)
		return MIX_OK;
	enum mix_err err = resample_all(&pcm, &n, s->pcm, s->n, s->hz, rate_hz(RATE_48K));
	if (err)
		return err;
	free(s->pcm);
	*s = (struct sound){ .pcm = pcm, .n = n, .hz = rate_hz(RATE_48K) };
	return MIX_OK;
}

enum mix_err cue_load(struct cue **out, const char *path)
{
	struct sound s = { 0 };
	enum mix_err err = ends_in(path, ".g722") ? read_g722(&s, path) : read_sndfile(&s, path);

	if (!err) {
		level_sound(&s);
		err = bring_to_even_rate(&s);
	}
	if (!err)
		err = make_cue(out, &s);
	free(s.pcm);
	return err;
}
