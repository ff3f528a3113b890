/* links: sip/naptr.c sip/ere.c */
#include "sip/ere.h"
#include "sip/naptr.h"
#include "tests/test.h"

#include <regex.h>
#include <stdlib.h>

/* ---- sip/ere ---- */

static bool matches(const char *expression, const char *text, struct ere_span spans[ERE_GROUPS])
{
	struct ere e;

	return ere_compile(&e, expression, strlen(expression), false) && ere_match(&e, text, spans);
}

/* libc's own answer is the yardstick for what it can do without harm. */
TEST(expressions_match_as_libc_has_it)
{
	static const char *const expressions[] = { "^.*$", "^\\+1555(.*)$", "^\\+1(...)(....)$", "5+",
		"(5|55)01", "^(\\+44|\\+1)([0-9]+)$", "[^0-4]+", "[[:digit:]]{3}", "x*", "^$",
		"(0|00|000)(0*)1", "0{2,3}", "^\\+([0-9]{1,4})", "a|\\+|b", "[]5]+", "[5-]+", "(1)?5",
		"((5)(5)?)+", "\\.", "()5", "$", "5{0}1", "(9|1(5)?)" };
	static const char *const texts[] = { "+15550100", "+442079460000", "+1", "55", "", "+15550001" };

	for (size_t i = 0; i < sizeof(expressions) / sizeof(*expressions); i++) {
		regex_t theirs;

		assert_int_equal(0, regcomp(&theirs, expressions[i], REG_EXTENDED));
		for (size_t k = 0; k < sizeof(texts) / sizeof(*texts); k++) {
			regmatch_t m[1];
			struct ere_span spans[ERE_GROUPS];
			const bool want = regexec(&theirs, texts[k], 1, m, 0) == 0;

			CHECK(matches(expressions[i], texts[k], spans) == want, "%s on %s", expressions[i],
				texts[k]);
			if (!want)
				continue;
			CHECK((int)spans[0].from == m[0].rm_so && (int)spans[0].to == m[0].rm_eo,
				"%s on %s: %u..%u, wanted %d..%d", expressions[i], texts[k], spans[0].from,
				spans[0].to, (int)m[0].rm_so, (int)m[0].rm_eo);
		}
		regfree(&theirs);
	}
}

TEST(what_is_no_expression_or_too_much_is_refused)
{
	static const char *const cases[] = { "(", ")", "a)", "[", "[a", "*", "+1", "a{", "a{1", "a{2,1}",
		"a{65}", "\\", "\\1", "(a)\\1", "[z-a]", "[[.a.]]", "[[:nothing:]]", "(((a{64}){64}){64})",
		"((((((((((a))))))))))" };
	struct ere e;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK(!ere_compile(&e, cases[i], strlen(cases[i]), false), "%s", cases[i]);
}

/* These take other engines longer than a caller waits. */
TEST(hostile_expressions_cost_no_time)
{
	static const char *const cases[] = { "(.*)*(.*)*(.*)*x", "(((.*)*)*)*x", "(.|..|...)*x",
		"(a*)*(a*)*$x", "(5?){20}5{20}" };
	struct ere_span spans[ERE_GROUPS];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK(!matches(cases[i], "+55555555555555", spans), "%s", cases[i]);
}

/* ---- sip/naptr ---- */

TEST(numbers_become_names)
{
	char name[NAPTR_NAME];

	CHECK(naptr_domain(name, "+442079460148", "e164.arpa"), "RFC 6116 section 3.2");
	CHECK_STR("8.4.1.0.6.4.9.7.0.2.4.4.e164.arpa", name, "name");
	CHECK(!naptr_domain(name, "442079460148", "e164.arpa"), "no +");
	CHECK(!naptr_domain(name, "+4420a", "e164.arpa"), "no number");
	CHECK(!naptr_domain(name, "+1234567890123456", "e164.arpa"), "16 digits");
	CHECK(!naptr_domain(name, "+15550100", ""), "nowhere");
}

TEST(regexps_rewrite_the_number)
{
	static const struct {
		const char *story, *regexp, *out; /* NULL: nothing comes of it */
	} cases[] = {
		{ "RFC 6116 section 3.6", "!^.*$!sip:info@example.com!", "sip:info@example.com" },
		{ "with a group", "!^\\+1(555)(.*)$!sip:\\2@\\1.example!", "sip:0100@555.example" },
		{ "the + is there", "!^(.*)$!sip:\\1@gw.example!", "sip:+15550100@gw.example" },
		{ "another delimiter", "/^(.*)$/sip:\\1@a!b.example/", "sip:+15550100@a!b.example" },
		{ "an escaped delimiter", "!^.*$!sip:a\\!b@example.com!", "sip:a!b@example.com" },
		{ "any case", "!^.*$!SIP:info@example.com!i", "SIP:info@example.com" },
		{ "a part of it", "!5550!7770!", "+17770100" },
		{ "a group that took no part", "!^\\+1(9)?(.*)$!sip:\\1x\\2@e.example!",
			"sip:x5550100@e.example" },
		{ "no match", "!^\\+49(.*)$!sip:\\1@e.example!", NULL },
		{ "no second delimiter", "!^.*$", NULL },
		{ "no third delimiter", "!^.*$!sip:a@b", NULL },
		{ "other flags", "!^.*$!sip:a@b!ix", NULL },
		{ "a digit as delimiter", "1^.*$1sip:a@b1", NULL },
		{ "backslash as delimiter", "\\^.*$\\sip:a@b\\", NULL },
		{ "empty", "", NULL },
		{ "nothing comes out", "!^.*$!!", NULL },
		{ "group 0", "!^.*$!sip:\\0@b!", NULL },
		{ "a space", "!^.*$!sip:a b@c!", NULL },
		{ "a line break", "!^.*$!sip:a@c\r\nX: y!", NULL },
		{ "not ASCII", "!^.*$!sip:\xc3\xa4@c!", NULL },
		{ "a broken expression", "!^(.*$!sip:a@c!", NULL },
	};
	char out[NAPTR_URI], large[NAPTR_REGEXP];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK(naptr_rewrite(out, cases[i].regexp, "+15550100") == (cases[i].out != NULL), "%s",
			cases[i].story);
		if (cases[i].out)
			CHECK_STR(cases[i].out, out, cases[i].story);
	}
	/* 90 copies of nine characters do not fit */
	snprintf(large, sizeof(large), "!^(.*)$!sip:");
	for (unsigned i = 0; i < 90; i++)
		strcat(large, "\\1");
	strcat(large, "!");
	CHECK(!naptr_rewrite(out, large, "+15550100"), "it grows beyond the bound");
}

struct zone {
	const char *story;
	struct naptr records[4];
	size_t n;
	enum naptr_service service;
	const char *uri, *why;
};

TEST(records_are_picked_by_order_and_preference)
{
	static const struct zone zones[] = {
		{ "preference",
			{ { 10, 20, "u", "E2U+sip", "!^.*$!sip:b@x!", false },
				{ 10, 10, "u", "E2U+sip", "!^.*$!sip:a@x!", false } },
			2, NAPTR_SIP, "sip:a@x", NULL },
		{ "order before preference",
			{ { 20, 1, "u", "E2U+sip", "!^.*$!sip:b@x!", false },
				{ 10, 10, "u", "E2U+sip", "!^.*$!sip:a@x!", false } },
			2, NAPTR_SIP, "sip:a@x", NULL },
		{ "another service comes first",
			{ { 10, 1, "u", "E2U+email:mailto", "!^.*$!mailto:a@x!", false },
				{ 20, 1, "u", "e2u+SIP", "!^.*$!sip:c@x!", false } },
			2, NAPTR_SIP, "sip:c@x", NULL },
		{ "the old way to write it", { { 10, 1, "U", "sip+E2U", "!^.*$!sip:old@x!", false } }, 1,
			NAPTR_SIP, "sip:old@x", NULL },
		{ "several services in one", { { 10, 1, "u", "E2U+h323+sip", "!^.*$!sip:d@x!", false } }, 1,
			NAPTR_SIP, "sip:d@x", NULL },
		{ "the next one of the same order",
			{ { 10, 1, "u", "E2U+sip", "!^\\+49.*$!sip:e@x!", false },
				{ 10, 2, "u", "E2U+sip", "!^.*$!sip:f@x!", false } },
			2, NAPTR_SIP, "sip:f@x", NULL },
		{ "not of a later order",
			{ { 10, 1, "u", "E2U+sip", "!^\\+49.*$!sip:e@x!", false },
				{ 20, 2, "u", "E2U+sip", "!^.*$!sip:f@x!", false } },
			2, NAPTR_SIP, "", "a regexp that does not yield a URI" },
		{ "not terminal", { { 10, 1, "", "E2U+sip", "!^.*$!sip:e@x!", false } }, 1, NAPTR_SIP, "",
			"only a rule that leads to further rules" },
		{ "a replacement", { { 10, 1, "u", "E2U+sip", "", true } }, 1, NAPTR_SIP, "",
			"only a rule that leads to further rules" },
		{ "of D2U, not E2U", { { 10, 1, "u", "D2U+sip", "!^.*$!sip:e@x!", false } }, 1, NAPTR_SIP, "",
			"no record for this service" },
		{ "no SIP URI", { { 10, 1, "u", "E2U+sip", "!^.*$!http://x/!", false } }, 1, NAPTR_SIP, "",
			"a URI of another kind" },
		{ "nothing", { { 0 } }, 0, NAPTR_SIP, "", "no record" },
		{ "number portability (RFC 4769)",
			{ { 10, 1, "u", "E2U+pstn:tel", "!^(.*)$!tel:\\1;npdi;rn=+12155550199!", false } }, 1,
			NAPTR_PSTN, "tel:+15550100;npdi;rn=+12155550199", NULL },
		{ "a name", { { 10, 1, "u", "E2U+pstndata:cnam", "!^.*$!data:,ALICE%20EXAMPLE!", false } }, 1,
			NAPTR_CNAM, "data:,ALICE%20EXAMPLE", NULL },
		{ "a name, the short way", { { 10, 1, "u", "E2U+cnam", "!^.*$!data:,BOB!", false } }, 1,
			NAPTR_CNAM, "data:,BOB", NULL },
	};

	for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++) {
		struct naptr records[4];
		char uri[NAPTR_URI];
		const char *why;

		memcpy(records, zones[i].records, sizeof(records));
		why = naptr_pick(uri, records, zones[i].n, zones[i].service, "+15550100");
		CHECK_STR(zones[i].uri, uri, zones[i].story);
		CHECK_STR(zones[i].why ? zones[i].why : "", why ? why : "", zones[i].story);
	}
}

TEST(names_are_read_as_people_write_them)
{
	static const struct {
		const char *uri, *name;
	} cases[] = {
		{ "data:,ALICE%20EXAMPLE", "ALICE EXAMPLE" },
		{ "pstndata:cnam/15550100;charset=us-ascii,Bob", "Bob" },
		{ "data:,%20%20Carl%20", "Carl" },
		{ "data:,a%0d%0ab", "ab" },
		{ "data:,a%zzb", "a%zzb" },
		{ "data:,", NULL },
		{ "data:", NULL },
		{ "data:,%00%01", NULL },
	};
	char out[NAPTR_TEXT], large[400] = "data:,";

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK(naptr_text(out, cases[i].uri) == (cases[i].name != NULL), "%s", cases[i].uri);
		if (cases[i].name)
			CHECK_STR(cases[i].name, out, cases[i].uri);
	}
	memset(large + 6, 'x', 300);
	CHECK(naptr_text(out, large) && strlen(out) == NAPTR_TEXT - 1, "cut");
}

TESTS(expressions_match_as_libc_has_it, what_is_no_expression_or_too_much_is_refused,
	hostile_expressions_cost_no_time, numbers_become_names, regexps_rewrite_the_number,
	records_are_picked_by_order_and_preference, names_are_read_as_people_write_them)
