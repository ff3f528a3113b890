/* claims.h - what a certificate lets its owner claim: JWTClaimConstraints (RFC 8226 section 8) and the enhanced ones (RFC 9118).
 *
 *    SEQUENCE { mustInclude [0] SEQUENCE OF IA5String,
 *               permittedValues [1] SEQUENCE OF SEQUENCE { claim IA5String, permitted SEQUENCE OF UTF8String },
 *               mustExclude [2] SEQUENCE OF IA5String }           explicit tags; all optional; [2] in the enhanced ones alone
 *
 * How: a claim with permitted values may be absent; if it is there it must be one of them: a text letter for letter, a number as it
 * stands, a list when each of its items is permitted.  An object has no such value: then it is not permitted.
 *
 * Thread: any; pure.
 */
#ifndef SIP_CLAIMS_H
#define SIP_CLAIMS_H

#include "sip/span.h"
#include <stddef.h>
#include <stdint.h>

/* NULL: a token with these claims (JSON) keeps to them; else why not.  `der`: the extension's value. */
const char *claims_fault(const uint8_t *der, size_t n, struct span claims);
#endif
