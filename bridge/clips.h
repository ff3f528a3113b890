/* clips.h - prompts lie ready as packets in the formats that legs are sent, encoded once for all of them (mixer/clip.h).
 *
 * How: the first leg of a format asks for it; the disk thread then encodes one prompt after another, each for itself, so that records
 * and questions come in between; a few seconds later all prompts of that format are shared.  Until then, and in formats
 * beyond the bounds, legs encode for themselves as ever.  Nothing is given back while the process lives: a leg may be at it.
 * Bounds: CLIPS_FORMATS formats, since a far end may ask for any bit rate, and CLIPS_BYTES of memory (all English prompts
 * take a third of a megabyte in Opus).
 * Use:  clips_want() whenever a leg's format is settled.
 *
 * Thread: control.
 */
#ifndef BRIDGE_CLIPS_H
#define BRIDGE_CLIPS_H

#include "bridge/prompts.h"
#include "bridge/writer.h"

enum { CLIPS_FORMATS = 8, CLIPS_BYTES = 8 << 20 };

struct clips;
enum bridge_err clips_open(struct clips **out, struct prompts *p, struct writer *w); /* both borrowed */
struct clips *clips_close(struct clips *c); /* after the writer, before the prompts */

/* Does nothing for a format that is known, or that gains nothing by it (clip_serves()). */
void clips_want(struct clips *c, const struct codec_format *format);

struct clips_stats {
	unsigned formats; /* asked for, up to CLIPS_FORMATS */
	unsigned ready;   /* of them: all prompts encoded */
	size_t bytes;     /* of memory */
};
void clips_stats(const struct clips *c, struct clips_stats *out);
#endif
