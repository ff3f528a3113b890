/* links: bridge/site.c bridge/site_fields.c bridge/site_read.c bridge/site_check.c bridge/site_names.c bridge/site_overlap.c bridge/zones.c bridge/site_write.c bridge/site_diff.c bridge/yaml.c bridge/yaml_value.c bridge/why.c bridge/err.c dialplan/plan.c dialplan/block.c dialplan/prefix.c dialplan/class.c dialplan/class_table.c dialplan/calendar.c dialplan/zone.c dialplan/number.c dialplan/err.c sip/trunk.c sip/err.c bridge/site_apart.c bridge/config_interfaces.c dialplan/money.c bridge/pattern.c sip/ere.c bridge/headers.c bridge/site_carrier.c sip/reroute_chosen.c */
/* A site is written: what is exported reads back equal, and what has changed between two is told without values. */
#include "tests/sites.h"

#include <stdlib.h>

static void take_list(void *member, const void *other, size_t n, size_t each)
{
	void *mine, *theirs;

	memcpy(&mine, member, sizeof(mine));
	memcpy(&theirs, other, sizeof(theirs));
	CHECK(!n || memcmp(mine, theirs, n * each) == 0, "a list");
	memset(member, 0, sizeof(mine));
}

static void check_same_trunk(const struct site_trunk *x, const struct site_trunk *y)
{
	struct site_trunk a = *x, b = *y;

	CHECK(a.n_called == b.n_called && a.n_ignored == b.n_ignored && a.n_added == b.n_added &&
			a.n_stripped == b.n_stripped && a.n_mapped == b.n_mapped &&
			a.n_replied == b.n_replied && a.n_identities == b.n_identities &&
			a.n_reroute_on == b.n_reroute_on && a.n_stop_on == b.n_stop_on,
		"lists");
	take_list(&a.called, &b.called, a.n_called, sizeof(*a.called));
	take_list(&a.ignored, &b.ignored, a.n_ignored, sizeof(*a.ignored));
	take_list(&a.added, &b.added, a.n_added, sizeof(*a.added));
	take_list(&a.stripped, &b.stripped, a.n_stripped, sizeof(*a.stripped));
	take_list(&a.mapped, &b.mapped, a.n_mapped, sizeof(*a.mapped));
	take_list(&a.replied, &b.replied, a.n_replied, sizeof(*a.replied));
	take_list(&a.identities, &b.identities, a.n_identities, sizeof(*a.identities));
	b.called = NULL;
	take_list(&a.reroute_on, &b.reroute_on, a.n_reroute_on, sizeof(*a.reroute_on));
	take_list(&a.stop_on, &b.stop_on, a.n_stop_on, sizeof(*a.stop_on));
	b.identities = b.reroute_on = b.stop_on = NULL;
	b.mapped = b.replied = NULL;
	b.ignored = b.stripped = NULL;
	b.added = NULL;
	CHECK(memcmp(&a, &b, sizeof(a)) == 0, "trunk %s", x->name);
}

/* Field by field, not by site_diff(), which could overlook the same field as the writer. */
static void check_same(const struct site *x, const struct site *y)
{
	CHECK_INT(x->n_accounts, y->n_accounts, "accounts");
	for (size_t i = 0; i < x->n_accounts; i++) {
		struct site_account a = x->accounts[i], b = y->accounts[i];

		CHECK_INT(a.n_meetings, b.n_meetings, "meetings");
		CHECK(!a.n_meetings || !memcmp(a.meetings, b.meetings, a.n_meetings * sizeof(*a.meetings)),
			"meetings");
		CHECK_INT(a.n_users, b.n_users, "users");
		CHECK(!a.n_users || !memcmp(a.users, b.users, a.n_users * sizeof(*a.users)), "users");
		CHECK_STR(a.name, b.name, "name");
		CHECK_STR(a.language, b.language, "language");
		CHECK_INT(a.levelling, b.levelling, "levelling");
		CHECK_INT(a.noise_suppression, b.noise_suppression, "noise_suppression");
	}
	CHECK_INT(x->n_trunks, y->n_trunks, "trunks");
	for (size_t i = 0; i < x->n_trunks; i++)
		check_same_trunk(&x->trunks[i], &y->trunks[i]);
	CHECK_INT(x->n_numbers, y->n_numbers, "numbers");
	CHECK(!x->n_numbers || !memcmp(x->numbers, y->numbers, x->n_numbers * sizeof(*x->numbers)),
		"numbers");
	CHECK_INT(x->n_routes, y->n_routes, "routes");
	for (size_t i = 0; i < x->n_routes; i++) {
		struct site_route a = x->routes[i], b = y->routes[i];

		CHECK(a.n_reroute_on == b.n_reroute_on && a.n_stop_on == b.n_stop_on, "lists");
		take_list(&a.reroute_on, &b.reroute_on, a.n_reroute_on, sizeof(*a.reroute_on));
		take_list(&a.stop_on, &b.stop_on, a.n_stop_on, sizeof(*a.stop_on));
		b.reroute_on = b.stop_on = NULL;
		CHECK(!memcmp(&a, &b, sizeof(a)), "route %zu", i);
	}
}

TEST(what_is_exported_reads_back_equal)
{
	const char *const texts[] = { contract, rich, "accounts: []\n", "accounts: [ { name: a } ]\n" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct site *s = parse_good(texts[i]), *back;
		char *text = site_export(s), *again;
		size_t n = 9;

		CHECK(text, "exported");
		back = parse_good(text);
		check_same(s, back);
		again = site_export(back);
		CHECK_STR(text, again, "and again");
		CHECK(!site_diff(s, back, &n) && n == 0, "and is no change");
		free(text);
		free(again);
		site_free(back);
		site_free(s);
	}
}

static const char *changes(const char *before, const char *after)
{
	static char out[2000];
	struct site *from = parse_good(before), *to = parse_good(after);
	size_t n;
	struct site_change *c = site_diff(from, to, &n);

	out[0] = '\0';
	CHECK(n != SIZE_MAX, "memory");
	for (size_t i = 0; i < n; i++)
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s %s %s%s%s%s", i ? "; " : "",
			c[i].what, c[i].kind, c[i].key, c[i].fields[0] ? " (" : "", c[i].fields,
			c[i].fields[0] ? ")" : "");
	free(c);
	site_free(from);
	site_free(to);
	return out;
}

TEST(what_changes_is_told_without_values)
{
	static const struct {
		const char *story, *from, *to, *changes;
	} cases[] = {
		{ "nothing", "Weekly", "Weekly", "" },
		{ "a comment", "# PINs are optional", "", "" },
		{ "a PIN", "\"900911\"", "\"700011\"", "changed meeting 483920175 (host_pin)" },
		{ "name and PIN", "name: Weekly, host_pin: \"900911\"", "name: Daily",
			"changed meeting 483920175 (name, host_pin)" },
		{ "a password", "s3cret", "other", "changed user acme/alice (password)" },
		{ "an account's sound", "levelling: true, noise_suppression: false",
			"noise_suppression: true", "changed account acme (audio.noise_suppression)" },
		{ "a trunk", "channels: 100, calls_per_second: 20", "channels: 101",
			"changed trunk carrier-a (limits.channels, limits.calls_per_second)" },
		{ "order of codecs", "PCMU, PCMA", "PCMA, PCMU", "changed trunk carrier-a (codecs)" },
		{ "fewer codecs", ", opus", "", "changed trunk carrier-a (codecs)" },
		{ "srtp", "allow  ", "never  ", "changed trunk carrier-a (srtp)" },
		{ "source", "127.0.0.2/32", "127.0.0.3/32", "changed trunk carrier-a (inbound.from)" },
		{ "answer", "answer: attendant", "answer: \"meeting:483920175\"",
			"changed number +15550100@carrier-a (answer)" },
		{ "another trunk is another number", "trunk: carrier-a, account: acme, answer: attendant",
			"account: acme", "added number +15550100; removed number +15550100@carrier-a" },
		{ "route", "prefix: \"+1\"", "prefix: \"+44\"",
			"removed route acme +1; added route acme +44" },
		{ "a new meeting", "    users:", "      - { id: \"777\" }\n    users:", "added meeting 777" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *at = strstr(contract, cases[i].from);
		char text[4096];

		CHECK(at, "%s: the example lacks '%s'", cases[i].story, cases[i].from);
		snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - contract), contract, cases[i].to,
			at + strlen(cases[i].from));
		CHECK_STR(cases[i].changes, changes(contract, text), cases[i].story);
	}
	CHECK_STR("removed account acme; removed meeting 483920175; removed user acme/alice; removed trunk "
		  "carrier-a; "
		  "removed number +15550100@carrier-a; removed number +15550101@carrier-a; removed route "
		  "acme +1",
		changes(contract, "accounts: []\n"), "everything");
	CHECK_STR("",
		changes("accounts: [ { name: a }, { name: b } ]\n",
			"accounts: [ { name: b }, { name: a } ]\n"),
		"order");
	CHECK_STR("changed number +15550100 (answer)",
		changes("accounts: [ { name: a, meetings: [ { id: \"777\" }, { id: \"888\" } ] } ]\n"
			"numbers: [ { number: +15550100, account: a, answer: \"meeting:777\" } ]\n",
			"accounts: [ { name: a, meetings: [ { id: \"777\" }, { id: \"888\" } ] } ]\n"
			"numbers: [ { number: +15550100, account: a, answer: \"meeting:888\" } ]\n"),
		"another meeting answers");
	CHECK_STR("changed meeting 777 (account)",
		changes("accounts: [ { name: a, meetings: [ { id: \"777\" } ] }, { name: b } ]\n",
			"accounts: [ { name: a }, { name: b, meetings: [ { id: \"777\" } ] } ]\n"),
		"a meeting moves");
}

TESTS(what_is_exported_reads_back_equal, what_changes_is_told_without_values)
