/* rates.h - what calls through a trunk cost: prefixes of numbers, each with its price, and from when until when that holds.
 *
 * How: an immutable table of rows.  The longest prefix with a row in force at that moment decides; of several rows of one prefix
 * that are in force the one that came into force last, so that next month's price may be listed today.  A call costs the connection fee
 * and so much a minute, counted in steps: 30/6 is half a minute at least, then every 6 s begun.  Amounts are exact (money.h),
 * rounded once, to the nearest millionth.
 * Cost: one binary search and a walk over the prefixes that begin the number; 72 bytes a row, 24 a prefix.
 * Use:  rates_alloc(), or rates_read.h's text; rates_find() at the moment of the call; rate_cost() when it is known how long it was.
 *
 * Thread: any; constant once made.
 */
#ifndef DIALPLAN_RATES_H
#define DIALPLAN_RATES_H

#include "dialplan/money.h"
#include "dialplan/number.h"
#include <stddef.h>

enum { RATES_MAX = 1000000 /* rows */, RATE_STEP_MAX_S = 3600, RATE_WORDS = 160 };
#define RATE_EVER INT64_MIN  /* from_s: has always been in force */
#define RATE_NEVER INT64_MAX /* until_s: does not end */
#define RATE_PRICE_MAX (INT64_C(10000) * MONEY_UNIT)

struct rate {
	char prefix[NUMBER_E164]; /* "+4930" */
	uint16_t first_s,
		next_s; /* steps that are charged: the first, then each next one; 1..RATE_STEP_MAX_S */
	uint32_t line;  /* of the text that it was read from; 0: none */
	int64_t per_minute, connect; /* millionths; 0..RATE_PRICE_MAX; connect: once, when it is answered */
	int64_t from_s,
		until_s; /* seconds since 1970 UTC; in force from that second on until before that one */
};

struct rates;
/* Copies the rows, sorts them by prefix and time.  PLAN_TWICE: two rows of one prefix begin at the same moment, *at is the later of the two
 * in `rows`; PLAN_SYNTAX: *at is no row (no prefix, steps or times out of order); PLAN_NOMEM. */
enum plan_err rates_alloc(struct rates **out, const struct rate *rows, size_t n,
	const char currency[MONEY_CURRENCY], size_t *at);
struct rates *rates_free(struct rates *r); /* accepts NULL, returns NULL */
size_t rates_count(const struct rates *r);
const struct rate *rates_row(
	const struct rates *r, size_t i); /* below rates_count(), by prefix, then from_s */
const char *rates_currency(const struct rates *r);

/* The row that a call to `e164` at that moment is charged by; NULL: none.  `r` may be NULL. */
const struct rate *rates_find(const struct rates *r, const char *e164, int64_t at_s);
/* What an answered call of so long costs; one of 0 us that was answered costs its first step. */
int64_t rate_cost(const struct rate *rate, int64_t talked_us);
/* "0.0123 a minute in 60/60 s and 0.01 to connect by +4930 since 2026-12-01", in `out`, returned. */
const char *rate_words(const struct rate *rate, const char *currency, char out[RATE_WORDS]);

/* `more` into the place of rows of `rows` that begin at the same moment with the same prefix, or beside them: a new array, *n_out
 * long; NULL: out of memory. */
struct rate *rates_merge(
	const struct rate *rows, size_t n, const struct rate *more, size_t n_more, size_t *n_out);
#endif
