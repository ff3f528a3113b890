#include "mixer/hush.h"

#include "mixer/level.h"

#include <stdlib.h>
#include <string.h>

enum { PLACES = HUSH_FRAMES + 1 }; /* those that wait, and the one that was given out */

struct hush {
	enum rate_class rate;
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

void hush_inherit(struct hush *to, const struct hush *from)
{
	if (to && from && to->rate == from->rate)
		memcpy(to, from, sizeof(*to) + PLACES * frame_samples(to->rate) * sizeof(int16_t));
}

const int16_t *hush_frame(struct hush *h, const int16_t *pcm, uint8_t *dbov, bool key)
{
	const size_t n = frame_samples(h->rate);
	unsigned oldest;

	h->now = (uint8_t)((h->now + 1) % PLACES);
	h->dbov[h->now] = pcm && !key ? *dbov : LEVEL_SILENCE;
	if (h->dbov[h->now] != LEVEL_SILENCE)
		memcpy(h->pcm + h->now * n, pcm, n * sizeof(*pcm));
	for (unsigned i = 0; key && i < PLACES; i++)
		h->dbov[i] = LEVEL_SILENCE;

	oldest = (h->now + 1u) % PLACES;
	*dbov = h->dbov[oldest];
	return *dbov == LEVEL_SILENCE ? NULL : h->pcm + oldest * n;
}
