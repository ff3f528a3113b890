/* burst.h - the pattern of loss: single packets here and there, or many at once.
 *
 * How: each packet due is told once, in playout order, as played or missing (never came, or too late); a
 * handful of counters of a Markov chain with four states follows (RFC 3611 section 4.7.2 and appendix
 * A.2, Gmin 16).  A burst begins and ends with a missing packet and has fewer than Gmin played ones between
 * two missing ones; all else is gap.  Some five instructions a packet.
 * Use:  zero-initialise; burst_packet() per packet due; burst_report() when somebody asks.
 *
 * Thread: the worker that owns the leg.
 */
#ifndef MIXER_BURST_H
#define MIXER_BURST_H

#include <stdbool.h>
#include <stdint.h>

enum { BURST_GMIN = 16 };

struct burst {                                 /* zero-initialise; all fields belong to burst.c */
	bool begun;                            /* a first packet was missing */
	uint32_t since;                        /* played since the last missing one */
	uint32_t in_row;                       /* missing since the gap ended */
	uint32_t c11, c13, c14, c22, c23, c33; /* transitions, as the RFC names them */
	uint32_t missing, runs, due;           /* runs: of missing packets without a played one between */
};

struct burst_report {
	uint32_t missing, due;
	uint8_t burst_density, gap_density; /* 1/256 of the packets in bursts and in gaps that are missing */
	uint32_t burst_ms, gap_ms;          /* mean lengths; 0 when there was none */
	double ratio;                       /* BurstR of G.107 section 7.5: 1 random loss, up to 8 */
};

void burst_packet(struct burst *b, bool missing);
/* `packet_ms` of sound are in a packet. */
void burst_report(const struct burst *b, unsigned packet_ms, struct burst_report *out);
#endif
