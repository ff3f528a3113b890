#include "mixer/codec.h"
#include "mixer/codec_priv.h"
#include "mixer/lull.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { OPUS_COMPLEXITY_MAX = 10, OPUS_BITRATE_MIN = 6000, OPUS_BITRATE_MAX = 510000 };

/* Samples of made-up Opus sound: whole up to 80 ms, gone at 200 ms. */
enum { FADE_BEGIN = 80 * 48, FADE_END = 200 * 48 };

static const struct codec_info infos[CODECS] = {
	[CODEC_PCMU] = { "PCMU", 0, 8000, 1, RATE_8K },
	[CODEC_PCMA] = { "PCMA", 8, 8000, 1, RATE_8K },
	[CODEC_G722] = { "G722", 9, 8000, 1, RATE_16K },
	[CODEC_OPUS] = { "opus", CODEC_DYNAMIC, 48000, 2, RATE_48K },
};

struct encoder {
	struct codec_format format;
	unsigned samples;    /* of one packet */
	unsigned state_size; /* 0 for G.711 */
	bool cut;            /* before the next packet */
	bool rested;         /* the last packet */
	struct lull *lull;   /* behind the state; Opus only */
	_Alignas(max_align_t) unsigned char state[];
};

struct decoder {
	enum codec_id id;
	size_t made_up; /* samples since the last good packet */
	_Alignas(max_align_t) unsigned char state[];
};

const struct codec_info *codec_info(enum codec_id id)
{
	return id > CODEC_NONE && id < CODECS ? &infos[id] : NULL;
}

enum codec_id codec_find(const char *name, unsigned clock_hz)
{
	for (enum codec_id id = CODEC_NONE + 1; id < CODECS; id++)
		if (strcasecmp(name, infos[id].name) == 0 && clock_hz == infos[id].clock_hz)
			return id;
	return CODEC_NONE;
}

int codec_silence(enum codec_id id)
{
	return id == CODEC_PCMU ? 0xff : id == CODEC_PCMA ? 0xd5 : -1;
}

static unsigned bitrate(const struct codec_format *f)
{
	return f->bitrate_bps ? f->bitrate_bps : CODEC_OPUS_BITRATE;
}

bool codec_format_equal(const struct codec_format *a, const struct codec_format *b)
{
	if (a->id != b->id || a->ptime_ms != b->ptime_ms)
		return false;
	return a->id != CODEC_OPUS || (bitrate(a) == bitrate(b) && a->complexity == b->complexity &&
					      a->max_rate_hz == b->max_rate_hz && a->fec == b->fec &&
					      a->dtx == b->dtx && a->silk == b->silk);
}

static bool format_valid(const struct codec_format *f)
{
	if (!codec_info(f->id) || f->ptime_ms < PTIME_MIN_MS || f->ptime_ms > PTIME_MAX_MS ||
		f->ptime_ms % 10)
		return false;
	if (f->id != CODEC_OPUS)
		return true;
	return f->complexity <= OPUS_COMPLEXITY_MAX &&
	       (f->bitrate_bps == 0 ||
		       (f->bitrate_bps >= OPUS_BITRATE_MIN && f->bitrate_bps <= OPUS_BITRATE_MAX));
}

static size_t encoder_size(enum codec_id id)
{
	return id == CODEC_G722   ? codec_g722_encoder_size()
	       : id == CODEC_OPUS ? codec_opus_encoder_size()
				  : 0;
}

static size_t decoder_size(enum codec_id id)
{
	return id == CODEC_G722   ? codec_g722_decoder_size()
	       : id == CODEC_OPUS ? codec_opus_decoder_size()
				  : 0;
}

enum mix_err encoder_alloc(struct encoder **out, const struct codec_format *format)
{
	if (!format_valid(format))
		return MIX_RANGE;
	size_t state_size = encoder_size(format->id);
	struct encoder *e =
		calloc(1, sizeof(*e) + state_size + (format->id == CODEC_OPUS ? sizeof(*e->lull) : 0));
	if (!e)
		return MIX_NOMEM;
	e->format = *format;
	e->state_size = (unsigned)state_size;
	e->lull = format->id == CODEC_OPUS ? (void *)(e->state + state_size) : NULL;
	e->samples = rate_hz(infos[format->id].rate) / 1000 * format->ptime_ms;
	enum mix_err err = MIX_OK;
	if (format->id == CODEC_G722)
		codec_g722_encoder_init(e->state);
	else if (format->id == CODEC_OPUS)
		err = codec_opus_encoder_init(e->state, format);
	if (err) {
		encoder_free(e);
		return err;
	}
	*out = e;
	return MIX_OK;
}

struct encoder *encoder_free(struct encoder *e)
{
	free(e);
	return NULL;
}

const struct codec_format *encoder_format(const struct encoder *e)
{
	return &e->format;
}

enum mix_err encoder_copy(struct encoder *to, const struct encoder *from)
{
	if (!codec_format_equal(&to->format, &from->format))
		return MIX_RANGE;
	if (to != from)
		memcpy(to->state, from->state, from->state_size);
	if (to->lull)
		*to->lull = *from->lull;
	return MIX_OK;
}

void encoder_restart(struct encoder *e)
{
	e->cut = false;
	if (e->format.id == CODEC_G722) {
		codec_g722_encoder_init(e->state);
	} else if (e->format.id == CODEC_OPUS) {
		codec_opus_restart(e->state);
		*e->lull = (struct lull){ 0 };
	}
}

void encoder_cut(struct encoder *e)
{
	e->cut = e->format.id == CODEC_OPUS;
}

static enum mix_err run_opus(
	struct encoder *e, const int16_t *pcm, size_t n, uint8_t *out, size_t cap, size_t *len)
{
	enum mix_err err;

	e->rested = cap >= LULL_BYTES && lull_skips(e->lull, pcm, n, e->format.dtx, out, len);
	if (e->rested)
		return MIX_OK;
	if (e->cut)
		codec_opus_predict(e->state, false);
	err = codec_opus_encode(e->state, &e->format, pcm, out, cap, len);
	if (e->cut)
		codec_opus_predict(e->state, true);
	e->cut = false;
	if (!err)
		lull_made(e->lull, out, *len);
	return err;
}

enum mix_err encoder_run(
	struct encoder *e, const int16_t *pcm, size_t n, uint8_t *out, size_t cap, size_t *len)
{
	size_t bytes = e->format.id == CODEC_G722 ? n / 2 : n;

	if (n != e->samples)
		return MIX_RANGE;
	if (e->format.id == CODEC_OPUS)
		return run_opus(e, pcm, n, out, cap, len);
	if (bytes > cap)
		return MIX_SHORT;
	if (e->format.id == CODEC_PCMU)
		codec_ulaw_encode(out, pcm, n);
	else if (e->format.id == CODEC_PCMA)
		codec_alaw_encode(out, pcm, n);
	else
		codec_g722_encode(e->state, out, pcm, n);
	*len = bytes;
	return MIX_OK;
}

bool encoder_ran(const struct encoder *e)
{
	return !e->rested;
}

void encoder_expect_loss(struct encoder *e, unsigned percent)
{
	if (e->format.id == CODEC_OPUS)
		codec_opus_expect_loss(e->state, &e->format, percent);
}

enum mix_err decoder_alloc(struct decoder **out, enum codec_id id)
{
	if (!codec_info(id))
		return MIX_RANGE;
	struct decoder *d = calloc(1, sizeof(*d) + decoder_size(id));
	if (!d)
		return MIX_NOMEM;
	d->id = id;
	enum mix_err err = MIX_OK;
	if (id == CODEC_G722)
		codec_g722_decoder_init(d->state);
	else if (id == CODEC_OPUS)
		err = codec_opus_decoder_init(d->state);
	if (err) {
		decoder_free(d);
		return err;
	}
	*out = d;
	return MIX_OK;
}

struct decoder *decoder_free(struct decoder *d)
{
	free(d);
	return NULL;
}

enum codec_id decoder_id(const struct decoder *d)
{
	return d->id;
}

enum mix_err decoder_run(
	struct decoder *d, const uint8_t *payload, size_t len, int16_t *pcm, size_t cap, size_t *n)
{
	size_t holds = d->id == CODEC_G722 ? 2 * len : len;

	if (d->id == CODEC_OPUS) {
		enum mix_err err = codec_opus_decode(d->state, payload, len, pcm, cap, n);
		d->made_up = err ? d->made_up : 0;
		return err;
	}
	if (len == 0)
		return MIX_SYNTAX;
	if (holds > cap)
		return MIX_SHORT;
	if (d->id == CODEC_PCMU)
		codec_ulaw_decode(pcm, payload, len);
	else if (d->id == CODEC_PCMA)
		codec_alaw_decode(pcm, payload, len);
	else
		codec_g722_decode(d->state, pcm, payload, len);
	*n = holds;
	return MIX_OK;
}

/* libopus goes on with a vowel for seconds; what is made up for longer than a syllable is a drone. */
static void fade(int16_t *pcm, size_t n, size_t made_up)
{
	for (size_t i = 0; i < n; i++, made_up++) {
		size_t left = made_up < FADE_END ? FADE_END - made_up : 0;
		if (made_up > FADE_BEGIN)
			pcm[i] = (int16_t)(pcm[i] * (int32_t)left / (FADE_END - FADE_BEGIN));
	}
}

enum mix_err decoder_conceal(struct decoder *d, const uint8_t *next, size_t next_len, int16_t *pcm, size_t n)
{
	if (d->id != CODEC_OPUS) {
		memset(pcm, 0, n * sizeof(*pcm)); /* conceal.h does it */
		return MIX_OK;
	}
	enum mix_err err = codec_opus_conceal(d->state, next, next_len, pcm, n);
	if (err)
		return err;
	if (!next)
		fade(pcm, n, d->made_up);
	if (d->made_up < FADE_END)
		d->made_up += n;
	return MIX_OK;
}

size_t decoder_samples(enum codec_id id, const uint8_t *payload, size_t len)
{
	switch (id) {
	case CODEC_PCMU:
	case CODEC_PCMA: return len;
	case CODEC_G722: return 2 * len;
	case CODEC_OPUS: return codec_opus_samples(payload, len);
	case CODEC_NONE:
	case CODECS: break;
	}
	return 0;
}
