/* sipp.h - SIPp as the carrier: one scenario file against a line.
 *
 * Use:  sipp_run() and check 0; when it fails, SIPp's own words are printed.
 */
#ifndef TESTS_SIPP_H
#define TESTS_SIPP_H

#include <stdbool.h>

struct sipp_run {
	const char *scenario; /* file in tests/flow/sipp, without .xml */
	const char *number;   /* called; NULL: "answer" */
	const char *from;     /* local address, NULL: 127.0.0.2 */
	unsigned to_port;     /* of the line */
	unsigned calls;       /* 0: 1 */
	unsigned rate;        /* calls a second, 0: 10 */
	unsigned seconds;     /* limit, 0: 20 */
	bool tcp;
};

int sipp_run(const struct sipp_run *run); /* exit status; 0: every call went as the scenario says */
#endif
