/* margin.h - how much of its time a media thread has left, as its slots feel it.
 *
 *   deadline        began                     ended            next deadline      + MARGIN_SLACK_US
 *      |--- slip ----|========== work ==========|................|....................| here the next tick is late
 *      |<------------ taken ------------------->|
 *      |<--------------------------------- budget ----------------------------------->|
 *
 * How: two readings of the same slots, by the wall clock, so that time which a hypervisor or another program
 * took away counts as well.  `used` is the mean share of the last second that was work: what one leg more adds
 * to.  `p99` and `worst` are the share of a slot's budget that was taken, over the last four seconds: at
 * 1000 the next tick is late (begins over MARGIN_SLACK_US behind its deadline).
 * Kept in quarter seconds; no allocation, no clock.
 * Use:  margin_slot() after each slot; margin_read() when it says that there is news.
 *
 * Thread: the media worker's.
 */
#ifndef BRIDGE_MARGIN_H
#define BRIDGE_MARGIN_H

#include <stdbool.h>
#include <stdint.h>

enum {
	MARGIN_SLACK_US = 5000,
	MARGIN_PERIOD_US = 250000,
	MARGIN_USED_PERIODS = 4,    /* of the mean: a second */
	MARGIN_BUDGET_PERIODS = 16, /* of p99 and worst: four seconds */
	MARGIN_STEPS = 64,
	MARGIN_STEP_PERMILLE = 25 /* how fine p99 is; the last step holds all that is longer */
};

struct margin_period {
	uint32_t span_us, worked_us, worst_permille;
	uint32_t slots[MARGIN_STEPS]; /* how many took so much of their budget */
};

struct margin {                                              /* margin_begin() before the first slot */
	uint64_t since_us;                                   /* of the period under way */
	struct margin_period periods[MARGIN_BUDGET_PERIODS]; /* a ring; `at` is under way */
	unsigned at;
};

struct margin_reading {
	uint32_t used_permille;
	uint32_t p99_permille, worst_permille; /* of a slot's budget; over 1000: the next tick was late */
};

/* Nothing has been measured yet, or the thread has slept: a fresh start. */
void margin_begin(struct margin *m, uint64_t now_us);

/* A slot is over.  All times monotonic, in microseconds:
 *
 *   deadline   when it should have begun
 *   began, ended   its work
 *   next       deadline of the slot after it, at least `deadline`
 *
 * True: a quarter second is full and margin_read() says something new. */
bool margin_slot(
	struct margin *m, uint64_t deadline_us, uint64_t began_us, uint64_t ended_us, uint64_t next_us);

/* Of the full periods; all 0 before the first is full. */
void margin_read(const struct margin *m, struct margin_reading *out);

/* What is left, 0..1000: the smaller of the two margins. */
uint32_t margin_left(const struct margin_reading *r);
#endif
