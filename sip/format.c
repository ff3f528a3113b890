#include "sip/format.h"

#include <string.h>
#include <strings.h>

static bool is_named(const struct sdp_format *f, const char *name)
{
	return strcasecmp(f->name, name) == 0;
}

bool format_is_event(const struct sdp_format *f)
{
	return is_named(f, "telephone-event");
}

bool format_is_cn(const struct sdp_format *f)
{
	return is_named(f, "CN");
}

bool format_is_codec(const struct sdp_format *f)
{
	return f->name[0] && !format_is_event(f) && !format_is_cn(f);
}

bool format_is_opus(const struct sdp_format *f)
{
	return is_named(f, "opus");
}

bool format_samples_at_8k(const struct sdp_format *f)
{
	return f->clock_hz == FORMAT_VOICE_CLOCK_HZ && !is_named(f, "G722");
}

/* Opus is always two channels on paper (RFC 7587 section 7) and some leave them out. */
bool format_same(const struct sdp_format *theirs, const struct sdp_format *ours)
{
	if (!theirs->name[0] || !is_named(theirs, ours->name))
		return false;
	if (theirs->clock_hz && theirs->clock_hz != ours->clock_hz)
		return false;
	return format_is_opus(ours) || format_is_event(ours) || theirs->channels == ours->channels;
}

const struct sdp_format *format_find(struct formats theirs, const struct sdp_format *ours)
{
	for (unsigned i = 0; i < theirs.n; i++)
		if (format_same(&theirs.list[i], ours))
			return &theirs.list[i];
	return NULL;
}

struct format_pair format_pick_codec(struct formats theirs, struct formats ours, bool our_order)
{
	const unsigned outer = our_order ? ours.n : theirs.n, inner = our_order ? theirs.n : ours.n;

	for (unsigned i = 0; i < outer; i++)
		for (unsigned k = 0; k < inner; k++) {
			const struct format_pair pair = { .theirs = &theirs.list[our_order ? k : i],
				.ours = &ours.list[our_order ? i : k] };

			if (format_is_codec(pair.ours) && format_same(pair.theirs, pair.ours))
				return pair;
		}
	return (struct format_pair){ NULL, NULL };
}

/* The first event of that clock in a list; an event whose clock was not said has the usual one. */
static const struct sdp_format *event_of(struct formats formats, unsigned clock_hz)
{
	for (unsigned i = 0; i < formats.n; i++) {
		const struct sdp_format *f = &formats.list[i];

		if (format_is_event(f) && (f->clock_hz ? f->clock_hz : FORMAT_VOICE_CLOCK_HZ) == clock_hz)
			return f;
	}
	return NULL;
}

struct format_pair format_pick_event(struct formats theirs, struct formats ours, unsigned clock_hz)
{
	const unsigned clocks[2] = { clock_hz, FORMAT_VOICE_CLOCK_HZ };

	for (unsigned c = 0; c < 2; c++) {
		const struct format_pair pair = { event_of(theirs, clocks[c]), event_of(ours, clocks[c]) };

		if (pair.theirs && pair.ours)
			return pair;
	}
	return (struct format_pair){ NULL, NULL };
}

struct sdp_format format_as_they_want(struct format_pair pair)
{
	struct sdp_format f = *pair.ours;

	f.payload_type = pair.theirs->payload_type;
	memcpy(f.fmtp, pair.theirs->fmtp, sizeof(f.fmtp));
	return f;
}
