/* delay.h - how long packets of one path must be held so that nearly all of them come in time.
 *
 * How: a packet's transit is its arrival less its RTP timestamp (RFC 3550 section 6.4.1), both in
 * RTP clock units.  The least transit of the last DELAY_BUCKETS * DELAY_EPOCH packets is the base;
 * what others took on top goes into a histogram that forgets by an eighth per epoch.  The
 * margin is the excess that only one packet in a hundred goes beyond, but no more than any packet of the
 * last DELAY_RECENT epochs took: it grows with the first late packet of a burst and is gone some eight
 * seconds after the last, however long the burst was.
 * A base that is wrong by DELAY_JUMP_MS is no jitter but a new timeline: at once when packets
 * seem to come early, after a run of packets when they seem late (a stall comes late too, but catches up).
 * Use:  delay_init(); delay_packet() per packet; delay_due() when a talk burst may begin.
 *
 * Thread: the worker that owns the leg.
 */
#ifndef MIXER_DELAY_H
#define MIXER_DELAY_H

#include <stdbool.h>
#include <stdint.h>

enum {
	DELAY_BINS = 64,
	DELAY_BIN_MS = 2,
	DELAY_EPOCH = 64,  /* packets */
	DELAY_BUCKETS = 8, /* epochs in the window of the base */
	DELAY_RECENT = 6,  /* and in that of the margin: a path that is clean for so long needs none */
	DELAY_JUMP_MS = 250,
	DELAY_PAUSE_MS = 5000, /* after this much silence clocks may have drifted: the base is learned anew */
	DELAY_MARGIN_MIN_MS = 1,
	DELAY_MARGIN_MAX_MS = 100
};

struct delay {                        /* all fields belong to delay.c; units are RTP clock units */
	int64_t base;                 /* least transit in the window */
	int64_t floor;                /* where the histogram begins, at most a bin below base */
	int64_t origin;               /* the first transit of this timeline */
	int32_t least[DELAY_BUCKETS]; /* least transit per epoch, after `origin` */
	int32_t most[DELAY_BUCKETS];  /* and longest */
	int64_t last_transit, last_arrival, far_first;
	uint32_t jitter16; /* RFC 3550 appendix A.8, scaled by 16 */
	uint32_t margin, bin, clock_hz;
	uint16_t weight[DELAY_BINS];
	uint16_t in_epoch;
	uint8_t bucket, n_buckets, far_run;
	bool started;
};

void delay_init(struct delay *d, unsigned clock_hz);

/* One packet; true when it began a new timeline. */
bool delay_packet(struct delay *d, int64_t arrival, int64_t timestamp);

/* The transit with which playout begins: base and margin. */
int64_t delay_due(const struct delay *d);
#endif
