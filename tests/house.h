/* house.h - a bridge, and callers of the test's own making who call it.
 *
 * How: it lies on the heap, and stays there when a test fails: the crew's thread goes on with it.
 * Use:  house_start(); caller_call() with h->crew and one of h->callers each; house_close().
 *
 * Thread: the test's; a check that fails ends the test.
 */
#ifndef TESTS_HOUSE_H
#define TESTS_HOUSE_H

#include "tests/caller.h"
#include "tests/flow/bridge.h"
#include "tests/test.h"

#include <stdlib.h>

struct house {
	struct bridge bridge;
	struct crew crew;
	struct caller callers[CREW_MAX];
};

static inline struct house *house_start(const struct bridge_setup *setup)
{
	struct house *h = calloc(1, sizeof(*h));

	CHECK(h && bridge_start(&h->bridge, setup), "the bridge is up");
	crew_start(&h->crew);
	return h;
}

static inline void house_close(struct house *h)
{
	crew_stop(&h->crew);
	CHECK_INT(0, bridge_stop(&h->bridge), "the bridge ends in order");
	free(h);
}
#endif
