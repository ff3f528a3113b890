/* budget.h - how much an account may call: at once, a day, a minute, and in what pattern (toll fraud).
 *
 * How: one plain structure per account over `now`; no clock, no pointer, so it can be saved and read back whole.
 * A call is taken when it starts and given back when it ends; calls that were refused cost nothing.
 * Of money two sums count: what calls of today cost, and what those that are on cost so far, which its owner tells.  A call is let out
 * while both and its own first step stay within the ceiling.
 * Besides ceilings it looks for what fraud looks like: numbers one after the other, and many different
 * numbers behind one prefix.  Either blocks the account's calls for BUDGET_BLOCK_S.
 *
 * Use:  budget_take() after route_decide() said ROUTE_OK; budget_give() when a taken call is over.
 *
 * Thread: control; pure.
 */
#ifndef DIALPLAN_BUDGET_H
#define DIALPLAN_BUDGET_H

#include "dialplan/number.h"
#include <stdbool.h>
#include <stdint.h>

enum {
	BUDGET_RECENT = 128, /* calls remembered for the patterns and the rate */
	BUDGET_MEMORY_S = 3600,
	BUDGET_BLOCK_S = 3600,
	BUDGET_WARN_PERCENT = 80,
	BUDGET_LAST_DIGITS = 3, /* numbers behind one prefix: alike but for these */
	BUDGET_TEXT = 160,
	BUDGET_SAVED = 5696 /* bytes of budget_write() */
};
#define BUDGET_NO_PRICE INT64_C(-1)

struct budget_limits { /* 0: no limit */
	unsigned concurrent, daily;
	unsigned per_minute;    /* at most BUDGET_RECENT, as the two below */
	unsigned consecutive;   /* numbers that follow one another within BUDGET_MEMORY_S */
	unsigned alike;         /* different numbers that differ in their last digits only, the same */
	unsigned daily_minutes; /* of talk; who talks on when they are used up is not cut off */
	int64_t daily_money;    /* millionths (money.h); calls that would outgrow it are ended */
};

enum budget_verdict {
	BUDGET_FREE,
	BUDGET_NEAR, /* taken, and a ceiling is near: tell the operator */
	BUDGET_CONCURRENT,
	BUDGET_PER_MINUTE,
	BUDGET_DAILY,
	BUDGET_CONSECUTIVE,
	BUDGET_ALIKE,
	BUDGET_BLOCKED, /* by a pattern seen before */
	BUDGET_MINUTES,
	BUDGET_MONEY,
	BUDGET_UNPRICED, /* there is a ceiling of money, and nobody knows what the call costs */
	BUDGET_VERDICTS
};

struct budget {         /* plain: may be saved and read back; all zero is a new one */
	uint32_t calls; /* now */
	uint32_t today;
	uint32_t talked_s;       /* of calls that were over today */
	int64_t cost;            /* of calls that were over today, millionths */
	int64_t running;         /* what calls that are on cost so far */
	int64_t day;             /* which day today is: days since 1970 where the account lives */
	int64_t blocked_until_s; /* 0: not blocked */
	struct budget_call {
		int64_t at_s;    /* 0: none */
		uint64_t number; /* digits as a number */
	} recent[BUDGET_RECENT]; /* a ring */
	uint32_t next;
};

struct budget_now {
	int64_t at_s;       /* seconds since 1970 UTC */
	int64_t day;        /* days since 1970 in the account's time zone: calendar.h's zone_day() */
	int64_t first_cost; /* of the call that is asked for: its first step; BUDGET_NO_PRICE: not known */
};

/* What would be said of a call to `e164`; nothing changes.  `text` (BUDGET_TEXT bytes, may be NULL): a sentence. */
enum budget_verdict budget_look(const struct budget *b, const struct budget_limits *limits, const char *e164,
	struct budget_now now, char *text);
/* The same, and on BUDGET_FREE and BUDGET_NEAR the call is counted: give it back.  A pattern blocks from now on. */
enum budget_verdict budget_take(struct budget *b, const struct budget_limits *limits, const char *e164,
	struct budget_now now, char *text);
/* A taken call is over: answered for so long, it cost so much, which is no longer among what is running. */
void budget_give(struct budget *b, uint32_t talked_s, int64_t cost, struct budget_now now);
int64_t budget_money(const struct budget *b, int64_t day); /* what was spent that day, with what is running */
void budget_unblock(struct budget *b);
/* All but the calls that are on now, whose cost so far is counted as spent, as one line of text, and back: after a restart none is on.  False: not such a line; then
 * *b is a new budget. */
void budget_write(const struct budget *b, char out[BUDGET_SAVED]);
bool budget_read(struct budget *b, const char *text);
/* *b also knows what `other`, the same account's of another time, knows: of the later day, or the larger of each sum; the later block; the calls that
 * are on are *b's own, and so are those remembered, if there are any. */
void budget_join(struct budget *b, const struct budget *other);
unsigned budget_last_minute(const struct budget *b, int64_t at_s); /* calls */
uint32_t budget_today(const struct budget *b, int64_t day);        /* calls */

const char *budget_word(enum budget_verdict verdict); /* "daily"; never NULL */
#endif
