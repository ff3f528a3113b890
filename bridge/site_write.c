/* site_write.c - a site as YAML: what is given, in the order of the tables; what is at its default stays away. */
#include "bridge/site_priv.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Words that YAML readers of any age take for something else than text. */
static bool is_plain(const char *text)
{
	static const char *const taken[] = { "true", "false", "null", "yes", "no", "on", "off", "y", "n" };

	if (!isalpha((unsigned char)text[0]))
		return false;
	for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++)
		if (strcasecmp(taken[i], text) == 0)
			return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && *text != '-' && *text != '_')
			return false;
	return true;
}

static void put_text(FILE *out, const char *text)
{
	if (is_plain(text)) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) { /* no controls: the check refuses them */
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static bool is_default(const void *object, const struct site_field *f)
{
	const void *value = (const char *)object + f->offset;

	switch (f->type) {
	case FIELD_TEXT: return !f->required && !*(const char *)value;
	case FIELD_LIST:
	case FIELD_TEXTS: return site_texts(object, f) == 0;
	case FIELD_RANGE: return false;
	case FIELD_WORD: return !f->required && *(const unsigned *)value == 0;
	case FIELD_BOOL: return *(const bool *)value == f->on;
	case FIELD_UNSIGNED: return *(const unsigned *)value == 0;
	case FIELD_SRTP: return *(const enum site_srtp *)value == SITE_SRTP_ALLOW;
	case FIELD_ANSWER: return false;
	}
	return false;
}

static void put_value(FILE *out, const void *object, const struct site_field *f)
{
	const void *value = (const char *)object + f->offset;

	switch (f->type) {
	case FIELD_TEXT: put_text(out, value); break;
	case FIELD_RANGE:
		fprintf(out, "\"%s%s%s\"", (const char *)value,
			*((const char *)object + f->n_offset) ? ".." : "",
			(const char *)object + f->n_offset);
		break;
	case FIELD_WORD: put_text(out, f->words[*(const unsigned *)value]); break;
	case FIELD_LIST:
	case FIELD_TEXTS:
		for (size_t i = 0; i < site_texts(object, f); i++) {
			fputs(i ? ", " : "[ ", out);
			put_text(out, site_text(object, f, i));
		}
		fputs(" ]", out);
		break;
	case FIELD_BOOL: fputs(*(const bool *)value ? "true" : "false", out); break;
	case FIELD_UNSIGNED: fprintf(out, "%u", *(const unsigned *)value); break;
	case FIELD_SRTP: fputs(site_srtp_words[*(const enum site_srtp *)value], out); break;
	case FIELD_ANSWER:
		if (*(const enum plan_answer *)value == PLAN_MEETING)
			fprintf(out, "\"meeting:%s\"", (const char *)object + f->n_offset);
		else
			fputs("attendant", out);
		break;
	}
}

static bool same_group(const char *a, const char *b)
{
	size_t n = strcspn(a, ".");

	return a[n] && strncmp(a, b, n + 1) == 0;
}

/* Writes all fields; `between` parts one top-level key from the next. */
static void put_fields(FILE *out, enum site_kind kind, const void *object, const char *between)
{
	const struct site_schema *schema = &site_schemas[kind];
	const char *last = NULL; /* key written before */
	bool in_group = false;

	for (size_t i = 0; i < schema->n_fields; i++) {
		const struct site_field *f = &schema->fields[i];
		const char *dot = strchr(f->key, '.');

		if (is_default(object, f))
			continue;
		if (in_group && !same_group(last, f->key)) {
			fputs(" }", out);
			in_group = false;
		}
		if (last)
			fputs(in_group ? ", " : between, out);
		if (dot && !in_group) {
			fprintf(out, "%.*s: { ", (int)(dot - f->key), f->key);
			in_group = true;
		}
		fprintf(out, "%s: ", dot ? dot + 1 : f->key);
		put_value(out, object, f);
		last = f->key;
	}
	if (in_group)
		fputs(" }", out);
}

static void put_lines(FILE *out, const char *indent, enum site_kind kind, const void *objects, size_t n)
{
	const struct site_schema *schema = &site_schemas[kind];

	if (n == 0)
		return;
	fprintf(out, "%s%s:\n", indent, schema->list);
	for (size_t i = 0; i < n; i++) {
		fprintf(out, "%s  - { ", indent);
		put_fields(out, kind, (const char *)objects + i * schema->size, ", ");
		fputs(" }\n", out);
	}
}

static void put_site(FILE *out, const struct site *s)
{
	if (s->n_accounts == 0)
		fputs("accounts: []\n", out);
	else
		fputs("accounts:\n", out);
	for (size_t i = 0; i < s->n_accounts; i++) {
		const struct site_account *a = &s->accounts[i];

		fputs("  - ", out);
		put_fields(out, SITE_ACCOUNT, a, "\n    ");
		fputc('\n', out);
		put_lines(out, "    ", SITE_MEETING, a->meetings, a->n_meetings);
		put_lines(out, "    ", SITE_USER, a->users, a->n_users);
	}
	if (s->n_trunks)
		fputs("trunks:\n", out);
	for (size_t i = 0; i < s->n_trunks; i++) {
		fputs("  - ", out);
		put_fields(out, SITE_TRUNK, &s->trunks[i], "\n    ");
		fputc('\n', out);
	}
	put_lines(out, "", SITE_NUMBER, s->numbers, s->n_numbers);
	put_lines(out, "", SITE_ROUTE, s->routes, s->n_routes);
	put_lines(out, "", SITE_CALENDAR, s->calendars, s->n_calendars);
	put_lines(out, "", SITE_CLASS, s->classes, s->n_classes);
}

char *site_export(const struct site *s)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	bool failed;

	if (!out)
		return NULL;
	put_site(out, s);
	failed = ferror(out) != 0;
	failed = fclose(out) != 0 || failed;
	if (!failed)
		return text;
	free(text);
	return NULL;
}
