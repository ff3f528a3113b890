/* links: bridge/store.c bridge/store_schema.c bridge/store_site.c bridge/store_stir.c bridge/store_pass.c bridge/store_dial.c bridge/store_kept.c bridge/store_cdr.c bridge/store_records.c bridge/store_audit.c bridge/store_token.c bridge/store_backup.c bridge/store_webhook.c bridge/delivery.c bridge/access.c bridge/cdr.c bridge/when.c dialplan/days.c bridge/site.c bridge/site_fields.c bridge/site_read.c bridge/site_check.c bridge/site_names.c bridge/site_overlap.c bridge/zones.c bridge/site_write.c bridge/site_diff.c bridge/yaml.c bridge/yaml_value.c bridge/why.c bridge/err.c dialplan/plan.c dialplan/block.c dialplan/prefix.c dialplan/class.c dialplan/class_table.c dialplan/calendar.c dialplan/zone.c dialplan/number.c dialplan/err.c sip/trunk.c sip/err.c bridge/site_apart.c bridge/store_trunk.c bridge/config_interfaces.c bridge/store_dips.c dialplan/money.c bridge/pattern.c sip/ere.c bridge/headers.c bridge/site_carrier.c bridge/texts.c sip/reroute_chosen.c */
/* Databases as every older program left them, with rows in all tables: each opens, and nothing in it is lost. */
#include "bridge/access.h"
#include "bridge/store_priv.h"
#include "tests/test.h"
#include "tests/test_dir.h"

#include <stdlib.h>

enum { VERSIONS_MAX = 200, TABLES_MAX = 64, NAME = 64, COLUMNS = 4096, EVER = VERSIONS_MAX };

#define HASH(first)                                                                                          \
	"x'" first "00000000000000000000000000000000000000000000000000000000000000'" /* 32 bytes */

/* What is in a database of at least `since` steps, and not more than `until`; a step that makes a table has a line here, or the test says so. */
static const struct {
	unsigned since, until;
	const char *sql;
} rows[] = {
	{ 1, EVER,
		"INSERT INTO account(name, position, language, levelling, noise_suppression)"
		" VALUES('acme', 0, 'de', 0, 1)" },
	{ 1, EVER,
		"INSERT INTO meeting(id, account, name, host_pin, guest_pin, max_participants, chimes)"
		" VALUES('100200300', 'acme', 'Weekly', '900911', '4821', 5, 0)" },
	{ 1, EVER,
		"INSERT INTO sip_user(account, name, position, password) VALUES('acme', 'alice', 0, "
		"'s3cret')" },
	{ 1, EVER,
		"INSERT INTO trunk(name, position, username, password, registers, channels, "
		"calls_per_second, srtp,"
		" country_code, trunk_prefix, national_min, national_max)"
		" VALUES('carrier', 0, 'u', 'p', 0, 100, 20, 'require', '49', '0', 3, 11)" },
	{ 1, EVER, "INSERT INTO trunk_network VALUES('carrier', 0, '192.0.2.0/24')" },
	{ 1, EVER, "INSERT INTO trunk_gateway VALUES('carrier', 0, 'sip:192.0.2.9')" },
	{ 1, EVER, "INSERT INTO trunk_codec VALUES('carrier', 0, 'PCMU')" },
	{ 1, EVER,
		"INSERT INTO number(position, number, trunk, account, language, answer, meeting)"
		" VALUES(0, '+4930100', 'carrier', 'acme', 'de', 'meeting', '100200300')" },
	{ 1, EVER,
		"INSERT INTO route(position, account, prefix, caller_id) VALUES(0, 'acme', '+49', "
		"'+4930100')" },
	{ 1, EVER, "INSERT INTO route_trunk VALUES(0, 0, 'carrier')" },
	{ 1, EVER, "INSERT INTO audit(at_us, who, what, changes) VALUES(1, 'desk', 'site', '{}')" },
	{ 1, EVER, "INSERT INTO counter VALUES('kept', 7)" },
	{ 1, EVER,
		"INSERT INTO cdr(seq, id, call_id, trunk, source, account, meeting, participant, role, "
		"from_number,"
		" to_number, number, started_us, answered_us, joined_us, ended_us, sip_status, q850, cause,"
		" by_far_end, codec, rx_packets, tx_packets, rx_lost, jitter_us, far_lost, round_trip_us)"
		" VALUES(1, 'c1', 'x@y', 'carrier', 'udp:192.0.2.9:5060', 'acme', '100200300', 'p1', 'host', "
		"'+4940',"
		" '+4930100', '+4930100', 10, 20, 30, 40, 200, 16, 'normal', 1, 'PCMU', 5, 6, 7, 8, 9, 10)" },
	{ 2, 21,
		"INSERT INTO token VALUES('0000000000000001', 'see', 'reader', 'acme', " HASH(
			"01") ", 1, 2),"
			      " ('0000000000000002', 'do', 'admin', 'acme', " HASH(
				      "02") ", 3, 0),"
					    " ('0000000000000003', 'run', 'operator', '', " HASH(
						    "03") ", 4, 0)" },
	{ 22, EVER,
		"INSERT INTO token VALUES('0000000000000001', 'see', 'reader', 'acme', '', " HASH(
			"01") ", 1, 2),"
			      " ('0000000000000002', 'do', 'admin', 'acme', '', " HASH(
				      "02") ", 3, 0),"
					    " ('0000000000000003', 'run', 'operator', '', '', " HASH(
						    "03") ", 4, 0),"
							  " ('0000000000000004', 'sit', 'join', 'acme', "
							  "'100200300', " HASH("04") ", 4, 9)" },
	{ 3, EVER,
		"INSERT INTO webhook VALUES('00000000000000ff', 'https://a.example/', 'acme', 'call.*', "
		"'whs_1', 1)" },
	{ 3, EVER,
		"INSERT INTO webhook_delivery(hook, event_seq, body, at_us) VALUES('00000000000000ff', 5, "
		"'{}', 6)" },
	{ 4, EVER,
		"UPDATE cdr SET rx_r = 1, rx_mos = 2, tx_r = 3, tx_mos = 4, rx_missing = 5, burst_ms = 6, "
		"gap_ms = 7" },
	{ 5, EVER, "INSERT INTO route_prefix VALUES(0, 0, '+41')" },
	{ 5, EVER, "UPDATE route SET priority = 2, weight = 3, percent = 4" },
	{ 5, EVER, "INSERT INTO trunk_range VALUES('carrier', 0, '+4930')" },
	{ 5, EVER, "INSERT INTO account_prefix VALUES('acme', 'only', 0, '+49')" },
	{ 5, EVER, "INSERT INTO account_class VALUES('acme', 0, 'premium')" },
	{ 5, EVER, "INSERT INTO calendar VALUES('office', 0, '')" },
	{ 5, EVER, "INSERT INTO calendar_span VALUES('office', 0, 'mon-fri 08:00-18:00')" },
	{ 5, EVER, "INSERT INTO number_class VALUES(0, 'premium')" },
	{ 5, EVER, "INSERT INTO class_prefix VALUES(0, 0, '+49900')" },
	{ 9, EVER, "INSERT INTO budget VALUES('acme', 'what it spent')" },
	{ 11, EVER,
		"INSERT INTO trunk_text VALUES('carrier', 'added', 0, 'X-B: c'), ('carrier', 'added', 1, "
		"'X-D: e'),"
		" ('carrier', 'stripped', 0, 'User-Agent'), ('carrier', 'ignored', 0, 'Diversion'),"
		" ('carrier', 'called', 0, '+4930')" },
	{ 11, EVER, "UPDATE trunk SET header = 'X-A: b', call_s = 60, ptime_ms = 40" },
	{ 13, EVER, "UPDATE cdr SET verstat = 'passed', attest = 'A'" },
	{ 19, EVER,
		"INSERT INTO idempotence(who, key, asked, at_us, status, body, etag, location)"
		" VALUES('desk', 'k', x'05', 1, 201, x'7b7d', '', '')" },
	{ 19, EVER, "INSERT INTO tag_key VALUES(1, x'06')" },
	{ 20, EVER, "INSERT INTO rate_sheet VALUES('carrier', 'EUR', 1, 'desk')" },
	{ 20, EVER, "INSERT INTO rate VALUES('carrier', '+49', 0, 0, 1000, 0, 60, 60)" },
	{ 21, EVER, "INSERT INTO standing VALUES('carrier', 'how it did')" },
	{ 23, EVER,
		"INSERT INTO trunk_text VALUES('carrier', 'mapped', 0, 'X-C: c'),"
		" ('carrier', 'replied', 0, 'X-E: {call}')" },
	{ 26, EVER, "INSERT INTO hunt VALUES('h1', 'whom it still calls')" },
	{ 27, EVER, "INSERT INTO route_text VALUES(0, 'reroute_on', 0, '5xx')" },
};

struct table { /* as it was, its rows as text */
	char name[NAME], columns[COLUMNS];
	char *rows; /* owned */
};

static void run(sqlite3 *db, const char *sql)
{
	char *error = NULL;

	CHECK(sqlite3_exec(db, sql, NULL, NULL, &error) == SQLITE_OK, "%s: %.200s", error, sql);
}

/* What a query of one column gives, a line a row; the caller frees. */
static char *text_of(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement;
	char *out = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&out, &n);

	CHECK(f && sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK, "%s: %s",
		sqlite3_errmsg(db), sql);
	while (sqlite3_step(statement) == SQLITE_ROW)
		fprintf(f, "%s\n", (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	fclose(f);
	return out;
}

static char *rows_of(sqlite3 *db, const char *table, const char *columns)
{
	char sql[COLUMNS + 2 * NAME];

	snprintf(sql, sizeof(sql), "SELECT %s FROM %s ORDER BY 1", columns, table);
	return text_of(db, sql);
}

static void read_table(sqlite3 *db, const char *name, struct table *out)
{
	char sql[200], *columns;

	snprintf(out->name, sizeof(out->name), "%s", name);
	snprintf(sql, sizeof(sql),
		"SELECT group_concat('quote(' || name || ')', '||'',''||') FROM pragma_table_info('%s')",
		name);
	columns = text_of(db, sql);
	snprintf(out->columns, sizeof(out->columns), "%.*s", (int)strcspn(columns, "\n"), columns);
	free(columns);
	out->rows = rows_of(db, name, out->columns);
}

/* A database as a program with `version` steps left it; how many tables it has, with their rows. */
static size_t make_old(const char *path, unsigned version, struct table tables[TABLES_MAX])
{
	char mark[100], *names, *rest, *name;
	sqlite3 *db;
	size_t n = 0;

	CHECK(sqlite3_open(path, &db) == SQLITE_OK, "%s", path);
	run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON");
	for (unsigned i = 0; i < version; i++)
		run(db, store_step(i));
	snprintf(mark, sizeof(mark), "PRAGMA application_id = %d; PRAGMA user_version = %u",
		(int)STORE_APPLICATION_ID, version);
	run(db, mark);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].since <= version && version <= rows[i].until)
			run(db, rows[i].sql);
	rest = names = text_of(db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE "
				   "'sqlite%' ORDER BY name");
	while ((name = strsep(&rest, "\n")) && *name) {
		CHECK(n < TABLES_MAX, "room for %s", name);
		read_table(db, name, &tables[n]);
		CHECK(tables[n].rows[0], "version %u: this test has a row for table %s", version, name);
		n++;
	}
	free(names);
	sqlite3_close(db);
	return n;
}

static unsigned newest(void)
{
	unsigned n = 0;

	while (store_step(n))
		n++;
	return n;
}

static void check_kept(const char *path, unsigned version, struct table *tables, size_t n)
{
	sqlite3 *db;
	char *now;

	CHECK(sqlite3_open(path, &db) == SQLITE_OK, "%s", path);
	for (size_t i = 0; i < n; i++) {
		now = rows_of(db, tables[i].name, tables[i].columns);
		CHECK(strcmp(tables[i].rows, now) == 0, "from version %u: %s was\n%sand is\n%s", version,
			tables[i].name, tables[i].rows, now);
		free(now);
		free(tables[i].rows);
	}
	now = text_of(db, "SELECT user_version || ' ' || (SELECT count(*) FROM pragma_foreign_key_check)"
			  " FROM pragma_user_version");
	CHECK_INT(newest(), strtoul(now, NULL, 10), "its version");
	CHECK(strstr(now, " 0\n"), "nothing refers to what is not there: %s", now);
	free(now);
	sqlite3_close(db);
}

/* ---- as the program reads it ---- */

static void count_hook(void *arg, const struct webhook *hook)
{
	(*(unsigned *)arg)++;
	CHECK_STR("whs_1", hook->secret, "its secret");
}

static void count_kept(void *arg, const struct kept_row *row)
{
	(void)row;
	(*(unsigned *)arg)++;
}

static void check_tokens(struct store *s, unsigned version)
{
	static const enum access_role roles[] = { ACCESS_READER, ACCESS_ADMIN, ACCESS_OPERATOR, ACCESS_JOIN };
	static const int64_t ends[] = { 2, 0, 0, 9 };
	const unsigned wanted = version < 2 ? 0 : version < 22 ? 3 : 4;
	struct access_token *list;
	struct access *a;
	size_t n;

	CHECK_INT(BRIDGE_OK, access_alloc(&a, false), "memory");
	CHECK_INT(BRIDGE_OK, store_load_tokens(s, a), store_error(s));
	list = access_list(a, &n);
	CHECK_INT(wanted, n, "tokens");
	for (size_t i = 0; i < n; i++) {
		const unsigned long number = strtoul(list[i].id, NULL, 10);

		CHECK(number >= 1 && number <= 4 && list[i].role == roles[number - 1], "%s: its role",
			list[i].id);
		CHECK_INT(number, list[i].hash[0], "its hash");
		CHECK_STR(number == 3 ? "" : "acme", list[i].account, "its account");
		CHECK_STR(number == 4 ? "100200300" : "", list[i].meeting, "its meeting");
		CHECK_INT(ends[number - 1], list[i].expires_us, "its end");
	}
	free(list);
	access_free(a);
}

static void check_site(struct store *s, unsigned version)
{
	const struct site_account *account = NULL;
	const struct site_meeting *m;
	const struct site_trunk *t;
	struct site *site = NULL;

	CHECK_INT(BRIDGE_OK, store_load_site(s, &site), store_error(s));
	m = site_meeting(site, "100200300", &account);
	CHECK(m && account, "version %u: the meeting", version);
	CHECK_STR("Weekly", m->name, "its name");
	CHECK_STR("900911", m->host_pin, "its PIN");
	CHECK_STR("acme", account->name, "its account");
	t = site_trunk(site, "carrier");
	CHECK(t && t->channels == 100, "version %u: the trunk", version);
	CHECK_INT(1, site->n_numbers, "numbers");
	CHECK_INT(1, site->n_routes, "routes");
	site_free(site);
}

static void check_rest(struct store *s, unsigned version)
{
	unsigned hooks = 0, budgets = 0, learned = 0;

	CHECK_INT(BRIDGE_OK, store_each_webhook(s, count_hook, &hooks), "webhooks");
	CHECK_INT(version >= 3, hooks, "webhooks");
	CHECK_INT(BRIDGE_OK, store_each_kept(s, STORE_SPENT, count_kept, &budgets), "budgets");
	CHECK_INT(version >= 9, budgets, "budgets");
	CHECK_INT(BRIDGE_OK, store_each_kept(s, STORE_LEARNED, count_kept, &learned), "standings");
	CHECK_INT(version >= 21, learned, "standings");
}

TEST(every_older_database_opens_and_loses_nothing)
{
	struct table *tables = calloc(TABLES_MAX, sizeof(*tables));

	CHECK(tables && newest() > 20 && newest() < VERSIONS_MAX, "steps: %u", newest());
	for (unsigned version = 1; version <= newest(); version++) {
		struct test_dir dir = test_dir_make();
		char path[sizeof(dir.file)], why[256] = "";
		struct store *s = NULL;
		size_t n;

		snprintf(path, sizeof(path), "%s", test_dir_file(&dir, "old.db"));
		n = make_old(path, version, tables);
		CHECK_INT(BRIDGE_OK, store_open(&s, path, why, sizeof(why)), why);
		check_site(s, version);
		check_tokens(s, version);
		check_rest(s, version);
		store_close(s);
		check_kept(path, version, tables, n);
		test_dir_remove(&dir);
	}
	free(tables);
}

TESTS(every_older_database_opens_and_loses_nothing)
