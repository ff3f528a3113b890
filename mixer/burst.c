#include "mixer/burst.h"

#include <string.h>

static const double ratio_max = 8; /* beyond, G.107's curve is not known to hold */

/* After `since` played ones another is missing: what the two have between them was gap or burst. */
static void miss(struct burst *b)
{
	if (b->since >= BURST_GMIN || !b->begun) {
		if (b->in_row == 1)
			b->c14++; /* the one before stood alone: it belongs to the gap */
		else if (b->begun)
			b->c13++;
		b->c11 += b->since;
		b->in_row = 1;
	} else {
		b->in_row++;
		if (b->since == 0) {
			b->c33++;
		} else {
			b->c23++;
			b->c22 += b->since - 1;
		}
	}
	if (b->since > 0 || !b->begun)
		b->runs++;
	b->begun = true;
	b->since = 0;
	b->missing++;
}

void burst_packet(struct burst *b, bool missing)
{
	b->due++;
	if (missing)
		miss(b);
	else
		b->since++;
}

static uint8_t of_256(double share)
{
	return (uint8_t)(share >= 1 ? 255 : share * 256);
}

static double ratio_of(const struct burst *b)
{
	double ratio;

	if (b->runs == 0 || b->missing == b->due)
		return 1;
	/* Mean run of missing packets, over what it would be if each was lost for itself. */
	ratio = (double)b->missing / b->runs * (1 - (double)b->missing / b->due);
	return ratio < 1 ? 1 : ratio > ratio_max ? ratio_max : ratio;
}

/* What is still open is closed on a copy: a last missing packet in a row of its own is of the gap, a burst ends
 * with its last missing one, and what was played since is gap. */
static struct burst closed(const struct burst *b)
{
	struct burst all = *b;

	if (b->in_row == 1)
		all.c14++;
	else if (b->in_row > 1)
		all.c13++;
	all.c11 += b->since;
	return all;
}

void burst_report(const struct burst *b, unsigned packet_ms, struct burst_report *out)
{
	const struct burst all = closed(b);
	/* Packets of bursts: the played ones in them, and the missing ones. */
	const uint32_t played = all.c22 + all.c23, lost = all.missing - all.c14, in_gaps = all.c11 + all.c14;
	uint32_t n_gaps;

	memset(out, 0, sizeof(*out));
	out->missing = all.missing;
	out->due = all.due;
	out->ratio = ratio_of(b);
	if (lost > 0)
		out->burst_density = of_256((double)lost / (played + lost));
	if (in_gaps > 0)
		out->gap_density = of_256((double)all.c14 / in_gaps);
	if (all.c13 > 0)
		out->burst_ms = (uint32_t)((uint64_t)(played + lost) * packet_ms / all.c13);
	n_gaps = all.c13 +
		 (b->in_row > 1 && b->since == 0 ? 0 : 1); /* one after each burst, one before the first */
	if (in_gaps > 0 && n_gaps > 0)
		out->gap_ms = (uint32_t)((uint64_t)in_gaps * packet_ms / n_gaps);
}
