/* srv.h - carrier.test in the DNS: SIP over UDP has two members, the first before the second, and the name an address of its own.
 *
 *   a.carrier.test 127.0.0.11 priority 10, b.carrier.test 127.0.0.12 priority 20; carrier.test itself 127.0.0.13
 *
 * Use:  srv_start() with a free port to serve at, the node file says `dns: "127.0.0.1:PORT"`; peer_stop().
 *
 * Thread: the test's; a check that fails ends the test.
 */
#ifndef TESTS_FLOW_SRV_H
#define TESTS_FLOW_SRV_H

#include "tests/flow/peer.h"

void srv_start(const struct folder *f, struct peer *dns, unsigned at, unsigned first, unsigned second);
#endif
