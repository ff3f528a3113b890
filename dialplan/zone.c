#include "dialplan/zone.h"

#include <stdlib.h>
#include <string.h>

enum {
	HEADER = 44,
	TRANSITIONS_MAX = 4096, /* the database's longest has some 250 */
	TYPES_MAX = 256,
	FOOTER_MAX = 128,
	DAY_S = 86400,
	WEEK_DAYS = 7
};

static const int64_t YEAR_9999_S = 253402300799; /* nobody plans for later */

/* When the clocks change, every year (POSIX TZ). */
struct change {
	enum { MONTH_WEEK_DAY, JULIAN_NO_LEAP, DAY_OF_YEAR } kind;
	int month, week, day; /* MONTH_WEEK_DAY: week 5 is the last; day 0 is Sunday */
	int32_t time_s;       /* local, from midnight; may be outside the day (RFC 8536 section 3.3.1) */
};

struct footer {
	bool given, has_summer;
	int32_t offset_s, summer_s;
	struct change to_summer, to_winter;
};

struct zone {
	int64_t *at_s;     /* owned, ascending */
	int32_t *offset_s; /* owned: from at_s[i] on */
	size_t n;
	int32_t first_s; /* before all of them */
	struct footer footer;
};

/* ---- days ---- */

/* Days since 1970 of 1 January, in the Gregorian calendar. */
static int64_t year_day(int64_t year)
{
	int64_t y = year - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 - 719162;
}

static bool is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t year_of(int64_t day)
{
	int64_t year = 1970 + day / 366;

	while (year_day(year) > day)
		year--;
	while (year_day(year + 1) <= day)
		year++;
	return year;
}

static int month_length(int month, bool leap)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return lengths[month - 1] + (month == 2 && leap);
}

/* Local time of the change in `year`, seconds since 1970 by the local clock. */
static int64_t change_at(const struct change *c, int64_t year)
{
	int64_t day = year_day(year);
	bool leap = is_leap(year);
	int weekday, first;

	switch (c->kind) {
	case JULIAN_NO_LEAP: day += c->day - 1 + (leap && c->day >= 60); break;
	case DAY_OF_YEAR: day += c->day; break;
	case MONTH_WEEK_DAY:
		for (int month = 1; month < c->month; month++)
			day += month_length(month, leap);
		weekday = (int)((day + 4) % WEEK_DAYS); /* 1970 began on a Thursday */
		first = (c->day - weekday + WEEK_DAYS) % WEEK_DAYS + (c->week - 1) * WEEK_DAYS;
		while (first >= month_length(c->month, leap))
			first -= WEEK_DAYS;
		day += first;
		break;
	}
	return day * DAY_S + c->time_s;
}

static int32_t footer_offset_s(const struct footer *f, int64_t at_s)
{
	int64_t year, summer, winter;
	bool is_summer;

	if (!f->has_summer || at_s < 0 || at_s > YEAR_9999_S)
		return f->offset_s;
	year = year_of((at_s + f->offset_s) / DAY_S);
	summer = change_at(&f->to_summer, year) - f->offset_s;
	winter = change_at(&f->to_winter, year) - f->summer_s;
	is_summer = summer < winter ? at_s >= summer && at_s < winter : at_s >= summer || at_s < winter;
	return is_summer ? f->summer_s : f->offset_s;
}

/* ---- the footer: "CET-1CEST,M3.5.0,M10.5.0/3" ---- */

static bool read_name(const char **text)
{
	const char *end = *text;

	if (*end == '<') {
		end = strchr(end, '>');
		if (!end)
			return false;
		*text = end + 1;
		return true;
	}
	while ((*end >= 'A' && *end <= 'Z') || (*end >= 'a' && *end <= 'z'))
		end++;
	if (end - *text < 3)
		return false;
	*text = end;
	return true;
}

static bool read_count(const char **text, int max, int *out)
{
	const char *end = *text;

	for (*out = 0; *end >= '0' && *end <= '9'; end++) {
		*out = *out * 10 + *end - '0';
		if (*out > max)
			return false;
	}
	if (end == *text)
		return false;
	*text = end;
	return true;
}

/* [+-]hh[:mm[:ss]] */
static bool read_time(const char **text, int32_t *out)
{
	int sign = 1, part[3] = { 0, 0, 0 };

	if (**text == '+' || **text == '-')
		sign = *(*text)++ == '-' ? -1 : 1;
	if (!read_count(text, 167, &part[0]))
		return false;
	for (int i = 1; i < 3 && **text == ':'; i++) {
		++*text;
		if (!read_count(text, 59, &part[i]))
			return false;
	}
	*out = sign * (part[0] * 3600 + part[1] * 60 + part[2]);
	return true;
}

static bool read_change(const char **text, struct change *c)
{
	bool ok;

	if (*(*text)++ != ',')
		return false;
	if (**text == 'M') {
		c->kind = MONTH_WEEK_DAY;
		++*text;
		ok = read_count(text, 12, &c->month) && *(*text)++ == '.' && read_count(text, 5, &c->week) &&
		     *(*text)++ == '.' && read_count(text, 6, &c->day) && c->month > 0 && c->week > 0;
	} else if (**text == 'J') {
		c->kind = JULIAN_NO_LEAP;
		++*text;
		ok = read_count(text, 365, &c->day) && c->day > 0;
	} else {
		c->kind = DAY_OF_YEAR;
		ok = read_count(text, 365, &c->day);
	}
	c->time_s = 2 * 3600;
	if (ok && **text == '/') {
		++*text;
		ok = read_time(text, &c->time_s);
	}
	return ok;
}

static bool footer_read(struct footer *f, const char *text)
{
	memset(f, 0, sizeof(*f));
	if (!text[0])
		return true; /* nothing is said of later times */
	if (!read_name(&text) || !read_time(&text, &f->offset_s))
		return false;
	f->given = true;
	f->offset_s = -f->offset_s; /* POSIX counts what is to be added to local time */
	if (!*text)
		return true;
	if (!read_name(&text))
		return false;
	f->has_summer = true;
	f->summer_s = f->offset_s + 3600;
	if (*text != ',') {
		if (!read_time(&text, &f->summer_s))
			return false;
		f->summer_s = -f->summer_s;
	}
	return read_change(&text, &f->to_summer) && read_change(&text, &f->to_winter) && !*text;
}

/* ---- the file ---- */

struct header {
	size_t n_utc, n_standard, n_leaps, n_times, n_types, n_chars;
};

static uint64_t big_endian(const uint8_t *p, unsigned n)
{
	uint64_t value = 0;

	while (n--)
		value = value << 8 | *p++;
	return value;
}

static bool header_read(struct header *h, const uint8_t *p, size_t len)
{
	if (len < HEADER || memcmp(p, "TZif", 4) != 0)
		return false;
	h->n_utc = (size_t)big_endian(p + 20, 4);
	h->n_standard = (size_t)big_endian(p + 24, 4);
	h->n_leaps = (size_t)big_endian(p + 28, 4);
	h->n_times = (size_t)big_endian(p + 32, 4);
	h->n_types = (size_t)big_endian(p + 36, 4);
	h->n_chars = (size_t)big_endian(p + 40, 4);
	return h->n_times <= TRANSITIONS_MAX && h->n_types > 0 && h->n_types <= TYPES_MAX &&
	       h->n_utc <= TYPES_MAX && h->n_standard <= TYPES_MAX && h->n_leaps <= TRANSITIONS_MAX &&
	       h->n_chars <= TRANSITIONS_MAX;
}

static size_t block_size(const struct header *h, size_t time_size)
{
	return h->n_times * (time_size + 1) + h->n_types * 6 + h->n_chars + h->n_leaps * (time_size + 4) +
	       h->n_standard + h->n_utc;
}

static enum plan_err times_read(struct zone *z, const struct header *h, const uint8_t *p, size_t time_size)
{
	const uint8_t *index = p + h->n_times * time_size, *types = index + h->n_times;

	z->at_s = calloc(h->n_times + 1, sizeof(*z->at_s));
	z->offset_s = calloc(h->n_times + 1, sizeof(*z->offset_s));
	if (!z->at_s || !z->offset_s)
		return PLAN_NOMEM;
	for (size_t i = 0; i < h->n_types; i++) {
		int32_t offset = (int32_t)big_endian(types + 6 * i, 4);

		if (offset < -2 * DAY_S || offset > 2 * DAY_S)
			return PLAN_SYNTAX;
	}
	z->first_s = (int32_t)big_endian(types, 4);
	for (size_t i = 0; i < h->n_times; i++) {
		uint64_t at = big_endian(p + i * time_size, (unsigned)time_size);

		z->at_s[i] = time_size == 4 ? (int32_t)at : (int64_t)at;
		if (index[i] >= h->n_types || (i && z->at_s[i] <= z->at_s[i - 1]))
			return PLAN_SYNTAX;
		z->offset_s[i] = (int32_t)big_endian(types + (size_t)6 * index[i], 4);
	}
	z->n = h->n_times;
	return PLAN_OK;
}

/* Version 2 and later: the same again with 8 bytes a time, and the footer between two line ends. */
static enum plan_err second_part_read(struct zone *z, const uint8_t *p, size_t len)
{
	char text[FOOTER_MAX];
	struct header h;
	const uint8_t *end;
	enum plan_err err;
	size_t size;

	if (!header_read(&h, p, len))
		return PLAN_SYNTAX;
	size = HEADER + block_size(&h, 8);
	if (len < size + 2 || p[size] != '\n')
		return PLAN_SYNTAX;
	err = times_read(z, &h, p + HEADER, 8);
	if (err)
		return err;
	p += size + 1;
	len -= size + 1;
	end = memchr(p, '\n', len);
	if (!end || end - p >= FOOTER_MAX || memchr(p, '\0', (size_t)(end - p)))
		return PLAN_SYNTAX;
	memcpy(text, p, (size_t)(end - p));
	text[end - p] = '\0';
	return footer_read(&z->footer, text) ? PLAN_OK : PLAN_SYNTAX;
}

enum plan_err zone_read(struct zone **out, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	enum plan_err err = PLAN_SYNTAX;
	struct zone *z = calloc(1, sizeof(*z));
	struct header h;
	size_t size;

	if (!z)
		return PLAN_NOMEM;
	if (!header_read(&h, p, len))
		goto fail;
	size = HEADER + block_size(&h, 4);
	if (len < size)
		goto fail;
	err = p[4] >= '2' ? second_part_read(z, p + size, len - size) : times_read(z, &h, p + HEADER, 4);
	if (err)
		goto fail;
	*out = z;
	return PLAN_OK;
fail:
	zone_free(z);
	return err;
}

struct zone *zone_free(struct zone *z)
{
	if (z) {
		free(z->offset_s);
		free(z->at_s);
		free(z);
	}
	return NULL;
}

int32_t zone_offset_s(const struct zone *z, int64_t at_s)
{
	size_t low = 0, high;

	if (!z)
		return 0;
	high = z->n; /* the first change after `at_s` */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (z->at_s[middle] <= at_s)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == z->n && z->footer.given)
		return footer_offset_s(&z->footer, at_s);
	return low ? z->offset_s[low - 1] : z->first_s;
}

int64_t zone_day(const struct zone *z, int64_t at_s)
{
	int64_t local = at_s + zone_offset_s(z, at_s);

	return local / DAY_S - (local % DAY_S < 0);
}
