/* links: bridge/records.c bridge/csv.c bridge/cdr_mask.c bridge/log.c bridge/http_query.c bridge/store.c bridge/store_schema.c bridge/store_site.c bridge/store_stir.c bridge/store_pass.c bridge/store_dial.c bridge/store_cdr.c bridge/store_records.c bridge/store_audit.c bridge/store_token.c bridge/store_backup.c bridge/store_webhook.c bridge/delivery.c bridge/access.c bridge/cdr.c bridge/when.c dialplan/days.c bridge/site.c bridge/site_fields.c bridge/site_read.c bridge/site_check.c bridge/site_names.c bridge/site_overlap.c bridge/zones.c bridge/site_write.c bridge/site_diff.c bridge/yaml.c bridge/yaml_value.c bridge/why.c bridge/err.c dialplan/plan.c dialplan/block.c dialplan/prefix.c dialplan/class.c dialplan/class_table.c dialplan/calendar.c dialplan/zone.c dialplan/number.c dialplan/err.c sip/trunk.c sip/err.c bridge/site_apart.c bridge/store_trunk.c bridge/config_interfaces.c bridge/store_dips.c dialplan/money.c bridge/pattern.c sip/ere.c bridge/headers.c bridge/site_carrier.c bridge/texts.c sip/reroute_chosen.c */
#include "bridge/records.h"
#include "tests/test.h"

#include <stdlib.h>

enum { MANY = 5000 };

static struct store *filled(int n)
{
	struct store *s;
	char why[256];

	CHECK_INT(BRIDGE_OK, store_open(&s, ":memory:", why, sizeof(why)), why);
	for (int i = 0; i < n; i++) {
		struct cdr cdr = { .direction = "in",
			.from_number = "+15550001",
			.to_number = "+15550100",
			.number = "+15550100",
			.account = "acme",
			.q850 = 16,
			/* many begin in the same moment */
			.started_us = 1000000000000000 + i / 10 * 1000000ll };

		snprintf(cdr.id, sizeof(cdr.id), "id-%d", i);
		CHECK(cdr_say(&cdr, CDR_DIVERTED_FROM, "+15550002") &&
				cdr_say(&cdr, CDR_CAUSE, "far end hung up"),
			"said");
		CHECK_INT(BRIDGE_OK, store_add_cdr(s, &cdr), "record");
		cdr_clear(&cdr);
	}
	return s;
}

static struct records asked(const char *query, bool csv)
{
	struct records r;
	const char *field, *wrong = records_read(&r, query, csv, &field);

	CHECK(!wrong, "%s: %s %s", query, field, wrong);
	return r;
}

static int count(const char *text, const char *of)
{
	int n = 0;

	for (const char *p = text; (p = strstr(p, of)); p += strlen(of))
		n++;
	return n;
}

/* However many there are, one page is held; none is left out or told twice, even when more come in between. */
TEST(csv_of_any_length_takes_one_page)
{
	struct store *s = filled(MANY);
	struct records r = asked("", true);
	static bool seen[MANY];
	int lines = 0, pages = 0;

	while (!r.ended) {
		CHECK_INT(BRIDGE_OK, records_page(&r, s), "page");
		CHECK(r.cap <= 1 << 20, "%zu bytes are held", r.cap);
		for (char *at = r.text; (at = strstr(at, "id-")); at += 3) {
			const int id = atoi(at + 3);

			CHECK(id >= MANY || !seen[id], "%d twice", id);
			if (id < MANY)
				seen[id] = true;
		}
		lines += count(r.text, "\r\n");
		if (pages++ == 2) { /* a call that ends meanwhile */
			struct cdr cdr = { .id = "id-999999", .started_us = 2000000000000000 };

			CHECK_INT(BRIDGE_OK, store_add_cdr(s, &cdr), "one more");
		}
	}
	CHECK_INT(MANY + 1, lines, "a line of names, and one for each");
	CHECK(pages >= MANY / RECORDS_PAGE, "%d pages", pages);
	for (int i = 0; i < MANY; i++)
		CHECK(seen[i], "%d is not there", i);
	records_clear(&r);
	store_close(s);
}

TEST(pages_go_on_where_the_last_ended)
{
	struct store *s = filled(25);
	char query[96] = "limit=10";
	const int want[] = { 10, 10, 5 };

	for (size_t i = 0; i < 3; i++) {
		struct records r = asked(query, false);
		json_t *page;
		const char *next;

		CHECK_INT(BRIDGE_OK, records_page(&r, s), "page");
		page = json_loads(r.text, 0, NULL);
		CHECK_INT(want[i], json_array_size(json_object_get(page, "items")), "records of the page");
		next = json_string_value(json_object_get(page, "next_cursor"));
		CHECK((next != NULL) == (i < 2), "the last page has no cursor");
		snprintf(query, sizeof(query), "limit=10&cursor=%s", next ? next : "");
		json_decref(page);
		records_clear(&r);
	}
	store_close(s);
}

TEST(csv_lines_are_those_of_the_rfc)
{
	struct store *s;
	struct cdr cdr = { .id = "x",
		.direction = "in",
		.from_number = "=1+1",
		.to_number = "a\"b,c",
		.number = "+15550100",
		.started_us = 1000000,
		.by_far_end = true,
		.rx_mos = 421 };
	struct records r = asked("limit=5", true);
	char why[256];

	CHECK_INT(BRIDGE_OK, store_open(&s, ":memory:", why, sizeof(why)), why);
	CHECK_INT(BRIDGE_OK, store_add_cdr(s, &cdr), "record");
	CHECK_INT(BRIDGE_OK, records_page(&r, s), "page");
	CHECK(strncmp(r.text, "id,direction,dialout,call_id,trunk,source,", 42) == 0, "%s", r.text);
	CHECK(strstr(r.text, "\r\nx,in,,,,,,,,,'=1+1,\"a\"\"b,c\",+15550100,1970-01-01T00:00:01.000000Z,,,,0,"
			     "0,,true,"),
		"%s", r.text);
	CHECK(strstr(r.text, ",4.21,"), "%s", r.text);
	CHECK(r.ended, "that was all");
	records_clear(&r);
	store_close(s);
}

/* Who need not see people's numbers neither sees them nor can look for them; ours they may. */
TEST(masked_records_tell_no_number)
{
	struct store *s = filled(1);
	struct records r = asked("", false);

	r.masked = true;
	CHECK_INT(BRIDGE_OK, records_page(&r, s), "page");
	CHECK(!strstr(r.text, "+15550001") && strstr(r.text, "+1555..01"), "%s", r.text);
	CHECK(!strstr(r.text, "+15550002") && strstr(r.text, "+1555..02"), "who sent the call on: %s",
		r.text);
	CHECK(strstr(r.text, "+15550100"), "our own: %s", r.text);
	records_clear(&r);
	r = asked("number=%2B15550001", false);
	r.masked = true;
	CHECK_INT(BRIDGE_OK, records_page(&r, s), "page");
	CHECK_STR("{\"items\":[]}", r.text, "looked for");
	records_clear(&r);
	r = asked("account=zenith", false);
	records_confine(&r, "acme");
	CHECK_INT(BRIDGE_OK, records_page(&r, s), "page");
	CHECK_STR("{\"items\":[]}", r.text, "another account's");
	records_clear(&r);
	store_close(s);
}

TESTS(csv_of_any_length_takes_one_page, pages_go_on_where_the_last_ended, csv_lines_are_those_of_the_rfc,
	masked_records_tell_no_number)
