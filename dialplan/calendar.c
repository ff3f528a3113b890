#include "dialplan/calendar.h"
#include "dialplan/digits.h"

#include <string.h>
#include <strings.h>

enum { DAY_S = 86400, DAY_MIN = 1440, WEEK_MIN = 7 * DAY_MIN, ALL_DAYS = 0x7f };

static const char wanted_days[] =
	"a day is wanted: mon, tue, wed, thu, fri, sat, sun, as in mon-fri or sat,sun";
static const char wanted_hours[] = "hours are wanted as in 08:00-18:00";
static const char wanted_date[] = "a date is wanted as in 2026-12-25 or 2026-12-24..2027-01-01";
static const char wanted_span[] =
	"wanted is something like \"mon-fri 08:00-18:00\", \"sat,sun\", \"2026-12-25\", or "
	"\"not\" and one of these";

/* ---- reading ---- */

static bool clock_take(const char **text, int *minutes)
{
	int hour, minute;

	if (!digits_take(text, 2, &hour) || *(*text)++ != ':' || !digits_take(text, 2, &minute))
		return false;
	*minutes = hour * 60 + minute;
	return minute < 60 && *minutes <= DAY_MIN;
}

static bool hours_take(const char **text, struct calendar_span *span)
{
	int from, until;

	if (!clock_take(text, &from) || *(*text)++ != '-' || !clock_take(text, &until) || from == DAY_MIN ||
		from == until)
		return false;
	span->from_min = (uint16_t)from;
	span->until_min = (uint16_t)until;
	return true;
}

static int month_length(int year, int month)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return lengths[month - 1] + (month == 2 && leap);
}

/* Days since 1970. */
static bool date_take(const char **text, int32_t *out)
{
	int year, month, day, before;

	if (!digits_take(text, 4, &year) || *(*text)++ != '-' || !digits_take(text, 2, &month) ||
		*(*text)++ != '-' || !digits_take(text, 2, &day))
		return false;
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > month_length(year, month))
		return false;
	before = year - 1;
	*out = before * 365 + before / 4 - before / 100 + before / 400 - 719162 + day - 1;
	for (int m = 1; m < month; m++)
		*out += month_length(year, m);
	return true;
}

static bool dates_take(const char **text, struct calendar_span *span)
{
	if (!date_take(text, &span->first_day))
		return false;
	span->last_day = span->first_day;
	if (strncmp(*text, "..", 2) != 0)
		return true;
	*text += 2;
	return date_take(text, &span->last_day) && span->last_day >= span->first_day;
}

static bool day_take(const char **text, unsigned *out)
{
	static const char names[][4] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

	for (*out = 0; *out < 7; ++*out)
		if (strncasecmp(*text, names[*out], 3) == 0) {
			*text += 3;
			return true;
		}
	return false;
}

static bool days_take(const char **text, struct calendar_span *span)
{
	unsigned first, last;

	span->days = 0;
	for (;;) {
		if (!day_take(text, &first))
			return false;
		last = first;
		if (**text == '-') {
			++*text;
			if (!day_take(text, &last))
				return false;
		}
		for (unsigned day = first;; day = (day + 1) % 7) { /* fri-mon goes over the weekend */
			span->days |= (uint8_t)(1U << day);
			if (day == last)
				break;
		}
		if (**text != ',')
			return true;
		++*text;
	}
}

static bool at_end(const char *text)
{
	return !text[strspn(text, " ")];
}

/* What is wrong, or NULL.  Days or dates, then hours; either may be missing. */
static const char *span_take(struct calendar_span *span, const char *text)
{
	bool has_days = false;

	text += strspn(text, " ");
	if (strncasecmp(text, "not ", 4) == 0) {
		span->closed = true;
		text += 4;
		text += strspn(text, " ");
	}
	if (!*text)
		return wanted_span;
	if (strspn(text, "0123456789") == 4) {
		if (!dates_take(&text, span))
			return wanted_date;
		has_days = true;
	} else if (strspn(text, "0123456789") == 0) {
		if (!days_take(&text, span))
			return wanted_days;
		has_days = true;
	}
	if (has_days && at_end(text))
		return NULL;
	if (has_days && *text != ' ')
		return wanted_span;
	text += strspn(text, " ");
	return hours_take(&text, span) && at_end(text) ? NULL : wanted_hours;
}

enum plan_err calendar_span_parse(struct calendar_span *out, const char *text, const char **wrong)
{
	struct calendar_span span = {
		.days = ALL_DAYS, .until_min = DAY_MIN, .first_day = INT32_MIN, .last_day = INT32_MAX
	};
	const char *what = span_take(&span, text);

	if (what) {
		if (wrong)
			*wrong = what;
		return PLAN_SYNTAX;
	}
	*out = span;
	return PLAN_OK;
}

/* ---- asking ---- */

static bool day_in(const struct calendar_span *span, int64_t day)
{
	unsigned weekday = (unsigned)((day % 7 + 7 + 3) % 7); /* 1970 began on a Thursday */

	return day >= span->first_day && day <= span->last_day && (span->days >> weekday & 1);
}

static bool crosses(const struct calendar_span *span)
{
	return span->until_min <= span->from_min;
}

static bool span_holds(const struct calendar_span *span, int64_t day, int minute)
{
	if (!crosses(span))
		return day_in(span, day) && minute >= span->from_min && minute < span->until_min;
	return (day_in(span, day) && minute >= span->from_min) ||
	       (day_in(span, day - 1) && minute < span->until_min);
}

static bool only_nots(const struct calendar *c)
{
	for (size_t i = 0; i < c->n_spans; i++)
		if (!c->spans[i].closed)
			return false;
	return true;
}

bool calendar_open(const struct calendar *c, int64_t at_s, size_t *by)
{
	int64_t local = at_s + zone_offset_s(c->zone, at_s), day = zone_day(c->zone, at_s);
	int minute = (int)((local - day * DAY_S) / 60);
	size_t open = c->n_spans, unread;

	by = by ? by : &unread;
	*by = c->n_spans;
	for (size_t i = 0; i < c->n_spans; i++) {
		if (!span_holds(&c->spans[i], day, minute))
			continue;
		if (c->spans[i].closed) {
			*by = i;
			return false;
		}
		if (open == c->n_spans)
			open = i;
	}
	*by = open;
	return open < c->n_spans || only_nots(c);
}

/* ---- comparing ---- */

static void mark(bool week[WEEK_MIN], const struct calendar_span *span, bool open)
{
	int length = span->until_min - span->from_min + (crosses(span) ? DAY_MIN : 0);

	for (int64_t day = 0; day < 7; day++) {
		int64_t weekday = (day + 3) % 7, first = span->first_day, last = span->last_day;
		bool held = span->days >> weekday & 1;

		if (first != INT32_MIN && last - first < 6) { /* a few dates: only their weekdays */
			held = false;
			for (int64_t date = first; date <= last; date++)
				held = held || date % 7 == day;
		}
		for (int minute = 0; held && minute < length; minute++)
			week[(weekday * DAY_MIN + span->from_min + minute) % WEEK_MIN] = open;
	}
}

/* Minutes of a week that may be open: what is closed on dates only stays. */
static void week_fill(bool week[WEEK_MIN], const struct calendar *c)
{
	memset(week, only_nots(c), WEEK_MIN * sizeof(*week));
	for (size_t i = 0; i < c->n_spans; i++)
		if (!c->spans[i].closed)
			mark(week, &c->spans[i], true);
	for (size_t i = 0; i < c->n_spans; i++)
		if (c->spans[i].closed && c->spans[i].first_day == INT32_MIN)
			mark(week, &c->spans[i], false);
}

/* Is there a day on which both may be open? */
static bool dates_meet(const struct calendar *a, const struct calendar *b)
{
	if (only_nots(a) || only_nots(b))
		return true;
	for (size_t i = 0; i < a->n_spans; i++)
		for (size_t k = 0; k < b->n_spans; k++) {
			const struct calendar_span *x = &a->spans[i], *y = &b->spans[k];

			if (!x->closed && !y->closed && x->first_day <= (int64_t)y->last_day + crosses(y) &&
				y->first_day <= (int64_t)x->last_day + crosses(x))
				return true;
		}
	return false;
}

bool calendar_overlap(const struct calendar *a, const struct calendar *b)
{
	bool week_a[WEEK_MIN], week_b[WEEK_MIN];

	if (a->zone != b->zone)
		return true;
	if (!dates_meet(a, b))
		return false;
	week_fill(week_a, a);
	week_fill(week_b, b);
	for (size_t i = 0; i < WEEK_MIN; i++)
		if (week_a[i] && week_b[i])
			return true;
	return false;
}
