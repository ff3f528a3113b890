/* money.h - amounts of money, exactly: whole numbers of millionths of a unit.
 *
 * How: 64 bits of millionths; text has a point and at most six digits behind it.  Nothing here is ever a floating number.
 *
 * Thread: any; pure.
 */
#ifndef DIALPLAN_MONEY_H
#define DIALPLAN_MONEY_H

#include <stdbool.h>
#include <stdint.h>

enum { MONEY_TEXT = 24, MONEY_UNIT = 1000000, MONEY_CURRENCY = 4 /* ISO 4217, "EUR" */ };
#define MONEY_MAX (INT64_C(1000000000) * MONEY_UNIT) /* that money_parse() takes */

/* "12", "0.0123", ".5": digits, a point, at most six digits.  False: no such amount, or above MONEY_MAX. */
bool money_parse(const char *text, int64_t *out);
/* Writes it with no more digits than it needs, and returns `out`. */
const char *money_text(char out[MONEY_TEXT], int64_t amount);
/* Three capital letters (ISO 4217). */
bool money_is_currency(const char *text);
#endif
