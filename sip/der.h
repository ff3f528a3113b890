/* der.h - takes elements off DER that is somebody else's: a certificate's extensions (ITU-T X.690 section 10).
 *
 * How: lengths must be the shortest possible; nothing is looked at past `n`; nothing is copied.
 * Use:  der_take() with the tag that must come next; a nested element is taken off the value.
 *
 * Thread: any; pure.
 */
#ifndef SIP_DER_H
#define SIP_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DER_INTEGER = 0x02,
	DER_UTF8 = 0x0c,
	DER_IA5 = 0x16,
	DER_SEQUENCE = 0x30,
	DER_EXPLICIT = 0xa0 /* [0] */
};

struct der {
	const uint8_t *p; /* borrowed */
	size_t n;
};

/* False: something else comes next, or it is cut short; *rest is unchanged. */
bool der_take(struct der *rest, uint8_t tag, struct der *value);
#endif
