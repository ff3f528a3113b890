/* schema.h - does a JSON value keep a JSON Schema?  The words that our own description uses, and no others.
 *
 * Known: $ref into the same document, anyOf, type (one or several), enum, properties, required, additionalProperties: false, items,
 * minimum, maximum, maxLength; format date-time is held to RFC 3339.  Words that only tell people something are passed over; any
 * other word fails, so that nothing is described that is not checked.
 *
 * Thread: the test's.
 */
#ifndef TESTS_FLOW_SCHEMA_H
#define TESTS_FLOW_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>

/* False: *why says where and what; `document` is where references lead. */
bool schema_keeps(const json_t *document, const json_t *schema, const json_t *value, char why[300]);
#endif
