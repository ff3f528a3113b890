/* bysource.h - whose packets come from where: a table from a packet's source to a leg, for a port that many legs share.
 *
 * How: an open table, at most half full; what stands behind a removed entry moves up, so that a look stays short.
 * A stranger's packet costs one look.  Nothing is allocated after bysource_alloc().
 *
 * Thread: one at a time.
 */
#ifndef BRIDGE_BYSOURCE_H
#define BRIDGE_BYSOURCE_H

#include "mixer/addr.h"
#include <stddef.h>

struct bysource_leg {
	struct net_addr from;
	uint32_t leg_id;
	void *at; /* borrowed; the user's */
};

struct bysource;
struct bysource *bysource_alloc(size_t max); /* entries, from 1; NULL: out of memory */
struct bysource *bysource_free(struct bysource *b);

/* False: another leg has that source, or the table is full.  The leg's own entry is replaced. */
bool bysource_put(struct bysource *b, const struct bysource_leg *leg);
void bysource_remove(
	struct bysource *b, const struct net_addr *from, uint32_t leg_id); /* if it is that leg's */
/* NULL: a stranger.  Valid until the next change. */
const struct bysource_leg *bysource_find(const struct bysource *b, const struct net_addr *from);
size_t bysource_count(const struct bysource *b);
#endif
