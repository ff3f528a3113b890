/* channels.h - how many calls each trunk carries just now, both ways together: asked for each new call and for each row of a list.
 *
 * How: a count per trunk that has a call, found by a hash of its name; no call is looked at.  A count lives as long as calls are in it, so
 * calls that outlast their trunk in the site are still counted, and found again when a trunk of that name comes back.
 * Use:  channels_take() when a leg has a call, and keep what it gives; channels_give() at the call's end, once.
 *
 * Thread: control.
 */
#ifndef BRIDGE_CHANNELS_H
#define BRIDGE_CHANNELS_H

#include <stdint.h>

enum { CHANNELS_BUCKETS = 1024 };

struct channel; /* opaque: one trunk's count */

struct channels { /* all zero: no calls */
	struct channel *buckets[CHANNELS_BUCKETS];
	uint64_t n_compared; /* names, ever: what finding has cost */
};

void channels_clear(struct channels *c);
/* One call more on this trunk.  NULL: `trunk` is "", or out of memory; then the call is in no count. */
struct channel *channels_take(struct channels *c, const char *trunk);
void channels_give(struct channels *c, struct channel *taken); /* accepts NULL */
unsigned channels_used(struct channels *c, const char *trunk);
#endif
