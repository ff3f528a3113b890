/* links: bridge/store.c bridge/store_schema.c bridge/store_site.c bridge/store_stir.c bridge/store_pass.c bridge/store_dial.c bridge/store_kept.c bridge/store_cdr.c bridge/store_records.c bridge/store_audit.c bridge/store_token.c bridge/store_backup.c bridge/access.c bridge/cdr.c bridge/when.c bridge/dialling.c bridge/replay.c bridge/zones.c bridge/site.c bridge/site_fields.c bridge/site_read.c bridge/site_check.c bridge/site_names.c bridge/site_overlap.c bridge/site_write.c bridge/site_diff.c bridge/yaml.c bridge/yaml_value.c bridge/why.c bridge/err.c dialplan/route.c dialplan/route_decide.c dialplan/route_write.c dialplan/route_words.c dialplan/budget.c dialplan/plan.c dialplan/block.c dialplan/prefix.c dialplan/class.c dialplan/class_table.c dialplan/calendar.c dialplan/zone.c dialplan/number.c dialplan/err.c sip/trunk.c sip/err.c bridge/store_webhook.c bridge/delivery.c bridge/site_apart.c bridge/store_trunk.c bridge/config_interfaces.c bridge/store_dips.c dialplan/route_order.c dialplan/rates.c dialplan/money.c dialplan/days.c bridge/pattern.c sip/ere.c bridge/headers.c bridge/site_carrier.c bridge/texts.c sip/reroute_chosen.c */
/* The dial plan's part of the site file: what is refused where, what comes back, what it means. */
#include "bridge/replay.h"
#include "bridge/store.h"
#include "bridge/when.h"
#include "tests/test.h"

#include <stdlib.h>

static const char plan[] =
	"accounts:\n"
	"  - name: acme\n"
	"    zone: Europe/Berlin\n"
	"    country: { code: \"49\", trunk_prefix: \"0\" }\n"
	"    dialling: { only: [ \"+49\", \"+1\" ], refuse: [ \"+49180\" ], classes: [ premium ], "
	"concurrent: 10, daily: 2, daily_money: 12.50 }\n"
	"    meetings: [ { id: \"483920175\" } ]\n"
	"  - name: zeta\n"
	"trunks:\n"
	"  - name: a\n"
	"    ranges: [ \"+15550100..99\", \"+15550300\" ]\n"
	"    country: { code: \"49\", trunk_prefix: \"0\" }\n"
	"    dialling: { format: national, strip: 1, prepend: \"9\", caller_id: refuse }\n"
	"  - name: b\n"
	"numbers:\n"
	"  - { number: \"+15550110..+15550119\", trunk: a, account: acme, country: US, toll_free: true }\n"
	"  - { number: \"+15550112\", trunk: a, account: acme, answer: \"meeting:483920175\" }\n"
	"routes:\n"
	"  - { account: acme, prefixes: [ \"+49\", \"+41\" ], trunks: [ a ], priority: 2, weight: 3, "
	"percent: 50 }\n"
	"  - { account: acme, prefix: \"+49\", trunks: [ b ], calendar: office }\n"
	"  - { account: acme, prefix: \"+49\", trunks: [ a, b ], priority: 2, weight: 1 }\n"
	"  - { account: zeta, prefix: \"+49\", trunks: [ b ], order: cost }\n"
	"calendars:\n"
	"  - { name: office, zone: Europe/Berlin, spans: [ \"mon-fri 08:00-18:00\", \"not 2026-12-25\" ] }\n"
	"  - { name: night, zone: Europe/Berlin, spans: [ \"18:00-08:00\" ] }\n"
	"classes:\n"
	"  - { class: risky, prefixes: [ \"+252\" ] }\n";

static struct site *read_site(const char *text)
{
	struct config_why why = { .line = 0 };
	struct site *s = NULL;

	CHECK(site_parse(&s, text, strlen(text), &why) == BRIDGE_OK, "line %u: %s: %s", why.line, why.key,
		why.text);
	return s;
}

/* `plan` with its first `from` replaced. */
static const char *changed(const char *from, const char *to)
{
	static char out[8192];
	const char *at = strstr(plan, from);

	CHECK(at, "the example lacks '%s'", from);
	snprintf(out, sizeof(out), "%.*s%s%s", (int)(at - plan), plan, to, at + strlen(from));
	return out;
}

TEST(a_mistake_is_named_with_line_and_key)
{
	static const struct {
		const char *story, *from, *to;
		unsigned line;
		const char *key, *word;
	} cases[] = {
		{ "no such time zone", "zone: Europe/Berlin", "zone: Europe/Atlantis", 3, "accounts[0].zone",
			"no such time zone" },
		{ "a way out of the database", "zone: Europe/Berlin", "zone: ../../../etc/passwd", 3,
			"accounts[0].zone", "no such time zone" },
		{ "ports that cut into another trunk's", "  - name: b\n",
			"    rtp: { ports: 40000-40003 }\n  - { name: b, rtp: { ports: 40002-40005 } }\n", 14,
			"trunks[1].rtp.ports", "overlaps those of trunk a" },
		{ "ENUM by a trunk that is not there", "    zone: Europe/Berlin\n",
			"    zone: Europe/Berlin\n    enum: { suffix: e164.arpa, trunk: c }\n", 4,
			"accounts[0].enum.trunk", "no trunk 'c'" },
		{ "no name in the DNS", "    zone: Europe/Berlin\n",
			"    zone: Europe/Berlin\n    lnp: { suffix: \"a b\" }\n", 4,
			"accounts[0].lnp.suffix", "name in the DNS" },
		{ "a call that waits too long", "    zone: Europe/Berlin\n",
			"    zone: Europe/Berlin\n    cnam: { suffix: c.example, timeout_ms: 301 }\n", 4,
			"accounts[0].cnam.timeout_ms", "300" },
		{ "no class", "[ premium ]", "[ dear ]", 5, "accounts[0].dialling.classes[0]",
			"a class is wanted" },
		{ "emergency is not to be had", "[ premium ]", "[ emergency ]", 5,
			"accounts[0].dialling.classes[0]", "never called" },
		{ "both allowed and refused", "refuse: [ \"+49180\" ]", "refuse: [ \"+49\" ]", 5,
			"accounts[0].dialling.refuse[0]",
			"given twice, first in accounts[0].dialling.only[0]" },
		{ "trunk prefix without a country", "code: \"49\", ", "", 4,
			"accounts[0].country.trunk_prefix", "without a country code" },
		{ "a range that is none", "+15550100..99", "+15550100..00", 10, "trunks[0].ranges[0]",
			"numbers are wanted" },
		{ "ranges that overlap", "\"+15550300\"", "\"+15550150..+15550250\"", 10,
			"trunks[0].ranges[1]", "overlaps ranges[0]" },
		{ "a word", "format: national", "format: local", 12, "trunks[0].dialling.format",
			"national" },
		{ "what is dialled first", "prepend: \"9\"", "prepend: \"9a\"", 12,
			"trunks[0].dialling.prepend", "digits" },
		{ "numbers backwards", "\"+15550110..+15550119\"", "\"+15550119..+15550110\"", 15,
			"numbers[0].number", "numbers are wanted" },
		{ "numbers of two lengths", "\"+15550110..+15550119\"", "\"+15550110..+155501190\"", 15,
			"numbers[0].number", "numbers are wanted" },
		{ "a range over another's end", "\"+15550112\"", "\"+15550115..29\"", 16, "numbers[1].number",
			"overlaps numbers[0], +15550110..+15550119" },
		{ "no country", "country: US", "country: usa", 15, "numbers[0].country", "" },
		{ "the same prefix, priority and no weight", ", priority: 2, weight: 1 }", ", priority: 2 }",
			20, "routes[2].prefix", "first in routes[0], with the same priority" },
		{ "the same prefix and calendars that meet",
			"prefix: \"+49\", trunks: [ a, b ], priority: 2, weight: 1 }",
			"prefix: \"+49\", trunks: [ a, b ], calendar: office }", 20, "routes[2].prefix",
			"never meet" },
		{ "a prefix twice in a list", "\"+49\", \"+41\"", "\"+49\", \"+49\"", 18,
			"routes[0].prefixes[1]", "given twice" },
		{ "prefix and prefixes", "prefixes: [ \"+49\", \"+41\" ]",
			"prefixes: [ \"+43\" ], prefix: \"+1\"", 18, "routes[0].prefixes", "not both" },
		{ "neither", "prefixes: [ \"+49\", \"+41\" ], ", "", 18, "routes[0]", "prefix is missing" },
		{ "percent", "percent: 50", "percent: 101", 18, "routes[0].percent", "1 to 100" },
		{ "no such calendar", "calendar: office", "calendar: day", 19, "routes[1].calendar",
			"no calendar 'day'" },
		{ "a span", "mon-fri 08:00-18:00", "mo-fr 8-18", 23, "calendars[0].spans[0]",
			"a day is wanted" },
		{ "no span", "[ \"18:00-08:00\" ]", "[]", 24, "calendars[1]", "at least one" },
		{ "a calendar twice", "name: night", "name: office", 24, "calendars[1].name", "given twice" },
		{ "a class of all numbers", "\"+252\"", "\"+\"", 26, "classes[0].prefixes[0]",
			"all numbers" },
		{ "a prefix in two classes", "[ \"+252\" ] }\n",
			"[ \"+252\" ] }\n  - { class: premium, prefixes: [ \"+252\" ] }\n", 27,
			"classes[1].prefixes[0]", "first in classes[0].prefixes[0]" },
		{ "money that is none", "daily_money: 12.50", "daily_money: 12.5x", 5,
			"accounts[0].dialling.daily_money", "an amount above 0" },
		{ "no money at all", "daily_money: 12.50", "daily_money: 0", 5,
			"accounts[0].dialling.daily_money", "an amount above 0" },
		{ "by cost and by weight", "weight: 1 }", "weight: 1, order: cost }", 20, "routes[2].weight",
			"has no weight" },
		{ "an order that is none", "order: cost", "order: price", 21, "routes[3].order", "cost" },
		{ "what has no price, where prices do not matter", "order: cost", "unrated: refuse", 21,
			"routes[3].unrated", "order: cost" },
		{ "an unknown key", "daily: 2", "weekly: 2", 5, "accounts[0].dialling.weekly", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *text = changed(cases[i].from, cases[i].to);
		struct config_why why = { .line = 0 };
		struct site *s = NULL;

		CHECK_INT(BRIDGE_SYNTAX, site_parse(&s, text, strlen(text), &why), cases[i].story);
		CHECK(strncmp(cases[i].key, why.key, strlen(cases[i].key)) == 0, "%s: '%s' (%s)",
			cases[i].story, why.key, why.text);
		CHECK(strstr(why.text, cases[i].word), "%s: %s", cases[i].story, why.text);
		CHECK_INT(cases[i].line, why.line, cases[i].story);
	}
}

TEST(what_is_told_apart_is_allowed)
{
	static const struct {
		const char *story, *from, *to;
	} cases[] = {
		{ "calendars that never meet", "prefix: \"+49\", trunks: [ a, b ], priority: 2, weight: 1 }",
			"prefix: \"+49\", trunks: [ a, b ], calendar: night }" },
		{ "one range for two trunks", "  - name: b\n",
			"    rtp: { ports: 40000-40003 }\n  - { name: b, rtp: { ports: 40000-40003 } }\n" },
		{ "one range on two interfaces", "  - name: b\n",
			"    rtp: { ports: 40000-40003 }\n  - { name: b, interface: lan, rtp: { ports: "
			"40000-40005 } "
			"}\n" },
		{ "one by cost beside those that share", "priority: 2, weight: 1 }",
			"priority: 2, order: cost }" },
		{ "a range within a range",
			"\"+15550112\", trunk: a, account: acme, answer: \"meeting:483920175\"",
			"\"+15550112..13\", trunk: a, account: acme" },
		{ "a range of another trunk",
			"\"+15550112\", trunk: a, account: acme, answer: \"meeting:483920175\"",
			"\"+15550115..29\", trunk: b, account: acme" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		site_free(read_site(changed(cases[i].from, cases[i].to)));
}

/* What is exported, and what is stored, is the same site. */
TEST(it_comes_back_as_it_was)
{
	struct site *s = read_site(plan), *again, *loaded = NULL;
	char *text = site_export(s), *text_again, *text_loaded, why[200];
	struct store *store = NULL;
	size_t n = 0;

	CHECK(text && strstr(text, "+15550110..+15550119") && strstr(text, "mon-fri 08:00-18:00") &&
			strstr(text, "daily: 2") && strstr(text, "class: risky"),
		"%s", text);
	again = read_site(text);
	text_again = site_export(again);
	CHECK_STR(text, text_again, "read back and exported");
	CHECK(!site_diff(s, again, &n) && n == 0, "no difference");
	CHECK_INT(BRIDGE_OK, store_open(&store, ":memory:", why, sizeof(why)), why);
	CHECK_INT(BRIDGE_OK, store_save_site(store, s, "a test", "[]"), store_error(store));
	CHECK_INT(BRIDGE_OK, store_load_site(store, &loaded), store_error(store));
	text_loaded = site_export(loaded);
	CHECK_STR(text, text_loaded, "stored and loaded");
	CHECK_INT(BRIDGE_OK, store_save_site(store, again, "a test", "[]"), "over itself");
	store_close(store);
	free(text);
	free(text_again);
	free(text_loaded);
	site_free(s);
	site_free(again);
	site_free(loaded);
}

TEST(what_changes_is_told)
{
	static const struct {
		const char *story, *from, *to, *kind, *key, *fields;
	} cases[] = {
		{ "a range", "\"+15550110..+15550119\"", "\"+15550110..+15550118\"", "number",
			"+15550110..+15550118@a", "" },
		{ "a span", "not 2026-12-25", "not 2026-12-26", "calendar", "office", "spans" },
		{ "a ceiling", "daily: 2", "daily: 3", "account", "acme", "dialling.daily" },
		{ "money", "daily_money: 12.50", "daily_money: 13", "account", "acme",
			"dialling.daily_money" },
		{ "what has no price", "order: cost", "order: cost, unrated: refuse", "route",
			"zeta +49 by cost to b", "unrated" },
		{ "a weight", "weight: 3", "weight: 4", "route", "acme +49 and 1 more priority 2 to a",
			"weight" },
		{ "a format", "format: national", "format: plain", "trunk", "a", "dialling.format" },
		{ "a class", "[ \"+252\" ]", "[ \"+252\", \"+53\" ]", "class", "risky +252", "prefixes" },
	};
	struct site *from = read_site(plan);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct site *to = read_site(changed(cases[i].from, cases[i].to));
		struct site_change *list;
		size_t n = 0;

		list = site_diff(from, to, &n);
		CHECK(list && n >= 1, "%s: a change", cases[i].story);
		CHECK_STR(cases[i].kind, list[0].kind, cases[i].story);
		CHECK_STR(cases[i].key, list[0].key, cases[i].story);
		CHECK_STR(cases[i].fields, list[0].fields, cases[i].story);
		free(list);
		site_free(to);
	}
	site_free(from);
}

/* Applying a site neither forgives what was spent nor forgets what is on. */
TEST(budgets_outlive_a_change_of_site)
{
	struct site *s = read_site(plan);
	struct dialling *first = NULL, *second = NULL;
	char text[BUDGET_TEXT];

	CHECK_INT(BRIDGE_OK, dialling_alloc(&first, s), "in force");
	CHECK_INT(BUDGET_FREE,
		dialling_take(first, &(struct dialling_ask){ "acme", "+4930123456", 1000000, 0 }, text),
		"one today");
	CHECK_INT(BRIDGE_OK, dialling_alloc(&second, s), "applied again");
	dialling_inherit(second, first);
	dialling_free(first);
	CHECK_INT(BUDGET_NEAR,
		dialling_take(second, &(struct dialling_ask){ "acme", "+4930123456", 1000001, 0 }, text),
		"the last of two");
	CHECK_INT(BUDGET_DAILY,
		dialling_look(second, &(struct dialling_ask){ "acme", "+4930123456", 1000002, 0 }, text),
		"no third");
	CHECK_INT(2, dialling_budget(second, "acme")->calls, "two are on");
	dialling_give(second, "acme", 120, 0, 1000002);
	CHECK_INT(1, dialling_budget(second, "acme")->calls, "one is over");
	CHECK_INT(BUDGET_FREE,
		dialling_look(second, &(struct dialling_ask){ "zeta", "+4930123456", 1000002, 0 }, text),
		"another account");
	CHECK_INT(BUDGET_BLOCKED,
		dialling_take(second, &(struct dialling_ask){ "nobody", "+4930123456", 1000002, 0 }, text),
		"no account");
	dialling_free(second);
	site_free(s);
}

TEST(a_day_is_replayed_through_another_plan)
{
	static const struct {
		const char *story, *from, *to;
		bool outbound;
		const char *account, *trunk, *called, *before, *after; /* after NULL: no difference */
	} cases[] = {
		{ "nothing changed", "daily: 2", "daily: 3", false, "", "a", "+15550112",
			"meeting 483920175 of account acme", NULL },
		{ "a number loses its own entry", "\"+15550112\", trunk: a", "\"+15550912\", trunk: a", false,
			"", "a", "+15550112", "meeting 483920175 of account acme",
			"attendant of account acme" },
		{ "a shorter range", "\"+15550110..+15550119\"", "\"+15550110..+15550113\"", false, "", "a",
			"+15550115", "attendant of account acme", "refused with 404: unassigned_number" },
		{ "another trunk at noon", "trunks: [ b ], calendar", "trunks: [ a ], calendar", true, "acme",
			"b", "+4930123456", "b +4930123456, a 930123456 as 0015550110",
			"a 930123456 as 0015550110, b +4930123456" },
		{ "a list refuses", "refuse: [ \"+49180\" ]", "refuse: [ \"+4930\" ]", true, "acme", "b",
			"+4930123456", "b +4930123456, a 930123456 as 0015550110", "refused with 403: list" },
		{ "another account is not concerned", "refuse: [ \"+49180\" ]", "refuse: [ \"+4930\" ]", true,
			"zeta", "b", "+4930123456", "b +4930123456", NULL },
	};
	struct site *s = read_site(plan);
	struct replay_side now = { NULL, NULL };
	struct plan *p = NULL;
	struct dialling *d = NULL;
	int64_t noon_us = 0;

	CHECK(when_parse("2026-11-27T11:00Z", &noon_us), "a Friday");
	CHECK(site_plan(s, &p) == BRIDGE_OK && dialling_alloc(&d, s) == BRIDGE_OK, "in force");
	now = (struct replay_side){ p, d };
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct site *other = read_site(changed(cases[i].from, cases[i].to));
		struct plan *other_plan = NULL;
		struct dialling *other_dialling = NULL;
		struct replay_change change;
		struct cdr record = { .started_us = noon_us };
		snprintf(record.direction, sizeof(record.direction), "%s", cases[i].outbound ? "out" : "in");
		bool differs;

		strcpy(record.id, "r1");
		strcpy(record.account, cases[i].account);
		strcpy(record.trunk, cases[i].trunk);
		strcpy(record.to_number, cases[i].called);
		strcpy(record.number, cases[i].called);
		CHECK(site_plan(other, &other_plan) == BRIDGE_OK &&
				dialling_alloc(&other_dialling, other) == BRIDGE_OK,
			"%s: the candidate", cases[i].story);
		differs = replay_call(
			&now, &(struct replay_side){ other_plan, other_dialling }, &record, &change);
		CHECK_STR(cases[i].before, change.before, cases[i].story);
		CHECK_INT(cases[i].after != NULL, differs, cases[i].story);
		CHECK_STR(cases[i].after ? cases[i].after : cases[i].before, change.after, cases[i].story);
		CHECK(change.why[0], "%s: why", cases[i].story);
		dialling_free(other_dialling);
		plan_free(other_plan);
		site_free(other);
	}
	dialling_free(d);
	plan_free(p);
	site_free(s);
}

TESTS(a_mistake_is_named_with_line_and_key, what_is_told_apart_is_allowed, it_comes_back_as_it_was,
	what_changes_is_told, budgets_outlive_a_change_of_site, a_day_is_replayed_through_another_plan)
