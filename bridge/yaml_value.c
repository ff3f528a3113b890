/* yaml_value.c - finding one's way in a document, and reading single values out of it. */
#include "bridge/yaml.h"
#include "bridge/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Writes one step of a path before *end, moving it down; false: no room. */
static bool step_before(char *begin, char **end, const char *step)
{
	size_t n = strlen(step);

	if ((size_t)(*end - begin) < n)
		return false;
	*end -= n;
	memcpy(*end, step, n);
	return true;
}

const char *doc_path(const struct doc_node *node, char *out, size_t cap)
{
	static const char cut[] = "...";
	char *begin = out + strlen(cut), *end = out + cap - 1; /* written from its end to its beginning */

	*end = '\0';
	for (; node && node->parent; node = node->parent) {
		char step[80];

		if (node->key)
			snprintf(step, sizeof(step), "%s%s", node->parent->parent ? "." : "", node->key);
		else
			snprintf(step, sizeof(step), "[%zu]", node->index);
		if (!step_before(begin, &end, step)) {
			end -= strlen(cut);
			memcpy(end, cut, strlen(cut));
			break;
		}
	}
	return memmove(out, end, strlen(end) + 1);
}

const struct doc_node *doc_at(const struct doc *d, const char *path)
{
	const struct doc_node *node = doc_root(d);

	while (*path) {
		const struct doc_node *child = node->first;

		if (*path == '[') {
			char *end;
			unsigned long index = strtoul(path + 1, &end, 10);

			while (child && (child->key || child->index != index))
				child = child->next;
			path = *end == ']' ? end + 1 : "";
		} else {
			size_t n;

			path += *path == '.';
			n = strcspn(path, ".[");
			while (child && !(child->key && strncmp(child->key, path, n) == 0 && !child->key[n]))
				child = child->next;
			path += n;
		}
		if (!child)
			break;
		node = child;
	}
	return node;
}

const struct doc_node *doc_get(const struct doc_node *map, const char *key)
{
	if (!map || map->kind != DOC_MAP)
		return NULL;
	for (const struct doc_node *node = map->first; node; node = node->next)
		if (strcmp(node->key, key) == 0)
			return node->kind == DOC_NULL ? NULL : node;
	return NULL;
}

enum bridge_err doc_refuse(const struct doc_node *node, struct config_why *why, const char *format, ...)
{
	char path[sizeof(why->key)], text[sizeof(why->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return why_refuse(why, node->line, doc_path(node, path, sizeof(path)), "%s", text);
}

static void words_join(char *out, size_t cap, const char *const *words, size_t n)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < n && used < cap; i++) {
		int put = snprintf(out + used, cap - used, "%s%s", i ? ", " : "", words[i]);

		used += put > 0 ? (size_t)put : 0;
	}
}

enum bridge_err doc_only(
	const struct doc_node *map, const char *const *words, size_t n, struct config_why *why)
{
	char known[160];

	if (!map || map->kind == DOC_NULL)
		return BRIDGE_OK;
	if (map->kind != DOC_MAP)
		return doc_refuse(map, why, "a mapping is wanted: key: value");
	for (const struct doc_node *node = map->first; node; node = node->next) {
		size_t i = 0;

		while (i < n && strcmp(words[i], node->key) != 0)
			i++;
		if (i < n)
			continue;
		words_join(known, sizeof(known), words, n);
		return doc_refuse(node, why, "unknown key; known here: %s", known);
	}
	return BRIDGE_OK;
}

enum bridge_err doc_list(const struct doc_node *node, size_t max, struct config_why *why)
{
	if (!node)
		return BRIDGE_OK;
	if (node->kind != DOC_LIST)
		return doc_refuse(node, why, "a list is wanted");
	if (node->n > max)
		return doc_refuse(node, why, "a list of %zu, at most %zu are taken", node->n, max);
	return BRIDGE_OK;
}

enum bridge_err doc_text(const struct doc_node *node, char *out, size_t cap, struct config_why *why)
{
	size_t n;

	if (!node)
		return BRIDGE_OK;
	if (node->kind != DOC_SCALAR_TEXT)
		return doc_refuse(node, why, "a text is wanted");
	n = strlen(node->text);
	if (n >= cap)
		return doc_refuse(node, why, "longer than %zu bytes", cap - 1);
	if (!doc_printable(node->text))
		return doc_refuse(node, why, "holds control characters");
	memcpy(out, node->text, n + 1);
	return BRIDGE_OK;
}

enum bridge_err doc_bool(const struct doc_node *node, bool *out, struct config_why *why)
{
	if (!node)
		return BRIDGE_OK;
	if (node->kind == DOC_SCALAR_TEXT && !node->quoted) {
		if (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0) {
			*out = node->text[0] == 't';
			return BRIDGE_OK;
		}
	}
	return doc_refuse(node, why, "true or false is wanted");
}

enum bridge_err doc_unsigned(
	const struct doc_node *node, unsigned min, unsigned max, unsigned *out, struct config_why *why)
{
	unsigned long value;
	char *end;

	if (!node)
		return BRIDGE_OK;
	if (node->kind == DOC_SCALAR_TEXT && isdigit((unsigned char)node->text[0])) {
		errno = 0;
		value = strtoul(node->text, &end, 10);
		if (!*end && !errno && value >= min && value <= max) {
			*out = (unsigned)value;
			return BRIDGE_OK;
		}
	}
	return doc_refuse(node, why, "a whole number from %u to %u is wanted", min, max);
}

enum bridge_err doc_word(const struct doc_node *node, const char *const *words, size_t n, unsigned *out,
	struct config_why *why)
{
	char known[120];

	if (!node)
		return BRIDGE_OK;
	for (size_t i = 0; node->kind == DOC_SCALAR_TEXT && i < n; i++)
		if (strcmp(node->text, words[i]) == 0) {
			*out = (unsigned)i;
			return BRIDGE_OK;
		}
	words_join(known, sizeof(known), words, n);
	return doc_refuse(node, why, "one of these is wanted: %s", known);
}

bool doc_printable(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	while (*p) {
		uint32_t code;
		size_t n = utf8_take(p, &code);

		if (n == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 ||
			code == 0x2029 || code == 0xfeff || code == 0xfffe || code == 0xffff)
			return false;
		p += n;
	}
	return true;
}
