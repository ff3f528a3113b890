/* links: bridge/csv.c */
#include "bridge/csv.h"
#include "tests/test.h"

TEST(fields_are_quoted_and_harmless)
{
	static const struct {
		const char *story, *text, *want;
	} cases[] = {
		{ "plain", "carrier-a", "carrier-a" },
		{ "nothing", "", "" },
		{ "comma (RFC 4180 rule 6)", "a,b", "\"a,b\"" },
		{ "line break", "a\r\nb", "\"a\r\nb\"" },
		{ "quotes (rule 7)", "say \"a\"", "\"say \"\"a\"\"\"" },
		{ "E.164 stays", "+15550100", "+15550100" },
		{ "a number below 0", "-12.5", "-12.5" },
		{ "a formula", "=1+1", "'=1+1" },
		{ "one that calls out", "=HYPERLINK(\"http://x\",\"y\")",
			"\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"" },
		{ "plus and more", "+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0" },
		{ "minus alone", "-", "'-" },
		{ "at", "@SUM(A1)", "'@SUM(A1)" },
		{ "tab in front", "\t=1", "'\t=1" },
		{ "return in front", "\r=1", "\"'\r=1\"" },
		{ "in the middle it is no formula", "a=1", "a=1" },
	};
	char out[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const size_t n = csv_field(out, sizeof(out), cases[i].text);

		CHECK_STR(cases[i].want, out, cases[i].story);
		CHECK_INT(strlen(out), n, cases[i].story);
		CHECK(n < CSV_ROOM(strlen(cases[i].text)), "%s: room", cases[i].story);
	}
}

TEST(nothing_is_written_past_the_room)
{
	char out[64];

	for (size_t cap = 0; cap < 40; cap++) {
		memset(out, '#', sizeof(out));
		csv_field(out, cap, "\"=\"\"\",,\"\"\"\"\"\"\"\"\"\"\"\"");
		CHECK(out[cap] == '#', "past %zu", cap);
	}
}

TESTS(fields_are_quoted_and_harmless, nothing_is_written_past_the_room)
