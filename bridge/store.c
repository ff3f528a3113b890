#include "bridge/store.h"
#include "bridge/store_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A life that begins gets at least this many numbers above the beginning of the one before. */
static const int64_t SEQ_APART = 1000000000;

static enum bridge_err name_of(int code)
{
	switch (code & 0xff) { /* the primary result code */
	case SQLITE_NOMEM: return BRIDGE_NOMEM;
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_TOOBIG:
	case SQLITE_RANGE: return BRIDGE_RANGE;
	default: return BRIDGE_FILE;
	}
}

enum bridge_err store_fail(struct store *s)
{
	snprintf(s->error, sizeof(s->error), "%s", sqlite3_errmsg(s->db));
	return name_of(sqlite3_errcode(s->db));
}

enum bridge_err store_exec(struct store *s, const char *sql)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) ? store_fail(s) : BRIDGE_OK;
}

enum bridge_err store_prepare(struct store *s, sqlite3_stmt **out, const char *sql)
{
	return sqlite3_prepare_v2(s->db, sql, -1, out, NULL) ? store_fail(s) : BRIDGE_OK;
}

enum bridge_err store_run(struct store *s, sqlite3_stmt *statement)
{
	enum bridge_err err = sqlite3_step(statement) == SQLITE_DONE ? BRIDGE_OK : store_fail(s);

	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return err;
}

enum bridge_err store_finish(struct store *s, enum bridge_err so_far)
{
	enum bridge_err err = so_far ? so_far : store_exec(s, "COMMIT");

	/* A full disk may have rolled back by itself, a busy one has not. */
	if (err && !sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return err;
}

void store_bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

void store_bind_reference(sqlite3_stmt *statement, int at, const char *text)
{
	if (*text)
		store_bind_text(statement, at, text);
	else
		sqlite3_bind_null(statement, at);
}

bool store_read_text(sqlite3_stmt *statement, int column, char *out, size_t cap)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);
	size_t len = (size_t)sqlite3_column_bytes(statement, column);

	if (len >= cap)
		return false;
	if (len)
		memcpy(out, text, len);
	out[len] = '\0';
	return true;
}

/* The file is made here, not by SQLite, so that nobody else can read it even for a moment; the -wal
 * and -shm beside it get the same mode.  It is not opened when it is there already: closing any
 * descriptor of a file drops all of the process's POSIX locks on it. */
static bool make_private(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat have;

	if (fd >= 0)
		return close(fd) == 0;
	if (errno != EEXIST || stat(path, &have))
		return false;
	if (!S_ISREG(have.st_mode)) {
		errno = S_ISDIR(have.st_mode) ? EISDIR : EINVAL;
		return false;
	}
	return (have.st_mode & 077) == 0 || chmod(path, 0600) == 0;
}

static enum bridge_err set_up(struct store *s, bool in_memory)
{
	char mode[16] = "";
	sqlite3_stmt *statement;
	enum bridge_err err;

	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, STORE_BUSY_MS);
	err = store_exec(s, "PRAGMA trusted_schema=OFF; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;"
			    "PRAGMA synchronous=FULL; PRAGMA journal_size_limit=4194304");
	if (!err)
		err = store_prepare(s, &statement, "PRAGMA journal_mode=WAL");
	if (err)
		return err;
	if (sqlite3_step(statement) != SQLITE_ROW)
		err = store_fail(s);
	else
		store_read_text(statement, 0, mode, sizeof(mode));
	sqlite3_finalize(statement);
	if (!err && !in_memory && strcmp(mode, "wal")) {
		snprintf(s->error, sizeof(s->error), "its file system does not allow WAL mode");
		err = BRIDGE_FILE;
	}
	return err ? err : store_migrate(s);
}

enum bridge_err store_open(struct store **out, const char *path, char *why, size_t why_cap)
{
	enum bridge_err err = BRIDGE_NOMEM;
	bool in_memory = strcmp(path, ":memory:") == 0;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (in_memory ? SQLITE_OPEN_MEMORY : 0);
	struct store *s = calloc(1, sizeof(*s));

	snprintf(why, why_cap, "%s: out of memory", path);
	if (!s)
		goto fail;
	if (!in_memory && !make_private(path)) {
		snprintf(why, why_cap, "%s: %s", path, strerror(errno));
		err = BRIDGE_FILE;
		goto fail;
	}
	if (sqlite3_open_v2(path, &s->db, flags, NULL))
		err = s->db ? store_fail(s) : BRIDGE_NOMEM;
	else
		err = set_up(s, in_memory);
	if (err)
		goto fail;

	*why = '\0';
	*out = s;
	return BRIDGE_OK;
fail:
	if (s && s->error[0])
		snprintf(why, why_cap, "%s: %s", path, s->error);
	store_close(s);
	return err;
}

struct store *store_close(struct store *s)
{
	if (s) {
		sqlite3_finalize(s->add_cdr);
		sqlite3_close(s->db); /* every other statement is finalised where it was made */
	}
	free(s);
	return NULL;
}

enum bridge_err store_first_seq(struct store *s, int64_t now_us, uint64_t *out)
{
	sqlite3_stmt *statement;
	enum bridge_err err = store_prepare(s, &statement,
		"INSERT INTO counter(name, value) VALUES ('event_seq', ?1)"
		" ON CONFLICT(name) DO UPDATE SET value = max(?1, value + ?2) RETURNING value");

	if (err)
		return err;
	sqlite3_bind_int64(statement, 1, now_us);
	sqlite3_bind_int64(statement, 2, SEQ_APART);
	if (sqlite3_step(statement) == SQLITE_ROW)
		*out = (uint64_t)sqlite3_column_int64(statement, 0);
	else
		err = store_fail(s);
	/* The row comes before the change is written: only the end says that it is. */
	if (!err && sqlite3_step(statement) != SQLITE_DONE)
		err = store_fail(s);
	sqlite3_finalize(statement);
	return err;
}

const char *store_error(const struct store *s)
{
	return s->error;
}
