#include "sip/squeeze.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { RUN_MAX = 255, RUN_HEAD = 2, WORTH = 3 /* fewer zeros than a head costs are kept as they are */ };

static size_t zeros_at(const uint8_t *p, size_t left)
{
	size_t n = 0;

	while (n < left && n < RUN_MAX && p[n] == 0)
		n++;
	return n;
}

/* Bytes up to the next zeros that are worth a run of their own. */
static size_t bytes_at(const uint8_t *p, size_t left)
{
	size_t n = 0;

	while (n < left && n < RUN_MAX && zeros_at(p + n, left - n) < WORTH)
		n++;
	return n;
}

/* The length of the runs; written to `out` unless that is NULL. */
static size_t write_runs(uint8_t *out, const uint8_t *p, size_t size)
{
	size_t len = 0;

	for (size_t at = 0; at < size;) {
		const size_t zeros = zeros_at(p + at, size - at);
		const size_t bytes = bytes_at(p + at + zeros, size - at - zeros);

		if (out) {
			out[len] = (uint8_t)zeros;
			out[len + 1] = (uint8_t)bytes;
			memcpy(out + len + RUN_HEAD, p + at + zeros, bytes);
		}
		len += RUN_HEAD + bytes;
		at += zeros + bytes;
	}
	return len;
}

enum call_err squeeze_keep(struct squeezed *s, const void *from, size_t size)
{
	const size_t len = write_runs(NULL, from, size);
	uint8_t *runs = malloc(len > 0 ? len : 1);

	if (!runs)
		return CALL_NOMEM;
	(void)write_runs(runs, from, size);
	squeeze_drop(s);
	*s = (struct squeezed){ .runs = runs, .len = len, .size = size };
	return CALL_OK;
}

void squeeze_read(const struct squeezed *s, void *to, size_t size)
{
	size_t at = 0;

	memset(to, 0, size);
	assert(!s->runs || s->size == size);
	for (size_t i = 0; s->runs && i < s->len; i += RUN_HEAD + s->runs[i + 1]) {
		at += s->runs[i];
		memcpy((uint8_t *)to + at, s->runs + i + RUN_HEAD, s->runs[i + 1]);
		at += s->runs[i + 1];
	}
}

void squeeze_drop(struct squeezed *s)
{
	if (s->runs)
		explicit_bzero(s->runs, s->len);
	free(s->runs);
	*s = (struct squeezed){ .runs = NULL };
}
