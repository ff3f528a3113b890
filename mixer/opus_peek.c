#include "mixer/opus_peek.h"

#include <stdbool.h>

enum {
	FRAME_BYTES_MAX = 1275,
	FRAMES_MAX = 48, /* 120 ms in frames of 2.5 ms */
	PACKET_100US = 1200,
	FIRST_HYBRID = 12,
	FIRST_CELT = 16
};

/* Of one TOC byte (section 3.1). */
struct kind {
	bool celt, stereo;
	unsigned silk_frames; /* flags in a row, of one channel */
	unsigned frame_100us;
};

static struct kind kind_of(uint8_t toc)
{
	static const uint16_t silk_100us[4] = { 100, 200, 400, 600 };
	static const uint8_t celt_100us[4] = { 25, 50, 100, 200 }, silk_frames[4] = { 1, 1, 2, 3 };
	const unsigned config = toc >> 3;
	struct kind k = { .celt = config >= FIRST_CELT, .stereo = (toc & 4) != 0, .silk_frames = 1 };

	if (k.celt) {
		k.frame_100us = celt_100us[config & 3];
	} else if (config >= FIRST_HYBRID) {
		k.frame_100us = config & 1 ? 200 : 100;
	} else {
		k.frame_100us = silk_100us[config & 3];
		k.silk_frames = silk_frames[config & 3];
	}
	return k;
}

static enum peek peek_frame(const struct kind *k, const uint8_t *p, size_t len)
{
	unsigned flags, mask;

	if (len <= 1) /* one byte holds nothing either: libopus conceals */
		return PEEK_EMPTY;
	if (k->celt)
		return p[0] == 0xff && (p[1] & 0xfe) == 0xfe ? PEEK_QUIET : PEEK_UNTOLD;
	mask = 0xffu << (8 - k->silk_frames) & 0xffu;
	flags = p[0] & mask;
	if (k->stereo) /* the side channel's stand behind the mid's FEC flag */
		flags |= p[0] & mask >> (k->silk_frames + 1);
	return flags ? PEEK_VOICED : PEEK_QUIET;
}

/* Section 3.2.1.  False: no such length. */
static bool read_length(const uint8_t **p, const uint8_t *end, size_t *len)
{
	if (*p >= end)
		return false;
	*len = *(*p)++;
	if (*len < 252)
		return true;
	if (*p >= end)
		return false;
	*len += (size_t) * (*p)++ * 4;
	return true;
}

/* Padding of a code 3 packet, section 3.2.5: it ends the packet earlier. */
static bool skip_padding(const uint8_t **p, const uint8_t **end)
{
	size_t padding = 0;
	uint8_t more;

	do {
		if (*p >= *end)
			return false;
		more = *(*p)++;
		padding += more == 255 ? 254 : more;
	} while (more == 255);
	if (padding > (size_t)(*end - *p))
		return false;
	*end -= padding;
	return true;
}

/* The lengths of all frames, in order; *p is then where the first begins.  0: no valid packet. */
static unsigned read_frames(const uint8_t **p, const uint8_t *end, uint8_t toc, size_t len[FRAMES_MAX])
{
	const unsigned code = toc & 3;
	unsigned n = code == 0 ? 1 : 2;
	bool even = code < 2;
	size_t sum = 0;

	if (code == 3) {
		uint8_t count;

		if (*p >= end)
			return 0;
		count = *(*p)++;
		n = count & 0x3f;
		even = !(count & 0x80);
		if (n == 0 || n > FRAMES_MAX)
			return 0;
		if (count & 0x40 && !skip_padding(p, &end))
			return 0;
	}
	for (unsigned i = 0; !even && i + 1 < n; i++) {
		if (!read_length(p, end, &len[i]))
			return 0;
		sum += len[i];
	}
	if (even) {
		if ((size_t)(end - *p) % n)
			return 0;
		for (unsigned i = 0; i < n; i++)
			len[i] = (size_t)(end - *p) / n;
	} else if (sum > (size_t)(end - *p)) {
		return 0;
	} else {
		len[n - 1] = (size_t)(end - *p) - sum;
	}
	return n;
}

enum peek peek_opus(const uint8_t *payload, size_t len)
{
	const uint8_t *p, *end = payload + len;
	enum peek all = PEEK_EMPTY;
	size_t lengths[FRAMES_MAX];
	struct kind k;
	unsigned n;

	if (len == 0)
		return PEEK_BROKEN;
	p = payload + 1;
	k = kind_of(payload[0]);
	n = read_frames(&p, end, payload[0], lengths);
	if (n == 0 || n * k.frame_100us > PACKET_100US)
		return PEEK_BROKEN;
	for (unsigned i = 0; i < n; i++) {
		enum peek one = peek_frame(&k, p, lengths[i]);

		if (lengths[i] > FRAME_BYTES_MAX)
			return PEEK_BROKEN;
		if (one > all)
			all = one;
		p += lengths[i];
	}
	return all;
}
