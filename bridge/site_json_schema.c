/* site_json_schema.c - what JSON Schema says of the site's objects. */
#include "bridge/site_json.h"

#include <stdio.h>
#include <string.h>

static json_t *words_json(const char *const *words, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(words[i]));
	return list;
}

static json_t *text_schema(const struct site_field *f)
{
	json_t *schema = json_pack("{s:s}", "type", "string");

	if (f->type != FIELD_ANSWER && f->type != FIELD_RANGE)
		json_object_set_new(schema, "maxLength", json_integer((json_int_t)f->cap - 1));
	return schema;
}

static json_t *field_schema(const struct site_field *f)
{
	switch (f->type) {
	case FIELD_BOOL: return json_pack("{s:s, s:b}", "type", "boolean", "default", f->on);
	case FIELD_UNSIGNED:
		return json_pack("{s:[s, s], s:i, s:i}", "type", "integer", "null", "minimum", 1, "maximum",
			(int)f->max);
	case FIELD_WORD:
		return json_pack("{s:s, s:o}", "type", "string", "enum", words_json(f->words, f->max));
	case FIELD_SRTP:
		return json_pack("{s:s, s:o}", "type", "string", "enum", words_json(site_srtp_words, 3));
	case FIELD_TEXTS:
	case FIELD_LIST: return json_pack("{s:s, s:o}", "type", "array", "items", text_schema(f));
	case FIELD_TEXT:
	case FIELD_RANGE:
	case FIELD_ANSWER: break;
	}
	return text_schema(f);
}

static void allow_null(json_t *schema)
{
	json_t *type = json_object_get(schema, "type"), *words = json_object_get(schema, "enum");

	if (json_is_string(type))
		json_object_set_new(schema, "type", json_pack("[O, s]", type, "null"));
	if (words)
		json_array_append_new(words, json_null());
}

json_t *schema_object(void)
{
	return json_pack("{s:s, s:{}, s:[], s:b}", "type", "object", "properties", "required",
		"additionalProperties", 0);
}

void schema_member(json_t *schema, const char *name, json_t *value, bool required)
{
	json_object_set_new(json_object_get(schema, "properties"), name, value);
	if (required)
		json_array_append_new(json_object_get(schema, "required"), json_string(name));
}

static json_t *group_schema(json_t *schema, const char *key, bool required)
{
	const char *dot = strchr(key, '.');
	char name[32];
	json_t *group;

	if (!dot)
		return schema;
	snprintf(name, sizeof(name), "%.*s", (int)(dot - key), key);
	group = json_object_get(json_object_get(schema, "properties"), name);
	if (!group) {
		group = schema_object();
		schema_member(schema, name, group, required);
	}
	return group;
}

static const char *last_word(const char *key)
{
	const char *dot = strchr(key, '.');

	return dot ? dot + 1 : key;
}

json_t *site_json_schema(enum site_kind kind)
{
	const struct site_schema *s = &site_schemas[kind];
	json_t *schema = schema_object();

	for (size_t i = 0; i < s->n_fields; i++) {
		const struct site_field *f = &s->fields[i];

		if (f->rule != RULE_SECRET) /* a PIN is there for those who may see it */
			schema_member(group_schema(schema, f->key, true), last_word(f->key), field_schema(f),
				!site_is_secret(f));
	}
	return schema;
}

json_t *site_json_schema_request(enum site_kind kind, bool whole)
{
	const struct site_schema *s = &site_schemas[kind];
	json_t *schema = schema_object();

	for (size_t i = 0; i < s->n_fields; i++) {
		const struct site_field *f = &s->fields[i];
		const bool required = whole && f->required;
		json_t *property = field_schema(f);

		if (!required)
			allow_null(property);
		if (site_is_secret(f))
			json_object_set_new(property, "writeOnly", json_true());
		schema_member(group_schema(schema, f->key, false), last_word(f->key), property, required);
	}
	return schema;
}
