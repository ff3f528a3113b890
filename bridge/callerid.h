/* callerid.h - who calls, as far as the trunk is to be believed; and what a trunk's outgoing calls say (FEATURES T17, T18).
 *
 * How: on a trusted trunk P-Asserted-Identity comes first, then Remote-Party-ID, P-Preferred-Identity, From; on any other From
 * alone.  A wish for privacy is kept whoever it comes from.  Headers that the trunk strips are as good as absent.
 *
 * Thread: control; pure.
 */
#ifndef BRIDGE_CALLERID_H
#define BRIDGE_CALLERID_H

#include "bridge/cdr.h"
#include "bridge/headers.h"
#include "bridge/site.h"
#include "sip/call.h"

/* from_number ("anonymous" when it is hidden), caller_by, diverted_from and diversion.  False: the caller's name is hidden as
 * well.  `trunk` NULL: trusted. */
bool callerid_read(struct cdr *cdr, const struct call_invite *invite, const struct site_trunk *trunk);
/* Is a header of the trunk's INVITEs as good as absent; does the trunk get none of ours? */
bool callerid_ignores(const struct site_trunk *trunk, const char *header);
bool callerid_leaves_out(const struct site_trunk *trunk, const char *header);
bool callerid_believes(
	const struct site_trunk *trunk, const char *header); /* of who calls; `trunk` NULL: trusted */
/* Does the trunk's carrier learn the number of a caller who hides from those called (RFC 3325: one that we trust does)? */
bool callerid_tells_hidden(const struct site_trunk *trunk);
/* The trunk's say in a call that `words->account` makes: how its caller, dial->stated.user, is written; headers added and left out; and
 * with `outbound.diversion` the account's first number there when the call shows another one, or none.  A carrier that is not trusted
 * gets nothing that tells of a caller who hides (dial->stated.hidden).  `lines` is written; *dial borrows it, and from the site. */
void callerid_write(struct call_dial *dial, const struct site *site, const struct site_trunk *trunk,
	const struct headers_words *words, char lines[HEADERS_LINES]);
#endif
