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
 *
 *            first valid RTP                     silent 3 s, then another
 *   OPEN --------------------------> LOCKED ------------------------------> LOCKED to it
 *    ^  window over: only from the     |  window still open: the signalled
 *    |  signalled host                 |  address or host takes it over
 *    +---------------------------------+
 *       the signalled address changes; for LATCH_LINGER_US packets of the old source
 *       that were under way are heard, but do not lock
 *
 * An offer without an address (hold by c=0.0.0.0, RFC 3264 section 8.4) sends nothing, lets nobody
 * new in and keeps the lock for the resume.
 * Use:  latch_init(), latch_accept_rtp() per valid RTP packet, latch_hears() per RTCP
 *       packet, latch_peer() where to send, latch_signal() after each offer/answer.
 *
 * Thread: the worker that owns the leg.
 */
#ifndef MIXER_LATCH_H
#define MIXER_LATCH_H

#include "mixer/addr.h"
#include <stdbool.h>
#include <stdint.h>

enum { LATCH_WINDOW_US = 10000000, LATCH_SILENCE_US = 3000000, LATCH_LINGER_US = 500000 };

struct latch {                     /* all fields belong to latch.c; `locked` and `refused` may be read */
	struct net_addr signalled; /* from SDP; port 0: none */
	struct net_addr locked;    /* port 0: not yet */
	struct net_addr former;    /* locked until the last change of address; port 0: none */
	uint64_t opened_us;        /* when the window opened */
	uint64_t heard_us;         /* last datagram accepted */
	uint32_t refused;          /* datagrams from others */
	uint32_t ssrc;             /* of the locked source, when has_ssrc */
	bool has_ssrc;
	bool met;  /* locked to the signalled address at least once since it was signalled */
	bool held; /* the last offer/answer named no address */
};

void latch_init(struct latch *l, const struct net_addr *signalled, uint64_t now_us);

/* An offer/answer named an address (maybe the same; port 0: none).  A changed one
 * unlocks; the same one opens the window again but leaves a lock alone, so that a
 * session refresh lets no stranger in. */
void latch_signal(struct latch *l, const struct net_addr *signalled, uint64_t now_us);

/* May `from` speak?  True locks or refreshes; false counts in `refused`. */
bool latch_accept(struct latch *l, const struct net_addr *from, uint64_t now_us);

/* The same for a valid RTP packet, whose SSRC then guards the lock as well: after a
 * silence a stranger must go on with the SSRC that was heard (a NAT that moved a
 * caller keeps it; somebody who sprays packets does not know it). */
bool latch_accept_rtp(struct latch *l, const struct net_addr *from, uint32_t ssrc, uint64_t now_us);

/* May RTCP from here be believed?  Never locks: from the locked host (any port, since
 * RTCP has its own without rtcp-mux), before a lock from the signalled host. */
bool latch_hears(const struct latch *l, const struct net_addr *from);

/* Where our packets go: the locked source, else the signalled address; port 0: nowhere. */
const struct net_addr *latch_peer(const struct latch *l);
#endif
