/* span.h - some bytes of a text that is not terminated, and how wire readers take it apart.
 *
 * Every function looks at s.p[0] .. s.p[s.n - 1] and at nothing else.
 * Thread: any; pure.
 */
#ifndef SIP_SPAN_H
#define SIP_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

struct span {
	const char *p; /* borrowed */
	size_t n;
};

static inline struct span span_of(const char *text)
{
	return (struct span){ text, strlen(text) };
}

static inline bool span_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Without the white space at both ends. */
static inline struct span span_trim(struct span s)
{
	while (s.n && span_is_space(s.p[0]))
		s.p++, s.n--;
	while (s.n && span_is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* Is it this word, in whatever case? */
static inline bool span_is(struct span s, const char *word)
{
	return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

/* Splits *rest after its first n bytes and drops the byte there, if there is one. */
static inline struct span span_split(struct span *rest, size_t n)
{
	struct span part = { rest->p, n };
	size_t taken = n < rest->n ? n + 1 : n;

	rest->p += taken;
	rest->n -= taken;
	return part;
}

/* Takes what stands before the first `c` off *rest, and the `c` too; everything when there is none. */
static inline struct span span_until(struct span *rest, char c)
{
	const char *end = rest->n ? memchr(rest->p, c, rest->n) : NULL;

	return span_split(rest, end ? (size_t)(end - rest->p) : rest->n);
}

/* Takes the next word off *rest; empty when there is none. */
static inline struct span span_word(struct span *rest)
{
	size_t n = 0;

	*rest = span_trim(*rest);
	while (n < rest->n && !span_is_space(rest->p[n]))
		n++;
	return span_split(rest, n);
}

/* 0-terminated into out[cap]; false, and nothing written, when it does not fit. */
static inline bool span_copy(char *out, size_t cap, struct span s)
{
	if (s.n >= cap)
		return false;
	memcpy(out, s.p, s.n);
	out[s.n] = 0;
	return true;
}

/* A whole span of digits: what is no number is told apart from what exceeds `max`. */
enum span_number { SPAN_NO_NUMBER, SPAN_NUMBER, SPAN_OVER };
static inline enum span_number span_number(uint64_t *out, struct span s, uint64_t max)
{
	uint64_t value = 0;
	bool over = false;

	for (size_t i = 0; i < s.n; i++) {
		uint64_t digit = (uint64_t)(s.p[i] - '0');

		if (s.p[i] < '0' || s.p[i] > '9')
			return SPAN_NO_NUMBER;
		over |= value > (UINT64_MAX - digit) / 10;
		value = value * 10 + digit;
	}
	if (!s.n)
		return SPAN_NO_NUMBER;
	if (over || value > max)
		return SPAN_OVER;
	*out = value;
	return SPAN_NUMBER;
}
#endif
