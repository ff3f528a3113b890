/* edit.h - what somebody wants changed in the site: one object made, changed or deleted, or the whole site replaced.
 *
 * How: edits wait in a chain; edits_apply() works through it on a clone of the site in force, each on what the ones before left,
 * and answers each by itself: one that is refused changes nothing.  An object is held against the tables of the site file,
 * then the site with it is checked whole; for meetings and users, of which there are many, against what they can conflict with, which
 * comes to the same (test_edit).  If-Match and whose it is are looked at here, where nothing can come between.
 * Use:  edits_apply(), store_save_edits(), put the new site in force, answer each.
 *
 * Thread: any, one at a time per chain; the site in force is only read.
 */
#ifndef BRIDGE_EDIT_H
#define BRIDGE_EDIT_H

#include "bridge/site_json.h"

enum edit_what { EDIT_CREATE, EDIT_REPLACE, EDIT_PATCH, EDIT_DELETE, EDIT_SITE };
enum { EDIT_ETAG = 24, EDIT_TAG_KEY = 32, EDIT_IF_MATCH = 128 };

struct edit {
	struct edit *next;
	uint64_t request; /* theirs who asked */
	char who[160];    /* for the audit log */

	/* ---- what is asked ---- */
	enum edit_what what;
	enum site_kind kind;
	char key[SITE_KEY];           /* of what is there already; "" EDIT_CREATE */
	char account[SITE_NAME];      /* they are confined to; "": not */
	char if_match[EDIT_IF_MATCH]; /* as in the header; "": none */
	bool recursive;               /* EDIT_DELETE of an account: with its meetings and users */
	json_t *body;                 /* owned */
	char *site_text;              /* owned: EDIT_SITE */
	size_t site_len;
	bool dry_run; /* EDIT_SITE: say what would change */
	const struct config
		*config; /* borrowed: of the node that the site must suit as well; NULL: of none */

	/* ---- what came of it ---- */
	unsigned status; /* HTTP's; below 300: done */
	const char *code;
	char message[400], field[96];
	unsigned line;            /* EDIT_SITE */
	bool unchanged;           /* nothing to store */
	char new_key[SITE_KEY];   /* "" after a deletion */
	char owner[SITE_NAME];    /* account whose it is, or was; "" nobody's */
	char old_name[SITE_NAME]; /* of an account that has another name now */
	char *answer;             /* owned: EDIT_SITE: what is answered, as JSON; its changes may be many */
	char *replaced; /* owned: EDIT_SITE: the site that it took the place of, as a file; NULL: it did not, or no memory */
	size_t n_changes;
	json_t *changes; /* owned; as PUT /v1/site tells them: a list of { kind, key, what, fields } */
	json_t *audit;   /* owned; the same with before and after */
};

struct edit *edit_alloc(void); /* all zero; NULL: out of memory */
struct edit *edit_free(
	struct edit *e); /* this one, not the chain; clears secrets; accepts NULL, returns NULL */

/* *out: the site to be put in force, NULL when nothing is changed.  BRIDGE_NOMEM: nothing was done, no edit is answered. */
enum bridge_err edits_apply(
	const struct site *from, struct edit *first, const uint8_t tag_key[EDIT_TAG_KEY], struct site **out);
/* Does the plan, the trunks or the dialling depend on one of these that were done? */
bool edits_reach_plan(const struct edit *first);

/* What If-Match compares: changes whenever the object does.  Keyed, as a plain hash would give short PINs away. */
void edit_etag(const struct site *s, const struct site_place *at, const uint8_t tag_key[EDIT_TAG_KEY],
	char out[EDIT_ETAG]);
#endif
