#include "sip/info.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

struct span { /* text not yet read, borrowed from the body */
	const char *p;
	size_t n;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span trim(struct span s)
{
	while (s.n && is_space(s.p[0]))
		s.p++, s.n--;
	while (s.n && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* Takes one line off `rest`. */
static struct span line_of(struct span *rest)
{
	struct span line = *rest;
	const char *end = memchr(rest->p, '\n', rest->n);

	if (end)
		line.n = (size_t)(end - rest->p) + 1;
	rest->p += line.n;
	rest->n -= line.n;
	return trim(line);
}

/* At most nine digits: what is longer is no number here. */
static bool number_of(struct span s, unsigned *out)
{
	unsigned value = 0;

	if (s.n == 0 || s.n > 9)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		value = value * 10 + (unsigned)(s.p[i] - '0');
	}
	*out = value;
	return true;
}

/* A key as its character, or as its event number (RFC 4733 section 3.2): 10 is *, 11 #, 12..15 A..D. */
static char key_of(struct span s)
{
	static const char keys[] = "0123456789*#ABCD";
	unsigned event;
	const char *at;

	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"') /* some phones quote it */
		s = (struct span){ s.p + 1, s.n - 2 };
	if (s.n == 1) {
		const char c = s.p[0] >= 'a' && s.p[0] <= 'd' ? (char)(s.p[0] - 'a' + 'A') : s.p[0];

		at = c ? strchr(keys, c) : NULL;
		return at ? *at : 0;
	}
	return s.n == 2 && number_of(s, &event) && event >= 10 && event < 16 ? keys[event] : 0;
}

static enum call_err read_relay(struct info_digit *out, struct span rest)
{
	struct info_digit digit = { 0, 0 };

	while (rest.n) {
		const struct span line = line_of(&rest);
		const char *equals = line.n ? memchr(line.p, '=', line.n) : NULL;
		struct span name, value;

		if (!equals)
			continue;
		name = trim((struct span){ line.p, (size_t)(equals - line.p) });
		value = trim((struct span){ equals + 1, line.n - (size_t)(equals - line.p) - 1 });
		if (name.n == 6 && strncasecmp(name.p, "Signal", 6) == 0 && !digit.key)
			digit.key = key_of(value);
		else if (name.n == 8 && strncasecmp(name.p, "Duration", 8) == 0)
			(void)number_of(value, &digit.duration_ms); /* a key without is a key */
	}
	if (!digit.key)
		return CALL_SYNTAX;
	*out = digit;
	return CALL_OK;
}

enum call_err info_read(struct info_digit *out, const char *type, const char *body, size_t len)
{
	const struct span text = { body, len };
	char key;

	if (!type)
		return CALL_NO_MATCH;
	if (strcasecmp(type, "application/dtmf-relay") != 0 && strcasecmp(type, "application/dtmf") != 0)
		return CALL_NO_MATCH;
	if (len > INFO_BODY_MAX)
		return CALL_LIMIT;
	if (strcasecmp(type, "application/dtmf-relay") == 0)
		return read_relay(out, text);
	key = len ? key_of(trim(text)) : 0;
	if (!key)
		return CALL_SYNTAX;
	*out = (struct info_digit){ key, 0 };
	return CALL_OK;
}
