/* framing.h - whole SIP messages out of a stream's bytes (RFC 3261 section 18.3).
 *
 * How: a message ends its Content-Length after its empty line; one without Content-Length ends there.  What is complete in the
 * bytes given is shown where it stands; only a message in pieces is put together.  One that grows over FRAMING_MAX makes the rest
 * of the stream unreadable: nothing more is shown.
 * Use:  zero-initialise, one per direction; framing_feed() all bytes in any pieces; framing_clear() at the end.
 *
 * Thread: the owner's.
 */
#ifndef SIP_FRAMING_H
#define SIP_FRAMING_H

#include <stdbool.h>
#include <stddef.h>

enum { FRAMING_MAX = 65536 };

struct framing {
	char *held; /* owned; the beginning of a message */
	size_t n, cap;
	bool lost;
};

typedef void framing_fn(void *arg, const char *text, size_t len);

/* The next bytes of the stream; `each` is told every message that is whole with them. */
void framing_feed(struct framing *f, const char *bytes, size_t n, framing_fn *each, void *arg);
void framing_clear(struct framing *f); /* as new */
#endif
