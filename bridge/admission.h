/* admission.h - may one leg more come in, and which media worker takes it (FEATURES Z5).
 *
 * How: what a worker will have to do is what its slots took in the last second (margin.h), and the part of
 * its newest legs that this second has not seen yet: a leg that came half a second ago is half seen.  So a
 * hundred calls within one quarter of a second are each counted before any of them is measured.
 * A leg's cost is that of its codec in the worst room (COST below), scaled by what the legs that are
 * there take against what was expected of them: two hundred Opus legs of one room share an encoder, and the
 * next one costs as little as they do.  What a leg costs wavers with what else the machine does, so the
 * peak of what was measured counts, forgotten by half in 5.5 s: calls are not let in on a lull.
 * A leg goes to the worker with the most left.  One that has refused takes
 * nobody until a sixteenth of its bound is free again, so that it does not waver.  Late ticks close it as
 * well, but only when its own work is half its bound: otherwise they are not of its making.
 * Use:  when admission_stale(): admission_begin(), admission_count() for each leg that runs, admission_read() for each
 *       worker; then admission_pick(), and admission_book() when the leg runs.
 *
 * Thread: control; no clock.
 */
#ifndef BRIDGE_ADMISSION_H
#define BRIDGE_ADMISSION_H

#include "mixer/codec.h"
#include <stdbool.h>
#include <stdint.h>

enum {
	ADMISSION_WORKERS = 64,
	ADMISSION_NONE = -1,
	ADMISSION_ANY = -1,
	ADMISSION_SEEN_US = 1250000 /* after so long a leg is wholly in what is measured */
};

struct admission_worker {
	uint32_t known_ppm; /* expected of its legs that are wholly measured, in parts of 10^6 of a core */
	uint32_t seen_ppm, fresh_ppm; /* of the newer ones: what is surely measured, and what may not be */
	uint32_t used_ppm;            /* measured, the peak of the last seconds */
	bool late;                    /* more than one slot in a hundred made the next one late */
	bool closed;
};

struct admission {
	unsigned n, max_permille;
	uint64_t surveyed_us;
	unsigned n_elapsed; /* quarter seconds since the survey before */
	struct admission_worker workers[ADMISSION_WORKERS];
};

/* max_percent 0: nobody is refused. */
void admission_init(struct admission *a, unsigned n_workers, unsigned max_percent);

bool admission_stale(const struct admission *a, uint64_t now_us); /* the readings are a quarter second old */
void admission_begin(struct admission *a, uint64_t now_us);       /* a survey: forgets all legs */
/* One leg that runs on `worker`, for `age_us` by now. */
void admission_count(struct admission *a, unsigned worker, enum codec_id codec, uint64_t age_us);
/* What the worker measured: the larger of wall-clock use and CPU share counts. */
void admission_read(struct admission *a, unsigned worker, uint32_t used_permille, uint32_t cpu_permille,
	uint32_t budget_p99_permille);

/* The worker for one leg more; `only`: this one or none (its meeting is there), or ADMISSION_ANY.
 * ADMISSION_NONE: refuse it. */
int admission_pick(struct admission *a, enum codec_id codec, int only);
void admission_book(struct admission *a, unsigned worker, enum codec_id codec);

/* What the worker will take with all that is promised, in permille of its time. */
uint32_t admission_expected(const struct admission *a, unsigned worker);

/* Seconds for Retry-After: 5 to 14, so that those who were refused together do not come back together. */
unsigned admission_retry_s(uint32_t random);
#endif
