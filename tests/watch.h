/* watch.h - a meeting whose sound is watched: three crowd callers who send a tone each and keep what they hear.
 *
 * How: crowd records what each hears.  Afterwards every 60 ms of every recording must hold the tones of the other two;
 * where one is more than 6 dB too low there was a gap.  Two meetings may be watched at once, on two bridges: what
 * troubles both is the machine.
 * Use:  watch_begin(); trouble the bridge; watch_end().
 *
 * Thread: the test's.
 */
#ifndef TESTS_WATCH_H
#define TESTS_WATCH_H

#include "tests/flow/bridge.h"

enum { WATCH_CALLERS = 3, WATCH_INTRUDERS = 3, WATCH_PROMPTS_MS = 8000 };

struct watch {
	struct bridge *b; /* borrowed */
	struct peer crowd;
	unsigned seconds;
	double late_ticks, skipped_ticks; /* when it began */
};

struct watch_seen {
	bool planned;                          /* all calls went as crowd had planned */
	unsigned windows, gaps;                /* looked at; too quiet */
	unsigned first_gap_ms;                 /* since the call began; 0: none */
	double worst_dbov;                     /* the quietest tone, its mean over the whole time */
	double own_dbov;                       /* the loudest of one's own voice */
	double intruder_dbov[WATCH_INTRUDERS]; /* the loudest half second of each */
	double lost, late_ticks, skipped_ticks;
};

/* Calls `number`, which leads to a meeting without PIN, for `seconds`.  False: they did not come in. */
bool watch_begin(struct watch *w, struct bridge *b, const char *number, unsigned seconds);
/* Waits for their end.  intruder_hz: tones that nobody may hear, WATCH_INTRUDERS of them, or fewer and 0; or NULL.  False: crowd failed. */
bool watch_end(struct watch *w, struct watch_seen *seen, const unsigned *intruder_hz);
void watch_print(const char *title, const struct watch_seen *seen);
#endif
