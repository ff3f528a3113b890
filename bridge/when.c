#include "bridge/when.h"

#include <stdio.h>
#include <time.h>

enum { US_PER_S = 1000000 };
static const int64_t FIRST_S = -62135596800, LAST_S = 253402300799; /* years 0001 and 9999 */

int64_t when_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

const char *when_text(char out[WHEN_TEXT], int64_t us)
{
	int64_t s = us / US_PER_S, rest = us % US_PER_S;
	struct tm tm;
	time_t t;

	if (rest < 0) { /* division rounds towards zero, time does not */
		rest += US_PER_S;
		s--;
	}
	if (s < FIRST_S)
		s = FIRST_S, rest = 0;
	if (s > LAST_S)
		s = LAST_S, rest = US_PER_S - 1;
	t = (time_t)s;
	gmtime_r(&t, &tm);
	/* The moduli say to the compiler what the clamp above says to us: it fits. */
	snprintf(out, WHEN_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ", (unsigned)(tm.tm_year + 1900) % 10000,
		(unsigned)(tm.tm_mon + 1) % 100, (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100,
		(unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100, (unsigned)rest % US_PER_S);
	return out;
}

json_t *when_json(int64_t us)
{
	char text[WHEN_TEXT];

	return us ? json_string(when_text(text, us)) : json_null();
}

/* Exactly `n` digits; moves *text behind them. */
static bool digits_take(const char **text, unsigned n, int *out)
{
	*out = 0;
	for (unsigned i = 0; i < n; i++, ++*text) {
		if (**text < '0' || **text > '9')
			return false;
		*out = *out * 10 + **text - '0';
	}
	return true;
}

static bool date_take(const char **text, struct tm *tm)
{
	int year, month, day;

	if (!digits_take(text, 4, &year) || *(*text)++ != '-' || !digits_take(text, 2, &month) ||
		*(*text)++ != '-' || !digits_take(text, 2, &day) || year < 1)
		return false;
	*tm = (struct tm){ .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day };
	return true;
}

static bool clock_take(const char **text, struct tm *tm, int64_t *fraction_us)
{
	int64_t unit = US_PER_S / 10;

	if (!digits_take(text, 2, &tm->tm_hour) || *(*text)++ != ':' || !digits_take(text, 2, &tm->tm_min))
		return false;
	if (**text == ':') {
		++*text;
		if (!digits_take(text, 2, &tm->tm_sec))
			return false;
	}
	if (**text == '.')
		for (++*text; **text >= '0' && **text <= '9'; ++*text, unit /= 10)
			*fraction_us += (**text - '0') * unit;
	return tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec < 60;
}

static bool offset_take(const char **text, int64_t *offset_s)
{
	int sign = **text == '-' ? -1 : 1, hours, minutes;

	if (**text == 'Z' || **text == 'z') {
		++*text;
		return true;
	}
	if (**text != '+' && **text != '-')
		return true;
	++*text;
	if (!digits_take(text, 2, &hours) || *(*text)++ != ':' || !digits_take(text, 2, &minutes))
		return false;
	*offset_s = sign * (hours * 3600 + minutes * 60);
	return hours < 24 && minutes < 60;
}

bool when_parse(const char *text, int64_t *us)
{
	int64_t fraction_us = 0, offset_s = 0;
	struct tm tm, again;
	time_t t;

	if (!date_take(&text, &tm))
		return false;
	again = tm;
	if (*text == 'T' || *text == 't' || *text == ' ') {
		text++;
		if (!clock_take(&text, &tm, &fraction_us) || !offset_take(&text, &offset_s))
			return false;
	}
	if (*text)
		return false;
	t = timegm(&tm);
	if (tm.tm_mday != again.tm_mday || tm.tm_mon != again.tm_mon)
		return false; /* 30 February became another day */
	*us = ((int64_t)t - offset_s) * US_PER_S + fraction_us;
	return true;
}
