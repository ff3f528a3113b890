/* sipp.h - SIPp as the carrier: one scenario file against a line, or against a whole bridge.
 *
 * Use:  sipp_run() and check 0; when it fails, SIPp's own words are printed.
 *       sipp_start(), something meanwhile, sipp_end().
 */
#ifndef TESTS_SIPP_H
#define TESTS_SIPP_H

#include "tests/flow/peer.h"

struct sipp_run {
	const char *scenario; /* file in tests/flow/sipp, without .xml */
	const char *number;   /* called; NULL: "answer" */
	const char *from;     /* local address, NULL: 127.0.0.2 */
	const char *to;       /* address of the line, NULL: 127.0.0.1 */
	unsigned to_port;     /* of the line */
	unsigned calls;       /* 0: 1 */
	unsigned rate;        /* calls a second, 0: 10 */
	unsigned seconds;     /* limit, 0: 20 */
	bool tcp;
	const char *
		call_id; /* "%u-flow@sipp.invalid", %u being the call's number from 1; NULL: one that nobody need know */
	bool on_bridge; /* a whole bridge: its RTP port is any, and its name has no "/test" */
};

int sipp_run(const struct sipp_run *run); /* exit status; 0: every call went as the scenario says */

struct sipp_job {
	struct folder folder;
	struct peer peer;
	unsigned limit_ms;
};
bool sipp_start(struct sipp_job *job, const struct sipp_run *run);
int sipp_end(struct sipp_job *job); /* waits for it; as sipp_run() */
#endif
