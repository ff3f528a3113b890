/* ladder.h - a call's trace as people read it: one line per message between the far ends and us, by time (`partyctl trace`).
 *
 *      0.000  udp 127.0.0.2:5062   ----> INVITE +15550100 (1)   PCMU telephone-event, 127.0.0.2:6000, ptime 20, sendrecv
 *      0.002  udp 127.0.0.2:5062   <---- 200 OK (1 INVITE)      PCMU, 127.0.0.1:20000, ptime 20, sendrecv
 *      0.502  udp 127.0.0.2:5062   <---- 200 OK (1 INVITE)      again
 *      1.240                             keys ....
 *
 * How: the items of all attempts in one order; a repetition says "again"; what SDP says is read here, not when the message
 * passed.  At the end stand the figures of the records: packets, loss, jitter, MOS, codec, and how it ended.
 * `masked`: numbers are shortened as in logs, and no message's text is shown.
 * Use:  ladder_text() for people, ladder_json() for programs.
 *
 * Thread: any; pure.
 */
#ifndef BRIDGE_LADDER_H
#define BRIDGE_LADDER_H

#include "bridge/cdr.h"
#include "bridge/trace.h"

struct ladder {
	const struct trace_call *const *calls; /* borrowed; from trace_find() */
	size_t n_calls;
	const struct cdr *records; /* of the same, oldest first; as they may be shown */
	size_t n_records;
	bool masked;
};

/* NULL: out of memory; the caller frees. */
char *ladder_text(const struct ladder *l);
/* {"items": [...], "media": [...]}; NULL: out of memory. */
json_t *ladder_json(const struct ladder *l);
#endif
