/* cnam.h - the caller's name, asked of the DNS while the call goes on (FEATURES N5): NAPTR "E2U+pstndata:cnam" under the
 * account's `cnam.suffix`.
 *
 * How: the call is answered and its attendant speaks meanwhile; the name that comes goes into roster and record, in the place of what the
 * carrier said.  A caller who hides is not asked about.  What does not come in time changes nothing.
 * Use:  cnam_begin() when the account is known.
 *
 * Thread: control.
 */
#ifndef BRIDGE_CNAM_H
#define BRIDGE_CNAM_H

#include "bridge/leg.h"

/* Asks, unless the account does not want it or the caller's number cannot be read as the trunk writes it. */
void cnam_begin(struct leg *leg, const struct site_trunk *trunk);
#endif
