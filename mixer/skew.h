/* skew.h - how much faster the far end's clock runs than ours, told by its RTP timestamps.
 *
 * How: a packet's transit (arrival less timestamp) only ever has delay added to it, so that the least of
 * a few seconds marks a line that rises or falls with the difference of the clocks.  Up to SKEW_POINTS such
 * marks are kept, of windows that double from a quarter of a second to four seconds; the slope is the
 * weighted median of those of all pairs (Theil-Sen), so that one mark in four may be wrong.  A mark far from
 * where the line goes is a new route or a new timeline: marks before and after it are never compared.
 * What is not three times larger than its own uncertainty is 0.
 * After some ten seconds the rate is known to about 10 ppm on a path with a millisecond of jitter.
 * Use:  zero-initialise; skew_packet() per packet of sound; skew_ppb().
 * Memory: 232 bytes.  Cost: nanoseconds a packet, and some microseconds per window.
 *
 * Thread: the worker that owns the leg.
 */
#ifndef MIXER_SKEW_H
#define MIXER_SKEW_H

#include <stdbool.h>
#include <stdint.h>

enum {
	SKEW_POINTS = 16,
	SKEW_MAX_PPB = 1000000, /* no clock is further off: then its timestamps are wrong, and 0 is said */
	SKEW_LEAST_PPB = 10000  /* not worth to be followed: 10 ms in a quarter of an hour */
};

struct skew { /* all fields belong to skew.c; times in microseconds since the first packet */
	bool started;
	uint8_t n, line;    /* marks; number of the line that they now belong to */
	uint16_t n_packets; /* in this window */
	uint32_t ssrc, last_ts;
	uint64_t first_us;
	int64_t units; /* RTP clock units since the first packet */
	int64_t window_begin, window_us;
	int64_t least_at, least; /* of this window: transit, and when */
	struct {
		int32_t at_ms, transit_us;
	} mark[SKEW_POINTS];
	uint8_t line_of[SKEW_POINTS]; /* the line that a mark belongs to */
	int32_t ppb;
};

/* A packet with sound.  A new SSRC begins anew; for another clock_hz the caller zeroes *k. */
void skew_packet(struct skew *k, uint32_t ssrc, uint32_t timestamp, unsigned clock_hz, uint64_t arrival_us);

/* How much faster its clock is, parts in 10^9: 0 while unknown or below SKEW_LEAST_PPB. */
static inline int32_t skew_ppb(const struct skew *k)
{
	return k->ppb;
}
#endif
