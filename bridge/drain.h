/* drain.h - no new calls, while live ones end by themselves: a trunk in maintenance, or the whole node before an upgrade (FEATURES T26).
 *
 *          maintenance: true               the last call is over
 *   OPEN ---------------------> DRAINING -----------------------> DRAINED
 *     ^                             |      maintenance: false        |
 *     +-----------------------------+--------------------------------+
 *
 * How: a trunk is drained by its site's `maintenance`, so that it stays so over a restart; the node by drain_node(), which ends with
 * the process.  Calls in get 503 with Retry-After, calls out go to the next trunk; gateways are asked on (OPTIONS), so that
 * it is known how they do when the trunk comes back, and theirs are answered 503, which is what an INVITE would get (RFC 3261
 * section 11.2).  A registration is held while there are calls and given back when the last one is over, so that a registrar
 * sends new calls elsewhere.
 * Events: `trunk.draining`, `trunk.drained`, `trunk.resumed`; `node.draining`, `node.drained`, `node.resumed`.
 * Use:  drain_why() wherever a new call may begin; drain_tick() ten times a second.
 *
 * Thread: control.
 */
#ifndef BRIDGE_DRAIN_H
#define BRIDGE_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

enum drain_state { DRAIN_OPEN, DRAIN_DRAINING, DRAIN_DRAINED };

struct drain { /* the node's */
	enum drain_state state;
	bool exits;       /* when it is drained the process ends */
	uint64_t left_us; /* when the last call was gone; loop_now_us() */
};

struct carrier;
struct node;
struct site_trunk;

const char *drain_word(enum drain_state state); /* "open", "draining", "drained" */
/* Why no new call may begin on this trunk (NULL: on any); NULL: it may. */
const char *drain_why(const struct node *n, const struct site_trunk *trunk);
/* Seconds until whoever was refused may come again. */
unsigned drain_retry_s(void);
/* call_handlers.away: seconds for Retry-After when OPTIONS of this trunk (NULL: of one of several) are to be refused; 0: they are not. */
unsigned drain_away(void *node, const char *trunk);

enum drain_state drain_of(struct node *n, const struct site_trunk *trunk);
/* Is our registration on this trunk to be given back? */
bool drain_leaves(const struct carrier *c);

void drain_carrier_begin(struct carrier *c, bool maintenance); /* a new one: what it is already is no news */
void drain_tick(struct node *n, uint64_t now_us);
/* The node; `exits`: and end when nobody is left.  Said twice, the last word counts. */
void drain_node(struct node *n, bool exits, uint64_t now_us);
void drain_resume(struct node *n);
#endif
