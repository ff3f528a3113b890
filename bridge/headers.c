#include "bridge/headers.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct word {
	const char *name;
	size_t offset;
} words_known[] = {
	{ "account", offsetof(struct headers_words, account) },
	{ "meeting", offsetof(struct headers_words, meeting) },
	{ "call", offsetof(struct headers_words, call) },
	{ "trunk", offsetof(struct headers_words, trunk) },
	{ "caller", offsetof(struct headers_words, caller) },
	{ "called", offsetof(struct headers_words, called) },
};

/* The word that "{word}..." begins with; NULL: none. */
static const struct word *word_at(const char *text)
{
	const size_t n = strcspn(text + 1, "}");

	for (size_t i = 0; text[1 + n] && i < sizeof(words_known) / sizeof(*words_known); i++)
		if (strlen(words_known[i].name) == n && strncmp(words_known[i].name, text + 1, n) == 0)
			return &words_known[i];
	return NULL;
}

const char *headers_words_broken(const char *text)
{
	for (const char *at = text; (at = strchr(at, '{')); at++)
		if (!word_at(at))
			return "in braces one of account, meeting, call, trunk, caller and called is wanted";
	return NULL;
}

const char *headers_name_broken(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

	return strspn(name, letters) == strlen(name) && name[0] && strlen(name) < HEADERS_NAME
		       ? NULL
		       : "a header and a name for it are wanted, as in \"X-Customer: customer\": small "
			 "letters, "
			 "digits and _, 31 at most";
}

/* ---- out ---- */

/* A text of ours goes into a header as it is, but for what could end it. */
static size_t put_text(char *out, size_t cap, const char *text)
{
	size_t n = 0;

	for (; text && *text && n + 1 < cap; text++)
		if ((unsigned char)*text >= ' ' && *text != '\x7f')
			out[n++] = *text;
	return n;
}

static size_t put_line(char *out, size_t cap, const char *text, const struct headers_words *words)
{
	size_t n = 0;

	while (*text && n + 1 < cap) {
		const struct word *word = *text == '{' ? word_at(text) : NULL;

		if (!word) {
			out[n++] = *text++;
			continue;
		}
		n += put_text(out + n, cap - n,
			*(const char *const *)(const void *)((const char *)words + word->offset));
		text += strlen(word->name) + 2;
	}
	return n;
}

void headers_write(char out[HEADERS_LINES], const char (*texts)[SITE_HEADER], size_t n_texts,
	const struct headers_words *words)
{
	static const char end[] = "\r\n";
	size_t n = 0;

	for (size_t i = 0; i < n_texts; i++) {
		char line[SITE_HEADER * 4];
		const size_t len = put_line(line, sizeof(line), texts[i], words);

		if (n + len + sizeof(end) > HEADERS_LINES)
			break;
		memcpy(out + n, line, len);
		memcpy(out + n + len, end, sizeof(end) - 1);
		n += len + sizeof(end) - 1;
	}
	out[n] = '\0';
}

/* ---- in ---- */

static size_t put_value(char *out, size_t cap, const char *value)
{
	size_t n = 0;

	for (; *value && n + 4 < cap; value++) {
		const unsigned char c = (unsigned char)*value;

		if (c == ';' || c == '%')
			n += (size_t)snprintf(out + n, cap - n, "%%%02X", (unsigned)c);
		else if (c >= ' ' && c < 0x7f)
			out[n++] = (char)c;
	}
	out[n] = '\0';
	return n;
}

void headers_read(char out[HEADERS_KEPT], const struct call_invite *invite, const struct site_trunk *trunk)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; trunk && invite->header && i < trunk->n_mapped; i++) {
		const char *text = trunk->mapped[i];
		const size_t len = strcspn(text, ":");
		char name[SITE_HEADER], value[HEADERS_KEPT], kept[HEADERS_KEPT];
		int used;

		snprintf(name, sizeof(name), "%.*s", (int)len, text);
		text += len + strspn(text + len, ": ");
		if (!invite->header(invite, name, value, sizeof(value)))
			continue;
		put_value(kept, sizeof(kept), value);
		used = snprintf(out + n, HEADERS_KEPT - n, "%s%s=%s", n ? "; " : "", text, kept);
		if (used < 0 || (size_t)used >= HEADERS_KEPT - n) {
			out[n] = '\0'; /* whole or not at all */
			continue;
		}
		n += (size_t)used;
	}
}
