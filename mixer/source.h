/* source.h - whose packet is it, and is it new: SSRC and sequence numbers watched (RFC 3550 appendix A.1).
 *
 * How: numbers up to SOURCE_DROPOUT ahead of the youngest or SOURCE_MISORDER behind are of the same
 * sequence; a jump beyond is believed when the number after it comes next.  A sender that restarts its
 * sequence a little below itself looks late, until some packets in order came over SOURCE_BELOW_MS and
 * nothing younger.  A new SSRC is believed at once; the one it replaced only when three packets
 * of it come with none of the new one between, so that neither packets still under way nor two
 * senders at once make playout flap.
 *
 * Thread: the worker that owns the leg.
 */
#ifndef MIXER_SOURCE_H
#define MIXER_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

enum { SOURCE_DROPOUT = 3000, SOURCE_MISORDER = 100, SOURCE_BELOW_MS = 60 };

struct source { /* all fields belong to source.c; zero-initialise */
	bool started, has_former, has_expected;
	uint32_t ssrc, former;
	uint16_t max_seq;   /* youngest that came */
	uint64_t seen;      /* bit i: max_seq - i came */
	uint16_t expected;  /* after a number out of place: the one that would confirm it */
	uint8_t below_run;  /* packets in order below max_seq, nothing younger */
	uint8_t former_run; /* packets of the former SSRC, none of ours between */
	int64_t below_since_ms;
};

enum source_verdict {
	SOURCE_BEGINS,    /* first packet, new SSRC or new sequence: forget what was before */
	SOURCE_NEXT,      /* younger than all before */
	SOURCE_OLDER,     /* older than the youngest, and not seen before */
	SOURCE_DUPLICATE, /* came before */
	SOURCE_STRAY      /* out of place; ignore it */
};

enum source_verdict source_judge(struct source *s, uint32_t ssrc, uint16_t seq, int64_t arrival_ms);
#endif
