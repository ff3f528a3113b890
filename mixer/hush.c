#include "mixer/hush.h"

#include "mixer/level.h"

#include <stdlib.h>
#include <string.h>

enum {
	PLACES = HUSH_FRAMES + 1, /* those that wait, and the one that was given out */
	TAIL_FRAMES = 10,         /* for which sound as loud as the key still is the key */
	TAIL_DB = 10
};

struct hush {
	enum rate_class rate;
	uint8_t tail;         /* frames for which the last key may still sound; TAIL_FRAMES: it is held */
	uint8_t key_dbov;     /* its level */
	uint8_t now;          /* place of the latest frame; the next one is the oldest */
	uint8_t dbov[PLACES]; /* LEVEL_SILENCE: silence or private, and the samples mean nothing */
	int16_t pcm[];        /* PLACES frames */
};

enum mix_err hush_alloc(struct hush **out, enum rate_class rate)
{
	struct hush *h = calloc(1, sizeof(*h) + PLACES * frame_samples(rate) * sizeof(int16_t));

	if (!h)
		return MIX_NOMEM;
	h->rate = rate;
	for (unsigned i = 0; i < PLACES; i++)
		h->dbov[i] = LEVEL_SILENCE;
	*out = h;
	return MIX_OK;
}

struct hush *hush_free(struct hush *h)
{
	free(h);
	return NULL;
}

/* A tone that packets were lost of may be no key to the receiver any more before it ends: the key is let go when
 * its loudness is. */
static bool is_private(struct hush *h, uint8_t dbov, bool key)
{
	const bool was = h->tail > 0;

	if (key) {
		h->key_dbov = h->tail == TAIL_FRAMES && h->key_dbov < dbov ? h->key_dbov : dbov;
		h->tail = TAIL_FRAMES;
	} else if (h->tail > 0) {
		h->tail = dbov <= h->key_dbov + TAIL_DB ? (uint8_t)(h->tail - 1) : 0;
	}
	return was || key; /* a key that was let go in this frame sounds at its beginning */
}

const int16_t *hush_frame(struct hush *h, const int16_t *pcm, uint8_t *dbov, bool key)
{
	const size_t n = frame_samples(h->rate);
	unsigned oldest;

	h->now = (uint8_t)((h->now + 1) % PLACES);
	h->dbov[h->now] = is_private(h, *dbov, key) || !pcm ? LEVEL_SILENCE : *dbov;
	if (h->dbov[h->now] != LEVEL_SILENCE)
		memcpy(h->pcm + h->now * n, pcm, n * sizeof(*pcm));
	for (unsigned i = 0; key && i < PLACES; i++)
		h->dbov[i] = LEVEL_SILENCE;

	oldest = (h->now + 1u) % PLACES;
	*dbov = h->dbov[oldest];
	return *dbov == LEVEL_SILENCE ? NULL : h->pcm + oldest * n;
}
