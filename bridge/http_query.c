/* http_query.c - one parameter of a query, decoded. */
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

bool http_query(const char *query, const char *name, char *out, size_t cap)
{
	size_t name_len = strlen(name);

	while (*query) {
		size_t len = strcspn(query, "&");
		const char *equals = memchr(query, '=', len);
		size_t key_len = equals ? (size_t)(equals - query) : len;

		if (key_len == name_len && memcmp(query, name, name_len) == 0) {
			const char *value = query + key_len + (equals ? 1 : 0);

			return decode(value, len - (size_t)(value - query), out, cap);
		}
		query += len + (query[len] == '&');
	}
	return false;
}
