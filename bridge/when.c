#include "bridge/when.h"

#include "dialplan/days.h"
#include <stdio.h>
#include <time.h>

enum { SECOND_US = 1000000 };
static const int64_t FIRST_S = -62135596800, LAST_S = 253402300799; /* years 0001 and 9999 */

int64_t when_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

const char *when_text(char out[WHEN_TEXT], int64_t us)
{
	int64_t s = us / SECOND_US, rest = us % SECOND_US;
	struct tm tm;
	time_t t;

	if (rest < 0) { /* division rounds towards zero, time does not */
		rest += SECOND_US;
		s--;
	}
	if (s < FIRST_S)
		s = FIRST_S, rest = 0;
	if (s > LAST_S)
		s = LAST_S, rest = SECOND_US - 1;
	t = (time_t)s;
	gmtime_r(&t, &tm);
	/* The moduli say to the compiler what the clamp above says to us: it fits. */
	snprintf(out, WHEN_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ", (unsigned)(tm.tm_year + 1900) % 10000,
		(unsigned)(tm.tm_mon + 1) % 100, (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100,
		(unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100, (unsigned)rest % SECOND_US);
	return out;
}

json_t *when_json(int64_t us)
{
	char text[WHEN_TEXT];

	return us ? json_string(when_text(text, us)) : json_null();
}

bool when_parse(const char *text, int64_t *us)
{
	int64_t at_s, fraction_us;

	if (!days_parse_exact(text, &at_s, &fraction_us))
		return false;
	*us = at_s * SECOND_US + fraction_us;
	return true;
}
