/* store.h - what must last: the site and the call records, in one database file.
 *
 * How: SQLite in WAL mode, synchronous=FULL, strict tables, opened 0600; `schema` steps bring an older
 * file up to date in one transaction each; a file from a newer version is refused.  Everything here may
 * wait for the disk: it is called by the writer thread (and by main before threads start).
 * What is deleted is overwritten (secure_delete), so that an old PIN does not stay in the file.
 *
 * Results: BRIDGE_OK; BRIDGE_NOMEM; BRIDGE_RANGE: the data itself cannot be stored (it breaks a rule of the
 * schema), trying again will not help; BRIDGE_FILE: the disk is full, or the file locked or unreadable,
 * trying again may.  After any failure the database is as it was before.
 *
 * Thread: one at a time.
 */
#ifndef BRIDGE_STORE_H
#define BRIDGE_STORE_H

#include "bridge/access.h"
#include "bridge/cdr.h"
#include "bridge/delivery.h"
#include "bridge/site.h"
#include "dialplan/rates.h"

enum {
	STORE_LIST_DEFAULT = 100,
	STORE_LIST_MAX = 10000,
	STORE_BUSY_MS = 1000, /* waits so long for a lock */
	STORE_WHO = 160
};

struct store;
/* ":memory:" is allowed.  BRIDGE_FILE: *why says what is wrong with which file. */
enum bridge_err store_open(struct store **out, const char *path, char *why, size_t why_cap);
struct store *store_close(struct store *s);

enum bridge_err store_load_site(struct store *s, struct site **out); /* empty site when there is none */
/* Replaces the site whole, in one transaction, with an audit row (who, when, what changed). */
enum bridge_err store_save_site(
	struct store *s, const struct site *site, const char *who, const char *changes_json);

/* Records are known by their id: one that is stored twice is there once, as it was given last. */
enum bridge_err store_add_cdr(struct store *s, const struct cdr *cdr);
/* All or none, in one transaction: one wait for the disk. */
enum bridge_err store_add_cdrs(struct store *s, const struct cdr *const *cdrs, size_t n);
/* Newest first; what is NULL, "" or 0 means any.  limit 0: STORE_LIST_DEFAULT, and at most STORE_LIST_MAX. */
struct cdr_filter {
	const char *account, *meeting, *trunk, *call; /* call: a record's id, a SIP Call-ID, or a dial-out */
	unsigned limit, skip;                         /* skip: so many of the newest */
	int64_t since_us, before_us;                  /* started then or later; earlier than that */
	const char *number;                           /* called, calling, or as the plan read it */
	bool number_is_ours; /* look for it among the numbers that were called here only */
	const char *direction, *ended_by;
	const char *cause; /* some of its words */
	unsigned q850, status;
	enum { CDR_ANY, CDR_ANSWERED, CDR_UNANSWERED } answered;
	int64_t min_us;     /* from answer to end */
	uint32_t mos_below; /* either way, in hundredths */
	/* A page goes on behind this record; seq 0: it is the first. */
	int64_t from_started_us, from_seq;
};
/* `seq` and cdr->started_us say where a page that begins behind this record goes on.  The record is valid during the call,
 * may be changed, and its texts may be taken (leave NULL); false: no more of them. */
typedef bool store_cdr_fn(void *arg, struct cdr *cdr, int64_t seq);
enum bridge_err store_each_cdr(
	struct store *s, const struct cdr_filter *filter, store_cdr_fn *each, void *arg);
/* *out allocated, for cdrs_free(). */
enum bridge_err store_list_cdrs(
	struct store *s, const struct cdr_filter *filter, struct cdr **out, size_t *n);

/* Deletes at most `limit` of an account's records that began before then, the oldest first; *n: how many. */
enum bridge_err store_expire_cdrs(
	struct store *s, const char *account, int64_t before_us, unsigned limit, unsigned *n);
/* The same of records that belong to no account of the site: strangers', and those of accounts that are gone. */
enum bridge_err store_expire_orphans(struct store *s, int64_t before_us, unsigned limit, unsigned *n);

/* Meetings' sittings, the last opened first, as far as their calls are over. */
struct sitting;
struct sitting_filter {
	const char *account, *meeting;  /* NULL or "": any */
	const char *from_id, *below_id; /* IDs from this one on, and less than this; "": any */
	unsigned limit;
};
enum bridge_err store_each_sitting(struct store *s, const struct sitting_filter *filter,
	void (*each)(void *arg, const struct sitting *sitting), void *arg);

/* One change: who made it, what it was, and its particulars as JSON.  Each row is sealed with SHA-256 over itself and
 * the seal of the row before: whoever alters, drops or slips in one breaks the chain (S10). */
struct audit_row {
	int64_t id, at_us; /* id: given by the store */
	const char *who, *what, *changes;
};
enum bridge_err store_add_audit(struct store *s, const struct audit_row *row);
struct audit_filter {
	unsigned limit;
	int64_t before;   /* rows with a lower id; 0: all */
	const char *what; /* "meeting.change", or "meeting.*"; "": all */
	const char *who;  /* a part of it; "": all */
};
/* Newest first; a row's texts are valid during the call. */
enum bridge_err store_each_audit(struct store *s, const struct audit_filter *filter,
	void (*each)(void *arg, const struct audit_row *row), void *arg);
enum { AUDIT_SEAL = 65 };
struct audit_chain {
	uint64_t rows;
	int64_t broken; /* id of the first row that does not fit, or is gone; 0: none */
	char last_seal
		[AUDIT_SEAL]; /* who keeps it elsewhere knows later that nothing was rewritten up to here */
};
enum bridge_err store_check_audit(struct store *s, struct audit_chain *out); /* goes through all of it */

enum bridge_err store_load_tokens(struct store *s, struct access *into);
enum bridge_err store_add_token(struct store *s, const struct access_token *token);
enum bridge_err store_drop_token(struct store *s, const char *id);

enum bridge_err store_each_webhook(
	struct store *s, void (*each)(void *arg, const struct webhook *hook), void *arg);
enum bridge_err store_add_webhook(struct store *s, const struct webhook *hook);
enum bridge_err store_drop_webhook(struct store *s, const char *id); /* and its queue */
/* All in the list, in one transaction; one for a hook that is gone is left out. */
enum bridge_err store_add_deliveries(struct store *s, const struct delivery *first);
/* Forgets delivery `after` (0: none) and reads the oldest that is left; *out NULL: none; the caller frees. */
enum bridge_err store_next_delivery(struct store *s, const char *hook, int64_t after, struct delivery **out);

/* A text that is kept by a name, which may outlive what bears it. */
enum store_kept {
	STORE_SPENT, /* budget_write()'s text, by account */
	STORE_LEARNED, /* repute_write()'s text, by trunk; those of trunks that the site has no more go when one is saved */
	STORE_HUNTS /* bridge/hunt_kept's text, by hunt; "" : it is over, and goes when the next is saved */
};
struct kept_row {
	const char *name, *text;
};
enum { STORE_KEPT_AT_ONCE = 64 }; /* rows, so that the disk is not held for long */
enum bridge_err store_each_kept(struct store *s, enum store_kept what,
	void (*each)(void *arg, const struct kept_row *row), void *arg);
/* All in one transaction. */
enum bridge_err store_save_kept(struct store *s, enum store_kept what, const struct kept_row *rows, size_t n);

/* A trunk's rate sheet (dialplan/rates.h); it outlives the trunk's place in the site. */
struct rate_sheet {
	char trunk[SITE_NAME], currency[MONEY_CURRENCY], who[STORE_WHO];
	int64_t imported_us;
	struct rate *rows; /* owned */
	size_t n;
};
void rate_sheet_clear(struct rate_sheet *sheet);
/* All of them, without their rows; each is valid during the call. */
enum bridge_err store_each_sheet(
	struct store *s, void (*each)(void *arg, const struct rate_sheet *sheet), void *arg);
/* All zero when there is none; the caller clears it. */
enum bridge_err store_load_sheet(struct store *s, const char *trunk, struct rate_sheet *out);
/* Into the place of what the trunk had, with an audit row, in one transaction. */
enum bridge_err store_save_sheet(
	struct store *s, const struct rate_sheet *sheet, const struct audit_row *row);
enum bridge_err store_drop_sheet(struct store *s, const char *trunk, const struct audit_row *row);

/* The database as it is at one moment, into a new file of mode 0600 that takes `path`'s place when it is whole. */
enum bridge_err store_backup(struct store *s, const char *path);
/* The other way round: everything here is replaced by what `path` holds, which is checked first. */
enum bridge_err store_restore(struct store *s, const char *path);

/* The number of this run's first event, above all of earlier runs even if the clock went back (event.h).  BRIDGE_FILE: it could not be
 * written down; *out is good all the same if it is not 0, as long as the clock goes on. */
enum bridge_err store_first_seq(struct store *s, int64_t now_us, uint64_t *out);
const char *store_error(const struct store *s); /* SQLite's words for the last failure */
#endif
