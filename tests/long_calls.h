/* long_calls.h - calls that last a minute: session timers at their own speed (T7), and who falls silent.
 *
 * Use:  long_calls_begin(); long_calls_serve() between other things; long_calls_judge() waits and checks.
 *
 * Thread: the test's; a check that fails ends the test.
 */
#ifndef TESTS_LONG_CALLS_H
#define TESTS_LONG_CALLS_H

#include "tests/far.h"

enum long_call {
	WE_REFRESH,    /* refresher=uas: an UPDATE of ours after half the time */
	THEY_DO_NOT,   /* no refresher named: they are asked to, and never do, but sound flows: stays */
	BY_INVITE,     /* the same for a far end that knows no UPDATE */
	HELD_AND_GONE, /* refresher=uac, on hold, silent: over after 60 s */
	HELD,          /* on hold, silent, no timer: stays */
	SILENT,        /* no packet after the first: over after 30 s */
	LONG_CALLS
};

struct long_calls {
	struct far far[LONG_CALLS];
	uint64_t refreshed_ms[LONG_CALLS], ended_ms[LONG_CALLS], silent_since_ms;
	unsigned n_refreshes[LONG_CALLS];
	char last_words[LONG_CALLS][RAW_TEXT];
};

void long_calls_begin(struct long_calls *l, const struct bridge *b, const char *number);
void long_calls_serve(struct long_calls *l); /* what the bridge asks of them, answered as it comes */
void long_calls_judge(struct long_calls *l, struct bridge *b);
#endif
