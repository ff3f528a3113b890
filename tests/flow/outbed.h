/* outbed.h - a bridge whose meeting calls out through gateways of SIPp's, and the events that it tells.
 *
 * Use:  gateways_init() and a site with their ports; bed_start(); gateways_start() per gateway; ask_call() into b->id; end().
 *
 * Thread: the test's; a check that fails ends the test.
 */
#ifndef TESTS_FLOW_OUTBED_H
#define TESTS_FLOW_OUTBED_H

#include "tests/flow/ask.h"
#include "tests/flow/events.h"
#include "tests/flow/gateways.h"
#include "tests/test.h"

enum { OUTBED_T1_MS = 50 };

struct bed {
	struct bridge bridge;
	struct gateways gateways;
	struct events *events;
	char id[ASK_ID]; /* of the call that was made last */
};

static inline void bed_start(struct bed *b, const char *site)
{
	CHECK(bridge_start(&b->bridge, &(struct bridge_setup){ .site = site, .t1_ms = OUTBED_T1_MS }),
		"bridge");
	b->events = events_open(&b->bridge, NULL);
	CHECK(b->events, "events");
}

static inline void end(struct bed *b)
{
	events_close(b->events);
	CHECK_INT(0, bridge_stop(&b->bridge), "bridge");
	gateways_stop(&b->gateways);
}
#endif
