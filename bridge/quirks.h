/* quirks.h - what carriers do to their RTP, told: in the trace, the record and the leg, and counted per trunk (FEATURES T15).
 *
 * How: the media worker reports each quirk of a leg once (mixer/quirk.h); here it becomes a line of the trace, a word in the record,
 * and one call more in the trunk's count.
 *
 * Thread: control.
 */
#ifndef BRIDGE_QUIRKS_H
#define BRIDGE_QUIRKS_H

#include "bridge/leg.h"

/* It has shown this one: once into its record, its story and its trunk's figures. */
void quirks_tell(struct leg *leg, enum quirk quirk);
json_t *quirks_json(uint32_t quirks); /* names: [ "event_no_end", ... ] */
json_t *quirks_trunk_json(
	const uint32_t calls[QUIRKS]); /* [ { quirk, calls, what } ], only those that were seen */
#endif
