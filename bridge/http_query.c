/* http_query.c - one parameter of a query, decoded, or a number. */
#include "bridge/http.h"
#include "sip/hex.h"

#include <string.h>

/* Decodes `len` bytes; false: a bad escape, a NUL, or no room. */
static bool decode(const char *text, size_t len, char *out, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i] == '+' ? ' ' : text[i];

		if (c == '%') {
			int high = len - i > 2 ? hex_digit(text[i + 1]) : -1;
			int low = len - i > 2 ? hex_digit(text[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		}
		if (!c || n + 1 >= cap)
			return false;
		out[n++] = c;
	}
	if (n >= cap)
		return false;
	out[n] = '\0';
	return true;
}

/* The value as it stands there; NULL: the parameter is not there. */
static const char *find(const char *query, const char *name, size_t *len)
{
	const size_t name_len = strlen(name);

	while (*query) {
		const size_t whole = strcspn(query, "&");
		const char *equals = memchr(query, '=', whole);
		const size_t key_len = equals ? (size_t)(equals - query) : whole;

		if (key_len == name_len && memcmp(query, name, name_len) == 0) {
			*len = equals ? whole - key_len - 1 : 0;
			return query + key_len + (equals ? 1 : 0);
		}
		query += whole + (query[whole] == '&');
	}
	return NULL;
}

bool http_query(const char *query, const char *name, char *out, size_t cap)
{
	size_t len;
	const char *value = find(query, name, &len);

	return value && decode(value, len, out, cap);
}

bool http_number(const char *query, const char *name, uint64_t least, uint64_t most, uint64_t *out)
{
	const uint64_t ten = 10;
	size_t len;
	const char *value = find(query, name, &len);
	uint64_t n = 0;

	if (!value || (len == 0 && least == 0))
		return true;
	if (len == 0 || strspn(value, "0123456789") < len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (__builtin_mul_overflow(n, ten, &n) ||
			__builtin_add_overflow(n, (uint64_t)(value[i] - '0'), &n))
			return false;
	if (n < least || n > most)
		return false;
	*out = n;
	return true;
}
