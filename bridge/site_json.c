#include "bridge/site_json.h"
#include "bridge/yaml.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 4096 }; /* of one value, as sent */

static bool is_shown(const struct site_field *f, enum site_shown shown)
{
	return shown == SITE_SHOW_ALL || !site_is_secret(f) ||
	       (shown == SITE_SHOW_PINS && f->rule == RULE_PIN);
}

/* ---- groups: "limits.channels" is a member of a member ---- */

/* The object that holds the field's last word, made if need be. */
static json_t *group_of(json_t *object, const char *key, const char **last)
{
	const char *dot = strchr(key, '.');
	char name[32];
	json_t *group;

	*last = dot ? dot + 1 : key;
	if (!dot)
		return object;
	snprintf(name, sizeof(name), "%.*s", (int)(dot - key), key);
	group = json_object_get(object, name);
	if (!group) {
		group = json_object();
		if (json_object_set_new(object, name, group))
			return NULL;
	}
	return group;
}

/* Steals `value`.  False: out of memory. */
static bool member_set(json_t *object, const char *key, json_t *value)
{
	const char *last;
	json_t *group = group_of(object, key, &last);

	return json_object_set_new(group, last, value) == 0;
}

/* NULL: it is not there. */
static json_t *member_get(const json_t *object, const char *key)
{
	const char *dot = strchr(key, '.');
	char name[32];

	if (!dot)
		return json_object_get(object, key);
	snprintf(name, sizeof(name), "%.*s", (int)(dot - key), key);
	return json_object_get(json_object_get(object, name), dot + 1);
}

/* ---- out ---- */

static json_t *value_json(const void *object, const struct site_field *f)
{
	const void *value = (const char *)object + f->offset;
	const char *second = (const char *)object + f->n_offset;
	json_t *list;

	switch (f->type) {
	case FIELD_TEXT: return json_string(value);
	case FIELD_TEXTS:
	case FIELD_LIST:
		list = json_array();
		for (size_t i = 0; list && i < site_texts(object, f); i++)
			if (json_array_append_new(list, json_string(site_text(object, f, i)))) {
				json_decref(list);
				list = NULL;
			}
		return list;
	case FIELD_RANGE: return json_sprintf("%s%s%s", (const char *)value, second[0] ? ".." : "", second);
	case FIELD_WORD: return json_string(f->words[*(const unsigned *)value]);
	case FIELD_BOOL: return json_boolean(*(const bool *)value);
	case FIELD_UNSIGNED:
		return *(const unsigned *)value ? json_integer(*(const unsigned *)value) : json_null();
	case FIELD_SRTP: return json_string(site_srtp_words[*(const enum site_srtp *)value]);
	case FIELD_ANSWER:
		return *(const enum plan_answer *)value == PLAN_MEETING ? json_sprintf("meeting:%s", second)
									: json_string("attendant");
	}
	return NULL;
}

json_t *site_json(enum site_kind kind, const void *object, enum site_shown shown)
{
	const struct site_schema *schema = &site_schemas[kind];
	json_t *out = json_object();

	for (size_t i = 0; out && i < schema->n_fields; i++)
		if (is_shown(&schema->fields[i], shown) &&
			!member_set(out, schema->fields[i].key, value_json(object, &schema->fields[i]))) {
			json_decref(out);
			out = NULL;
		}
	return out;
}

static const struct site_field *field_find(enum site_kind kind, const char *key)
{
	const struct site_schema *schema = &site_schemas[kind];

	for (size_t i = 0; i < schema->n_fields; i++)
		if (strcmp(schema->fields[i].key, key) == 0 && !site_is_secret(&schema->fields[i]))
			return &schema->fields[i];
	return NULL;
}

json_t *site_json_field(enum site_kind kind, const void *object, const char *key)
{
	const struct site_field *f = field_find(kind, key);

	return f ? value_json(object, f) : NULL;
}

bool site_json_filters(enum site_kind kind, const char *key)
{
	return field_find(kind, key) != NULL;
}

bool site_json_is(enum site_kind kind, const void *object, const char *key, const char *text)
{
	const struct site_field *f = field_find(kind, key);
	char number[16];

	if (!f)
		return false;
	switch (f->type) {
	case FIELD_BOOL:
		return strcmp(text, *(const bool *)((const char *)object + f->offset) ? "true" : "false") ==
		       0;
	case FIELD_UNSIGNED:
		snprintf(number, sizeof(number), "%u", *(const unsigned *)((const char *)object + f->offset));
		return strcmp(text, strcmp(number, "0") == 0 ? "" : number) == 0;
	case FIELD_TEXTS:
	case FIELD_LIST:
		for (size_t i = 0; i < site_texts(object, f); i++)
			if (strcmp(site_text(object, f, i), text) == 0)
				return true;
		return false;
	case FIELD_TEXT: return strcmp(text, (const char *)object + f->offset) == 0;
	default: break;
	}
	json_t *value = value_json(object, f);
	const bool same = json_is_string(value) && strcmp(json_string_value(value), text) == 0;

	json_decref(value);
	return same;
}

char *json_text(const json_t *json)
{
	const size_t n = json_dumpb(json, NULL, 0, JSON_COMPACT);
	char *text = n ? malloc(n + 1) : NULL;

	if (!text)
		return NULL;
	if (json_dumpb(json, text, n, JSON_COMPACT) != n) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

/* ---- in ---- */

static enum bridge_err text_check(const json_t *value, const char *key, struct config_why *why)
{
	if (!json_is_string(value))
		return why_refuse(why, 0, key, "a text is wanted");
	if (json_string_length(value) > TEXT_MAX)
		return why_refuse(why, 0, key, "too long");
	return doc_printable(json_string_value(value))
		       ? BRIDGE_OK
		       : why_refuse(why, 0, key, "holds control characters or is not UTF-8");
}

/* The file is lenient about types, as people write it; programs are held to them. */
static enum bridge_err value_check(const json_t *value, const struct site_field *f, struct config_why *why)
{
	enum bridge_err err = BRIDGE_OK;
	char item[sizeof(why->key)];

	if (!value || json_is_null(value))
		return f->required ? why_refuse(why, 0, f->key, "is missing") : BRIDGE_OK;
	switch (f->type) {
	case FIELD_BOOL:
		return json_is_boolean(value) ? BRIDGE_OK
					      : why_refuse(why, 0, f->key, "true or false is wanted");
	case FIELD_UNSIGNED:
		return json_is_integer(value)
			       ? BRIDGE_OK
			       : why_refuse(why, 0, f->key, "a whole number from 1 to %u is wanted", f->max);
	case FIELD_TEXTS:
	case FIELD_LIST:
		if (!json_is_array(value))
			return why_refuse(why, 0, f->key, "a list of texts is wanted");
		for (size_t i = 0; i < json_array_size(value) && !err; i++) {
			snprintf(item, sizeof(item), "%.60s[%zu]", f->key, i);
			err = text_check(json_array_get(value, i), item, why);
		}
		return err;
	default: return text_check(value, f->key, why);
	}
}

static bool key_known(const struct site_schema *schema, const char *group, const char *key)
{
	size_t n = group ? strlen(group) : 0;

	for (size_t i = 0; i < schema->n_fields; i++) {
		const char *own = schema->fields[i].key;

		if (group ? strncmp(own, group, n) == 0 && own[n] == '.' && strcmp(own + n + 1, key) == 0
			  : strcmp(own, key) == 0)
			return true;
	}
	return false;
}

static bool is_group(const struct site_schema *schema, const char *key)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < schema->n_fields; i++)
		if (strncmp(schema->fields[i].key, key, n) == 0 && schema->fields[i].key[n] == '.')
			return true;
	return false;
}

static enum bridge_err keys_check(
	const struct site_schema *schema, const char *group, const json_t *object, struct config_why *why)
{
	enum bridge_err err = BRIDGE_OK;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		char path[sizeof(why->key)];

		snprintf(path, sizeof(path), "%s%s%.60s", group ? group : "", group ? "." : "", key);
		if (!doc_printable(path))
			snprintf(path, sizeof(path), "%s", group ? group : "");
		if (!group && is_group(schema, key)) {
			if (json_is_null(value))
				continue;
			err = json_is_object(value) ? keys_check(schema, key, value, why)
						    : why_refuse(why, 0, path, "an object is wanted");
		} else if (!key_known(schema, group, key)) {
			err = why_refuse(why, 0, path, "a %s has no such field", schema->word);
		}
		if (err)
			break;
	}
	return err;
}

static enum bridge_err shape_check(
	const struct site_schema *schema, const json_t *json, struct config_why *why)
{
	enum bridge_err err = json_is_object(json) ? keys_check(schema, NULL, json, why)
						   : why_refuse(why, 0, "", "a JSON object is wanted");

	for (size_t i = 0; i < schema->n_fields && !err; i++)
		err = value_check(member_get(json, schema->fields[i].key), &schema->fields[i], why);
	return err;
}

enum bridge_err site_json_read(enum site_kind kind, void *object, const json_t *json, struct config_why *why)
{
	struct doc *doc = NULL;
	enum bridge_err err;
	char *text;

	memset(object, 0, site_schemas[kind].size);
	memset(why, 0, sizeof(*why));
	err = shape_check(&site_schemas[kind], json, why);
	if (err)
		return err;
	text = json_text(json); /* which is YAML, too */
	if (!text)
		return BRIDGE_NOMEM;
	err = doc_read(&doc, text, strlen(text), why);
	OPENSSL_cleanse(text, strlen(text));
	free(text);
	if (!err)
		err = site_read_object(kind, object, doc_root(doc), why);
	doc_free(doc);
	why->line = 0;
	if (err)
		site_object_clear(kind, object);
	return err;
}

/* What a key in a path is made of: left out of the body, it stays. */
static bool is_name(const struct site_field *f)
{
	return f->required &&
	       (strcmp(f->key, "name") == 0 || strcmp(f->key, "id") == 0 || strcmp(f->key, "number") == 0);
}

bool site_json_keep(enum site_kind kind, json_t *now, const json_t *was)
{
	const struct site_schema *schema = &site_schemas[kind];

	for (size_t i = 0; i < schema->n_fields; i++) {
		const struct site_field *f = &schema->fields[i];
		json_t *value = member_get(was, f->key);
		const char *last;
		json_t *group;

		if ((!site_is_secret(f) && !is_name(f)) || member_get(now, f->key) || !value)
			continue;
		if (json_is_string(value) && !json_string_length(value))
			continue;
		group = group_of(now, f->key, &last);
		if (!group || (json_is_object(group) && json_object_set(group, last, value)))
			return false;
	}
	return true;
}

/* Jansson's own leaves members out when there is no memory for them. */
static json_t *copy_of(const json_t *value)
{
	json_t *copy = json_deep_copy(value);

	if (copy && json_equal(copy, value))
		return copy;
	json_decref(copy);
	return NULL;
}

json_t *json_merge(const json_t *target, const json_t *patch)
{
	json_t *out, *value;
	const char *key;

	if (!json_is_object(patch))
		return copy_of(patch);
	out = json_is_object(target) ? copy_of(target) : json_object();
	if (!out)
		return NULL;
	json_object_foreach((json_t *)(uintptr_t)patch, key, value)
	{
		if (json_is_null(value)) {
			json_object_del(out, key);
		} else if (json_object_set_new(out, key, json_merge(json_object_get(out, key), value))) {
			json_decref(out);
			return NULL;
		}
	}
	return out;
}

/* ---- what changed ---- */

static json_t *audit_value(const void *object, const struct site_field *f, const char *secret)
{
	json_t *value = object ? value_json(object, f) : NULL;

	if (!value || !site_is_secret(f))
		return value;
	if (!json_string_length(value))
		return value;
	json_decref(value);
	return json_string(secret);
}

json_t *site_json_change(enum site_kind kind, const void *before, const void *after)
{
	const struct site_schema *schema = &site_schemas[kind];
	json_t *was = before ? json_object() : json_null(), *is = after ? json_object() : json_null();
	bool good = was && is;

	for (size_t i = 0; i < schema->n_fields; i++) {
		const struct site_field *f = &schema->fields[i];

		if (before && after && site_field_same(before, after, f))
			continue;
		if (before)
			good = member_set(was, f->key, audit_value(before, f, "set")) && good;
		if (after)
			good = member_set(is, f->key, audit_value(after, f, before ? "changed" : "set")) &&
			       good;
	}
	if (good)
		return json_pack("{s:o, s:o}", "before", was, "after", is);
	json_decref(was);
	json_decref(is);
	return NULL;
}
