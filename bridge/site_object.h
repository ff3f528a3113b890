/* site_object.h - one object of a site: by which key it is known, where it stands, and a site with that one changed.
 *
 * Keys, as the API's paths have them: accounts, trunks and calendars by name; meetings by ID; users "acme/alice"; numbers
 * "+15550100", of a range "+15550100..+15550199", delivered by one trunk alone "+15550100@carrier-a"; classes by their first
 * prefix (no two share one); routes, which have no name, by 16 hexadecimal digits made of what tells them apart (account,
 * prefixes, priority, calendar, with a weight or by cost the trunks): change one of these and the key is another.
 * How: a site in force is never written to.  site_clone() it, change the clone, site_check() it whole, put it in force.
 *
 * Thread: any; a site that is being changed is one thread's.
 */
#ifndef BRIDGE_SITE_OBJECT_H
#define BRIDGE_SITE_OBJECT_H

#include "bridge/site_priv.h"

enum { SITE_KEY = 2 * SITE_NAME + 40 };

bool site_kind_find(const char *list, enum site_kind *out); /* "meetings" */

/* False: there is none of this key. */
bool site_find(const struct site *s, enum site_kind kind, const char *key, struct site_place *out);
const void *site_object(const struct site *s, const struct site_place *at);
void site_key(const struct site *s, const struct site_place *at, char out[SITE_KEY]);
/* Whose it is: an account's name; "" of nobody's (trunks, calendars, classes). */
const char *site_owner(const struct site *s, const struct site_place *at);
/* Where an ID stands among an account's meetings, or would; they are sorted.  Of them the first that comes after it. */
size_t site_meeting_slot(const struct site_account *a, const char *id);
size_t site_meeting_after(const struct site_account *a, const char *id);
/* How many objects of a kind stand in one list: all, or of meetings and users those of the account `outer`. */
size_t site_count(const struct site *s, enum site_kind kind, size_t outer);

struct site *site_clone(const struct site *s); /* NULL: out of memory */

/* Puts an object in, or in the place of the one at `at`; `account`: of meetings and users, else not looked at.  On
 * BRIDGE_OK the site owns what the object's lists hold and *at says where it stands now.  BRIDGE_UNKNOWN: no such
 * account.  BRIDGE_NOMEM.  The site may be unsound afterwards: site_check(). */
enum bridge_err site_insert(
	struct site *s, enum site_kind kind, const char *account, const void *object, struct site_place *at);
enum bridge_err site_replace(struct site *s, const char *account, const void *object, struct site_place *at);
void site_drop(struct site *s, const struct site_place *at); /* an account with all its meetings and users */

/* Of an object that stands in no site: frees its lists, clears its secrets. */
void site_object_clear(enum site_kind kind, void *object);
/* Another one with lists of its own.  False: out of memory, *out holds nothing. */
bool site_object_copy(enum site_kind kind, void *out, const void *object);
#endif
