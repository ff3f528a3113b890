/* days.h - a moment as a rate sheet writes it: a date, which is its midnight, or a date and a time; UTC unless an offset says otherwise.
 *
 * Thread: any; pure.
 */
#ifndef DIALPLAN_DAYS_H
#define DIALPLAN_DAYS_H

#include <stdbool.h>
#include <stdint.h>

enum { DAYS_TEXT = 24 };

/* "2026-12-01", "2026-12-01T06:00", with seconds, and Z or +01:00 behind; a blank may stand for the T.  Seconds since 1970.  False: none of these, or no
 * such day. */
bool days_parse(const char *text, int64_t *at_s);
/* The same from the year 1 on, and a fraction of a second, in microseconds, may stand behind the seconds (RFC 3339). */
bool days_parse_exact(const char *text, int64_t *at_s, int64_t *fraction_us);
/* "2026-12-01", or "2026-12-01T06:00:00Z" where it is no midnight; returns `out`. */
const char *days_text(char out[DAYS_TEXT], int64_t at_s);
#endif
