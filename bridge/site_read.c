/* site_read.c - a site out of YAML: shapes and types here, meanings in site_check.c. */
#include "bridge/site_priv.h"
#include "bridge/yaml.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WORDS_MAX = 24 };

static void *field_at(void *object, const struct site_field *f)
{
	return (char *)object + f->offset;
}

/* Words of a mapping: the first parts of the fields' keys, or the second parts within `group`. */
static size_t words_of(const struct site_schema *schema, const char *group, const char *words[WORDS_MAX],
	char text[WORDS_MAX][32])
{
	size_t n = 0;

	for (size_t i = 0; i < schema->n_fields; i++) {
		const char *key = schema->fields[i].key;
		size_t part = strcspn(key, ".");

		if (group) {
			if (strlen(group) == part && strncmp(key, group, part) == 0 && key[part] == '.')
				words[n++] = key + part + 1;
			continue;
		}
		if (n > 0 && strlen(words[n - 1]) == part && strncmp(words[n - 1], key, part) == 0)
			continue; /* fields of one group stand together */
		assert(n < WORDS_MAX && part < 32);
		memcpy(text[n], key, part);
		text[n][part] = '\0';
		words[n] = text[n];
		n++;
	}
	return n;
}

static enum bridge_err keys_check(const struct site_schema *schema, const struct doc_node *map,
	const char *child1, const char *child2, struct config_why *why)
{
	const char *words[WORDS_MAX], *inner[WORDS_MAX];
	char text[WORDS_MAX][32], unused[WORDS_MAX][32];
	size_t n = words_of(schema, NULL, words, text), n_own = n;
	enum bridge_err err;

	if (child1)
		words[n++] = child1;
	if (child2)
		words[n++] = child2;
	if (map->kind != DOC_MAP)
		return doc_refuse(map, why, "%s is wanted as a mapping, as in { key: value }", schema->word);
	err = doc_only(map, words, n, why);
	for (size_t i = 0; !err && i < n_own; i++) {
		size_t n_inner = words_of(schema, words[i], inner, unused);

		if (n_inner)
			err = doc_only(doc_get(map, words[i]), inner, n_inner, why);
	}
	return err;
}

static enum bridge_err read_texts(
	void *object, const struct site_field *f, const struct doc_node *list, struct config_why *why)
{
	size_t *n = (size_t *)(void *)((char *)object + f->n_offset);
	enum bridge_err err = doc_list(list, SITE_LIST, why);

	*n = 0;
	for (const struct doc_node *node = err || !list ? NULL : list->first; node && !err;
		node = node->next) {
		char *text = (char *)field_at(object, f) + *n * f->cap;

		if (node->kind != DOC_SCALAR_TEXT)
			return doc_refuse(node, why, "a text is wanted");
		err = doc_text(node, text, f->cap, why);
		for (size_t i = 0; f->rule == RULE_CODEC && i < site_n_codecs; i++)
			if (strcasecmp(text, site_codecs[i]) == 0)
				memcpy(text, site_codecs[i], strlen(site_codecs[i]) + 1);
		++*n;
	}
	return err;
}

/* A list of any length, in one allocation that the object owns. */
static enum bridge_err read_list_field(
	void *object, const struct site_field *f, const struct doc_node *list, struct config_why *why)
{
	size_t *n = field_at(object, &(struct site_field){ .offset = f->n_offset });
	enum bridge_err err = doc_list(list, DOC_NODES, why);
	char *texts;

	if (err || !list || list->n == 0)
		return err;
	texts = calloc(list->n, f->cap);
	if (!texts)
		return BRIDGE_NOMEM;
	memcpy(field_at(object, f), &texts, sizeof(texts));
	for (const struct doc_node *node = list->first; node && !err; node = node->next) {
		if (node->kind != DOC_SCALAR_TEXT)
			return doc_refuse(node, why, "a text is wanted");
		err = doc_text(node, texts + *n * f->cap, f->cap, why);
		++*n;
	}
	return err;
}

static enum bridge_err read_range(
	void *object, const struct site_field *f, const struct doc_node *node, struct config_why *why)
{
	char text[SITE_RANGE] = "";
	enum bridge_err err = doc_text(node, text, sizeof(text), why);

	if (err)
		return err;
	if (!strstr(text, "..")) {
		if (strlen(text) >= f->cap)
			return doc_refuse(node, why, "%s", site_rule_broken(RULE_E164, text));
		memcpy(field_at(object, f), text, strlen(text) + 1);
		return BRIDGE_OK;
	}
	return site_range_parse(text, field_at(object, f), (char *)object + f->n_offset)
		       ? BRIDGE_OK
		       : doc_refuse(node, why, "%s", site_rule_broken(RULE_RANGE, text));
}

static enum bridge_err read_answer(
	struct site_number *number, const struct doc_node *node, struct config_why *why)
{
	static const char meeting[] = "meeting:";
	char text[SITE_NAME] = "attendant";
	enum bridge_err err = doc_text(node, text, sizeof(text), why);

	if (err)
		return err;
	number->answer = PLAN_ATTENDANT;
	if (strcmp(text, "attendant") == 0)
		return BRIDGE_OK;
	if (strncmp(text, meeting, strlen(meeting)) != 0 || strlen(text) >= strlen(meeting) + SITE_MEETING_ID)
		return doc_refuse(node, why, "attendant, or meeting: and its ID, is wanted");
	number->answer = PLAN_MEETING;
	memcpy(number->meeting, text + strlen(meeting), strlen(text) - strlen(meeting) + 1);
	return BRIDGE_OK;
}

static enum bridge_err read_unsigned(
	unsigned *out, const struct site_field *f, const struct doc_node *node, struct config_why *why)
{
	*out = 0;
	if (doc_unsigned(node, 1, f->max, out, NULL))
		return doc_refuse(node, why,
			"a whole number from 1 to %u is wanted; without a limit leave it out", f->max);
	return BRIDGE_OK;
}

static enum bridge_err read_srtp(enum site_srtp *out, const struct doc_node *node, struct config_why *why)
{
	unsigned word = SITE_SRTP_ALLOW;
	enum bridge_err err = doc_word(node, site_srtp_words, 3, &word, why);

	*out = (enum site_srtp)word;
	return err;
}

static enum bridge_err read_field(
	void *object, const struct site_field *f, const struct doc_node *node, struct config_why *why)
{
	switch (f->type) {
	case FIELD_TEXT: return doc_text(node, field_at(object, f), f->cap, why);
	case FIELD_TEXTS: return read_texts(object, f, node, why);
	case FIELD_LIST: return read_list_field(object, f, node, why);
	case FIELD_RANGE: return read_range(object, f, node, why);
	case FIELD_WORD: return doc_word(node, f->words, f->max, field_at(object, f), why);
	case FIELD_BOOL:
		*(bool *)field_at(object, f) = f->on;
		return doc_bool(node, field_at(object, f), why);
	case FIELD_UNSIGNED: return read_unsigned(field_at(object, f), f, node, why);
	case FIELD_SRTP: return read_srtp(field_at(object, f), node, why);
	case FIELD_ANSWER: return read_answer(object, node, why);
	}
	return BRIDGE_RANGE;
}

static const struct doc_node *field_node(const struct doc_node *map, const char *key)
{
	const char *dot = strchr(key, '.');
	char group[32];

	if (!dot)
		return doc_get(map, key);
	snprintf(group, sizeof(group), "%.*s", (int)(dot - key), key);
	return doc_get(doc_get(map, group), dot + 1);
}

/* Networks that cannot be read stay zero here and are refused by the check. */
static void networks_derive(struct site_trunk *t)
{
	for (size_t k = 0; k < t->n_from; k++)
		if (!trunk_network_parse(&t->from[k], t->from_text[k]))
			memset(&t->from[k], 0, sizeof(t->from[k]));
}

/* What follows from what was given, and defaults that a table cannot say. */
static void derive(enum site_kind kind, void *object)
{
	struct site_account *account = object;

	if (kind == SITE_TRUNK)
		networks_derive(object);
	else if (kind == SITE_ACCOUNT && !account->language[0])
		memcpy(account->language, "en", sizeof("en"));
}

enum bridge_err site_read_object(
	enum site_kind kind, void *object, const struct doc_node *map, struct config_why *why)
{
	const struct site_schema *schema = &site_schemas[kind];
	bool holds = kind == SITE_ACCOUNT;
	enum bridge_err err = keys_check(schema, map, holds ? site_schemas[SITE_MEETING].list : NULL,
		holds ? site_schemas[SITE_USER].list : NULL, why);

	for (size_t i = 0; !err && i < schema->n_fields; i++) {
		const struct site_field *f = &schema->fields[i];
		const struct doc_node *node = field_node(map, f->key);

		if (!node && f->required)
			return doc_refuse(map, why, "%s is missing", f->key);
		err = read_field(object, f, node, why);
	}
	if (!err)
		derive(kind, object);
	return err;
}

/* Reads map's list of `kind` into a new array.  *n counts what is there even on failure. */
static enum bridge_err read_list(
	enum site_kind kind, const struct doc_node *map, void *array_out, size_t *n, struct config_why *why)
{
	const struct site_schema *schema = &site_schemas[kind];
	const struct doc_node *list = doc_get(map, schema->list);
	enum bridge_err err = doc_list(list, DOC_NODES, why);
	char *objects;

	if (err || !list || list->n == 0)
		return err;
	objects = calloc(list->n, schema->size);
	if (!objects)
		return BRIDGE_NOMEM;
	memcpy(array_out, &objects, sizeof(objects));
	for (const struct doc_node *node = list->first; node && !err; node = node->next) {
		err = site_read_object(kind, objects + *n * schema->size, node, why);
		++*n;
	}
	return err;
}

static enum bridge_err read_accounts(struct site *s, const struct doc_node *root, struct config_why *why)
{
	enum bridge_err err = read_list(SITE_ACCOUNT, root, &s->accounts, &s->n_accounts, why);
	const struct doc_node *list = doc_get(root, "accounts");

	for (const struct doc_node *node = err || !list ? NULL : list->first; node && !err;
		node = node->next) {
		struct site_account *a = &s->accounts[node->index];

		err = read_list(SITE_MEETING, node, &a->meetings, &a->n_meetings, why);
		if (!err)
			err = read_list(SITE_USER, node, &a->users, &a->n_users, why);
	}
	return err;
}

static enum bridge_err read_all(struct site *s, const struct doc *doc, struct config_why *why)
{
	static const char *const words[] = { "accounts", "trunks", "numbers", "routes", "calendars",
		"classes" };
	const struct doc_node *root = doc_root(doc);
	enum bridge_err err;

	if (root->kind == DOC_NULL)
		return doc_refuse(root, why, "nothing in it; to remove everything write: accounts: []");
	err = doc_only(root, words, sizeof(words) / sizeof(*words), why);
	if (!err)
		err = read_accounts(s, root, why);
	if (!err)
		err = read_list(SITE_TRUNK, root, &s->trunks, &s->n_trunks, why);
	if (!err)
		err = read_list(SITE_NUMBER, root, &s->numbers, &s->n_numbers, why);
	if (!err)
		err = read_list(SITE_ROUTE, root, &s->routes, &s->n_routes, why);
	if (!err)
		err = read_list(SITE_CALENDAR, root, &s->calendars, &s->n_calendars, why);
	if (!err)
		err = read_list(SITE_CLASS, root, &s->classes, &s->n_classes, why);
	if (err)
		return err;
	err = site_check(s, why);
	if (err == BRIDGE_SYNTAX)
		why->line = doc_at(doc, why->key)->line;
	return err;
}

unsigned site_line(const char *text, size_t len, const char *key)
{
	struct config_why unread;
	struct doc *doc = NULL;
	unsigned line = 0;

	if (doc_read(&doc, text, len, &unread) == BRIDGE_OK)
		line = doc_at(doc, key)->line;
	doc_free(doc);
	return line;
}

enum bridge_err site_parse(struct site **out, const char *text, size_t len, struct config_why *why)
{
	struct config_why unread;
	struct doc *doc = NULL;
	struct site *s;
	enum bridge_err err;

	if (!why)
		why = &unread;
	err = doc_read(&doc, text, len, why);
	if (err)
		return err;
	s = site_new();
	err = s ? read_all(s, doc, why) : BRIDGE_NOMEM;
	doc_free(doc);
	if (err) {
		site_free(s);
		return err;
	}
	site_sort(s);
	*out = s;
	return BRIDGE_OK;
}
