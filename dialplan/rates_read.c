#include "dialplan/rates_read.h"
#include "dialplan/days.h"
#include "dialplan/prefix.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELD_MAX = 64, COLUMNS_MAX = 32, STEP_DEFAULT_S = 60, ROOM = 1024 };

enum column { COL_PREFIX, COL_PRICE, COL_CONNECT, COL_STEPS, COL_CURRENCY, COL_FROM, COL_UNTIL, COLUMNS };
static const char *const names[COLUMNS] = { "prefix", "per_minute", "connect", "increments", "currency",
	"from", "until" };

struct reading {
	const char *at, *end;  /* what is left of the text */
	unsigned line, column; /* of the field that was read last */
	char between;          /* , or ; */
	bool last;             /* it was the last of its line */
	char field[FIELD_MAX];
	enum column columns[COLUMNS_MAX]; /* what the n-th field of a line is */
	unsigned n_columns;
	struct rate *rows; /* owned until given out */
	size_t n, room;
	char *currency; /* the caller's */
	struct rates_why *why;
};

__attribute__((format(printf, 2, 3))) static enum plan_err refuse(struct reading *r, const char *format, ...)
{
	struct rates_why *why = r->why;
	va_list args;

	why->line = r->line;
	why->column = r->column;
	why->name[0] = '\0';
	if (r->column && r->column <= r->n_columns)
		snprintf(why->name, sizeof(why->name), "%s", names[r->columns[r->column - 1]]);
	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	return PLAN_SYNTAX;
}

/* ---- fields ---- */

static bool keep(struct reading *r, size_t *n, char c)
{
	if (*n + 1 >= sizeof(r->field) || !c)
		return false;
	r->field[(*n)++] = c;
	return true;
}

/* Behind a field: the separator, the end of the line, or of the text. */
static enum plan_err end_field(struct reading *r)
{
	r->last = true;
	if (r->at == r->end)
		return PLAN_OK;
	if (*r->at == r->between) {
		r->at++;
		r->last = false;
		return PLAN_OK;
	}
	if (*r->at == '\r')
		r->at++;
	if (r->at < r->end && *r->at != '\n')
		return refuse(r, "a quote or a line end in the wrong place");
	if (r->at < r->end)
		r->at++;
	return PLAN_OK;
}

static enum plan_err read_quoted(struct reading *r, size_t *n)
{
	for (r->at++;; r->at++) {
		if (r->at == r->end)
			return refuse(r, "a quote is not closed");
		if (*r->at == '"' && (r->at + 1 == r->end || r->at[1] != '"'))
			break;
		r->at += *r->at == '"';
		if (!keep(r, n, *r->at))
			return refuse(r, "too long, or a control character");
	}
	r->at++;
	return PLAN_OK;
}

/* The next field of the line, without blanks around it. */
static enum plan_err read_field(struct reading *r)
{
	enum plan_err err = PLAN_OK;
	size_t n = 0, blanks;

	r->column++;
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t'))
		r->at++;
	if (r->at < r->end && *r->at == '"')
		err = read_quoted(r, &n);
	for (; !err && r->at < r->end && *r->at != r->between && *r->at != '\n' && *r->at != '\r'; r->at++)
		if (!keep(r, &n, *r->at))
			return refuse(r, "too long, or a control character");
	for (blanks = n; blanks > 0 && (r->field[blanks - 1] == ' ' || r->field[blanks - 1] == '\t');)
		blanks--;
	r->field[blanks] = '\0';
	return err ? err : end_field(r);
}

/* Moves over lines that hold nothing; false: there is no more. */
static bool next_line(struct reading *r)
{
	for (r->line++; r->at < r->end; r->line++) {
		if (*r->at == '\r' && r->at + 1 < r->end && r->at[1] == '\n')
			r->at++;
		if (*r->at != '\n')
			break;
		r->at++;
	}
	r->column = 0;
	return r->at < r->end;
}

/* ---- the line of names ---- */

static bool named(const struct reading *r, enum column column)
{
	for (unsigned i = 0; i < r->n_columns; i++)
		if (r->columns[i] == column)
			return true;
	return false;
}

static enum plan_err read_name(struct reading *r)
{
	enum column column = COL_PREFIX;
	enum plan_err err = read_field(r);

	if (err)
		return err;
	while (column < COLUMNS && strcmp(names[column], r->field) != 0)
		column++;
	if (column == COLUMNS)
		return refuse(r,
			"the first line names the columns: prefix, per_minute, connect, increments, "
			"currency, from, "
			"until; not '%.24s'",
			r->field);
	if (named(r, column) || r->n_columns == COLUMNS_MAX)
		return refuse(r, "'%s' is named twice", r->field);
	r->columns[r->n_columns++] = column;
	return PLAN_OK;
}

static enum plan_err read_names(struct reading *r)
{
	static const char mark[] = "\xef\xbb\xbf";
	const char *semicolon, *line_end;
	enum plan_err err = PLAN_OK;

	if ((size_t)(r->end - r->at) >= strlen(mark) && memcmp(r->at, mark, strlen(mark)) == 0)
		r->at += strlen(mark);
	if (!next_line(r))
		return refuse(r, "there is nothing in it");
	line_end = memchr(r->at, '\n', (size_t)(r->end - r->at));
	semicolon = memchr(r->at, ';', (size_t)((line_end ? line_end : r->end) - r->at));
	r->between = semicolon ? ';' : ',';
	do
		err = read_name(r);
	while (!err && !r->last);
	if (err)
		return err;
	r->column = 0;
	return named(r, COL_PREFIX) && named(r, COL_PRICE)
		       ? PLAN_OK
		       : refuse(r, "the columns prefix and per_minute are wanted");
}

/* ---- a row ---- */

static enum plan_err take_prefix(struct reading *r, struct rate *rate)
{
	const char *digits = r->field + (r->field[0] == '+');

	if (strlen(digits) + 1 >= sizeof(rate->prefix))
		return refuse(r, "longer than a number");
	rate->prefix[0] = '+';
	snprintf(rate->prefix + 1, sizeof(rate->prefix) - 1, "%.15s", digits);
	return r->field[0] && prefix_valid(rate->prefix)
		       ? PLAN_OK
		       : refuse(r, "the beginning of a number is wanted, as in +4930 or 4930");
}

static enum plan_err take_price(struct reading *r, int64_t *out)
{
	if (!money_parse(r->field, out))
		return refuse(
			r, "an amount is wanted as in 0.0123, with six digits behind the point at most");
	return *out <= RATE_PRICE_MAX ? PLAN_OK : refuse(r, "10000 is the most");
}

static enum plan_err take_steps(struct reading *r, struct rate *rate)
{
	unsigned first, next;
	char rest;

	if (strspn(r->field, "0123456789/") != strlen(r->field) ||
		sscanf(r->field, "%5u/%5u%c", &first, &next, &rest) != 2 || !first || !next ||
		first > RATE_STEP_MAX_S || next > RATE_STEP_MAX_S)
		return refuse(r, "seconds are wanted as in 60/60 or 30/6: the first step and each next one");
	rate->first_s = (uint16_t)first;
	rate->next_s = (uint16_t)next;
	return PLAN_OK;
}

static enum plan_err take_currency(struct reading *r)
{
	if (!money_is_currency(r->field))
		return refuse(r, "a currency is wanted as in EUR");
	if (r->currency[0] && strcmp(r->currency, r->field) != 0)
		return refuse(r, "a sheet has one currency: %s before, %s here", r->currency, r->field);
	snprintf(r->currency, MONEY_CURRENCY, "%.3s", r->field);
	return PLAN_OK;
}

static enum plan_err take_time(struct reading *r, int64_t *out)
{
	return days_parse(r->field, out)
		       ? PLAN_OK
		       : refuse(r, "a date is wanted as in 2026-12-01 or 2026-12-01T06:00:00Z");
}

static enum plan_err take(struct reading *r, enum column column, struct rate *rate)
{
	if (!r->field[0] && column != COL_PREFIX && column != COL_PRICE)
		return PLAN_OK;
	switch (column) {
	case COL_PREFIX: return take_prefix(r, rate);
	case COL_PRICE: return take_price(r, &rate->per_minute);
	case COL_CONNECT: return take_price(r, &rate->connect);
	case COL_STEPS: return take_steps(r, rate);
	case COL_CURRENCY: return take_currency(r);
	case COL_FROM: return take_time(r, &rate->from_s);
	case COL_UNTIL: return take_time(r, &rate->until_s);
	case COLUMNS: break;
	}
	return PLAN_SYNTAX;
}

static enum plan_err read_row(struct reading *r)
{
	struct rate *rate = &r->rows[r->n];
	enum plan_err err = PLAN_OK;

	*rate = (struct rate){ .line = r->line,
		.first_s = STEP_DEFAULT_S,
		.next_s = STEP_DEFAULT_S,
		.from_s = RATE_EVER,
		.until_s = RATE_NEVER };
	do {
		err = read_field(r);
		if (!err && r->column > r->n_columns)
			err = refuse(r, "more fields than there are columns");
		if (!err)
			err = take(r, r->columns[r->column - 1], rate);
	} while (!err && !r->last);
	if (err)
		return err;
	if (r->column < r->n_columns) {
		r->column++;
		return refuse(r, "fewer fields than there are columns");
	}
	r->column = 0;
	if (rate->from_s >= rate->until_s)
		return refuse(r, "it ends before it begins");
	r->n++;
	return PLAN_OK;
}

static enum plan_err make_room(struct reading *r)
{
	struct rate *more;

	if (r->n < r->room)
		return PLAN_OK;
	if (r->n == RATES_MAX)
		return refuse(r, "more than %d rows", RATES_MAX);
	r->room = r->room ? r->room * 2 : ROOM;
	more = realloc(r->rows, r->room * sizeof(*more));
	if (!more)
		return PLAN_NOMEM;
	r->rows = more;
	return PLAN_OK;
}

/* No two rows of one prefix may begin at one moment: rates_alloc() finds them. */
static enum plan_err check_twice(struct reading *r)
{
	struct rates *table = NULL;
	size_t at = 0;
	enum plan_err err = rates_alloc(&table, r->rows, r->n, r->currency, &at);

	rates_free(table);
	if (err != PLAN_TWICE)
		return err;
	r->line = r->rows[at].line;
	return refuse(r, "%s is given twice from the same moment on", r->rows[at].prefix);
}

enum plan_err rates_read(struct rate **rows, size_t *n, char currency[MONEY_CURRENCY], const char *text,
	size_t len, struct rates_why *why)
{
	char known[MONEY_CURRENCY];
	struct reading r = { .at = text, .end = text + len, .currency = known, .why = why };
	enum plan_err err;

	snprintf(known, sizeof(known), "%s", currency);
	err = read_names(&r);
	while (!err && next_line(&r)) {
		err = make_room(&r);
		if (!err)
			err = read_row(&r);
	}
	if (!err && r.n == 0)
		err = refuse(&r, "there is no row in it");
	if (!err && !known[0])
		err = refuse(&r, "the currency is not said: a column `currency` is wanted, or --currency");
	if (!err)
		err = check_twice(&r);
	if (err) {
		free(r.rows);
		return err;
	}
	memcpy(currency, known, sizeof(known));
	*rows = r.rows;
	*n = r.n;
	return PLAN_OK;
}
