#include "sip/squeeze.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { RUN_MAX = 255, RUN_HEAD = 2, WORTH = 3 /* fewer zeros than a head costs are kept as they are */ };

/* As far as they are of one kind, words are looked at whole: most of a description is zeros. */
static size_t zeros_at(const uint8_t *p, size_t left)
{
	const size_t end = left < RUN_MAX ? left : RUN_MAX;
	uint64_t word;
	size_t n = 0;

	for (; n + sizeof(word) <= end; n += sizeof(word)) {
		memcpy(&word, p + n, sizeof(word));
		if (word)
			break;
	}
	while (n < end && p[n] == 0)
		n++;
	return n;
}

/* Bytes up to the next zeros that are worth a run of their own, or to the end. */
static size_t bytes_at(const uint8_t *p, size_t left)
{
	const size_t end = left < RUN_MAX ? left : RUN_MAX;
	size_t n = 0;

	while (n < end) {
		const size_t zeros = p[n] ? 0 : zeros_at(p + n, left - n < WORTH ? left - n : WORTH);

		if (zeros == WORTH)
			break;
		n += zeros ? zeros : 1;
	}
	return n < end ? n : end;
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
