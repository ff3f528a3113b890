#include "tools/crowd_hear.h"
#include "tools/crowd_tone.h"
#include <math.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>

enum {
	CONCEAL_PACKETS = 5,
	PAUSE_SECONDS = 10,
	PCM_MAX = 48 * 120,
	ONSET_QUIET_US = 100000,
	ONSET_PEAK = 2000
};

struct crowd_ear {
	struct decoder *decoder; /* owned */
	unsigned hz;             /* of samples */
	unsigned clock_hz;       /* of timestamps */
	int16_t *kept;           /* owned ring of `cap` samples; NULL: nothing is kept */
	size_t cap, at, filled;
	bool frozen;
	SNDFILE *file; /* owned; NULL: not recorded */
	bool started;
	uint16_t next_seq;
	uint32_t next_timestamp;
	uint32_t ssrc;
	uint64_t loud_us; /* when something was last heard */
	bool onset;
};

struct crowd_ear *crowd_ear_alloc(enum codec_id codec, bool keeps)
{
	struct crowd_ear *ear = calloc(1, sizeof(*ear));
	const struct codec_info *info = codec_info(codec);

	if (!ear || !info || decoder_alloc(&ear->decoder, codec))
		goto fail;
	ear->hz = rate_hz(info->rate);
	ear->clock_hz = info->clock_hz;
	if (keeps) {
		ear->cap = (size_t)ear->hz * CROWD_EAR_SECONDS;
		ear->kept = calloc(ear->cap, sizeof(*ear->kept));
		if (!ear->kept)
			goto fail;
	}
	return ear;
fail:
	return crowd_ear_free(ear);
}

bool crowd_ear_record(struct crowd_ear *ear, const char *path)
{
	SF_INFO info = {
		.samplerate = (int)ear->hz, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16
	};

	ear->file = sf_open(path, SFM_WRITE, &info);
	return ear->file != NULL;
}

struct crowd_ear *crowd_ear_free(struct crowd_ear *ear)
{
	if (ear) {
		decoder_free(ear->decoder);
		if (ear->file)
			sf_close(ear->file);
		free(ear->kept);
		free(ear);
	}
	return NULL;
}

static void hear(struct crowd_ear *ear, const int16_t *pcm, size_t n)
{
	if (ear->file)
		sf_write_short(ear->file, pcm, (sf_count_t)n);
	if (!ear->kept || ear->frozen)
		return;
	for (size_t i = 0; i < n; i++) {
		ear->kept[ear->at] = pcm[i];
		ear->at = ear->at + 1 == ear->cap ? 0 : ear->at + 1;
	}
	ear->filled = ear->filled + n < ear->cap ? ear->filled + n : ear->cap;
}

static void hear_nothing(struct crowd_ear *ear, size_t n)
{
	static const int16_t zero[480];

	while (n > 0) {
		size_t now = n < 480 ? n : 480;
		hear(ear, zero, now);
		n -= now;
	}
}

/* Fills the time between the packet before and this one. */
static void bridge_gap(struct crowd_ear *ear, const struct rtp *rtp)
{
	int32_t units = (int32_t)(rtp->timestamp - ear->next_timestamp);
	uint16_t missing = (uint16_t)(rtp->seq - ear->next_seq);

	if (units <= 0 || (uint32_t)units > ear->clock_hz * PAUSE_SECONDS)
		return;
	size_t n = (size_t)units * ear->hz / ear->clock_hz;
	int16_t pcm[PCM_MAX];
	size_t frame = (size_t)ear->hz / 1000 * FRAME_MS;
	if (missing > 0 && missing <= CONCEAL_PACKETS) {
		for (; n >= frame && decoder_conceal(ear->decoder, NULL, 0, pcm, frame) == MIX_OK; n -= frame)
			hear(ear, pcm, frame);
	}
	hear_nothing(ear, n);
}

void crowd_ear_packet(struct crowd_ear *ear, const struct rtp *rtp, uint64_t now_us)
{
	int16_t pcm[PCM_MAX];
	size_t n = 0;
	int peak = 0;

	if (!ear->started || rtp->ssrc != ear->ssrc) {
		ear->started = true;
		ear->ssrc = rtp->ssrc;
		ear->next_seq = rtp->seq;
		ear->next_timestamp = rtp->timestamp;
	}
	if ((int16_t)(rtp->seq - ear->next_seq) < 0)
		return; /* too late to be heard */
	bridge_gap(ear, rtp);
	ear->next_seq = (uint16_t)(rtp->seq + 1);
	if (decoder_run(ear->decoder, rtp->payload, rtp->payload_len, pcm, PCM_MAX, &n) != MIX_OK)
		return;
	ear->next_timestamp = rtp->timestamp + (uint32_t)(n * ear->clock_hz / ear->hz);
	hear(ear, pcm, n);

	double sum = 0.0;
	for (size_t i = 0; i < n; i++) {
		sum += (double)pcm[i] * pcm[i];
		if (abs(pcm[i]) > peak)
			peak = abs(pcm[i]);
	}
	if (peak >= ONSET_PEAK && now_us - ear->loud_us >= ONSET_QUIET_US)
		ear->onset = true;
	if (n > 0 && sqrt(sum / (double)n) > 32768.0 * pow(10.0, CROWD_EAR_SILENCE_DBOV / 20.0))
		ear->loud_us = now_us;
}

uint64_t crowd_ear_quiet_us(const struct crowd_ear *ear, uint64_t since_us, uint64_t now_us)
{
	uint64_t from = ear->loud_us > since_us ? ear->loud_us : since_us;

	return now_us > from ? now_us - from : 0;
}

bool crowd_ear_onset(struct crowd_ear *ear)
{
	bool onset = ear->onset;

	ear->onset = false;
	return onset;
}

void crowd_ear_freeze(struct crowd_ear *ear)
{
	ear->frozen = true;
}

static double to_dbov(double rms)
{
	double dbov = rms > 0.0 ? 20.0 * log10(rms / 32768.0) : -127.0;

	return dbov < -127.0 ? -127.0 : dbov;
}

double crowd_ear_level(const struct crowd_ear *ear, unsigned hz)
{
	size_t n = ear->filled;

	if (!ear->kept || n < ear->hz)
		return -127.0;
	return crowd_tone_dbov(ear->kept, ear->cap, (ear->at + ear->cap - n) % ear->cap, n, ear->hz, hz);
}

double crowd_ear_loudness(const struct crowd_ear *ear)
{
	double sum = 0.0;

	for (size_t i = 0; i < ear->filled; i++)
		sum += (double)ear->kept[i] * ear->kept[i];
	return ear->filled ? to_dbov(sqrt(sum / (double)ear->filled)) : -127.0;
}
