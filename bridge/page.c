#include "bridge/page.h"
#include "bridge/http.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { FILTERS = 8, VALUE_MAX = 256 };

struct asked {
	uint64_t limit;
	char cursor[VALUE_MAX];
	size_t n_filters;
	struct {
		char name[48], value[VALUE_MAX];
	} filters[FILTERS];
};

static bool refuse(struct page_wrong *wrong, const char *field, const char *code, const char *message)
{
	snprintf(wrong->field, sizeof(wrong->field), "%s", field);
	wrong->code = code;
	wrong->message = message;
	return false;
}

static bool is_word_of(const char *words, const char *name)
{
	const size_t len = strlen(name);

	for (const char *at = words; *at; at += strcspn(at, " "), at += *at == ' ')
		if (strcspn(at, " ") == len && len && memcmp(at, name, len) == 0)
			return true;
	return false;
}

static bool take(struct asked *a, const struct page_rules *rules, const char *query, const char *name,
	const char *value, struct page_wrong *wrong)
{
	if (strcmp(name, "access_token") == 0)
		return true;
	if (strcmp(name, "limit") == 0)
		return http_number(query, name, 1, rules->most, &a->limit) ||
		       refuse(wrong, name, "bad_request",
			       rules->most == PAGE_MAX ? "limit must be 1 to 1000"
						       : "limit must be 1 to 100000");
	if (strcmp(name, "cursor") == 0) {
		snprintf(a->cursor, sizeof(a->cursor), "%s", value);
		return true;
	}
	if (!is_word_of(rules->filters, name) || a->n_filters == FILTERS)
		return refuse(wrong, name, "bad_request", "there is no such filter");
	snprintf(a->filters[a->n_filters].name, sizeof(a->filters[0].name), "%s", name);
	snprintf(a->filters[a->n_filters++].value, sizeof(a->filters[0].value), "%s", value);
	return true;
}

static bool take_all(
	struct asked *a, const struct page_rules *rules, const char *query, struct page_wrong *wrong)
{
	*a = (struct asked){ .limit = rules->limit };
	while (*query) {
		const size_t len = strcspn(query, "&="), whole = strcspn(query, "&");
		char name[sizeof(a->filters[0].name)] = "", value[VALUE_MAX] = "";

		if (len >= sizeof(name))
			return refuse(wrong, "", "bad_request", "there is no such filter");
		memcpy(name, query, len);
		if (!http_query(query, name, value, sizeof(value)))
			return refuse(wrong, name, "bad_request", "this part of the query cannot be read");
		if (!take(a, rules, query, name, value, wrong))
			return false;
		query += whole + (query[whole] == '&');
	}
	return true;
}

static bool is_value(const json_t *member, const char *value)
{
	if (json_is_boolean(member))
		return strcmp(value, json_is_true(member) ? "true" : "false") == 0;
	return json_is_string(member) && strcmp(json_string_value(member), value) == 0;
}

static bool fits(const json_t *row, const struct asked *a)
{
	for (size_t i = 0; i < a->n_filters; i++)
		if (!is_value(json_object_get(row, a->filters[i].name), a->filters[i].value))
			return false;
	return true;
}

/* The row behind the cursor's; false: that one has gone. */
static bool begin(size_t *at, const json_t *rows, const struct page_rules *rules, const struct asked *a)
{
	*at = 0;
	if (!a->cursor[0])
		return true;
	while (*at < json_array_size(rows))
		if (is_value(json_object_get(json_array_get(rows, (*at)++), rules->key), a->cursor))
			return true;
	return false;
}

json_t *page_of(
	const json_t *rows, const struct page_rules *rules, const char *query, struct page_wrong *wrong)
{
	json_t *items, *next = NULL;
	struct asked a;
	size_t at;

	*wrong = (struct page_wrong){ .code = NULL };
	if (!take_all(&a, rules, query, wrong))
		return NULL;
	if (!begin(&at, rows, rules, &a)) {
		refuse(wrong, "cursor", "cursor_gone",
			"what this cursor points to has been deleted: begin again");
		return NULL;
	}
	items = json_array();
	for (; at < json_array_size(rows); at++) {
		json_t *row = json_array_get(rows, at);

		if (!fits(row, &a))
			continue;
		if (json_array_size(items) == a.limit) { /* one more is there: the page is not the last */
			next = json_object_get(json_array_get(items, json_array_size(items) - 1), rules->key);
			break;
		}
		json_array_append(items, row);
	}
	return json_pack("{s:o, s:O}", "items", items, "next", next ? next : json_null());
}
