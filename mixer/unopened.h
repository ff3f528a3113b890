/* unopened.h - sealed packets that did not authenticate: they may be by a key that is still under way.
 *
 * How: media and signalling go different ways, so a far end's first packets by a new key may be here before the answer that
 * holds it (RFC 4568 section 7.1.3 leaves them lost).  The newest that fit wait here; when a refit brings another key they are tried
 * once more, those that are not older than UNOPENED_US.  What nobody's key opens is pushed out by the next.
 * Cost: a copy of each packet that fails, nothing for those that open.
 * Use:  unopened_put() as they come; after a refit unopened_take() as often as `n` says, each to be opened, or put back.
 *
 * Thread: the worker that owns the stream.
 */
#ifndef MIXER_UNOPENED_H
#define MIXER_UNOPENED_H

#include "mixer/addr.h"
#include <stdbool.h>
#include <stddef.h>

enum {
	UNOPENED_BYTES = 2816, /* 13 packets of 20 ms of G.711 */
	UNOPENED_PACKET = 544, /* 60 ms of G.711, sealed; what is longer is not kept */
	UNOPENED_US = 250000   /* older than this, it would not be played any more */
};

struct unopened { /* empty when all 0 */
	uint16_t n, used;
	uint8_t bytes[UNOPENED_BYTES];
};

struct unopened_packet {
	uint64_t arrival_us;
	struct net_addr from;
	uint16_t len;
	uint8_t bytes[UNOPENED_PACKET];
};

void unopened_put(
	struct unopened *u, const uint8_t *p, size_t len, const struct net_addr *from, uint64_t arrival_us);
bool unopened_take(struct unopened *u, struct unopened_packet *out); /* the oldest; false: none */
#endif
