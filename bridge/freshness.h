/* freshness.h - how long what a server sent may be kept: what its headers say (RFC 9111 sections 4.2 and 5.2.2).
 *
 * How: we are a cache of our own (section 1), so `s-maxage` and `private` are for others.  `no-store`, and `no-cache`, as we do not ask again
 * whether it is still good, count above all; of several max-age the shortest; one that is no number is none at all (section 4.2.1: stale).
 * Age is what it has spent in caches on the way, and is taken off.
 * Use:  freshness_init(); freshness_header() with each header line as it comes; freshness_s() at the end.
 *
 * Thread: any; pure.
 */
#ifndef BRIDGE_FRESHNESS_H
#define BRIDGE_FRESHNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct freshness {
	int64_t max_age_s, age_s; /* max_age_s -1: not said */
	bool never;
};

enum { FRESHNESS_MOST_S = 0x7fffffff }; /* what is more, or cannot be counted, is this (section 1.2.2) */

void freshness_init(struct freshness *f);
/* One line "Name: value", with or without its end; other headers are passed over.  Any bytes. */
void freshness_header(struct freshness *f, const char *line, size_t n);
int64_t freshness_s(const struct freshness *f); /* from now on; 0: not to be kept; -1: nothing is said */
#endif
