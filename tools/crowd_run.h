/* crowd_run.h - all callers of a run, and the loop that makes them call, talk and hang up.
 *
 * How: one thread wakes every millisecond: starts the calls that are due, lets those callers
 * speak whose packet is due in this millisecond (callers are spread over their ptime), reads all
 * sockets, looks at the SIP timers of a fiftieth of the calls.
 *
 * Thread: one.
 */
#ifndef TOOLS_CROWD_RUN_H
#define TOOLS_CROWD_RUN_H

#include "tools/crowd_caller.h"
#include "tools/crowd_options.h"

enum { CROWD_DELAYS_MAX = 200000 };

struct crowd_delays { /* mouth to ear, of one group */
	uint32_t *us; /* owned */
	size_t n;
};

struct crowd_run {
	struct crowd_options options;
	struct crowd_caller *callers; /* owned, in the order of groups */
	struct {
		uint32_t first; /* of callers */
		struct crowd_voice voices[CODECS];
		struct crowd_delays delays;
		uint64_t *bursts; /* owned: when the talker of each room last began one */
	} groups[CROWD_GROUPS];
	uint64_t strays, unsent, late_sends; /* late: milliseconds of ours that came over 5 ms behind */
	bool interrupted;
};

/* False: *why; nothing was called.  True: the calls have been made, for better or worse. */
bool crowd_run(struct crowd_run *run, char *why, size_t why_cap);
void crowd_run_free(struct crowd_run *run);
#endif
