#include "tests/flow/schema.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct check {
	const json_t *document;
	char *why, at[200];
	bool silent; /* one of several that may fail */
};

static bool keeps(struct check *c, const json_t *schema, const json_t *value);

static bool broken(struct check *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool broken(struct check *c, const char *format, ...)
{
	va_list args;
	size_t n;

	if (c->silent)
		return false;
	n = (size_t)snprintf(c->why, 300, "%.150s: ", c->at[0] ? c->at : "the whole");
	va_start(args, format);
	vsnprintf(c->why + n, 300 - n, format, args);
	va_end(args);
	return false;
}

static bool inside(struct check *c, const json_t *schema, const json_t *value, const char *name)
{
	const size_t n = strlen(c->at);
	bool good;

	snprintf(c->at + n, sizeof(c->at) - n, ".%s", name);
	good = keeps(c, schema, value);
	if (good)
		c->at[n] = '\0';
	return good;
}

static const json_t *resolve(struct check *c, const char *ref)
{
	const json_t *at = c->document;

	if (strncmp(ref, "#/", 2) != 0)
		return NULL;
	for (ref += 2; at && *ref; ref += strcspn(ref, "/"), ref += *ref == '/') {
		char part[64];

		snprintf(part, sizeof(part), "%.*s", (int)strcspn(ref, "/"), ref);
		at = json_object_get(at, part);
	}
	return at;
}

static bool is_type(const json_t *value, const char *type)
{
	return strcmp(type, "null") == 0      ? json_is_null(value)
	       : strcmp(type, "string") == 0  ? json_is_string(value)
	       : strcmp(type, "boolean") == 0 ? json_is_boolean(value)
	       : strcmp(type, "integer") == 0 ? json_is_integer(value)
	       : strcmp(type, "number") == 0  ? json_is_number(value)
	       : strcmp(type, "array") == 0   ? json_is_array(value)
	       : strcmp(type, "object") == 0  ? json_is_object(value)
					      : false;
}

static bool type_keeps(struct check *c, const json_t *type, const json_t *value)
{
	const json_t *one;
	size_t i;

	if (json_is_string(type))
		return is_type(value, json_string_value(type)) ||
		       broken(c, "is no %s", json_string_value(type));
	json_array_foreach((json_t *)type, i, one) if (is_type(value, json_string_value(one))) return true;
	return broken(c, "is of none of the types");
}

static bool enum_keeps(struct check *c, const json_t *words, const json_t *value)
{
	const json_t *one;
	size_t i;

	json_array_foreach(
		(json_t *)words, i, one) if (json_equal((json_t *)one, (json_t *)value)) return true;
	return broken(c, "is none of the words");
}

static bool members_keep(struct check *c, const json_t *schema, const json_t *value)
{
	const json_t *properties = json_object_get(schema, "properties");
	const char *name;
	json_t *member;

	json_object_foreach((json_t *)value, name, member)
	{
		const json_t *own = json_object_get(properties, name);

		if (own && !inside(c, own, member, name))
			return false;
		if (!own && json_is_false(json_object_get(schema, "additionalProperties")))
			return broken(c, "has '%s', of which nothing is said", name);
	}
	return true;
}

static bool required_keeps(struct check *c, const json_t *names, const json_t *value)
{
	const json_t *name;
	size_t i;

	json_array_foreach((json_t *)names, i,
		name) if (!json_object_get(value, json_string_value(name))) return broken(c, "lacks '%s'",
		json_string_value(name));
	return true;
}

static bool items_keep(struct check *c, const json_t *schema, const json_t *value)
{
	const json_t *item;
	size_t i;
	char name[24];

	json_array_foreach((json_t *)value, i, item)
	{
		snprintf(name, sizeof(name), "%zu", i);
		if (!inside(c, schema, item, name))
			return false;
	}
	return true;
}

/* "2026-11-27T08:00:00.123456Z" */
static bool is_time(const char *text)
{
	static const char shape[] = "0000-00-00T00:00:00.000000Z";

	if (strlen(text) != strlen(shape))
		return false;
	for (size_t i = 0; shape[i]; i++)
		if (shape[i] == '0' ? !isdigit((unsigned char)text[i]) : shape[i] != text[i])
			return false;
	return true;
}

static bool any_keeps(struct check *c, const json_t *list, const json_t *value)
{
	const bool silent = c->silent;
	const json_t *one;
	bool found = false;
	char at[sizeof(c->at)];
	size_t i;

	memcpy(at, c->at, sizeof(at));
	c->silent = true;
	json_array_foreach((json_t *)list, i, one)
	{
		found = found || keeps(c, one, value);
		memcpy(c->at, at, sizeof(at));
	}
	c->silent = silent;
	return found || broken(c, "is none of what it may be");
}

static bool word_keeps(
	struct check *c, const json_t *schema, const char *word, const json_t *said, const json_t *value)
{
	static const char *const silent[] = { "default", "readOnly", "writeOnly", "description",
		"additionalProperties" };

	for (size_t i = 0; i < sizeof(silent) / sizeof(*silent); i++)
		if (strcmp(word, silent[i]) == 0)
			return true;
	if (strcmp(word, "$ref") == 0) {
		const json_t *target = resolve(c, json_string_value(said));

		return target ? keeps(c, target, value)
			      : broken(c, "%s leads nowhere", json_string_value(said));
	}
	if (strcmp(word, "anyOf") == 0)
		return any_keeps(c, said, value);
	if (strcmp(word, "type") == 0)
		return type_keeps(c, said, value);
	if (strcmp(word, "enum") == 0)
		return enum_keeps(c, said, value);
	if (strcmp(word, "properties") == 0)
		return !json_is_object(value) || members_keep(c, schema, value);
	if (strcmp(word, "required") == 0)
		return !json_is_object(value) || required_keeps(c, said, value);
	if (strcmp(word, "items") == 0)
		return !json_is_array(value) || items_keep(c, said, value);
	if (strcmp(word, "minimum") == 0)
		return !json_is_number(value) || json_number_value(value) >= json_number_value(said) ||
		       broken(c, "is too small");
	if (strcmp(word, "maximum") == 0)
		return !json_is_number(value) || json_number_value(value) <= json_number_value(said) ||
		       broken(c, "is too large");
	if (strcmp(word, "maxLength") == 0)
		return !json_is_string(value) ||
		       json_string_length(value) <= (size_t)json_integer_value(said) ||
		       broken(c, "is too long");
	if (strcmp(word, "format") == 0)
		return !json_is_string(value) || is_time(json_string_value(value)) || broken(c, "is no time");
	return broken(c, "the description says '%s', which is not known here", word);
}

static bool keeps(struct check *c, const json_t *schema, const json_t *value)
{
	const char *word;
	json_t *said;

	json_object_foreach(
		(json_t *)schema, word, said) if (!word_keeps(c, schema, word, said, value)) return false;
	return true;
}

bool schema_keeps(const json_t *document, const json_t *schema, const json_t *value, char why[300])
{
	struct check c = { .document = document, .why = why };

	why[0] = '\0';
	return keeps(&c, schema, value);
}
