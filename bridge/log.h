/* log.h - one line per event on stderr, as text or JSON, each with the call's ID when it has one.
 *
 * Use:  log_open() once; log_line(LOG_INFO, call_id_or_NULL, "meeting", "opened %s", id).
 * Numbers of callers are passed through log_number() (last digits only); PINs and keys never come here.
 *
 * Thread: any but media workers; a line is one write().
 */
#ifndef BRIDGE_LOG_H
#define BRIDGE_LOG_H

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* Before any thread starts: the name on each line, its form, and the least important level that is written. */
void log_open(const char *node, bool json, enum log_level level);
/* At any time: all but the name, which lasts as long as the process. */
void log_change(bool json, enum log_level level);
/* `call` NULL: it is about none. */
void log_line(enum log_level level, const char *call, const char *area, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* "+15550100" -> "+1555..00": written to `out` (at least 24 bytes), returned. */
const char *log_number(char out[24], const char *number);
#endif
