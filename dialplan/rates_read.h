/* rates_read.h - a rate sheet out of CSV (RFC 4180): the first line names the columns, each other line is one prefix's price.
 *
 *   prefix,per_minute,connect,increments,currency,from,until
 *   +4930,0.0123,0.01,60/60,EUR,2026-12-01,
 *
 * How: columns in any order; `prefix` and `per_minute` are wanted, the others may be left out, and so may their values: nothing to connect, 60/60, the
 * currency given by who reads it, in force from ever and without end.  A prefix may lack its +.  Lines end with LF or CR LF; a semicolon
 * may stand for the comma (the first line decides); a byte order mark and blank lines mean nothing.  The sheet is of one currency.
 * Amounts have a point and at most six digits behind it, so none is ever rounded.
 *
 * Thread: any; pure.
 */
#ifndef DIALPLAN_RATES_READ_H
#define DIALPLAN_RATES_READ_H

#include "dialplan/rates.h"

struct rates_why {
	unsigned line, column; /* from 1; column 0: the line as a whole */
	char name[16];         /* of the column; "" */
	char text[160];
};

/* Any bytes are allowed in.  PLAN_OK: *rows, *n long, are the caller's to free, `currency` is set ("" as it came is taken from the sheet, else the
 * sheet must agree with it).  PLAN_SYNTAX: *why; PLAN_NOMEM.  On error nothing is given out. */
enum plan_err rates_read(struct rate **rows, size_t *n, char currency[MONEY_CURRENCY], const char *text,
	size_t len, struct rates_why *why);
#endif
