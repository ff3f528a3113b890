#include "sip/body.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

struct span {
	const char *p;
	size_t n;
};

/* Where the delimiter begins, from `from` on; it stands at the start of a line. NULL: nowhere. */
static const char *find_delimiter(struct span body, const char *from, struct span boundary)
{
	const char *end = body.p + body.n;

	while (from < end) {
		const size_t left = (size_t)(end - from);
		const char *eol;

		if (left >= boundary.n + 2 && from[0] == '-' && from[1] == '-' &&
			memcmp(from + 2, boundary.p, boundary.n) == 0)
			return from;
		eol = memchr(from, '\n', left);
		if (!eol)
			return NULL;
		from = eol + 1;
	}
	return NULL;
}

/* Is this header line "Content-Type: application/sdp", with or without parameters?  Short form too. */
static bool line_says_sdp(struct span line)
{
	static const char sdp[] = "application/sdp";
	const char *colon = line.n ? memchr(line.p, ':', line.n) : NULL;
	size_t name, at;

	if (!colon)
		return false;
	name = (size_t)(colon - line.p);
	while (name && (line.p[name - 1] == ' ' || line.p[name - 1] == '\t'))
		name--;
	if (!((name == 12 && strncasecmp(line.p, "Content-Type", 12) == 0) ||
		    (name == 1 && (line.p[0] == 'c' || line.p[0] == 'C'))))
		return false;
	at = (size_t)(colon - line.p) + 1;
	while (at < line.n && (line.p[at] == ' ' || line.p[at] == '\t'))
		at++;
	if (line.n - at < sizeof(sdp) - 1 || strncasecmp(line.p + at, sdp, sizeof(sdp) - 1) != 0)
		return false;
	at += sizeof(sdp) - 1;
	return at == line.n || strchr(" \t\r;", line.p[at]) != NULL;
}

/* A part: header lines, an empty line, content.  False: not a description. */
static bool part_sdp(struct span part, struct body_text *out)
{
	bool is_sdp = false;

	while (part.n) {
		const char *eol = memchr(part.p, '\n', part.n);
		struct span line = { part.p, eol ? (size_t)(eol - part.p) : part.n };

		part.p += eol ? line.n + 1 : line.n;
		part.n -= eol ? line.n + 1 : line.n;
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n == 0) {
			if (is_sdp)
				*out = (struct body_text){ part.p, part.n };
			return is_sdp;
		}
		is_sdp = is_sdp || line_says_sdp(line);
	}
	return false;
}

/* The line end before a delimiter belongs to the delimiter. */
static struct span without_last_eol(struct span s)
{
	if (s.n && s.p[s.n - 1] == '\n')
		s.n--;
	if (s.n && s.p[s.n - 1] == '\r')
		s.n--;
	return s;
}

static enum call_err multipart_sdp(struct body_text *out, struct span boundary, struct span body)
{
	const char *at = find_delimiter(body, body.p, boundary);

	if (!at)
		return CALL_SYNTAX;
	for (unsigned n = 0; n < BODY_PARTS_MAX; n++) {
		const char *end = body.p + body.n, *next, *start;

		at += boundary.n + 2;
		if (end - at >= 2 && at[0] == '-' && at[1] == '-')
			return CALL_NO_MATCH; /* the closing one */
		start = memchr(at, '\n', (size_t)(end - at));
		if (!start)
			return CALL_SYNTAX;
		start++;
		next = find_delimiter(body, start, boundary);
		if (!next)
			return CALL_SYNTAX; /* cut off: nobody knows what is missing */
		if (part_sdp(without_last_eol((struct span){ start, (size_t)(next - start) }), out))
			return CALL_OK;
		at = next;
	}
	return CALL_LIMIT;
}

enum call_err body_sdp(
	struct body_text *out, const char *type, const char *boundary, const char *body, size_t len)
{
	struct span b;

	if (!type || strcasecmp(type, "application/sdp") == 0) {
		*out = (struct body_text){ body, len };
		return CALL_OK;
	}
	if (strncasecmp(type, "multipart/", 10) != 0)
		return CALL_NO_MATCH;
	if (!boundary)
		return CALL_SYNTAX;
	b = (struct span){ boundary, strlen(boundary) };
	if (b.n >= 2 && b.p[0] == '"' && b.p[b.n - 1] == '"')
		b = (struct span){ b.p + 1, b.n - 2 };
	if (b.n == 0)
		return CALL_SYNTAX;
	if (b.n > BODY_BOUNDARY_MAX)
		return CALL_LIMIT;
	return multipart_sdp(out, b, (struct span){ body, len });
}
