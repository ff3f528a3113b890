/* resolver.h - looks gateways' names up, on a thread of its own: the control thread never waits for a name server.
 *
 * How: a question is a gateway's URI; the thread walks sip/locate's questions with c-ares, one URI after another,
 * and hands the members back; an eventfd wakes the control thread.  A question that is waiting already is not asked twice.
 * Use:  resolver_ask(); watch resolver_fd(), call resolver_poll() when it is readable.
 *
 * Thread: control; the thread inside touches nothing but its queues.
 */
#ifndef BRIDGE_RESOLVER_H
#define BRIDGE_RESOLVER_H

#include "bridge/err.h"
#include "sip/locate.h"

enum { RESOLVER_URI = 128, RESOLVER_QUEUE = 1024 };

struct resolver;

/* `uri` as it was asked for.  `failed`: no name server answered; what was known before is still the best there is. */
typedef void (*resolver_fn)(void *arg, const char *uri, bool failed, const struct locate *found);

/* `server` "ADDRESS:PORT" or ""; then the system's.  BRIDGE_RANGE: not an address; BRIDGE_NOMEM. */
enum bridge_err resolver_open(struct resolver **out, const char *server, resolver_fn on_found, void *arg);
struct resolver *resolver_close(struct resolver *r); /* waits for the thread: 0.3 s at most */
int resolver_fd(const struct resolver *r);
void resolver_poll(struct resolver *r); /* calls on_found() */
/* BRIDGE_FULL: too many are waiting. */
enum bridge_err resolver_ask(struct resolver *r, const char *uri, unsigned transports);
#endif
