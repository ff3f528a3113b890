/* measure.h - one run of one case: server and crowd started, a span measured, both ended.
 *
 * How: partylined alone on core 0, crowd on core 1.  When all callers are in (or, with `overload`, each is in or refused)
 * and ten seconds have gone by, the server is read at both ends of the span.  Callers who are refused, or a
 * crowd that ends, end the wait at once.
 *
 * Thread: one.
 */
#ifndef TESTS_BENCH_MEASURE_H
#define TESTS_BENCH_MEASURE_H

#include "tests/bench/cases.h"
#include "tests/bench/parts.h"

struct settings {
	unsigned seconds;       /* 0: as the case says */
	const char *media_port; /* of the callers' trunk; NULL: own */
	double scale;           /* of the number of rooms, or of the people in the only one */
	unsigned repeat;
	const char *out, *kept;
};

struct result {
	unsigned legs;               /* that were in */
	unsigned refused;            /* with 503 */
	unsigned calls;              /* that were set up and torn down; 0: not that case */
	double us_per_call;          /* CPU microseconds, of all threads */
	double us_control, us_media; /* of these: the control thread's, the media workers' */
	double us_per_leg;           /* CPU microseconds per leg and second */
	double encodes;              /* runs of an encoder, per second */
	double cpu_percent, user_percent, kernel_percent; /* of a core: the server's */
	double media_percent, control_percent;            /* of a core: its threads' */
	double steal_percent;                             /* of all cores' time in the span */
	double margin_percent;                            /* of worker 0 at its end */
	double late, skipped, tick_us_max;
	double rtp_lost, rtp_late, rss_kb;
	double kb_per_leg;        /* resident memory, calls and all, over what it was without them */
	double bytes_per_meeting; /* the same, of configured meetings; 0: not asked for */
	double delay_median, delay_p99;
	struct parts parts; /* what it is made of; of no talkers: not asked for */
	bool ok;
};

struct result measure_case(const struct bench_case *c, const struct settings *s);
struct result measure_calls(const struct bench_case *c, const struct settings *s); /* calls.c */
struct result measure_meetings(const struct bench_case *c); /* of a case without callers */
#endif
