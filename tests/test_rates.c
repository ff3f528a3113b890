/* links: dialplan/rates.c dialplan/rates_read.c dialplan/money.c dialplan/days.c dialplan/prefix.c dialplan/number.c dialplan/err.c */
#include "dialplan/days.h"
#include "dialplan/rates_read.h"
#include "tests/starve.h"
#include "tests/test.h"

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

enum { NOV = 1795564800 /* 2026-11-25 */, DEC = 1796083200 /* 2026-12-01 */ };

TEST(money_is_exact)
{
	static const struct {
		const char *text;
		int64_t amount;
		const char *again;
	} good[] = {
		{ "0", 0, "0" },
		{ "12", 12000000, "12" },
		{ "0.0123", 12300, "0.0123" },
		{ ".5", 500000, "0.5" },
		{ "7.", 7000000, "7" },
		{ "0.000001", 1, "0.000001" },
		{ "1000000000", MONEY_MAX, "1000000000" },
	};
	static const char *const bad[] = { "", ".", "-1", "+1", "1,5", "1.2.3", "0.0000001", "1e3", " 1",
		"1 ", "1000000000.000001", "99999999999999999999999999" };
	char text[MONEY_TEXT];
	int64_t amount;

	for (size_t i = 0; i < COUNT(good); i++) {
		CHECK(money_parse(good[i].text, &amount) && amount == good[i].amount, "%s", good[i].text);
		CHECK_STR(good[i].again, money_text(text, amount), good[i].text);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		CHECK(!money_parse(bad[i], &amount), "'%s' is no amount", bad[i]);
	CHECK_STR("-0.5", money_text(text, -500000), "below zero");
	CHECK_STR("-9223372036854.775808", money_text(text, INT64_MIN), "the least there is fits");
	CHECK(money_is_currency("EUR") && !money_is_currency("eur") && !money_is_currency("EU") &&
			!money_is_currency("EURO"),
		"three capitals");
}

TEST(dates_of_a_sheet)
{
	static const struct {
		const char *text;
		int64_t at_s;
		const char *again;
	} good[] = {
		{ "2026-12-01", DEC, "2026-12-01" },
		{ "2026-12-01T06:00", DEC + 21600, "2026-12-01T06:00:00Z" },
		{ "2026-12-01 06:00:07", DEC + 21607, "2026-12-01T06:00:07Z" },
		{ "2026-12-01T01:00:00+01:00", DEC, "2026-12-01" },
		{ "2026-11-30T19:00:00-05:00", DEC, "2026-12-01" },
	};
	static const char *const bad[] = { "", "2026", "2026-13-01", "2026-02-30", "01.12.2026",
		"2026-12-01T", "2026-12-01T25:00", "2026-12-01x", "1969-12-31", "2026-12-01T06:00+1" };
	char text[DAYS_TEXT];
	int64_t at_s;

	for (size_t i = 0; i < COUNT(good); i++) {
		CHECK(days_parse(good[i].text, &at_s) && at_s == good[i].at_s, "%s", good[i].text);
		CHECK_STR(good[i].again, days_text(text, at_s), good[i].text);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		CHECK(!days_parse(bad[i], &at_s), "'%s' is no moment", bad[i]);
}

TEST(a_call_is_charged_in_steps)
{
	static const struct {
		const char *story;
		uint16_t first_s, next_s;
		int64_t per_minute, connect;
		double talked_s;
		int64_t cost;
	} cases[] = {
		{ "a whole minute for a moment", 60, 60, 12000, 0, 0.02, 12000 },
		{ "answered, and over at once", 60, 60, 12000, 0, 0, 12000 },
		{ "a minute to the microsecond", 60, 60, 12000, 0, 60, 12000 },
		{ "and a little", 60, 60, 12000, 0, 60.000001, 24000 },
		{ "by the second", 1, 1, 12000, 0, 61, 12200 },
		{ "a second begun counts", 1, 1, 12000, 0, 60.2, 12200 },
		{ "30/6, in the first step", 30, 6, 12000, 0, 12, 6000 },
		{ "30/6, in the second", 30, 6, 12000, 0, 31, 7200 },
		{ "30/6, at the end of the second", 30, 6, 12000, 0, 36, 7200 },
		{ "to be connected costs once", 60, 60, 12000, 50000, 121, 86000 },
		{ "the nearest millionth", 1, 1, 100, 0, 1, 2 },   /* 1.67 */
		{ "half of one goes up", 1, 1, 30, 0, 1, 1 },      /* 0.5 */
		{ "less than half goes down", 1, 1, 29, 0, 1, 0 }, /* 0.48 */
		{ "free is free", 60, 60, 0, 0, 3600, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct rate rate = { .first_s = cases[i].first_s,
			.next_s = cases[i].next_s,
			.per_minute = cases[i].per_minute,
			.connect = cases[i].connect };
		const int64_t cost = rate_cost(&rate, (int64_t)(cases[i].talked_s * 1e6));

		CHECK(cost == cases[i].cost, "%s: %lld", cases[i].story, (long long)cost);
	}
	{
		const struct rate rate = { .first_s = 1, .next_s = 1, .per_minute = RATE_PRICE_MAX };

		CHECK(rate_cost(&rate, INT64_MAX) > 0, "the dearest, for ever, is still a number");
	}
}

static struct rates *read_sheet(const char *text)
{
	char currency[MONEY_CURRENCY] = "";
	struct rates_why why = { 0 };
	struct rates *r = NULL;
	struct rate *rows = NULL;
	size_t n = 0, at;

	CHECK(rates_read(&rows, &n, currency, text, strlen(text), &why) == PLAN_OK, "line %u, column %u: %s",
		why.line, why.column, why.text);
	CHECK_INT(PLAN_OK, rates_alloc(&r, rows, n, currency, &at), "the table");
	free(rows);
	return r;
}

static const char sheet[] = "prefix,per_minute,connect,increments,currency,from,until\n"
			    "+49,0.02,,,EUR,,\n"
			    "+4930,0.01,0.005,1/1,EUR,,2026-12-01\n"
			    "+4930,0.03,,30/6,EUR,2026-12-01,\n"
			    "4915,0.1,,,EUR,2026-12-01,2027-01-01\n"
			    "+1,0.004,,6/6,EUR,2026-01-01,\n"
			    "+1,0.005,,6/6,EUR,2026-12-01,\n";

/* Prefix, price and steps of the row that a call is charged by. */
TEST(the_longest_prefix_in_force_decides)
{
	static const struct {
		const char *story, *number;
		int64_t at_s;
		const char *words;
	} cases[] = {
		{ "the longest", "+493012345", NOV,
			"0.01 EUR a minute in 1/1 s, 0.005 to connect, by +4930 until 2026-12-01" },
		{ "the last second of it", "+493012345", DEC - 1,
			"0.01 EUR a minute in 1/1 s, 0.005 to connect, by +4930 until 2026-12-01" },
		{ "at its date, by itself", "+493012345", DEC,
			"0.03 EUR a minute in 30/6 s, by +4930 since 2026-12-01" },
		{ "shorter", "+498912345", NOV, "0.02 EUR a minute in 60/60 s, by +49" },
		{ "a longer one that is not in force is passed over", "+491512345", NOV,
			"0.02 EUR a minute in 60/60 s, by +49" },
		{ "from its day on", "+491512345", DEC,
			"0.1 EUR a minute in 60/60 s, by +4915 since 2026-12-01 until 2027-01-01" },
		{ "both in force: the later one", "+15550100", DEC + 5,
			"0.005 EUR a minute in 6/6 s, by +1 since 2026-12-01" },
		{ "before it", "+15550100", NOV, "0.004 EUR a minute in 6/6 s, by +1 since 2026-01-01" },
		{ "before any", "+15550100", 5, NULL },
		{ "no prefix", "+33123456", DEC, NULL },
	};
	struct rates *r = read_sheet(sheet);
	char words[RATE_WORDS];

	CHECK_INT(6, (int)rates_count(r), "rows");
	CHECK_STR("EUR", rates_currency(r), "currency");
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct rate *rate = rates_find(r, cases[i].number, cases[i].at_s);

		CHECK(!rate == !cases[i].words, "%s", cases[i].story);
		if (rate && cases[i].words)
			CHECK_STR(cases[i].words, rate_words(rate, "EUR", words), cases[i].story);
	}
	CHECK(!rates_find(NULL, "+49", DEC), "no sheet, no price");
	rates_free(r);
}

TEST(what_a_sheet_may_look_like)
{
	static const char *const cases[] = {
		"prefix,per_minute,currency\n+49,0.02,EUR\n",
		"prefix,per_minute,currency\r\n+49,0.02,EUR\r\n",
		"prefix,per_minute,currency\n+49,0.02,EUR",
		"\xef\xbb\xbfprefix,per_minute,currency\n\n+49,0.02,EUR\n\n\n",
		"per_minute;currency;prefix\n0.02;EUR;49\n",
		"\"prefix\",\"per_minute\",\"currency\"\n\"+49\",\"0.02\",\"EUR\"\n",
		" prefix , per_minute\t,currency\n +49 , 0.02 ,EUR\n",
		"prefix,per_minute,currency,until,from,increments,connect\n+49,0.020000,EUR,,,,\n",
	};
	char words[RATE_WORDS];

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct rates *r = read_sheet(cases[i]);

		CHECK_INT(1, (int)rates_count(r), cases[i]);
		CHECK_STR("0.02 EUR a minute in 60/60 s, by +49",
			rate_words(rates_row(r, 0), rates_currency(r), words), cases[i]);
		rates_free(r);
	}
}

TEST(a_mistake_is_named_with_line_and_column)
{
	static const struct {
		const char *story, *text;
		unsigned line, column;
		const char *name, *word;
	} cases[] = {
		{ "nothing", "", 1, 0, "", "nothing" },
		{ "only names", "prefix,per_minute\n", 2, 0, "", "no row" },
		{ "an unknown column", "prefix,price\n", 1, 2, "", "'price'" },
		{ "a column twice", "prefix,per_minute,prefix\n", 1, 3, "", "twice" },
		{ "no price", "prefix,connect\n+49,1\n", 1, 0, "", "wanted" },
		{ "no currency", "prefix,per_minute\n+49,1\n", 3, 0, "", "currency" },
		{ "no prefix", "prefix,per_minute,currency\n+49,1,EUR\n\nabc,1,EUR\n", 4, 1, "prefix",
			"beginning of a number" },
		{ "an empty one", "prefix,per_minute,currency\n,1,EUR\n", 2, 1, "prefix", "beginning" },
		{ "too long a prefix", "prefix,per_minute,currency\n+4912345678901234,1,EUR\n", 2, 1,
			"prefix", "longer" },
		{ "a comma for a point", "prefix;per_minute;currency\n+49;0,02;EUR\n", 2, 2, "per_minute",
			"an amount" },
		{ "seven digits", "prefix,per_minute,currency\n+49,0.0000001,EUR\n", 2, 2, "per_minute",
			"six digits" },
		{ "too dear", "prefix,per_minute,currency\n+49,10000.1,EUR\n", 2, 2, "per_minute", "10000" },
		{ "no steps", "prefix,per_minute,currency,increments\n+49,1,EUR,0/60\n", 2, 4, "increments",
			"60/60" },
		{ "half of them", "prefix,per_minute,currency,increments\n+49,1,EUR,60\n", 2, 4, "increments",
			"60/60" },
		{ "no such day", "prefix,per_minute,currency,from\n+49,1,EUR,2026-02-30\n", 2, 4, "from",
			"a date" },
		{ "ends first", "prefix,per_minute,currency,from,until\n+49,1,EUR,2026-12-02,2026-12-01\n", 2,
			0, "", "before it begins" },
		{ "another currency", "prefix,per_minute,currency\n+49,1,EUR\n+1,1,USD\n", 3, 3, "currency",
			"one currency" },
		{ "no currency at all", "prefix,per_minute,currency\n+49,1,euro\n", 2, 3, "currency", "EUR" },
		{ "a field too many", "prefix,per_minute,currency\n+49,1,EUR,9\n", 2, 4, "", "more fields" },
		{ "a field too few", "prefix,per_minute,currency\n+49,1\n", 2, 3, "currency",
			"fewer fields" },
		{ "an open quote", "prefix,per_minute,currency\n\"+49,1,EUR\n", 2, 1, "prefix",
			"not closed" },
		{ "more behind a quote", "prefix,per_minute,currency\n+49,1,EUR\rx\n", 2, 3, "currency",
			"wrong place" },
		{ "the same twice", "prefix,per_minute,currency\n+49,1,EUR\n+1,1,EUR\n49,2,EUR\n", 4, 0, "",
			"+49 is given twice" },
		{ "a price that is no text", "prefix,per_minute,currency\n+49,\x01,EUR\n", 2, 2, "per_minute",
			"an amount" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char currency[MONEY_CURRENCY] = "";
		struct rates_why why = { 0 };
		struct rate *rows = NULL;
		size_t n;

		CHECK_INT(PLAN_SYNTAX,
			rates_read(&rows, &n, currency, cases[i].text, strlen(cases[i].text), &why),
			cases[i].story);
		CHECK(!rows && !currency[0], "%s: nothing is given out", cases[i].story);
		CHECK(why.line == cases[i].line && why.column == cases[i].column,
			"%s: line %u, column %u: %s", cases[i].story, why.line, why.column, why.text);
		CHECK_STR(cases[i].name, why.name, cases[i].story);
		CHECK(strstr(why.text, cases[i].word), "%s: %s", cases[i].story, why.text);
	}
}

TEST(a_currency_may_be_given_by_who_reads_it)
{
	static const char text[] = "prefix,per_minute\n+49,1\n";
	static const char other[] = "prefix,per_minute,currency\n+49,1,USD\n";
	char currency[MONEY_CURRENCY] = "EUR";
	struct rates_why why;
	struct rate *rows = NULL;
	size_t n;

	CHECK_INT(PLAN_OK, rates_read(&rows, &n, currency, text, strlen(text), &why), "no column");
	free(rows);
	rows = NULL;
	CHECK_INT(PLAN_SYNTAX, rates_read(&rows, &n, currency, other, strlen(other), &why), "another one");
	CHECK_STR("EUR", currency, "as it was");
}

/* Rows into the place of those that begin at the same moment, the others beside them. */
TEST(a_sheet_can_be_added_to)
{
	static const char more[] =
		"prefix,per_minute,currency,from\n+4930,0.04,EUR,2026-12-01\n+33,0.2,EUR,\n"
		"+49,0.021,EUR,\n";
	struct rates *old = read_sheet(sheet), *fresh = read_sheet(more), *both = NULL;
	struct rate *merged;
	char words[RATE_WORDS];
	size_t n = 0, at;

	merged =
		rates_merge(rates_row(old, 0), rates_count(old), rates_row(fresh, 0), rates_count(fresh), &n);
	CHECK_INT(7, (int)n, "two replaced, one more");
	CHECK_INT(PLAN_OK, rates_alloc(&both, merged, n, "EUR", &at), "sound");
	CHECK_STR("0.04 EUR a minute in 60/60 s, by +4930 since 2026-12-01",
		rate_words(rates_find(both, "+49301", DEC), "EUR", words), "the new one");
	CHECK_STR("0.01 EUR a minute in 1/1 s, 0.005 to connect, by +4930 until 2026-12-01",
		rate_words(rates_find(both, "+49301", NOV), "EUR", words), "the old one until then");
	CHECK_STR("0.2 EUR a minute in 60/60 s, by +33",
		rate_words(rates_find(both, "+331", NOV), "EUR", words), "one more");
	CHECK_STR("0.021 EUR a minute in 60/60 s, by +49",
		rate_words(rates_find(both, "+4989", NOV), "EUR", words), "from ever, replaced");
	free(merged);
	rates_free(old);
	rates_free(fresh);
	rates_free(both);
}

static enum plan_err sheet_made(void)
{
	char currency[MONEY_CURRENCY] = "";
	struct rates_why why;
	struct rate *rows = NULL;
	struct rates *r = NULL;
	size_t n = 0, at;
	enum plan_err err = rates_read(&rows, &n, currency, sheet, strlen(sheet), &why);

	if (!err)
		err = rates_alloc(&r, rows, n, currency, &at);
	free(rows);
	rates_free(r);
	return err;
}

TEST(memory_may_run_out)
{
	bool starved = true;

	for (int nth = 1; nth < 1000 && starved; nth++) {
		enum plan_err err;

		starve_at = STARVE_WORKS ? nth : 0;
		err = sheet_made();
		starved = STARVE_WORKS && starve_at == 0;
		starve_at = 0;
		CHECK(starved ? err == PLAN_NOMEM || err == PLAN_OK : err == PLAN_OK, "allocation %d: %d",
			nth, err);
	}
}

TESTS(money_is_exact, dates_of_a_sheet, a_call_is_charged_in_steps, the_longest_prefix_in_force_decides,
	what_a_sheet_may_look_like, a_mistake_is_named_with_line_and_column,
	a_currency_may_be_given_by_who_reads_it, a_sheet_can_be_added_to, memory_may_run_out)
