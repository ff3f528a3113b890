/* links: bridge/retention.c bridge/writer.c bridge/backlog.c bridge/writer_asks.c bridge/store.c bridge/store_schema.c bridge/store_site.c bridge/store_pass.c bridge/store_dial.c bridge/store_kept.c bridge/store_cdr.c bridge/store_records.c bridge/store_audit.c bridge/store_token.c bridge/store_backup.c bridge/store_webhook.c bridge/delivery.c bridge/access.c bridge/cdr.c bridge/when.c dialplan/days.c bridge/site.c bridge/site_fields.c bridge/site_read.c bridge/site_check.c bridge/site_names.c bridge/site_overlap.c bridge/zones.c bridge/site_write.c bridge/site_diff.c bridge/yaml.c bridge/yaml_value.c bridge/why.c bridge/err.c dialplan/plan.c dialplan/block.c dialplan/prefix.c dialplan/class.c dialplan/class_table.c dialplan/calendar.c dialplan/zone.c dialplan/number.c dialplan/err.c sip/trunk.c sip/err.c bridge/site_apart.c bridge/store_stir.c bridge/store_trunk.c bridge/config_interfaces.c bridge/store_dips.c dialplan/money.c bridge/pattern.c sip/ere.c bridge/headers.c bridge/site_carrier.c bridge/texts.c sip/reroute_chosen.c */
/* Call records are kept as long as their account says, by a clock that the test turns. */
#include "bridge/retention.h"
#include "tests/test.h"

#include <poll.h>
#include <stdlib.h>

static const int64_t DAY_US = 86400000000, HOUR_US = 3600000000, START_US = 1790000000000000;
enum { WAIT_MS = 5000 };

struct bed {
	struct writer *w;
	struct retention *r;
	struct site *site;
	unsigned listed;
};

static void bed_open(struct bed *b, const char *yaml)
{
	struct store *s = NULL;
	struct config_why why = { .line = 0 };
	char text[256];

	memset(b, 0, sizeof(*b));
	CHECK(store_open(&s, ":memory:", text, sizeof(text)) == BRIDGE_OK, "%s", text);
	CHECK(site_parse(&b->site, yaml, strlen(yaml), &why) == BRIDGE_OK, "%s", why.text);
	CHECK_INT(BRIDGE_OK, writer_open(&b->w, s), "a writer");
	CHECK_INT(BRIDGE_OK, retention_open(&b->r, b->w), "retention");
}

static void bed_close(struct bed *b)
{
	writer_close(b->w);
	retention_close(b->r);
	site_free(b->site);
}

static void add(struct bed *b, const char *account, int64_t started_us)
{
	static unsigned last;
	struct cdr cdr = { .started_us = started_us };

	snprintf(cdr.id, sizeof(cdr.id), "%u", ++last);
	snprintf(cdr.account, sizeof(cdr.account), "%s", account);
	writer_cdr(b->w, &cdr);
}

static void settle(struct bed *b)
{
	struct pollfd fd = { .fd = writer_fd(b->w), .events = POLLIN };

	while (!retention_idle(b->r)) {
		CHECK(poll(&fd, 1, WAIT_MS) == 1, "the disk thread answers");
		writer_poll(b->w);
	}
}

static void on_listed(void *arg, enum bridge_err err, const struct cdr *cdrs, size_t n)
{
	struct bed *b = arg;

	(void)cdrs;
	CHECK_INT(BRIDGE_OK, err, "listed");
	b->listed = (unsigned)n;
}

static unsigned left(struct bed *b, const char *account)
{
	struct pollfd fd = { .fd = writer_fd(b->w), .events = POLLIN };

	b->listed = UINT32_MAX;
	writer_list_cdrs(
		b->w, &(struct cdr_filter){ .account = account, .limit = STORE_LIST_MAX }, on_listed, b);
	while (b->listed == UINT32_MAX) {
		CHECK(poll(&fd, 1, WAIT_MS) == 1, "the disk thread answers");
		writer_poll(b->w);
	}
	return b->listed;
}

TEST(each_account_says_how_long)
{
	struct bed b;

	bed_open(&b, "accounts:\n"
		     "  - { name: month, records: { keep_days: 30 } }\n"
		     "  - { name: day, records: { keep_days: 1 } }\n"
		     "  - { name: always }\n");
	for (int day = 0; day < 40; day++) {
		add(&b, "month", START_US - day * DAY_US);
		add(&b, "day", START_US - day * DAY_US);
		add(&b, "always", START_US - day * DAY_US);
	}
	retention_tick(b.r, b.site, START_US);
	settle(&b);
	CHECK_INT(31, left(&b, "month"), "30 days back, to the moment");
	CHECK_INT(2, left(&b, "day"), "one day");
	CHECK_INT(40, left(&b, "always"), "nothing said: for ever");
	CHECK_INT(9 + 38, retention_deleted(b.r), "counted");

	retention_tick(b.r, b.site, START_US + HOUR_US - 1);
	CHECK(retention_idle(b.r), "not before the hour is over");
	retention_tick(b.r, b.site, START_US + HOUR_US);
	settle(&b);
	CHECK_INT(30, left(&b, "month"), "an hour later one more is too old");
	retention_tick(b.r, b.site, START_US + 40 * DAY_US);
	settle(&b);
	CHECK_INT(0, left(&b, "month"), "in the end all are");
	CHECK_INT(40, left(&b, "always"), "but those");
	retention_tick(b.r, b.site, START_US); /* the clock was set back */
	CHECK(!retention_idle(b.r), "a clock that was set back does not stop it");
	settle(&b);
	bed_close(&b);
}

TEST(many_go_in_batches_and_others_go_between)
{
	enum { MANY = 3 * RETENTION_BATCH + 7 };
	struct bed b;
	struct pollfd fd;

	bed_open(&b, "accounts:\n  - { name: a, records: { keep_days: 10 } }\n");
	for (int i = 0; i < MANY; i++)
		add(&b, "a", START_US - 20 * DAY_US - i);
	add(&b, "a", START_US);
	CHECK_INT(MANY + 1, left(&b, "a"), "written");
	retention_tick(b.r, b.site, START_US);
	fd = (struct pollfd){ .fd = writer_fd(b.w), .events = POLLIN };
	CHECK(poll(&fd, 1, WAIT_MS) == 1, "the first batch is done");
	writer_poll(b.w);
	CHECK_INT(RETENTION_BATCH, retention_deleted(b.r), "one batch at a time");
	CHECK(!retention_idle(b.r), "the next is under way");
	settle(&b);
	CHECK_INT(1, left(&b, "a"), "all that are too old");
	bed_close(&b);
}

TEST(another_site_counts_at_once)
{
	struct bed b;

	bed_open(&b, "accounts:\n  - { name: a }\n");
	add(&b, "a", START_US - 20 * DAY_US);
	retention_tick(b.r, b.site, START_US);
	settle(&b);
	CHECK_INT(1, left(&b, "a"), "kept");
	b.site->accounts[0].keep_days = 7;
	retention_tick(b.r, b.site, START_US + 1);
	settle(&b);
	CHECK_INT(1, left(&b, "a"), "not yet due");
	retention_due(b.r);
	retention_tick(b.r, b.site, START_US + 2);
	settle(&b);
	CHECK_INT(0, left(&b, "a"), "gone");
	bed_close(&b);
}

static enum bridge_err save_site(void *arg, struct store *s)
{
	return store_save_site(s, ((struct bed *)arg)->site, "test", "[]");
}

static void on_saved(void *arg, enum bridge_err err, const char *text)
{
	(void)arg;
	CHECK(err == BRIDGE_OK, "saved: %s", text);
}

/* Strangers', and those of an account that is deleted: by the node's own word; what an account keeps for ever stays. */
TEST(what_is_nobodys_goes_by_the_nodes_word)
{
	struct bed b;

	bed_open(&b, "accounts:\n  - { name: a }\n  - { name: z, records: { keep_days: 300 } }\n");
	writer_do(b.w, save_site, on_saved, &b);
	for (int day = 0; day < 40; day++) {
		add(&b, "", START_US - day * DAY_US);
		add(&b, "a", START_US - day * DAY_US);
		add(&b, "deleted", START_US - day * DAY_US);
		add(&b, "z", START_US - day * DAY_US);
	}
	for (int i = 0; i < 2 * RETENTION_BATCH; i++)
		add(&b, "", START_US - 50 * DAY_US - i);
	retention_tick(b.r, b.site, START_US);
	settle(&b);
	CHECK_INT(0, retention_deleted(b.r), "nothing said: for ever");
	retention_of_nobody(b.r, 10);
	retention_tick(b.r, b.site, START_US);
	settle(&b);
	CHECK_INT(11, left(&b, "deleted"), "ten days back, to the moment");
	CHECK_INT(40, left(&b, "a"), "an account that keeps for ever");
	CHECK_INT(40, left(&b, "z"), "an account with a word of its own");
	CHECK_INT(11 + 40 + 40 + 11, left(&b, NULL), "all that are left, strangers' with them");
	CHECK_INT(29 + 29 + 2 * RETENTION_BATCH, retention_deleted(b.r), "counted, whatever a batch holds");
	retention_of_nobody(b.r, 10);
	retention_tick(b.r, b.site, START_US + HOUR_US - 1);
	CHECK(retention_idle(b.r), "the same word again is no reason to look");
	bed_close(&b);
}

TESTS(each_account_says_how_long, many_go_in_batches_and_others_go_between, another_site_counts_at_once,
	what_is_nobodys_goes_by_the_nodes_word)
