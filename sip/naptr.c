#include "sip/naptr.h"
#include "sip/ere.h"
#include "sip/hex.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DIGITS_MAX = 15, DIGITS_MIN = 2 };

bool naptr_domain(char out[NAPTR_NAME], const char *e164, const char *suffix)
{
	const char *digits = e164 + 1;
	const size_t n = e164[0] == '+' ? strspn(digits, "0123456789") : 0;
	size_t len = 0;

	if (n < DIGITS_MIN || n > DIGITS_MAX || digits[n] || !suffix[0] ||
		2 * n + strlen(suffix) >= NAPTR_NAME)
		return false;
	for (size_t i = n; i-- > 0;) {
		out[len++] = digits[i];
		out[len++] = '.';
	}
	memcpy(out + len, suffix, strlen(suffix) + 1);
	return true;
}

/* ---- one regexp ---- */

struct text {
	char *at;
	size_t n, cap;
	bool full;
};

static void put(struct text *t, char c)
{
	if (t->n + 1 >= t->cap || c <= ' ' || c > '~')
		t->full = true; /* a URI holds neither spaces nor controls */
	else
		t->at[t->n++] = c;
}

/* To the next delimiter that no backslash stands before.  NULL: there is none. */
static const char *part_end(const char *from, char delimiter)
{
	for (; *from && *from != delimiter; from++)
		if (*from == '\\' && from[1])
			from++;
	return *from == delimiter ? from : NULL;
}

/* An escaped delimiter is the character itself (RFC 3402 section 3.2). */
static size_t unescape(char *out, const char *from, const char *end, char delimiter)
{
	size_t n = 0;

	while (from < end) {
		if (from[0] == '\\' && from + 1 < end && from[1] == delimiter)
			from++;
		else if (from[0] == '\\' && from + 1 < end)
			out[n++] = *from++;
		out[n++] = *from++;
	}
	return n;
}

static void replace(struct text *out, const char *by, size_t len, const char *e164,
	const struct ere_span spans[ERE_GROUPS])
{
	for (size_t i = 0; i < len; i++) {
		if (by[i] != '\\' || i + 1 == len) {
			put(out, by[i]);
			continue;
		}
		i++;
		if (!isdigit((unsigned char)by[i])) {
			put(out, by[i]);
			continue;
		}
		if (by[i] == '0') { /* there is \1 to \9 */
			out->full = true;
			return;
		}
		for (unsigned c = spans[by[i] - '0'].from; c < spans[by[i] - '0'].to; c++)
			put(out, e164[c]);
	}
}

bool naptr_rewrite(char out[NAPTR_URI], const char *regexp, const char *e164)
{
	const char delimiter = regexp[0];
	const char *middle = delimiter ? part_end(regexp + 1, delimiter) : NULL;
	const char *end = middle ? part_end(middle + 1, delimiter) : NULL;
	char expression[NAPTR_REGEXP], by[NAPTR_REGEXP];
	struct text text = { .at = out, .cap = NAPTR_URI };
	struct ere_span spans[ERE_GROUPS];
	struct ere e;
	size_t n, n_by;

	if (!end || strlen(regexp) >= NAPTR_REGEXP || isalnum((unsigned char)delimiter) || delimiter == '\\')
		return false;
	if (end[1] && strcmp(end + 1, "i") != 0)
		return false;
	n = unescape(expression, regexp + 1, middle, delimiter);
	n_by = unescape(by, middle + 1, end, delimiter);
	if (!ere_compile(&e, expression, n, end[1] != '\0') || !ere_match(&e, e164, spans))
		return false;
	/* What is matched is replaced, what stands around it stays: of an anchored one, as ENUM's are, nothing does. */
	for (unsigned i = 0; i < spans[0].from; i++)
		put(&text, e164[i]);
	replace(&text, by, n_by, e164, spans);
	for (const char *c = e164 + spans[0].to; *c; c++)
		put(&text, *c);
	out[text.n] = '\0';
	return !text.full && text.n > 0;
}

/* ---- which ---- */

static bool is_word(const char *at, size_t n, const char *word)
{
	return n == strlen(word) && strncasecmp(at, word, n) == 0;
}

static bool is_service(const char *at, size_t n, enum naptr_service service)
{
	const size_t type = strcspn(at, ":") < n ? strcspn(at, ":") : n;

	switch (service) {
	case NAPTR_SIP: return is_word(at, n, "sip");
	case NAPTR_PSTN: return is_word(at, type, "pstn");
	case NAPTR_CNAM: return is_word(at, n, "pstndata:cnam") || is_word(at, type, "cnam");
	}
	return false;
}

/* "E2U+sip", "E2U+pstn:tel+sip" (RFC 6116 section 3.4.2.1), "sip+E2U" (RFC 2916). */
static bool serves(const char *field, enum naptr_service service)
{
	bool e2u = false, found = false;

	for (const char *at = field; *at;) {
		const size_t n = strcspn(at, "+");

		e2u = e2u || is_word(at, n, "E2U");
		found = found || is_service(at, n, service);
		at += n + (at[n] == '+');
	}
	return e2u && found;
}

static int by_rank(const void *a, const void *b)
{
	const struct naptr *x = a, *y = b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return x->preference < y->preference ? -1 : x->preference > y->preference;
}

static bool scheme_fits(const char *uri, enum naptr_service service)
{
	static const char *const schemes[][3] = { [NAPTR_SIP] = { "sip:", "sips:" },
		[NAPTR_PSTN] = { "tel:", "sip:" },
		[NAPTR_CNAM] = { "data:", "pstndata:" } };

	for (size_t i = 0; i < 3 && schemes[service][i]; i++)
		if (strncasecmp(uri, schemes[service][i], strlen(schemes[service][i])) == 0)
			return true;
	return false;
}

const char *naptr_pick(
	char out[NAPTR_URI], struct naptr *records, size_t n, enum naptr_service service, const char *e164)
{
	const char *why = n ? "no record for this service" : "no record";
	unsigned order = 0;
	bool decided = false;

	qsort(records, n, sizeof(*records), by_rank);
	for (size_t i = 0; i < n && !(decided && records[i].order != order); i++) {
		const struct naptr *r = &records[i];

		if (!serves(r->service, service))
			continue;
		decided = true;
		order = r->order;
		if (strcasecmp(r->flags, "u") != 0 || r->replaces)
			why = "only a rule that leads to further rules";
		else if (!naptr_rewrite(out, r->regexp, e164))
			why = "a regexp that does not yield a URI";
		else if (!scheme_fits(out, service))
			why = "a URI of another kind";
		else
			return NULL;
	}
	out[0] = '\0';
	return why;
}

/* ---- names ---- */

bool naptr_text(char out[NAPTR_TEXT], const char *uri)
{
	const char *at = strchr(uri, ',');
	size_t n = 0;

	for (at = at ? at + 1 : ""; *at && n + 1 < NAPTR_TEXT; at++) {
		unsigned char c = (unsigned char)*at;

		const int high = c == '%' ? hex_digit(at[1]) : -1, low = high >= 0 ? hex_digit(at[2]) : -1;

		if (low >= 0) {
			c = (unsigned char)(high * 16 + low);
			at += 2;
		}
		if (c >= ' ' && c <= '~' && (n || c != ' ')) /* names come in ASCII (ATIS-0300) */
			out[n++] = (char)c;
	}
	while (n && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	return n > 0;
}
