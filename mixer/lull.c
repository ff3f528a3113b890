#include "mixer/lull.h"

#include <string.h>

static bool is_silent(const int16_t *pcm, size_t n)
{
	/* Each sample equals the one before it, and the first is 0. */
	return n > 0 && pcm[0] == 0 && memcmp(pcm, pcm + 1, (n - 1) * sizeof(*pcm)) == 0;
}

bool lull_skips(struct lull *h, const int16_t *pcm, size_t n, bool dtx, uint8_t *out, size_t *len)
{
	if (!is_silent(pcm, n)) {
		h->quiet = h->turn = h->len = 0;
		return false;
	}
	if (h->quiet < LULL_AFTER) {
		h->quiet++;
		return false;
	}
	if (h->len == 0)
		return false;
	h->turn = (uint8_t)(h->turn + 1);
	*len = 0;
	if (dtx && h->turn < LULL_EVERY)
		return true;
	h->turn = 0;
	memcpy(out, h->bytes, h->len);
	*len = h->len;
	return true;
}

void lull_made(struct lull *h, const uint8_t *payload, size_t len)
{
	/* Of the first half something of the sound before may be left in it. */
	if (h->quiet <= LULL_AFTER / 2 || len == 0 || len > LULL_BYTES)
		return;
	memcpy(h->bytes, payload, len);
	h->len = (uint8_t)len;
}
