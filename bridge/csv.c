#include "bridge/csv.h"

#include <stdbool.h>
#include <string.h>

static bool is_formula(const char *text)
{
	if (!*text || !strchr("=+-@\t\r", *text))
		return false;
	return !(strchr("+-", *text) && text[1] && !text[1 + strspn(text + 1, "0123456789.")]);
}

size_t csv_field(char *out, size_t cap, const char *text)
{
	const bool formula = is_formula(text), quoted = text[strcspn(text, "\",\r\n")] != '\0';
	size_t n = 0;

	if (quoted && n + 2 < cap)
		out[n++] = '"';
	if (formula && n + 2 < cap)
		out[n++] = '\'';
	for (; *text && n + 3 < cap; text++) {
		if (*text == '"')
			out[n++] = '"';
		out[n++] = *text;
	}
	if (quoted && n + 1 < cap)
		out[n++] = '"';
	if (cap)
		out[n] = '\0';
	return n;
}
