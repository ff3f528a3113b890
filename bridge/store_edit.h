/* store_edit.h - edits that were carried out, into the database: their rows and no others, with an audit row each.
 *
 * Not for EDIT_SITE: store_save_site() does that.
 * Thread: the store's.
 */
#ifndef BRIDGE_STORE_EDIT_H
#define BRIDGE_STORE_EDIT_H

#include "bridge/edit.h"
#include "bridge/store.h"

/* `site`: as it is after them.  All or none, in one transaction. */
enum bridge_err store_save_edits(struct store *s, const struct site *site, const struct edit *first);
#endif
