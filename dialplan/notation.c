#include "dialplan/notation.h"
#include "dialplan/notation_table.h"
#include "dialplan/number.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { GROUPS = 8, TRIPLE = 3, WHOLE = 5 /* digits that stand together */ };

static bool begins(const char *text, const char *with, size_t n)
{
	return strncmp(text, with, n) == 0;
}

/* Length of the longest of the words that `digits` begin with; 0: none, -1: none and there are no words. */
static int lead_of(const char *leads, const char *digits)
{
	int best = leads[0] ? 0 : -1;

	while (*leads) {
		const size_t n = strcspn(leads, " ");

		if (begins(digits, leads, n) && (int)n > best)
			best = (int)n;
		leads += n + (leads[n] == ' ');
	}
	return best;
}

/* The row with the longest lead of this number's country; a row without leads is the last resort. */
static const struct notation_row *row_of(const char *digits)
{
	const struct notation_row *best = NULL;
	int best_lead = -2;

	for (size_t i = 0; i < notation_n_rows; i++) {
		const struct notation_row *row = &notation_rows[i];
		const size_t n = strlen(row->code);
		int lead;

		if (!begins(digits, row->code, n))
			continue;
		lead = lead_of(row->leads, digits + n);
		if (lead != 0 && lead > best_lead) {
			best = row;
			best_lead = lead;
		}
	}
	return best;
}

static size_t code_length(const char *digits, char country[NOTATION_COUNTRY])
{
	const char *at = notation_countries;

	country[0] = '\0';
	while (*at) {
		const size_t n = strspn(at, "0123456789");

		if (begins(digits, at, n)) {
			snprintf(country, NOTATION_COUNTRY, "%.2s", at + n);
			return n;
		}
		at += strcspn(at, " ");
		at += *at == ' ';
	}
	return digits[0] == '1' || digits[0] == '7' ? 1 : TRIPLE; /* of several countries, or of none */
}

static size_t put(char out[NOTATION_TEXT], size_t len, const char *digits, size_t n)
{
	return len + (size_t)snprintf(out + len, NOTATION_TEXT - len, " %.*s", (int)n, digits);
}

/* The rest, which nothing is known of: threes, and fours where that leaves no single digit. */
static size_t put_rest(char out[NOTATION_TEXT], size_t len, const char *digits)
{
	size_t n = strlen(digits);

	while (n > WHOLE) {
		const size_t part = n == TRIPLE + WHOLE ? TRIPLE + 1 : TRIPLE;

		len = put(out, len, digits, part);
		digits += part;
		n -= part;
	}
	return n ? put(out, len, digits, n) : len;
}

/* The parts behind country code or national prefix, each with a space in front. */
static size_t put_groups(char out[NOTATION_TEXT], size_t len, const char *digits, const char *groups)
{
	for (; isdigit((unsigned char)*groups) && *digits; groups++) {
		const size_t n = strlen(digits), part = (size_t)(*groups - '0');

		len = put(out, len, digits, n < part ? n : part);
		digits += n < part ? n : part;
	}
	return *digits ? put_rest(out, len, digits) : len;
}

/* How these digits are parted: as the row says, but for the rest of a number that is longer or shorter than its plan. */
static void groups_of(char out[GROUPS], const struct notation_row *row, const char *digits)
{
	const char *groups = row ? row->groups : "*";
	size_t sum = 0;

	for (const char *g = groups; isdigit((unsigned char)*g); g++)
		sum += (size_t)(*g - '0');
	if (strchr(groups, '*') || sum == strlen(digits))
		snprintf(out, GROUPS, "%s", groups);
	else
		snprintf(out, GROUPS, "%c*", groups[0]);
}

static void write_national(
	struct notation *out, const struct notation_row *row, const char *groups, const char *digits)
{
	char text[NOTATION_TEXT] = "";
	size_t area = row->open ? (size_t)(groups[0] - '0') : 0;

	if (area >= strlen(digits))
		area = 0;
	put_groups(text, 0, digits + area, groups + (area > 0));
	if (area)
		snprintf(out->national, NOTATION_TEXT, "(%s%.*s)%.30s", row->trunk, (int)area, digits, text);
	else
		snprintf(out->national, NOTATION_TEXT, "%s%.36s", row->trunk, text + 1);
}

void notation_of(struct notation *out, const char *e164)
{
	const struct notation_row *row;
	char groups[GROUPS];
	size_t code;

	memset(out, 0, sizeof(*out));
	snprintf(out->international, NOTATION_TEXT, "%s", e164);
	snprintf(out->national, NOTATION_TEXT, "%s", e164);
	if (!number_valid(e164))
		return;
	row = row_of(e164 + 1);
	code = code_length(e164 + 1, out->country);
	if (row)
		code = strlen(row->code);
	if (strlen(e164 + 1) <= code)
		return;
	groups_of(groups, row, e164 + 1 + code);
	put_groups(out->international,
		(size_t)snprintf(out->international, NOTATION_TEXT, "+%.*s", (int)code, e164 + 1),
		e164 + 1 + code, groups);
	if (row)
		write_national(out, row, groups, e164 + 1 + code);
	else
		memcpy(out->national, out->international, NOTATION_TEXT); /* its prefix is not known either */
}
