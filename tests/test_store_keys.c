/* links: bridge/store_keys.c bridge/idempotence.c bridge/store.c bridge/store_schema.c bridge/store_site.c bridge/store_pass.c bridge/store_dial.c bridge/store_kept.c bridge/store_cdr.c bridge/store_records.c bridge/store_audit.c bridge/store_token.c bridge/store_backup.c bridge/store_webhook.c bridge/delivery.c bridge/access.c bridge/cdr.c bridge/when.c dialplan/days.c bridge/site.c bridge/site_fields.c bridge/site_read.c bridge/site_check.c bridge/site_names.c bridge/site_overlap.c bridge/zones.c bridge/site_write.c bridge/site_diff.c bridge/yaml.c bridge/yaml_value.c bridge/why.c bridge/err.c dialplan/plan.c dialplan/block.c dialplan/prefix.c dialplan/class.c dialplan/class_table.c dialplan/calendar.c dialplan/zone.c dialplan/number.c dialplan/err.c sip/trunk.c sip/err.c bridge/site_apart.c bridge/store_stir.c bridge/store_trunk.c bridge/config_interfaces.c bridge/store_dips.c dialplan/money.c bridge/pattern.c sip/ere.c bridge/headers.c bridge/site_carrier.c bridge/texts.c sip/reroute_chosen.c */
/* Requests that were carried out, kept over a restart: what comes back, for how long, how many. */
#include "bridge/store_keys.h"
#include "tests/test.h"

static const int64_t HOUR_US = 3600000000, START_US = 1790000000000000;

static struct store *opened(void)
{
	struct store *s = NULL;
	char why[256];

	CHECK(store_open(&s, ":memory:", why, sizeof(why)) == BRIDGE_OK, "%s", why);
	return s;
}

static void save(struct store *s, const char *key, int64_t at_us, char *body, bool secret)
{
	struct idempotence_kept k = {
		.at_us = at_us, .status = 201, .secret = secret, .body = body, .len = strlen(body)
	};

	snprintf(k.who, sizeof(k.who), "ann");
	snprintf(k.key, sizeof(k.key), "%s", key);
	snprintf(k.more.location, sizeof(k.more.location), "/v1/x/%s", key);
	memset(k.asked, 7, sizeof(k.asked));
	CHECK(store_save_key(s, &k) == BRIDGE_OK, "%s", store_error(s));
}

struct seen {
	unsigned n;
	char keys[256];
	bool secret;
	char body[32], location[32];
};

static void see(void *arg, const struct idempotence_kept *k)
{
	struct seen *seen = arg;
	const size_t used = strlen(seen->keys);

	seen->n++;
	if (used + 20 < sizeof(seen->keys))
		snprintf(seen->keys + used, sizeof(seen->keys) - used, "%s ", k->key);
	seen->secret = k->secret;
	snprintf(seen->body, sizeof(seen->body), "%.*s", (int)k->len, k->body ? k->body : "");
	snprintf(seen->location, sizeof(seen->location), "%.31s", k->more.location);
	CHECK_INT(7, k->asked[31], "what was asked");
	CHECK_INT(201, k->status, "status");
	CHECK_STR("ann", k->who, "who");
}

static struct seen all(struct store *s, int64_t now_us)
{
	struct seen seen = { .n = 0 };

	CHECK_INT(BRIDGE_OK, store_each_key(s, now_us, see, &seen), "read");
	return seen;
}

TEST(a_key_comes_back_for_a_day)
{
	struct store *s = opened();
	struct seen seen;

	save(s, "a", START_US, "{}", false);
	save(s, "b", START_US + HOUR_US, "{\"id\":1}", false);
	seen = all(s, START_US + HOUR_US);
	CHECK_STR("a b ", seen.keys, "oldest first");
	CHECK_STR("{\"id\":1}", seen.body, "the answer");
	CHECK_STR("/v1/x/b", seen.location, "its headers");
	CHECK_STR("b ", all(s, START_US + 24 * HOUR_US).keys, "a day later");
	save(s, "b", START_US + 2 * HOUR_US, "new", false);
	CHECK_STR("new", all(s, START_US + 2 * HOUR_US).body, "the same key again takes its place");
	store_close(s);
}

TEST(a_secret_is_never_on_the_disk)
{
	struct store *s = opened();
	struct seen seen;

	save(s, "t", START_US, "plt_secret", true);
	seen = all(s, START_US);
	CHECK(seen.secret, "it says so");
	CHECK_STR("", seen.body, "no body");
	store_close(s);
}

TEST(the_table_is_bounded)
{
	struct store *s = opened();
	char key[16];

	for (unsigned i = 0; i < IDEMPOTENCE_MAX + 100; i++) {
		snprintf(key, sizeof(key), "%u", i);
		save(s, key, START_US, "{}", false);
	}
	CHECK_INT(IDEMPOTENCE_MAX, all(s, START_US).n, "the newest");
	save(s, "z", START_US + 25 * HOUR_US, "{}", false);
	CHECK_INT(1, all(s, START_US).n, "a day later all others are off the disk");
	store_close(s);
}

TEST(one_tag_key_for_all_runs)
{
	struct store *s = opened();
	uint8_t first[32] = { 1, 2, 3 }, second[32] = { 9 };

	CHECK_INT(BRIDGE_OK, store_tag_key(s, first, sizeof(first)), "there is none: it becomes this one");
	CHECK_INT(1, first[0], "unchanged");
	CHECK_INT(BRIDGE_OK, store_tag_key(s, second, sizeof(second)), "the next run");
	CHECK(memcmp(first, second, sizeof(first)) == 0, "has the same");
	store_close(s);
}

TESTS(a_key_comes_back_for_a_day, a_secret_is_never_on_the_disk, the_table_is_bounded,
	one_tag_key_for_all_runs)
