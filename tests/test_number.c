/* links: dialplan/number.c dialplan/err.c */
#include "dialplan/number.h"
#include "tests/test.h"

static const struct number_country us = { .country_code = "1", .trunk_prefix = "1" };
static const struct number_country de = { .country_code = "49", .trunk_prefix = "0" };
static const struct number_country es = { .country_code = "34", .national_min = 9, .national_max = 9 };
static const struct number_country it = { .country_code = "39" }; /* the leading 0 belongs to the number */

/* What carriers send, and the one form it becomes. */
TEST(what_carriers_send_becomes_e164)
{
	static const struct {
		const char *story, *text;
		const struct number_country *country;
		const char *e164;
		enum number_form form;
	} cases[] = {
		{ "global", "+15550100", NULL, "+15550100", NUMBER_GLOBAL },
		{ "global, country does not matter", "+4930123456", &us, "+4930123456", NUMBER_GLOBAL },
		{ "plus escaped", "%2B15550100", NULL, "+15550100", NUMBER_GLOBAL },
		{ "plus escaped, lower case", "%2b15550100", NULL, "+15550100", NUMBER_GLOBAL },
		{ "a digit escaped", "+1%35550100", NULL, "+15550100", NUMBER_GLOBAL },
		{ "longest E.164", "+123456789012345", NULL, "+123456789012345", NUMBER_GLOBAL },
		{ "RFC 3966 section 6, separators", "tel:+1-201-555-0123", NULL, "+12015550123",
			NUMBER_GLOBAL },
		{ "dots", "+1.201.555.0123", NULL, "+12015550123", NUMBER_GLOBAL },
		{ "brackets and blanks", "+1 (201) 555-0123", NULL, "+12015550123", NUMBER_GLOBAL },
		{ "escaped blanks", "+1%20201%20555%200123", NULL, "+12015550123", NUMBER_GLOBAL },
		{ "scheme in capitals", "TEL:+12015550123", NULL, "+12015550123", NUMBER_GLOBAL },
		{ "sip URI", "sip:+15550100@192.0.2.1:5060;user=phone", NULL, "+15550100", NUMBER_GLOBAL },
		{ "sips URI", "sips:+15550100@example.com", NULL, "+15550100", NUMBER_GLOBAL },
		{ "sip URI with password", "sip:+15550100:secret@example.com", NULL, "+15550100",
			NUMBER_GLOBAL },
		{ "user part with @ left on", "+15550100@example.com", NULL, "+15550100", NUMBER_GLOBAL },
		{ "user=phone among user parameters", "+15550100;user=phone", NULL, "+15550100",
			NUMBER_GLOBAL },
		{ "parameters escaped too", "%2B15550100%3Bnpdi", NULL, "+15550100", NUMBER_GLOBAL },
		{ "extension is not the number", "+15550100;ext=22", NULL, "+15550100", NUMBER_GLOBAL },
		{ "trunk group", "+15550100;tgrp=a;trunk-context=example.com", NULL, "+15550100",
			NUMBER_GLOBAL },

		{ "00", "004930123456", NULL, "+4930123456", NUMBER_IDD_00 },
		{ "00 in a country with prefix 0", "0015550100", &de, "+15550100", NUMBER_IDD_00 },
		{ "00 with separators", "00 49 30/123456", &de, "+4930123456", NUMBER_IDD_00 },
		{ "011 from North America", "0114930123456", &us, "+4930123456", NUMBER_IDD_011 },
		{ "011 from nowhere known", "0114930123456", NULL, "+4930123456", NUMBER_IDD_011 },
		{ "011 is an area code in Germany", "01149301234", &de, "+491149301234", NUMBER_NATIONAL },

		{ "national with trunk prefix", "030123456", &de, "+4930123456", NUMBER_NATIONAL },
		{ "North American 1", "12015550123", &us, "+12015550123", NUMBER_NATIONAL },
		{ "North American ten digits", "2015550123", &us, "+12015550123", NUMBER_NATIONAL },
		{ "seven digits", "5550100", &us, "+15550100", NUMBER_NATIONAL },
		{ "eight digits with the 1", "15550100", &us, "+15550100", NUMBER_NATIONAL },
		{ "no trunk prefix in Spain", "912345678", &es, "+34912345678", NUMBER_NATIONAL },
		{ "national that begins like the code", "341234567", &es, "+34341234567", NUMBER_NATIONAL },
		{ "code without + in Spain", "34912345678", &es, "+34912345678", NUMBER_BARE },
		{ "code without + in Germany", "4930123456", &de, "+4930123456", NUMBER_BARE },
		{ "code without +, no country", "15550100", NULL, "+15550100", NUMBER_BARE },
		{ "another country's code", "442079460000", &es, "+442079460000", NUMBER_BARE },

		{ "context of a country", "30123456;phone-context=+49", NULL, "+4930123456", NUMBER_CONTEXT },
		{ "context and trunk prefix", "030123456;phone-context=+49", &de, "+4930123456",
			NUMBER_CONTEXT },
		{ "context beats the trunk's country", "12345678;phone-context=+44", &de, "+4412345678",
			NUMBER_CONTEXT },
		{ "0 that belongs to the number", "0612345678;phone-context=+39", &it, "+390612345678",
			NUMBER_CONTEXT },
		{ "context with separators", "863-1234;phone-context=+1-914-555", NULL, "+19145558631234",
			NUMBER_CONTEXT }, /* RFC 3966 section 5.1.5 */
		{ "context in a URI", "sip:30123456;phone-context=%2B49@example.com;user=phone", NULL,
			"+4930123456", NUMBER_CONTEXT },
		{ "a private context leaves the trunk's country", "030123456;phone-context=ims.example.com",
			&de, "+4930123456", NUMBER_NATIONAL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct number n;

		CHECK_INT(PLAN_OK, number_parse(&n, cases[i].text, cases[i].country), cases[i].story);
		CHECK_STR(cases[i].e164, n.e164, cases[i].story);
		CHECK_STR(number_form_words(cases[i].form), number_form_words(n.form), cases[i].story);
		CHECK_STR(cases[i].text, n.original, cases[i].story);
		CHECK(number_valid(n.e164), "%s", cases[i].story);
	}
}

TEST(what_is_no_number_is_refused)
{
	static const struct {
		const char *story, *text;
		const struct number_country *country;
	} cases[] = {
		{ "nothing", "", NULL },
		{ "blank", " ", NULL },
		{ "a plus", "+", NULL },
		{ "a name", "alice", &us },
		{ "a name with digits", "room12345", &us },
		{ "letters of a keypad", "+1555FLOWERS", NULL },
		{ "star code", "*69", &us },
		{ "hash", "5550100#", &us },
		{ "two pluses", "++15550100", NULL },
		{ "plus in the middle", "1+5550100", NULL },
		{ "sixteen digits", "+1234567890123456", NULL },
		{ "forty digits", "1234567890123456789012345678901234567890", &us },
		{ "no country begins with 0", "+0155501000", NULL },
		{ "one digit", "+1", NULL },
		{ "national of nobody knows where", "030123456", NULL },
		{ "private plan", "7042;phone-context=example.com", NULL }, /* RFC 3966 section 6 */
		{ "private plan that looks international", "004930123456;phone-context=example.com", NULL },
		{ "empty context", "5550100;phone-context=+", NULL },
		{ "context of letters", "5550100;phone-context=+abc", NULL },
		{ "broken escape", "%2", NULL },
		{ "broken escape in the middle", "+155%zz0100", NULL },
		{ "escaped NUL", "+1555%000100", NULL },
		{ "escaped line break", "+1555%0a0100", NULL },
		{ "host without user", "sip:192.0.2.1", NULL },
		{ "empty user", "sip:@192.0.2.1", NULL },
		{ "only parameters", ";npdi", NULL },
		{ "Arabic digits", "+\xd9\xa1\xd9\xa5\xd9\xa5\xd9\xa5", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct number n;

		CHECK_INT(PLAN_SYNTAX, number_parse(&n, cases[i].text, cases[i].country), cases[i].story);
		CHECK_STR("", n.e164, cases[i].story);
		CHECK_INT(NUMBER_NONE, n.form, cases[i].story);
	}
}

/* RFC 4694: the called number is in front; ;rn is where a lookup sent it. */
TEST(routing_number_is_kept_beside_the_called_one)
{
	static const struct {
		const char *story, *text, *e164, *routing;
		bool dipped;
	} cases[] = {
		{ "ported", "+12015550123;npdi;rn=+12015550000", "+12015550123", "+12015550000", true },
		{ "section 5 order", "+12015550123;rn=+1-201-555-0000;npdi", "+12015550123", "+12015550000",
			true },
		{ "dipped, not ported", "+12015550123;npdi", "+12015550123", "", true },
		{ "local rn has no E.164", "+12015550123;rn=2015550000;rn-context=+1", "+12015550123", "",
			false },
		{ "broken rn costs no call", "+12015550123;rn=+x;npdi=", "+12015550123", "", true },
		{ "capitals", "+12015550123;NPDI;RN=+12015550000", "+12015550123", "+12015550000", true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct number n;

		CHECK_INT(PLAN_OK, number_parse(&n, cases[i].text, NULL), cases[i].story);
		CHECK_STR(cases[i].e164, n.e164, cases[i].story);
		CHECK_STR(cases[i].routing, n.routing, cases[i].story);
		CHECK_INT(cases[i].dipped, n.dipped, cases[i].story);
	}
}

static const char *readings_text(const char *text, const struct number_country *country)
{
	static char out[200];
	struct number_readings r;

	number_read(&r, text, country);
	out[0] = '\0';
	for (size_t i = 0; i < r.n; i++)
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s", i ? " " : "",
			r.reading[i].e164);
	return out;
}

TEST(ambiguous_digits_are_read_in_order)
{
	CHECK_STR("+493012345 +49493012345", readings_text("493012345", &de), "code first, then national");
	CHECK_STR("+345678901 +34345678901",
		readings_text("345678901", &(struct number_country){ .country_code = "34" }),
		"with the default lengths both are open");
	CHECK_STR(
		"+12015550123 +2015550123", readings_text("2015550123", &us), "ours, then another country's");
	CHECK_STR("+49030123456 +4930123456", readings_text("030123456;phone-context=+49", NULL),
		"0 behind a context");
	CHECK_STR("+5550100", readings_text("5550100", NULL), "no country: one reading");
	CHECK_STR("", readings_text("030123456", NULL), "no country, national: none");
}

TEST(original_is_kept_short_and_clean)
{
	char longer[200];
	struct number n;

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	CHECK_INT(PLAN_SYNTAX, number_parse(&n, longer, NULL), "a long name");
	CHECK_INT(NUMBER_TEXT - 1, strlen(n.original), "is cut");
	CHECK_INT(PLAN_SYNTAX, number_parse(&n, "bob\r\nFrom: x\x7f", NULL), "a name with controls");
	CHECK_STR("bobFrom: x", n.original, "loses them");
	CHECK_INT(PLAN_SYNTAX, number_parse(&n, NULL, NULL), "no text at all");
	CHECK_STR("", n.original, "nothing came");
}

TEST(results_and_forms_have_words)
{
	for (enum plan_err err = PLAN_OK; err <= PLAN_NO_RULE; err++)
		CHECK(strcmp(plan_strerror(err), "unnamed error") != 0, "result %d", (int)err);
	for (enum number_form form = NUMBER_NONE; form <= NUMBER_SHORT; form++)
		CHECK(strcmp(number_form_words(form), "unnamed form") != 0, "form %d", (int)form);
}

TEST(validity_of_the_stored_form)
{
	static const struct {
		const char *text;
		bool valid;
	} cases[] = {
		{ "+15550100", true },
		{ "+12", true },
		{ "+123456789012345", true },
		{ "+1234567890123456", false },
		{ "+1", false },
		{ "+", false },
		{ "", false },
		{ "15550100", false },
		{ "+0123", false },
		{ "+1 555", false },
		{ "+1555a", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_INT(cases[i].valid, number_valid(cases[i].text), cases[i].text);
	CHECK_INT(false, number_valid(NULL), "NULL");
}

TESTS(what_carriers_send_becomes_e164, what_is_no_number_is_refused,
	routing_number_is_kept_beside_the_called_one, ambiguous_digits_are_read_in_order,
	original_is_kept_short_and_clean, results_and_forms_have_words, validity_of_the_stored_form)
