/* store_priv.h - what the files store*.c share: the connection and how a statement is run.
 *
 * Only these files see SQLite.
 *
 * Thread: one at a time.
 */
#ifndef BRIDGE_STORE_PRIV_H
#define BRIDGE_STORE_PRIV_H

#include "bridge/store.h"
#include <sqlite3.h>

enum { STORE_APPLICATION_ID = 0x7061726c /* "parl" */ };

struct store {
	sqlite3 *db;           /* owned */
	sqlite3_stmt *add_cdr; /* owned; NULL: not prepared yet */
	char error[256];
};

/* Keeps SQLite's words and names the result. */
enum bridge_err store_fail(struct store *s);
enum bridge_err store_exec(struct store *s, const char *sql);
enum bridge_err store_prepare(struct store *s, sqlite3_stmt **out, const char *sql);
/* Runs a statement that gives no rows, and makes it ready for the next run. */
enum bridge_err store_run(struct store *s, sqlite3_stmt *statement);
/* COMMIT after BRIDGE_OK, else ROLLBACK; returns `so_far` or what the commit says. */
enum bridge_err store_finish(struct store *s, enum bridge_err so_far);

/* "" is stored as NULL where a column refers to another table. */
void store_bind_text(sqlite3_stmt *statement, int at, const char *text);
void store_bind_reference(sqlite3_stmt *statement, int at, const char *text);
/* False: longer than `cap` holds. */
bool store_read_text(sqlite3_stmt *statement, int column, char *out, size_t cap);

/* Call records (store_cdr.c): all columns by name, and a row that was asked for them first. */
void store_cdr_columns(char *out, size_t cap);
bool store_read_cdr(sqlite3_stmt *statement, struct cdr *out); /* false: out of memory */

/* What makes a file of `version` steps one of version + 1; NULL: there is none. */
const char *store_step(unsigned version);
/* Brings the file up to date; BRIDGE_FILE with s->error set: not ours, or newer than this program. */
enum bridge_err store_migrate(struct store *s);
#endif
