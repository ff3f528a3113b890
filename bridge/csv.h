/* csv.h - one field of a CSV line (RFC 4180), safe to open in a spreadsheet.
 *
 * How: quoted when it has to be, quotes doubled.  What a spreadsheet would take for a formula (= + - @, tab, CR in front) gets a ' before it,
 * but for a + or - with nothing but digits behind it: that is a number, and E.164 has them so.
 *
 * Thread: any; pure.
 */
#ifndef BRIDGE_CSV_H
#define BRIDGE_CSV_H

#include <stddef.h>

/* The most that a field of n bytes can take, with its 0. */
#define CSV_ROOM(n) (2 * (n) + 4)

/* 0-terminated; the length written.  `cap` is at least CSV_ROOM(strlen(text)); else what does not fit is left out. */
size_t csv_field(char *out, size_t cap, const char *text);
#endif
