/* store_pass.h - one walk over the tables of a site, written or read: statement by statement, until one fails.
 *
 * The first failure ends it; what comes after does nothing.  One statement is open at a time.
 * Thread: the store's.
 */
#ifndef BRIDGE_STORE_PASS_H
#define BRIDGE_STORE_PASS_H

#include "bridge/store_priv.h"

struct pass {
	struct store *s;
	sqlite3_stmt *statement;
	enum bridge_err err;
};

void pass_use(struct pass *p, const char *sql); /* this statement from now on; the one before is over */
void pass_end(struct pass *p);

/* ---- writing ---- */
void pass_put_text(struct pass *p, int at, const char *text);
void pass_put_reference(struct pass *p, int at, const char *text); /* "" as NULL */
void pass_put_number(struct pass *p, int at, int64_t value);
void pass_put_row(struct pass *p);
/* One row per text: owner, position, text. */
void pass_put_list(
	struct pass *p, const char *sql, const char *owner, const char *texts, size_t each, size_t n);

/* ---- reading ---- */
bool pass_next(struct pass *p); /* true: the statement stands on a row */
void pass_unreadable(struct pass *p, const char *what);
void pass_get_text(struct pass *p, int column, char *out, size_t cap);
unsigned pass_get_number(struct pass *p, int column);
unsigned pass_get_word(struct pass *p, int column, const char *const *words, unsigned n);
/* `array` with room for element n, which is all zero; it grows by doubling.  NULL: out of memory, or failed before. */
void *pass_grown(struct pass *p, void *array, size_t n, size_t each);
/* At most SITE_LIST texts of `owner`; returns how many. */
size_t pass_get_list(struct pass *p, const char *sql, const char *owner, char *texts, size_t each);

/* Texts of any length of list out of column 0; `array_out` is where the array's pointer lives. */
void pass_get_all(struct pass *p, void *array_out, size_t *n, size_t each);

/* ---- what store_trunk.c keeps: how trunks at one place are told apart, what is believed and said on each, their media's
 * addresses, where their calls may be sent, how well they must do ---- */
void pass_put_trunk(struct pass *p, const struct site_trunk *t);
void pass_get_trunk(struct pass *p, struct site_trunk *t);

/* All of a site but its meetings and users (store_site.c), in the place of what was there.  Foreign keys must be deferred. */
void pass_put_shell(struct pass *p, const struct site *site);

/* ---- what store_dial.c keeps: who may call what, ranges, calendars, classes ---- */
void pass_put_dial(struct pass *p, const struct site *site); /* after accounts, trunks and routes are there */
void pass_get_dial(struct pass *p, struct site *site);

/* ---- what store_stir.c keeps: the trunks' STIR settings ---- */
void pass_put_stir(struct pass *p, const struct site *site); /* after the trunks are there */
void pass_get_stir(struct pass *p, struct site *site);

/* ---- what store_dips.c keeps: what the accounts have the DNS asked ---- */
void pass_put_dips(struct pass *p, const struct site *site); /* after the accounts are there */
void pass_get_dips(struct pass *p, struct site *site);
#endif
