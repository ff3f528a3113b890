/* resolver.h - looks names up, gateways' and telephone numbers', on a thread of its own: the control thread never waits for
 * a name server.
 *
 * How: a question is a gateway's URI, for which the thread walks sip/locate's questions, or a name whose NAPTR records are
 * wanted; all are out at once, by c-ares (this is the only file that sees it).  What came is handed back; an eventfd wakes
 * the control thread.  A question that is waiting already is not asked twice.
 * Use:  resolver_ask(), resolver_ask_records(); watch resolver_fd(), call resolver_poll() when it is readable.
 *
 * Thread: control; the thread inside touches nothing but its queues.
 */
#ifndef BRIDGE_RESOLVER_H
#define BRIDGE_RESOLVER_H

#include "bridge/err.h"
#include "sip/locate.h"
#include "sip/naptr.h"

enum { RESOLVER_URI = 128, RESOLVER_QUEUE = 1024 };

struct resolver;

struct resolver_records {
	struct naptr records[NAPTR_RECORDS]; /* none: no such name, or no such record */
	size_t n;
	unsigned ttl_s;
};

/* `uri` as it was asked for.  `failed`: no name server answered; what was known before is still the best there is. */
typedef void (*resolver_fn)(void *arg, const char *uri, bool failed, const struct locate *found);
typedef void (*resolver_records_fn)(
	void *arg, const char *name, bool failed, const struct resolver_records *found);

/* `server` "ADDRESS:PORT" or ""; then the system's.  BRIDGE_RANGE: not an address; BRIDGE_NOMEM. */
enum bridge_err resolver_open(struct resolver **out, const char *server, resolver_fn on_found, void *arg);
void resolver_on_records(struct resolver *r, resolver_records_fn fn, void *arg);
struct resolver *resolver_close(struct resolver *r); /* waits for the thread: 0.1 s at most */
int resolver_fd(const struct resolver *r);
void resolver_poll(struct resolver *r); /* calls on_found(), on_records() */
/* BRIDGE_FULL: too many are waiting; BRIDGE_RANGE: the name is too long. */
enum bridge_err resolver_ask(struct resolver *r, const char *uri, unsigned transports);
enum bridge_err resolver_ask_records(struct resolver *r, const char *name);
#endif
