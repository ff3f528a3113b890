/* partyctl_table.c - JSON as people read it: columns, and one line per value. */
#include "tools/partyctl.h"

#include <stdlib.h>
#include <string.h>

enum { CELL_MAX = 200, COLUMNS_MAX = 16 };

const json_t *ctl_member(const json_t *object, const char *key)
{
	while (object && *key) {
		size_t n = strcspn(key, ".");
		char part[64];

		if (n >= sizeof(part))
			return NULL;
		memcpy(part, key, n);
		part[n] = '\0';
		object = json_is_array(object) ? json_array_get(object, (size_t)strtoul(part, NULL, 10))
					       : json_object_get(object, part);
		key += n + (key[n] == '.');
	}
	return object;
}

/* Jansson's text is UTF-8; a terminal must not obey what it holds. */
static void put_clean(char *out, size_t cap, const char *text)
{
	size_t n = 0;

	for (; *text && n + 1 < cap; text++)
		out[n++] = (unsigned char)*text < 0x20 || *text == 0x7f ||
					   ((unsigned char)*text == 0xc2 &&
						   (unsigned char)text[1] < 0xa0) /* C1 */
				   ? '?'
				   : *text;
	if (*text) /* cut: not within a character */
		while (n > 0 && ((unsigned char)out[n - 1] & 0xc0) == 0x80)
			n--;
	if (*text && n > 0 && (unsigned char)out[n - 1] >= 0xc0)
		n--;
	out[n] = '\0';
}

const char *ctl_value_text(const json_t *value, char *out, size_t cap)
{
	char *text;

	switch (value ? json_typeof(value) : JSON_NULL) {
	case JSON_STRING:
		put_clean(out, cap, json_string_length(value) ? json_string_value(value) : "-");
		break;
	case JSON_INTEGER: snprintf(out, cap, "%" JSON_INTEGER_FORMAT, json_integer_value(value)); break;
	case JSON_REAL: snprintf(out, cap, "%.1f", json_real_value(value)); break;
	case JSON_TRUE: snprintf(out, cap, "yes"); break;
	case JSON_OBJECT:
	case JSON_ARRAY:
		text = json_dumps(value, JSON_COMPACT);
		put_clean(out, cap, text ? text : "?");
		free(text);
		break;
	default: snprintf(out, cap, "-"); break;
	}
	return out;
}

/* Characters, which is what a terminal's columns are for most scripts. */
static size_t width_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static const char *cell(const json_t *item, const struct ctl_column *column, char text[CELL_MAX])
{
	return item ? ctl_value_text(ctl_member(item, column->key), text, CELL_MAX) : column->title;
}

/* `item` NULL: the titles. */
static void put_row(
	FILE *out, const struct ctl_column *columns, const size_t *widths, size_t n, const json_t *item)
{
	for (size_t i = 0; i < n; i++) {
		char text[CELL_MAX];
		const char *shown = cell(item, &columns[i], text);
		int pad = (int)(widths[i] - width_of(shown));

		if (columns[i].right)
			fprintf(out, "%*s%s", pad, "", shown);
		else
			fprintf(out, "%s%*s", shown, i + 1 < n ? pad : 0, "");
		fputs(i + 1 < n ? "  " : "\n", out);
	}
}

void ctl_table(FILE *out, const struct ctl_column *columns, size_t n_columns, const json_t *items)
{
	size_t widths[COLUMNS_MAX], row;
	json_t *item;

	if (n_columns > COLUMNS_MAX)
		n_columns = COLUMNS_MAX;
	for (size_t i = 0; i < n_columns; i++) {
		widths[i] = width_of(columns[i].title);
		json_array_foreach((json_t *)items, row, item)
		{
			char text[CELL_MAX];
			size_t width = width_of(cell(item, &columns[i], text));

			widths[i] = width > widths[i] ? width : widths[i];
		}
	}
	put_row(out, columns, widths, n_columns, NULL);
	json_array_foreach((json_t *)items, row, item) put_row(out, columns, widths, n_columns, item);
}

void ctl_members(FILE *out, const json_t *object, const char *group)
{
	const char *key;
	json_t *value;
	char text[400], name[100];

	json_object_foreach((json_t *)object, key, value)
	{
		snprintf(name, sizeof(name), "%s%s%s", group, group[0] ? "." : "", key);
		if (json_is_object(value))
			ctl_members(out, value, name);
		else if (!json_is_array(value))
			fprintf(out, "%-28s %s\n", name, ctl_value_text(value, text, sizeof(text)));
	}
}
