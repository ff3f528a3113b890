#include "sip/jread.h"

#include <string.h>

void jread_open(struct jread *j, const char *text, size_t n)
{
	*j = (struct jread){ .p = text, .end = text + n, .first = true };
}

static bool fail(struct jread *j)
{
	j->bad = true;
	return false;
}

static void skip_space(struct jread *j)
{
	while (j->p < j->end && (*j->p == ' ' || *j->p == '\t' || *j->p == '\r' || *j->p == '\n'))
		j->p++;
}

/* Takes the character c, after white space. */
static bool take(struct jread *j, char c)
{
	skip_space(j);
	if (j->bad || j->p == j->end || *j->p != c)
		return false;
	j->p++;
	return true;
}

static bool enter(struct jread *j, char open)
{
	if (j->depth == JREAD_DEPTH || !take(j, open))
		return fail(j);
	j->depth++;
	j->first = true;
	return true;
}

/* Is there one more in what ends with `close`?  False: it has been left, or bad. */
static bool more(struct jread *j, char close)
{
	if (j->bad)
		return false;
	if (take(j, close)) {
		j->depth--;
		j->first = false;
		return false;
	}
	if (!j->first && !take(j, ','))
		return fail(j);
	j->first = false;
	return true;
}

/* ---- texts ---- */

struct sink {
	char *out; /* NULL: nobody wants it */
	size_t n, cap;
	bool full;
};

static void put(struct sink *s, char c)
{
	if (!s->out)
		return;
	if (s->n + 1 < s->cap)
		s->out[s->n++] = c;
	else
		s->full = true;
}

static void put_utf8(struct sink *s, uint32_t c)
{
	if (c < 0x80) {
		put(s, (char)c);
	} else if (c < 0x800) {
		put(s, (char)(0xc0 | c >> 6));
		put(s, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		put(s, (char)(0xe0 | c >> 12));
		put(s, (char)(0x80 | (c >> 6 & 0x3f)));
		put(s, (char)(0x80 | (c & 0x3f)));
	} else {
		put(s, (char)(0xf0 | c >> 18));
		put(s, (char)(0x80 | (c >> 12 & 0x3f)));
		put(s, (char)(0x80 | (c >> 6 & 0x3f)));
		put(s, (char)(0x80 | (c & 0x3f)));
	}
}

static bool take_hex4(struct jread *j, uint32_t *out)
{
	*out = 0;
	if (j->end - j->p < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		const char c = *j->p++;
		const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;

		if (!at || (c < '0' || (c > '9' && c < 'A')))
			return false;
		*out = *out << 4 | (uint32_t)(at - digits);
	}
	return true;
}

static bool take_escape(struct jread *j, struct sink *s)
{
	static const char plain[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	const char *at;
	uint32_t c, low;

	if (j->p == j->end)
		return false;
	at = *j->p ? strchr(plain, *j->p) : NULL;
	if (at) {
		j->p++;
		put(s, means[at - plain]);
		return true;
	}
	if (*j->p++ != 'u' || !take_hex4(j, &c) || c == 0 || (c >= 0xdc00 && c < 0xe000))
		return false;
	if (c >= 0xd800 && c < 0xdc00) { /* the first half of a pair */
		if (j->end - j->p < 2 || j->p[0] != '\\' || j->p[1] != 'u')
			return false;
		j->p += 2;
		if (!take_hex4(j, &low) || low < 0xdc00 || low >= 0xe000)
			return false;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	put_utf8(s, c);
	return true;
}

static bool take_string(struct jread *j, struct sink *s)
{
	if (!take(j, '"'))
		return fail(j);
	while (j->p < j->end && *j->p != '"') {
		const char c = *j->p++;

		if ((unsigned char)c < ' ')
			return fail(j);
		if (c != '\\')
			put(s, c);
		else if (!take_escape(j, s))
			return fail(j);
	}
	if (j->p == j->end)
		return fail(j);
	j->p++;
	if (s->out)
		s->out[s->n] = '\0';
	return true;
}

/* ---- what is asked for ---- */

bool jread_object(struct jread *j)
{
	return enter(j, '{');
}

bool jread_array(struct jread *j)
{
	return enter(j, '[');
}

bool jread_member(struct jread *j, char *key, size_t cap)
{
	struct sink s = { .out = key, .cap = cap };

	if (!more(j, '}') || !take_string(j, &s))
		return false;
	if (s.full)
		key[0] = '\0';
	return take(j, ':') || fail(j);
}

bool jread_item(struct jread *j)
{
	return more(j, ']');
}

bool jread_text(struct jread *j, char *out, size_t cap)
{
	struct sink s = { .out = out, .cap = cap };

	if (j->bad || !take_string(j, &s) || s.full) {
		out[0] = '\0';
		return fail(j);
	}
	return true;
}

/* What a number is written with, digits to digits. */
static size_t digits(struct jread *j)
{
	size_t n = 0;

	while (j->p < j->end && *j->p >= '0' && *j->p <= '9')
		j->p++, n++;
	return n;
}

static bool skip_number(struct jread *j)
{
	const char *start;
	size_t n;

	if (j->p < j->end && *j->p == '-')
		j->p++;
	start = j->p;
	n = digits(j);
	if (n == 0 || (n > 1 && *start == '0'))
		return fail(j);
	if (j->p < j->end && *j->p == '.') {
		j->p++;
		if (!digits(j))
			return fail(j);
	}
	if (j->p < j->end && (*j->p | 0x20) == 'e') {
		j->p++;
		if (j->p < j->end && (*j->p == '+' || *j->p == '-'))
			j->p++;
		if (!digits(j))
			return fail(j);
	}
	return true;
}

bool jread_whole(struct jread *j, uint64_t *out)
{
	const char *start;

	skip_space(j);
	start = j->p;
	*out = 0;
	if (j->bad || !skip_number(j) || j->p - start > 16)
		return fail(j);
	for (const char *c = start; c < j->p; c++) {
		if (*c < '0' || *c > '9')
			return fail(j);
		*out = *out * 10 + (uint64_t)(*c - '0');
	}
	return *out <= 1ull << 53 || fail(j);
}

static bool skip_word(struct jread *j, const char *word)
{
	const size_t n = strlen(word);

	if ((size_t)(j->end - j->p) < n || memcmp(j->p, word, n) != 0)
		return fail(j);
	j->p += n;
	return true;
}

/* JREAD_DEPTH bounds how deep this goes. */
bool jread_skip(struct jread *j)
{
	struct sink nobody = { .out = NULL };
	char key[2];

	skip_space(j);
	if (j->bad || j->p == j->end)
		return fail(j);
	switch (*j->p) {
	case '"': return take_string(j, &nobody);
	case '{':
		jread_object(j);
		while (jread_member(j, key, sizeof(key)))
			jread_skip(j);
		return !j->bad;
	case '[':
		jread_array(j);
		while (jread_item(j))
			jread_skip(j);
		return !j->bad;
	case 't': return skip_word(j, "true");
	case 'f': return skip_word(j, "false");
	case 'n': return skip_word(j, "null");
	default: return skip_number(j);
	}
}

bool jread_end(struct jread *j)
{
	skip_space(j);
	return !j->bad && j->depth == 0 && j->p == j->end;
}
