/* crowd_gather.h - makes the callers of a run from its options: voices, ears, keys, sockets, who calls whom.
 *
 * Thread: one.
 */
#ifndef TOOLS_CROWD_GATHER_H
#define TOOLS_CROWD_GATHER_H

#include "tools/crowd_lines.h"
#include "tools/crowd_run.h"

/* Fills in run->callers and run->groups.  False: *why; crowd_run_free() copes with what is there. */
bool crowd_gather(struct crowd_run *run, struct crowd_media *media, struct crowd_lines *lines, char *why,
	size_t why_cap);
#endif
