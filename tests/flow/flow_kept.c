/* What stays on disk of a meeting that is over: its call records, for as long as was said, and nothing else (FEATURES S9). */
#include "tests/flow/ask.h"
#include "tests/flow/exchange.h"
#include "tests/test.h"
#include <dirent.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>

enum { CALL_MS = 20000, TEXT = 4096, CALLS = 3 };

static sqlite3 *database(const struct bridge *b)
{
	sqlite3 *db = NULL;
	char file[FOLDER_PATH + 32];

	snprintf(file, sizeof(file), "%s/partyline.db", b->folder.path);
	CHECK_INT(SQLITE_OK, sqlite3_open(file, &db), "database");
	sqlite3_busy_timeout(db, 2000);
	return db;
}

static void run_sql(const struct bridge *b, const char *sql)
{
	sqlite3 *db = database(b);

	CHECK_INT(SQLITE_OK, sqlite3_exec(db, sql, NULL, NULL, NULL), sql);
	sqlite3_close(db);
}

/* "account 1, cdr 0, ...", each table with its rows but for `without`. */
static void tables(const struct bridge *b, const char *without, char out[TEXT])
{
	sqlite3 *db = database(b);
	sqlite3_stmt *list, *count;
	char sql[128];
	size_t used = 0;

	CHECK_INT(SQLITE_OK,
		sqlite3_prepare_v2(db,
			"SELECT name FROM sqlite_schema WHERE type='table' AND name<>? AND name NOT LIKE "
			"'sqlite%' ORDER BY name",
			-1, &list, NULL),
		"tables");
	sqlite3_bind_text(list, 1, without, -1, SQLITE_STATIC);
	while (sqlite3_step(list) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(list, 0);

		snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", name);
		CHECK_INT(SQLITE_OK, sqlite3_prepare_v2(db, sql, -1, &count, NULL), sql);
		CHECK_INT(SQLITE_ROW, sqlite3_step(count), sql);
		used += (size_t)snprintf(
			out + used, TEXT - used, "%s %d, ", name, sqlite3_column_int(count, 0));
		CHECK(used < TEXT, "room");
		sqlite3_finalize(count);
	}
	sqlite3_finalize(list);
	sqlite3_close(db);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* The names of what lies in the bridge's folder, but for what the test itself puts there. */
static void files(const struct bridge *b, char out[TEXT])
{
	struct dirent **list;
	const int n = scandir(b->folder.path, &list, NULL, by_name);
	size_t used = 0;

	CHECK(n > 0, "a folder");
	out[0] = '\0';
	for (int i = 0; i < n; i++) {
		if (!strstr(list[i]->d_name, ".out") && !strstr(list[i]->d_name, "crowd"))
			used += (size_t)snprintf(out + used, TEXT - used, "%s ", list[i]->d_name);
		CHECK(used < TEXT, "room");
		free(list[i]);
	}
	free(list);
}

/* Is it anywhere in the database's files? */
static bool on_disk(const struct bridge *b, const char *text)
{
	static const char *const names[] = { "partyline.db", "partyline.db-wal" };
	bool found = false;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char path[FOLDER_PATH + 32];
		FILE *file;
		char *bytes;
		long n = 0;

		snprintf(path, sizeof(path), "%s/%s", b->folder.path, names[i]);
		file = fopen(path, "re");
		if (!file)
			continue;
		CHECK(fseek(file, 0, SEEK_END) == 0 && (n = ftell(file)) >= 0, "its length");
		rewind(file);
		bytes = malloc((size_t)n + 1);
		CHECK(bytes && fread(bytes, 1, (size_t)n, file) == (size_t)n, "its bytes");
		found = found || memmem(bytes, (size_t)n, text, strlen(text));
		free(bytes);
		fclose(file);
	}
	return found;
}

static void three_calls(struct bridge *b, const char *to)
{
	const char *argv[] = { "--to", to, "--calls", "3", "--seconds", "2", NULL };
	int code = 1;

	json_decref(bridge_crowd(b, argv, &code));
	CHECK_INT(0, code, "three calls");
	CHECK(bridge_wait_count(b, "/v1/records", CALLS, CALL_MS), "three records");
}

/* Nothing of a meeting is on disk but its call records; when their time is over, not even their bytes. */
TEST(nothing_is_kept_but_records)
{
	char before[TEXT], after[TEXT], files_before[TEXT], files_after[TEXT], call_id[128];
	struct exchange x;
	struct bridge b;
	json_t *records;

	CHECK(bridge_start(&b, NULL), "up");
	tables(&b, "cdr", before);
	files(&b, files_before);
	three_calls(&b, b.uri_meeting);
	CHECK(bridge_wait_number(&b, "/v1/status", "meetings_open", 0, CALL_MS), "the meeting is over");
	tables(&b, "cdr", after);
	files(&b, files_after);
	CHECK_STR(before, after, "no table but that of call records has another row");
	CHECK_STR(files_before, files_after, "no file was made");

	records = bridge_get(&b, "/v1/records");
	snprintf(call_id, sizeof(call_id), "%s", json_text_at(records, "items.0.call_id"));
	json_decref(records);
	CHECK(call_id[0] && on_disk(&b, call_id), "a record is: %s", call_id);
	run_sql(&b, "UPDATE cdr SET started_us = started_us - 40 * 86400000000");
	x = exchange(&b, "PATCH", "/v1/accounts/acme", "{\"records\":{\"keep_days\":30}}", NULL);
	CHECK_INT(200, x.status, x.text);
	exchange_free(&x);
	CHECK(bridge_wait_count(&b, "/v1/records", 0, CALL_MS), "its time is over");
	CHECK(bridge_restart(&b, SIGTERM, NULL), "the database was closed");
	CHECK(!on_disk(&b, call_id), "and it is overwritten");
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

static void node_file(const struct bridge *b, const char *before, const char *more)
{
	char text[TEXT];

	snprintf(text, sizeof(text), "%s%s", before, more);
	CHECK(folder_write(&b->folder, "node.yaml", text), "a node file");
	CHECK(kill(b->peer.pid, SIGHUP) == 0, "SIGHUP");
}

/*  node file without `records`: for ever
 *  SIGHUP with 30 days:         those of 40 days go
 *  SIGHUP with a mistake:       as it was
 *  SIGHUP without `records`:    for ever again */
TEST(a_new_time_to_keep_needs_no_restart)
{
	char node[TEXT] = "", path[FOLDER_PATH + 32];
	struct bridge b;
	FILE *file;

	CHECK(bridge_start(&b, NULL), "up");
	snprintf(path, sizeof(path), "%s/node.yaml", b.folder.path);
	file = fopen(path, "re");
	CHECK(file && fread(node, 1, sizeof(node) - 1, file) > 0, "the node file");
	fclose(file);
	three_calls(&b, b.uri_meeting);
	CHECK_INT(200, bridge_put_site(&b, "accounts: []\n", NULL), "their account is no more");
	run_sql(&b, "UPDATE cdr SET started_us = started_us - 40 * 86400000000 WHERE seq < 3");
	test_sleep_ms(1500); /* a look at the clock is due every second */
	CHECK_INT(CALLS, bridge_count(&b, "/v1/records"), "kept for ever");

	node_file(&b, node, "records: { keep_days: 30 }\n");
	CHECK(bridge_wait_count(&b, "/v1/records", 1, CALL_MS), "the old ones go");
	node_file(&b, node, "records: { keep_days: 1 }\nwrong: 1\n");
	run_sql(&b, "UPDATE cdr SET started_us = started_us - 20 * 86400000000");
	test_sleep_ms(1500);
	CHECK_INT(1, bridge_count(&b, "/v1/records"), "a file with a mistake changes nothing");
	run_sql(&b, "UPDATE cdr SET started_us = started_us - 40 * 86400000000");
	node_file(&b, node, "");
	test_sleep_ms(1500);
	CHECK_INT(1, bridge_count(&b, "/v1/records"), "for ever again");
	node_file(&b, node, "records: { keep_days: 59 }\n");
	CHECK(bridge_wait_count(&b, "/v1/records", 0, CALL_MS), "the last one goes");
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

TESTS(nothing_is_kept_but_records, a_new_time_to_keep_needs_no_restart)
