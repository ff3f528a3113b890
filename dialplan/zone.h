/* zone.h - a time zone: how far its clocks are from UTC at any moment.
 *
 * How: reads the bytes of a file of the system's tz database (TZif, RFC 8536): transitions as a sorted list, and the rule
 * in the file's footer (POSIX TZ) for the time after the last of them.
 *
 * Thread: any; constant once made.
 */
#ifndef DIALPLAN_ZONE_H
#define DIALPLAN_ZONE_H

#include "dialplan/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zone;
/* Any bytes are allowed in.  PLAN_SYNTAX: no TZif file, or a damaged one. */
enum plan_err zone_read(struct zone **out, const void *bytes, size_t len);
struct zone *zone_free(struct zone *z); /* accepts NULL, returns NULL */

/* Seconds to add to UTC; a NULL zone is UTC. */
int32_t zone_offset_s(const struct zone *z, int64_t at_s);
int64_t zone_day(const struct zone *z, int64_t at_s); /* days since 1970-01-01 by that zone's clocks */
#endif
