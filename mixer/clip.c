#include "mixer/clip.h"

#include "mixer/cue_priv.h"
#include "mixer/limit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SILENT = 32 /* -60 dB of full scale */ };

bool clip_serves(const struct codec_format *f)
{
	return (f->id == CODEC_OPUS || f->id == CODEC_G722) && f->ptime_ms > 0 && FRAME_MS % f->ptime_ms == 0;
}

static bool ends_in_silence(const struct cue *cue, enum rate_class rate)
{
	const size_t n = rate_hz(rate) / 1000 * LIMIT_LOOK_MS;
	const int16_t *last = cue_sound(cue, rate, cue->frames - 1) + frame_samples(rate) - n;

	for (size_t i = 0; i < n; i++)
		if (abs(last[i]) > SILENT)
			return false;
	return true;
}

/* As long as the worst case; shrunk when it is known. */
static struct clip *room_for(const struct cue *cue, const struct codec_format *format)
{
	const size_t n_per_frame = FRAME_MS / format->ptime_ms, n = cue->frames * n_per_frame;
	const size_t head = sizeof(struct clip) + n * sizeof(uint32_t);
	struct clip *c = malloc(head + n * CODEC_PAYLOAD_MAX);

	if (!c)
		return NULL;
	c->next = NULL;
	c->format = *format;
	c->n = (uint32_t)n;
	c->n_per_frame = (uint32_t)n_per_frame;
	c->size = head;
	c->payloads = (uint8_t *)c + head;
	return c;
}

static enum mix_err encode_all(struct clip *c, const struct cue *cue, struct encoder *e)
{
	const enum rate_class rate = codec_info(c->format.id)->rate;
	const size_t frame = frame_samples(rate), n = frame / c->n_per_frame;
	int16_t pcm[FRAME_MAX];
	struct limit limit;
	uint32_t end = 0;

	limit_init(&limit, rate);
	for (uint32_t i = 0; i < c->n; i++) {
		const uint32_t k = i % c->n_per_frame;
		int32_t sum[FRAME_MAX];
		size_t len = 0;
		enum mix_err err;

		if (k == 0) {
			const int16_t *from = cue_sound(cue, rate, i / c->n_per_frame);

			for (size_t at = 0; at < frame; at++)
				sum[at] = from[at];
			limit_frame(&limit, rate, sum, pcm);
		}
		err = encoder_run(e, pcm + k * n, n, c->payloads + end, CODEC_PAYLOAD_MAX, &len);
		if (err)
			return err;
		end += (uint32_t)len;
		c->ends[i] = end;
	}
	c->size += end;
	return MIX_OK;
}

enum mix_err clip_make(struct clip **out, const struct cue *cue, const struct codec_format *format)
{
	struct encoder *e = NULL;
	struct clip *c = NULL, *smaller;
	enum mix_err err;

	if (!clip_serves(format) || !ends_in_silence(cue, codec_info(format->id)->rate))
		return MIX_RANGE;
	err = encoder_alloc(&e, format);
	if (!err) {
		encoder_cut(e);
		c = room_for(cue, format);
		err = c ? encode_all(c, cue, e) : MIX_NOMEM;
	}
	encoder_free(e);
	smaller = err ? NULL : realloc(c, c->size);
	if (!smaller) {
		free(c);
		return err ? err : MIX_NOMEM;
	}
	smaller->payloads = (uint8_t *)&smaller->ends[smaller->n]; /* the block may have moved */
	*out = smaller;
	return MIX_OK;
}

struct clip *clip_free(struct clip *c)
{
	free(c);
	return NULL;
}

size_t clip_size(const struct clip *c)
{
	return c->size;
}

enum mix_err clip_attach(struct cue *cue, struct clip *owned)
{
	if (clip_of(cue, &owned->format))
		return MIX_RANGE;
	owned->next = atomic_load_explicit(&cue->clips, memory_order_relaxed);
	atomic_store_explicit(&cue->clips, owned, memory_order_release);
	return MIX_OK;
}

const struct clip *clip_of(const struct cue *cue, const struct codec_format *format)
{
	const struct clip *c = atomic_load_explicit(&cue->clips, memory_order_acquire);

	while (c && !codec_format_equal(&c->format, format))
		c = c->next;
	return c;
}

unsigned clip_packets(const struct clip *c)
{
	return c->n_per_frame;
}

const uint8_t *clip_payload(const struct clip *c, uint32_t frame, unsigned k, size_t *len)
{
	const uint32_t i = frame * c->n_per_frame + k, begin = i > 0 ? c->ends[i - 1] : 0;

	assert(i < c->n && k < c->n_per_frame);
	*len = c->ends[i] - begin;
	return c->payloads + begin;
}
