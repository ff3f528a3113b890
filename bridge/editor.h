/* editor.h - edits of the site on their way: from requests to the disk thread, into force, and back as answers.
 *
 * How: edits that come while others are at work wait and go together next (EDITOR_BATCH at most).  The disk thread clones the
 * site in force, applies them, writes what changed and builds what follows from it; the control thread then changes pointers
 * and answers.  What it replaced is freed on the disk thread, too: however large the site, the control thread's part
 * is the edit's own size (but for calls that go out: carriers are looked through when the dial plan may be another).
 * An edit that is not on disk is not in force.
 *
 * Thread: control.
 */
#ifndef BRIDGE_EDITOR_H
#define BRIDGE_EDITOR_H

#include "bridge/edit.h"
#include "bridge/node.h"

enum { EDITOR_BATCH = 64 };

struct editor;
struct node_site;
enum bridge_err editor_open(struct editor **out, struct node *n, const uint8_t tag_key[EDIT_TAG_KEY]);
struct editor *editor_close(struct editor *ed); /* accepts NULL; after the writer */
/* Takes the edit; it is answered by api_edited(), once. */
void editor_post(struct editor *ed, struct edit *e);
void editor_go(struct editor *ed); /* a restore has ended: what waited may go on */
/* Puts a site in force that came another way; what it replaces is freed behind the jobs that may still read it. */
void editor_use(struct editor *ed, struct node_site *fresh);
/* The site file that the last whole one took the place of: what one goes back to.  In memory alone, as an old PIN has no place on the disk; NULL: none. */
const char *editor_before(const struct editor *ed);
void editor_use_tag_key(
	struct editor *ed, const uint8_t tag_key[EDIT_TAG_KEY]); /* of a database that was restored */
const uint8_t *editor_tag_key(const struct editor *ed);          /* edit_etag()'s; the same in each run */

/* api_objects.c: `e` is settled, and in force when it was done. */
void api_edited(struct node *n, const struct edit *e);
#endif
