#include "dialplan/class.h"
#include "dialplan/class_table.h"
#include "dialplan/prefix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_MAX = 12, CODE_MAX = 5 /* digits of an emergency code, as test_class checks */ };

enum { SET_BEGINS, SET_WHOLE };

struct classes {
	struct class_entry *entries; /* owned: the operator's, then the product's */
	struct prefixes *prefixes;   /* owned; values are indices of entries, so the operator's come first */
	size_t n;
};

static const char *const words[CLASSES] = {
	[CLASS_ORDINARY] = "ordinary",
	[CLASS_TOLL_FREE] = "toll-free",
	[CLASS_SHARED_COST] = "shared-cost",
	[CLASS_PREMIUM] = "premium",
	[CLASS_SATELLITE] = "satellite",
	[CLASS_RISKY] = "risky",
	[CLASS_UNALLOCATED] = "unallocated",
	[CLASS_EMERGENCY] = "emergency",
};

const char *class_word(enum number_class class)
{
	return class < CLASSES ? words[class] : "unnamed class";
}

bool class_parse(enum number_class *out, const char *word)
{
	for (enum number_class class = 0; class < CLASSES; class ++)
		if (strcmp(words[class], word) == 0) {
			*out = class;
			return true;
		}
	return false;
}

/* The next of a list parted by blanks; NULL: no more. */
static const char *word_next(const char *list, char out[WORD_MAX])
{
	size_t n;

	list += strspn(list, " ");
	n = strcspn(list, " ");
	if (n == 0 || n >= WORD_MAX)
		return NULL;
	memcpy(out, list, n);
	out[n] = '\0';
	return list + n;
}

static void entry_add(
	struct classes *c, enum number_class class, bool whole, const char *country, const char *digits)
{
	struct class_entry *entry = &c->entries[c->n++];

	snprintf(entry->prefix, sizeof(entry->prefix), "+%.3s%.11s", country, digits);
	entry->class = class;
	entry->whole = whole;
}

static void table_add(struct classes *c)
{
	char word[WORD_MAX];
	const char *rest;

	for (size_t i = 0; i < class_n_rows; i++)
		for (rest = class_rows[i].begins; (rest = word_next(rest, word)) != NULL;)
			entry_add(c, class_rows[i].class, false, class_rows[i].country, word);
	for (size_t i = 0; i < emergency_n_rows; i++)
		for (rest = emergency_rows[i].codes; (rest = word_next(rest, word)) != NULL;)
			entry_add(c, CLASS_EMERGENCY, true, emergency_rows[i].country, word);
}

static size_t table_size(void)
{
	char word[WORD_MAX];
	const char *rest;
	size_t n = 0;

	for (size_t i = 0; i < class_n_rows; i++)
		for (rest = class_rows[i].begins; (rest = word_next(rest, word)) != NULL;)
			n++;
	for (size_t i = 0; i < emergency_n_rows; i++)
		for (rest = emergency_rows[i].codes; (rest = word_next(rest, word)) != NULL;)
			n++;
	return n;
}

/* Are all well formed, and none there twice? */
static enum plan_err entries_check(const struct class_entry *entries, size_t n, size_t *at)
{
	struct prefix_match found[PREFIX_DEPTH];
	struct prefixes *seen = NULL;
	struct prefix_entry *all = calloc(n + 1, sizeof(*all));
	enum plan_err err = all ? PLAN_OK : PLAN_NOMEM;

	for (size_t i = 0; i < n && !err; i++) {
		*at = i;
		if (!prefix_valid(entries[i].prefix) || !entries[i].prefix[1] || entries[i].class >= CLASSES)
			err = PLAN_SYNTAX;
		else
			all[i] = (struct prefix_entry){ entries[i].whole ? SET_WHOLE : SET_BEGINS,
				(uint32_t)i, "" };
		memcpy(all[i].prefix, entries[i].prefix, sizeof(all[i].prefix));
	}
	if (!err)
		err = prefixes_alloc(&seen, all, n);
	for (size_t i = 0; i < n && !err; i++)
		if (prefixes_find(seen, all[i].set, all[i].prefix, found) && found[0].values[0] < i) {
			*at = i;
			err = strlen(all[i].prefix) == found[0].digits + 1 ? PLAN_TWICE : PLAN_OK;
		}
	prefixes_free(seen);
	free(all);
	return err;
}

enum plan_err classes_alloc(
	struct classes **out, const struct class_entry *entries, size_t n_entries, size_t *at)
{
	size_t nowhere, n = table_size() + n_entries;
	enum plan_err err = entries_check(entries, n_entries, at ? at : &nowhere);
	struct prefix_entry *all = NULL;
	struct classes *c = NULL;

	if (err)
		return err;
	err = PLAN_NOMEM;
	all = calloc(n, sizeof(*all));
	c = calloc(1, sizeof(*c));
	if (!all || !c)
		goto fail;
	c->entries = calloc(n, sizeof(*c->entries));
	if (!c->entries)
		goto fail;
	for (; c->n < n_entries; c->n++)
		c->entries[c->n] = entries[c->n];
	table_add(c);
	for (size_t i = 0; i < n; i++) {
		all[i].set = c->entries[i].whole ? SET_WHOLE : SET_BEGINS;
		all[i].value = (uint32_t)i;
		memcpy(all[i].prefix, c->entries[i].prefix, sizeof(all[i].prefix));
	}
	err = prefixes_alloc(&c->prefixes, all, n);
	if (err)
		goto fail;

	free(all);
	*out = c;
	return PLAN_OK;
fail:
	free(all);
	classes_free(c);
	return err;
}

struct classes *classes_free(struct classes *c)
{
	if (c) {
		prefixes_free(c->prefixes);
		free(c->entries);
		free(c);
	}
	return NULL;
}

enum number_class class_of(const struct classes *c, const char *e164, const struct class_entry **by)
{
	struct prefix_match found[PREFIX_DEPTH];
	const struct class_entry *entry = NULL;
	unsigned n = prefixes_find(c->prefixes, SET_WHOLE, e164, found);

	if (n && found[0].digits == strlen(e164) - 1)
		entry = &c->entries[found[0].values[0]];
	else if (prefixes_find(c->prefixes, SET_BEGINS, e164, found))
		entry = &c->entries[found[0].values[0]];
	if (by)
		*by = entry;
	return entry ? entry->class : CLASS_ORDINARY;
}

bool class_emergency_code(const char *digits)
{
	char word[WORD_MAX];

	if (strlen(digits) > CODE_MAX) /* most numbers: no need to look */
		return false;
	for (size_t i = 0; i < emergency_n_rows; i++)
		for (const char *rest = emergency_rows[i].codes; (rest = word_next(rest, word)) != NULL;)
			if (strcmp(word, digits) == 0)
				return true;
	return false;
}
