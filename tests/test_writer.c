/* links: bridge/writer.c bridge/backlog.c bridge/writer_asks.c bridge/store.c bridge/store_schema.c bridge/store_site.c bridge/store_stir.c bridge/store_pass.c bridge/store_dial.c bridge/store_kept.c bridge/store_cdr.c bridge/store_records.c bridge/store_audit.c bridge/store_token.c bridge/store_backup.c bridge/store_webhook.c bridge/delivery.c bridge/access.c bridge/cdr.c bridge/when.c dialplan/days.c bridge/site.c bridge/site_fields.c bridge/site_read.c bridge/site_check.c bridge/site_names.c bridge/site_overlap.c bridge/zones.c bridge/site_write.c bridge/site_diff.c bridge/yaml.c bridge/yaml_value.c bridge/why.c bridge/err.c dialplan/plan.c dialplan/block.c dialplan/prefix.c dialplan/class.c dialplan/class_table.c dialplan/calendar.c dialplan/zone.c dialplan/number.c dialplan/err.c sip/trunk.c sip/err.c bridge/site_apart.c bridge/store_trunk.c bridge/config_interfaces.c bridge/store_dips.c dialplan/money.c bridge/pattern.c sip/ere.c bridge/headers.c bridge/site_carrier.c bridge/texts.c sip/reroute_chosen.c */
#include "bridge/store_priv.h"
#include "bridge/writer.h"
#include "tests/test.h"
#include "tests/test_dir.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <time.h>

enum { WAIT_MS = 5000 };

struct bed {
	struct test_dir dir;
	char path[96];
	struct writer *w;
	sqlite3 *other; /* somebody else's connection */
};

static void bed_open(struct bed *bed)
{
	struct store *s = NULL;
	char why[256];

	bed->dir = test_dir_make();
	snprintf(bed->path, sizeof(bed->path), "%s", test_dir_file(&bed->dir, "p.db"));
	CHECK(store_open(&s, bed->path, why, sizeof(why)) == BRIDGE_OK, "%s", why);
	sqlite3_busy_timeout(s->db, 2);
	CHECK_INT(SQLITE_OK, sqlite3_open(bed->path, &bed->other), "another connection");
	CHECK_INT(BRIDGE_OK, writer_open(&bed->w, s), "a writer");
	writer_patience(bed->w, 10, 100);
}

static void bed_close(struct bed *bed)
{
	bed->w = writer_close(bed->w);
	sqlite3_close(bed->other);
	test_dir_remove(&bed->dir);
}

static void lock(struct bed *bed, bool locked)
{
	CHECK_INT(SQLITE_OK,
		sqlite3_exec(bed->other, locked ? "BEGIN IMMEDIATE" : "COMMIT", NULL, NULL, NULL),
		sqlite3_errmsg(bed->other));
}

/* Ids of all records, in the order in which they were written. */
static char *written(struct bed *bed, char *out)
{
	sqlite3_stmt *list;

	*out = '\0';
	CHECK_INT(SQLITE_OK,
		sqlite3_prepare_v2(bed->other, "SELECT id FROM cdr ORDER BY seq", -1, &list, NULL), "lists");
	while (sqlite3_step(list) == SQLITE_ROW)
		strcat(strcat(out, (const char *)sqlite3_column_text(list, 0)), " ");
	sqlite3_finalize(list);
	return out;
}

static void post(struct bed *bed, const char *id)
{
	struct cdr cdr = { .started_us = 1 };

	snprintf(cdr.id, sizeof(cdr.id), "%.39s", id);
	writer_cdr(bed->w, &cdr);
}

struct answer {
	int n;
	enum bridge_err err;
	size_t rows;
	char text[256];
};

static void on_list(void *arg, enum bridge_err err, const struct cdr *cdrs, size_t n)
{
	struct answer *a = arg;

	(void)cdrs;
	a->n++;
	a->err = err;
	a->rows = n;
}

static void on_done(void *arg, enum bridge_err err, const char *text)
{
	struct answer *a = arg;

	a->n++;
	a->err = err;
	snprintf(a->text, sizeof(a->text), "%s", text);
}

static void await(struct bed *bed, const struct answer *a)
{
	struct pollfd fd = { writer_fd(bed->w), POLLIN, 0 };

	for (int want = a->n + 1; a->n < want; writer_poll(bed->w))
		CHECK(poll(&fd, 1, WAIT_MS) == 1, "an answer in time");
}

static struct answer ask(struct bed *bed)
{
	struct cdr_filter any = { .limit = STORE_LIST_MAX };
	struct answer a = { 0 };

	writer_list_cdrs(bed->w, &any, on_list, &a);
	CHECK_INT(0, a.n, "not before writer_poll()");
	await(bed, &a);
	return a;
}

static struct writer_stats stats_of(const struct bed *bed)
{
	struct writer_stats stats;

	writer_stats(bed->w, &stats);
	return stats;
}

/* Until `tries` more have failed. */
static void await_failures(const struct bed *bed, unsigned tries)
{
	struct timespec rest = { .tv_nsec = 2000000 };
	uint64_t want = stats_of(bed).failed_tries + tries;

	for (int i = 0; stats_of(bed).failed_tries < want; i++) {
		CHECK(i < WAIT_MS / 2, "it tries again");
		nanosleep(&rest, NULL);
	}
}

static void await_written(const struct bed *bed)
{
	struct timespec rest = { .tv_nsec = 2000000 };

	for (int i = 0; stats_of(bed).waiting; i++) {
		CHECK(i < WAIT_MS / 2, "they are written");
		nanosleep(&rest, NULL);
	}
}

TEST(records_are_written_in_order_and_a_question_sees_them)
{
	struct bed bed;
	struct answer a;
	char text[64];

	bed_open(&bed);
	post(&bed, "a");
	post(&bed, "b");
	post(&bed, "c");
	a = ask(&bed);
	CHECK_INT(3, a.rows, "those posted before");
	CHECK_STR("a b c ", written(&bed, text), "in order");
	for (int i = 0; i < 3000; i++) { /* more than a batch */
		snprintf(text, sizeof(text), "n%d", i);
		post(&bed, text);
	}
	CHECK_INT(3003, ask(&bed).rows, "all of them, however many");
	CHECK_INT(3003, stats_of(&bed).written, "counted");
	CHECK_INT(0, stats_of(&bed).waiting, "none waits");
	CHECK(stats_of(&bed).disk_ok, "all is well");
	bed_close(&bed);
}

/* Those that end soon after one another wait for the disk together; who asks for them waits for nobody. */
TEST(records_wait_for_company)
{
	struct timespec rest = { .tv_nsec = 1000000 };
	struct bed bed;

	bed_open(&bed);
	for (int i = 0; i < 20; i++) {
		char id[16];

		snprintf(id, sizeof(id), "n%d", i);
		post(&bed, id);
		nanosleep(&rest, NULL);
	}
	await_written(&bed);
	CHECK_INT(20, stats_of(&bed).written, "all of them");
	CHECK(stats_of(&bed).batches <= 5, "%llu waits for the disk",
		(unsigned long long)stats_of(&bed).batches);
	bed_close(&bed);
}

TEST(while_the_file_is_locked_records_wait_and_questions_go_ahead)
{
	struct bed bed;
	struct site *site = site_new();
	struct answer saved = { 0 };
	char text[64];

	bed_open(&bed);
	post(&bed, "a");
	CHECK_INT(1, ask(&bed).rows, "one");
	lock(&bed, true);
	post(&bed, "b");
	post(&bed, "c");
	await_failures(&bed, 2);
	CHECK_INT(1, ask(&bed).rows, "reading goes on");
	CHECK(!stats_of(&bed).disk_ok && stats_of(&bed).waiting == 2, "and it shows");
	writer_site(bed.w, site, "x", "[]", on_done, &saved);
	await(&bed, &saved);
	CHECK_INT(BRIDGE_FILE, saved.err, "a site is not tried again");
	CHECK(strstr(saved.text, "locked"), "it says why: %s", saved.text);
	post(&bed, "d");
	lock(&bed, false);
	await_written(&bed);
	CHECK_STR("a b c d ", written(&bed, text), "nothing lost, in order");
	CHECK_INT(0, stats_of(&bed).lost, "nothing lost");
	CHECK(stats_of(&bed).disk_ok, "all is well again");
	writer_site(bed.w, site, "x", "[]", on_done, &saved);
	await(&bed, &saved);
	CHECK_INT(BRIDGE_OK, saved.err, saved.text);
	CHECK_STR("", saved.text, "nothing to say");
	site_free(site);
	bed_close(&bed);
}

TEST(a_record_that_no_table_takes_holds_up_nobody)
{
	struct bed bed;
	char text[64];

	bed_open(&bed);
	lock(&bed, true); /* so that they come in one batch */
	post(&bed, "a");
	post(&bed, "");
	post(&bed, "b");
	await_failures(&bed, 1);
	lock(&bed, false);
	CHECK(ask(&bed).err == BRIDGE_OK, "asks");
	await_written(&bed);
	CHECK_STR("a b ", written(&bed, text), "the others");
	CHECK_INT(1, stats_of(&bed).lost, "counted");
	CHECK_INT(2, stats_of(&bed).written, "counted");
	bed_close(&bed);
}

TEST(the_queue_is_bounded_and_the_oldest_go)
{
	struct bed bed;
	struct writer_stats stats;
	char id[32];

	bed_open(&bed);
	lock(&bed, true);
	for (int i = 0; i < WRITER_MAX + 3; i++) {
		snprintf(id, sizeof(id), "n%d", i);
		post(&bed, id);
	}
	stats = stats_of(&bed);
	CHECK(stats.waiting == WRITER_MAX && stats.lost == 3, "%u wait, %llu lost", stats.waiting,
		(unsigned long long)stats.lost);
	writer_drain(bed.w);
	CHECK_INT(WRITER_MAX, stats_of(&bed).waiting, "given up, and says so");
	lock(&bed, false);
	bed_close(&bed);
}

TEST(closing_writes_what_waits)
{
	struct bed bed;
	struct answer a = { 0 };
	struct cdr_filter any = { .limit = STORE_LIST_MAX };
	char id[32];

	bed_open(&bed);
	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "n%d", i);
		post(&bed, id);
	}
	writer_list_cdrs(bed.w, &any, on_list, &a);
	bed.w = writer_close(bed.w);
	CHECK(a.n == 1 && a.err == BRIDGE_OK && a.rows == 1000, "the question was answered: %zu", a.rows);
	{
		struct store *s = NULL;
		struct cdr *list;
		size_t n;

		CHECK_INT(BRIDGE_OK, store_open(&s, bed.path, id, sizeof(id)), id);
		CHECK_INT(BRIDGE_OK, store_list_cdrs(s, &any, &list, &n), "lists");
		CHECK_INT(1000, n, "all are on disk");
		cdrs_free(list, n);
		store_close(s);
	}
	bed_close(&bed);
}

TEST(closing_gives_up_in_the_end)
{
	struct bed bed;
	struct answer saved = { 0 };
	struct site *site = site_new();

	bed_open(&bed);
	lock(&bed, true);
	post(&bed, "a");
	writer_site(bed.w, site, "x", "[]", on_done, &saved);
	writer_drain(bed.w);
	CHECK_INT(1, stats_of(&bed).waiting, "one was given up");
	CHECK(saved.n == 1 && saved.err != BRIDGE_OK, "whoever waited was told");
	lock(&bed, false);
	site_free(site);
	bed_close(&bed);
}

/* A real file system without a byte left. */
TEST(a_full_disk_loses_nothing)
{
	struct test_dir dir = test_dir_make();
	struct store *s = NULL;
	struct bed bed = { .dir = dir };
	char fill[96], why[256], text[64];
	struct answer a;
	int fd;

	if (mount("tmpfs", dir.path, "tmpfs", 0, "size=1m,mode=0700")) {
		test_dir_remove(&dir);
		skip(); /* only root may */
	}
	snprintf(bed.path, sizeof(bed.path), "%s/p.db", dir.path);
	snprintf(fill, sizeof(fill), "%s/fill", dir.path);
	CHECK(store_open(&s, bed.path, why, sizeof(why)) == BRIDGE_OK, "%s", why);
	CHECK_INT(BRIDGE_OK, writer_open(&bed.w, s), "a writer");
	CHECK_INT(SQLITE_OK, sqlite3_open(bed.path, &bed.other), "another connection");
	writer_patience(bed.w, 10, 100);
	post(&bed, "before");
	a = ask(&bed);
	fd = open(fill, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	for (char page[4096] = { 0 }; write(fd, page, sizeof(page)) > 0;)
		;
	post(&bed, "a");
	post(&bed, "b");
	await_failures(&bed, 3);
	a = ask(&bed);
	CHECK(a.err == BRIDGE_OK && a.rows == 1, "what is there can be read");
	CHECK_INT(2, stats_of(&bed).waiting, "two wait");
	close(fd);
	unlink(fill);
	await_written(&bed);
	CHECK_STR("before a b ", written(&bed, text), "nothing lost");
	bed.w = writer_close(bed.w);
	sqlite3_close(bed.other);
	CHECK(umount(dir.path) == 0, "unmounted");
	test_dir_remove(&dir);
}

struct asked {
	struct writer *w; /* borrowed */
	unsigned told;
	enum bridge_err last;
	bool again; /* asks once more when it is told */
};

static enum bridge_err nothing(void *arg, struct store *s)
{
	(void)arg;
	(void)s;
	return BRIDGE_OK;
}

static void on_told(void *arg, enum bridge_err err, const char *text)
{
	struct asked *a = arg;

	(void)text;
	a->told++;
	a->last = err;
	if (!a->again)
		return;
	a->again = false;
	writer_do(a->w, nothing, on_told, a);
}

/* At the end: who has asked is told while all is there, who asks too late is told at once that it is too late. */
TEST(who_asked_is_told_before_the_end)
{
	struct store *s = NULL;
	struct asked a = { .again = false };
	char why[256];

	CHECK(store_open(&s, ":memory:", why, sizeof(why)) == BRIDGE_OK, "%s", why);
	CHECK_INT(BRIDGE_OK, writer_open(&a.w, s), "a writer");
	writer_settle(a.w); /* nobody has asked */
	for (int i = 0; i < 20; i++)
		writer_do(a.w, nothing, on_told, &a);
	writer_settle(a.w);
	CHECK_INT(20, a.told, "all of them");
	CHECK_INT(BRIDGE_OK, a.last, "done");
	a.again = true;
	writer_do(a.w, nothing, on_told, &a);
	writer_drain(a.w);
	CHECK_INT(22, a.told, "what is asked while the end is told comes back as well");
	CHECK_INT(BRIDGE_STATE, a.last, "undone");
	writer_do(a.w, nothing, on_told, &a);
	CHECK_INT(23, a.told, "at once");
	CHECK_INT(BRIDGE_STATE, a.last, "too late");
	writer_close(a.w);
}

TESTS(who_asked_is_told_before_the_end, records_are_written_in_order_and_a_question_sees_them,
	records_wait_for_company, while_the_file_is_locked_records_wait_and_questions_go_ahead,
	a_record_that_no_table_takes_holds_up_nobody, the_queue_is_bounded_and_the_oldest_go,
	closing_writes_what_waits, closing_gives_up_in_the_end, a_full_disk_loses_nothing)
