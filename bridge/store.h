/* store.h - what must last: the site and the call records, in one database file.
 *
 * How: SQLite in WAL mode, synchronous=FULL, strict tables, opened 0600; `schema` steps bring an older
 * file up to date in one transaction each; a file from a newer version is refused.  Everything here may
 * wait for the disk: it is called by the writer thread (and by main before threads start).
 *
 * Thread: one at a time.
 */
#ifndef BRIDGE_STORE_H
#define BRIDGE_STORE_H

#include "bridge/cdr.h"
#include "bridge/site.h"

struct store;
/* ":memory:" is allowed.  BRIDGE_FILE: *why says what SQLite said. */
enum bridge_err store_open(struct store **out, const char *path, char *why, size_t why_cap);
struct store *store_close(struct store *s);

enum bridge_err store_load_site(struct store *s, struct site **out); /* empty site when there is none */
/* Replaces the site whole, in one transaction, with an audit row (who, when, what changed). */
enum bridge_err store_save_site(struct store *s, const struct site *site, const char *who, const char *changes_json);

enum bridge_err store_add_cdr(struct store *s, const struct cdr *cdr);
/* Newest first; filters NULL or "" mean any.  *out allocated, the caller frees. */
struct cdr_filter { const char *account, *meeting, *trunk, *call; unsigned limit; };
enum bridge_err store_list_cdrs(struct store *s, const struct cdr_filter *filter, struct cdr **out, size_t *n);
const char *store_error(const struct store *s); /* SQLite's words for the last failure */
#endif
