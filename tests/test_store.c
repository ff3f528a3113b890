/* links: bridge/store.c bridge/store_schema.c bridge/store_site.c bridge/store_stir.c bridge/store_pass.c bridge/store_dial.c bridge/store_kept.c bridge/store_cdr.c bridge/store_records.c bridge/store_audit.c bridge/store_token.c bridge/store_backup.c bridge/store_webhook.c bridge/delivery.c bridge/access.c bridge/cdr.c bridge/when.c dialplan/days.c bridge/site.c bridge/site_fields.c bridge/site_read.c bridge/site_check.c bridge/site_names.c bridge/site_overlap.c bridge/zones.c bridge/site_write.c bridge/site_diff.c bridge/yaml.c bridge/yaml_value.c bridge/why.c bridge/err.c dialplan/plan.c dialplan/block.c dialplan/prefix.c dialplan/class.c dialplan/class_table.c dialplan/calendar.c dialplan/zone.c dialplan/number.c dialplan/err.c sip/trunk.c sip/err.c bridge/site_apart.c bridge/store_trunk.c bridge/config_interfaces.c bridge/store_dips.c dialplan/money.c bridge/pattern.c sip/ere.c bridge/headers.c bridge/site_carrier.c bridge/texts.c sip/reroute_chosen.c */
#include "bridge/store_priv.h"
#include "tests/starve.h"
#include "tests/test.h"
#include "tests/test_dir.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char rich[] =
	"accounts:\n"
	"  - name: zeta\n"
	"    language: de\n"
	"    audio: { levelling: false, noise_suppression: true }\n"
	"    meetings:\n"
	"      - { id: \"583920175\", name: \"Wöchentlich\", host_pin: \"900911\", guest_pin: \"4821\" }\n"
	"      - { id: \"100\", name: Short }\n"
	"    users:\n"
	"      - { name: zoe, password: \"pass'word\" }\n"
	"      - { name: alice, password: \"s3cret\" }\n"
	"  - name: acme\n"
	"    meetings:\n"
	"      - { id: \"483920175\", name: Weekly, guest_pin: \"77777\" }\n"
	"    enum: { suffix: e164.arpa, trunk: carrier-b, timeout_ms: 200 }\n"
	"    lnp: { suffix: lnp.example, timeout_ms: 150 }\n"
	"    cnam: { suffix: cnam.example, timeout_ms: 300 }\n"
	"    invite: { country: DE }\n"
	"trunks:\n"
	"  - name: carrier-b\n"
	"    inbound: { from: [ 127.0.0.3/32, \"2001:db8::/32\", 192.0.2.0/24 ], numbers: [ \"+15550100\" ],"
	" header: \"X-A: b\", username: l, password: q, algorithm: SHA-256, trust: false, map: [ \"X-C: c\" "
	"], add: [ \"X-E: {call}\" ], strip: [ "
	"Diversion, Privacy ] }\n"
	"    outbound: { gateways: [ \"sip:127.0.0.2:5062\", \"sip:127.0.0.9\" ], username: u, password: p,"
	" register: true, diversion: true, diversion_as: both, early_media: true, reroute_on: [ \"404\", "
	"4xx, tls ], stop_on: [ \"503\" ], trust: none, identity: [ "
	"rpid, ppi ], add: [ "
	"\"X-B: c\", \"X-D: e\" ], strip: [ User-Agent ],\n"
	"                tls_name: \"*.carrier.example\", tls_ca: /etc/ca.pem }\n"
	"    limits: { channels: 100, calls_per_second: 20, call_s: 60, refusal: busy }\n"
	"    ptime: 40\n    dtmf: info\n    interface: lan\n    rtp: { ports: 40000-40099 }\n"
	"    quality: { min_asr: 40, min_ccr: 60, min_acd_s: 30, max_pdd_ms: 5000, min_calls: 10, window_s: "
	"600,"
	" probe_s: 90, demote: false }\n"
	"    codecs: [ opus, PCMU ]\n"
	"    srtp: require\n    ice: allow\n"
	"  - name: carrier-a\n"
	"    inbound: { from: [ 127.0.0.2/32 ] }\n"
	"    stir: flag\n"
	"    sign: { certificate: \"https://cert.example.org/a.pem\", key: /etc/a.key, origid: "
	"\"123e4567-e89b-12d3-a456-426655440000\" }\n"
	"numbers:\n"
	"  - { number: \"+15550101\", trunk: carrier-a, account: acme, answer: \"meeting:483920175\" }\n"
	"  - { number: \"+15550100\", trunk: carrier-b, account: zeta, answer: attendant, language: fr }\n"
	"routes:\n"
	"  - { account: acme, prefix: \"+1\", match: \".*0\", trunks: [ carrier-b, carrier-a ], caller_id: "
	"\"+15550101\" }\n"
	"  - { account: acme, prefix: \"+\", trunks: [ carrier-a ], caller_id: \"+15550101\", reroute_on: [ "
	"\"480\" ], stop_on: [ 5xx, timeout ] }\n";
static const char small[] = "accounts:\n  - name: only\n";

static struct site *parse(const char *text)
{
	struct config_why why = { .line = 0 };
	struct site *site = NULL;

	CHECK(site_parse(&site, text, strlen(text), &why) == BRIDGE_OK, "line %u, %s: %s", why.line, why.key,
		why.text);
	return site;
}

static void check_same_site(struct store *s, const char *text, const char *story)
{
	struct site *want = parse(text), *have = NULL;
	char *want_text, *have_text;

	CHECK(store_load_site(s, &have) == BRIDGE_OK, "%s: %s", story, store_error(s));
	want_text = site_export(want);
	have_text = site_export(have);
	CHECK_STR(want_text, have_text, story);
	CHECK_INT(want->n_trunks, have->n_trunks, story);
	for (size_t i = 0; i < want->n_trunks; i++)
		CHECK(memcmp(want->trunks[i].from, have->trunks[i].from, sizeof(want->trunks[i].from)) == 0,
			"%s: networks of %s are read again", story, want->trunks[i].name);
	free(want_text);
	free(have_text);
	site_free(want);
	site_free(have);
}

static void save(struct store *s, const char *text)
{
	struct site *site = parse(text);

	CHECK(store_save_site(s, site, "a test", "[{}]") == BRIDGE_OK, "%s", store_error(s));
	site_free(site);
}

static int64_t count(struct store *s, const char *sql)
{
	sqlite3_stmt *statement;
	int64_t n;

	CHECK_INT(SQLITE_OK, sqlite3_prepare_v2(s->db, sql, -1, &statement, NULL), sql);
	CHECK_INT(SQLITE_ROW, sqlite3_step(statement), sql);
	n = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return n;
}

static struct store *open_store(const char *path)
{
	struct store *s = NULL;
	char why[256];

	CHECK(store_open(&s, path, why, sizeof(why)) == BRIDGE_OK, "%s", why);
	return s;
}

static struct cdr record(const char *id, int64_t started_us)
{
	struct cdr cdr = { .started_us = started_us };

	snprintf(cdr.id, sizeof(cdr.id), "%s", id);
	return cdr;
}

TEST(the_site_comes_back_as_it_was)
{
	struct test_dir dir = test_dir_make();
	const char *path = test_dir_file(&dir, "p.db");
	struct store *s = open_store(path);

	check_same_site(s, "{}", "none yet");
	save(s, rich);
	check_same_site(s, rich, "saved");
	s = store_close(s);
	s = open_store(path);
	check_same_site(s, rich, "after a restart");
	save(s, small);
	check_same_site(s, small, "replaced whole");
	save(s, rich);
	check_same_site(s, rich, "and back");
	CHECK_INT(3,
		count(s, "SELECT count(*) FROM audit WHERE who = 'a test' AND what = 'site' AND changes = "
			 "'[{}]' AND "
			 "at_us > 1700000000000000"),
		"each change has its row");
	store_close(s);
	test_dir_remove(&dir);
}

TEST(a_site_that_breaks_a_rule_leaves_the_old_one)
{
	struct store *s = open_store(":memory:");
	struct site *bad = parse(rich);

	save(s, small);
	strcpy(bad->numbers[1].account, "nobody");
	CHECK_INT(BRIDGE_RANGE, store_save_site(s, bad, "x", "[]"), "an account that is not there");
	CHECK(strstr(store_error(s), "FOREIGN KEY"), "says why: %s", store_error(s));
	check_same_site(s, small, "the old one");
	CHECK_INT(1, count(s, "SELECT count(*) FROM audit"), "what did not happen has no row");
	site_free(bad);
	store_close(s);
}

TEST(an_old_pin_does_not_stay_in_the_file)
{
	struct test_dir dir = test_dir_make();
	const char *path = test_dir_file(&dir, "p.db");
	struct store *s = open_store(path);
	char *bytes;
	size_t len;

	save(s, rich);
	store_close(s);
	bytes = test_file_read(path, &len);
	CHECK(memmem(bytes, len, "900911", 6), "it is there while it is in force");
	free(bytes);
	s = open_store(path);
	save(s, small);
	store_close(s);
	bytes = test_file_read(path, &len);
	CHECK(!memmem(bytes, len, "900911", 6) && !memmem(bytes, len, "s3cret", 6), "and gone afterwards");
	free(bytes);
	test_dir_remove(&dir);
}

TEST(records_come_back_as_they_were)
{
	struct store *s = open_store(":memory:");
	struct cdr_filter any = { .limit = 0 };
	struct cdr full, *list = NULL;
	size_t n_fields, n;
	const struct cdr_field *fields = cdr_fields(&n_fields);
	const char *sql = "SELECT count(*) FROM pragma_table_info('cdr')";

	CHECK_INT(n_fields + 1, count(s, sql), "the schema and the list of members agree");
	memset(&full, 0, sizeof(full));
	for (size_t i = 0; i < n_fields; i++) { /* each its own value, as long as may be */
		char *member = (char *)&full + fields[i].offset;

		if (fields[i].kind == CDR_KEPT) {
			char longest[CDR_TEXT_MAX] = "";

			memset(longest, 'a' + (int)i, fields[i].size - 1);
			CHECK(cdr_say(&full, (enum cdr_text)fields[i].offset, "%sx", longest), longest);
			CHECK_STR(longest, cdr_text(&full, (enum cdr_text)fields[i].offset), "cut");
		} else if (fields[i].kind == CDR_TEXT)
			memset(member, 'a' + (int)i, fields[i].size - 1);
		else if (fields[i].kind == CDR_FLAG)
			*member = 1;
		else
			memset(member, (int)i + 1, fields[i].size);
	}
	CHECK_INT(BRIDGE_OK, store_add_cdr(s, &full), store_error(s));
	CHECK_INT(BRIDGE_OK, store_list_cdrs(s, &any, &list, &n), store_error(s));
	CHECK_INT(1, n, "one");
	for (size_t i = 0; i < n_fields; i++)
		if (fields[i].kind == CDR_KEPT)
			CHECK_STR(cdr_text(&full, (enum cdr_text)fields[i].offset),
				cdr_text(list, (enum cdr_text)fields[i].offset), fields[i].column);
	CHECK(memcmp(&full, list, offsetof(struct cdr, texts)) == 0, "to the byte");
	cdrs_free(list, n);
	full.q850 = 34;
	CHECK_INT(BRIDGE_OK, store_add_cdr(s, &full), "the same again, with another cause");
	CHECK_INT(BRIDGE_OK, store_list_cdrs(s, &any, &list, &n), store_error(s));
	CHECK(n == 1 && list->q850 == 34, "is there once, as given last");
	cdrs_free(list, n);
	cdr_clear(&full);
	store_close(s);
}

TEST(records_are_found)
{
	static const struct {
		const char *id, *call_id, *account, *meeting, *trunk;
		int64_t at;
	} rows[] = {
		{ "r1", "c1@h", "acme", "100", "a", 10 },
		{ "r2", "c2@h", "acme", "200", "b", 30 },
		{ "r3", "c1@h", "zeta", "300", "a", 20 },
		{ "r4", "c4@h", "", "", "", 20 },
	};
	static const struct {
		const char *story;
		struct cdr_filter filter;
		const char *want;
	} cases[] = {
		{ "all, newest first; of one moment the later written", { .limit = 0 }, "r2 r4 r3 r1 " },
		{ "empty filters are none", { .account = "", .meeting = "", .trunk = "", .call = "" },
			"r2 r4 r3 r1 " },
		{ "the next two", { .limit = 2, .skip = 2 }, "r3 r1 " },
		{ "from a moment on", { .since_us = 20 }, "r2 r4 r3 " },
		{ "before a moment", { .before_us = 20 }, "r1 " },
		{ "between two, of an account", { .account = "acme", .since_us = 10, .before_us = 30 },
			"r1 " },
		{ "two", { .limit = 2 }, "r2 r4 " },
		{ "of an account", { .account = "acme" }, "r2 r1 " },
		{ "of a meeting", { .meeting = "300" }, "r3 " },
		{ "of a trunk and an account", { .trunk = "a", .account = "zeta" }, "r3 " },
		{ "by SIP Call-ID", { .call = "c1@h" }, "r3 r1 " },
		{ "by id", { .call = "r4" }, "r4 " },
		{ "by id and account", { .account = "acme", .call = "r3" }, "" },
		{ "nobody's", { .account = "x' OR '1'='1" }, "" },
		{ "more than may be asked for", { .limit = 4000000000u }, "r2 r4 r3 r1 " },
	};
	struct store *s = open_store(":memory:");

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct cdr cdr = record(rows[i].id, rows[i].at);

		CHECK(cdr_say(&cdr, CDR_CALL_ID, "%s", rows[i].call_id), rows[i].id);
		strcpy(cdr.account, rows[i].account);
		strcpy(cdr.meeting, rows[i].meeting);
		strcpy(cdr.trunk, rows[i].trunk);
		CHECK_INT(BRIDGE_OK, store_add_cdr(s, &cdr), rows[i].id);
		cdr_clear(&cdr);
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cdr *list = NULL;
		char have[64] = "";
		size_t n;

		CHECK_INT(BRIDGE_OK, store_list_cdrs(s, &cases[i].filter, &list, &n), cases[i].story);
		for (size_t c = 0; c < n; c++)
			strcat(strcat(have, list[c].id), " ");
		CHECK_STR(cases[i].want, have, cases[i].story);
		cdrs_free(list, n);
	}
	store_close(s);
}

TEST(a_batch_is_stored_whole_or_not_at_all)
{
	struct store *s = open_store(":memory:");
	struct cdr good = record("g", 1), nameless = record("", 2), other = record("h", 3);
	const struct cdr *batch[] = { &good, &nameless, &other };

	CHECK_INT(BRIDGE_RANGE, store_add_cdrs(s, batch, 3), "one has no id");
	CHECK_INT(0, count(s, "SELECT count(*) FROM cdr"), "none");
	batch[1] = &other;
	CHECK_INT(BRIDGE_OK, store_add_cdrs(s, batch, 2), store_error(s));
	CHECK_INT(2, count(s, "SELECT count(*) FROM cdr"), "both");
	store_close(s);
}

TEST(the_file_is_private)
{
	struct test_dir dir = test_dir_make();
	const char *path = test_dir_file(&dir, "p.db");
	static const char *const beside[] = { "", "-wal", "-shm" };
	mode_t mask = umask(0);
	struct store *s;
	struct stat have;

	s = open_store(path);
	store_close(s);
	chmod(path, 0664); /* as somebody's backup left it */
	s = open_store(path);
	umask(mask);
	save(s, small);
	for (size_t i = 0; i < sizeof(beside) / sizeof(*beside); i++) {
		char name[160];

		snprintf(name, sizeof(name), "%s%s", path, beside[i]);
		CHECK(stat(name, &have) == 0, "%s is there", name);
		CHECK((have.st_mode & 0777) == 0600, "%s: 0600, have %o", name, have.st_mode & 0777);
	}
	store_close(s);
	test_dir_remove(&dir);
}

static void damage(const char *path, long at, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	char *noise = malloc(len);

	memset(noise, 0xa5, len);
	CHECK(pwrite(fd, noise, len, at) == (ssize_t)len, "damaged");
	free(noise);
	close(fd);
}

static void run_sql(const char *path, const char *sql)
{
	sqlite3 *db;

	CHECK_INT(SQLITE_OK, sqlite3_open(path, &db), path);
	CHECK(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_close(db);
}

TEST(what_cannot_be_opened_says_why)
{
	static const struct {
		const char *story, *why;
	} cases[] = {
		{ "a newer version", "newer partyline" },
		{ "another program's", "not a partyline database" },
		{ "not a database", "not a database" },
		{ "a damaged site", "damaged" },
		{ "cut short", "" },
		{ "a directory", "directory" },
		{ "no such directory", "No such file" },
		{ "locked for long", "locked" },
	};
	struct test_dir dir = test_dir_make();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *path = test_dir_file(&dir, "p.db");
		struct store *s = NULL;
		sqlite3 *other = NULL;
		char why[256] = "";

		unlink(path);
		if (i != 1 && i != 2) {
			s = open_store(path);
			save(s, rich);
			s = store_close(s);
		}
		switch (i) {
		case 0: run_sql(path, "PRAGMA user_version = 9999"); break;
		case 1: run_sql(path, "CREATE TABLE t(a)"); break;
		case 2:
			test_file_write(path,
				"just a text that somebody wrote, longer than a header of SQLite, "
				"which has a hundred bytes at the beginning of its file");
			break;
		case 3: damage(path, 4096, 8192); break;
		case 4: CHECK(truncate(path, 5000) == 0, "cut"); break;
		case 5: path = dir.path; break;
		case 6: path = "/nonexistent/p.db"; break;
		default:
			CHECK_INT(SQLITE_OK, sqlite3_open(path, &other), path);
			sqlite3_exec(
				other, "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE", NULL, NULL, NULL);
		}
		CHECK_INT(BRIDGE_FILE, store_open(&s, path, why, sizeof(why)), cases[i].story);
		CHECK(strstr(why, cases[i].why) && strstr(why, path), "%s: %s", cases[i].story, why);
		CHECK(!s, "nothing was opened");
		sqlite3_close(other);
	}
	test_dir_remove(&dir);
}

TEST(a_full_disk_changes_nothing)
{
	struct test_dir dir = test_dir_make();
	const char *path = test_dir_file(&dir, "p.db");
	struct store *s = open_store(path);
	struct cdr cdr = record("before", 1);
	static char large[65536];
	struct site *site;
	int stored = 0;
	char sql[64];

	strcpy(large, "accounts:\n  - name: large\n    meetings:\n");
	for (int i = 0; i < 300; i++) /* more than a change of site can take from the pages of the old one */
		sprintf(large + strlen(large),
			"      - { id: \"%d\", name: \"Meeting number %d of many\" }\n", 1000 + i, i);
	site = parse(large);
	save(s, small);
	CHECK_INT(BRIDGE_OK, store_add_cdr(s, &cdr), "before");
	snprintf(sql, sizeof(sql), "PRAGMA max_page_count=%lld", (long long)count(s, "PRAGMA page_count"));
	CHECK_INT(BRIDGE_OK, store_exec(s, sql), "no page more");
	CHECK(cdr_say(&cdr, CDR_CAUSE, "%s", large), "as long as it may be");
	for (;; stored++) { /* what is free in its pages is used up first */
		snprintf(cdr.id, sizeof(cdr.id), "r%d", stored);
		if (store_add_cdr(s, &cdr))
			break;
	}
	CHECK(strstr(store_error(s), "full"), "says why: %s", store_error(s));
	CHECK_INT(BRIDGE_FILE, store_add_cdr(s, &cdr), "trying again may help");
	CHECK_INT(
		stored + 1, count(s, "SELECT count(*) FROM cdr"), "what was acknowledged is there, no more");
	CHECK_INT(BRIDGE_FILE, store_save_site(s, site, "x", "[]"), "no site either");
	check_same_site(s, small, "the old one can be read");
	CHECK_INT(BRIDGE_OK, store_exec(s, "PRAGMA max_page_count=100000"), "room again");
	CHECK_INT(BRIDGE_OK, store_add_cdr(s, &cdr), store_error(s));
	CHECK_INT(BRIDGE_OK, store_save_site(s, site, "x", "[]"), store_error(s));
	check_same_site(s, large, "the new one");
	cdr_clear(&cdr);
	site_free(site);
	store_close(s);
	test_dir_remove(&dir);
}

TEST(a_lock_held_by_another_passes)
{
	struct test_dir dir = test_dir_make();
	const char *path = test_dir_file(&dir, "p.db");
	struct store *s = open_store(path);
	struct cdr cdr = record("r", 1);
	sqlite3 *other;

	sqlite3_busy_timeout(s->db, 5);
	CHECK_INT(SQLITE_OK, sqlite3_open(path, &other), path);
	CHECK_INT(SQLITE_OK, sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), "somebody's backup");
	CHECK_INT(BRIDGE_FILE, store_add_cdr(s, &cdr), "trying again may help");
	CHECK(strstr(store_error(s), "locked"), "says why: %s", store_error(s));
	check_same_site(s, "{}", "reading goes on");
	sqlite3_exec(other, "COMMIT", NULL, NULL, NULL);
	CHECK_INT(BRIDGE_OK, store_add_cdr(s, &cdr), store_error(s));
	sqlite3_close(other);
	store_close(s);
	test_dir_remove(&dir);
}

TEST(event_numbers_only_rise)
{
	struct test_dir dir = test_dir_make();
	const char *path = test_dir_file(&dir, "p.db");
	static const int64_t starts[] = { 1772357400000000, 1772357400000000 + 5, 1000,
		1772357400000000 + 86400000000 };
	uint64_t last = 0;

	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
		struct store *s = open_store(path);
		uint64_t first = 0;

		CHECK_INT(BRIDGE_OK, store_first_seq(s, starts[i], &first), store_error(s));
		CHECK(first > last && first >= (uint64_t)starts[i], "start %zu: %llu after %llu", i,
			(unsigned long long)first, (unsigned long long)last);
		CHECK(first < 1ull << 53, "JSON readers can hold it");
		last = first + 999999999; /* as many as one run may have had */
		store_close(s);
	}
	test_dir_remove(&dir);
}

static enum bridge_err open_save_list(void)
{
	struct cdr_filter any = { .limit = 0 };
	struct cdr cdr = record("r", 1), *list = NULL;
	struct site *site = NULL;
	struct store *s = NULL;
	char why[256];
	size_t n = 0;
	enum bridge_err err = store_open(&s, ":memory:", why, sizeof(why));

	if (!err && !cdr_say(&cdr, CDR_CALL_ID, "c"))
		err = BRIDGE_NOMEM;
	if (!err)
		err = store_add_cdr(s, &cdr);
	if (!err)
		err = store_list_cdrs(s, &any, &list, &n);
	if (!err)
		err = store_load_site(s, &site);
	if (!err && (n != 1 || strcmp(list->id, "r") || strcmp(cdr_text(list, CDR_CALL_ID), "c")))
		err = BRIDGE_UNKNOWN; /* said it was well and it was not */
	cdrs_free(list, n);
	cdr_clear(&cdr);
	site_free(site);
	store_close(s);
	return err;
}

TEST(memory_may_run_out_anywhere)
{
	bool starved = true;

	for (int nth = 1; starved; nth += 1 + nth / 16) {
		enum bridge_err err;

		starve_at = STARVE_WORKS ? nth : 0;
		err = open_save_list();
		starved = STARVE_WORKS && starve_at == 0;
		starve_at = 0;
		CHECK(err == BRIDGE_OK || err == BRIDGE_NOMEM, "allocation %d: %s", nth,
			bridge_strerror(err));
		CHECK(starved || err == BRIDGE_OK, "with memory: %s", bridge_strerror(err));
	}
}

TESTS(the_site_comes_back_as_it_was, a_site_that_breaks_a_rule_leaves_the_old_one,
	an_old_pin_does_not_stay_in_the_file, records_come_back_as_they_were, records_are_found,
	a_batch_is_stored_whole_or_not_at_all, the_file_is_private, what_cannot_be_opened_says_why,
	a_full_disk_changes_nothing, a_lock_held_by_another_passes, event_numbers_only_rise,
	memory_may_run_out_anywhere)
