/* links: bridge/pattern.c sip/ere.c */
#include "bridge/pattern.h"
#include "tests/test.h"

#include <stdlib.h>

TEST(the_whole_number_is_meant)
{
	static const struct {
		const char *pattern, *fit, *not ;
	} cases[] = {
		{ "\\+49.*", "+49 +4930123456", "+4 +5149 +150049" },
		{ "\\+49(15|16|17)[0-9]{7,8}", "+49151234567 +491712345678", "+4915123456 +491812345678" },
		{ "\\+1(800|888)...0...", "+18005550100 +18881230999", "+18005551100 +180055501001" },
		{ "^\\+33[67].*$", "+33612345678 +337", "+33123456789" },
		{ "\\+44|\\+45", "+44 +45", "+4 +445" }, /* the alternatives are whole numbers both */
		{ ".*[^0]", "+491", "+490" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[200], *rest, *word;
		struct pattern *p = NULL;

		CHECK_INT(BRIDGE_OK, pattern_alloc(&p, cases[i].pattern), cases[i].pattern);
		snprintf(text, sizeof(text), "%s", cases[i].fit);
		for (rest = text; (word = strsep(&rest, " ")) != NULL;)
			CHECK(pattern_match(p)->fits(pattern_match(p), word), "%s: %s", cases[i].pattern,
				word);
		snprintf(text, sizeof(text), "%s", cases[i].not );
		for (rest = text; (word = strsep(&rest, " ")) != NULL;)
			CHECK(!pattern_match(p)->fits(pattern_match(p), word), "%s: not %s", cases[i].pattern,
				word);
		CHECK_STR(cases[i].pattern, pattern_match(p)->text, "its text");
		pattern_free(p);
	}
}

/* What no regular expression is, and what is larger than any number needs. */
TEST(broken_ones_are_named)
{
	static const struct {
		const char *pattern, *why;
	} cases[] = {
		{ "", "1 to 95" },
		{ "(49", "is wanted" },
		{ "49)(30", "not begun" },
		{ "[4", "is wanted" },
		{ "*49", "is wanted" },
		{ "((((((((4{9}){9}){9}){9}){9}){9}){9}){9})",
			"is wanted" }, /* more than a number is worth */
		{ "4{2,1}", "is wanted" },
	};
	char longest[ROUTE_MATCH_TEXT + 1];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *why = pattern_broken(cases[i].pattern);
		struct pattern *p = NULL;

		CHECK(why && strstr(why, cases[i].why), "'%s': %s", cases[i].pattern, why ? why : "good");
		CHECK_INT(BRIDGE_SYNTAX, pattern_alloc(&p, cases[i].pattern), cases[i].pattern);
	}
	memset(longest, '4', ROUTE_MATCH_TEXT);
	longest[ROUTE_MATCH_TEXT] = '\0';
	CHECK(pattern_broken(longest), "one too long");
	longest[ROUTE_MATCH_TEXT - 1] = '\0';
	CHECK(!pattern_broken(longest), "one that just fits");
}

TESTS(the_whole_number_is_meant, broken_ones_are_named)
