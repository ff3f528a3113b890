#include "tools/crowd_clip.h"
#include "mixer/cue.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BURST_MS = 40, BURST_EVERY_MS = 500, BURST_HZ = 1000, KEY_DBOV = -16, PACKET_SLOT = 1280 };

struct crowd_clip {
	uint8_t *bytes; /* owned: payloads one after another */
	uint32_t *at;   /* owned: n + 1 offsets into bytes */
	size_t n;
	size_t marks_every; /* packets between bursts; 0: none */
	bool spoken;
};

/* A sound while it is put together, at one rate. */
struct pcm {
	int16_t *samples; /* owned */
	size_t n, cap;
	unsigned hz;
	enum rate_class rate;
	bool spoken, bursts;
	uint64_t seed;
};

static bool pcm_room(struct pcm *p, size_t more, char *why, size_t why_cap)
{
	if (p->n + more > (size_t)p->hz * CROWD_CLIP_SECONDS) {
		snprintf(why, why_cap, "sound is longer than %d s", CROWD_CLIP_SECONDS);
		return false;
	}
	if (!p->samples || p->n + more > p->cap) {
		size_t cap = p->n + more + p->hz;
		int16_t *grown = realloc(p->samples, cap * sizeof(*grown));
		if (!grown) {
			snprintf(why, why_cap, "out of memory");
			return false;
		}
		p->samples = grown;
		p->cap = cap;
	}
	return true;
}

/* RMS level in dBov (RFC 6464: a full-scale square wave is 0) to the amplitude of a sine. */
static double amplitude(double dbov)
{
	return 32767.0 * sqrt(2.0) * pow(10.0, dbov / 20.0);
}

static int16_t clamp(double x)
{
	return (int16_t)lrint(x > 32767.0 ? 32767.0 : x < -32768.0 ? -32768.0 : x);
}

static void put_sines(struct pcm *p, size_t n, double hz_a, double hz_b, double dbov)
{
	double step_a = 2.0 * M_PI * hz_a / p->hz, step_b = 2.0 * M_PI * hz_b / p->hz, a = amplitude(dbov);

	for (size_t i = 0; i < n; i++)
		p->samples[p->n++] =
			clamp(a * sin(step_a * (double)i) + (hz_b > 0 ? a * sin(step_b * (double)i) : 0.0));
}

static double uniform(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (double)(*seed >> 11) / (double)(1ULL << 53) * 2.0 - 1.0;
}

static void put_noise(struct pcm *p, size_t n, double dbov)
{
	double peak =
		32768.0 * sqrt(3.0) * pow(10.0, dbov / 20.0); /* RMS of a uniform spread is peak / sqrt 3 */

	for (size_t i = 0; i < n; i++)
		p->samples[p->n++] = clamp(peak * uniform(&p->seed));
}

static void put_silence(struct pcm *p, size_t n)
{
	memset(p->samples + p->n, 0, n * sizeof(*p->samples));
	p->n += n;
}

/* Reads "[:-20[dBov]][:SECONDS]"; false: anything else. */
static bool level_and_seconds(const char *text, double *dbov, double *seconds)
{
	char *end;

	if (*text == ':') {
		*dbov = strtod(text + 1, &end);
		if (end == text + 1 || !(*dbov <= 0.0) || *dbov < -127.0)
			return false;
		text = strncmp(end, "dBov", 4) == 0 ? end + 4 : end;
	}
	if (*text == ':') {
		*seconds = strtod(text + 1, &end);
		if (end == text + 1 || !(*seconds > 0.0) || *seconds > CROWD_CLIP_SECONDS)
			return false;
		text = end;
	}
	return *text == '\0';
}

static bool put_file(struct pcm *p, const char *path, char *why, size_t why_cap)
{
	struct cue *cue;
	struct cue_player player = { 0 };
	enum mix_err err = cue_load(&cue, path);
	uint32_t ended = 0;
	bool fits = true;

	if (err) {
		snprintf(why, why_cap, "%s: %s", path, mix_strerror(err));
		return false;
	}
	const struct cue *list[] = { cue };
	size_t frame = frame_samples(p->rate);
	err = cue_play(&player, list, 1, false, 1);
	while (!err && !ended && cue_playing(&player) && (fits = pcm_room(p, frame, why, why_cap))) {
		memset(p->samples + p->n, 0, frame * sizeof(*p->samples));
		cue_frame(&player, p->rate, p->samples + p->n, &ended);
		p->n += frame;
	}
	cue_free(cue);
	p->spoken = true;
	return fits && !err;
}

static bool put_part(struct pcm *p, const char *part, char *why, size_t why_cap)
{
	double dbov = CROWD_TONE_DBOV, seconds = 1.0, hz = 0.0;
	int used = 0;

	if (sscanf(part, "tone:%lf%n", &hz, &used) == 1 && used > 0) {
		if (!(hz >= 20.0 && hz < p->hz / 2.0) || !level_and_seconds(part + used, &dbov, &seconds))
			goto syntax;
		if (!pcm_room(p, (size_t)(seconds * p->hz), why, why_cap))
			return false;
		put_sines(p, (size_t)(seconds * p->hz), hz, 0.0, dbov);
	} else if (strncmp(part, "noise", 5) == 0 && (!part[5] || part[5] == ':')) {
		dbov = CROWD_NOISE_DBOV;
		seconds = 4.0;
		if (!level_and_seconds(part + 5, &dbov, &seconds))
			goto syntax;
		if (!pcm_room(p, (size_t)(seconds * p->hz), why, why_cap))
			return false;
		put_noise(p, (size_t)(seconds * p->hz), dbov);
	} else if (strncmp(part, "silence", 7) == 0 && (!part[7] || part[7] == ':')) {
		if (part[7] && (sscanf(part + 7, ":%lf%n", &seconds, &used) != 1 || part[7 + used] ||
				       !(seconds > 0.0) || seconds > CROWD_CLIP_SECONDS))
			goto syntax;
		if (!pcm_room(p, (size_t)(seconds * p->hz), why, why_cap))
			return false;
		put_silence(p, (size_t)(seconds * p->hz));
	} else if (strcmp(part, "bursts") == 0) {
		size_t on = p->hz / 1000 * BURST_MS, period = p->hz / 1000 * BURST_EVERY_MS;
		if (!pcm_room(p, period, why, why_cap))
			return false;
		put_sines(p, on, BURST_HZ, 0.0, -12.0);
		put_silence(p, period - on);
		p->bursts = true;
	} else {
		return put_file(p, part, why, why_cap);
	}
	return true;
syntax:
	snprintf(why, why_cap,
		"'%s': expected tone:HZ[:-LEVEL][:SECONDS], noise[:-LEVEL][:SECONDS] or silence[:SECONDS]",
		part);
	return false;
}

static bool put_sound(struct pcm *p, const char *sound, char *why, size_t why_cap)
{
	char part[256];

	for (;;) {
		size_t n = strcspn(sound, "+");
		if (n == 0 || n >= sizeof(part)) {
			snprintf(why, why_cap, "'%s': an empty or overlong part", sound);
			return false;
		}
		memcpy(part, sound, n);
		part[n] = '\0';
		if (!put_part(p, part, why, why_cap))
			return false;
		if (!sound[n])
			return true;
		sound += n + 1;
	}
}

/* Runs `e` once through the sound; with a clip, keeps what comes out. */
static enum mix_err encode_pass(
	struct encoder *e, const struct pcm *p, size_t packet, struct crowd_clip *keep)
{
	uint8_t payload[PACKET_SLOT];
	size_t used = 0, k = 0;

	for (size_t i = 0; i + packet <= p->n; i += packet, k++) {
		size_t len = 0;
		enum mix_err err = encoder_run(
			e, p->samples + i, packet, keep ? keep->bytes + used : payload, PACKET_SLOT, &len);
		if (err)
			return err;
		if (!keep)
			continue;
		keep->at[k] = (uint32_t)used;
		if (len > 1) /* DTX says with 0 or 1 that nothing is sent */
			used += len;
	}
	if (keep) {
		keep->n = k;
		keep->at[k] = (uint32_t)used;
	}
	return MIX_OK;
}

static struct crowd_clip *encode(struct pcm *p, const struct codec_format *format, char *why, size_t why_cap)
{
	struct encoder *e = NULL;
	struct crowd_clip *clip = NULL;
	size_t packet = p->hz / 1000 * format->ptime_ms, n = (p->n + packet - 1) / packet;
	enum mix_err err = MIX_NOMEM;

	if (!pcm_room(p, n * packet - p->n, why, why_cap))
		return NULL;
	put_silence(p, n * packet - p->n);
	clip = calloc(1, sizeof(*clip));
	if (!clip)
		goto fail;
	clip->spoken = p->spoken;
	clip->marks_every =
		p->bursts && BURST_EVERY_MS % format->ptime_ms == 0 ? BURST_EVERY_MS / format->ptime_ms : 0;
	clip->bytes = malloc(n * PACKET_SLOT);
	clip->at = calloc(n + 1, sizeof(*clip->at));
	if (!clip->bytes || !clip->at)
		goto fail;
	err = encoder_alloc(&e, format);
	if (!err && p->n < (size_t)10 * p->hz)
		err = encode_pass(e, p, packet, NULL);
	if (!err)
		err = encode_pass(e, p, packet, clip);
	encoder_free(e);
	if (err)
		goto fail;
	uint8_t *fitted = realloc(clip->bytes, clip->at[clip->n] + 1);
	clip->bytes = fitted ? fitted : clip->bytes;
	return clip;
fail:
	snprintf(why, why_cap, "cannot encode: %s", mix_strerror(err));
	return crowd_clip_free(clip);
}

static struct pcm pcm_for(const struct codec_format *format, uint64_t seed)
{
	enum rate_class rate = codec_info(format->id)->rate;

	return (struct pcm){ .hz = rate_hz(rate), .rate = rate, .seed = seed };
}

struct crowd_clip *crowd_clip_make(
	const char *sound, const struct codec_format *format, uint64_t seed, char *why, size_t why_cap)
{
	struct pcm p = pcm_for(format, seed);
	struct crowd_clip *clip = NULL;

	if (put_sound(&p, sound, why, why_cap)) {
		/* A whole number of packets of any ptime, so that a tone repeats without a seam. */
		size_t once = p.n;
		bool fits = !p.spoken && once % (p.hz / 1000 * format->ptime_ms) != 0;
		for (unsigned i = 1; fits && i < format->ptime_ms && p.n % (p.hz / 1000 * format->ptime_ms);
			i++) {
			if (!pcm_room(&p, once, why, why_cap))
				break;
			memcpy(p.samples + p.n, p.samples, once * sizeof(*p.samples));
			p.n += once;
		}
		clip = encode(&p, format, why, why_cap);
	}
	free(p.samples);
	return clip;
}

bool crowd_key_sound(
	int16_t **pcm, size_t *n, char key, unsigned press_ms, unsigned gap_ms, enum rate_class rate)
{
	static const char keys[] = "123A456B789C*0#D";
	static const double rows[] = { 697, 770, 852, 941 }, columns[] = { 1209, 1336, 1477, 1633 };
	struct pcm p = { .hz = rate_hz(rate), .rate = rate };
	const char *at = key ? strchr(keys, key) : NULL;
	size_t on = p.hz / 1000 * press_ms, off = p.hz / 1000 * gap_ms;
	char why[96];

	if (!at || !pcm_room(&p, on + off, why, sizeof(why)))
		return false;
	put_sines(&p, on, rows[(at - keys) / 4], columns[(at - keys) % 4], KEY_DBOV);
	put_silence(&p, off);
	*pcm = p.samples;
	*n = p.n;
	return true;
}

struct crowd_clip *crowd_clip_free(struct crowd_clip *clip)
{
	if (clip) {
		free(clip->bytes);
		free(clip->at);
		free(clip);
	}
	return NULL;
}

struct crowd_packet crowd_clip_packet(const struct crowd_clip *clip, size_t index)
{
	size_t i = index % clip->n;

	return (struct crowd_packet){ clip->bytes + clip->at[i], clip->at[i + 1] - clip->at[i],
		clip->marks_every && i % clip->marks_every == 0 };
}

bool crowd_clip_spoken(const struct crowd_clip *clip)
{
	return clip->spoken;
}
