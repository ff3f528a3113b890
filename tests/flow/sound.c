#include "tests/flow/sound.h"
#include "tools/crowd_tone.h"
#include <math.h>
#include <sndfile.h>
#include <stdlib.h>

enum { SECONDS_MAX = 1800 };

bool sound_read(struct sound *out, const char *path)
{
	SF_INFO info = { 0 };
	SNDFILE *file = sf_open(path, SFM_READ, &info);
	bool ok = false;

	*out = (struct sound){ 0 };
	if (!file)
		return false;
	if (info.frames > 0 && info.frames <= (sf_count_t)info.samplerate * SECONDS_MAX &&
		info.channels > 0) {
		size_t channels = (size_t)info.channels, n = (size_t)info.frames;
		int16_t *all = malloc(n * channels * sizeof(*all));
		if (all && sf_readf_short(file, all, info.frames) == info.frames) {
			for (size_t i = 0; i < n; i++)
				all[i] = all[i * channels];
			*out = (struct sound){ all, n, (unsigned)info.samplerate };
			all = NULL;
			ok = true;
		}
		free(all);
	}
	sf_close(file);
	return ok;
}

void sound_free(struct sound *s)
{
	free(s->samples);
	*s = (struct sound){ 0 };
}

bool sound_write_tone(const char *path, unsigned hz, double dbov, unsigned seconds, int rate_hz, int channels)
{
	SF_INFO info = {
		.samplerate = rate_hz, .channels = channels, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16
	};
	SNDFILE *file = sf_open(path, SFM_WRITE, &info);
	double peak = pow(10.0, dbov / 20.0) * 32768.0 * M_SQRT2, step = 2.0 * M_PI * hz / rate_hz;

	for (unsigned i = 0; file && i < (unsigned)rate_hz * seconds; i++) {
		int16_t s = (int16_t)lrint(peak * sin(step * i)), frame[2] = { s, s };
		sf_writef_short(file, frame, 1);
	}
	return file && sf_close(file) == 0;
}

unsigned sound_ms(const struct sound *s)
{
	return s->hz ? (unsigned)(s->n * 1000 / s->hz) : 0;
}

static double dbov(double rms)
{
	return rms > 0.0 && 20.0 * log10(rms / 32768.0) > -127.0 ? 20.0 * log10(rms / 32768.0) : -127.0;
}

static size_t span(const struct sound *s, unsigned from_ms, unsigned to_ms, size_t *n)
{
	size_t from = (size_t)from_ms * s->hz / 1000, to = (size_t)to_ms * s->hz / 1000;

	to = to < s->n ? to : s->n;
	*n = to > from ? to - from : 0;
	return from;
}

double sound_level(const struct sound *s, double hz, unsigned from_ms, unsigned to_ms)
{
	size_t n, from = span(s, from_ms, to_ms, &n);

	return n ? crowd_tone_dbov(s->samples, s->n, from, n, s->hz, hz) : -127.0;
}

double sound_loudness(const struct sound *s, unsigned from_ms, unsigned to_ms)
{
	size_t n, from = span(s, from_ms, to_ms, &n);
	double sum = 0.0;

	for (size_t i = 0; i < n; i++)
		sum += (double)s->samples[from + i] * s->samples[from + i];
	return n ? dbov(sqrt(sum / (double)n)) : -127.0;
}
