/* cases.h - what the bench runs: a table of rooms and callers; a new case is a new row.
 *
 * Thread: one.
 */
#ifndef TESTS_BENCH_CASES_H
#define TESTS_BENCH_CASES_H

#include <stdbool.h>
#include <stddef.h>

struct bench_case {
	const char *name, *story;
	unsigned rooms, per_room, talkers; /* talkers: of each room */
	double rate;                       /* calls per second while it fills */
	const char *codec, *quiet;
	const char *extra[6];  /* for crowd; NULL-ended */
	bool talkers_last;     /* they come when all others are in and have heard their prompts */
	bool standard;         /* run when no case is named */
	bool delay;            /* measures delay, not cost */
	unsigned meetings;     /* configured; 0: as many as rooms */
	const char *workers;   /* NULL: one, on core 0 */
	unsigned seconds;      /* measured, unless --seconds says else; 0: as all */
	const char *room_legs; /* media.room_legs_per_worker; NULL: its default */
	const char *max_load;  /* media.max_load; NULL: its default */
	unsigned
		calls; /* set up and torn down, at `rate`, by people who stay for `stay_s`; 0: not that case */
	const char *stay_s; /* NULL: a fifth of a second */
	bool overload;      /* offers more than fits: refusals are wanted, and no harm to who came in */
};

extern const struct bench_case bench_cases[];
extern const size_t n_bench_cases;
#endif
