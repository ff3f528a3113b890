/* latch.h - who may speak for a leg: symmetric RTP with a locked source (RFC 4961, RFC 7362).
 *
 * How: the offer or answer names an address.  Behind a NAT the packets come from
 * another: the first source that sends valid RTP within LATCH_WINDOW_US after the leg
 * was opened (or re-negotiated) is taken, the signalled address winning over others
 * while the window is open, and from then on nobody else is heard.  A source that has
 * been silent for LATCH_SILENCE_US may be replaced, by the signalled address at once,
 * by another on the same host always, by a stranger only if the leg was never locked
 * to the signalled address.  Before the lock we send to the signalled address, so that two
 * waiting sides still start.
 * Use:  latch_init(), latch_accept() per datagram, latch_peer() where to send,
 *       latch_signal() after each offer/answer.
 *
 * Thread: the worker that owns the leg.
 */
#ifndef MIXER_LATCH_H
#define MIXER_LATCH_H

#include "mixer/addr.h"
#include <stdbool.h>
#include <stdint.h>

enum { LATCH_WINDOW_US = 10000000, LATCH_SILENCE_US = 3000000 };

struct latch {
	struct net_addr signalled; /* from SDP; port 0: none */
	struct net_addr locked;    /* port 0: not yet */
	uint64_t opened_us;        /* when the window opened */
	uint64_t heard_us;         /* last datagram accepted */
	uint32_t refused;          /* datagrams from others */
};

void latch_init(struct latch *l, const struct net_addr *signalled, uint64_t now_us);

/* An offer/answer named an address (maybe the same).  A changed one unlocks. */
void latch_signal(struct latch *l, const struct net_addr *signalled, uint64_t now_us);

/* May `from` speak?  True locks or refreshes; false counts in `refused`. */
bool latch_accept(struct latch *l, const struct net_addr *from, uint64_t now_us);

/* Where our packets go: the locked source, else the signalled address; port 0: nowhere. */
const struct net_addr *latch_peer(const struct latch *l);
#endif
