/* when.h - moments as text: RFC 3339, UTC, microseconds ("2026-03-01T09:30:00.000250Z").
 *
 * Thread: any; pure, but for when_now_us() which reads CLOCK_REALTIME.
 */
#ifndef BRIDGE_WHEN_H
#define BRIDGE_WHEN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { WHEN_TEXT = 28 };

int64_t when_now_us(void); /* microseconds since 1970 */
/* Writes `us` (years 0001..9999, else the nearest of them) to `out` and returns it. */
const char *when_text(char out[WHEN_TEXT], int64_t us);
json_t *when_json(int64_t us); /* the same as JSON; 0, which is never: null.  NULL: out of memory */
/* Reads "2026-12-24", "2026-12-24T18:00", with seconds, a fraction, and Z or an offset (+01:00) behind the time: UTC
 * when there is none; a blank may stand for the T.  False: none of these, or no such day. */
bool when_parse(const char *text, int64_t *us);
#endif
