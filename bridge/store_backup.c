/* store_backup.c - the whole database to a file while calls go on, and back. */
#include "bridge/store_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGES_AT_ONCE = 256, BUSY_TRIES = 200, BUSY_MS = 10, PATH = 512 };

static enum bridge_err words(struct store *s, const char *path, const char *text)
{
	snprintf(s->error, sizeof(s->error), "%.160s: %.90s", path, text);
	return BRIDGE_FILE;
}

/* All pages of one to the other. */
static enum bridge_err copy(struct store *s, sqlite3 *to, sqlite3 *from, const char *path)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
	unsigned tries = 0;
	int step;

	if (!b)
		return words(s, path, sqlite3_errmsg(to));
	do {
		step = sqlite3_backup_step(b, PAGES_AT_ONCE);
		if (step == SQLITE_BUSY || step == SQLITE_LOCKED)
			sqlite3_sleep(BUSY_MS);
	} while (step == SQLITE_OK ||
		 ((step == SQLITE_BUSY || step == SQLITE_LOCKED) && ++tries < BUSY_TRIES));
	sqlite3_backup_finish(b);
	return step == SQLITE_DONE ? BRIDGE_OK : words(s, path, sqlite3_errstr(step));
}

enum bridge_err store_backup(struct store *s, const char *path)
{
	char part[PATH];
	sqlite3 *to = NULL;
	enum bridge_err err = BRIDGE_OK;
	int fd;

	if (snprintf(part, sizeof(part), "%s.part", path) >= (int)sizeof(part))
		return words(s, path, "the name is too long");
	unlink(part);
	fd = open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return words(s, part, strerror(errno));
	close(fd);
	if (sqlite3_open_v2(part, &to, SQLITE_OPEN_READWRITE, NULL))
		err = words(s, part, to ? sqlite3_errmsg(to) : "out of memory");
	if (!err)
		err = copy(s, to, s->db, part);
	/* One file that can be carried away: no log beside it. */
	if (!err && sqlite3_exec(to, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL))
		err = words(s, part, sqlite3_errmsg(to));
	sqlite3_close(to);
	if (!err && rename(part, path))
		err = words(s, path, strerror(errno));
	if (err)
		unlink(part);
	return err;
}

static enum bridge_err number_in(
	struct store *s, sqlite3 *db, const char *path, const char *sql, int64_t *out)
{
	sqlite3_stmt *statement;
	enum bridge_err err = BRIDGE_OK;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL))
		return words(s, path, sqlite3_errmsg(db));
	if (sqlite3_step(statement) == SQLITE_ROW)
		*out = sqlite3_column_int64(statement, 0);
	else
		err = words(s, path, sqlite3_errmsg(db));
	sqlite3_finalize(statement);
	return err;
}

/* Ours, sound, and not newer than this program: looked at before a page of ours is overwritten. */
static enum bridge_err look_at(struct store *s, sqlite3 *from, const char *path)
{
	int64_t application = 0, version = 0, ours = 0, sound = 0;
	enum bridge_err err = number_in(s, from, path, "PRAGMA application_id", &application);

	if (!err)
		err = number_in(s, from, path, "PRAGMA user_version", &version);
	if (!err)
		err = number_in(s, s->db, path, "PRAGMA user_version", &ours);
	if (!err && application != STORE_APPLICATION_ID)
		err = words(s, path, "not a partyline database");
	if (!err && version > ours)
		err = words(s, path, "written by a newer partyline");
	if (!err)
		err = number_in(s, from, path,
			"SELECT integrity_check = 'ok' FROM pragma_integrity_check LIMIT 1", &sound);
	return err || sound ? err : words(s, path, "damaged");
}

enum bridge_err store_restore(struct store *s, const char *path)
{
	sqlite3 *from = NULL;
	enum bridge_err err = BRIDGE_OK;

	if (sqlite3_open_v2(path, &from, SQLITE_OPEN_READONLY, NULL))
		err = words(s, path, from ? sqlite3_errmsg(from) : "out of memory");
	if (!err)
		err = look_at(s, from, path);
	if (!err)
		err = copy(s, s->db, from, path);
	sqlite3_close(from);
	return err ? err : store_migrate(s);
}
