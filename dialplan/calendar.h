/* calendar.h - when something is open: days, hours and dates where the operator's clock hangs.
 *
 * How: a calendar is a time zone and up to CALENDAR_SPANS spans, each read from text:
 *   "mon-fri 08:00-18:00"   days of the week and hours; hours past midnight belong to the day they begin on
 *   "sat,sun"               whole days
 *   "22:00-06:00"           every day
 *   "2026-12-24..2027-01-01"  dates, both included; "2026-12-31 08:00-14:00" with hours
 *   "not 2026-12-25"        closed, whatever else says open
 * Open when a span says so and no "not" does; a calendar of "not"s only is open otherwise.
 * Hours are local: on the day the clock is put forward 02:00-03:00 is empty, on the day it is put back it is
 * two hours long.
 *
 * Thread: any; constant once made.
 */
#ifndef DIALPLAN_CALENDAR_H
#define DIALPLAN_CALENDAR_H

#include "dialplan/err.h"
#include "dialplan/zone.h"

enum { CALENDAR_SPANS = 64, CALENDAR_NAME = 64, CALENDAR_TEXT = 64 };

struct calendar_span {
	uint8_t days;                 /* bit 0 Monday ... bit 6 Sunday; of a span with dates all */
	uint16_t from_min, until_min; /* of the day; until <= from: on the next one; 0 and 1440: all day */
	int32_t first_day, last_day;  /* days since 1970, both included; INT32_MIN and INT32_MAX: no dates */
	bool closed;                  /* "not" */
};

/* Any bytes are allowed in.  PLAN_SYNTAX: *wrong (may be NULL) becomes what is wanted, for people. */
enum plan_err calendar_span_parse(struct calendar_span *out, const char *text, const char **wrong);

struct calendar {
	char name[CALENDAR_NAME];
	const struct zone *zone; /* borrowed; NULL: UTC */
	struct calendar_span spans[CALENDAR_SPANS];
	size_t n_spans;
};

/* Is it open?  *by (may be NULL): index of the span that decided, or n_spans when none did. */
bool calendar_open(const struct calendar *c, int64_t at_s, size_t *by);
/* Can both be open at once?  Never wrongly false; true where their zones differ and it cannot be told. */
bool calendar_overlap(const struct calendar *a, const struct calendar *b);
#endif
