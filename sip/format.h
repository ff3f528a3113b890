/* format.h - two sides' lists of formats, held against each other (RFC 3264 section 6.1, RFC 4733 section 2.1).
 *
 * How: a format is its name, clock and channels; its number and its fmtp belong to the side that wrote them.  A list is borrowed
 * from a description or from what we can do, in order of preference.
 * Use:  format_pick_codec(), then format_pick_event() of that codec's clock; what was picked points into the two lists.
 *
 * Thread: control; pure.
 */
#ifndef SIP_FORMAT_H
#define SIP_FORMAT_H

#include "sip/sdp.h"

enum {
	FORMAT_VOICE_CLOCK_HZ = 8000
}; /* the RTP clock of the telephone's own codecs, G.722 too (RFC 3551 section 4.5.2) */

struct formats { /* one side's; borrowed */
	const struct sdp_format *list;
	unsigned n;
};

struct format_pair { /* one format as each side has it; both NULL: none in common */
	const struct sdp_format *theirs, *ours;
};

bool format_is_event(const struct sdp_format *f);
bool format_is_cn(const struct sdp_format *f);
bool format_is_codec(const struct sdp_format *f); /* named, and none of the two above */
bool format_is_opus(const struct sdp_format *f);

/* Does this codec sample at 8 kHz, as CN does?  (Not G.722, whatever its clock says.) */
bool format_samples_at_8k(const struct sdp_format *f);

/* Are these the same encoding?  A clock that they did not say is ours. */
bool format_same(const struct sdp_format *theirs, const struct sdp_format *ours);

/* The entry of `theirs` that is like `ours`; NULL: there is none. */
const struct sdp_format *format_find(struct formats theirs, const struct sdp_format *ours);

/* The first codec that both have, in their order, or in ours if `our_order`. */
struct format_pair format_pick_codec(struct formats theirs, struct formats ours, bool our_order);

/* The telephone-event that goes with a codec of that clock: of the same clock, else of 8000. */
struct format_pair format_pick_event(struct formats theirs, struct formats ours, unsigned clock_hz);

/* What we send: our name and clock for it, their number and their wishes. */
struct sdp_format format_as_they_want(struct format_pair pair);
#endif
