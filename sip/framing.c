#include "sip/framing.h"

#include "sip/span.h"

#include <stdlib.h>
#include <string.h>

/* The body's length, from the header fields; 0 when they do not say. */
static size_t length_said(const char *text, size_t len)
{
	struct span rest = { text, len };
	uint64_t value = 0;

	while (rest.n) {
		struct span line = span_until(&rest, '\n'), name = span_trim(span_until(&line, ':'));

		if (!span_is(name, "Content-Length") && !span_is(name, "l"))
			continue;
		return span_number(&value, span_trim(line), FRAMING_MAX) == SPAN_NUMBER ? (size_t)value : 0;
	}
	return 0;
}

/* Bytes up to and with the empty line; 0: it has not come. */
static size_t head_length(const char *p, size_t n)
{
	const char *at = p, *end = p + n;

	while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
		at++;
		if (at < end && *at == '\n')
			return (size_t)(at + 1 - p);
		if (at + 1 < end && at[0] == '\r' && at[1] == '\n')
			return (size_t)(at + 2 - p);
	}
	return 0;
}

/* Shows what is whole; how many bytes that were. */
static size_t take_whole(const char *p, size_t n, framing_fn *each, void *arg)
{
	size_t done = 0;

	for (;;) {
		size_t head, whole;

		while (done < n && (p[done] == '\r' || p[done] == '\n')) /* between messages: keep-alive */
			done++;
		head = head_length(p + done, n - done);
		if (!head)
			return done;
		whole = head + length_said(p + done, head);
		if (whole > n - done)
			return done;
		each(arg, p + done, whole);
		done += whole;
	}
}

static bool hold(struct framing *f, const char *bytes, size_t n)
{
	if (f->n + n > FRAMING_MAX)
		return false;
	if (f->n + n > f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 2048;
		char *more;

		while (cap < f->n + n)
			cap *= 2;
		more = realloc(f->held, cap);
		if (!more)
			return false;
		f->held = more;
		f->cap = cap;
	}
	memcpy(f->held + f->n, bytes, n);
	f->n += n;
	return true;
}

void framing_feed(struct framing *f, const char *bytes, size_t n, framing_fn *each, void *arg)
{
	size_t done;

	if (f->lost)
		return;
	if (!f->n) {
		done = take_whole(bytes, n, each, arg);
		bytes += done;
		n -= done;
	}
	if (n && !hold(f, bytes, n)) {
		framing_clear(f);
		f->lost = true;
	}
	if (!f->n)
		return;
	done = take_whole(f->held, f->n, each, arg);
	memmove(f->held, f->held + done, f->n - done);
	f->n -= done;
}

void framing_clear(struct framing *f)
{
	free(f->held);
	*f = (struct framing){ .n = 0 };
}
