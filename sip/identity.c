#include "sip/identity.h"
#include "sip/base64url.h"

#include <stdio.h>

/* Up to the first of `stop` that stands neither in <> nor in quotes; that byte is dropped, and told. */
static struct span take_until(struct span *rest, const char *stop, char *found)
{
	bool quoted = false, angle = false;
	size_t n = 0;

	*found = '\0';
	for (; n < rest->n; n++) {
		const char c = rest->p[n];

		if (quoted && c == '\\' && n + 1 < rest->n) {
			n++;
			continue;
		}
		if (c == '"' && !angle)
			quoted = !quoted;
		else if (!quoted && c == '<')
			angle = true;
		else if (!quoted && c == '>')
			angle = false;
		else if (!quoted && !angle && c && strchr(stop, c)) {
			*found = c;
			break;
		}
	}
	return span_trim(span_split(rest, n));
}

static struct span unwrap(struct span s, char open, char close)
{
	if (s.n >= 2 && s.p[0] == open && s.p[s.n - 1] == close)
		return span_trim((struct span){ s.p + 1, s.n - 2 });
	return s;
}

/* False: it does not fit, or says something again. */
static bool take_param(struct identity *out, struct span param)
{
	struct span name = span_trim(span_until(&param, '=')), value = unwrap(span_trim(param), '"', '"');

	if (span_is(name, "info"))
		return !out->info[0] && span_copy(out->info, sizeof(out->info), unwrap(value, '<', '>'));
	if (span_is(name, "alg"))
		return !out->alg[0] && span_copy(out->alg, sizeof(out->alg), value);
	if (span_is(name, "ppt"))
		return !out->ppt[0] && span_copy(out->ppt, sizeof(out->ppt), value);
	return true;
}

static bool is_token(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		const char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			    c == '-' || c == '_' || c == '.'))
			return false;
	}
	return s.n > 0;
}

enum call_err identity_read(struct identity *out, struct span *rest)
{
	bool good = true;
	char stop;

	memset(out, 0, sizeof(*out));
	*rest = span_trim(*rest);
	if (!rest->n)
		return CALL_NO_MATCH;
	out->token = unwrap(take_until(rest, ";,", &stop), '"', '"'); /* RFC 4474 had it in quotes */
	while (stop == ';')
		good = take_param(out, take_until(rest, ";,", &stop)) && good;
	if (out->token.n > PASSPORT_MAX)
		return CALL_LIMIT;
	return good && is_token(out->token) ? CALL_OK : CALL_SYNTAX;
}

enum call_err identity_write(char out[IDENTITY_VALUE], const char *text,
	const uint8_t signature[PASSPORT_SIGNATURE], const char *info, const char *ppt)
{
	char letters[BASE64URL_LETTERS(PASSPORT_SIGNATURE) + 1];
	int n;

	if (!base64url_write(letters, sizeof(letters), signature, PASSPORT_SIGNATURE))
		return CALL_LIMIT;
	n = snprintf(out, IDENTITY_VALUE, "%s.%s;info=<%s>;alg=ES256%s%s", text, letters, info,
		ppt[0] ? ";ppt=" : "", ppt);
	return n > 0 && n < IDENTITY_VALUE ? CALL_OK : CALL_LIMIT;
}
