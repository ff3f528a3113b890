/* ctl.h - partyctl, as an operator calls it.
 *
 * Use:  free(ctl(b, 0, "trunk drain first")), or ctl_says() for what it must print; ctl_start() for one that waits.
 *
 * Thread: the test's; a check that fails ends the test.
 */
#ifndef TESTS_FLOW_CTL_H
#define TESTS_FLOW_CTL_H

#include "tests/flow/bridge.h"

/* partyctl with these words, one space between two; it must end with exit code `want`. What it said, which the caller frees. */
char *ctl(const struct bridge *b, int want, const char *words);

/* The same, and each of these parts stands in what it said; the list ends with NULL. */
void ctl_says(const struct bridge *b, int want, const char *words, const char *const *parts);
#define SAYS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Starts it and leaves it running, as the peer of this name. */
void ctl_start(const struct bridge *b, struct peer *p, const char *name, const char *words);
#endif
