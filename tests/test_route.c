/* links: dialplan/route.c dialplan/route_decide.c dialplan/route_write.c dialplan/route_words.c dialplan/prefix.c dialplan/block.c dialplan/class.c dialplan/class_table.c dialplan/calendar.c dialplan/zone.c dialplan/number.c dialplan/err.c dialplan/route_order.c dialplan/rates.c dialplan/money.c dialplan/days.c */
#include "dialplan/route.h"
#include "tests/starve.h"
#include "tests/test.h"

#include <stdlib.h>

enum { NOON = 1796558400 /* 2026-12-06 12:00 UTC, a Sunday */, NIGHT = NOON + 12 * 3600 };

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define PREFIXES(...)                                                                                        \
	((const char[][NUMBER_E164]){ __VA_ARGS__ }), COUNT(((const char[][NUMBER_E164]){ __VA_ARGS__ }))
#define TRUNKS(...)                                                                                          \
	((const char[][PLAN_NAME]){ __VA_ARGS__ }), COUNT(((const char[][PLAN_NAME]){ __VA_ARGS__ }))

static const struct route_trunk trunks[] = {
	{ .name = "plain" },
	{ .name = "de", .country = { "49", "0", 0, 0 }, .format = ROUTE_NATIONAL },
	{ .name = "us", .country = { "1", "1", 0, 0 }, .format = ROUTE_NATIONAL },
	{ .name = "digits", .format = ROUTE_PLAIN },
	{ .name = "idd", .format = ROUTE_00, .strip = 2, .prepend = "9" },
	{ .name = "strict", .foreign = ROUTE_REFUSE },
	{ .name = "open", .foreign = ROUTE_PASS },
	{ .name = "cut", .format = ROUTE_PLAIN, .strip = 15 },
	{ .name = "bad-cut", .format = ROUTE_PLAIN, .strip = 2 },
};

static const struct route_account accounts[] = {
	{ .name = "acme", .country = { "49", "0", 0, 0 } },
	{ .name = "zeta",
		.classes = 1U << CLASS_PREMIUM | 1U << CLASS_EMERGENCY,
		PREFIXES("+49", "+1900"),
		PREFIXES("+4930") },
	{ .name = "many" },
	{ .name = "when" },
	{ .name = "show" },
	{ .name = "cost" },
	{ .name = "fit" },
};

static const struct route_owned owned[] = {
	{ { "+4930500", "" }, "de", "acme" },
	{ { "+4930501", "" }, "plain", "acme" },
	{ { "+15550100", "" }, "", "show" },
	{ { "+15550200", "" }, "plain", "zeta" },
	{ { "+15550300", "+15550399" }, "open", "show" },
	{ { "+15550000", "+15550999" }, "plain", "" },
	{ { "+15550000", "+15550999" }, "strict", "" },
};

static struct calendar day = {
	.name = "day", .spans = { { 0x7f, 480, 1080, INT32_MIN, INT32_MAX, false } }, .n_spans = 1
};
static const struct calendar *const calendars[] = { &day };

static bool fits_mobile(const struct route_match *m, const char *e164)
{
	(void)m;
	return strncmp(e164, "+4915", 5) == 0;
}

static bool fits_round(const struct route_match *m, const char *e164)
{
	(void)m;
	return e164[strlen(e164) - 1] == '0';
}

static bool fits_two(const struct route_match *m, const char *e164)
{
	(void)m;
	return strncmp(e164, "+33", 3) == 0 || strncmp(e164, "+49", 3) == 0;
}

static const struct route_match mobile = { "mobile", fits_mobile }, rounded = { "round", fits_round },
				french_or_german = { "two", fits_two };

static const struct route_rule rules[] = {
	{ "acme", PREFIXES("+49"), TRUNKS("de", "plain"), 0, 0, 0, "", "", false, false, NULL },
	{ "acme", PREFIXES("+"), TRUNKS("digits"), 0, 0, 0, "+15550123", "", false, false, NULL },
	{ "acme", PREFIXES("+4930", "+4940"), TRUNKS("us", "de"), 2, 0, 0, "", "", false, false, NULL },
	{ "acme", PREFIXES("+4930"), TRUNKS("idd", "de"), 1, 0, 0, "", "", false, false, NULL },
	{ "acme", PREFIXES("+33"), TRUNKS("cut"), 0, 0, 0, "", "", false, false, NULL },
	{ "zeta", PREFIXES("+"), TRUNKS("plain"), 0, 0, 0, "", "", false, false, NULL },
	{ "many", PREFIXES("+44"), TRUNKS("plain"), 1, 3, 0, "", "", false, false, NULL },
	{ "many", PREFIXES("+44"), TRUNKS("digits"), 1, 1, 0, "", "", false, false, NULL },
	{ "many", PREFIXES("+44"), TRUNKS("open"), 2, 0, 0, "", "", false, false, NULL },
	{ "many", PREFIXES("+81"), TRUNKS("plain"), 1, 0, 30, "", "", false, false, NULL },
	{ "many", PREFIXES("+81"), TRUNKS("digits"), 2, 0, 0, "", "", false, false, NULL },
	{ "when", PREFIXES("+49"), TRUNKS("plain"), 1, 0, 0, "", "day", false, false, NULL },
	{ "when", PREFIXES("+4"), TRUNKS("digits"), 1, 0, 0, "", "", false, false, NULL },
	{ "show", PREFIXES("+"), TRUNKS("plain", "strict", "open", "digits"), 0, 0, 0, "", "", false, false,
		NULL },
	{ "show", PREFIXES("+44"), TRUNKS("strict"), 0, 0, 0, "+15550777", "", false, false, NULL },
	{ "show", PREFIXES("+41"), TRUNKS("bad-cut"), 0, 0, 0, "", "", false, false, NULL },
	{ "cost", PREFIXES("+1"), TRUNKS("plain", "digits", "open"), 0, 0, 0, "", "", true, false, NULL },
	{ "cost", PREFIXES("+1"), TRUNKS("strict"), 1, 0, 0, "", "", false, false, NULL },
	{ "cost", PREFIXES("+1"), TRUNKS("de"), 2, 0, 0, "", "", false, false, NULL },
	{ "cost", PREFIXES("+2"), TRUNKS("open", "plain", "digits"), 0, 0, 0, "", "", true, true, NULL },
	{ "cost", PREFIXES("+3"), TRUNKS("plain"), 0, 0, 0, "", "", true, false, NULL },
	{ "cost", PREFIXES("+3"), TRUNKS("digits"), 0, 0, 0, "", "", true, false, NULL },
	{ "cost", PREFIXES("+4"), TRUNKS("plain", "digits"), 0, 0, 0, "", "", false, false, NULL },
	{ "fit", PREFIXES("+49"), TRUNKS("plain"), 1, 0, 0, "", "", false, false, &mobile },
	{ "fit", PREFIXES("+49"), TRUNKS("digits"), 2, 0, 0, "", "", false, false, &rounded },
	{ "fit", PREFIXES("+"), TRUNKS("idd"), 0, 0, 0, "", "", false, false, &french_or_german },
};

static const struct class_entry classes[] = { { "+4477", CLASS_RISKY, false } };

static const struct route_site site = {
	accounts,
	COUNT(accounts),
	trunks,
	COUNT(trunks),
	rules,
	COUNT(rules),
	owned,
	COUNT(owned),
	calendars,
	1,
	classes,
	1,
};

static struct routes *routes_of_table(void)
{
	struct routes *r = NULL;

	CHECK_INT(PLAN_OK, routes_alloc(&r, &site), "the table");
	return r;
}

/* "trunk number/caller-id, ..." */
static const char *sent(const struct route_decision *d)
{
	static char out[600];

	out[0] = '\0';
	for (unsigned i = 0; i < d->n_tries; i++)
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s %s/%s", i ? ", " : "",
			d->tries[i].trunk, d->tries[i].number, d->tries[i].caller_id);
	return out;
}

/* The words of the steps, "!" before one that did not match; every step has its sentence. */
static const char *said(const struct routes *r, const struct route_call *call, const struct route_decision *d)
{
	static char out[800];
	char text[200];

	out[0] = '\0';
	for (unsigned i = 0; i < d->n_steps; i++) {
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s%s", i ? " " : "",
			d->steps[i].matched ? "" : "!", route_step_rule(&d->steps[i]));
		CHECK(route_step_text(r, call, d, i, text, sizeof(text))[0], "step %u says something", i);
	}
	return out;
}

static bool says(const struct routes *r, const struct route_call *call, const struct route_decision *d,
	const char *words)
{
	char text[200];

	for (unsigned i = 0; i < d->n_steps; i++)
		if (strstr(route_step_text(r, call, d, i, text, sizeof(text)), words))
			return true;
	return false;
}

TEST(which_trunks_carry_it)
{
	static const struct {
		const char *story, *account, *number, *sent, *said;
	} cases[] = {
		{ "the longest prefix, then priority; a trunk comes once", "acme", "+4930123456",
			"idd 94930123456/, de 030123456/030500, us 0114930123456/", NULL },
		{ "a list of prefixes", "acme", "+4940123456", "us 0114940123456/, de 040123456/030500",
			NULL },
		{ "one prefix shorter", "acme", "+4989123456",
			"de 089123456/030500, plain +4989123456/+4930501",
			"account number class prefix route trunk caller-id trunk caller-id !prefix answer" },
		{ "all numbers", "acme", "+81312345678", "digits 81312345678/15550123", NULL },
		{ "as the account's country writes it", "acme", "089 12 34 56",
			"de 089123456/030500, plain +4989123456/+4930501", NULL },
		{ "international with 00", "acme", "0081312345678", "digits 81312345678/15550123", NULL },
		{ "a SIP URI", "acme", "sip:+81312345678@example.com;user=phone",
			"digits 81312345678/15550123", NULL },
		{ "on the list of what it may", "zeta", "+4989123456", "plain +4989123456/+15550200",
			"account number class list prefix route trunk caller-id answer" },
		{ "premium, which it may", "zeta", "+19005550123", "plain +19005550123/+15550200", NULL },
		{ "in the calendar", "when", "+4989123456", "plain +4989123456/",
			"account number class prefix calendar route trunk caller-id !prefix answer" },
		{ "it fits the expression", "fit", "+49151234567", "plain +49151234567/",
			"account number class prefix match !match route trunk caller-id !prefix answer" },
		{ "two of one prefix fit: priority", "fit", "+49151234560",
			"plain +49151234560/, digits 49151234560/", NULL },
		{ "none of the longest prefix fits: the next shorter", "fit", "+4930123456",
			"idd 94930123456/",
			"account number class prefix !match !match prefix match route trunk caller-id "
			"answer" },
	};
	struct routes *r = routes_of_table();

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct route_call call = { cases[i].account, cases[i].number, NULL, NOON, 7 };
		struct route_decision d;

		route_decide(r, &call, &d);
		CHECK_STR(cases[i].sent, sent(&d), cases[i].story);
		if (cases[i].said)
			CHECK_STR(cases[i].said, said(r, &call, &d), cases[i].story);
		CHECK_INT(ROUTE_OK, d.result, cases[i].story);
	}
	routes_free(r);
}

TEST(what_is_refused_and_why)
{
	static const struct {
		const char *story, *account, *number;
		enum route_result result;
		unsigned status;
		const char *words;
	} cases[] = {
		{ "nobody's", "nobody", "+4930123456", ROUTE_NO_ACCOUNT, 404, "no account 'nobody'" },
		{ "a name", "acme", "alice", ROUTE_NO_NUMBER, 484, "'alice' is no complete number" },
		{ "nothing", "acme", "", ROUTE_NO_NUMBER, 484, "no complete number" },
		{ "premium", "acme", "+19005550123", ROUTE_CLASS, 403,
			"premium (+1900), which this account may not" },
		{ "satellite", "acme", "+870773111222", ROUTE_CLASS, 403, "satellite" },
		{ "unallocated", "acme", "+21012345678", ROUTE_CLASS, 403, "unallocated" },
		{ "an emergency code", "acme", "112", ROUTE_CLASS, 403, "never called from a conference" },
		{ "one with its country", "acme", "+49110", ROUTE_CLASS, 403,
			"never called from a conference" },
		{ "one with a + by mistake", "acme", "+911", ROUTE_CLASS, 403,
			"never called from a conference" },
		{ "even where the account claims it may", "zeta", "+1911", ROUTE_CLASS, 403,
			"never called from a conference" },
		{ "the operator's own class", "show", "+447712345678", ROUTE_CLASS, 403, "risky (+4477)" },
		{ "refused within what it may", "zeta", "+4930123456", ROUTE_LIST, 403,
			"+4930 is on the account's list of what it may not call" },
		{ "not on the list", "zeta", "+33123456789", ROUTE_LIST, 403, "not on the account's list" },
		{ "no route", "many", "+33123456789", ROUTE_NO_RULE, 404, "no route of the account begins" },
		{ "nothing is left of it", "acme", "+33123456789", ROUTE_UNWRITABLE, 484,
			"nothing usable is left" },
		{ "what is left would be an emergency call", "show", "+41911", ROUTE_UNWRITABLE, 484,
			"nothing usable" },
	};
	struct routes *r = routes_of_table();

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct route_call call = { cases[i].account, cases[i].number, NULL, NOON, 7 };
		struct route_decision d;

		route_decide(r, &call, &d);
		CHECK_INT(cases[i].result, d.result, cases[i].story);
		CHECK_INT(cases[i].status, d.sip_status, cases[i].story);
		CHECK(d.q850 > 0 && d.n_tries == 0, "%s: a cause, and no trunk", cases[i].story);
		CHECK(says(r, &call, &d, cases[i].words), "%s: %s", cases[i].story, said(r, &call, &d));
		CHECK(says(r, &call, &d, "refused with"), "%s: ends with it", cases[i].story);
	}
	routes_free(r);
}

TEST(which_caller_id_is_shown)
{
	static const struct {
		const char *story, *number, *wanted, *sent;
	} cases[] = {
		{ "its own number of all trunks", "+33123456789", "+15550100",
			"plain +33123456789/+15550100, strict +33123456789/+15550100, open "
			"+33123456789/+15550100, "
			"digits 33123456789/15550100" },
		{ "a number in the trunk's range", "+33123456789", "+15550555",
			"plain +33123456789/+15550555, strict +33123456789/+15550555, open "
			"+33123456789/+15550555, "
			"digits 33123456789/15550100" },
		{ "another account's number in that range", "+33123456789", "+15550200",
			"plain +33123456789/+15550100, strict +33123456789/+15550200, open "
			"+33123456789/+15550200, "
			"digits 33123456789/15550100" },
		{ "a foreign number: replaced, refused, passed", "+33123456789", "+4989999",
			"plain +33123456789/+15550100, open +33123456789/+4989999, digits "
			"33123456789/15550100" },
		{ "nothing asked for: its first", "+33123456789", "",
			"plain +33123456789/+15550100, strict +33123456789/+15550100, open "
			"+33123456789/+15550300, "
			"digits 33123456789/15550100" },
		{ "nothing asked for: the route's", "+44123456789", "", "strict +44123456789/+15550777" },
		{ "text that is no number is nothing", "+44123456789", "boss",
			"strict +44123456789/+15550777" },
	};
	struct routes *r = routes_of_table();

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct route_call call = { "show", cases[i].number, cases[i].wanted, NOON, 7 };
		struct route_decision d;

		route_decide(r, &call, &d);
		CHECK_STR(cases[i].sent, sent(&d), cases[i].story);
		for (unsigned k = 0; k < d.n_tries; k++) {
			const char *shown = d.tries[k].caller_e164;

			CHECK_INT(strcmp(shown, "+4989999") != 0 &&
					  !(strcmp(d.tries[k].trunk, "open") == 0 && i <= 2 && i > 0),
				d.tries[k].owned, cases[i].story);
			CHECK_INT(strcmp(shown, "+15550100") == 0 || strcmp(shown, "+15550300") == 0,
				d.tries[k].own_number, cases[i].story);
		}
	}
	{
		struct route_call call = { "show", "+44123456789", "+4989999", NOON, 7 };
		struct route_decision d;

		route_decide(r, &call, &d);
		CHECK_INT(ROUTE_NO_CALLER, d.result, "the only trunk refuses it");
		CHECK(says(r, &call, &d, "may not show +4989999"), "and that is said");
	}
	routes_free(r);
}

TEST(hours_decide)
{
	struct route_call call = { "when", "+4989123456", NULL, NIGHT, 7 };
	struct routes *r = routes_of_table();
	struct route_decision d;

	route_decide(r, &call, &d);
	CHECK_STR("digits 4989123456/", sent(&d), "at night the shorter prefix carries it");
	CHECK_STR("account number class prefix !calendar prefix route trunk caller-id answer",
		said(r, &call, &d), "and both were considered");
	routes_free(r);
}

/* Over many calls the shares are those of the table; one seed always gives one order. */
TEST(weights_and_percents_share_calls)
{
	enum { CALLS = 20000 };
	struct routes *r = routes_of_table();
	unsigned heavy = 0, some = 0;

	for (unsigned i = 0; i < CALLS; i++) {
		struct route_decision d, again;
		char id[16];

		snprintf(id, sizeof(id), "call-%u", i);
		struct route_call call = { "many", "+44123456789", NULL, NOON, route_seed(id) };

		route_decide(r, &call, &d);
		route_decide(r, &call, &again);
		CHECK_STR(d.tries[0].trunk, again.tries[0].trunk, "the same seed, the same order");
		CHECK_INT(3, d.n_tries, "all three stand by");
		CHECK_STR("open", d.tries[2].trunk, "the second priority comes last");
		heavy += strcmp(d.tries[0].trunk, "plain") == 0;
		call.number = "+81312345678";
		route_decide(r, &call, &d);
		some += strcmp(d.tries[0].trunk, "plain") == 0;
	}
	CHECK_NEAR(0.75, (double)heavy / CALLS, 0.015, "weight 3 of 4");
	CHECK_NEAR(0.30, (double)some / CALLS, 0.015, "30 percent");
	routes_free(r);
}

TEST(very_many_rules_fit)
{
	static const char prefix[][NUMBER_E164] = { "+49" };
	static char names[40][PLAN_NAME];
	struct route_trunk many_trunks[40];
	struct route_rule many_rules[200];
	struct route_account one = { .name = "a" };
	struct route_call call = { "a", "+4930123456", NULL, NOON, 3 };
	struct route_decision d;
	struct routes *r = NULL;

	memset(many_trunks, 0, sizeof(many_trunks));
	memset(many_rules, 0, sizeof(many_rules));
	for (unsigned i = 0; i < 40; i++) {
		snprintf(names[i], sizeof(names[i]), "t%u", i);
		memcpy(many_trunks[i].name, names[i], PLAN_NAME);
	}
	for (unsigned i = 0; i < 200; i++)
		many_rules[i] = (struct route_rule){ .account = "a",
			.prefixes = prefix,
			.n_prefixes = 1,
			.trunks = (const char(*)[PLAN_NAME])names[i % 40],
			.n_trunks = 1,
			.priority = 1,
			.weight = i % 3,
			.percent = 50,
			.caller_id = "",
			.calendar = "" };
	CHECK_INT(PLAN_OK,
		routes_alloc(&r, &(struct route_site){ .accounts = &one,
					 .n_accounts = 1,
					 .trunks = many_trunks,
					 .n_trunks = 40,
					 .rules = many_rules,
					 .n_rules = 200 }),
		"200 rules of one prefix");
	route_decide(r, &call, &d);
	CHECK_INT(ROUTE_TRIES, d.n_tries, "so many trunks are enough");
	CHECK_INT(ROUTE_STEPS, d.n_steps, "so many steps are said");
	CHECK(d.n_unsaid > 0, "and the others counted");
	said(r, &call, &d);
	routes_free(r);
}

static struct rates *sheet_of(const char *rows)
{
	struct rate list[8] = { { .line = 0 } };
	char text[200], *rest = text, *word;
	struct rates *r = NULL;
	size_t n = 0, at;

	snprintf(text, sizeof(text), "%s", rows);
	while ((word = strsep(&rest, " ")) != NULL) {
		char price[32];

		list[n] = (struct rate){
			.first_s = 60, .next_s = 60, .from_s = RATE_EVER, .until_s = RATE_NEVER
		};
		CHECK_INT(2, sscanf(word, "%16[^=]=%31s", list[n].prefix, price), word);
		CHECK(money_parse(price, &list[n++].per_minute), "%s", price);
	}
	CHECK_INT(PLAN_OK, rates_alloc(&r, list, n, "EUR", &at), rows);
	return r;
}

/* Names of the trunks in their order. */
static const char *names_of(const struct route_decision *d)
{
	static char out[300];

	out[0] = '\0';
	for (unsigned i = 0; i < d->n_tries; i++)
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s", i ? " " : "",
			d->tries[i].trunk);
	return out;
}

TEST(the_cheapest_comes_first)
{
	static const struct {
		const char *story, *plain, *digits, *open, *number, *order, *says;
	} cases[] = {
		{ "as listed while nothing costs anything", NULL, NULL, NULL, "+15550100",
			"plain digits open strict de", "has no price for it: it comes behind" },
		{ "cheapest first, then those of the priority that go otherwise, then the next priority",
			"+1=0.03", "+1=0.02", "+1=0.01", "+15550100", "open digits plain strict de",
			"0.06 EUR for 180 s: 0.02 EUR a minute in 60/60 s, by +1" },
		{ "by what each says of this number", "+1=0.03 +1555=0.001", "+1=0.02", "+1=0.01",
			"+15550100", "plain open digits strict de", "by +1555" },
		{ "equal ones as listed", "+1=0.02", "+1=0.02", "+1=0.02", "+15550100",
			"plain digits open strict de", "by cost, the cheapest trunk first" },
		{ "no price comes last", NULL, "+1=9", "+33=0.01", "+15550100", "digits plain open strict de",
			"trunk 'open' has no price for it" },
		{ "or not at all", NULL, "+2=9", "+2=0.01", "+2012345", "open digits", "left out" },
		{ "nobody's price", "+1=1", NULL, NULL, "+2012345", "",
			"refused with 403: no trunk has a price" },
		{ "two rules by cost are one list", "+3=0.2", "+3=0.1", NULL, "+33123456", "digits plain",
			"routes[21]" },
		{ "where cost does not decide it is told", "+4=0.2", "+4=0.1", NULL, "+44123456",
			"plain digits", "0.6 EUR for 180 s: 0.2 EUR a minute in 60/60 s, by +4" },
	};
	struct routes *r = routes_of_table();

	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *const sheets[] = { cases[i].plain, cases[i].digits, cases[i].open };
		static const char *const names[] = { "plain", "digits", "open" };
		const struct route_call call = { .account = "cost", .number = cases[i].number, .at_s = NOON };
		struct rates *rates[COUNT(names)];
		struct route_decision d;

		for (size_t k = 0; k < COUNT(names); k++) {
			rates[k] = sheets[k] ? sheet_of(sheets[k]) : NULL;
			routes_rate(r, names[k], rates[k]);
		}
		route_decide(r, &call, &d);
		CHECK_STR(cases[i].order, names_of(&d), cases[i].story);
		said(r, &call, &d);
		CHECK(says(r, &call, &d, cases[i].says), "%s: '%s'", cases[i].story, cases[i].says);
		for (unsigned k = 0; k < d.n_tries; k++)
			CHECK(!d.tries[k].rate || d.tries[k].rate ==
							  rates_find(d.tries[k].rates, cases[i].number, NOON),
				"%s: the row of try %u", cases[i].story, k);
		for (size_t k = 0; k < COUNT(names); k++) {
			routes_rate(r, names[k], NULL);
			rates_free(rates[k]);
		}
	}
	routes_rate(r, "nobody", NULL);
	routes_free(r);
}

TEST(who_does_badly_comes_behind_others_of_its_priority)
{
	static const struct {
		const char *story, *trunk;
		enum route_standing standing;
		const char *number, *order, *says;
	} cases[] = {
		{ "all do well", "plain", ROUTE_GOOD, "+15550100", "plain digits open strict de", "by cost" },
		{ "behind all of its priority, before the next", "plain", ROUTE_LOW, "+15550100",
			"digits open strict plain de", "'plain' does badly" },
		{ "the last of its priority stays", "de", ROUTE_LOW, "+15550100",
			"plain digits open strict de", "'de' does badly" },
		{ "it is tried again in its place", "plain", ROUTE_PROBED, "+15550100",
			"plain digits open strict de", "keeps its place this once" },
		{ "in the order of the list as well", "plain", ROUTE_LOW, "+44123456", "digits plain",
			"'plain' does badly" },
		{ "a last resort stays", "plain", ROUTE_LOW, "+33123456", "digits plain",
			"'plain' does badly" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct route_call call = { .account = "cost", .number = cases[i].number, .at_s = NOON };
		struct routes *r = routes_of_table();
		struct route_decision d;

		routes_standing(r, cases[i].trunk, cases[i].standing);
		route_decide(r, &call, &d);
		CHECK_STR(cases[i].order, names_of(&d), cases[i].story);
		said(r, &call, &d);
		CHECK(says(r, &call, &d, cases[i].says), "%s: '%s'", cases[i].story, cases[i].says);
		routes_free(r);
	}
}

TEST(any_allocation_may_fail)
{
	struct routes *r = NULL;
	enum plan_err err;
	bool starved;

	for (int nth = 1;; nth++) {
		starve_at = STARVE_WORKS ? nth : 0;
		err = routes_alloc(&r, &site);
		starved = STARVE_WORKS && starve_at == 0;
		starve_at = 0;
		if (err == PLAN_OK) /* qsort() sorts in place where it gets no memory */
			r = routes_free(r);
		CHECK(starved ? err == PLAN_NOMEM || err == PLAN_OK : err == PLAN_OK, "allocation %d", nth);
		if (!starved)
			break;
	}
}

TESTS(which_trunks_carry_it, what_is_refused_and_why, which_caller_id_is_shown, hours_decide,
	weights_and_percents_share_calls, very_many_rules_fit, the_cheapest_comes_first,
	who_does_badly_comes_behind_others_of_its_priority, any_allocation_may_fail)
