/* tnauth.h - whom a certificate may speak for: its TNAuthList (RFC 8226 section 9).
 *
 *    SEQUENCE OF CHOICE { spc [0] IA5String, range [1] SEQUENCE { start, count }, one [2] IA5String }, explicit tags
 *
 * How: numbers are digits without "+".  A service provider code (spc) names a provider, whose numbers nobody but the authority
 * knows: whether it is enough for a number is for the caller to say.
 *
 * Thread: any; pure.
 */
#ifndef SIP_TNAUTH_H
#define SIP_TNAUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TNAUTH_ENTRIES = 64, TNAUTH_NUMBER = 16, TNAUTH_SPC = 32 };

struct tnauth {
	char spc[TNAUTH_SPC]; /* the first; "": none */
	struct tnauth_range {
		char start[TNAUTH_NUMBER];
		uint64_t count; /* 1: this number alone */
	} ranges[TNAUTH_ENTRIES];
	size_t n_ranges;
};

/* DER, as it stands in the extension.  False: not that, or more than TNAUTH_ENTRIES. */
bool tnauth_read(struct tnauth *out, const uint8_t *der, size_t n);
/* Is this number one of its own? */
bool tnauth_holds(const struct tnauth *list, const char *number);
#endif
