/* gateways.h - carriers' gateways that a bridge calls: SIPp at 127.0.0.11 and on, each doing what a word or two say.
 *
 *   "answer"      180 and 200, then it waits for our BYE
 *   "late 700"    the same, the 180 after so many milliseconds
 *   "503", "486"  that and nothing else; "503 Retry-After: 2" with a header
 *   "silent"      takes the INVITE and says nothing
 *   "closed"      nobody is there
 *
 * Use:  gateways_init(); put the ports in the site; bridge_start(); gateways_start() per gateway; gateways_stop().
 * Thread: the test's.
 */
#ifndef TESTS_FLOW_GATEWAYS_H
#define TESTS_FLOW_GATEWAYS_H

#include "tests/flow/bridge.h"

enum { GATEWAYS_MAX = 4 };

struct gateways {
	const struct folder *folder; /* borrowed: the bridge's */
	unsigned n;
	uint16_t ports[GATEWAYS_MAX];
	struct peer sipp[GATEWAYS_MAX];
	bool runs[GATEWAYS_MAX];
	unsigned starts; /* scenarios have a name each */
};

void gateways_init(struct gateways *g, unsigned n);
const char *gateway_address(unsigned i); /* "127.0.0.11" */
/* In the place of what it did before.  Returns when it listens. */
void gateways_start(struct gateways *g, const struct bridge *b, unsigned i, const char *does);
void gateways_halt(struct gateways *g, unsigned i);
void gateways_stop(struct gateways *g);
/* How many calls it was sent since it was started. */
unsigned gateways_asked(const struct gateways *g, unsigned i);
#endif
