#include "dialplan/days.h"
#include "dialplan/digits.h"

#include <stdio.h>
#include <time.h>

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400, FIRST_YEAR = 1970, YEAR_DIGITS = 4, SECOND_US = 1000000 };
static const int64_t LAST_S = 253402300799; /* year 9999 */

static bool date_take(const char **text, int first_year, struct tm *tm)
{
	int year, month, day;

	if (!digits_take(text, YEAR_DIGITS, &year) || *(*text)++ != '-' || !digits_take(text, 2, &month) ||
		*(*text)++ != '-' || !digits_take(text, 2, &day) || year < first_year)
		return false;
	*tm = (struct tm){ .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day };
	return true;
}

/* `fraction_us` NULL: whole seconds alone. */
static bool clock_take(const char **text, struct tm *tm, int64_t *fraction_us)
{
	int64_t unit = SECOND_US / 10;

	if (!digits_take(text, 2, &tm->tm_hour) || *(*text)++ != ':' || !digits_take(text, 2, &tm->tm_min))
		return false;
	if (**text == ':') {
		++*text;
		if (!digits_take(text, 2, &tm->tm_sec))
			return false;
	}
	if (fraction_us && **text == '.')
		for (++*text; **text >= '0' && **text <= '9'; ++*text, unit /= 10)
			*fraction_us += (**text - '0') * unit;
	return tm->tm_hour < DAY_S / HOUR_S && tm->tm_min < MINUTE_S && tm->tm_sec < MINUTE_S;
}

static bool offset_take(const char **text, int *offset_s)
{
	const int sign = **text == '-' ? -1 : 1;
	int hours, minutes;

	if (**text == 'Z' || **text == 'z') {
		++*text;
		return true;
	}
	if (**text != '+' && **text != '-')
		return true;
	++*text;
	if (!digits_take(text, 2, &hours) || *(*text)++ != ':' || !digits_take(text, 2, &minutes))
		return false;
	*offset_s = sign * (hours * HOUR_S + minutes * MINUTE_S);
	return hours < DAY_S / HOUR_S && minutes < MINUTE_S;
}

static bool moment_take(const char *text, int first_year, int64_t *at_s, int64_t *fraction_us)
{
	struct tm tm, asked;
	int offset_s = 0;
	time_t t;

	if (!date_take(&text, first_year, &tm))
		return false;
	asked = tm;
	if (*text == 'T' || *text == 't' || *text == ' ') {
		text++;
		if (!clock_take(&text, &tm, fraction_us) || !offset_take(&text, &offset_s))
			return false;
	}
	if (*text)
		return false;
	t = timegm(&tm);
	if (tm.tm_mday != asked.tm_mday || tm.tm_mon != asked.tm_mon)
		return false; /* 30 February became another day */
	*at_s = (int64_t)t - offset_s;
	return true;
}

bool days_parse(const char *text, int64_t *at_s)
{
	return moment_take(text, FIRST_YEAR, at_s, NULL);
}

bool days_parse_exact(const char *text, int64_t *at_s, int64_t *fraction_us)
{
	*fraction_us = 0;
	return moment_take(text, 1, at_s, fraction_us);
}

const char *days_text(char out[DAYS_TEXT], int64_t at_s)
{
	time_t t = (time_t)(at_s < 0 ? 0 : at_s > LAST_S ? LAST_S : at_s);
	struct tm tm;
	unsigned year, month, day;

	gmtime_r(&t, &tm);
	/* The moduli say to the compiler what the clamp above says to us: it fits. */
	year = (unsigned)(tm.tm_year + 1900) % 10000;
	month = (unsigned)(tm.tm_mon + 1) % 100;
	day = (unsigned)tm.tm_mday % 100;
	if (t % DAY_S == 0)
		snprintf(out, DAYS_TEXT, "%04u-%02u-%02u", year, month, day);
	else
		snprintf(out, DAYS_TEXT, "%04u-%02u-%02uT%02u:%02u:%02uZ", year, month, day,
			(unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
	return out;
}
