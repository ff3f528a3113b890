/* links: bridge/edit.c bridge/edit_check.c bridge/edit_site.c bridge/site_object.c bridge/site_json.c bridge/site.c bridge/site_fields.c bridge/site_read.c bridge/site_check.c bridge/site_names.c bridge/site_overlap.c bridge/zones.c bridge/site_write.c bridge/site_diff.c bridge/yaml.c bridge/yaml_value.c bridge/why.c bridge/err.c dialplan/plan.c dialplan/block.c dialplan/prefix.c dialplan/class.c dialplan/class_table.c dialplan/calendar.c dialplan/zone.c dialplan/number.c dialplan/err.c sip/trunk.c sip/err.c bridge/store_edit.c bridge/store.c bridge/store_schema.c bridge/store_site.c bridge/store_pass.c bridge/store_dial.c bridge/store_kept.c bridge/store_cdr.c bridge/store_records.c bridge/store_audit.c bridge/store_token.c bridge/store_backup.c bridge/store_webhook.c bridge/delivery.c bridge/access.c bridge/cdr.c bridge/when.c dialplan/days.c bridge/site_apart.c bridge/store_stir.c bridge/store_trunk.c bridge/config_interfaces.c bridge/site_node.c bridge/store_dips.c dialplan/money.c bridge/pattern.c sip/ere.c bridge/headers.c bridge/site_carrier.c bridge/texts.c sip/reroute_chosen.c */
/* What edits change reaches the database row by row: read back, it is the site that is in force. */
#include "bridge/store_edit.h"
#include "bridge/store_priv.h"
#include "tests/test.h"

#include <stdlib.h>

static const char base[] =
	"accounts:\n"
	"  - name: acme\n"
	"    meetings:\n"
	"      - { id: \"483920175\", name: Weekly, host_pin: \"900911\", guest_pin: \"4821\" }\n"
	"      - { id: \"100200300\" }\n"
	"    users:\n"
	"      - { name: alice, password: s3cret }\n"
	"      - { name: carol, password: s4cret }\n"
	"  - { name: zenith, dialling: { only: [ \"+1\", \"+44\" ] }, records: { keep_days: 9 } }\n"
	"trunks:\n"
	"  - { name: carrier-a, inbound: { from: [ 127.0.0.2/32 ] }, ranges: [ \"+15550000..+15559999\" ] }\n"
	"numbers:\n"
	"  - { number: \"+15550101\", trunk: carrier-a, account: acme, answer: \"meeting:100200300\" }\n"
	"routes:\n"
	"  - { account: acme, prefix: \"+1\", trunks: [ carrier-a ] }\n";

static const uint8_t tag_key[EDIT_TAG_KEY] = { 7 };

struct bed {
	struct store *store;
	struct site *site; /* in force */
};

static void bed_open(struct bed *b)
{
	struct config_why why = { .line = 0 };
	char text[256];

	CHECK(store_open(&b->store, ":memory:", text, sizeof(text)) == BRIDGE_OK, "%s", text);
	CHECK(site_parse(&b->site, base, strlen(base), &why) == BRIDGE_OK, "%s", why.text);
	CHECK_INT(BRIDGE_OK, store_save_site(b->store, b->site, "test", "[]"), "saved");
}

static void bed_close(struct bed *b)
{
	site_free(b->site);
	store_close(b->store);
}

static struct edit *made(enum edit_what what, const char *list, const char *key, const char *body)
{
	struct edit *e = edit_alloc();

	e->what = what;
	CHECK(site_kind_find(list, &e->kind), "%s", list);
	snprintf(e->key, sizeof(e->key), "%s", key);
	snprintf(e->who, sizeof(e->who), "a test");
	e->body = body ? json_loads(body, 0, NULL) : NULL;
	e->recursive = true;
	return e;
}

static void same(struct bed *b, const char *story)
{
	struct site *read = NULL;
	char *want = site_export(b->site), *have;

	CHECK_INT(BRIDGE_OK, store_load_site(b->store, &read), story);
	have = site_export(read);
	CHECK_STR(want, have, story);
	free(want);
	free(have);
	site_free(read);
}

static int64_t count(struct bed *b, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int64_t n;

	CHECK_INT(SQLITE_OK, sqlite3_prepare_v2(b->store->db, sql, -1, &statement, NULL), sql);
	CHECK_INT(SQLITE_ROW, sqlite3_step(statement), sql);
	n = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return n;
}

/* Applies and saves a chain; all must be done. */
static void carry_out(struct bed *b, struct edit *first, const char *story)
{
	struct site *out = NULL;

	CHECK_INT(BRIDGE_OK, edits_apply(b->site, first, tag_key, &out), story);
	CHECK(out, "%s: %s", story, first->message);
	CHECK_INT(BRIDGE_OK, store_save_edits(b->store, out, first), store_error(b->store));
	site_free(b->site);
	b->site = out;
	while (first) {
		struct edit *next = first->next;

		CHECK(first->status < 300, "%s: %s", story, first->message);
		edit_free(first);
		first = next;
	}
	same(b, story);
}

TEST(each_change_is_read_back_as_it_was_made)
{
	static const struct {
		const char *story;
		enum edit_what what;
		const char *list, *key, *body;
	} cases[] = {
		{ "a meeting", EDIT_CREATE, "meetings", "",
			"{\"account\":\"zenith\",\"id\":\"555\",\"guest_pin\":\"7\"}" },
		{ "renamed and moved", EDIT_PATCH, "meetings", "555",
			"{\"account\":\"acme\",\"id\":\"556\"}" },
		{ "changed", EDIT_PATCH, "meetings", "483920175",
			"{\"name\":\"x\",\"chimes\":false,\"max_participants\":3}" },
		{ "gone", EDIT_DELETE, "meetings", "556", NULL },
		{ "a user", EDIT_CREATE, "users", "",
			"{\"account\":\"acme\",\"name\":\"bob\",\"password\":\"b\"}" },
		{ "another name, same place", EDIT_PATCH, "users", "acme/alice", "{\"name\":\"zoe\"}" },
		{ "moved", EDIT_PATCH, "users", "acme/carol", "{\"account\":\"zenith\"}" },
		{ "a password", EDIT_PATCH, "users", "acme/zoe", "{\"password\":\"new\"}" },
		{ "gone", EDIT_DELETE, "users", "acme/bob", NULL },
		{ "an account renamed, its people with it", EDIT_PATCH, "accounts", "zenith",
			"{\"name\":\"nadir\"}" },
		{ "how long", EDIT_PATCH, "accounts", "nadir",
			"{\"records\":{\"keep_days\":30},\"dialling\":{\"only\":null}}" },
		{ "a trunk", EDIT_CREATE, "trunks", "",
			"{\"name\":\"b\",\"codecs\":[\"opus\"],\"limits\":{\"channels\":4}}" },
		{ "a range", EDIT_CREATE, "numbers", "",
			"{\"number\":\"+1777000..+1777099\",\"account\":\"acme\"}" },
		{ "a route", EDIT_CREATE, "routes", "",
			"{\"account\":\"acme\",\"prefixes\":[\"+33\",\"+34\"],\"trunks\":[\"b\"]}" },
		{ "hours", EDIT_CREATE, "calendars", "", "{\"name\":\"night\",\"spans\":[\"sat\"]}" },
		{ "a class", EDIT_CREATE, "classes", "", "{\"class\":\"risky\",\"prefixes\":[\"+88\"]}" },
		{ "the number's meeting", EDIT_PATCH, "numbers", "+15550101@carrier-a",
			"{\"answer\":\"attendant\"}" },
		{ "so that it may go", EDIT_DELETE, "meetings", "100200300", NULL },
		{ "an account with all it has", EDIT_DELETE, "accounts", "nadir", NULL },
	};
	struct bed b;

	bed_open(&b);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		carry_out(
			&b, made(cases[i].what, cases[i].list, cases[i].key, cases[i].body), cases[i].story);
	CHECK_INT(1 + sizeof(cases) / sizeof(*cases), count(&b, "SELECT count(*) FROM audit"), "a row each");
	CHECK_INT(0, count(&b, "SELECT count(*) FROM sip_user WHERE account = 'nadir'"),
		"nothing is left of it");
	bed_close(&b);
}

TEST(a_batch_is_one_transaction)
{
	struct edit *chain[4] = {
		made(EDIT_CREATE, "meetings", "", "{\"account\":\"acme\",\"id\":\"901\"}"),
		made(EDIT_PATCH, "meetings", "901", "{\"id\":\"902\"}"),
		made(EDIT_CREATE, "meetings", "", "{\"account\":\"acme\",\"id\":\"901\"}"),
		made(EDIT_DELETE, "meetings", "902", NULL),
	};
	struct bed b;

	bed_open(&b);
	for (int i = 0; i < 3; i++)
		chain[i]->next = chain[i + 1];
	carry_out(&b, chain[0], "one after the other");
	CHECK_INT(3, count(&b, "SELECT count(*) FROM meeting"), "one more than before");
	bed_close(&b);
}

/* A disk that refuses: nothing of the batch is there. */
TEST(what_cannot_be_written_leaves_no_trace)
{
	struct edit *e = made(EDIT_CREATE, "meetings", "", "{\"account\":\"acme\",\"id\":\"901\"}");
	struct site *out = NULL;
	struct bed b;

	bed_open(&b);
	CHECK_INT(SQLITE_OK, sqlite3_exec(b.store->db, "PRAGMA query_only = ON", NULL, NULL, NULL),
		"read only");
	CHECK_INT(BRIDGE_OK, edits_apply(b.site, e, tag_key, &out), "applied");
	CHECK(store_save_edits(b.store, out, e) != BRIDGE_OK, "not saved");
	sqlite3_exec(b.store->db, "PRAGMA query_only = OFF", NULL, NULL, NULL);
	same(&b, "as before");
	CHECK_INT(1, count(&b, "SELECT count(*) FROM audit"), "what did not happen has no row");
	site_free(out);
	edit_free(e);
	bed_close(&b);
}

TESTS(each_change_is_read_back_as_it_was_made, a_batch_is_one_transaction,
	what_cannot_be_written_leaves_no_trace)
