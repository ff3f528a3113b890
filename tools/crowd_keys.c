#include "tools/crowd_keys.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

bool crowd_keys_read(struct crowd_keys *out, const char *text, char *why, size_t why_cap)
{
	out->n = 0;
	for (const char *p = text; *p; p++) {
		char key = (char)(*p == 'w' || *p == 'W' ? 'w' : toupper((unsigned char)*p));
		if (key == ' ')
			continue;
		if (!strchr("0123456789*#ABCD,w", key)) {
			snprintf(why, why_cap, "'%c' at %zu is no key", isprint((unsigned char)*p) ? *p : '?',
				(size_t)(p - text) + 1);
			return false;
		}
		if (out->n == CROWD_KEYS_MAX) {
			snprintf(why, why_cap, "more than %d keys", CROWD_KEYS_MAX);
			return false;
		}
		out->steps[out->n++] = key;
	}
	return true;
}

unsigned crowd_digits_by_read(const char *text)
{
	static const struct {
		const char *name;
		unsigned bit;
	} ways[] = { { "event", CROWD_BY_EVENT }, { "info", CROWD_BY_INFO }, { "inband", CROWD_BY_INBAND } };
	unsigned bits = 0;

	for (;;) {
		size_t n = strcspn(text, "+");
		unsigned bit = 0;
		for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
			if (strlen(ways[i].name) == n && strncmp(text, ways[i].name, n) == 0)
				bit = ways[i].bit;
		if (!bit)
			return 0;
		bits |= bit;
		if (!text[n])
			return bits;
		text += n + 1;
	}
}

bool crowd_template(char *out, size_t cap, const char *text, unsigned long long value, unsigned width)
{
	const char *hole = strstr(text, "{}");
	int n;

	if (hole)
		n = snprintf(out, cap, "%.*s%0*llu%s", (int)(hole - text), text, (int)width, value, hole + 2);
	else
		n = snprintf(out, cap, "%s", text);
	return n >= 0 && (size_t)n < cap;
}
