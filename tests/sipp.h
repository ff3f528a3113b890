/* sipp.h - SIPp as the carrier: one scenario file against a line, and what its screen and error log said.
 *
 * Use:  sipp_run() and check 0; on failure sipp_log() has SIPp's own words.  sipp_start()/sipp_wait() when
 *       the test acts meanwhile.
 */
#ifndef TESTS_SIPP_H
#define TESTS_SIPP_H

#include <stdbool.h>
#include <sys/types.h>

struct sipp_run {
	const char *scenario; /* file in tests/flow/sipp, without .xml */
	const char *number;   /* called */
	const char *from;     /* local address, NULL: 127.0.0.2 */
	unsigned to_port;     /* of the line */
	unsigned calls;       /* 0: 1 */
	unsigned rate;        /* calls a second, 0: 10 */
	unsigned seconds;     /* limit, 0: 20 */
	bool tcp;
	const char *key, *value; /* one more [key] of the scenario, NULL: none */
};

struct sipp {
	pid_t pid;
	char log[64]; /* path of a scratch file */
};

void sipp_start(struct sipp *s, const struct sipp_run *run);
int sipp_wait(struct sipp *s);           /* exit status; 0: every call as the scenario says */
int sipp_run(const struct sipp_run *run); /* both; prints SIPp's words when it failed */
#endif
