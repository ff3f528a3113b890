/* openmetrics.h - a page of metrics in the Prometheus text format 0.0.4, as OpenMetrics 1.0 writes it for whoever asks for that.
 *
 * How: the two differ in that a counter's family is named without the `_total` of its samples, and that the page says where it ends; a counter whose
 * samples do not end so is of type unknown.  All else on our pages is both.
 *
 * Thread: any; pure.
 */
#ifndef BRIDGE_OPENMETRICS_H
#define BRIDGE_OPENMETRICS_H

#include <stdbool.h>
#include <stddef.h>

#define OPENMETRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

bool openmetrics_wanted(const char *accept);
/* Allocated, the caller frees; NULL: out of memory. */
char *openmetrics_page(const char *text, size_t len, size_t *out_len);
#endif
