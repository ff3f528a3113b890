/* collector.h - the SIP trace goes to a collector (Homer) as it is kept: each message one datagram of HEPv3, without its secrets.
 *
 * How: what bridge/trace keeps of a call it shows here, repetitions whole; one send() that does not wait.  Where nobody listens, or the socket is full,
 * the message is dropped and counted; nothing is tried again.  Messages belong together by Call-ID.  Where we are bound to all addresses, our side of a
 * message is sip.advertise.
 * Use:  collector_open(); trace_show() with collector_show(); collector_close().
 *
 * Thread: control.
 */
#ifndef BRIDGE_COLLECTOR_H
#define BRIDGE_COLLECTOR_H

#include "bridge/err.h"
#include "bridge/trace.h"

struct collector_config {
	const char *to; /* "udp:192.0.2.1:9060", an address; "": there is none */
	uint32_t agent; /* who we are to it */
	const char *advertise;
};

struct collector_stats {
	uint64_t sent, dropped;
};

struct collector;
/* *out NULL: there is none.  BRIDGE_RANGE: no such target; BRIDGE_FILE: no socket. */
enum bridge_err collector_open(struct collector **out, const struct collector_config *config);
struct collector *collector_close(struct collector *c); /* accepts NULL */
void collector_show(void *arg, const struct trace_shown *shown);
void collector_stats(const struct collector *c, struct collector_stats *out); /* NULL: all 0 */
#endif
