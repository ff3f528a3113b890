#include "bridge/freshness.h"

#include <string.h>
#include <strings.h>

struct span {
	const char *p;
	size_t n;
};

enum { DECIMAL = 10 };

void freshness_init(struct freshness *f)
{
	*f = (struct freshness){ .max_age_s = -1 };
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span trimmed(struct span s)
{
	while (s.n && is_blank(s.p[0]))
		s.p++, s.n--;
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool is_word(struct span s, const char *word)
{
	return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

/* Up to the next comma that stands in no quoted text; *rest goes on behind it. */
static struct span next_part(struct span *rest)
{
	struct span part = { rest->p, 0 };
	bool quoted = false;

	while (part.n < rest->n && (quoted || rest->p[part.n] != ',')) {
		if (quoted && rest->p[part.n] == '\\' && part.n + 1 < rest->n)
			part.n++;
		else if (rest->p[part.n] == '"')
			quoted = !quoted;
		part.n++;
	}
	rest->p += part.n;
	rest->n -= part.n;
	if (rest->n)
		rest->p++, rest->n--;
	return trimmed(part);
}

/* As a token or in quotes (section 5.2).  -1: no number. */
static int64_t seconds(struct span s)
{
	int64_t out = 0;

	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		s = (struct span){ s.p + 1, s.n - 2 };
	if (s.n == 0)
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
		out = out * DECIMAL + (s.p[i] - '0');
		if (out > FRESHNESS_MOST_S)
			out = FRESHNESS_MOST_S;
	}
	return out;
}

static void read_directive(struct freshness *f, struct span part)
{
	const char *equals = memchr(part.p, '=', part.n);
	const size_t len = equals ? (size_t)(equals - part.p) : part.n;
	const struct span name = trimmed((struct span){ part.p, len });

	if (is_word(name, "no-store") || (is_word(name, "no-cache") && !equals)) {
		f->never = true;
	} else if (is_word(name, "max-age")) {
		const struct span value =
			equals ? (struct span){ equals + 1, part.n - len - 1 } : (struct span){ part.p, 0 };
		const int64_t s = seconds(trimmed(value));

		if (s < 0)
			f->max_age_s = 0;
		else if (f->max_age_s < 0 || s < f->max_age_s)
			f->max_age_s = s;
	}
}

void freshness_header(struct freshness *f, const char *line, size_t n)
{
	const char *colon = memchr(line, ':', n);
	const size_t len = colon ? (size_t)(colon - line) : 0;
	const struct span name = { line, len };
	struct span value;

	if (!colon)
		return;
	value = (struct span){ colon + 1, n - len - 1 };
	if (is_word(name, "age")) {
		const int64_t s = seconds(trimmed(value));

		f->age_s = s < 0 ? f->age_s : s;
	} else if (is_word(name, "cache-control")) {
		while (value.n)
			read_directive(f, next_part(&value));
	}
}

int64_t freshness_s(const struct freshness *f)
{
	if (f->never)
		return 0;
	if (f->max_age_s < 0)
		return -1;
	return f->max_age_s > f->age_s ? f->max_age_s - f->age_s : 0;
}
